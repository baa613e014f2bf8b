"""Small charts that change often, as options of ECharts: drawn on a canvas and changed in place.

A chart of Plotly is made anew at every change of its figure, 30 to 60 ms each; one of these takes 5 to 10. So what a
page shows by the dozen, and a slider moves, is drawn by ECharts, which Streamlit brings along; docs/decisions/0041 has
the numbers.
Texts need no escaping: a canvas shows them as they are, and placeholders of tooltips are filled with escaped text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.figures.theme import Palette, merged, translucent

Option = dict[str, Any]
"""What ECharts calls an option: the whole chart as plain values."""

FONT, TITLE_FONT = 11, 13
LEGEND, TITLE = 20, 22
"""Pixels of the line of a legend and of a title."""


def option(
    series: Sequence[Mapping[str, Any]],
    colours: Palette,
    *,
    x: Mapping[str, Any],
    y: Mapping[str, Any],
    title: str = "",
    corner: str = "",
    aside: str = "",
    legend: Sequence[str | Mapping[str, Any]] = (),
    legend_lines: int = 1,
    tooltip: str = "",
) -> Option:
    """A chart with one pair of axes in the shared look: quiet grid, legend above, little margin, nothing that moves.

    Parameters
    ----------
    series : sequence of mappings
        Series of ECharts.
    colours : Palette
    x, y : mapping
        What the axes have beside, or instead of, the shared look.
    title : str
    corner : str
        Beside the title at the right end, as loud as it.
    aside : str
        Beside the legend at the right end, quiet.
    legend : names of series, `as_line` or `as_area` of them; empty for none
    legend_lines : int
        Lines that the legend may take; with one it is paged where it is too long.
    tooltip : str
        Template of what hovering shows; empty for what ECharts lists.
    """
    below_title = TITLE if title or corner else 0
    top = 4 + below_title + (LEGEND * legend_lines if legend or aside else 0)
    found: Option = {
        "animation": False,
        "useUTC": True,
        "textStyle": {"color": colours.text, "fontSize": FONT},
        "grid": {
            "left": 4, "right": 10, "top": top + 4, "bottom": 4,
            "outerBoundsMode": "same", "outerBoundsContain": "all",
        },
        "xAxis": merged(_axis(colours, gap=22), x),
        "yAxis": merged(_axis(colours, gap=34), y),
        "tooltip": hover(colours, tooltip),
        "legend": {"show": False},
        "series": [dict(one) for one in series],
    }  # fmt: skip
    loud = {"color": colours.text, "fontSize": TITLE_FONT, "fontWeight": 600}
    quiet = {"color": colours.muted, "fontSize": FONT, "fontWeight": 400}
    found["title"] = [
        {"text": text, side: 0, "top": at, "padding": [2, 0], "textStyle": look}
        for text, side, at, look in (
            (title, "left", 0, loud), (corner, "right", 0, loud), (aside, "right", below_title + 2, quiet)
        )
        if text
    ]  # fmt: skip
    if legend:
        found["legend"] = {
            "show": True,
            "type": "scroll" if legend_lines == 1 else "plain",
            "data": list(legend),
            "left": 0,
            "top": below_title,
            "padding": [2, 0],
            "itemWidth": 18,
            "itemHeight": 10,
            "itemGap": 12,
            "selectedMode": False,
            "textStyle": {"color": colours.text, "fontSize": FONT + 1},
        }
    return found


def hover(colours: Palette, template: str = "", *, trigger: str = "axis") -> Option:
    """The box that hovering opens, on the page's own ground."""
    found: Option = {
        "trigger": trigger,
        "confine": True,
        "transitionDuration": 0,
        "backgroundColor": colours.background,
        "borderColor": colours.grid,
        "textStyle": {"color": colours.text, "fontSize": FONT + 1},
        "axisPointer": {"type": "line", "lineStyle": {"color": colours.muted, "type": "dotted"}, "animation": False},
    }
    return found | ({"formatter": template} if template else {})


def saying(*names: str) -> list[Any]:
    """Dimensions of points (x, y, texts): what each carries beside its place, for the template of a hover box."""
    return ["x", "y", *({"name": name, "type": "ordinal"} for name in names)]


def as_line(name: str) -> Option:
    """The legend's entry of a series that is a line without points."""
    return {"name": name, "itemStyle": {"opacity": 0}}


def as_area(name: str) -> Option:
    """The legend's entry of a series that is an area without a line."""
    return {"name": name, "icon": "roundRect"}


def upright(
    at: float, colour: str, *, name: str = "", width: float = 1, dash: str = "solid", place: str = "insideEndTop"
) -> Option:
    """One line of `marks` at a value of the x axis, with its name along it."""
    return {"xAxis": at, **_named(colour, name, width, dash, place)}


def level(
    at: float, colour: str, *, name: str = "", width: float = 1.2, dash: str = "dotted", place: str = "insideEndTop"
) -> Option:
    """One line of `marks` at a value of the y axis, with its name along it."""
    return {"yAxis": at, **_named(colour, name, width, dash, place)}


def _named(colour: str, name: str, width: float, dash: str, place: str) -> Option:
    label = {
        "show": bool(name),
        "formatter": "{b}",
        "position": place,
        "color": colour,
        "fontSize": FONT,
        "distance": 2,
    }
    return {"name": name, "lineStyle": {"color": colour, "width": width, "type": dash}, "label": label}


def marks(lines: Sequence[Mapping[str, Any]]) -> Option:
    """A series that draws nothing but lines across the chart."""
    return {
        "type": "line", "name": "", "data": [], "silent": True, "tooltip": {"show": False},
        "markLine": {"silent": True, "symbol": "none", "animation": False, "data": [dict(one) for one in lines]},
    }  # fmt: skip


def band(name: str, points: Sequence[tuple[float, float, float]], colour: str) -> list[Option]:
    """An area between `low` and `high` of points (x, low, high): two stacked series without lines of their own."""
    shared = {
        "type": "line", "stack": f"band {name}", "stackStrategy": "all", "symbol": "none", "silent": True,
        "lineStyle": {"width": 0}, "tooltip": {"show": False}, "emphasis": {"disabled": True},
    }  # fmt: skip
    area = {"areaStyle": {"color": translucent(colour, 0.15)}}
    return [
        {**shared, "name": "", "data": [[x, low] for x, low, _ in points]},
        {**shared, "name": "", "data": [[x, high - low] for x, low, high in points], **area},
    ]


def _axis(colours: Palette, gap: int) -> Option:
    return {
        "type": "value",
        "nameLocation": "middle",
        "nameGap": gap,
        "nameTextStyle": {"color": colours.muted, "fontSize": FONT},
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "splitLine": {"lineStyle": {"color": colours.grid}},
        "axisLabel": {"color": colours.muted, "fontSize": FONT, "hideOverlap": True},
    }
