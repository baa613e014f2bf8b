"""Still pictures of pairs, whole rows, quantiles, scales and rates, for files; seaborn where it has the chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from core.figures.joint import cell_texts, shares
from core.figures.quantiles import quantiles
from core.figures.scales import Rate, as_anchors, axis_range
from core.figures.static import literal
from core.figures.theme import LIGHT, Palette
from core.pictures import JointPicture, ProjectionPicture
from core.records import ColumnPicture, MetricResult


def joint_picture(picture: JointPicture, *, colours: Palette = LIGHT) -> Figure:
    """Two heatmaps of the share of rows in every cell, real and synthetic, on one scale."""
    figure = Figure(figsize=(12.0, 5.2), layout="constrained")
    tables = [shares(picture.real) * 100, shares(picture.synthetic) * 100]
    top = max(float(one.max()) for one in tables) or 1.0
    x, y = ([literal(text, 18) for text in cell_texts(axis)] for axis in (picture.x, picture.y))
    for axes, title, matrix, ink in zip(
        figure.subplots(1, 2, sharey=True),
        ("Real", "Synthetic"),
        tables,
        (colours.real, colours.synthetic),
        strict=True,
    ):
        shades = LinearSegmentedColormap.from_list(title, (colours.background, ink))
        frame = pd.DataFrame(matrix, index=range(len(y)), columns=range(len(x)))
        sns.heatmap(frame, ax=axes, vmin=0, vmax=top, cmap=shades, cbar_kws={"label": "Share of rows (%)"})
        axes.invert_yaxis()
        step = max(len(x) // 12, 1)
        axes.set_xticks(np.arange(0, len(x), step) + 0.5, x[::step], rotation=45, ha="right", fontsize=7)
        step = max(len(y) // 16, 1)
        axes.set_yticks(np.arange(0, len(y), step) + 0.5, y[::step], rotation=0, fontsize=7)
        axes.set_title(title, loc="left", fontsize=11, color=colours.text)
        axes.set_xlabel(literal(picture.x.name, 40), color=colours.muted, fontsize=9)
        axes.set_ylabel(literal(picture.y.name, 40), color=colours.muted, fontsize=9)
    return figure


def projection_picture(picture: ProjectionPicture, *, colours: Palette = LIGHT) -> Figure:
    """Real rows as shading, synthetic rows as contour lines."""
    figure = Figure(figsize=(6.4, 5.6), layout="constrained")
    axes = figure.subplots()
    x, y = np.asarray(picture.x_edges), np.asarray(picture.y_edges)
    shades = LinearSegmentedColormap.from_list("real", (colours.background, colours.real))
    axes.pcolormesh(x, y, np.sqrt(shares(picture.counts["real"])), cmap=shades)
    synthetic = np.sqrt(shares(picture.counts["synthetic"]))
    levels = np.linspace(synthetic.max() * 0.08, synthetic.max() * 0.9, 6)
    if levels[0] < levels[-1]:
        axes.contour((x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2, synthetic, levels=levels, colors=colours.synthetic,
                     linewidths=1.2)  # fmt: skip
    axes.set_title("Real (shaded) and synthetic (lines)", loc="left", fontsize=11, color=colours.text)
    axes.set_xlabel(f"First component ({picture.explained[0]:.0%} of the spread)", color=colours.muted, fontsize=9)
    axes.set_ylabel(f"Second component ({picture.explained[1]:.0%} of the spread)", color=colours.muted, fontsize=9)
    return figure


def ecdf_picture(picture: ColumnPicture, *, colours: Palette = LIGHT) -> Figure:
    """Share of rows at or below each value."""
    figure, axes = _plain()
    share, real, synthetic = quantiles(picture)
    real, synthetic = _dates(picture, real, synthetic)
    axes.step(real, share * 100, where="post", color=colours.real, label="Real", linewidth=1.8)
    axes.step(synthetic, share * 100, "--", where="post", color=colours.synthetic, label="Synthetic", linewidth=1.8)
    axes.set_ylabel("Rows at or below (%)", color=colours.muted, fontsize=9)
    axes.set_title(literal(picture.column, 60), loc="left", fontsize=11, color=colours.text)
    axes.legend(frameon=False, fontsize=9)
    return figure


def qq_picture(picture: ColumnPicture, *, colours: Palette = LIGHT) -> Figure:
    """Synthetic quantiles against real ones."""
    figure, axes = _plain()
    _, real, synthetic = quantiles(picture)
    real, synthetic = _dates(picture, real, synthetic)
    ends = [min(real[0], synthetic[0]), max(real[-1], synthetic[-1])]
    axes.plot(ends, ends, ":", color=colours.muted, linewidth=1.2, label="Equal")
    axes.plot(real, synthetic, "o-", color=colours.synthetic, markersize=2.5, linewidth=0.8, label="Quantiles")
    axes.set_xlabel("Real", color=colours.muted, fontsize=9)
    axes.set_ylabel("Synthetic", color=colours.muted, fontsize=9)
    axes.set_title(literal(picture.column, 60), loc="left", fontsize=11, color=colours.text)
    axes.legend(frameon=False, fontsize=9)
    return figure


def scale_picture(result: MetricResult, label: str, *, colours: Palette = LIGHT) -> Figure:
    """A metric's value with its interval between its anchors."""
    figure = Figure(figsize=(6.4, 1.9), layout="constrained")
    axes = figure.subplots()
    low, high = axis_range(result)
    axes.plot([low, high], [0, 0], color=colours.grid, linewidth=3, zorder=0)
    for place, anchor in enumerate(as_anchors(result.anchors)):
        if anchor.low is not None and anchor.high is not None:
            axes.plot([anchor.low, anchor.high], [0, 0], color=colours.muted, alpha=0.35, linewidth=8)
        axes.plot([anchor.value] * 2, [-0.25, 0.25], color=colours.muted, linewidth=1.4)
        axes.annotate(f"{literal(anchor.name, 34)} {anchor.value:.3f}", (anchor.value, -0.4 - 0.42 * (place % 4)),
                      ha="center", va="top", fontsize=7, color=colours.muted)  # fmt: skip
    if result.low is not None and result.high is not None:
        axes.plot([result.low, result.high], [0, 0], color=colours.synthetic, alpha=0.5, linewidth=6)
    axes.plot([result.value], [0], "o", color=colours.synthetic, markersize=8)
    axes.set_title(f"{label}: {result.value:.3f}; {result.direction}", loc="left", fontsize=10, color=colours.text)
    axes.set_xlim(low, high)
    axes.set_ylim(-2.3, 0.6)
    axes.axis("off")
    return figure


def rate_picture(rates: Sequence[Rate], unit: str, *, colours: Palette = LIGHT) -> Figure:
    """Rates above one another, each a dot with its interval."""
    figure, axes = _plain(height=1.0 + 0.45 * max(len(rates), 1))
    inks = {"synthetic": colours.synthetic, "real": colours.real, "quiet": colours.muted}
    marks = {"synthetic": "o", "real": "s", "quiet": "D"}
    for place, one in enumerate(rates):
        low, high = one.value if one.low is None else one.low, one.value if one.high is None else one.high
        axes.errorbar([one.value], [place], xerr=[[one.value - low], [high - one.value]], fmt=marks[one.role],
                      color=inks[one.role], capsize=4)  # fmt: skip
    axes.set_yticks(range(len(rates)), [literal(one.label, 40) for one in rates])
    axes.invert_yaxis()
    axes.set_xlabel(literal(unit, 120), color=colours.muted, fontsize=9)
    return figure


def _dates(picture: ColumnPicture, *values: np.ndarray) -> list[np.ndarray]:
    if picture.type != "datetime":
        return list(values)
    return [(one * 1e6).astype("int64").astype("datetime64[us]") for one in values]


def _plain(height: float = 3.6):
    figure = Figure(figsize=(6.0, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LIGHT.grid)
    axes.tick_params(colors=LIGHT.muted, labelsize=8)
    axes.grid(color=LIGHT.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes
