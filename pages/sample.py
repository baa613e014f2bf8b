"""Sample page: draw rows with conditions, a target mix and knobs, and see what oversampling a rare level brings."""

from __future__ import annotations

import streamlit as st

from core.dataset import Dataset
from core.errors import UserError
from core.limits import MAX_SAMPLE_ROWS
from core.records import SampleRequest
from core.workbench import data, sampling, training
from core.workbench.sessions import Session
from core.workbench.training import RunView
from pages.components import selection, session
from pages.components.conditions import condition_editor
from pages.components.forecast_view import show_forecast
from pages.components.frame import empty, header, show_error
from pages.components.mix import mix_editor
from pages.components.rare_view import rare_studio
from pages.components.router import page
from pages.components.sample_view import list_samples, show_sample
from pages.components.tuning import given_editor, knob_editor

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
    real = data.dataset(here, run.dataset_id)
    epoch = _form(here, run, real)
    if selection.chosen("sample"):
        show_sample(here, selection.chosen("sample"))
    list_samples(here, run.id)
    rare_studio(here, run, real, epoch)


def _form(here: Session, run: RunView, real: Dataset) -> int:
    """Ask what to draw; gives the epoch chosen."""
    with st.container(border=True, key="draw-card"):
        left, middle, right = st.columns(3, gap="medium")
        n_rows = left.number_input(
            "Rows",
            0,
            MAX_SAMPLE_ROWS,
            real.n_train,
            step=1000,
            key=f"rows-{run.id}",
            help="Rows without any condition, with the true frequencies of the real table unless a target mix is set. "
            "As many as the train rows make comparisons fair. Rows of conditions come in addition.",
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
        mix = mix_editor(here, run.dataset_id, real.schema)
        given = given_editor(here, run.id, real.schema)
        knobs, novelty, budget = knob_editor(run.id)
        request = SampleRequest(
            n_rows=int(n_rows or 0), seed=int(seed or 0), conditions=conditions, mix=mix, given=given, knobs=knobs,
            novelty=novelty, draws_per_row=budget,
        )  # fmt: skip
        _press(here, run, request, int(epoch))
    return int(epoch)


def _press(here: Session, run: RunView, request: SampleRequest, epoch: int) -> None:
    total = request.n_wanted
    pressed = tried = False
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            f"Draw {total:,} rows" if total or not request.given else "Complete the given rows",
            type="primary",
            icon=":material/casino:",
            disabled=total == 0 and request.given is None,
            key="draw",
        )
        tried = st.button(
            "Try it first", icon=":material/experiment:", key="try", disabled=total == 0,
            help="A few draws that tell how many rows will meet each condition, how long it takes, and what the tuning "
            "does. It changes nothing.",
        )  # fmt: skip
    if total == 0 and request.given is None:
        st.caption("Nothing is asked for yet: set rows, rows of a level, or a file of rows to complete.")
    try:
        show_forecast(here, run.id, request, epoch, start=tried)
        if pressed:
            sample_id = sampling.start_sampling(here, run.id, request, epoch=epoch)
            selection.choose("sample", sample_id)
            st.rerun()
    except UserError as error:
        show_error(error)


page(render)
