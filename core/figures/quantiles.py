"""One column on a line by its quantiles: cumulative shares, and synthetic quantiles against real ones."""

from __future__ import annotations

import numpy as np

from core.figures.columns import across
from core.figures.options import Option, as_line, option
from core.figures.text import number
from core.figures.theme import LIGHT, Palette
from core.records import ColumnPicture


def has_quantiles(picture: ColumnPicture) -> bool:
    """Whether both tables have quantiles to draw."""
    return bool(picture.real_quantiles and picture.synthetic_quantiles)


def quantiles(picture: ColumnPicture, *, for_axis: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares from 0 to 1, real and synthetic quantiles; dates in milliseconds where they are for an axis."""
    scale = 1000.0 if for_axis and picture.type == "datetime" else 1.0
    real, synthetic = (np.asarray(one) * scale for one in (picture.real_quantiles, picture.synthetic_quantiles))
    return np.linspace(0, 1, len(real)), real, synthetic


def ecdf_option(picture: ColumnPicture, *, colours: Palette = LIGHT, **words: str) -> Option:
    """Share of rows at or below each value: real solid, synthetic dashed. The largest gap is the KS statistic.

    Parameters
    ----------
    picture : ColumnPicture with quantiles
    colours : Palette
    **words : title, corner, aside
        See `option`.
    """
    shares, real, synthetic = quantiles(picture, for_axis=True)
    places = np.unique(np.concatenate([real, synthetic]))
    series = [
        {
            "type": "line", "name": name, "data": _reached(values, shares, places), "step": "end",
            "symbol": "none", "itemStyle": {"color": colour},
            "lineStyle": {"color": colour, "type": dash, "width": 2.2}, "emphasis": {"disabled": True},
            "tooltip": {"valueFormatter": "%.1f %%"},
        }
        for name, values, colour, dash in (
            ("Real", real, colours.real, "solid"), ("Synthetic", synthetic, colours.synthetic, "dashed")
        )
    ]  # fmt: skip
    return option(
        series, colours, x=across(picture) | {"splitLine": {"show": False}},
        y={"name": "Rows at or below (%)", "min": 0, "max": 100, "interval": 25},
        legend=(as_line("Real"), as_line("Synthetic")), **words,
    )  # fmt: skip


def _reached(values: np.ndarray, shares: np.ndarray, places: np.ndarray) -> list[list[float]]:
    """The share at or below each place; at the same places for both tables, so that hovering tells both."""
    at = np.searchsorted(values, places, side="right") - 1
    return np.column_stack([places, np.where(at < 0, 0.0, shares[at]) * 100]).tolist()


def qq_option(picture: ColumnPicture, *, colours: Palette = LIGHT, **words: str) -> Option:
    """Synthetic quantiles against the real ones at the same shares; on the diagonal they are equal.

    Parameters
    ----------
    picture : ColumnPicture with quantiles
    colours : Palette
    **words : title, corner, aside
        See `option`.
    """
    shares, real, synthetic = quantiles(picture, for_axis=True)
    low, high = float(min(real[0], synthetic[0])), float(max(real[-1], synthetic[-1]))
    equal = {
        "type": "line", "name": "Equal", "data": [[low, low], [high, high]], "symbol": "none", "silent": True,
        "lineStyle": {"color": colours.muted, "type": "dotted", "width": 1.4}, "itemStyle": {"color": colours.muted},
        "tooltip": {"show": False},
    }  # fmt: skip
    points = {
        "type": "line", "name": "Synthetic against real", "symbol": "circle", "symbolSize": 4,
        "data": np.column_stack([real, synthetic, shares * 100]).tolist(),
        "dimensions": ["Real", "Synthetic", "% of rows"], "encode": {"x": 0, "y": 1, "tooltip": [2, 0, 1]},
        "lineStyle": {"color": colours.synthetic, "width": 1}, "itemStyle": {"color": colours.synthetic},
    }  # fmt: skip
    axis = across(picture)
    return option(
        [equal, points], colours, x=axis | {"name": "Real"}, y=axis | {"name": "Synthetic"},
        legend=(as_line("Equal"), "Synthetic against real"), **words,
    )  # fmt: skip


def describe_quantiles(picture: ColumnPicture) -> str:
    """Where the two distributions lie, as a sentence."""
    _, real, synthetic = quantiles(picture)
    middle = len(real) // 2
    if picture.type == "datetime":
        days = (synthetic[middle] - real[middle]) / 86_400
        return f"The synthetic median lies {number(abs(days))} days {'after' if days > 0 else 'before'} the real one."
    return (
        f"Median: real {number(real[middle])}, synthetic {number(synthetic[middle])}. Range: real {number(real[0])} to "
        f"{number(real[-1])}, synthetic {number(synthetic[0])} to {number(synthetic[-1])}."
    )
