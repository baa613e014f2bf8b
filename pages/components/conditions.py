"""Conditions of a sample: rows of chosen levels, added from lists and changed in a small table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.records import Condition
from core.schema import Schema
from core.workbench import data
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.words import labelled

FIELDS = ["Column", "Level", "Rows"]


def condition_editor(here: Session, dataset_id: str, schema: Schema) -> tuple[Condition, ...]:
    """Let the analyst ask for rows of levels; the conditions asked for so far."""
    columns = [column.name for column in schema.modelled if column.is_levels]
    state = f"conditions-{dataset_id}"
    kept: list[dict] = st.session_state.setdefault(state, [])
    if not columns:
        st.caption("Conditions need a column with levels; this table has none.")
        return ()
    with st.expander("Rows of chosen levels", icon=":material/filter_alt:", expanded=bool(kept)):
        st.markdown(":gray[In addition to the rows above, exactly as many rows of a level as you ask for.]")
        _adder(here, dataset_id, columns, state)
        if not kept:
            return ()
        turn = st.session_state.setdefault(f"{state}-turn", 0)
        edited = st.data_editor(
            pd.DataFrame(kept, columns=FIELDS),
            key=f"{state}-editor-{turn}",
            hide_index=True,
            num_rows="dynamic",
            column_config={
                "Column": st.column_config.SelectboxColumn(options=columns, required=True, width="medium"),
                "Level": st.column_config.TextColumn(required=True, width="medium"),
                "Rows": st.column_config.NumberColumn(
                    min_value=0, step=1, required=True, default=100, format="localized"
                ),
            },
            alt="Conditions: column, level and number of rows",
        )
    return _as_conditions(edited)


def _adder(here: Session, dataset_id: str, columns: list[str], state: str) -> None:
    pick, level_pick, rows, press = st.columns([3, 3, 2, 1.2], vertical_alignment="bottom")
    column = pick.selectbox("Column", columns, format_func=labelled(columns, 50).get, key=f"{state}-column")
    counts = dict(data.levels(here, dataset_id, column))
    labels = labelled(counts, 40)
    level = level_pick.selectbox(
        "Level",
        list(counts),
        format_func=lambda one: f"{labels[one]} ({counts[one]:,} train rows)",
        key=f"{state}-level-{columns.index(column)}",
        placeholder="No level",
    )
    n_rows = rows.number_input("Rows", 1, 10_000_000, 1000, step=100, key=f"{state}-rows")
    if press.button("Add", icon=":material/add:", key=f"{state}-add", width="stretch", disabled=level is None):
        st.session_state[state] = [
            *st.session_state[state],
            dict(zip(FIELDS, (column, level, int(n_rows)), strict=True)),
        ]
        st.session_state[f"{state}-turn"] = st.session_state.get(f"{state}-turn", 0) + 1
        st.rerun()


def _as_conditions(edited: pd.DataFrame) -> tuple[Condition, ...]:
    """Whole rows of the editor; half-filled ones wait."""
    whole = edited.dropna(subset=FIELDS)
    try:
        return tuple(
            Condition(column=str(row["Column"]), level=str(row["Level"]), n_rows=int(row["Rows"]))
            for _, row in whole.iterrows()
        )
    except UserError as error:
        show_error(error)
        return ()
