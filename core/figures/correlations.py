"""Associations of every pair of columns: real, synthetic and their difference on one colour scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from core.figures.options import FONT, Option, hover
from core.figures.text import distinct, flat, short
from core.figures.theme import LIGHT, Palette, merged
from core.records import CorrelationPicture

MAX_TICKS = 40
"""Columns whose names still fit beside a heatmap; past it names are in the hover box only."""


MAX_ORDERED = 150
"""Columns whose leaves are ordered optimally; the work grows with the cube of their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationOptions:
    """Three heatmaps whose colours mean the same."""

    real: Option
    synthetic: Option
    difference: Option


def correlation_options(picture: CorrelationPicture, *, colours: Palette = LIGHT) -> CorrelationOptions:
    """Heatmaps of the real table, the synthetic table, and synthetic minus real, all from -1 to 1.

    Parameters
    ----------
    picture : CorrelationPicture
    colours : Palette
    """
    real, synthetic = as_matrix(picture.real), as_matrix(picture.synthetic)
    names = distinct(picture.columns, 16)
    return CorrelationOptions(
        real=_heatmap(real, names, colours),
        synthetic=_heatmap(synthetic, names, colours),
        difference=_heatmap(synthetic - real, names, colours),
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


def _heatmap(matrix: np.ndarray, names: list[str], colours: Palette) -> Option:
    few = len(names) <= MAX_TICKS
    rows, columns = (pd.Categorical.from_codes(one.ravel(), names) for one in np.indices(matrix.shape, dtype=np.int16))
    # as a frame it is sent in the form of Arrow: 300 columns have 90,000 cells
    cells = pd.DataFrame({"Column": rows, "With": columns, "Association": matrix.ravel()})
    axis = {
        "type": "category", "data": names, "axisLine": {"show": False}, "axisTick": {"show": False},
        "axisLabel": {"show": few, "interval": 0, "hideOverlap": False, "color": colours.muted, "fontSize": FONT},
    }  # fmt: skip
    return {
        "animation": False,
        "grid": {
            "left": 2, "right": 8, "top": 26, "bottom": 2, "outerBoundsMode": "same", "outerBoundsContain": "axisLabel",
        },
        "xAxis": merged(axis, {"axisLabel": {"rotate": 90}}),
        "yAxis": axis | {"inverse": True},
        "visualMap": {
            "type": "continuous", "min": -1, "max": 1, "dimension": 2, "inRange": {"color": list(colours.diverging)},
            "orient": "horizontal", "left": "center", "top": 0, "itemWidth": 8, "itemHeight": 170, "text": ["1", "−1"],
            "textStyle": {"color": colours.muted, "fontSize": FONT}, "padding": 0, "hoverLink": False,
        },
        "tooltip": hover(colours, trigger="item"),
        "legend": {"show": False},
        "dataset": {"source": cells},
        "series": [
            {
                "type": "heatmap", "encode": {"x": "With", "y": "Column", "value": "Association", "tooltip": [0, 1, 2]},
                "itemStyle": {"borderColor": colours.background, "borderWidth": 1 if few else 0},
                "tooltip": {"valueFormatter": "%.2f"}, "emphasis": {"disabled": True}, "progressive": 0,
            }
        ],
    }  # fmt: skip


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
