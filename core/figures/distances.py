"""How near synthetic rows lie to real ones: cumulative curves, and histograms of the same numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.figures.options import Option, as_line, option
from core.figures.text import short
from core.figures.theme import LIGHT, Palette
from core.limits import CURVE_POINTS
from core.records import DistanceCurve

HISTOGRAM_BINS = 40


def distance_option(curve: DistanceCurve, *, colours: Palette = LIGHT) -> Option:
    """Share of rows at or below each distance, a line per pair of tables.

    The line to the train rows is solid vermillion, the one to the control rows is dashed blue: where the solid one runs
    clearly above the dashed one, synthetic rows lie nearer to rows that the model saw.

    Parameters
    ----------
    curve : DistanceCurve
    colours : Palette
    """
    lines = {}
    for name in _ordered(curve):
        x, y = _thinned(np.asarray(curve.grid, dtype=float), np.asarray(curve.series[name], dtype=float))
        lines[name] = np.column_stack([x, y * 100]).tolist()
    y = {"name": "Rows at or below (%)", "min": 0, "max": 100, "interval": 20}
    return _drawn(curve, lines, colours, y, digits=1)


def histogram_option(curve: DistanceCurve, *, colours: Palette = LIGHT) -> Option:
    """Share of rows per bin of distance, train against control: an outline per pair of tables.

    Parameters
    ----------
    curve : DistanceCurve
        Bins are made of its grid; rows beyond its end are left out, as in the curve.
    colours : Palette
    """
    edges, shares = binned_shares(curve)
    lines = {
        name: np.column_stack([edges, np.append(shares[name], shares[name][-1:]) * 100]).tolist()
        for name in _ordered(curve)
    }
    found = _drawn(curve, lines, colours, {"name": "Rows in the bin (%)", "min": 0}, digits=2)
    for one in found["series"]:
        one["step"] = "end"
        if one["lineStyle"]["type"] == "solid":
            one["areaStyle"] = {"color": one["lineStyle"]["color"], "opacity": 0.14}
    return found


def _drawn(
    curve: DistanceCurve, lines: Mapping[str, list[list[float]]], colours: Palette, y: Option, *, digits: int
) -> Option:
    """Lines over distance in the looks of what they compare."""
    series = []
    for name, points in lines.items():
        colour, dash, width = _look(name, colours)
        series.append(
            {
                "type": "line", "name": short(name, 60), "data": points, "symbol": "none",
                "lineStyle": {"color": colour, "type": dash, "width": width}, "itemStyle": {"color": colour},
                "tooltip": {"valueFormatter": f"%.{digits}f %%"}, "emphasis": {"disabled": True},
            }
        )  # fmt: skip
    named = {
        "name": curve.label.replace(" (", "\n("),
        "nameGap": 24,
        "nameTextStyle": {"lineHeight": 15},
        "min": 0,
        "splitLine": {"show": False},
    }
    return option(
        series, colours, x=named, y=y, legend=[as_line(one["name"]) for one in series], legend_lines=2,
    )  # fmt: skip


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
        return colours.muted, "dotted", 1.8
    return (colours.real, "dashed", 2.2) if "control" in lowered else (colours.synthetic, "solid", 2.4)


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
