"""Whole rows: the view along two directions, the numbers of the whole table, and the rules between columns."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.figures.behind import projection_numbers
from core.figures.joint import describe_projection, projection_figure
from core.pictures import ProjectionPicture
from core.records import Report, Scope, Status
from pages.components import charts
from pages.components.saving import save_menu
from pages.components.tiles import tiles
from pages.components.words import short, text

METRICS = (
    "alpha_precision",
    "beta_recall",
    "three_way_marginals",
    "mahalanobis_distance",
    "atypical_rows",
    "constraint_satisfaction",
)


def show_whole(report: Report) -> None:
    """Everything about rows as a whole."""
    if report.projections:
        _projection(report.projections[0])
    tiles([found for name in METRICS if (found := report.find(name)) is not None], key="whole")
    _rules(report)


def _projection(picture: ProjectionPicture) -> None:
    with st.container(border=True, key="projection-card"):
        st.markdown(
            "**Rows seen along two directions** :gray[real rows as blue shading, synthetic rows as orange lines: they "
            "should lie on each other]"
        )
        figure = projection_figure(picture, colours=charts.colours())
        charts.show(figure, key="projection", alt=describe_projection(picture))
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.caption(f"{text(picture.label)}. {text(describe_projection(picture))}")
            save_menu(
                "whole rows",
                key="projection-save",
                picture=lambda: _still(picture),
                numbers=lambda: projection_numbers(picture),
            )


def _still(picture: ProjectionPicture):
    from core.figures.static_pairs import projection_picture

    return projection_picture(picture)


def _rule(explanation: str) -> str:
    """The rule alone out of the sentence about it."""
    return explanation.partition("in which ")[2].rpartition(", as in every")[0] or explanation


def _rules(report: Report) -> None:
    rules = [
        one
        for one in report.results
        if one.metric == "rule_obeyed" and one.scope is Scope.PAIR and one.status is Status.MEASURED
    ]
    if not rules:
        return
    rules.sort(key=lambda one: one.value)
    st.markdown("**Rules that every train row obeys** :gray[found in the train rows, those most often broken first]")
    st.dataframe(
        pd.DataFrame(
            {
                "Rule": [short(_rule(one.explanation), 200) for one in rules],
                "Synthetic": [one.value for one in rules],
                "Control": [one.anchors.get("control rows") for one in rules],
                "By chance": [one.anchors.get("independent columns") for one in rules],
                "Rows that break it": [one.counts.get("rows that break it", 0) for one in rules],
            }
        ),
        hide_index=True,
        key="rules",
        column_config={
            name: st.column_config.NumberColumn(format="percent") for name in ("Synthetic", "Control", "By chance")
        },
        alt="Share of rows that obey each rule",
    )
