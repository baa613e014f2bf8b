"""Colours, cues and layout that every chart shares.

Real is blue and synthetic is vermillion (Okabe and Ito 2008: told apart with every common colour vision), and never by
colour alone: real is filled or solid, synthetic is outlined, hatched or dashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

Figure = go.Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of one appearance; every line colour has a contrast of at least 3 to 1 on its background.

    Parameters
    ----------
    name : str
        `light` or `dark`.
    real, synthetic : str
        The two tables.
    generator, discriminator : str
        The two networks.
    text, muted, grid, background : str
        Ink, quiet ink, grid lines, page.
    good, caution, bad : str
        Verdicts; always shown with a word.
    diverging : tuple of str
        From -1 over 0 (the page's own tone) to +1, evenly spaced.
    sequential : tuple of str
        From bad to good: lightness alone tells them apart, in both appearances good lies nearest to the page.
    """

    name: str
    real: str
    synthetic: str
    generator: str
    discriminator: str
    text: str
    muted: str
    grid: str
    background: str
    good: str
    caution: str
    bad: str
    diverging: tuple[str, ...]
    sequential: tuple[str, ...]


LIGHT = Palette(
    name="light",
    real="#0072B2",
    synthetic="#D55E00",
    generator="#00805D",
    discriminator="#A64D84",
    text="#1F2933",
    muted="#5B6773",
    grid="#E4E8EC",
    background="#FFFFFF",
    good="#00805D",
    caution="#946200",
    bad="#B3261E",
    diverging=("#8C4303", "#D98032", "#F5C793", "#F4F5F7", "#BDB8DC", "#7E72B4", "#3F2070"),
    sequential=("#7A2E00", "#B4531A", "#DD8A4E", "#F1C59E", "#F3EEE9"),
)

DARK = Palette(
    name="dark",
    real="#56B4E9",
    synthetic="#F28A3C",
    generator="#2DC79B",
    discriminator="#E0A0C6",
    text="#E6EAEE",
    muted="#9DA8B3",
    grid="#2C3540",
    background="#12171D",
    good="#2DC79B",
    caution="#E3B341",
    bad="#F28B82",
    diverging=("#F7B267", "#C97A2B", "#6E4A26", "#232A32", "#4B447C", "#8A7FD0", "#C9C2F7"),
    sequential=("#FFC48A", "#DB8A3F", "#96602F", "#554030", "#262C33"),
)


def palette(name: str | None) -> Palette:
    """The palette called `name`; the light one for anything but `dark`."""
    return DARK if name == "dark" else LIGHT


def translucent(colour: str, opacity: float) -> str:
    """A `#RRGGBB` colour with an opacity from 0 to 1, as Plotly wants it.

    >>> translucent("#0072B2", 0.5)
    'rgba(0, 114, 178, 0.5)'
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def colour_scale(colours: tuple[str, ...]) -> list[list[Any]]:
    """Evenly spaced colours as a Plotly colour scale."""
    last = len(colours) - 1
    return [[position / last, colour] for position, colour in enumerate(colours)]


def styled(figure: go.Figure, colours: Palette, *, height: int, legend: bool = True) -> go.Figure:
    """The same figure with the shared layout: quiet grid, no title, legend above, little margin.

    Parameters
    ----------
    figure : Figure, changed in place
    colours : Palette
    height : int
        Pixels.
    legend : bool
        Whether to show the legend.
    """
    shared = shared_layout(colours, height, legend)
    axes = {"x": shared.pop("xaxis"), "y": shared.pop("yaxis")}
    figure.update_layout(**shared)
    figure.update_xaxes(**axes["x"])
    figure.update_yaxes(**axes["y"])
    return figure


def drawn(
    data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], colours: Palette, *, height: int, legend: bool = True
) -> go.Figure:
    """A figure made at once of ready traces and the shared layout: what `styled` gives, in a tenth of the time.

    Plotly checks every property that it is handed, which takes 15 ms for the shared layout alone, and some pages draw
    such a chart at every run. These dicts are the project's own, so tests check them instead.

    Parameters
    ----------
    data : sequence of traces, each with its `type`
    layout : mapping
        What this chart has beside, or instead of, the shared layout.
    """
    own = {name: value for name, value in layout.items() if value != []}
    whole = merged(shared_layout(colours, height, legend), own)
    return go.Figure(data=list(data), layout=whole, _validate=False)


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both mappings as one; within what both have, the second wins.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    found = dict(first)
    for name, value in second.items():
        known = found.get(name)
        found[name] = merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return found


def shared_layout(colours: Palette, height: int, legend: bool) -> dict[str, Any]:
    """The layout of every chart with one pair of axes."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28 if legend else 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "size": 13},
        "showlegend": legend,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.0,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"color": colours.text, "size": 12},
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "hoverlabel": {"align": "left", "namelength": -1},
        "dragmode": False,
        "xaxis": _axis(colours),
        "yaxis": _axis(colours),
    }


def _axis(colours: Palette) -> dict[str, Any]:
    return {
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zerolinecolor": colours.grid,
        "tickfont": {"color": colours.muted, "size": 12},
        "title": {"font": {"color": colours.muted, "size": 12}, "standoff": 8},
        "automargin": True,
        "fixedrange": True,
    }
