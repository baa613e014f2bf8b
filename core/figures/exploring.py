"""Pictures of a real table before training: associations of every pair, two columns together, missing cells, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from core.exploration import Axis, MissingPattern, PairPicture
from core.figures.text import is_clock, label, labels, moment, number, percent, plain, short
from core.figures.theme import LIGHT, Palette, colour_scale, styled, translucent

MAX_TICKS = 40
"""Columns whose names still fit beside a heatmap; past it names are in the hover box only."""
NAMES_BELOW = 16
PATTERN_COLUMNS = 20
"""Columns of the picture of missing cells: those that are missing in most rows."""


def association_figure(
    names: Sequence[str], matrix: np.ndarray, *, signed: bool, colours: Palette = LIGHT, height: int = 520
) -> go.Figure:
    """A heatmap of one measure for all pairs; a pair that the measure does not fit is a gap.

    Parameters
    ----------
    names : sequence of str, in the order of rows and columns
    matrix : float array of shape (n, n)
    signed : bool
        Whether the scale goes from -1 to 1, instead of 0 to 1.
    """
    shown = labels(names, 18)
    half = colours.diverging[len(colours.diverging) // 2 :]
    figure = go.Figure()
    figure.add_heatmap(
        z=matrix.astype(np.float32),
        x=shown,
        y=shown,
        zmin=-1 if signed else 0,
        zmax=1,
        colorscale=colour_scale(colours.diverging if signed else half),
        xgap=1 if len(shown) <= MAX_TICKS else 0,
        ygap=1 if len(shown) <= MAX_TICKS else 0,
        colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [-1, -0.5, 0, 0.5, 1] if signed else [0, 0.5, 1]},
        hovertemplate="%{y}<br>%{x}<br>%{z:.2f}<extra></extra>",
        hoverongaps=False,
    )
    styled(figure, colours, height=height, legend=False)
    ticks = len(shown) <= MAX_TICKS
    # more names below would overlap on a narrow screen; they are those at the side, in the same order
    below = len(shown) <= NAMES_BELOW
    figure.update_xaxes(type="category", showticklabels=below, tickangle=-90, showgrid=False, dtick=1, ticks="")
    return figure.update_yaxes(
        type="category", showticklabels=ticks, autorange="reversed", showgrid=False, dtick=1, ticks=""
    )


def pair_figure(picture: PairPicture, *, colours: Palette = LIGHT, height: int = 420) -> go.Figure:
    """Two columns together: a grid of counts, or boxes of a number for every level.

    Two level columns are shown as shares of each level of x, so that rare levels can be read as well.
    """
    if picture.boxes:
        return _boxes(picture, colours, height)
    counts = np.array(picture.counts, dtype=float)
    both_levels = bool(picture.x.labels and picture.y.labels)
    shares = 100 * counts / np.maximum(counts.sum(axis=0) if both_levels else counts.sum(), 1)
    of = "rows of that level of x" if both_levels else "rows"
    figure = go.Figure()
    figure.add_heatmap(
        z=np.where(counts > 0, shares if both_levels else np.log10(np.maximum(counts, 1)), np.nan),
        x=_ticks(picture.x),
        y=_ticks(picture.y),
        colorscale=colour_scale((colours.background, translucent(colours.real, 0.55), colours.real)),
        zmin=0,
        zmax=100 if both_levels else None,
        showscale=both_levels,
        colorbar={"thickness": 10, "outlinewidth": 0, "ticksuffix": " %"},
        customdata=np.stack([counts, shares], axis=-1),
        text=[[f"{y}<br>{x}" for x in _texts(picture.x)] for y in _texts(picture.y)],
        hovertemplate="%{text}<br>%{customdata[0]:,} rows, %{customdata[1]:.2f} % of " + of + "<extra></extra>",
        hoverongaps=False,
    )
    styled(figure, colours, height=height, legend=False)
    for axis, update in ((picture.x, figure.update_xaxes), (picture.y, figure.update_yaxes)):
        kind = "category" if axis.labels else ("date" if axis.is_datetime else "linear")
        update(type=kind, title_text=label(axis.column, 40), showgrid=False)
        if axis.is_datetime and axis.edges and is_clock(axis.edges[0], axis.edges[-1]):
            update(tickformat="%H:%M")
    if picture.y.labels:
        figure.update_yaxes(autorange="reversed", dtick=1)
    return figure


def _boxes(picture: PairPicture, colours: Palette, height: int) -> go.Figure:
    quantiles = np.array([box.quantiles for box in picture.boxes])
    low, first, middle, third, high = (_moments(column, picture.y.is_datetime) for column in quantiles.T)
    names = labels([box.label for box in picture.boxes], 20)
    figure = go.Figure()
    figure.add_box(
        x=names,
        lowerfence=low,
        q1=first,
        median=middle,
        q3=third,
        upperfence=high,
        fillcolor=translucent(colours.real, 0.3),
        line={"color": colours.real, "width": 1.5},
        name="",
        hoverinfo="y",
    )
    styled(figure, colours, height=height, legend=False)
    figure.update_xaxes(type="category", title_text=label(picture.x.column, 40), showgrid=False, dtick=1)
    return figure.update_yaxes(
        title_text=label(picture.y.column, 40), type="date" if picture.y.is_datetime else "linear"
    )


def describe_pair(picture: PairPicture) -> str:
    """One plain sentence about the pair, for readers who cannot see the picture."""
    if not picture.n_rows:
        return "No row has a value in both columns."
    if picture.boxes:
        boxes = sorted(picture.boxes, key=lambda box: box.quantiles[2])
        if len(boxes) < 2:
            return f"{picture.n_rows:,} rows have a value in both columns."
        low, high = (f"{short(box.label, 40)} ({_value(box.quantiles[2], picture.y)})" for box in (boxes[0], boxes[-1]))
        return f"The lowest median of {short(picture.y.column, 40)} has {low}, the highest {high}."
    counts = np.array(picture.counts)
    y, x = np.unravel_index(int(counts.argmax()), counts.shape)
    share = percent(counts[y, x] / picture.n_rows)
    return f"Most rows ({share}) have {_texts(picture.x, short)[x]} and {_texts(picture.y, short)[y]}."


def _texts(axis: Axis, shown: Callable[[object, int], str] = label) -> list[str]:
    """Every bin or level of an axis in words: as a chart's label, or plain for a sentence."""
    name = shown(axis.column, 30)
    if axis.labels:
        return [f"{name} {shown(one, 40)}" for one in axis.labels]
    return [f"{name} {_value(low, axis)} to {_value(high, axis)}" for low, high in pairwise(axis.edges)]


def _ticks(axis: Axis) -> list:
    if axis.labels:
        return labels(axis.labels, 18)
    centres = [(low + high) / 2 for low, high in pairwise(axis.edges)]
    return _moments(np.array(centres), axis.is_datetime)


def _moments(values: np.ndarray, is_datetime: bool) -> list:
    """Numbers as an axis takes them: dates in milliseconds."""
    return (values * 1000 if is_datetime else values).tolist()


def _value(value: float, axis: Axis) -> str:
    if not axis.is_datetime:
        return number(value)
    return moment(value, clock=is_clock(axis.edges[0], axis.edges[-1]) if axis.edges else False)


def missing_figure(patterns: Sequence[MissingPattern], n_rows: int, *, colours: Palette = LIGHT) -> go.Figure:
    """Which cells are missing together: a line for each pattern, its share of rows beside it."""
    names = _missing_names(patterns)
    grid = np.array([[1.0 if name in pattern.columns else 0.0 for name in names] for pattern in patterns])
    rows = [f"{percent(pattern.n_rows / max(n_rows, 1))} ({pattern.n_rows:,})" for pattern in patterns]
    rows = labels(rows, 40)
    figure = go.Figure()
    figure.add_heatmap(
        z=grid,
        x=labels(names, 18),
        y=rows,
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        colorscale=[[0, translucent(colours.real, 0.15)], [1, colours.bad]],
        customdata=np.where(grid > 0, "missing", "there"),
        hovertemplate="%{y} of rows<br>%{x}: %{customdata}<extra></extra>",
    )
    styled(figure, colours, height=150 + 26 * len(rows), legend=False)
    figure.update_xaxes(type="category", tickangle=-60, showgrid=False, dtick=1)
    return figure.update_yaxes(
        type="category",
        autorange="reversed",
        showgrid=False,
        dtick=1,
        title_text="Rows with this pattern",
        title_standoff=12,
    )


def _missing_names(patterns: Sequence[MissingPattern]) -> list[str]:
    weight: dict[str, int] = {}
    for pattern in patterns:
        for name in pattern.columns:
            weight[name] = weight.get(name, 0) + pattern.n_rows
    return sorted(weight, key=lambda name: -weight[name])[:PATTERN_COLUMNS]


def group_sizes_figure(rows_by_size: Mapping[str, int], n_rows: int, *, colours: Palette = LIGHT) -> go.Figure:
    """Rows by the size of their group, the smallest groups first and in the colour of a warning."""
    names, counts = list(rows_by_size), list(rows_by_size.values())
    figure = go.Figure()
    figure.add_bar(
        x=names,
        y=[100 * count / max(n_rows, 1) for count in counts],
        marker={"color": [colours.bad, *[translucent(colours.real, 0.6)] * (len(names) - 1)]},
        customdata=[f"{plain(name)}: {count:,} rows" for name, count in zip(names, counts, strict=True)],
        hovertemplate="%{customdata} (%{y:.2f} %)<extra></extra>",
    )
    styled(figure, colours, height=280, legend=False)
    figure.update_xaxes(type="category", title_text="Rows that share all quasi-identifiers", showgrid=False)
    return figure.update_yaxes(title_text="Share of rows (%)", rangemode="tozero", nticks=6)
