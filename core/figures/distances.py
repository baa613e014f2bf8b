"""How near synthetic rows lie to real ones: cumulative curves, and histograms of the same numbers."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.figures.text import label, plain
from core.figures.theme import LIGHT, Palette, styled, translucent
from core.limits import CURVE_POINTS
from core.records import DistanceCurve

HISTOGRAM_BINS = 40


def distance_figure(curve: DistanceCurve, *, colours: Palette = LIGHT, height: int = 330) -> go.Figure:
    """Share of rows at or below each distance, a line per pair of tables.

    The line to the train rows is solid vermillion, the one to the control rows is dashed blue: where the solid one runs
    clearly above the dashed one, synthetic rows lie nearer to rows that the model saw.

    Parameters
    ----------
    curve : DistanceCurve
    colours : Palette
    height : int
        Pixels.
    """
    figure = go.Figure()
    for name in _ordered(curve):
        points = curve.series[name]
        x, y = _thinned(np.asarray(curve.grid, dtype=float), np.asarray(points, dtype=float))
        colour, dash, width = _look(name, colours)
        figure.add_scatter(
            x=x,
            y=y * 100,
            name=label(name, 60),
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate="%{y:.1f} % of rows",
        )
    styled(figure, colours, height=height)
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(title_text=plain(curve.label).replace(" (", "<br>("), showgrid=False, rangemode="tozero")
    return figure.update_yaxes(title_text="Rows at or below (%)", range=[0, 101], nticks=6)


def histogram_figure(curve: DistanceCurve, *, colours: Palette = LIGHT, height: int = 330) -> go.Figure:
    """Share of rows per bin of distance, train against control: an outline per pair of tables.

    Parameters
    ----------
    curve : DistanceCurve
        Bins are made of its grid; rows beyond its end are left out, as in the curve.
    colours : Palette
    height : int
        Pixels.
    """
    edges, shares = binned_shares(curve)
    figure = go.Figure()
    for name in _ordered(curve):
        colour, dash, width = _look(name, colours)
        solid = dash == "solid"
        figure.add_scatter(
            x=edges,
            y=np.append(shares[name], shares[name][-1]) * 100,
            name=label(name, 60),
            mode="lines",
            line={"color": colour, "dash": dash, "width": width, "shape": "hv"},
            fill="tozeroy" if solid else None,
            fillcolor=translucent(colour, 0.14) if solid else None,
            hovertemplate="%{y:.2f} % of rows",
        )
    styled(figure, colours, height=height)
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(title_text=plain(curve.label).replace(" (", "<br>("), showgrid=False, rangemode="tozero")
    return figure.update_yaxes(title_text="Rows in the bin (%)", rangemode="tozero", nticks=6)


def binned_shares(curve: DistanceCurve, n_bins: int = HISTOGRAM_BINS) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Edges of bins and, per series, the share of rows in each; rows at 0 are in the first.

    Returns
    -------
    edges : array of shape (n_bins + 1,), fewer where the grid is coarser
    shares : mapping of series to array of shape (n_bins,)
    """
    grid = np.asarray(curve.grid, dtype=float)
    places = np.unique(np.linspace(0, len(grid) - 1, min(n_bins, len(grid) - 1) + 1).round().astype(int))
    out = {}
    for name, points in curve.series.items():
        reached = np.asarray(points, dtype=float)[places]
        out[name] = np.diff(np.concatenate([[0.0], reached[1:]]))
    return grid[places], out


def _ordered(curve: DistanceCurve) -> list[str]:
    order = ("synthetic to train rows", "synthetic to control rows")
    return sorted(curve.series, key=lambda name: order.index(name) if name in order else len(order))


def _look(name: str, colours: Palette) -> tuple[str, str, float]:
    """Colour, dash and width by what a series compares."""
    lowered = name.lower()
    if not lowered.startswith("synthetic"):
        return colours.muted, "dot", 1.8
    return (colours.real, "dash", 2.2) if "control" in lowered else (colours.synthetic, "solid", 2.4)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(x) <= CURVE_POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, CURVE_POINTS).round().astype(int))
    return x[kept], y[kept]


def describe_curve(curve: DistanceCurve) -> str:
    """Median of every series, for readers who cannot see the chart."""
    parts = []
    for name, points in curve.series.items():
        reached = np.searchsorted(np.asarray(points, dtype=float), 0.5)
        if len(curve.grid):
            parts.append(f"{name}: half of the rows within {curve.grid[min(int(reached), len(curve.grid) - 1)]:.3g}")
    return "; ".join(parts) + "."
