"""A metric as a tile: the number, how sure it is, which way is better, its scale, and what it means in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.figures.scales import describe_metric, metric_figure
from core.records import Direction, MetricResult, Status, Verdict
from pages.components import charts
from pages.components.glossary import entry
from pages.components.words import text

VERDICTS = {
    Verdict.PASS: ("Pass", ":material/check_circle:", "green"),
    Verdict.CAUTION: ("Caution", ":material/warning:", "orange"),
    Verdict.FAIL: ("Fail", ":material/cancel:", "red"),
}
ARROWS = {
    Direction.HIGHER: "↑ higher is better",
    Direction.LOWER: "↓ lower is better",
    Direction.TARGET: "→ closer to its anchor is better",
}


def tiles(results: Sequence[MetricResult], *, key: str, per_row: int = 3) -> None:
    """Metrics beside one another, those without a number last in their row order."""
    for start in range(0, len(results), per_row):
        row = results[start : start + per_row]
        for place, (column, result) in enumerate(zip(st.columns(per_row), row, strict=False)):
            with column:
                tile(result, key=f"{key}-{start + place}")


def tile(result: MetricResult, *, key: str) -> None:
    """One metric."""
    word = entry(result.metric)
    with st.container(border=True, height="stretch", key=f"tile-{key}"):
        if result.status is not Status.MEASURED:
            st.metric(word.label, "Not measured", help=word.help)
            st.markdown(f":gray[{text(result.explanation)}]")
            return
        st.metric(word.label, f"{result.value:.3f}", help=word.help)
        if result.verdict in VERDICTS:
            name, icon, colour = VERDICTS[result.verdict]
            st.badge(name, icon=icon, color=colour, help=text(result.rule) or None)
        st.caption(f"{_interval(result)}{ARROWS[result.direction]}{f' · {text(result.unit)}' if result.unit else ''}")
        charts.show(
            metric_figure(result, colours=charts.colours()), key=f"scale-{key}", alt=describe_metric(result), still=True
        )
        st.markdown(text(result.explanation))


def _interval(result: MetricResult) -> str:
    if result.low is None or result.high is None:
        return ""
    return f"**{result.low:.3f} to {result.high:.3f}** ({text(result.interval)}) · "
