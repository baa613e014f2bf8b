"""A metric as a tile: the number, how sure it is, which way is better, its scale, and what it means in one sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from core.figures.behind import scale_numbers
from core.figures.glossary import entry
from core.figures.scales import describe_metric, metric_option
from core.records import Direction, MetricResult, Status, Verdict
from pages.components import charts
from pages.components.saving import save_buttons
from pages.components.words import duration, text, thousands

VERDICTS = {
    Verdict.PASS: ("Pass", ":material/check_circle:", "green"),
    Verdict.CAUTION: ("Caution", ":material/warning:", "orange"),
    Verdict.FAIL: ("Fail", ":material/cancel:", "red"),
    Verdict.TOO_WEAK: ("Too weak to say", ":material/help:", "gray"),
}
ARROWS = {
    Direction.HIGHER: "↑ higher is better",
    Direction.LOWER: "↓ lower is better",
    Direction.TARGET: "→ closer to its anchor is better",
}
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def tiles(results: Sequence[MetricResult], *, key: str, per_row: int = 3, details: bool = True) -> None:
    """Metrics beside one another, in the order given."""
    with st.grid(per_row, min_column_width=240):
        for place, result in enumerate(results):
            tile(result, key=f"{key}-{place}", details=details)


def tile(result: MetricResult, *, key: str, details: bool = True) -> None:
    """One metric, with or without the menu that tells everything about it."""
    word = entry(result.metric)
    first, rest = split_sentences(result.explanation)
    with st.container(border=True, height="stretch", key=f"tile-{key}"):
        if result.status is not Status.MEASURED:
            st.metric(word.label, "Not measured", help=word.help)
            st.markdown(f":gray[{text(result.explanation)}]")
            return
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="top"):
            st.metric(word.label, f"{result.value:.3f}", help=word.help, width="content")
            _badge(result)
        st.caption(" · ".join(part for part in (_interval(result), ARROWS[result.direction]) if part))
        option, height = metric_option(result, colours=charts.colours())
        charts.show_option(option, key=f"scale-{key}", alt=describe_metric(result), height=height)
        st.markdown(text(first))
        if details:
            with st.popover("Details", icon=":material/info:", type="tertiary"):
                _details(result, rest, key)


def split_sentences(explanation: str) -> tuple[str, str]:
    """The first sentence of an explanation, and the rest of it.

    >>> split_sentences("Half of 3.5 match. The rest does not.")
    ('Half of 3.5 match.', 'The rest does not.')
    """
    first, *rest = _SENTENCE_END.split(explanation, maxsplit=1)
    return first, rest[0] if rest else ""


def _badge(result: MetricResult) -> None:
    if result.verdict in VERDICTS:
        name, icon, colour = VERDICTS[result.verdict]
        st.badge(name, icon=icon, color=colour, help=text(result.rule) or None)


def _interval(result: MetricResult) -> str:
    if result.low is None or result.high is None:
        return ""
    return f"{result.low:.3f} to {result.high:.3f} (95 %)"


def _details(result: MetricResult, rest: str, key: str) -> None:
    word = entry(result.metric)
    for line in (word.question, word.reading):
        if line:
            st.markdown(line)
    if rest:
        st.markdown(text(rest))
    facts = {"Unit": result.unit, "Interval": result.interval, "Rule": result.rule}
    facts |= {name.capitalize(): thousands(value) for name, value in result.counts.items()}
    facts |= {f"Anchor: {name}": f"{value:.4g}" for name, value in result.anchors.items()}
    facts |= {"Synthetic rows": thousands(result.n_rows), "Took": duration(result.seconds)}
    lines = [f"- {text(name)}: {text(value)}" for name, value in facts.items() if value]
    st.caption("\n".join(lines))
    if word.source:
        st.caption(f"Source: {word.source}")
    save_buttons(word.label, key=f"save-{key}", picture=lambda: _still(result), numbers=lambda: scale_numbers(result))


def _still(result: MetricResult):
    from core.figures.static_pairs import scale_picture

    return scale_picture(result, entry(result.metric).label)
