"""A number on its scale: the value with its interval between the anchors, and several rates above one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.figures.text import label, plain
from core.figures.theme import LIGHT, Palette, styled, translucent
from core.records import Direction, MetricResult

SCALE_HEIGHT = 92
NEAR = 0.16
"""Anchors nearer than this share of the axis get their names on different lines."""


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


def metric_figure(result: MetricResult, *, colours: Palette = LIGHT, height: int = SCALE_HEIGHT) -> go.Figure:
    """The value of a measured metric between its anchors.

    A filled dot is the value, the bar through it its interval, ticks below are anchors: the same number on cases whose
    answer is known. The better end carries an arrow.

    Parameters
    ----------
    result : MetricResult with a value
    colours : Palette
    height : int
        Pixels.
    """
    low, high = axis_range(result)
    figure = go.Figure()
    figure.add_shape(type="line", x0=low, x1=high, y0=0, y1=0, line={"color": colours.grid, "width": 6}, layer="below")
    for position, line in _anchor_rows(result.anchors, low, high):
        name, value = position
        figure.add_shape(type="line", x0=value, x1=value, y0=-0.34, y1=0.34, line={"color": colours.muted, "width": 1.6})
        figure.add_annotation(
            x=value,
            y=-0.42 - 0.5 * line,
            text=f"{label(name, 34)} {value:.3g}",
            showarrow=False,
            yanchor="top",
            xanchor=_anchor_side(value, low, high),
            font={"size": 11, "color": colours.muted},
        )
    if result.low is not None and result.high is not None:
        span = {"color": translucent(colours.synthetic, 0.45), "width": 6}
        figure.add_shape(type="line", x0=result.low, x1=result.high, y0=0, y1=0, line=span)
    figure.add_scatter(
        x=[result.value],
        y=[0],
        mode="markers",
        marker={"size": 13, "color": colours.synthetic, "line": {"color": colours.background, "width": 2}},
        hovertemplate=f"{plain(_in_words(result))}<extra></extra>",
        showlegend=False,
    )
    styled(figure, colours, height=height, legend=False)
    figure.update_layout(margin={"l": 4, "r": 4, "t": 2, "b": 2})
    pad = (high - low) * 0.03
    figure.update_xaxes(range=[low - pad, high + pad], visible=False)
    lines = max((line for _, line in _anchor_rows(result.anchors, low, high)), default=0)
    return figure.update_yaxes(range=[-1.05 - 0.5 * lines, 0.55], visible=False)


def axis_range(result: MetricResult) -> tuple[float, float]:
    """Bounds of the scale: 0 to 1 widened to what is drawn, or zoomed in where everything lies in one corner."""
    points = [result.value, result.low, result.high, *result.anchors.values()]
    present = [point for point in points if point is not None]
    lowest, highest = min(present), max(present)
    span = highest - lowest
    if lowest >= 0 and highest <= 1 and span > 0.25:
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
            mode="markers",
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
        )
    styled(figure, colours, height=64 + 40 * max(len(rates), 1), legend=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, ticksuffix="  ")
    figure.update_yaxes(tickfont={"color": colours.text, "size": 13})
    return figure.update_xaxes(title_text=plain(unit), rangemode="tozero" if from_zero else "normal", nticks=7)


def _anchor_rows(anchors: Mapping[str, float], low: float, high: float) -> list[tuple[tuple[str, float], int]]:
    """Anchors from left to right, each with the line on which its name does not run into the one before."""
    ordered = sorted(anchors.items(), key=lambda item: item[1])
    out: list[tuple[tuple[str, float], int]] = []
    line, last = 0, -np.inf
    for item in ordered:
        near = (item[1] - last) / (high - low) < NEAR * 2.5
        line = (line + 1) % 3 if near else 0
        last = item[1]
        out.append((item, line))
    return out


def _anchor_side(value: float, low: float, high: float) -> str:
    place = (value - low) / (high - low)
    return "left" if place < 0.25 else "right" if place > 0.75 else "center"


def _in_words(result: MetricResult) -> str:
    interval = ""
    if result.low is not None and result.high is not None:
        interval = f", {result.low:.3g} to {result.high:.3g} ({result.interval})"
    arrow = {Direction.HIGHER: "higher is better", Direction.LOWER: "lower is better"}
    return f"{result.value:.3g}{interval}; {arrow.get(result.direction, str(result.direction))}"


def describe_metric(result: MetricResult) -> str:
    """The number, its interval and its anchors as one sentence."""
    anchors = ", ".join(f"{name} {value:.3g}" for name, value in result.anchors.items())
    return f"{result.metric}: {_in_words(result)}" + (f"; anchors: {anchors}." if anchors else ".")
