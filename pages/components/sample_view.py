"""A drawn sample: what was asked and obtained, the first rows, and the files."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import pandas as pd
import streamlit as st

from core.workbench import sampling
from core.workbench.sampling import SampleView
from core.workbench.sessions import Session
from pages.components.frame import next_step
from pages.components.progress import finished
from pages.components.words import count, short


def show_sample(here: Session, sample_id: str) -> None:
    """The sample once it is drawn; its progress before."""
    view = sampling.sample(here, sample_id)
    st.subheader("The chosen sample", anchor=False)
    if not finished(view.job, label="Drawing rows", key="sample"):
        return
    _facts(view)
    _outcomes(view)
    with st.container(border=True, key="preview-card"):
        st.markdown("**First rows** :gray[made up; no row is meant to be a real one]")
        st.dataframe(view.preview, hide_index=True, height=360, key="sample-preview", alt="The first synthetic rows")
        _downloads(here, view)
    next_step("pages/evaluate.py", "Evaluate the rows", "How close to the real table are they, and how useful?")


def _facts(view: SampleView) -> None:
    with st.container(key="facts"):
        columns = st.columns(4)
        columns[0].metric("Synthetic rows", f"{view.n_rows:,}")
        columns[1].metric("Without condition", f"{view.n_unconditioned:,}", help="Table metrics are of these rows.")
        columns[2].metric("Checkpoint", f"epoch {view.epoch}")
        columns[3].metric("Seed", view.request.seed)


def _outcomes(view: SampleView) -> None:
    if not view.outcomes:
        return
    short_by = sum(outcome.shortfall for outcome in view.outcomes)
    if short_by:
        st.warning(
            f"{count(short_by, 'row')} of the requested levels could not be drawn within the budget; the table "
            f"says which.",
            icon=":material/warning:",
        )
    else:
        st.success("Every requested number of rows was met exactly.", icon=":material/check_circle:")
    table = pd.DataFrame(
        {
            "Column": [short(one.condition.column, 200) for one in view.outcomes],
            "Level": [short(one.condition.level, 200) for one in view.outcomes],
            "Asked": [one.condition.n_rows for one in view.outcomes],
            "Obtained": [one.n_obtained for one in view.outcomes],
            "Shortfall": [one.shortfall for one in view.outcomes],
            "Met at once": [
                100 * one.n_matched_natively / one.condition.n_rows if one.condition.n_rows else None
                for one in view.outcomes
            ],
            "Acceptance": [100 * one.n_obtained / one.n_drawn if one.n_drawn else None for one in view.outcomes],
        }
    )
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
                help="Rows that had the level in the first draw, before any was refused. Higher is better.",
            ),
            "Acceptance": st.column_config.NumberColumn(
                format="%.1f %%", help="Acceptance rate: accepted rows of all rows drawn for it. Higher is better."
            ),
        },
        alt="Conditions with rows asked for, obtained and missing",
    )


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
