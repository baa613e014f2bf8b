"""Utility against privacy, and every metric over epochs, on the screen."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import plotly.graph_objects as go

from core.figures.text import plain, short
from core.figures.theme import LIGHT, Palette, drawn, translucent
from core.records import MetricResult
from core.tape import CONTROL, COPY, Band, Rule, Series, TapePoint

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")


def frontier_figure(
    settings: Sequence[Series],
    x: str,
    y: str,
    *,
    labels: Mapping[str, str],
    anchors: Mapping[str, TapePoint] | None = None,
    front: Collection[tuple[str, int]] = (),
    selected: tuple[str, int] | None = None,
    last_inside: tuple[str, int] | None = None,
    rules: Sequence[Rule] = (),
    by_steps: bool = False,
    colours: Palette = LIGHT,
    height: int = 460,
) -> go.Figure:
    """A point per checkpoint, joined in the order of epochs, with both intervals as bars.

    Parameters
    ----------
    settings : sequence of Series
    x, y : str
        Metrics of the axes: utility across, privacy upwards.
    labels : mapping of metric to axis title
    anchors : mapping of anchor to TapePoint
        Drawn as lines: what fresh rows and copied rows score.
    front : (run, epoch) pairs on the Pareto front
    selected : (run, epoch) or None
    last_inside : (run, epoch) or None
        The last checkpoint that keeps every rule.
    rules : limits on either metric, drawn as lines
    by_steps : whether points are named by steps instead of epochs
    """
    tones = (colours.synthetic, colours.real, colours.generator, colours.discriminator, colours.caution)
    traces = []
    for place, one in enumerate(settings):
        look = {"colour": tones[place % len(tones)], "dash": DASHES[place % len(DASHES)]}
        for number, run_id in enumerate(one.runs):
            points = [point for point in one.of_run(run_id) if point.find(x) and point.find(y)]
            if points:
                name = plain(short(one.label, 40))
                symbol = SYMBOLS[place % len(SYMBOLS)]
                traces.append(_run(points, x, y, name, look, symbol, front, by_steps, shown=number == 0))
    ring = {"symbol": "circle-open", "size": 22, "color": colours.text, "line": {"width": 2}}
    traces += _mark(settings, x, y, selected, "chosen epoch", ring)
    diamond = {"symbol": "diamond-open", "size": 28, "color": colours.good, "line": {"width": 2}}
    traces += _mark(settings, x, y, last_inside, "last that keeps the cap", diamond)
    lines, names = _lines(x, y, anchors or {}, rules, colours)
    layout = {
        "shapes": lines, "annotations": names, "xaxis": {"title": {"text": plain(labels.get(x, x))}},
        "yaxis": {"title": {"text": plain(labels.get(y, y))}},
    }  # fmt: skip
    return drawn(traces, layout, colours, height=height)


def _run(points, x, y, name, look, symbol, front, by_steps, *, shown) -> dict:
    """The checkpoints of one run."""
    colour = look["colour"]
    across, upwards = [point.find(x) for point in points], [point.find(y) for point in points]
    on_front = [(point.run_id, point.epoch) in front for point in points]
    named = {at for at in (0, len(points) // 2, len(points) - 1)} | {at for at, one in enumerate(on_front) if one}
    texts = [
        (f"{point.step:,}" if by_steps else f"{point.epoch:,}") if at in named else ""
        for at, point in enumerate(points)
    ]
    return {
        "type": "scatter",
        "x": [one.value for one in across],
        "y": [one.value for one in upwards],
        "mode": "lines+markers+text",
        "name": name,
        "legendgroup": name,
        "showlegend": shown,
        "text": texts,
        "textposition": "top center",
        "textfont": {"size": 11},
        "line": {"color": translucent(colour, 0.55), "width": 1.5, "dash": look["dash"]},
        "marker": {
            "symbol": symbol,
            "size": [11 if one else 8 for one in on_front],
            "color": [colour if one else translucent(colour, 0.35) for one in on_front],
            "line": {"color": colour, "width": [2.5 if one else 1 for one in on_front]},
        },
        "error_x": _bars(across, colour),
        "error_y": _bars(upwards, colour),
        "customdata": [[point.run_id, point.epoch, point.step, point.seed] for point in points],
        "hovertemplate": (
            "epoch %{customdata[1]:,} (step %{customdata[2]:,}), seed %{customdata[3]}<br>"
            "across %{x:.3f}, upwards %{y:.3f}<extra></extra>"
        ),
    }


def _bars(results: Sequence[MetricResult], colour: str) -> dict:
    """Distances from the values to both ends of their intervals; 0 where there is none."""
    above = [0.0 if one.high is None else max(one.high - one.value, 0.0) for one in results]
    below = [0.0 if one.low is None else max(one.value - one.low, 0.0) for one in results]
    return {
        "type": "data", "array": above, "arrayminus": below, "color": translucent(colour, 0.35), "thickness": 1,
        "width": 2,
    }  # fmt: skip


def _mark(settings, x, y, wanted, name: str, marker: dict) -> list[dict]:
    """A mark around one checkpoint, where it has both numbers."""
    for one in settings:
        for point in one.points:
            if wanted == (point.run_id, point.epoch) and point.find(x) and point.find(y):
                return [
                    {
                        "type": "scatter", "x": [point.find(x).value], "y": [point.find(y).value], "mode": "markers",
                        "name": name, "hoverinfo": "skip", "marker": marker,
                    }
                ]  # fmt: skip
    return []


def _lines(
    x: str, y: str, anchors: Mapping[str, TapePoint], rules: Sequence[Rule], colours: Palette
) -> tuple[list[dict], list[dict]]:
    """Lines of anchors and rules on either axis, and their names at the lower right and the upper left."""
    lines, names = [], []
    for name, colour in ((CONTROL, colours.real), (COPY, colours.bad)):
        for metric, axis in ((x, "x"), (y, "y")):
            found = anchors[name].find(metric) if name in anchors else None
            if found is not None:
                lines.append(_line(axis, found.value, colour, 1.5, "dot", domain=True))
                names.append(_name(axis, found.value, name, colour, first=False))
                names[-1]["textangle"] = 90 if axis == "x" else 0
    for rule in rules:
        for metric, axis in ((x, "x"), (y, "y")):
            if rule.metric == metric:
                lines.append(_line(axis, rule.limit, colours.caution, 2, "dash", domain=True))
                names.append(_name(axis, rule.limit, plain(str(rule)), colours.caution, first=True))
    return lines, names


def _name(axis: str, value: float, text: str, colour: str, *, first: bool) -> dict:
    """The name of a line: at the upper left of it; or at the lower right, and upright ones halfway, free of both."""
    if axis == "x":
        place = {"x": value, "xref": "x", "xanchor": "right" if first else "left"}
        place |= {"y": 1 if first else 0.5, "yref": "y domain", "yanchor": "top" if first else "middle"}
    else:
        place = {"y": value, "yref": "y", "yanchor": "bottom" if first else "top"}
        place |= {"x": 0 if first else 1, "xref": "x domain", "xanchor": "left" if first else "right"}
    return {**place, "text": text, "showarrow": False, "font": {"size": 11, "color": colour}}


def over_epochs_figure(
    bands: Mapping[str, Sequence[Band]],
    *,
    title: str,
    anchors: Mapping[str, float] | None = None,
    limit: float | None = None,
    selected: int | None = None,
    last_inside: int | None = None,
    by_steps: bool = False,
    logarithmic: bool = True,
    colours: Palette = LIGHT,
    height: int = 260,
) -> go.Figure:
    """One metric over epochs or steps, a band per setting.

    Parameters
    ----------
    bands : mapping of setting to its bands
    title : str
        Axis title: the metric with its direction.
    anchors : mapping of name to value, drawn as lines
    limit : float, optional
        Of a rule on this metric.
    selected : int, optional
        Epoch or step of the chosen checkpoint.
    last_inside : int, optional
        Epoch or step of the last checkpoint that keeps every rule.
    """
    tones = (colours.synthetic, colours.real, colours.generator, colours.discriminator, colours.caution)
    traces = []
    for place, (name, ones) in enumerate(bands.items()):
        traces += _band_traces(name, ones, tones[place % len(tones)], place, by_steps)
    looks = {CONTROL: colours.real, COPY: colours.bad}
    lines = [_line("y", value, looks.get(name, colours.muted), 1.2, "dot") for name, value in (anchors or {}).items()]
    names = [
        {"x": 1, "xref": "paper", "y": value, "text": name, "showarrow": False, "xanchor": "right", "borderpad": 0,
         # the higher of two that lie close would run into the lower
         "yanchor": "bottom" if value > min(anchors.values()) else "top",
         "bgcolor": translucent(colours.background, 0.7), "font": {"size": 11, "color": looks.get(name, colours.muted)}}
        for name, value in (anchors or {}).items()
    ]  # fmt: skip
    if limit is not None:
        lines.append(_line("y", limit, colours.caution, 2, "dash"))
    if last_inside is not None:
        lines.append(_line("x", last_inside, colours.good, 2, "solid"))
    if selected is not None:
        lines.append(_line("x", selected, colours.text, 1, "solid"))
    across = {"title": {"text": "Generator steps" if by_steps else "Epoch"}}
    places = [one.step if by_steps else one.epoch for ones in bands.values() for one in ones]
    if logarithmic:
        across |= {"type": "log", "tickvals": ends_and_middle(places), "tickformat": ","}
    layout = {
        "shapes": lines, "annotations": names, "xaxis": across,
        "yaxis": {"title": {"text": plain(title)}},
    }  # fmt: skip
    return drawn(traces, layout, colours, height=height, legend=len(bands) > 1)


def ends_and_middle(places: Sequence[int]) -> list[int]:
    """The first, the last and the one nearest to their middle on a logarithmic axis.

    >>> ends_and_middle([1, 8, 60])
    [1, 8, 60]
    >>> ends_and_middle([50, 118, 277, 653, 1536, 3615, 8504, 20000])
    [50, 653, 20000]
    """
    if not places:
        return []
    first, last = min(places), max(places)
    middle = min(places, key=lambda one: abs(math.log(max(one, 1)) - math.log(max(first * last, 1)) / 2))
    return sorted({first, middle, last})


def _line(axis: str, value: float, colour: str, width: float, dash: str, *, domain: bool = False) -> dict:
    """A line across the whole chart at a value of one axis."""
    other = "x" if axis == "y" else "y"
    ends = {f"{axis}0": value, f"{axis}1": value, f"{other}0": 0, f"{other}1": 1}
    refs = {f"{other}ref": f"{other} domain", f"{axis}ref": axis} if domain else {f"{other}ref": "paper"}
    return {"type": "line", **ends, **refs, "line": {"color": colour, "width": width, "dash": dash}}


def _band_traces(name: str, ones: Sequence[Band], colour: str, place: int, by_steps: bool) -> list[dict]:
    """The band of one setting and the line in it."""
    at = [one.step if by_steps else one.epoch for one in ones]
    known = [(x, one) for x, one in zip(at, ones, strict=True) if one.low is not None and one.high is not None]
    return [
        {
            "type": "scatter", "mode": "lines", "x": [x for x, _ in known] + [x for x, _ in reversed(known)],
            "y": [one.high for _, one in known] + [one.low for _, one in reversed(known)], "fill": "toself",
            "fillcolor": translucent(colour, 0.15), "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
        },
        {
            "type": "scatter", "mode": "lines+markers", "x": at, "y": [one.value for one in ones],
            "name": plain(short(name, 40)),
            "line": {"color": colour, "width": 2, "dash": DASHES[place % len(DASHES)]},
            "marker": {"size": 6, "symbol": SYMBOLS[place % len(SYMBOLS)]},
            "customdata": [[one.low, one.high, one.n_seeds] for one in ones],
            "hovertemplate": "%{x:,}: %{y:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f}), "
            "seeds %{customdata[2]}<extra></extra>",
        },
    ]  # fmt: skip


def describe_frontier(settings: Sequence[Series], x: str, y: str) -> str:
    """The chart as a sentence, for those who cannot see it."""
    points = [point for one in settings for point in one.points if point.find(x) and point.find(y)]
    if not points:
        return "No checkpoint has been judged yet."
    first, last = min(points, key=lambda one: one.epoch), max(points, key=lambda one: one.epoch)
    went = [
        f"{metric.replace('_', ' ')} goes from {first.find(metric).value:.3f} to {last.find(metric).value:.3f}"
        for metric in (x, y)
    ]
    return f"From epoch {first.epoch} to {last.epoch}, {' and '.join(went)}."
