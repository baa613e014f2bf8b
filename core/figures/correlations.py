"""Associations of every pair of columns: real, synthetic and their difference on one colour scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from core.figures.text import flat, labels, short
from core.figures.theme import LIGHT, Palette, colour_scale, styled
from core.records import CorrelationPicture

MAX_TICKS = 40
"""Columns whose names still fit beside a heatmap; past it names are in the hover box only."""


MAX_ORDERED = 150
"""Columns whose leaves are ordered optimally; the work grows with the cube of their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationFigures:
    """Three heatmaps whose colours mean the same."""

    real: go.Figure
    synthetic: go.Figure
    difference: go.Figure


def correlation_figures(
    picture: CorrelationPicture, *, colours: Palette = LIGHT, height: int = 420
) -> CorrelationFigures:
    """Heatmaps of the real table, the synthetic table, and synthetic minus real, all from -1 to 1.

    Parameters
    ----------
    picture : CorrelationPicture
    colours : Palette
    height : int
        Pixels.
    """
    real, synthetic = as_matrix(picture.real), as_matrix(picture.synthetic)
    names = labels(picture.columns, 16)
    return CorrelationFigures(
        real=_heatmap(real, names, colours, height),
        synthetic=_heatmap(synthetic, names, colours, height),
        difference=_heatmap(synthetic - real, names, colours, height),
    )


def clustered(picture: CorrelationPicture) -> CorrelationPicture:
    """The same picture with columns that go together in the real table beside each other.

    Average linkage on 1 - |association|, leaves ordered so that neighbours are alike; a pair without association counts
    as unrelated.

    Source
    ------
    Bar-Joseph, Gifford and Jaakkola (2001), "Fast optimal leaf ordering for hierarchical clustering",
    Bioinformatics 17.
    """
    size = len(picture.columns)
    if size < 3:
        return picture
    distance = 1 - np.abs(np.nan_to_num(as_matrix(picture.real).astype(np.float64)))
    distance = np.clip((distance + distance.T) / 2, 0, 1)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average", optimal_ordering=size <= MAX_ORDERED)
    order = leaves_list(tree)

    def taken(rows: tuple[tuple[float | None, ...], ...]) -> tuple[tuple[float | None, ...], ...]:
        return tuple(tuple(rows[row][column] for column in order) for row in order)

    return CorrelationPicture(
        columns=tuple(picture.columns[place] for place in order),
        kind=picture.kind,
        real=taken(picture.real),
        synthetic=taken(picture.synthetic),
    )


def as_matrix(rows: tuple[tuple[float | None, ...], ...]) -> np.ndarray:
    """Rows as a float array of shape (n, n); a pair without association is NaN and is drawn as a gap."""
    size = len(rows)
    flat_rows = [np.nan if value is None else value for row in rows for value in row]
    return np.array(flat_rows, dtype=np.float32).reshape(size, -1)


def _heatmap(matrix: np.ndarray, names: list[str], colours: Palette, height: int) -> go.Figure:
    figure = go.Figure()
    figure.add_heatmap(
        z=matrix,
        x=names,
        y=names,
        zmin=-1,
        zmax=1,
        colorscale=colour_scale(colours.diverging),
        xgap=1 if len(names) <= MAX_TICKS else 0,
        ygap=1 if len(names) <= MAX_TICKS else 0,
        showscale=True,
        colorbar={
            "orientation": "h",
            "thickness": 8,
            "outlinewidth": 0,
            "tickvals": [-1, -0.5, 0, 0.5, 1],
            "x": 0.5,
            "y": 1.01,
            "yanchor": "bottom",
            "ticklabelposition": "outside top",
        },
        hovertemplate="%{y}<br>%{x}<br>%{z:.2f}<extra></extra>",
        hoverongaps=False,
    )
    styled(figure, colours, height=height, legend=False)
    ticks = len(names) <= MAX_TICKS
    figure.update_xaxes(type="category", showticklabels=ticks, tickangle=-90, showgrid=False, dtick=1, ticks="")
    return figure.update_yaxes(
        type="category", showticklabels=ticks, autorange="reversed", showgrid=False, dtick=1, ticks=""
    )


def describe_correlations(picture: CorrelationPicture) -> str:
    """The pair that differs most, for readers who cannot see the heatmaps."""
    difference = as_matrix(picture.synthetic) - as_matrix(picture.real)
    upper = np.triu(np.nan_to_num(np.abs(difference)), 1)
    if not upper.size or not upper.any():
        return f"{picture.kind}: no pair differs."
    row, column = np.unravel_index(int(np.argmax(upper)), upper.shape)
    real, synthetic = picture.real[row][column], picture.synthetic[row][column]
    names = f"{short(flat(picture.columns[row]), 40)} with {short(flat(picture.columns[column]), 40)}"
    return f"Largest difference: {names}, {real:.2f} real and {synthetic:.2f} synthetic."
