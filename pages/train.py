"""Train page: start a run, watch it learn, pause, stop, resume and extend it."""

from __future__ import annotations

import streamlit as st

from core.workbench import data, training
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.canary_view import canary_form
from pages.components.frame import empty, header
from pages.components.progress import finished
from pages.components.router import page
from pages.components.run_view import show_run
from pages.components.training_form import training_form
from pages.components.words import count, name

NEW = "new-run"


def render() -> None:
    """The chosen run as it learns, or the form that starts one."""
    here = session.current()
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        header("Train", "A generator learns the real table while you watch.")
        empty(
            "No dataset yet",
            "Bring a table or take the demo first; it takes a minute.",
            page="pages/data.py",
            label="Go to Data",
            icon=":material/table:",
        )
        return
    if not finished(data.dataset_job(here, dataset_id), label="Making the dataset", key="train-dataset"):
        return
    run_id = selection.chosen("run")
    if run_id and not st.session_state.get(NEW):
        _run(here, run_id)
    else:
        _form(here, dataset_id, run_id)


def _run(here: Session, run_id: str) -> None:
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="train-head"
    ):
        with st.container(gap="small"):
            header("Train", "Both networks play against each other: watch for curves that settle.")
        if st.button("Train another", icon=":material/add:", key="another-run"):
            st.session_state[NEW] = True
            st.rerun()
    show_run(here, run_id)


def _form(here: Session, dataset_id: str, run_id: str | None) -> None:
    real = data.dataset(here, dataset_id)
    header("Train", f"A generator learns {name(real.name)} from {count(real.n_train, 'train row')}.")
    if run_id and st.button("Back to the run", icon=":material/arrow_back:", type="tertiary", key="back-to-run"):
        st.session_state[NEW] = False
        st.rerun()
    planted = canary_form()
    config = training_form()
    if config is not None:
        started = training.start_training(here, dataset_id, config, canaries=planted)
        st.session_state[NEW] = False
        selection.choose("run", started)
        st.rerun()


page(render)
