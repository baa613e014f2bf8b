"""Attacks: how often claims are right about train rows, about control rows, and by guessing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures.glossary import entry
from core.figures.knowledge import Knowledge, describe_knowledge, knowledge_figure, knowledge_of
from core.figures.scales import Rate, rate_option
from core.records import MetricResult, Report, Scope, Status
from core.workbench import privacy
from pages.components import charts
from pages.components.tiles import tiles
from pages.components.words import short, text

RATES = {
    "attack": ("Attack on train rows", "synthetic"),
    "control": ("The same on control rows", "real"),
    "baseline": ("Guessing without the rows", "quiet"),
}
MOST = 15
INSIDERS = ("critic, white box", "shadow models")
"""Attacks of somebody who holds more than rows."""


def show_attacks(report: Report) -> None:
    """All attacks on one scale, then each with its three rates; a sentence for those that were not measured."""
    attacks = [result for result in report.results if result.scope is Scope.TABLE and _is_attack(result)]
    if not attacks:
        st.info("No attack was measured in this evaluation.", icon=":material/info:")
        return
    if len(attacks) > 1:
        _overview(attacks)
    for place, result in enumerate(attacks):
        _attack(result, place)
    _knowledge(report)


def show_membership(report: Report, results: Sequence[MetricResult]) -> None:
    """Membership inference: every attack on one scale, those of attackers who hold more, and rows that stand out."""
    measured = [one for one in report.results if one.metric == "membership_auc" and one.status is Status.MEASURED]
    models = sorted((one for one in measured if one.scope is Scope.MODEL), key=lambda one: -one.value)
    cards = (
        (
            "membership",
            "Who was among the train rows?",
            "attackers who hold the synthetic rows and rows of the same population; 0.5 is guessing",
            [one for one in models if one.subject[0] not in INSIDERS],
        ),
        (
            "insiders",
            "And with the model, or models like it?",
            "the trained critic, and generators that the attacker trains himself; no part of the maximum",
            [one for one in models if one.subject[0] in INSIDERS],
        ),
        (
            "groups",
            "Rows that stand out, on their own",
            "the strongest attack among them; a mean over all rows can hide them",
            [one for one in measured if one.scope is Scope.LEVEL],
        ),
    )
    for key, title, what, found in cards:
        if found:
            _areas(key, title, what, found[:MOST])
    reasons = [one for one in report.results if one.metric == "membership_auc" and one.scope is Scope.LEVEL]
    for one in reasons:
        if one.status is not Status.MEASURED:
            st.caption(f"{text(', '.join(one.subject)).capitalize()}: {text(one.explanation)}")
    tiles(results, key="membership")


def _areas(key: str, title: str, what: str, found: Sequence[MetricResult]) -> None:
    rates = [Rate(label=", ".join(one.subject), value=one.value, low=one.low, high=one.high) for one in found]
    with st.container(border=True, key=f"{key}-card"):
        st.markdown(f"**{title}** :gray[{what}]")
        option, height = rate_option(
            rates, unit="AUC; lower is better", colours=charts.colours(), as_percent=False, from_zero=False, guess=0.5
        )
        alt = ", ".join(f"{rate.label} {rate.value:.3f}" for rate in rates)
        charts.show_option(option, key=f"{key}-rates", alt=alt, height=height)


def _is_attack(result: MetricResult) -> bool:
    return result.status is Status.MEASURED and set(RATES) <= set(result.anchors)


def _overview(attacks: Sequence[MetricResult]) -> None:
    rates = [Rate(label=entry(one.metric).label, value=one.value, low=one.low, high=one.high) for one in attacks]
    with st.container(border=True, key="risk-card"):
        st.markdown("**Residual risk** :gray[what an attack gains on train rows over control rows, 0 to 100 %]")
        option, height = rate_option(rates, unit="Residual risk (%); lower is better", colours=charts.colours())
        alt = ", ".join(f"{rate.label} {rate.value:.1%}" for rate in rates)
        charts.show_option(option, key="risks", alt=f"Residual risks: {alt}", height=height)


def _attack(result: MetricResult, place: int) -> None:
    anchors = result.anchors
    rates = []
    for name, (label, role) in RATES.items():
        low, high = privacy.rate_interval(result, name)
        rates.append(Rate(label=label, value=anchors[name], low=low, high=high, role=role))
    with st.container(border=True, key=f"attack-card-{place}"):
        word = entry(result.metric)
        st.markdown(f"**{word.label}** :gray[{word.question}]")
        alt = ", ".join(f"{name} {anchors[name]:.1%}" for name in RATES)
        option, height = rate_option(rates, unit="Right claims (%); lower is better", colours=charts.colours())
        charts.show_option(option, key=f"attack-{place}", alt=f"{word.label}: {alt}", height=height)
        st.markdown(text(sentence(result)))


def _knowledge(report: Report) -> None:
    """Inference of every secret by what the attacker knows."""
    matrix = knowledge_of(report.results)
    if not matrix.secrets:
        return
    with st.container(border=True, key="knowledge-card"):
        st.markdown(
            "**What he knows, and what he learns** :gray[residual risk of inference in %, by secret and known columns; "
            "lower is better]"
        )
        figure = knowledge_figure(matrix, colours=charts.colours())
        charts.show(figure, key="knowledge", alt=describe_knowledge(matrix))
        st.caption(
            f"{text(describe_knowledge(matrix))} Intervals, on hovering and below, are of each cell alone: the largest "
            "of many cells is partly chance."
        )
        with st.expander("Every cell with its interval", icon=":material/table:"):
            st.dataframe(
                knowledge_table(matrix),
                hide_index=True,
                key="knowledge-table",
                column_config={
                    column: st.column_config.NumberColumn(format="percent") for column in ("Risk", "Low", "High")
                },
                alt="Residual risk of inference for every secret and set of known columns, with intervals",
            )


def knowledge_table(matrix: Knowledge) -> pd.DataFrame:
    """A row per secret and set of known columns, the largest risk first."""
    found = sorted(matrix.cells.items(), key=lambda item: -item[1].value)
    return pd.DataFrame(
        {
            "Secret": [short(secret, 60) for (secret, _), _ in found],
            "Known": [known for (_, known), _ in found],
            "Columns": [", ".join(short(one, 30) for one in result.subject[1:]) for _, result in found],
            "Risk": [result.value for _, result in found],
            "Low": [result.low for _, result in found],
            "High": [result.high for _, result in found],
        }
    )


def sentence(result: MetricResult) -> str:
    """What the three rates say together, without ever calling anything harmless."""
    anchors = result.anchors
    gain = anchors["attack"] - anchors["control"]
    if result.low is not None and result.low > 0:
        return (
            f"Claims are right about train rows {100 * gain:.1f} percentage points more often than about control "
            "rows, more than chance explains: the rows give something away about the people in the train rows."
        )
    if anchors["baseline"] >= anchors["attack"]:
        return (
            "Guessing without the synthetic rows does as well as this attack, so it is too weak to say anything "
            "about these rows."
        )
    seen = ""
    if "detectable" in anchors:
        seen = f"; a residual risk of {100 * anchors['detectable']:.1f} % would have shown, four times in five"
    return f"Claims are about as often right for control rows as for train rows: this attack found no leak{seen}."
