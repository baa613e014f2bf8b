"""The same charts as still pictures for files: matplotlib figures that need no browser, in print colours.

Figures are made with matplotlib's object interface; its global state is not safe under several threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from core.figures.columns import bin_shares, level_shares
from core.figures.correlations import MAX_TICKS, as_matrix
from core.figures.scales import as_anchors, axis_range, in_words
from core.figures.text import short
from core.figures.theme import LIGHT, Palette
from core.figures.training import loss_curve, smoothed
from core.records import ColumnPicture, CorrelationPicture, DistanceCurve, EpochRecord, MetricResult

FORMATS = ("png", "svg")


def save_figure(figure: Figure, target: Path | str | BytesIO, *, kind: str = "png", outlines: bool = True) -> None:
    """Write a figure as `png` (160 dots per inch) or `svg`.

    Parameters
    ----------
    outlines : bool
        Whether letters of an `svg` are drawn as shapes; without, they are text in the reader's font, half as large.

    Raises
    ------
    ValueError
        If `kind` is none of `FORMATS`.
    """
    if kind not in FORMATS:
        raise ValueError(f"pictures are written as {' or '.join(FORMATS)}, not {kind}")
    with rc_context({"svg.fonttype": "path" if outlines else "none"}):
        figure.savefig(target, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else None)


def literal(text: object, limit: int = 28) -> str:
    """A name for matplotlib: shortened, with dollar signs that do not begin a formula.

    >>> literal("$x$")
    '\\\\$x\\\\$'
    """
    return short(text, limit).replace("$", r"\$")


def column_picture(
    picture: ColumnPicture,
    *,
    colours: Palette = LIGHT,
    max_levels: int = 20,
    size: tuple[float, float] = (6.0, 3.6),
) -> Figure:
    """Overlaid histogram or paired bars of one column, with its name above; `size` is width and height in inches."""
    figure, axes = _figure(*size)
    if picture.edges:
        _draw_histogram(axes, picture, colours)
    else:
        _draw_bars(axes, picture, colours, max_levels)
    axes.set_title(literal(picture.column, 60), loc="left", fontsize=11, color=colours.text)
    axes.legend(frameon=False, fontsize=9)
    return figure


def correlation_picture(picture: CorrelationPicture, *, colours: Palette = LIGHT) -> Figure:
    """Three heatmaps on one scale: real, synthetic, difference."""
    real, synthetic = as_matrix(picture.real), as_matrix(picture.synthetic)
    figure = Figure(figsize=(13.0, 4.9), layout="constrained")
    all_axes = figure.subplots(1, 3, sharey=True)
    shades = LinearSegmentedColormap.from_list("association", colours.diverging).with_extremes(bad=colours.grid)
    names = [literal(name, 16) for name in picture.columns]
    image = None
    for axes, title, matrix in zip(
        all_axes, ("Real", "Synthetic", "Synthetic minus real"), (real, synthetic, synthetic - real), strict=True
    ):
        image = axes.imshow(matrix, vmin=-1, vmax=1, cmap=shades, aspect="equal", interpolation="nearest")
        axes.set_title(title, loc="left", fontsize=11, color=colours.text)
        ticks = range(len(names)) if len(names) <= MAX_TICKS else []
        axes.set_xticks(ticks, [names[tick] for tick in ticks], rotation=90, fontsize=7)
        axes.set_yticks(ticks, [names[tick] for tick in ticks], fontsize=7)
        axes.tick_params(length=0, colors=colours.muted)
        axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=all_axes, shrink=0.8)
    return figure


def distance_picture(curve: DistanceCurve, *, colours: Palette = LIGHT) -> Figure:
    """Cumulative curves of a distance."""
    figure, axes = _figure(6.4, 4.0)
    for name, points in curve.series.items():
        to_control = "control" in name and name.startswith("synthetic")
        colour = colours.real if to_control else colours.synthetic if name.startswith("synthetic") else colours.muted
        style = "--" if to_control else "-" if name.startswith("synthetic") else ":"
        axes.plot(curve.grid, np.asarray(points) * 100, style, color=colour, label=literal(name, 60), linewidth=1.8)
    axes.set_xlabel(literal(curve.label, 120), color=colours.muted, fontsize=9)
    axes.set_ylabel("Rows at or below (%)", color=colours.muted, fontsize=9)
    axes.set_ylim(0, 101)
    axes.legend(frameon=False, fontsize=9)
    return figure


def loss_picture(records: Sequence[EpochRecord], smoothing: int = 0, *, colours: Palette = LIGHT) -> Figure:
    """Both losses as epoch means with a band of one standard deviation."""
    figure, axes = _figure(7.2, 3.8)
    looks = (
        ("generator", "Generator", colours.generator, "-"),
        ("discriminator", "Discriminator", colours.discriminator, "--"),
    )
    for loss, name, colour, style in looks:
        curve = loss_curve(records, loss)
        mean = smoothed(curve.mean, smoothing)
        axes.plot(curve.epoch, mean, style, color=colour, label=f"{name} loss", linewidth=1.8)
        axes.fill_between(curve.epoch, mean - curve.spread, mean + curve.spread, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("Epoch", color=colours.muted, fontsize=9)
    axes.set_ylabel("Loss (no unit)", color=colours.muted, fontsize=9)
    axes.legend(frameon=False, fontsize=9)
    return figure


def scale_picture(results: Sequence[MetricResult], *, colours: Palette = LIGHT) -> Figure:
    """Metrics of the table under one another, each on its own scale: value, interval and anchors."""
    figure = Figure(figsize=(9.0, 0.9 * max(1, len(results)) + 0.3), layout="constrained")
    rows = figure.subplots(max(1, len(results)), 1, squeeze=False)[:, 0]
    for axes, result in zip(rows, results, strict=False):
        _draw_scale(axes, result, colours)
    return figure


def _draw_scale(axes: Axes, result: MetricResult, colours: Palette) -> None:
    low, high = axis_range(result)
    axes.plot([low, high], [0, 0], color=colours.grid, linewidth=3, zorder=1)
    if result.low is not None and result.high is not None:
        axes.plot([result.low, result.high], [0, 0], color=colours.synthetic, alpha=0.5, linewidth=6, zorder=2)
    for place, anchor in enumerate(as_anchors(result.anchors)):
        axes.plot([anchor.value, anchor.value], [-0.3, 0.3], color=colours.muted, linewidth=1.4, zorder=3)
        height, side = (0.45, "bottom") if place % 2 else (-0.45, "top")
        name = f"{literal(anchor.name, 34)} {anchor.value:.3f}"
        share = (anchor.value - low) / ((high - low) or 1.0)
        align = "left" if share < 0.15 else "right" if share > 0.85 else "center"  # a name at an end stays inside
        axes.text(anchor.value, height, name, fontsize=6.5, color=colours.muted, ha=align, va=side)
    axes.plot([result.value], [0], "o", color=colours.synthetic, markersize=7, zorder=4)
    axes.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.set_ylim(-1.1, 1.1)
    axes.set_axis_off()
    words = f"{literal(result.metric.replace('_', ' '), 60)}: {in_words(result)}"
    axes.set_title(words, loc="left", fontsize=8, color=colours.text)


def stamped(figure: Figure, line: str) -> Figure:
    """The same figure with a quiet line at its foot, below everything that is drawn."""
    if line:
        figure.get_layout_engine().set(rect=(0, 0.05, 1, 0.95))
        figure.text(0.995, 0.008, literal(line, 160), ha="right", va="bottom", fontsize=6, color=LIGHT.muted)
    return figure


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LIGHT.grid)
    axes.tick_params(colors=LIGHT.muted, labelsize=8)
    axes.grid(axis="y", color=LIGHT.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _draw_histogram(axes: Axes, picture: ColumnPicture, colours: Palette) -> None:
    shares = bin_shares(picture)
    edges = np.asarray(picture.edges, dtype=float)
    if picture.type == "datetime":
        edges = (edges * 1e6).astype("int64").astype("datetime64[us]")
        places = AutoDateLocator(minticks=2, maxticks=5)
        axes.xaxis.set_major_locator(places)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(places))
    axes.stairs(shares.real * 100, edges, fill=True, color=colours.real, alpha=0.45, label="Real")
    if picture.synthetic:
        axes.stairs(shares.synthetic * 100, edges, color=colours.synthetic, linewidth=1.6, label="Synthetic")
    axes.set_ylabel("Share of rows (%)", color=colours.muted, fontsize=9)


def _draw_bars(axes: Axes, picture: ColumnPicture, colours: Palette, max_levels: int) -> None:
    shares = level_shares(picture, max_levels)
    places = np.arange(len(shares.texts))
    axes.barh(places - 0.2, shares.real * 100, 0.38, color=colours.real, alpha=0.6, label="Real")
    if picture.synthetic:
        axes.barh(
            places + 0.2,
            shares.synthetic * 100,
            0.38,
            facecolor="none",
            edgecolor=colours.synthetic,
            hatch="////",
            label="Synthetic",
        )
    axes.set_yticks(places, [literal(text, 24) for text in shares.texts])
    axes.invert_yaxis()
    axes.grid(axis="x", color=colours.grid, linewidth=0.8)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("Share of rows (%)", color=colours.muted, fontsize=9)
