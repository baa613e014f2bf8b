"""Sample page: draw rows from a checkpoint, with exact numbers of rows of chosen levels, and take them along."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.limits import MAX_SAMPLE_ROWS
from core.records import SampleRequest
from core.workbench import data, sampling, training
from core.workbench.sessions import Session
from core.workbench.training import RunView
from pages.components import selection, session
from pages.components.conditions import condition_editor
from pages.components.frame import empty, header, show_error
from pages.components.router import page
from pages.components.sample_view import show_sample

SENTENCE = "Draw as many synthetic rows as you like, and exact numbers of rows of rare levels."


def render() -> None:
    """The form, and below it the chosen sample."""
    here = session.current()
    header("Sample", SENTENCE)
    run_id = selection.chosen("run")
    if not run_id:
        empty(
            "No run yet",
            "Train a generator first: rows are drawn from its checkpoints.",
            page="pages/train.py",
            label="Go to Train",
            icon=":material/model_training:",
        )
        return
    run = training.run(here, run_id)
    if not run.checkpoints:
        empty(
            "No checkpoint yet",
            "This run has not kept one so far. Let it train for a while, or stop it to keep what it has learned.",
            page="pages/train.py",
            label="Watch the run",
            icon=":material/hourglass_top:",
        )
        return
    _form(here, run)
    if selection.chosen("sample"):
        show_sample(here, selection.chosen("sample"))


def _form(here: Session, run: RunView) -> None:
    real = data.dataset(here, run.dataset_id)
    with st.container(border=True, key="draw-card"):
        left, middle, right = st.columns(3, gap="medium")
        n_rows = left.number_input(
            "Rows",
            0,
            MAX_SAMPLE_ROWS,
            real.n_train,
            step=1000,
            key=f"rows-{run.id}",
            help="Rows without any condition, with the true frequencies of the real table. As many as the train "
            "rows make "
            "comparisons fair. Rows of conditions come in addition.",
        )
        epoch = middle.selectbox(
            "Checkpoint",
            run.checkpoints[::-1],
            format_func=lambda one: f"Epoch {one}" + (" (last)" if one == run.checkpoints[-1] else ""),
            key=f"epoch-{run.id}",
            help="The generator as it was at the end of an epoch.",
        )
        seed = right.number_input(
            "Seed",
            0,
            2**31 - 1,
            0,
            step=1,
            key=f"seed-{run.id}",
            help="The same seed draws the same rows.",
        )
        conditions = condition_editor(here, run.dataset_id, real.schema)
        extra = sum(condition.n_rows for condition in conditions)
        total = int(n_rows or 0) + extra
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                f"Draw {total:,} rows", type="primary", icon=":material/casino:", disabled=total == 0, key="draw"
            )
            if extra:
                st.caption(f"{int(n_rows or 0):,} without condition and {extra:,} of requested levels")
        if pressed:
            request = SampleRequest(n_rows=int(n_rows or 0), seed=int(seed or 0), conditions=conditions)
            try:
                sample_id = sampling.start_sampling(here, run.id, request, epoch=epoch)
            except UserError as error:
                show_error(error)
                return
            selection.choose("sample", sample_id)
            st.rerun()


page(render)
