"""Usefulness: what a model learns from synthetic rows beside what it learns from real ones."""

from __future__ import annotations

import streamlit as st

from core.dataset import Dataset
from core.figures.scales import Rate, rate_figure
from core.records import MetricResult, Report, Scope, Status
from pages.components import charts
from pages.components.frame import empty
from pages.components.numbers_view import NUMBERS, numbers_table
from pages.components.tiles import tiles
from pages.components.words import name, text

PAIRS = (("tstr_auc", "trtr_auc"), ("tstr_r2", "trtr_r2"))


def show_utility(dataset: Dataset, report: Report) -> None:
    """TSTR beside TRTR and what is kept; a sentence where it was not measured."""
    if dataset.target is None:
        empty(
            "No target chosen",
            "Usefulness is measured by predicting a column. Save the table as a dataset with a target on the Data "
            "page.",
            page="pages/data.py",
            label="Go to Data",
            icon=":material/target:",
        )
        return
    for tstr_name, trtr_name in PAIRS:
        tstr, trtr = report.find(tstr_name), report.find(trtr_name)
        if tstr is None or trtr is None:
            continue
        kept = report.find("utility_kept")
        if tstr.status is Status.MEASURED and trtr.status is Status.MEASURED:
            _beside(dataset, tstr, trtr)
        tiles([tstr, trtr, *([kept] if kept else [])], key="utility")
        _models(report)
        return
    st.info("Usefulness was not measured in this evaluation.", icon=":material/info:")


def _beside(dataset: Dataset, tstr: MetricResult, trtr: MetricResult) -> None:
    is_auc = tstr.metric.endswith("auc")
    measure = (
        "Area under the ROC curve (AUC), 0.5 is chance"
        if is_auc
        else "Variance explained (R2), 0 is no better than the mean"
    )
    rates = [
        Rate(label="Trained on real rows", value=trtr.value, low=trtr.low, high=trtr.high, role="real"),
        Rate(label="Trained on synthetic rows", value=tstr.value, low=tstr.low, high=tstr.high),
    ]
    with st.container(border=True, key="utility-card"):
        st.markdown(f"**Predicting {name(dataset.target or '')}** :gray[tested on control rows that neither has seen]")
        figure = rate_figure(
            rates, unit=f"{measure}; higher is better", colours=charts.colours(), as_percent=False, from_zero=False
        )
        alt = f"Trained on real rows {trtr.value:.3f}, trained on synthetic rows {tstr.value:.3f}"
        charts.show(figure, key="utility-rates", alt=alt)
        difference = trtr.value - tstr.value
        words = "less than" if difference > 0 else "more than"
        st.markdown(
            text(
                f"A model that learned from synthetic rows scores {abs(difference):.3f} {words} one that learned "
                f"from real rows."
            )
        )


def _models(report: Report) -> None:
    """Scores of other models in every setting, where the plan includes them."""
    results = [
        result
        for result in report.results
        if result.scope is Scope.MODEL and not result.metric.startswith("membership")
    ]
    if results:
        with st.expander("Other models and scores", icon=":material/table:"):
            st.dataframe(
                numbers_table(results)[["Metric", "Of", "Value", "Direction", "Unit", "Meaning"]],
                hide_index=True,
                key="models",
                column_config=NUMBERS,
                alt="Scores of every model in every setting",
            )


def show_levels(results: list[MetricResult]) -> None:
    """Rows drawn under conditions, judged against the real rows of their level."""
    for subject in dict.fromkeys(result.subject for result in results):
        st.markdown(
            f"**{name(subject[0])} = {name(subject[1])}** :gray[requested rows against real rows of this level]"
        )
        group = [result for result in results if result.subject == subject]
        tiles(group, key=f"level-{results.index(group[0])}")


def levels_of(report: Report) -> list[MetricResult]:
    """Results for requested levels."""
    return [result for result in report.results if result.scope is Scope.LEVEL]
