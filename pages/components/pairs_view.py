"""Pairs of columns: three heatmaps on one scale, the pairs that moved most, and any two columns together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.errors import DoppelError
from core.figures.behind import correlation_numbers, joint_numbers
from core.figures.correlations import as_matrix, clustered, correlation_options, describe_correlations
from core.figures.joint import describe_joint, joint_figures
from core.pictures import JointPicture
from core.records import CorrelationPicture, Report
from core.workbench import judging
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.frame import show_error
from pages.components.saving import save_menu
from pages.components.words import labelled, short, text

MOST = 50
ORDERS = ("Clustered", "As in the table")


def show_pairs(here: Session, evaluation_id: str, report: Report) -> None:
    """The correlation picture of a report, and two columns of choice."""
    picture = report.correlations[0]
    order = st.segmented_control(
        "Order of columns", ORDERS, default="Clustered", required=True, key="pairs-order",
        help="Clustered: columns that go together in the real table stand beside each other.",
    )  # fmt: skip
    show_heatmaps(clustered(picture) if order == "Clustered" else picture)
    st.markdown("**Pairs that moved most** :gray[click a row to see the two columns together]")
    moved = moved_most(picture)
    chosen = st.dataframe(
        moved.drop(columns=["first", "second"]),
        hide_index=True,
        key="moved",
        height=300 if len(moved) > 8 else "content",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            column: st.column_config.NumberColumn(format="%.2f") for column in ("Real", "Synthetic", "Difference")
        },
        alt="Pairs of columns with the largest difference of association",
    )
    rows = chosen.selection.rows if chosen is not None else []
    _joint(here, evaluation_id, report, moved, rows[0] if rows else None)


def show_heatmaps(picture: CorrelationPicture) -> None:
    """Real, synthetic and their difference beside one another."""
    height = min(max(190 + 15 * len(picture.columns), 340), 620)
    options = correlation_options(picture, colours=charts.colours())
    words = (
        ("Real", "the train rows", options.real),
        ("Synthetic", "the rows drawn", options.synthetic),
        ("Difference", "synthetic minus real", options.difference),
    )
    with st.container(border=True, key="pairs-card-0"):
        grid = st.grid(3, min_column_width=250)
        for title, what, option in words:
            with grid.cell():
                st.markdown(f"**{title}** :gray[{what}]")
                alt = f"{title}: {describe_correlations(picture)}"
                charts.show_option(option, key=f"pairs-0-{title.lower()}", alt=alt, height=height)
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.caption(
                f"{text(picture.kind)}. One colour scale from −1 to 1; differences near 0 are better. "
                f"{text(describe_correlations(picture))}"
            )
            save_menu(
                "associations",
                key="pairs-save",
                picture=lambda: _still_correlations(picture),
                numbers=lambda: correlation_numbers(picture),
            )


def _joint(here: Session, evaluation_id: str, report: Report, moved: pd.DataFrame, row: int | None) -> None:
    """Two columns together: those of the clicked row, or of the two selectors, whichever changed last."""
    names = [picture.column for picture in report.columns]
    if len(names) < 2:
        return
    shown = labelled(names, 60)
    if row is not None and st.session_state.get("joint-row") != row:
        st.session_state["joint-first"], st.session_state["joint-second"] = moved.loc[row, ["first", "second"]]
    st.session_state["joint-row"] = row
    if "joint-first" not in st.session_state or st.session_state["joint-first"] not in names:
        st.session_state["joint-first"] = moved.loc[0, "first"] if len(moved) else names[0]
    if "joint-second" not in st.session_state or st.session_state["joint-second"] not in names:
        st.session_state["joint-second"] = moved.loc[0, "second"] if len(moved) else names[1]
    left, right = st.columns(2)
    first = left.selectbox("Across", names, format_func=shown.get, key="joint-first")
    second = right.selectbox("Upwards", names, format_func=shown.get, key="joint-second")
    try:
        picture = _counted(str(here.folder), here, evaluation_id, first, second)
    except DoppelError as error:
        show_error(error)
        return
    figures = joint_figures(picture, colours=charts.colours())
    with st.container(border=True, key="joint-card"):
        for column, (title, figure) in zip(
            st.columns(2), (("Real", figures.real), ("Synthetic", figures.synthetic)), strict=True
        ):
            with column:
                st.markdown(f"**{title}** :gray[share of rows in each cell]")
                charts.show(figure, key=f"joint-{title.lower()}", alt=f"{title}: {describe_joint(picture)}")
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.caption(text(describe_joint(picture)))
            save_menu(
                f"{first} with {second}",
                key="joint-save",
                picture=lambda: _still_joint(picture),
                numbers=lambda: joint_numbers(picture),
            )


@st.cache_data(max_entries=64, show_spinner="Counting the two columns")
def _counted(folder: str, _here: Session, evaluation_id: str, first: str, second: str) -> JointPicture:
    """Counted once for each evaluation of a session's folder; evaluations never change their tables."""
    return judging.joint(_here, evaluation_id, first, second)


def _still_correlations(picture: CorrelationPicture):
    from core.figures.static import correlation_picture

    return correlation_picture(picture)


def _still_joint(picture: JointPicture):
    from core.figures.static_pairs import joint_picture

    return joint_picture(picture)


def moved_most(picture: CorrelationPicture) -> pd.DataFrame:
    """The pairs with the largest absolute difference, at most `MOST`; `first` and `second` are the whole names."""
    real, synthetic = as_matrix(picture.real), as_matrix(picture.synthetic)
    rows, columns = np.triu_indices(len(picture.columns), 1)
    difference = (synthetic - real)[rows, columns]
    order = np.argsort(-np.abs(np.nan_to_num(difference)), kind="stable")[:MOST]
    first = [picture.columns[rows[one]] for one in order]
    second = [picture.columns[columns[one]] for one in order]
    return pd.DataFrame(
        {
            "first": first,
            "second": second,
            "Column": [short(one, 100) for one in first],
            "With": [short(one, 100) for one in second],
            "Real": real[rows, columns][order],
            "Synthetic": synthetic[rows, columns][order],
            "Difference": difference[order],
        }
    )
