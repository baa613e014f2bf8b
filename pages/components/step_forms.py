"""The settings of every kind of step, as an analyst gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.schema import ColumnType, Schema, Storage
from pages.components.words import labelled

Settings = dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForm:
    """How a kind of step is asked for; `ask` gives its settings, or None while one is lacking."""

    title: str
    sentence: str
    ask: Callable[[Schema], Settings]


def _column(schema: Schema, *, only: Callable | None = None, label: str = "Column") -> str | None:
    names = [column.name for column in schema if only is None or only(column)]
    shown = labelled(names)
    if not names:
        st.caption("No column of this table fits this step.")
        return None
    return st.selectbox(label, names, format_func=shown.get, key="step-column")


def _columns(schema: Schema, label: str) -> list[str]:
    shown = labelled(schema.names)
    return st.multiselect(label, schema.names, format_func=shown.get, key="step-columns")


def _is_number(column: Any) -> bool:
    return column.storage in (Storage.INTEGER, Storage.DECIMAL)


def _is_text(column: Any) -> bool:
    return column.storage is Storage.TEXT


def _fill(schema: Schema) -> Settings:
    column = _column(schema, only=lambda one: one.n_missing > 0)
    how = st.selectbox("With", ["median", "mode", "value"], key="step-how", help="Mode: the most frequent value.")
    value = st.text_input("Value", key="step-value") if how == "value" else None
    if column is None or (how == "value" and not value):
        return None
    return {"column": column, "how": how} | ({"value": _typed(schema, column, value)} if how == "value" else {})


def _lacking(schema: Schema) -> Settings:
    column = _column(schema, only=lambda one: one.n_missing > 0 and one.type is not ColumnType.DATETIME)
    return None if column is None else {"column": column}


def _typed(schema: Schema, column: str, value: str) -> Any:
    """A value as the column holds it: a number where the text is one."""
    if not _is_number(schema[column]):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def _one_text(schema: Schema) -> Settings:
    column = _column(schema, only=_is_text)
    return None if column is None else {"column": column}


def _merge(schema: Schema) -> Settings:
    column = _column(schema, only=lambda one: one.is_levels)
    keep = int(st.number_input("Levels to keep", 1, 10_000, 20, key="step-keep"))
    into = st.text_input("Name of the rest", "other", key="step-into")
    return None if column is None or not into else {"column": column, "keep": keep, "into": into}


def _clip(schema: Schema) -> Settings:
    column = _column(schema, only=lambda one: _is_number(one) and one.type is ColumnType.CONTINUOUS)
    low, high = st.slider(
        "Keep between these percentiles of the train rows", 0.0, 100.0, (0.5, 99.5), step=0.5, key="step-clip"
    )
    if column is None:
        return None
    return {"column": column, "low_quantile": low / 100, "high_quantile": high / 100}


def _some(schema: Schema) -> Settings:
    columns = _columns(schema, "Columns")
    return {"columns": columns} if columns else None


def _duplicates(schema: Schema) -> Settings:
    return {"columns": _columns(schema, "Equal in these columns (all of them if none is chosen)")}


def _rows(schema: Schema) -> Settings:
    column = _column(schema)
    left, right = st.columns([1, 2])
    operator = left.selectbox("Compares", ["=", "!=", "<", "<=", ">", ">="], key="step-operator")
    value = right.text_input("With", key="step-value")
    if column is None or not value:
        return None
    return {"column": column, "operator": operator, "value": _typed(schema, column, value)}


def _derive(schema: Schema) -> Settings:
    how = st.selectbox(
        "As the", ["sum", "difference", "product", "ratio", "year", "month", "day", "weekday", "hour"], key="step-how"
    )
    parts = how in ("year", "month", "day", "weekday", "hour")
    columns = _columns(schema, "Of this date" if parts else "Of these two columns, in this order")
    name = st.text_input("Name of the new column", key="step-name")
    return {"name": name, "how": how, "columns": columns} if name and len(columns) == (1 if parts else 2) else None


def _pseudonyms(schema: Schema) -> Settings:
    column = _column(schema)
    return None if column is None else {"column": column, "key": "default"}


def _groups(schema: Schema) -> Settings:
    columns = _columns(schema, "Columns that an outsider may know")
    k = int(st.number_input("Smallest group that stays", 2, 10_000, 5, key="step-k"))
    return {"columns": columns, "k": k} if columns else None


def _generalise(schema: Schema) -> Settings:
    column = _column(schema)
    if column is None:
        return None
    hows = ["prefix"]
    if schema[column].type is ColumnType.DATETIME:
        hows = ["year", "quarter", "month", "day"]
    elif _is_number(schema[column]):
        hows = ["band", "round"]
    how = st.selectbox("By", hows, key=f"step-how-{hows[0]}")
    if how in ("prefix", "band", "round"):
        words = {"prefix": "Signs to keep", "band": "Width of a band", "round": "Round to multiples of"}
        amount = st.number_input(words[how], 1.0, 1e9, 2.0 if how == "prefix" else 10.0, key="step-amount")
        return {"column": column, "how": how, "amount": float(amount)}
    return {"column": column, "how": how}


FORMS: dict[str, StepForm] = {
    "fill-missing": StepForm(
        title="Fill missing cells", ask=_fill,
        sentence="Without this step the generator learns where cells are missing, which is usually better.",
    ),
    "fill-by-model": StepForm(
        title="Fill missing cells by a model", ask=_lacking,
        sentence="With what the other columns say of them. Spread is understated: they lie on the model's surface.",
    ),
    "drop-missing": StepForm(
        title="Leave out rows with missing cells", ask=_some, sentence="Rows in which any of the columns is missing."
    ),
    "trim": StepForm(title="Trim blanks", ask=_one_text, sentence="Blanks at the ends go, several become one."),
    "unify-levels": StepForm(
        title="Unify spellings", ask=_one_text, sentence="Levels that differ in blanks or case only become one."
    ),
    "merge-tail": StepForm(title="Merge rare levels", ask=_merge, sentence="All but the most frequent become one."),
    "clip": StepForm(title="Clip numbers", ask=_clip, sentence="Numbers beyond the bounds become the bound."),
    "drop-duplicates": StepForm(
        title="Leave out duplicates", ask=_duplicates, sentence="The first of equal rows is kept."
    ),
    "keep-rows": StepForm(title="Choose rows", ask=_rows, sentence="Rows where the column is missing go too."),
    "keep-columns": StepForm(title="Choose columns", ask=_some, sentence="All other columns go."),
    "drop-columns": StepForm(title="Leave out columns", ask=_some, sentence="These columns go."),
    "derive": StepForm(title="Derive a column", ask=_derive, sentence="A new column from one or two others."),
    "generalise": StepForm(title="Make values coarser", ask=_generalise, sentence="Periods, bands, first signs."),
    "drop-small-groups": StepForm(
        title="Leave out rows of small groups", ask=_groups, sentence="Rows that few others share these columns with."
    ),
    "pseudonymise": StepForm(
        title="Replace by pseudonyms", ask=_pseudonyms,
        sentence="Equal values get equal pseudonyms under a key that stays in the session, outside all exports.",
    ),
}  # fmt: skip
"""Kinds of steps in the order in which they are offered."""
