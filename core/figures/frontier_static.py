"""Utility against privacy as a still picture for files: the frontier, and six metrics over epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from core.figures.glossary import entry
from core.figures.static import literal
from core.figures.theme import LIGHT, Palette
from core.tape import CONTROL, COPY, Decision, TapePoint, checkpoints_of

UTILITY = ("utility_kept", "tstr_auc", "tstr_r2", "column_shapes")
"""The first of these that was measured is the horizontal axis."""

PRIVACY = ("membership_auc", "dcr_share", "memorised_share")
PANELS = ("column_shapes", "pair_trends", "tstr_auc", "membership_auc", "dcr_share", "singling_out_univariate")
MARKERS = "osD^vP*X"


def frontier_picture(
    points: Sequence[TapePoint],
    anchors: Mapping[str, TapePoint],
    decision: Decision,
    *,
    labels: Mapping[str, str] | None = None,
    colours: Palette = LIGHT,
) -> Figure:
    """The frontier on the left, metrics over epochs on the right; a colour and a marker per seed or label.

    Parameters
    ----------
    points : judged checkpoints of one setting or several
    anchors : mapping of anchor to TapePoint
    decision : Decision
        Its limits are lines, and its epoch a ring.
    labels : mapping of run to name, optional
        Seeds by default.
    """
    figure = Figure(figsize=(15.0, 6.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.0, 1.25))
    looks = _looks(points, colours)
    _draw_plane(_plain(left.subplots()), points, anchors, decision, looks, labels or {}, colours)
    for panel, metric in zip(right.subplots(2, 3).ravel(), PANELS, strict=True):
        _draw_panel(_plain(panel), points, metric, looks, anchors, decision, colours)
    return figure


def plane_picture(
    points: Sequence[TapePoint], anchors: Mapping[str, TapePoint], decision: Decision, *, colours: Palette = LIGHT
) -> Figure:
    """The frontier alone, at the size of a page."""
    figure = Figure(figsize=(8.6, 5.0), layout="constrained")
    _draw_plane(_plain(figure.subplots()), points, anchors, decision, _looks(points, colours), {}, colours)
    return figure


def epochs_picture(
    points: Sequence[TapePoint], anchors: Mapping[str, TapePoint], decision: Decision, *, colours: Palette = LIGHT
) -> Figure:
    """The metrics over epochs alone, at the size of a page; those that were measured."""
    metrics = [name for name in PANELS if any(point.find(name) for point in points)]
    n_columns = min(3, max(1, len(metrics)))
    n_rows = max(1, -(-len(metrics) // n_columns))
    figure = Figure(figsize=(8.6, (2.5 if n_columns > 1 else 4.0) * n_rows), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    looks = _looks(points, colours)
    for panel, metric in zip(panels, metrics, strict=False):
        _draw_panel(_plain(panel), points, metric, looks, anchors, decision, colours)
    for panel in panels[len(metrics) :]:
        panel.set_axis_off()
    return figure


def _looks(points: Sequence[TapePoint], colours: Palette) -> dict[str, tuple[str, str]]:
    """Colour and marker of every run."""
    tones = (colours.synthetic, colours.real, colours.generator, colours.discriminator, colours.caution)
    runs = dict.fromkeys(point.run_id for point in points)
    return {run: (tones[at % len(tones)], MARKERS[at % len(MARKERS)]) for at, run in enumerate(runs)}


def _draw_plane(
    axes: Axes,
    points: Sequence[TapePoint],
    anchors: Mapping[str, TapePoint],
    decision: Decision,
    looks: Mapping[str, tuple[str, str]],
    labels: Mapping[str, str],
    colours: Palette,
) -> None:
    x, y = _first(points, UTILITY), _first(points, PRIVACY)
    if x is None or y is None:
        axes.set_axis_off()
        axes.text(0, 0.5, "Utility or privacy could not be measured.", color=colours.text)
        return
    for run, look in looks.items():
        ones = [one for one in checkpoints_of(points) if one.run_id == run]
        _draw_run(axes, ones, x, y, labels.get(run) or f"seed {_seed(points, run)}", *look)
    chosen = [one for one in checkpoints_of(points) if one.epoch == decision.epoch and one.find(x) and one.find(y)]
    if chosen:
        places = [one.find(x).value for one in chosen], [one.find(y).value for one in chosen]
        axes.scatter(*places, s=190, facecolors="none", edgecolors=colours.text, linewidths=1.6, zorder=4,
                     label="last epoch inside all rules")  # fmt: skip
    _limits(axes, decision, x, y, anchors, colours)
    axes.set_xlabel(literal(f"{entry(x).label} (higher is better)", 60), color=colours.muted, fontsize=10)
    axes.set_ylabel(literal(f"{entry(y).label} (lower gives away less)", 60), color=colours.muted, fontsize=10)
    axes.legend(frameon=False, fontsize=9)


def _seed(points: Sequence[TapePoint], run: str) -> int:
    return next(point.seed for point in points if point.run_id == run)


def _first(points: Sequence[TapePoint], metrics: Sequence[str]) -> str | None:
    return next((name for name in metrics if any(point.find(name) for point in points)), None)


def _plain(axes: Axes) -> Axes:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=LIGHT.grid, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=LIGHT.muted, labelsize=8)
    return axes


def _draw_run(axes: Axes, points: list[TapePoint], x: str, y: str, name: str, colour: str, marker: str) -> None:
    points = [one for one in points if one.find(x) and one.find(y)]
    if not points:
        return
    across, upwards = [one.find(x) for one in points], [one.find(y) for one in points]
    axes.errorbar(
        [one.value for one in across], [one.value for one in upwards], xerr=_ends(across), yerr=_ends(upwards),
        fmt=f"-{marker}", color=colour, ecolor=f"{colour}55", elinewidth=1, linewidth=1.2, markersize=5,
        label=literal(name, 40),
    )  # fmt: skip
    for point, a, b in zip(points, across, upwards, strict=True):
        axes.annotate(f"{point.epoch:,}", (a.value, b.value), (4, 4), textcoords="offset points", fontsize=8)


def _ends(results) -> list[list[float]]:
    below = [0.0 if one.low is None else max(one.value - one.low, 0.0) for one in results]
    above = [0.0 if one.high is None else max(one.high - one.value, 0.0) for one in results]
    return [below, above]


def _limits(axes: Axes, decision: Decision, x: str, y: str, anchors: Mapping[str, TapePoint], colours: Palette) -> None:
    for name, colour in ((CONTROL, colours.real), (COPY, colours.bad)):
        for metric, draw in ((x, axes.axvline), (y, axes.axhline)):
            found = anchors[name].find(metric) if name in anchors else None
            if found is not None:
                draw(found.value, color=colour, linestyle=":", linewidth=1.2, label=name if metric == y else None)
    for rule in decision.rules:
        for metric, draw in ((x, axes.axvline), (y, axes.axhline)):
            if rule.metric == metric:
                draw(rule.limit, color=colours.caution, linestyle="--", linewidth=1.6, label=literal(rule, 40))


def _draw_panel(axes: Axes, points, metric: str, looks, anchors, decision: Decision, colours: Palette) -> None:
    axes.set_title(literal(entry(metric).label, 40), loc="left", fontsize=10, color=colours.text)
    for run, (colour, marker) in looks.items():
        ones = [one for one in checkpoints_of(points) if one.run_id == run and one.find(metric)]
        results = [one.find(metric) for one in ones]
        epochs = [one.epoch for one in ones]
        axes.plot(epochs, [one.value for one in results], f"-{marker}", color=colour, linewidth=1.2, markersize=4)
        known = [(epoch, one) for epoch, one in zip(epochs, results, strict=True) if one.low is not None]
        known = [(epoch, one) for epoch, one in known if one.high is not None]
        if known:
            axes.fill_between(
                [epoch for epoch, _ in known], [one.low for _, one in known], [one.high for _, one in known],
                color=colour, alpha=0.12, linewidth=0,
            )  # fmt: skip
    for name, colour in ((CONTROL, colours.real), (COPY, colours.bad)):
        found = anchors[name].find(metric) if name in anchors else None
        if found is not None:
            axes.axhline(found.value, color=colour, linestyle=":", linewidth=1)
    for rule in decision.rules:
        if rule.metric == metric:
            axes.axhline(rule.limit, color=colours.caution, linestyle="--", linewidth=1.4)
    if decision.epoch is not None:
        axes.axvline(decision.epoch, color=colours.text, linewidth=0.8)
    if len({one.epoch for one in points}) > 1:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        epochs = sorted({one.epoch for one in points if not one.anchor})
        axes.set_xticks([epochs[0], epochs[len(epochs) // 2], epochs[-1]])
    axes.set_xlabel("Epoch", color=colours.muted, fontsize=8)
