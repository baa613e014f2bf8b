"""Frontier page: what more epochs gain, and what they give away; every checkpoint judged while the run trains."""

from __future__ import annotations

import streamlit as st

from core.workbench import data, frontier
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.frame import header, no_dataset
from pages.components.frontier_form import frontier_form
from pages.components.frontier_view import show_frontier
from pages.components.progress import finished
from pages.components.router import page
from pages.components.sweep_view import show_sweeps
from pages.components.words import count, name

NEW = "new-tape"
VIEWS = ("Checkpoints", "Sweeps")


def render() -> None:
    """The frontier of the chosen dataset, or the form that starts a run with a tape."""
    here = session.current()
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        header("Frontier", "What do more epochs gain, and what do they give away?")
        no_dataset()
        return
    if not finished(data.dataset_job(here, dataset_id), label="Making the dataset", key="frontier-dataset"):
        return
    header(
        "Frontier",
        "What do more epochs gain, and what do they give away? Each checkpoint of a run is drawn from and judged "
        "against control rows while training goes on.",
    )
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], required=True, key="frontier-page-view", label_visibility="collapsed"
    )
    if view == VIEWS[0]:
        _checkpoints(here, dataset_id)
    else:
        show_sweeps(here, dataset_id)


def _checkpoints(here: Session, dataset_id: str) -> None:
    views = frontier.frontier_runs(here, dataset_id)
    if views and not st.session_state.get(NEW):
        if st.button("Start another", icon=":material/add:", key="another-tape", type="tertiary"):
            st.session_state[NEW] = True
            st.rerun()
        show_frontier(here, dataset_id)
        return
    real = data.dataset(here, dataset_id)
    st.markdown(
        f"{name(real.name)} has {count(real.n_train, 'train row')} and {count(real.n_control, 'control row')}. "
        "One half of the control rows judges checkpoints; the other is kept for the one that you release."
    )
    if views and st.button("Back", icon=":material/arrow_back:", key="tape-back", type="tertiary"):
        st.session_state[NEW] = False
        st.rerun()
    if frontier_form(here, dataset_id):
        st.session_state[NEW] = False
        st.rerun()


page(render)
