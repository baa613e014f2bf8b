"""Usefulness: what models learn from synthetic rows beside what they learn from real ones."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures.behind import rate_numbers
from core.figures.scales import Rate, rate_option
from core.records import MetricResult, Report, Scope, Status
from pages.components import charts
from pages.components.frame import empty
from pages.components.numbers_view import NUMBERS, numbers_table
from pages.components.saving import save_menu
from pages.components.tiles import tiles
from pages.components.words import name, short, text

PAIRS = (("tstr_auc", "trtr_auc", "trts_auc"), ("tstr_r2", "trtr_r2", "trts_r2"))
GAPS = {
    "parity_gap": ("Demographic parity gap", "difference between groups in how often the model says the class"),
    "opportunity_gap": ("Equal opportunity gap", "the same among rows that truly are of the class"),
}


def show_utility(target: str | None, report: Report, *, from_dataset: bool = True) -> None:
    """TSTR beside TRTR, what is kept, models, importance, extremes and groups; a sentence where it was not measured."""
    if target is None:
        _without_target(from_dataset)
        return
    for names in PAIRS:
        tstr, trtr, trts = (report.find(one) for one in names)
        if tstr is None or trtr is None:
            continue
        if tstr.status is Status.MEASURED and trtr.status is Status.MEASURED:
            _beside(target, tstr, trtr)
        # the page's own tiles show the other two
        tiles([one for one in (trtr, trts) if one is not None], key="utility")
        _models(report)
        _importance(report)
        _stress(report)
        _groups(report)
        _further(report)
        _all_scores(report)
        return
    st.info("Usefulness was not measured in this evaluation.", icon=":material/info:")


def _without_target(from_dataset: bool) -> None:
    if from_dataset:
        empty(
            "No target chosen",
            "Usefulness is measured by predicting a column. Save the table as a dataset with a target on the Data "
            "page.",
            page="pages/data.py",
            label="Go to Data",
            icon=":material/target:",
        )
    else:
        st.info("Usefulness is measured by predicting a column: judge these tables again with a target.")


def _beside(target: str, tstr: MetricResult, trtr: MetricResult) -> None:
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
    difference = trtr.value - tstr.value
    words = "less than" if difference > 0 else "more than"
    rates_card(
        f"**Predicting {name(target)}** :gray[tested on control rows that neither has seen]",
        rates,
        f"{measure}; higher is better",
        key="utility",
        below=f"A model that learned from synthetic rows scores {abs(difference):.3f} {words} one that learned from "
        "real rows.",
    )


def rates_card(title: str, rates: Sequence[Rate], unit: str, *, key: str, below: str = "", zero: bool = False) -> None:
    """A card with rates above one another and the ways to save them."""
    with st.container(border=True, key=f"{key}-card"):
        st.markdown(title)
        option, height = rate_option(rates, unit=unit, colours=charts.colours(), as_percent=False, from_zero=zero)
        alt = ", ".join(f"{one.label} {one.value:.3f}" for one in rates)
        charts.show_option(option, key=f"{key}-rates", alt=alt, height=height)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(text(below))
            save_menu(key, key=f"{key}-save", picture=lambda: _still(rates, unit), numbers=lambda: rate_numbers(rates))


def _still(rates: Sequence[Rate], unit: str):
    from core.figures.static_pairs import rate_picture

    return rate_picture(rates, unit)


def _of_models(report: Report, metric: str) -> list[MetricResult]:
    return [
        one
        for one in report.results
        if one.scope is Scope.MODEL and one.metric == metric and one.status is Status.MEASURED
    ]


def _models(report: Report) -> None:
    """The share that each kind of model keeps."""
    kept = _of_models(report, "utility_kept")
    if not kept:
        return
    rates = [Rate(label=one.subject[0].capitalize(), value=one.value, low=one.low, high=one.high) for one in kept]
    agreement = _of_models(report, "model_rank_agreement")
    below = f"Agreement of the models' order (Kendall's tau): {agreement[0].value:.2f}." if agreement else ""
    rates_card(
        "**Utility kept by each kind of model** :gray[trained on at most 10,000 rows; 1 is what real rows give]",
        rates,
        "Share of the gain over chance that is kept; higher is better",
        key="models-kept",
        below=below,
    )


def _importance(report: Report) -> None:
    """Importance of columns under both trainings."""
    tables = {setting: _of_models(report, f"{setting}_importance") for setting in ("trtr", "tstr")}
    if not all(tables.values()):
        return
    real = {one.subject[1]: one.value for one in tables["trtr"]}
    synthetic = {one.subject[1]: one.value for one in tables["tstr"]}
    order = sorted(real, key=lambda one: -real[one])
    agreement = _of_models(report, "importance_agreement")
    words = f" Agreement of ranks (Spearman): {agreement[0].value:.2f}; 1 means the same order." if agreement else ""
    with st.expander("Which columns matter for the prediction", icon=":material/format_list_numbered:"):
        st.caption(
            f"How much the score falls when a column of the control rows is scrambled, by what the model learned "
            f"from.{words}"
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "Column": [short(one, 100) for one in order],
                    "Learned from real rows": [real[one] for one in order],
                    "Learned from synthetic rows": [synthetic.get(one) for one in order],
                }
            ),
            hide_index=True,
            key="importance",
            column_config={
                one: st.column_config.NumberColumn(format="%.4f")
                for one in ("Learned from real rows", "Learned from synthetic rows")
            },
            alt="Importance of every column for both models",
        )


def _stress(report: Report) -> None:
    """Extreme rows apart from the rest."""
    found = {(one.metric, one.subject[1]): one for one in report.results if one.metric.startswith("stress_")}
    if not found:
        return
    roles = {"stress_trtr": ("real", "real"), "stress_tstr": ("synthetic", "synthetic")}
    rates = [
        Rate(
            label=f"{'Extreme' if kind.startswith('extreme') else 'Other'} rows, learned from {roles[metric][1]}",
            value=one.value,
            low=one.low,
            high=one.high,
            role=roles[metric][0],
        )
        for (metric, kind), one in sorted(found.items(), key=lambda item: (item[0][1], item[0][0]), reverse=True)
    ]
    unit = next(iter(found.values())).unit
    rates_card(
        "**Rare and extreme cases** :gray[numbers outside the 1st to 99th percentile, or levels rarer than 1 %]",
        rates,
        f"{unit}; higher is better",
        key="stress",
        below="Generators lose such rows first: compare the two models on them.",
    )


def _groups(report: Report) -> None:
    """Gaps between groups of sensitive columns, on real and on synthetic rows."""
    columns = list(
        dict.fromkeys(
            one.subject[1] for gap in GAPS for one in _of_models(report, f"tstr_{gap}") if len(one.subject) == 2
        )
    )
    for place, column in enumerate(columns):
        with st.container(border=True, key=f"groups-card-{place}"):
            st.markdown(f"**Groups of {name(column)}** :gray[0 means that groups are treated alike]")
            for gap, (title, words) in GAPS.items():
                pair = [
                    next((one for one in _of_models(report, f"{setting}_{gap}") if one.subject[1] == column), None)
                    for setting in ("trtr", "tstr")
                ]
                if all(pair):
                    st.markdown(f"{title}: {_verdict(*pair)} :gray[{words}]")
            labels = [
                next((one for one in _of_models(report, f"{table}_label_gap") if one.subject[1] == column), None)
                for table in ("real", "synthetic")
            ]
            if all(labels):
                st.markdown(
                    f"In the tables themselves: {labels[0].value:.3f} real, {labels[1].value:.3f} synthetic "
                    ":gray[difference between groups in how many rows are of the class]"
                )
            _group_table(report, column, place)


def _verdict(real: MetricResult, synthetic: MetricResult) -> str:
    """Whether a gap is inherited, made or lessened, with both numbers."""
    numbers = " against ".join(
        f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" if one.low is not None else f"{one.value:.3f}"
        for one in (synthetic, real)
    )
    if None in (real.low, real.high, synthetic.low, synthetic.high):
        word = "compare the two"
    elif synthetic.low > real.high:
        word = "**made larger by the generator**"
    elif synthetic.high < real.low:
        word = "**smaller than in real rows**"
    else:
        word = "**as in real rows**, within the intervals"
    return f"{numbers}, learned from synthetic against real rows: {word}."


def _group_table(report: Report, column: str, place: int) -> None:
    wanted = {
        "selection_rate": "Says the class",
        "true_positive_rate": "Finds the class",
        "group_auc": "AUC",
    }
    rows: dict[str, dict[str, float]] = {}
    for metric, label in wanted.items():
        for setting, of in (("trtr", "real"), ("tstr", "synthetic")):
            for one in _of_models(report, f"{setting}_{metric}"):
                if one.subject[1] == column:
                    rows.setdefault(one.subject[2], {})[f"{label}, {of}"] = one.value
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.insert(0, "Group", [short(one, 60) for one in frame.index])
    st.dataframe(
        frame,
        hide_index=True,
        key=f"groups-{place}",
        column_config={one: st.column_config.NumberColumn(format="%.3f") for one in frame.columns[1:]},
        alt="Results of every group, learned from real and from synthetic rows",
    )


def _further(report: Report) -> None:
    """Further targets."""
    found: dict[str, dict[str, MetricResult]] = {}
    for one in report.results:
        if one.scope is Scope.COLUMN and one.metric.startswith(("tstr_", "trtr_", "utility_kept")):
            found.setdefault(one.subject[0], {})[one.metric.partition("_")[0]] = one
    if not found:
        return
    st.markdown("**Further targets**")
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Target": short(target, 80),
                    "Learned from synthetic": each["tstr"].value if "tstr" in each else None,
                    "Learned from real": each["trtr"].value if "trtr" in each else None,
                    "Utility kept": each["utility"].value if "utility" in each else None,
                    "Measure": each["tstr"].unit if "tstr" in each else short(each["utility"].explanation, 120),
                }
                for target, each in found.items()
            ]
        ),
        hide_index=True,
        key="further-targets",
        column_config={
            one: st.column_config.NumberColumn(format="%.3f")
            for one in ("Learned from synthetic", "Learned from real", "Utility kept")
        },
        alt="Scores of further targets",
    )


def _all_scores(report: Report) -> None:
    """Scores of every model in every setting, where the plan includes them."""
    results = [
        result
        for result in report.results
        if result.scope is Scope.MODEL
        and result.metric.startswith(("tstr_", "trtr_", "trts_", "augmented_"))
        and not result.metric.endswith("importance")
    ]
    if results:
        with st.expander("Every model and score", icon=":material/table:"):
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
    return [
        result for result in report.results if result.scope is Scope.LEVEL and result.metric.startswith("conditioned_")
    ]
