"""A drawn sample: what was asked and obtained, the first rows, and the files."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import pandas as pd
import streamlit as st

from core.records import ConditionOutcome, Knobs
from core.workbench import mixing, sampling
from core.workbench.sampling import SampleView
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.forecast_view import show_kinds
from pages.components.frame import next_step
from pages.components.progress import finished
from pages.components.words import count, short, text


def show_sample(here: Session, sample_id: str) -> None:
    """The sample once it is drawn; its progress before."""
    view = sampling.sample(here, sample_id)
    st.subheader("The chosen sample", anchor=False)
    _steer(here, view)
    if not finished(view.job, label="Drawing rows", key="sample"):
        return
    _facts(view)
    _mix(here, view)
    _outcomes(view)
    _kinds(view)
    if not view.n_rows:
        st.info("The sample has no row, so there is nothing to look at or to judge.", icon=":material/info:")
        return
    with st.container(border=True, key="preview-card"):
        st.markdown("**First rows** :gray[made up; no row is meant to be a real one]")
        st.dataframe(view.preview, hide_index=True, height=360, key="sample-preview", alt="The first synthetic rows")
        _downloads(here, view)
    next_step("pages/evaluate.py", "Evaluate the rows", "How close to the real table are they, and how useful?")


def _steer(here: Session, view: SampleView) -> None:
    """Pause, stop and go on, for drawings that take a while."""
    state = str(view.job.state)
    with st.container(horizontal=True):
        if state == "running":
            if st.button("Pause", icon=":material/pause:", key="sample-pause"):
                sampling.pause_sample(here, view.id)
                st.rerun()
            if st.button("Stop", icon=":material/stop:", key="sample-stop", help="Nothing of it is kept."):
                sampling.stop_sample(here, view.id)
                st.rerun()
        elif view.job.state.can_resume and st.button(
            "Draw again" if state == "stopped" else "Go on", icon=":material/play_arrow:", key="sample-resume",
            help="Nothing was kept, so it begins anew." if state == "stopped" else "The rows drawn so far are kept.",
        ):  # fmt: skip
            sampling.resume_sample(here, view.id)
            st.rerun()


def _facts(view: SampleView) -> None:
    with st.container(key="facts"):
        columns = st.columns(4)
        columns[0].metric("Synthetic rows", f"{view.n_rows:,}")
        columns[1].metric("Without condition", f"{view.n_unconditioned:,}", help="Table metrics are of these rows.")
        columns[2].metric("Checkpoint", f"epoch {view.epoch}")
        columns[3].metric("Seed", view.request.seed)
    given = view.found.get("n_given")
    if given:
        completed = view.found["n_completed"]
        words = f"{completed:,} of {given:,} partly given rows were completed; they are the last rows."
        (st.success if completed == given else st.warning)(words)
    for one in view.found.get("constraints", ()):
        if one["n_mended"]:
            st.caption(
                f"{text(one['label'])}: {one['n_mended']:,} of {one['n_drawn']:,} rows broke it at first, and were "
                f"mended or drawn again; every row keeps it."
            )


def _mix(here: Session, view: SampleView) -> None:
    """Asked, expected and obtained shares of a target mix."""
    mix, outcomes = view.request.mix, view.mix_outcomes
    if mix is None or not outcomes:
        return
    total = max(1, sum(one.n_obtained for one in outcomes))
    asked = max(1, sum(one.condition.n_rows for one in outcomes))
    real = {cell.levels: cell.share for cell in mixing.cells(here, view.dataset_id, mix.columns)}
    st.markdown("**Target mix** :gray[shares of the rows]")
    st.dataframe(
        pd.DataFrame(
            {
                "Of": [short(one.condition.label, 120) for one in outcomes],
                "In the data": [100 * real.get(share.levels, 0.0) for share in mix.shares],
                "Asked": [100 * one.condition.n_rows / asked for one in outcomes],
                "Expected at once": [100 * one.n_matched_natively / asked for one in outcomes],
                "Obtained": [100 * one.n_obtained / total for one in outcomes],
                "Rows": [one.n_obtained for one in outcomes],
                "Shortfall": [one.shortfall for one in outcomes],
            }
        ),
        hide_index=True,
        key="mix-outcomes",
        column_config={
            name: st.column_config.NumberColumn(format="%.2f %%", help=words)
            for name, words in (
                ("In the data", "Share in the train rows."),
                ("Asked", "Share that was asked for."),
                ("Expected at once", "Share that the first draw gave, before rows that missed were drawn again."),
                ("Obtained", "Share of the rows that were delivered."),
            )
        },
        alt="Shares in the data, asked, expected and obtained",
    )
    _say_met(outcomes)


def _say_met(outcomes: tuple[ConditionOutcome, ...]) -> None:
    short_by = sum(outcome.shortfall for outcome in outcomes)
    if short_by:
        st.warning(
            f"{count(short_by, 'row')} of the requested levels could not be drawn within the budget; the table "
            f"says which.",
            icon=":material/warning:",
        )
    else:
        st.success("Every requested number of rows was met exactly.", icon=":material/check_circle:")


def _outcomes(view: SampleView) -> None:
    found = view.condition_outcomes
    if not found:
        return
    if not view.mix_outcomes or sum(one.shortfall for one in found):
        _say_met(found)
    table = pd.DataFrame(
        {
            "Column": [short(one.condition.column, 200) for one in found],
            "Level": [short(one.condition.level, 200) for one in found],
            "And": [short(" and ".join(map(str, one.condition.also)), 200) for one in found],
            "Asked": [one.condition.n_rows for one in found],
            "Obtained": [one.n_obtained for one in found],
            "Shortfall": [one.shortfall for one in found],
            "Met at once": [
                100 * one.n_matched_natively / one.condition.n_rows if one.condition.n_rows else None for one in found
            ],
            "Acceptance": [None if one.acceptance_rate is None else 100 * one.acceptance_rate for one in found],
        }
    )
    if not any(one.condition.also for one in found):
        table = table.drop(columns="And")
    numbers = {
        column: st.column_config.NumberColumn(format="localized") for column in ("Asked", "Obtained", "Shortfall")
    }
    st.dataframe(
        table,
        hide_index=True,
        key="outcomes",
        column_config=numbers
        | {
            "Met at once": st.column_config.NumberColumn(
                format="%.1f %%",
                help="Rows that met the condition in the first draw, before any was refused. Higher is better.",
            ),
            "Acceptance": st.column_config.NumberColumn(
                format="%.1f %%", help="Acceptance rate: accepted rows of all rows drawn for it. Higher is better."
            ),
        },
        alt="Conditions with rows asked for, obtained and missing",
    )


def _kinds(view: SampleView) -> None:
    """Copies, diversity and unusual rows, of the first rows."""
    found = view.found.get("kinds")
    if not found:
        return
    with st.expander("Novelty and diversity", icon=":material/fingerprint:"):
        st.markdown(
            f":gray[Of the first {found['n_rows']:,} rows. In the train rows, {100 * found['copies_of_train']:.2f} % "
            f"occur more than once, and {100 * found['outliers_of_train']:.1f} % have a rare value.]"
        )
        if found.get("near_copies") is not None:
            st.markdown(f"{100 * found['near_copies']:.2f} % lie within {view.request.novelty.near:g} of a train row.")
        show_kinds({"drawn": found}, {"drawn": "Drawn rows"}, key="sample")


def list_samples(here: Session, run_id: str) -> None:
    """All samples of a run side by side, and one of them to look at."""
    views = sampling.samples(here, run_id)
    if len(views) < 2:
        return
    with st.expander(f"Samples of this run ({len(views)})", icon=":material/table_rows:"):
        kinds = [view.found.get("kinds") or {} for view in views]
        st.dataframe(
            pd.DataFrame(
                {
                    "Sample": [view.id[-4:] for view in views],
                    "Epoch": [view.epoch for view in views],
                    "Rows": [view.n_rows for view in views],
                    "Asked": [short(_asked(view), 120) for view in views],
                    "Seed": [view.request.seed for view in views],
                    "Column shapes": [one.get("column_shapes") for one in kinds],
                    "Pairs covered": [one.get("pairs_covered") for one in kinds],
                    "Exact copies": [one.get("copies") for one in kinds],
                }
            ),
            hide_index=True,
            key="samples",
            alt="Samples of this run with what was asked and their closeness, coverage and copies",
        )
        ids = [view.id for view in views]
        pick, press = st.columns([4, 1], vertical_alignment="bottom")
        wanted = pick.selectbox("Sample to look at", ids, format_func=lambda one: one[-4:], key=f"samples-{run_id}")
        if press.button("Show", key="samples-show", width="stretch"):
            selection.choose("sample", wanted)
            st.rerun()


def _asked(view: SampleView) -> str:
    parts = []
    if view.request.mix is not None:
        parts.append(f"mix of {' × '.join(view.request.mix.columns)}")
    if view.request.conditions:
        parts.append(count(len(view.request.conditions), "condition"))
    if view.request.given:
        parts.append("given rows")
    if view.request.knobs != Knobs():
        parts.append("tuned")
    return ", ".join(parts) or "no condition"


def _downloads(here: Session, view: SampleView) -> None:
    kinds = (("csv", "CSV", "text/csv"), ("parquet", "Parquet", "application/vnd.apache.parquet"))
    with st.container(horizontal=True, vertical_alignment="center", key="downloads"):
        for kind, label, mime in kinds:
            st.download_button(
                f"Download {label}",
                data=_opener(here, view.id, kind),
                file_name=f"synthetic-{view.id[-4:]}.{kind}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"download-{kind}",
            )
        st.caption("Columns, storage types, decimals and date formats are those of the real table.")


def _opener(here: Session, sample_id: str, kind: str) -> Callable[[], BinaryIO]:
    """The file, made and opened only when the button is pressed."""
    return lambda: sampling.sample_file(here, sample_id, kind).open("rb")
