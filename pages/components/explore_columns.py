"""Every column of the real table: a picture by its type and its numbers, a screenful at a time."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.dataset import Dataset
from core.figures.columns import column_option, describe_column
from core.figures.text import is_clock, moment
from core.schema import Column, ColumnType
from core.workbench import data
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.summaries import as_picture
from pages.components.words import count, name, number, percent, short, text

PER_ROW = 3
PER_PAGE = 9
SHAPES = {"0.05": "5 %", "0.5": "median", "0.95": "95 %"}


def show_columns(here: Session, dataset: Dataset) -> None:
    """Cards of columns, filtered by name and type."""
    summary = data.dataset_summary(here, dataset.id)
    found = {one.name: one for one in summary.columns}
    left, right = st.columns([3, 2])
    wanted = left.text_input(
        "Filter",
        key="explore-filter",
        placeholder="Columns whose name contains…",
        icon=":material/search:",
        label_visibility="collapsed",
    )
    types = list(dict.fromkeys(str(column.type) for column in dataset.schema))
    kind = right.selectbox(
        "Type",
        [None, *types],
        format_func=lambda one: "All types" if one is None else one,
        key="explore-type",
        label_visibility="collapsed",
    )
    columns = [
        column
        for column in dataset.schema
        if column.name in found
        and (not wanted or wanted.lower() in column.name.lower())
        and (kind is None or str(column.type) == kind)
    ]
    if not columns:
        st.info("No column fits the filter.", icon=":material/filter_alt_off:")
        return
    n_pages = -(-len(columns) // PER_PAGE)
    first = (min(st.session_state.get("explore-page", 1) or 1, n_pages) - 1) * PER_PAGE
    shown = columns[first : first + PER_PAGE]
    for start in range(0, len(shown), PER_ROW):
        for place, holder in enumerate(st.columns(PER_ROW)):
            if start + place < len(shown):
                with holder:
                    column = shown[start + place]
                    _card(summary, column, found[column.name], place=start + place)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(f"{count(len(columns), 'column')}. Counted in all {summary.n_rows:,} rows.")
        if n_pages > 1:
            st.pagination(n_pages, key="explore-page")


def _card(summary, column: Column, one, *, place: int) -> None:
    with st.container(border=True, height="stretch", key=f"explore-card-{place}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
            st.markdown(f"**{name(column.name, 22)}**", help=text(column.reason))
            st.markdown(f":gray[{column.type}]", width="content")
        picture = as_picture(summary, column)
        if picture.edges or picture.labels:
            alt = f"{short(column.name, 100)}: {describe_column(picture)}"
            option = column_option(picture, colours=charts.colours())
            charts.show_option(option, key=f"explore-column-{place}", alt=alt, height=210)
        else:
            st.markdown(":gray[Values of this column are not shown.]")
        st.caption(" · ".join(text(word) for word in _facts(column, one, summary.n_rows)))


def _facts(column: Column, one, n_rows: int) -> list[str]:
    """Numbers of a column in words."""
    words = [f"{percent(one.n_missing / max(n_rows, 1))} missing" if one.n_missing else "none missing"]
    if one.low is not None:
        dates = partial(moment, clock=is_clock(one.low, one.high))
        shown = dates if column.type is ColumnType.DATETIME else number
        words.append(f"{shown(one.low)} to {shown(one.high)}")
        words += [f"{title} {shown(one.quantiles[key])}" for key, title in SHAPES.items() if key in one.quantiles]
        if column.type is not ColumnType.DATETIME:
            words += [f"mean {number(one.mean)}", f"deviation {number(one.deviation)}"]
    words.append(count(one.n_levels, "distinct value"))
    if column.personal:
        words.append(f"personal: {column.personal}")
    return words
