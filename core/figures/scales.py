"""A number on its scale: the value with its interval between the anchors, and several rates above one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from core.figures.text import label, plain
from core.figures.theme import LIGHT, Palette, drawn, styled, translucent
from core.records import MetricResult

SCALE_HEIGHT = 74
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
    """One number with its interval, as a row of `rate_figure`.

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


def metric_figure(result: MetricResult, *, colours: Palette = LIGHT) -> go.Figure:
    """The value of a measured metric between its anchors.

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
    shapes, names = [_bar(low, high, colours.grid, 4)], []
    for anchor, line in zip(anchors, lines, strict=True):
        if anchor.low is not None and anchor.high is not None:
            shapes.append(_bar(max(anchor.low, low), min(anchor.high, high), translucent(colours.muted, 0.35), 10))
        tick = {"x0": anchor.value, "x1": anchor.value, "y0": -9, "y1": 9}
        shapes.append({"type": "line", **tick, "line": {"color": colours.muted, "width": 1.8}})
        if line:  # from the tick down to its name
            leader = {"x0": anchor.value, "x1": anchor.value, "y0": -9, "y1": -13 - LINE_HEIGHT * line}
            quiet = {"color": translucent(colours.muted, 0.45), "width": 1}
            shapes.append({"type": "line", **leader, "line": quiet, "layer": "below"})
        names.append(
            {
                "x": anchor.value,
                "y": -11 - LINE_HEIGHT * line,
                "text": f"{label(anchor.name, 34)} {anchor.value:.3f}",
                "showarrow": False,
                "yanchor": "top",
                "xanchor": _side(anchor.value, low, high),
                "font": {"size": 11, "color": colours.muted},
                "bgcolor": colours.background,
                "borderpad": 0,
            }
        )
    if result.low is not None and result.high is not None:
        shapes.append(_bar(result.low, result.high, translucent(colours.synthetic, 0.45), 7))
    dot = {
        "type": "scatter",
        "x": [result.value],
        "y": [0],
        "mode": "markers",
        "marker": {"size": 13, "color": colours.synthetic, "line": {"color": colours.background, "width": 1.5}},
        "hovertemplate": f"{plain(in_words(result))}<extra></extra>",
        "showlegend": False,
    }
    below = 34 + LINE_HEIGHT * max(lines, default=-1)
    pad = (high - low) * 0.03
    layout = {
        "shapes": shapes,
        "annotations": names,
        "margin": {"l": 2, "r": 2, "t": 0, "b": 0, "autoexpand": False},
        "hoverlabel": {"font": {"size": 11}},
        "xaxis": {"range": [low - pad, high + pad], "visible": False},
        "yaxis": {"range": [-below, 16], "visible": False},
    }
    return drawn([dot], layout, colours, height=below + 16, legend=False)


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


def rate_figure(
    rates: Sequence[Rate], *, unit: str, colours: Palette = LIGHT, as_percent: bool = True, from_zero: bool = True
) -> go.Figure:
    """Rates above one another on one axis, each a dot with its interval: attack beside baseline beside control.

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
    """
    scale = 100 if as_percent else 1
    looks = {
        "synthetic": (colours.synthetic, "circle"),
        "real": (colours.real, "square"),
        "quiet": (colours.muted, "diamond"),
    }
    figure = go.Figure()
    for rate in rates:
        colour, symbol = looks[rate.role]
        low = rate.value if rate.low is None else rate.low
        high = rate.value if rate.high is None else rate.high
        interval = f" ({low * scale:.3g} to {high * scale:.3g})" if rate.low is not None else ""
        figure.add_scatter(
            x=[rate.value * scale],
            y=[label(rate.label, 40)],
            mode="markers+text",
            text=[f"{rate.value * scale:.3g}" + (" %" if as_percent else "")],
            textposition="top center",
            textfont={"color": colour, "size": 12},
            marker={"color": colour, "symbol": symbol, "size": 12},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(high - rate.value) * scale],
                "arrayminus": [(rate.value - low) * scale],
                "color": colour,
                "thickness": 2.2,
                "width": 6,
            },
            hovertemplate=f"%{{x:.3g}}{interval}<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        )
    styled(figure, colours, height=70 + 46 * max(len(rates), 1), legend=False)
    figure.update_layout(margin={"t": 16, "r": 24})
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, ticksuffix="  ")
    figure.update_yaxes(tickfont={"color": colours.text, "size": 13})
    return figure.update_xaxes(title_text=plain(unit), rangemode="tozero" if from_zero else "normal", nticks=7)


def _bar(start: float, end: float, colour: str, width: float) -> dict[str, Any]:
    line = {"color": colour, "width": width}
    return {"type": "line", "x0": start, "x1": end, "y0": 0, "y1": 0, "line": line, "layer": "below"}


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
