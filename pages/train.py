"""Train page: start a run, watch it learn, pause, stop, resume and extend it."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.synthesis.config import TrainingConfig
from core.workbench import data, preflight, training
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.canary_view import canary_form
from pages.components.frame import header, no_dataset, show_error
from pages.components.preflight_view import show_preflight
from pages.components.progress import finished
from pages.components.queue_view import show_queue
from pages.components.router import page
from pages.components.run_view import show_run
from pages.components.training_form import BASE, NEW, Base, chosen_base, training_form
from pages.components.words import count, name

OWN = "these settings"
CHECKED = "form-checked"
"""Settings that the form was asked to check, and the form they belong to."""


def render() -> None:
    """The chosen run as it learns, or the form that starts one."""
    here = session.current()
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        header("Train", "A generator learns the real table while you watch.")
        no_dataset()
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
    show_queue(here)
    show_run(here, run_id)


def _form(here: Session, dataset_id: str, run_id: str | None) -> None:
    real = data.dataset(here, dataset_id)
    header("Train", f"A generator learns {name(real.name)} from {count(real.n_train, 'train row')}.")
    if run_id and st.button("Back to the run", icon=":material/arrow_back:", type="tertiary", key="back-to-run"):
        st.session_state[NEW] = False
        st.rerun()
    show_queue(here)
    presets = preflight.presets(real.n_train)
    earlier = training.warm_sources(here)
    planted = canary_form()
    base = chosen_base(
        presets,
        {one.id: one.config for one in earlier},
        {one.id: f"Run {one.id[-4:]} · {count(one.epochs_done, 'epoch')}" for one in earlier},
    )
    sent = training_form(base.key, base.config)
    if sent is not None and not sent.start:
        st.session_state[CHECKED] = {"form": base.key, "config": sent.config.to_json()}
    _preflight(here, dataset_id, base, presets)
    if sent is None or not sent.start:
        return
    try:
        started = training.start_training(here, dataset_id, sent.config, canaries=planted, warm_from=base.warm_from)
    except UserError as error:
        show_error(error)
        return
    for name_of in (BASE, CHECKED):
        st.session_state.pop(name_of, None)
    st.session_state[NEW] = False
    selection.choose("run", started)
    st.rerun()


def _preflight(here: Session, dataset_id: str, base: Base, presets: dict[str, TrainingConfig]) -> None:
    """What the settings that were checked last will need; before a check, what the form starts from."""
    asked = st.session_state.get(CHECKED)
    if asked and asked["form"] == base.key:
        configs, chosen = {OWN: TrainingConfig.from_json(asked["config"])}, OWN
    elif base.key in presets:
        configs, chosen = presets, base.key
    else:
        configs, chosen = {OWN: base.config}, OWN
    show_preflight(here, dataset_id, configs, chosen, key="own" if chosen == OWN else "presets")


page(render)
