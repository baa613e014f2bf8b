"""One column of the real and the synthetic table, side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from core.figures.text import is_clock, label, labels, moment, number, percent, plain
from core.figures.theme import LIGHT, Palette, drawn, translucent
from core.limits import MAX_LEVELS_SHOWN
from core.records import ColumnPicture
from core.tables import MISSING_LABEL

CARD_HEIGHT = 250
CARD_LEVELS = 10
_OTHER = re.compile(r"other \(([\d,]+) levels\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Bars of one column: a text, and the share of rows in each table.

    Parameters
    ----------
    texts : tuple of str, n texts as in the table
    real, synthetic : float arrays of shape (n,), of all rows of their table, missing ones included
    """

    texts: tuple[str, ...]
    real: np.ndarray
    synthetic: np.ndarray


def level_shares(picture: ColumnPicture, limit: int = MAX_LEVELS_SHOWN) -> Shares:
    """Levels in the picture's order, at most `limit`; the rest are one bar, missing values are the last."""
    texts = list(picture.labels)
    real, synthetic = _counts(picture.real, len(texts)), _counts(picture.synthetic, len(texts))
    if len(texts) > limit:
        joined = _OTHER.fullmatch(texts[-1])
        whole = np.arange(len(texts) - 1 if joined else len(texts))  # what was joined before stays joined
        kept = np.sort(whole[np.argsort(-(real + synthetic)[whole], kind="stable")[: limit - 1]])
        rest = np.setdiff1d(np.arange(len(texts)), kept)
        n_joined = int(joined[1].replace(",", "")) - 1 if joined else 0
        texts = [*(texts[one] for one in kept), f"other ({len(rest) + n_joined:,} levels)"]
        real = np.append(real[kept], real[rest].sum())
        synthetic = np.append(synthetic[kept], synthetic[rest].sum())
    if picture.real_missing or picture.synthetic_missing:
        texts.append(MISSING_LABEL)
        real, synthetic = np.append(real, picture.real_missing), np.append(synthetic, picture.synthetic_missing)
    return Shares(texts=tuple(texts), real=real / max(real.sum(), 1), synthetic=synthetic / max(synthetic.sum(), 1))


def bin_shares(picture: ColumnPicture) -> Shares:
    """Share of all rows in each bin, with the bin's bounds as its text."""
    edges = [_edge(edge, picture) for edge in picture.edges]
    texts = tuple(f"{low} to {high}" for low, high in pairwise(edges))
    real, synthetic = _counts(picture.real, len(texts)), _counts(picture.synthetic, len(texts))
    return Shares(
        texts=texts,
        real=real / max(real.sum() + picture.real_missing, 1),
        synthetic=synthetic / max(synthetic.sum() + picture.synthetic_missing, 1),
    )


def shape_difference(picture: ColumnPicture) -> float:
    """Half the sum of absolute differences of the drawn shares (0 equal, 1 disjoint): what orders "worst first"."""
    shares = bin_shares(picture) if picture.edges else level_shares(picture, limit=10**9)
    difference = float(np.abs(shares.real - shares.synthetic).sum())
    if picture.edges:
        real, synthetic = sum(picture.real) + picture.real_missing, sum(picture.synthetic) + picture.synthetic_missing
        difference += abs(picture.real_missing / max(real, 1) - picture.synthetic_missing / max(synthetic, 1))
    return difference / 2


def column_figure(
    picture: ColumnPicture, *, colours: Palette = LIGHT, height: int = CARD_HEIGHT, max_levels: int = CARD_LEVELS
) -> go.Figure:
    """Overlaid histogram of a column on a line, paired bars of a column of levels.

    Real is filled blue; synthetic is a vermillion outline over bins and hatched vermillion among bars. With no
    synthetic counts only the real table is drawn. Shares are of all rows, so tables of different size compare.

    Parameters
    ----------
    picture : ColumnPicture
    colours : Palette
    height : int
        Pixels.
    max_levels : int
        Bars at most; the rest are one bar named "other".
    """
    if picture.edges:
        return _histogram(picture, colours, height)
    return _bars(level_shares(picture, max_levels), colours, height, paired=bool(picture.synthetic))


def _histogram(picture: ColumnPicture, colours: Palette, height: int) -> go.Figure:
    shares = bin_shares(picture)
    edges = np.asarray(picture.edges, dtype=float)
    is_date = picture.type == "datetime"
    ticks = edges * 1000 if is_date else edges
    hover = [plain(text) for text in shares.texts]
    traces = [
        {
            "type": "bar",
            "x": ticks[:-1],
            "y": shares.real * 100,
            "width": np.diff(ticks),
            "offset": 0,
            "name": "Real",
            "marker": {"color": translucent(colours.real, 0.45), "line": {"width": 0}},
            "customdata": hover,
            "hovertemplate": "%{customdata}<br>Real %{y:.2f} %<extra></extra>",
        }
    ]
    if picture.synthetic:
        traces.append(
            {
                "type": "scatter",
                "x": np.append(ticks, ticks[-1]),
                "y": np.concatenate([shares.synthetic, shares.synthetic[-1:], [0.0]]) * 100,
                "name": "Synthetic",
                "mode": "lines",
                "line": {"color": colours.synthetic, "width": 2.2, "shape": "hv"},
                "customdata": [*hover, hover[-1], hover[-1]],
                "hovertemplate": "%{customdata}<br>Synthetic %{y:.2f} %<extra></extra>",
            }
        )
    layout = {
        "bargap": 0,
        "hovermode": "closest",
        "xaxis": {"showgrid": False, "nticks": 6, "type": "date" if is_date else "linear"}
        | ({"tickformat": "%H:%M"} if is_date and is_clock(edges[0], edges[-1]) else {}),
        "yaxis": {"title": {"text": "Share of rows (%)"}, "rangemode": "tozero", "nticks": 5},
    }
    return drawn(traces, layout, colours, height=height, legend=bool(picture.synthetic))


def _bars(shares: Shares, colours: Palette, height: int, *, paired: bool) -> go.Figure:
    texts = labels(shares.texts, 20)
    hover = [label(text, 120) for text in shares.texts]
    looks = [("Real", shares.real, colours.real, "")]
    if paired:
        looks.append(("Synthetic", shares.synthetic, colours.synthetic, "/"))
    traces = [
        {
            "type": "bar",
            "y": texts,
            "x": values * 100,
            "orientation": "h",
            "name": name,
            "marker": {
                "color": translucent(colour, 0.55 if not shape else 0.25),
                "line": {"color": colour, "width": 1.2 if shape else 0},
                "pattern": {"shape": shape, "fgcolor": colour, "size": 6, "solidity": 0.35},
            },
            "customdata": hover,
            "hovertemplate": f"%{{customdata}}<br>{name} %{{x:.2f}} %<extra></extra>",
        }
        for name, values, colour, shape in looks
    ]
    layout = {
        "barmode": "group",
        "bargap": 0.3,
        "bargroupgap": 0.05,
        "xaxis": {"title": {"text": "Share of rows (%)"}, "rangemode": "tozero", "nticks": 6},
        "yaxis": {"autorange": "reversed", "type": "category", "showgrid": False, "ticksuffix": " ", "dtick": 1},
    }
    return drawn(traces, layout, colours, height=height, legend=paired)


def describe_column(picture: ColumnPicture) -> str:
    """One plain sentence for readers who cannot see the chart, and for the caption."""
    missing = ""
    if picture.real_missing or picture.synthetic_missing:
        real = picture.real_missing / max(sum(picture.real) + picture.real_missing, 1)
        missing = f" Missing: {percent(real)} of real"
        if picture.synthetic:
            synthetic = picture.synthetic_missing / max(sum(picture.synthetic) + picture.synthetic_missing, 1)
            missing += f", {percent(synthetic)} of synthetic rows"
        missing += "."
    shares = bin_shares(picture) if picture.edges else level_shares(picture)
    if not shares.texts or not shares.real.any():
        return f"No present value in the real table.{missing}"
    top = int(np.argmax(shares.real))
    where = "Most real rows lie in" if picture.edges else "The most frequent real level is"
    beside = f", of synthetic {percent(float(shares.synthetic[top]))}" if picture.synthetic else ""
    return f"{where} {shares.texts[top]}: {percent(float(shares.real[top]))} of real rows{beside}.{missing}"


def _counts(counts: tuple[int, ...], n_bars: int) -> np.ndarray:
    return np.asarray(counts, dtype=float) if counts else np.zeros(n_bars)


def _edge(value: float, picture: ColumnPicture) -> str:
    if picture.type != "datetime":
        return number(value)
    if is_clock(picture.edges[0], picture.edges[-1]):
        return moment(value, clock=True)
    wide = picture.edges[-1] - picture.edges[0] > 2 * 86_400
    return moment(value) if wide else f"{moment(value)} {moment(value, clock=True)}"
