"""One column of the real and the synthetic table, side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.figures.options import Option, as_area, as_line, option, saying
from core.figures.text import distinct, is_clock, moment, number, percent, short
from core.figures.theme import LIGHT, Palette, translucent
from core.limits import MAX_LEVELS_SHOWN
from core.records import ColumnPicture
from core.tables import MISSING_LABEL

CARD_LEVELS = 10
SHARE = "Share of rows (%)"
SAID = saying("texts", "real", "synthetic")
"""What a bin or a bar carries beside its place, for the box that hovering opens."""
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


def column_option(
    picture: ColumnPicture,
    *,
    colours: Palette = LIGHT,
    max_levels: int = CARD_LEVELS,
    names: tuple[str, str] = ("Real", "Synthetic"),
    title: str = "",
    corner: str = "",
    aside: str = "",
) -> Option:
    """Overlaid histogram of a column on a line, paired bars of a column of levels.

    Real is filled blue; synthetic is a vermillion outline over bins and hatched vermillion among bars. With no
    synthetic counts only the real table is drawn. Shares are of all rows, so tables of different size compare.

    Parameters
    ----------
    picture : ColumnPicture
    colours : Palette
    max_levels : int
        Bars at most; the rest are one bar named "other".
    names : the two tables in the legend
    title, corner, aside : str
        See `option`.
    """
    words = {"title": title, "corner": corner, "aside": aside}
    if picture.edges:
        return _histogram(picture, colours, names, words)
    return _bars(level_shares(picture, max_levels), colours, names, words, paired=bool(picture.synthetic))


def _histogram(picture: ColumnPicture, colours: Palette, names: tuple[str, str], words: Mapping[str, str]) -> Option:
    shares = bin_shares(picture)
    is_date = picture.type == "datetime"
    edges = [float(edge) * (1000 if is_date else 1) for edge in picture.edges]
    paired = bool(picture.synthetic)
    # what is hovered is the bin, not the edge that lies nearest: bins that nobody sees, on an axis that nobody sees
    bins = [
        [(low + high) / 2, real * 100, text, f"{real * 100:.2f}", f"{synthetic * 100:.2f}"]
        for (low, high), text, real, synthetic in zip(
            pairwise(edges), shares.texts, shares.real.tolist(), shares.synthetic.tolist(), strict=True
        )
    ]
    hovered = {
        "type": "line", "name": "", "data": bins, "dimensions": SAID, "symbol": "none", "lineStyle": {"width": 0},
        "xAxisIndex": 1,
    }  # fmt: skip
    real = {
        "type": "line", "name": names[0], "data": _steps(edges, shares.real), "step": "end", "symbol": "none",
        "lineStyle": {"width": 0}, "areaStyle": {"color": colours.real, "opacity": 0.45, "origin": "start"},
        "itemStyle": {"color": translucent(colours.real, 0.45)}, "emphasis": {"disabled": True},
    }  # fmt: skip
    outline = {
        "type": "line", "name": names[1], "data": _steps(edges, shares.synthetic), "step": "end", "symbol": "none",
        "lineStyle": {"color": colours.synthetic, "width": 2.2}, "itemStyle": {"color": colours.synthetic},
        "emphasis": {"disabled": True},
    }  # fmt: skip
    lines = ["{@[2]}", *(f"{name} {{@[{place}]}} %" for place, name in enumerate(names[: 1 + paired], start=3))]
    axis = across(picture)
    found = option(
        [hovered, real, *([outline] if paired else [])], colours,
        x=axis | {"splitLine": {"show": False}, "axisPointer": {"show": False, "triggerTooltip": False}},
        y={"name": SHARE, "min": 0, "splitNumber": 4},
        legend=(as_area(names[0]), as_line(names[1])) if paired else (), tooltip="<br>".join(lines), **words,
    )  # fmt: skip
    unseen = {"type": axis.get("type", "value"), "min": edges[0], "max": edges[-1], "show": False}
    return found | {"xAxis": [found["xAxis"], unseen]}


def across(picture: ColumnPicture) -> Option:
    """The axis of a column on a line, no longer than its values."""
    ends = picture.edges or (*picture.real_quantiles, *picture.synthetic_quantiles) or (0.0,)
    axis: Option = {"min": "dataMin", "max": "dataMax", "splitNumber": 5}
    if picture.type == "datetime":
        clock = {"axisLabel": {"formatter": "{HH}:{mm}"}} if is_clock(min(ends), max(ends)) else {}
        return axis | {"type": "time"} | clock
    # an end that is no whole number says nothing beside 20, 40 and 60
    shown = {"showMinLabel": float(min(ends)).is_integer(), "showMaxLabel": float(max(ends)).is_integer()}
    return axis | {"axisLabel": shown}


def _steps(edges: Sequence[float], shares: np.ndarray) -> list[list[float]]:
    """Corners of the outline of a histogram: up at the first edge, down at the last."""
    heights = (shares * 100).tolist()
    return [[edges[0], 0.0], *([x, y] for x, y in zip(edges, [*heights, *heights[-1:]], strict=True)), [edges[-1], 0.0]]


def _bars(
    shares: Shares, colours: Palette, names: tuple[str, str], words: Mapping[str, str], *, paired: bool
) -> Option:
    texts = distinct(shares.texts, 20)
    real, synthetic = ((one * 100).tolist() for one in (shares.real, shares.synthetic))
    rows = [
        (place, short(text, 120), f"{first:.2f}", f"{second:.2f}")
        for place, (text, first, second) in enumerate(zip(shares.texts, real, synthetic, strict=True))
    ]
    looks: list[tuple[str, list[float], Option]] = [
        (names[0], real, {"color": translucent(colours.real, 0.55)}),
    ]
    if paired:
        hatch = {"symbol": "rect", "color": colours.synthetic, "dashArrayX": [1, 0], "dashArrayY": [2, 4],
                 "rotation": -math.pi / 4}  # fmt: skip
        ground = translucent(colours.synthetic, 0.25)
        looks.append(
            (names[1], synthetic, {"color": ground, "borderColor": colours.synthetic, "decal": hatch})
        )  # fmt: skip
    series = [
        {
            "type": "bar", "name": name, "dimensions": SAID,
            "data": [[value, *row] for value, row in zip(values, rows, strict=True)],
            "itemStyle": look, "barGap": "5%", "barCategoryGap": "30%", "emphasis": {"disabled": True},
        }
        for name, values, look in looks
    ]  # fmt: skip
    lines = ["{@[2]}", *(f"{name} {{@[{place}]}} %" for place, name in enumerate(names[: 1 + paired], start=3))]
    return option(
        series, colours, x={"name": SHARE, "min": 0, "splitNumber": 4},
        y={"type": "category", "data": texts, "inverse": True, "splitLine": {"show": False},
           "axisLabel": {"interval": 0, "hideOverlap": False, "color": colours.text}},
        legend=[name for name, _, _ in looks] if paired else (),
        tooltip="<br>".join(lines), **words,
    )  # fmt: skip


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
