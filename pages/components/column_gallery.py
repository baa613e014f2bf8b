"""Every column side by side: filtered, ordered worst first, a screenful at a time so that wide tables stay quick."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.figures.behind import column_numbers, quantile_numbers
from core.figures.columns import column_option, describe_column, shape_difference
from core.figures.quantiles import describe_quantiles, ecdf_option, has_quantiles, qq_option
from core.records import ColumnPicture, Report, Scope, Status
from pages.components import charts
from pages.components.saving import save_menu
from pages.components.words import count, short, text

PER_ROW = 3
PER_PAGE, PER_BOARD = 9, 6
CARD_WIDTH, CARD_HEIGHT = 250, 270
NONE = "No column fits the filter."
ORDERS = ("Worst first", "Best first", "As in the table", "By name")
DRAWINGS = {
    "Histogram": "Shares of rows, real filled and synthetic outlined.",
    "Cumulative": "Share of rows at or below each value (ECDF); the largest gap is the KS statistic.",
    "Quantiles": "Synthetic against real quantiles (QQ); on the dotted line they are equal.",
}


def column_gallery(report: Report) -> None:
    """Cards of columns with their own filter, order and pages."""
    scores = column_scores(report)
    types = list(dict.fromkeys(picture.type for picture in report.columns))
    left, middle, right, drawn = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
    with left:
        wanted = _filter()
    kind = middle.selectbox(
        "Type",
        [None, *types],
        format_func=lambda one: "All types" if one is None else one,
        key="column-type",
        label_visibility="collapsed",
    )
    order = right.selectbox("Order", ORDERS, key="column-order", label_visibility="collapsed")
    with drawn:
        drawing = _drawing()
    pictures = [picture for picture in _named(report, wanted) if kind is None or picture.type == kind]
    if order == "By name":
        pictures.sort(key=lambda picture: picture.column.lower())
    elif order != "As in the table":
        pictures.sort(key=lambda picture: scores[picture.column], reverse=order == "Best first")
    if not pictures:
        st.info(NONE, icon=":material/filter_alt_off:")
        return
    page, n_pages = _page(pictures, PER_PAGE)
    grid = st.grid(PER_ROW, min_column_width=CARD_WIDTH, border=True)
    for place, picture in enumerate(page):
        with grid.cell():
            _card(picture, scores, drawing, place=place)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            f"{count(len(pictures), 'column')}. The score is the KS complement of numbers and dates and the TV "
            "complement of levels: 1 means the same distribution. Shares are of all rows of each table."
        )
        if n_pages > 1:
            st.pagination(n_pages, key="column-page")
    with st.expander("All scores as a table", icon=":material/table:"):
        _table(pictures, scores)


def column_board(report: Report) -> None:
    """Charts of columns beside a slider, which shows another report at every move.

    Every column keeps its place, so that it can be followed from epoch to epoch; no more are drawn than a screen
    holds, and no menus.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _filter()
        drawing = _drawing()
    pictures = _named(report, wanted)
    if not pictures:
        st.info(NONE, icon=":material/filter_alt_off:")
        return
    page, n_pages = _page(pictures, PER_BOARD)
    scores = column_scores(report)
    with st.grid(PER_ROW, min_column_width=CARD_WIDTH, border=True):
        for place, picture in enumerate(page):
            _chart(picture, scores, drawing, place=place)
    if n_pages > 1:
        st.pagination(n_pages, key="column-page")


def _filter() -> str:
    return st.text_input(
        "Filter", key="column-filter", placeholder="Columns whose name contains…", icon=":material/search:",
        label_visibility="collapsed",
    )  # fmt: skip


def _drawing() -> str:
    return st.segmented_control(
        "Drawing", list(DRAWINGS), default="Histogram", required=True, key="column-drawing",
        label_visibility="collapsed", help=" ".join(f"**{one}**: {words}" for one, words in DRAWINGS.items()),
    )  # fmt: skip


def _named(report: Report, wanted: str) -> list[ColumnPicture]:
    return [one for one in report.columns if not wanted or wanted.lower() in one.column.lower()]


def _page(pictures: list[ColumnPicture], size: int) -> tuple[list[ColumnPicture], int]:
    """Pictures of the chosen page, and how many pages there are."""
    n_pages = -(-len(pictures) // size)
    first = (min(st.session_state.get("column-page", 1) or 1, n_pages) - 1) * size
    return pictures[first : first + size], n_pages


def column_scores(report: Report) -> dict[str, float]:
    """Column shapes of every column; where it was not measured, one minus the difference that is drawn."""
    measured = {
        result.subject[0]: result.value
        for result in report.results
        if result.scope is Scope.COLUMN and result.metric == "column_shapes" and result.status is Status.MEASURED
    }
    return {picture.column: measured.get(picture.column, 1 - shape_difference(picture)) for picture in report.columns}


def _card(picture: ColumnPicture, scores: dict[str, float], drawing: str, *, place: int) -> None:
    by_quantiles = _chart(picture, scores, drawing, place=place)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"column-card-{place}"
    ):
        if picture.real_missing or picture.synthetic_missing:
            sentence = describe_column(picture)
            st.caption(text(sentence[sentence.rfind("Missing:") :]))
        elif drawing != "Histogram" and not by_quantiles:
            st.caption("Levels have no order on a line: bars are shown.")
        save_menu(
            f"{picture.column} {drawing if by_quantiles else ''}",
            key=f"column-save-{place}",
            picture=lambda: _still(picture, drawing if by_quantiles else "Histogram"),
            numbers=lambda: (quantile_numbers if by_quantiles else column_numbers)(picture),
        )


def _chart(picture: ColumnPicture, scores: dict[str, float], drawing: str, *, place: int) -> bool:
    """The chart of a column with its name and score; gives whether it was drawn by quantiles."""
    by_quantiles = drawing != "Histogram" and has_quantiles(picture)
    draw = column_option if not by_quantiles else ecdf_option if drawing == "Cumulative" else qq_option
    option = draw(
        picture, colours=charts.colours(), title=short(picture.column, 26),
        corner=f"{scores[picture.column]:.3f}", aside=picture.type,
    )  # fmt: skip
    words = describe_quantiles(picture) if by_quantiles else describe_column(picture)
    charts.show_option(option, key=f"column-{place}", alt=f"{short(picture.column, 100)}: {words}", height=CARD_HEIGHT)
    return by_quantiles


def _still(picture: ColumnPicture, drawing: str):
    if drawing == "Histogram":
        from core.figures.static import column_picture

        return column_picture(picture)
    from core.figures.static_pairs import ecdf_picture, qq_picture

    return (ecdf_picture if drawing == "Cumulative" else qq_picture)(picture)


def _table(pictures: list[ColumnPicture], scores: dict[str, float]) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Column": [short(picture.column, 200) for picture in pictures],
                "Type": [picture.type for picture in pictures],
                "Score": [scores[picture.column] for picture in pictures],
            }
        ),
        hide_index=True,
        key="column-scores",
        column_config={"Score": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f")},
        alt="Score of every column, higher is better",
    )
