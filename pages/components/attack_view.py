"""Attacks: how often claims are right about train rows, about control rows, and by guessing."""

from __future__ import annotations

import streamlit as st

from core.figures.scales import Rate, rate_figure
from core.records import MetricResult, Report, Scope, Status
from pages.components import charts
from pages.components.glossary import entry
from pages.components.words import text

SHOWN = ("attack", "control", "baseline")


def show_attacks(report: Report) -> None:
    """Every attack of the report with its three rates."""
    attacks = [
        result
        for result in report.results
        if result.scope is Scope.TABLE and result.status is Status.MEASURED and set(SHOWN) <= set(result.anchors)
    ]
    for place, result in enumerate(attacks):
        _attack(result, place)


def _attack(result: MetricResult, place: int) -> None:
    anchors = result.anchors
    rates = [
        Rate(label="Attack: claims about train rows", value=anchors["attack"]),
        Rate(label="Control: the same about control rows", value=anchors["control"], role="real"),
        Rate(label="Baseline: guesses without the rows", value=anchors["baseline"], role="quiet"),
    ]
    with st.container(border=True, key=f"attack-card-{place}"):
        word = entry(result.metric)
        st.markdown(f"**{word.label}** :gray[{word.question}]")
        alt = ", ".join(f"{name} {anchors[name]:.1%}" for name in SHOWN)
        figure = rate_figure(rates, unit="Claims that are right (%); lower is better", colours=charts.colours())
        charts.show(figure, key=f"attack-{place}", alt=f"{word.label}: {alt}")
        st.markdown(text(sentence(result)))


def sentence(result: MetricResult) -> str:
    """What the three rates say together, without ever calling anything safe."""
    anchors = result.anchors
    gain = anchors["attack"] - anchors["control"]
    if anchors["baseline"] >= anchors["attack"]:
        return (
            "Guessing without the synthetic rows does as well as this attack, so it is too weak to say "
            "anything about these rows."
        )
    if result.low is not None and result.low > 0:
        return (
            f"Claims are right about train rows {100 * gain:.1f} percentage points more often than about control "
            f"rows, more than "
            "chance explains: the rows give something away about the people in the train rows."
        )
    seen = (
        f", and a residual risk of {100 * anchors['detectable']:.1f} % would have shown"
        if "detectable" in anchors
        else ""
    )
    return f"Claims are about as often right for control rows as for train rows: this attack found no leak{seen}."
