"""A number on its scale: the value with its interval between the anchors, and several rates above one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.figures.options import Option, hover, marks, option, upright
from core.figures.text import distinct, short
from core.figures.theme import LIGHT, Palette, translucent
from core.records import MetricResult

LINE_HEIGHT = 15
"""Pixels of one more line of anchor names."""

CHARACTER = 0.0205
"""Width of a letter of an anchor's name as a share of a tile's axis; names that would touch take another line."""

GAP = 2
"""Letters between two names on one line."""

FRESH = "fresh rows"
"""The anchor of privacy metrics: rows that owe nothing to single train rows."""

ELSEWHERE = frozenset(
    {"attack", "control", "baseline", "signed", "detectable", "detectable share of copied rows"}
    | {f"{name}{of}" for name in ("Dorig", "DiSCO", "repU", "CAP", "TCAP") for of in ("", " of control rows")}
)
"""Numbers kept among anchors that do not lie on the metric's own scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The same metric on a case whose answer is known.

    Parameters
    ----------
    name : str
    value : float
    low, high : float or None
        Where another table of that kind would lie.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One number with its interval, as a row of `rate_option`.

    Parameters
    ----------
    label : str
    value : float
    low, high : float or None
    role : str
        `synthetic`, `real` or `quiet`: which colour and marker.
    """

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    role: str = "synthetic"


def as_anchors(anchors: Mapping[str, float]) -> tuple[Anchor, ...]:
    """Anchors of a result that lie on its scale, from left to right.

    "x low" and "x high" are the interval of the anchor "x", and "chance low" and "chance high" that of fresh rows;
    what a test could have detected, and the rates behind a risk, are on other scales.
    """
    found = []
    for name, value in anchors.items():
        if name in ELSEWHERE or name.endswith((" low", " high")) or name.startswith("true positives"):
            continue
        band = "chance" if name == FRESH else name
        found.append(Anchor(name=name, value=value, low=anchors.get(f"{band} low"), high=anchors.get(f"{band} high")))
    return tuple(sorted(found, key=lambda one: one.value))


def metric_option(result: MetricResult, *, colours: Palette = LIGHT) -> tuple[Option, int]:
    """The value of a measured metric between its anchors, and the height of the chart in pixels.

    The filled dot is the value and the bar through it its interval; ticks with a name below are anchors, with a quiet
    bar where another such table would lie.

    Parameters
    ----------
    result : MetricResult with a value
    colours : Palette
    """
    low, high = axis_range(result)
    anchors = as_anchors(result.anchors)
    lines = _name_lines(anchors, low, high)
    series, names = [_bar(low, high, colours.grid, 4)], []
    for anchor, line in zip(anchors, lines, strict=True):
        if anchor.low is not None and anchor.high is not None:
            series.append(_bar(max(anchor.low, low), min(anchor.high, high), translucent(colours.muted, 0.35), 10))
        if line:  # from the tick down to its name
            quiet = translucent(colours.muted, 0.45)
            series.append(_stroke([[anchor.value, -9], [anchor.value, -13 - LINE_HEIGHT * line]], quiet, 1))
        series.append(_stroke([[anchor.value, -9], [anchor.value, 9]], colours.muted, 1.8))
        names.append(
            {
                "value": [anchor.value, -11 - LINE_HEIGHT * line],
                "name": f"{short(anchor.name, 34)} {anchor.value:.3f}",
                "label": {"align": _side(anchor.value, low, high)},
            }
        )
    if result.low is not None and result.high is not None:
        series.append(_bar(result.low, result.high, translucent(colours.synthetic, 0.45), 7))
    texts = {
        "show": True, "formatter": "{b}", "position": [0, 0], "verticalAlign": "top", "fontSize": 11,
        "color": colours.muted, "backgroundColor": colours.background, "lineHeight": LINE_HEIGHT,
    }  # fmt: skip
    series.append({"type": "scatter", "data": names, "symbolSize": 0, "silent": True, "label": texts, "z": 3})
    dot = {"color": colours.synthetic, "borderColor": colours.background, "borderWidth": 1.5, "opacity": 1}
    series.append(
        {
            "type": "scatter", "data": [{"value": [result.value, 0], "name": in_words(result)}], "symbolSize": 13,
            "itemStyle": dot, "z": 4, "clip": False,
        }
    )  # fmt: skip
    below = 34 + LINE_HEIGHT * max(lines, default=-1)
    pad = (high - low) * 0.03
    found = {
        "animation": False,
        "grid": {"left": 2, "right": 2, "top": 0, "bottom": 0, "outerBoundsMode": "none"},
        "xAxis": {"type": "value", "min": low - pad, "max": high + pad, "show": False},
        "yAxis": {"type": "value", "min": -below, "max": 16, "show": False},
        "tooltip": hover(colours, "{b}", trigger="item"),
        "legend": {"show": False},
        "series": series,
    }
    return found, below + 16


def axis_range(result: MetricResult) -> tuple[float, float]:
    """Bounds of the scale: 0 to 1 where points spread over it, else zoomed in on them."""
    points = [result.value, result.low, result.high]
    points += [end for one in as_anchors(result.anchors) for end in (one.value, one.low, one.high)]
    present = [point for point in points if point is not None]
    lowest, highest = min(present), max(present)
    span = highest - lowest
    if lowest >= 0 and highest <= 1 and span > 0.35:
        return 0.0, 1.0
    room = max(span * 0.35, 0.02)
    low, high = lowest - room, highest + room
    if lowest >= 0:
        low = max(low, 0.0)
    return low, (min(high, 1.0) if highest <= 1 else high)


def rate_option(
    rates: Sequence[Rate],
    *,
    unit: str,
    colours: Palette = LIGHT,
    as_percent: bool = True,
    from_zero: bool = True,
    guess: float | None = None,
) -> tuple[Option, int]:
    """Rates above one another on one axis, each a dot with its interval, and the height of the chart in pixels.

    Parameters
    ----------
    rates : sequence of Rate, drawn top to bottom
    unit : str
        Axis title, with direction.
    colours : Palette
    as_percent : bool
        Whether values are shares shown in percent.
    from_zero : bool
        Whether the axis begins at 0.
    guess : float, optional
        Where guessing lies: a dotted line.
    """
    scale, sign = (100, " %") if as_percent else (1, "")
    looks = {
        "synthetic": (colours.synthetic, "circle"),
        "real": (colours.real, "rect"),
        "quiet": (colours.muted, "diamond"),
    }
    series: list[Option] = []
    points = []
    for place, rate in enumerate(rates):
        colour, symbol = looks[rate.role]
        value = rate.value * scale
        interval = ""
        if rate.low is not None and rate.high is not None:
            ends = [rate.low * scale, rate.high * scale]
            interval = f" ({ends[0]:.3g} to {ends[1]:.3g})"
            series.append(
                _stroke([[end, place] for end in ends], colour, 2.2)
                | {"symbol": "rect", "symbolSize": [2, 12], "showSymbol": True, "itemStyle": {"color": colour}}
            )
        text = f"{value:.3g}{sign}"
        points.append(
            {
                "value": [value, place], "name": f"{text}{interval}", "symbol": symbol, "itemStyle": {"color": colour},
                "label": {"show": True, "position": "top", "formatter": text, "color": colour, "fontSize": 12},
            }
        )  # fmt: skip
    dots = {"type": "scatter", "symbolSize": 12, "z": 3, "clip": False, "itemStyle": {"opacity": 1}}
    series.append(dots | {"data": points})
    if guess is not None:
        series.append(marks([upright(guess * scale, colours.muted, width=1.5, dash="dotted")]))
    found = option(
        series, colours, x={"name": unit, "splitNumber": 6, "scale": not from_zero},
        y={"type": "category", "data": distinct([rate.label for rate in rates], 40), "inverse": True,
           "splitLine": {"show": False},
           "axisLabel": {"color": colours.text, "fontSize": 13, "interval": 0, "hideOverlap": False}},
    )  # fmt: skip
    return found | {"tooltip": hover(colours, "{b}", trigger="item")}, 70 + 46 * max(len(rates), 1)


def _bar(start: float, end: float, colour: str, width: float) -> Option:
    return _stroke([[start, 0], [end, 0]], colour, width)


def _stroke(points: list[list[float]], colour: str, width: float) -> Option:
    """A plain line through points."""
    return {
        "type": "line", "data": points, "symbol": "none", "silent": True, "clip": False,
        "lineStyle": {"color": colour, "width": width, "cap": "butt"},
    }  # fmt: skip


def _name_lines(anchors: Sequence[Anchor], low: float, high: float) -> list[int]:
    """For every anchor the first line on which its name does not run into another.

    Names to the right of their tick are placed from the right and those to its left from the left, so that the line
    from a tick down to its name seldom crosses another name.
    """
    places = [(anchor.value - low) / (high - low) for anchor in anchors]
    sides = [_side(anchor.value, low, high) for anchor in anchors]
    order = sorted(
        range(len(anchors)),
        key=lambda at: (sides[at] == "center", -places[at] if sides[at] == "left" else places[at]),
    )
    taken: list[list[tuple[float, float]]] = []
    out = [0] * len(anchors)
    for at in order:
        width = (min(len(anchors[at].name), 34) + 6 + GAP) * CHARACTER
        start = {"left": places[at], "right": places[at] - width, "center": places[at] - width / 2}[sides[at]]
        end = start + width
        free = (number for number, line in enumerate(taken) if all(end <= one or start >= other for one, other in line))
        out[at] = next(free, len(taken))
        if out[at] == len(taken):
            taken.append([])
        taken[out[at]].append((start, end))
    return out


def _side(value: float, low: float, high: float) -> str:
    place = (value - low) / (high - low)
    return "left" if place < 0.3 else "right" if place > 0.7 else "center"


def in_words(result: MetricResult) -> str:
    """The number, its interval and which way is better."""
    interval = ""
    if result.low is not None and result.high is not None:
        interval = f", {result.low:.3f} to {result.high:.3f}"
    return f"{result.value:.3f}{interval}; {result.direction}"


def describe_metric(result: MetricResult) -> str:
    """The number, its interval and its anchors as one sentence."""
    anchors = ", ".join(f"{one.name} {one.value:.3f}" for one in as_anchors(result.anchors))
    return f"{result.metric}: {in_words(result)}" + (f"; anchors: {anchors}." if anchors else ".")
