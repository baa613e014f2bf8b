"""Utility against privacy, and every metric over epochs, on the screen."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from core.figures.options import LEGEND, TITLE, Option, band, hover, level, marks, option, saying, upright
from core.figures.text import short
from core.figures.theme import LIGHT, Palette, translucent
from core.records import MetricResult
from core.tape import CONTROL, COPY, Band, Rule, Series, TapePoint

KINDS: tuple[str | list[int], ...] = ("solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4])
SYMBOLS = ("circle", "rect", "diamond", "triangle", "roundRect")
"""Lines and points of settings, in the order of their colours."""

SAID = saying("checkpoint", "across", "upwards")
"""What a checkpoint carries beside its place, for the box that hovering opens."""

CHOSEN = "chosen epoch"
LEFT, RIGHT, BELOW = 48, 12, 40
"""Pixels around the axes of charts over epochs: fixed, so that a line can be laid over all of them at once."""


def frontier_option(
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
) -> Option:
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
    tones = _tones(colours)
    series: list[Option] = []
    for place, one in enumerate(settings):
        for run_id in one.runs:
            points = [point for point in one.of_run(run_id) if point.find(x) and point.find(y)]
            if points:
                series += _run(points, x, y, short(one.label, 40), tones[place % len(tones)], place, front, by_steps)
    drawn = [point for one in settings for point in one.points if point.find(x) and point.find(y)]
    names = list(dict.fromkeys(one["name"] for one in series if one["name"]))
    for name, wanted, symbol, size, colour in (
        (CHOSEN, selected, "circle", 22, colours.text),
        ("last that keeps the cap", last_inside, "diamond", 30, colours.good),
    ):
        marked = [point for point in drawn if wanted == (point.run_id, point.epoch)][:1]
        if marked:
            series.append(_mark(marked[0], x, y, name, symbol, size, colour))
            names.append(name)
    series.append(marks(_lines(x, y, anchors or {}, rules, colours)))
    axes = {
        one: {"name": labels.get(one, one), **_reach(drawn, one, anchors or {}, rules),
              "axisLabel": {"showMinLabel": False, "showMaxLabel": False}}
        for one in (x, y)
    }  # fmt: skip
    found = option(series, colours, x=axes[x], y=axes[y] | {"nameGap": 40}, legend=names)
    found["tooltip"] = hover(colours, "{@[2]}<br>across {@[3]}<br>upwards {@[4]}", trigger="item")
    return found


def _reach(points: Sequence[TapePoint], metric: str, anchors: Mapping[str, TapePoint], rules: Sequence[Rule]) -> Option:
    """Ends of an axis that holds intervals, anchors and limits: lines alone would not widen it."""
    found = [point.find(metric) for point in (*points, *anchors.values())]
    values = [end for one in found if one is not None for end in (one.value, one.low, one.high) if end is not None]
    values += [rule.limit for rule in rules if rule.metric == metric]
    if not values:
        return {}
    room = 0.06 * (max(values) - min(values)) or 0.05
    return {"min": min(values) - room, "max": max(values) + room}


def _run(points, x, y, name, colour, place, front, by_steps) -> list[Option]:
    """The checkpoints of one run, and the bars of their intervals."""
    across, upwards = [point.find(x) for point in points], [point.find(y) for point in points]
    on_front = [(point.run_id, point.epoch) in front for point in points]
    named = {at for at in (0, len(points) // 2, len(points) - 1)} | {at for at, one in enumerate(on_front) if one}
    kind, symbol = KINDS[place % len(KINDS)], SYMBOLS[place % len(SYMBOLS)]
    data = []
    for at, (point, first, second, best) in enumerate(zip(points, across, upwards, on_front, strict=True)):
        said = f"epoch {point.epoch:,} (step {point.step:,}), seed {point.seed}"
        look = {"color": colour if best else translucent(colour, 0.35), "borderColor": colour}
        data.append(
            {
                "value": [first.value, second.value, said, _said(first), _said(second)],
                "symbolSize": 11 if best else 8,
                "itemStyle": look | {"borderWidth": 2.5 if best else 1},
                "label": {"show": at in named, "formatter": f"{point.step if by_steps else point.epoch:,}"},
            }
        )
    bars: list[list[float | None]] = []
    for first, second in zip(across, upwards, strict=True):
        for ends in (
            [[end, second.value] for end in (first.low, first.high)],
            [[first.value, end] for end in (second.low, second.high)],
        ):
            if None not in (*ends[0], *ends[1]):
                bars += [*ends, [None, None]]
    return [
        {
            "type": "line", "name": "", "data": bars, "symbol": "none", "silent": True, "connectNulls": False,
            "lineStyle": {"color": translucent(colour, 0.35), "width": 1},
        },
        {
            "type": "line", "name": name, "data": data, "dimensions": SAID, "symbol": symbol, "showAllSymbol": True,
            "itemStyle": {"color": colour},
            "lineStyle": {"color": translucent(colour, 0.55), "width": 1.5, "type": kind},
            "label": {"position": "top", "fontSize": 11, "color": colour}, "emphasis": {"disabled": True},
            "labelLayout": {"hideOverlap": True},
        },
    ]  # fmt: skip


def _said(one: MetricResult) -> str:
    interval = "" if None in (one.low, one.high) else f" ({one.low:.3f} to {one.high:.3f})"
    return f"{one.value:.3f}{interval}"


def _mark(point: TapePoint, x: str, y: str, name: str, symbol: str, size: int, colour: str) -> Option:
    """A mark around one checkpoint."""
    return {
        "type": "scatter", "name": name, "data": [[point.find(x).value, point.find(y).value]], "silent": True,
        "symbol": symbol, "symbolSize": size, "z": 1,
        "itemStyle": {"color": "transparent", "borderColor": colour, "borderWidth": 2},
    }  # fmt: skip


def _lines(x: str, y: str, anchors: Mapping[str, TapePoint], rules: Sequence[Rule], colours: Palette) -> list[Option]:
    """Lines of anchors and rules on either axis: names of rules at the start, of anchors at the end or halfway up."""
    lines = []
    for name, colour in ((CONTROL, colours.real), (COPY, colours.bad)):
        for metric, line, place in ((x, upright, "insideMiddleTop"), (y, level, "insideEndBottom")):
            found = anchors[name].find(metric) if name in anchors else None
            if found is not None:
                lines.append(line(found.value, colour, name=name, width=1.5, dash="dotted", place=place))
    for rule in rules:
        for metric, line, place in ((x, upright, "insideEndBottom"), (y, level, "insideStartTop")):
            if rule.metric == metric:
                lines.append(line(rule.limit, colours.caution, name=str(rule), width=2, dash="dashed", place=place))
    return lines


def over_epochs_option(
    bands: Mapping[str, Sequence[Band]],
    *,
    title: str,
    anchors: Mapping[str, float] | None = None,
    limit: float | None = None,
    last_inside: int | None = None,
    by_steps: bool = False,
    n_settings: int = 1,
    ends: tuple[int, int] | None = None,
    colours: Palette = LIGHT,
) -> Option:
    """One metric over epochs or steps on a logarithmic axis, a band per setting.

    Parameters
    ----------
    bands : mapping of setting to its bands
    title : str
        The metric with its direction.
    anchors : mapping of name to value, drawn as lines
    limit : float, optional
        Of a rule on this metric.
    last_inside : int, optional
        Epoch or step of the last checkpoint that keeps every rule.
    by_steps : whether steps are counted, not epochs
    n_settings : int
        Of all charts beside this one, which share a frame: with several there is a legend.
    ends : (first, last) epoch or step of the axis, by default those of the bands
    """
    tones = _tones(colours)
    looks = {CONTROL: colours.real, COPY: colours.bad}
    lowest = min((anchors or {}).values(), default=0.0)
    floor = min((one.value if one.low is None else one.low for ones in bands.values() for one in ones), default=0.0)
    # of two names that lie close the higher stands above its line; below the lowest there may be the axis
    lines = [
        level(
            value,
            looks.get(name, colours.muted),
            name=name,
            place="insideEndTop" if value > lowest or value <= floor else "insideEndBottom",
        )
        for name, value in (anchors or {}).items()
    ]
    if limit is not None:
        lines.append(level(limit, colours.caution, width=2, dash="dashed"))
    if last_inside is not None:
        lines.append(upright(last_inside, colours.good, width=2))
    series = [marks(lines)]
    for place, (name, ones) in enumerate(bands.items()):
        series += _band_series(short(name, 40), ones, tones[place % len(tones)], place, by_steps)
    places = [one.step if by_steps else one.epoch for ones in bands.values() for one in ones]
    first, last = ends or (min(places, default=1), max(places, default=1))
    unit = "Generator steps" if by_steps else "Epoch"
    shown = {"customValues": ends_and_middle(places)}
    found = option(
        series, colours, title=title, legend=[short(name, 40) for name in bands] if n_settings > 1 else (),
        x={"type": "log", "name": unit, "axisLabel": shown, "axisTick": shown, "splitLine": {"show": False},
           "min": first, "max": last if last > first else None,
           "axisPointer": {"label": {"formatter": f"{unit} {{value}}", "precision": 0}}},
        y={"scale": True, "splitNumber": 4},
    )  # fmt: skip
    found["grid"] |= {
        "top": above(n_settings),
        "left": LEFT,
        "right": RIGHT,
        "bottom": BELOW,
        "outerBoundsMode": "none",
    }
    return found


def above(n_settings: int) -> int:
    """Pixels above the axes of charts over epochs: a title, and a legend where there are several settings."""
    return TITLE + 12 + (LEGEND if n_settings > 1 else 0)


def share_along(at: int, first: int, last: int) -> float:
    """Where an epoch or step lies on the logarithmic axis of `over_epochs_option`: 0 at its first, 1 at its last.

    >>> share_along(10, 1, 100)
    0.5
    """
    return math.log(max(at, 1) / max(first, 1)) / math.log(last / max(first, 1)) if last > first else 0.0


def _tones(colours: Palette) -> tuple[str, ...]:
    """Colours of settings, in order."""
    return (colours.synthetic, colours.real, colours.generator, colours.discriminator, colours.caution)


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


def _band_series(name: str, ones: Sequence[Band], colour: str, place: int, by_steps: bool) -> list[Option]:
    """The band of one setting and the line in it."""
    at = [one.step if by_steps else one.epoch for one in ones]
    known = [(x, one.low, one.high) for x, one in zip(at, ones, strict=True) if None not in (one.low, one.high)]
    line = {
        "type": "line", "name": name,
        "data": [[x, one.value, one.low, one.high] for x, one in zip(at, ones, strict=True)],
        "dimensions": ["At", "Value", "Low", "High"], "encode": {"x": 0, "y": 1, "tooltip": [1, 2, 3]},
        "lineStyle": {"color": colour, "width": 2, "type": KINDS[place % len(KINDS)]}, "itemStyle": {"color": colour},
        "symbol": SYMBOLS[place % len(SYMBOLS)], "symbolSize": 6, "tooltip": {"valueFormatter": "%.3f"},
    }  # fmt: skip
    return [*band(str(place), known, colour), line]


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
