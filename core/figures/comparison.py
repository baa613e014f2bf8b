"""One column of the real table and of several samples on one axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.columns import bin_shares, level_shares
from core.figures.text import label, labels
from core.figures.theme import LIGHT, Palette, styled, translucent
from core.records import ColumnPicture

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def comparison_figure(
    pictures: Sequence[ColumnPicture | None], names: Sequence[str], *, colours: Palette = LIGHT
) -> go.Figure:
    """Overlay samples of one column: the real table filled, every sample a line or a row of markers of its own.

    Samples are binned each on bins of their own evaluation, so shares per unit of width are drawn where edges differ.
    """
    looks = (colours.synthetic, colours.generator, colours.discriminator, colours.caution, colours.bad, colours.muted)
    figure, first = go.Figure(), next((one for one in pictures if one is not None), None)
    if first is None:
        return styled(figure, colours, height=120, legend=False)
    if first.edges:
        _bar_of_bins(figure, first, colours)
        for at, (picture, name) in enumerate(zip(pictures, names, strict=True)):
            if picture is not None and picture.edges:
                x, y = _density(picture, bin_shares(picture).synthetic)
                line = {"color": looks[at], "dash": DASHES[at], "shape": "hv", "width": 2}
                figure.add_scatter(x=x, y=y, mode="lines", name=label(name, 60), line=line)
        figure.update_layout(bargap=0)
        title = "Share of rows per unit"
    else:
        shares = level_shares(first, 20)
        texts = labels(shares.texts, 24)
        figure.add_bar(x=texts, y=shares.real * 100, name="Real", marker={"color": translucent(colours.real, 0.45)})
        for at, (picture, name) in enumerate(zip(pictures, names, strict=True)):
            if picture is not None and not picture.edges:
                own = level_shares(picture, 20)
                known = dict(zip(own.texts, own.synthetic * 100, strict=True))
                y = [known.get(text) for text in shares.texts]
                marker = {"color": looks[at], "size": 9, "symbol": at}
                figure.add_scatter(x=texts, y=y, mode="markers", name=label(name, 60), marker=marker)
        title = "Share of rows (%)"
    styled(figure, colours, height=380)
    return figure.update_yaxes(title_text=title, rangemode="tozero")


def _bar_of_bins(figure: go.Figure, picture: ColumnPicture, colours: Palette) -> None:
    edges = _ticks(picture)
    widths = np.diff(np.asarray(picture.edges, dtype=float))
    figure.add_bar(
        x=edges[:-1], y=bin_shares(picture).real / widths, width=np.diff(edges), offset=0, name="Real",
        marker={"color": translucent(colours.real, 0.45), "line": {"width": 0}},
    )  # fmt: skip
    figure.update_xaxes(type="date" if picture.type == "datetime" else "linear")


def _density(picture: ColumnPicture, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    edges = _ticks(picture)
    heights = shares / np.diff(np.asarray(picture.edges, dtype=float))
    return np.append(edges, edges[-1]), np.concatenate([heights, heights[-1:], [0.0]])


def _ticks(picture: ColumnPicture) -> np.ndarray:
    return np.asarray(picture.edges, dtype=float) * (1000 if picture.type == "datetime" else 1)
