"""Conditions of a sample: rows of chosen levels and ranges, added from lists and changed in a small table."""

from __future__ import annotations

import datetime

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.records import Clause, Condition
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import MISSING_LABEL
from core.workbench import data
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.words import labelled

FIELDS = ["Column", "Level", "And", "Rows"]


def condition_editor(here: Session, dataset_id: str, schema: Schema) -> tuple[Condition, ...]:
    """Let the analyst ask for rows of levels and ranges; the conditions asked for so far."""
    columns = [column.name for column in schema.modelled]
    columns.sort(key=lambda name: schema[name].is_number)
    state = f"conditions-{dataset_id}"
    kept: list[dict] = st.session_state.setdefault(state, [])
    if not columns:
        st.caption("Conditions need a column that is modelled; this table has none.")
        return ()
    with st.expander("Rows of chosen levels", icon=":material/filter_alt:", expanded=bool(kept)):
        st.markdown(
            ":gray[In addition to the rows above, exactly as many rows of a level or range as you ask for. "
            "And also narrows the last one down.]"
        )
        _adder(here, dataset_id, schema, columns, state)
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
                "Level": st.column_config.TextColumn(
                    required=True, width="medium", help="A level, a value, or a range such as 30..40 or 2024-03-01.."
                ),
                "And": st.column_config.TextColumn(
                    width="medium", help="More of the same row, such as: age=30..40 & sex=Female"
                ),
                "Rows": st.column_config.NumberColumn(
                    min_value=0, step=1, required=True, default=100, format="localized"
                ),
            },
            alt="Conditions: column, level, further clauses and number of rows",
        )
    return _as_conditions(edited)


def _adder(here: Session, dataset_id: str, schema: Schema, columns: list[str], state: str) -> None:
    pick, level_pick, rows, press, also = st.columns([2.6, 3.8, 1.6, 1.1, 1.4], vertical_alignment="bottom")
    column = pick.selectbox("Column", columns, format_func=labelled(columns, 50).get, key=f"{state}-column")
    place = columns.index(column)
    with level_pick:
        if schema[column].is_number:
            level = _range(schema[column], f"{state}-range-{place}")
        else:
            level = _level(here, dataset_id, column, f"{state}-level-{place}")
    n_rows = rows.number_input("Rows", 1, 10_000_000, 1000, step=100, key=f"{state}-rows")
    kept = st.session_state[state]
    if also.button(
        "And also", key=f"{state}-also", width="stretch", disabled=level is None or not kept,
        help="Ask the same of every row of the last condition.",
    ):  # fmt: skip
        last = dict(kept[-1])
        last["And"] = " & ".join(part for part in (last["And"], f"{column}={level}") if part)
        _keep(state, [*kept[:-1], last])
    if press.button("Add", icon=":material/add:", key=f"{state}-add", width="stretch", disabled=level is None):
        _keep(state, [*kept, dict(zip(FIELDS, (column, level, "", int(n_rows)), strict=True))])


def _keep(state: str, rows: list[dict]) -> None:
    st.session_state[state] = rows
    st.session_state[f"{state}-turn"] = st.session_state.get(f"{state}-turn", 0) + 1
    st.rerun()


def _level(here: Session, dataset_id: str, column: str, key: str) -> str | None:
    counts = dict(data.levels(here, dataset_id, column))
    labels = labelled(counts, 40)
    return st.selectbox(
        "Level",
        list(counts),
        format_func=lambda one: f"{labels[one]} ({counts[one]:,} train rows)",
        key=key,
        placeholder="No level",
    )


def _range(column: Column, key: str) -> str | None:
    """A range of a number or datetime column as it is written in a condition; None while both ends are open."""
    low, high = st.columns(2)
    if column.type is ColumnType.DATETIME:
        earliest, latest = datetime.date(1, 1, 1), datetime.date(9999, 12, 31)
        ends = [
            place.date_input(label, value=None, min_value=earliest, max_value=latest, key=f"{key}-{label}")
            for place, label in ((low, "From"), (high, "To"))
        ]
        texts = [end.isoformat() if end else "" for end in ends]
        if texts[1] and column.storage is not Storage.DATE:
            texts[1] += " 23:59:59.999999"
    else:
        ends = [
            place.number_input(label, value=None, key=f"{key}-{label}", format="%g")
            for place, label in ((low, "From"), (high, "To"))
        ]
        texts = [f"{end:.12g}" if end is not None else "" for end in ends]
    return f"{texts[0]}..{texts[1]}" if any(texts) else None


def _as_conditions(edited: pd.DataFrame) -> tuple[Condition, ...]:
    """Whole rows of the editor; half-filled ones wait."""
    whole = edited.dropna(subset=["Column", "Level", "Rows"])
    try:
        return tuple(_condition(row) for _, row in whole.iterrows())
    except UserError as error:
        show_error(error)
        return ()


def _condition(row: pd.Series) -> Condition:
    first = Clause(column=str(row["Column"]), level=str(row["Level"]))
    more = row["And"] if isinstance(row["And"], str) else ""
    also = Condition.parse(f"{more}:0").clauses if more.strip() and more != MISSING_LABEL else ()
    return Condition.of((first, *also), int(row["Rows"]))
