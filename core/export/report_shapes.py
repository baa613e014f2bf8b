"""What a report is made of: tiles, pictures, tables and sections, and how numbers are written in them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from core.figures.glossary import entry
from core.figures.scales import as_anchors, axis_range, in_words
from core.figures.static import save_figure
from core.records import MetricResult, Status, Verdict

_TONES = {Verdict.PASS: "pass", Verdict.CAUTION: "caution", Verdict.FAIL: "fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A metric as the template shows it; places are percent of the scale's width."""

    label: str
    value: float | None
    verdict: str
    tone: str
    rule: str
    interval: str
    direction: str
    anchors: str
    sentence: str
    words: str
    place: float = 0.0
    bar: tuple[float, float] | None = None
    marks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Metrics that were not measured for one reason."""

    labels: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An inlined chart and its caption; broad ones take the whole width."""

    svg: Markup
    caption: str
    broad: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table: cells are texts; `numbers` are the places of columns aligned to the right."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section."""

    id: str
    title: str
    sentence: str
    tiles: list[Tile] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    gallery: list[Picture] = field(default_factory=list)
    gallery_title: str = ""
    charts: list[Picture] = field(default_factory=list)
    tables: list[Listing] = field(default_factory=list)


def tile(result: MetricResult) -> Tile:
    """A result as the template shows it."""
    measured = result.status is Status.MEASURED
    low, high = axis_range(result) if measured else (0.0, 1.0)

    def place(value: float) -> float:
        return round(min(100.0, max(0.0, 100 * (value - low) / ((high - low) or 1.0))), 2)

    anchors = as_anchors(result.anchors) if measured else ()
    bar = None
    if measured and result.low is not None and result.high is not None:
        bar = (place(result.low), round(place(result.high) - place(result.low), 2))
    interval = "" if result.low is None or result.high is None else f"{result.low:.3f} to {result.high:.3f} (95 %)"
    return Tile(
        label=entry(result.metric).label,
        value=result.value,
        verdict=str(result.verdict).capitalize() if result.rule or not measured else "No threshold",
        tone=_TONES.get(result.verdict, "none"),
        rule=result.rule,
        interval=interval,
        direction=str(result.direction),
        anchors=", ".join(f"{one.name} {one.value:.3f}" for one in anchors),
        sentence=result.explanation,
        words=in_words(result) if measured else "",
        place=place(result.value) if measured else 0.0,
        bar=bar,
        marks=tuple(place(one.value) for one in anchors),
    )


def gaps(tiles: Iterable[Tile]) -> list[Gap]:
    """Metrics without a number, those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for one in tiles:
        if one.value is None:
            reasons.setdefault(one.sentence, []).append(one.label)
    return [Gap(labels=", ".join(labels), reason=reason) for reason, labels in reasons.items()]


def svg(figure: Any) -> Markup:
    """A figure as SVG to put into a page: without XML head, with text kept as text."""
    buffer = io.BytesIO()
    save_figure(figure, buffer, kind="svg", outlines=False)
    text = buffer.getvalue().decode()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    # matplotlib escapes every text that it writes; what comes out is markup of its own making
    return Markup(text)


def listing(
    title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, text: int = 1, long: bool = False
) -> Listing:
    """A table whose first `text` columns are texts and the others numbers."""
    found = [tuple(str(cell) for cell in row) for row in rows]
    return Listing(title=title, head=tuple(head), rows=found, numbers=frozenset(range(text, len(head))), long=long)


def cell(result: MetricResult | None) -> str:
    """A number in three digits; a dash where there is none."""
    return "–" if result is None or result.value is None else f"{result.value:.3g}"


def share(value: float | None) -> str:
    """A share in percent."""
    return "–" if value is None else f"{100 * value:.1f} %"


def interval(result: MetricResult, *, percent: bool = False) -> str:
    """The ends of an interval."""
    if result.low is None or result.high is None:
        return "–"
    return f"{share(result.low)} to {share(result.high)}" if percent else f"{result.low:.3f} to {result.high:.3f}"


def span(result: MetricResult | None) -> str:
    """A number with its interval, in one cell."""
    if result is None or result.value is None:
        return "–"
    ends = "" if result.low is None or result.high is None else f" ({result.low:.3f} to {result.high:.3f})"
    return f"{result.value:.3f}{ends}"


def plain(value: Any) -> str:
    """A setting as a text."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {plain(one)}" for name, one in value.items())
    return ", ".join(plain(one) for one in value) if isinstance(value, (list, tuple)) else str(value)
