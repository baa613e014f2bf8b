"""Missing cells: how many in each column, and which are missing together."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.figures.exploring import PATTERN_COLUMNS, missing_figure
from core.workbench import data, exploring
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.progress import finished
from pages.components.words import count, listed_names, percent, short


def show_missing(here: Session, dataset: Dataset) -> None:
    """Patterns of missing cells, then the columns that have any."""
    view = exploring.explore(here, dataset.id)
    if not finished(view.job, label="Exploring the table", key="explore"):
        return
    summary = data.dataset_summary(here, dataset.id)
    lacking = sorted((one for one in summary.columns if one.n_missing), key=lambda one: -one.n_missing)
    if not lacking:
        st.success("No cell is missing.", icon=":material/check_circle:")
        return
    patterns = view.found.missing
    complete = next((one.n_rows for one in patterns if not one.columns), 0)
    st.markdown(
        f"Cells are missing in {count(len(lacking), 'column')}; {percent(complete / max(summary.n_rows, 1))} of the "
        "rows are complete. The generator learns where cells are missing, and draws them so."
    )
    with st.container(border=True, key="missing-card"):
        together = max((one for one in patterns if one.columns), key=lambda one: one.n_rows, default=None)
        alt = (
            f"The most frequent pattern: {listed_names(together.columns)} missing in {together.n_rows:,} rows."
            if together
            else "No pattern of missing cells."
        )
        figure = missing_figure(patterns, summary.n_rows, colours=charts.colours())
        charts.show(figure, key="missing-patterns", alt=alt)
        st.caption(
            f"The {count(len(patterns), 'most frequent pattern')} of all rows; red cells are missing together"
            + (f"; the {PATTERN_COLUMNS} columns with the most." if len(lacking) > PATTERN_COLUMNS else ".")
        )
    st.dataframe(
        pd.DataFrame(
            {
                "Column": [short(one.name, 200) for one in lacking],
                "Missing cells": [one.n_missing for one in lacking],
                "Share": [100 * one.n_missing / max(summary.n_rows, 1) for one in lacking],
            }
        ),
        hide_index=True,
        key="missing-columns",
        column_config={
            "Missing cells": st.column_config.NumberColumn(format="localized"),
            "Share": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.1f %%"),
        },
        alt="Columns with missing cells, those with the most first",
    )
