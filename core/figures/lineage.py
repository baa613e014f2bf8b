"""From file to bundle as a picture: a line for each stored thing, under what it was made from and further in.

One thing a line, with its name to the right of its dot, fits a telephone as well as a wide screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.figures.text import label, plain
from core.figures.theme import LIGHT, Palette, drawn

ROW = 30
MAX_NODES = 200
MIN_ACROSS = 12.0
"""Steps of depth that the picture is wide at least, so that there is room for names right of the dots."""

Node = tuple[str, str, str, str, Sequence[str]]
"""Id, kind, label, state, ids of parents."""


def lineage_figure(nodes: Sequence[Node], *, colours: Palette = LIGHT) -> go.Figure:
    """Draw stored things and what they were made from.

    Parameters
    ----------
    nodes : sequence of (id, kind, label, state, parents), oldest first
        Of more than `MAX_NODES`, the newest are drawn.
    colours : Palette
    """
    shown = {one[0]: one for one in list(nodes)[-MAX_NODES:]}
    places = _places(shown)
    quiet = colours.grid if colours.name == "dark" else "#C5CDD5"
    traces = []
    for key, (x, y) in places.items():
        for number, parent in enumerate([one for one in shown[key][4] if one in places]):
            x0, y0 = places[parent]
            line = {"color": quiet, "width": 1.6, "dash": "solid" if number == 0 else "dot"}
            ends = {"x": [x0, x0, x], "y": [y0, y, y]} if x > x0 else {"x": [x0, x], "y": [y0, y]}
            traces.append({"type": "scatter", "mode": "lines", **ends, "line": line, "hoverinfo": "skip",
                           "showlegend": False})  # fmt: skip
    ones = [shown[key] for key in places]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [x for x, _ in places.values()],
            "y": [y for _, y in places.values()],
            "text": [_text(shown[key], depth) for key, (depth, _) in places.items()],
            "textposition": "middle right",
            "textfont": {"size": 12, "color": colours.text},
            "cliponaxis": False,
            "marker": {
                "size": 12,
                "color": [colours.bad if one[3] in ("failed", "crashed") else colours.real for one in ones],
                "symbol": ["circle" if one[3] == "done" else "circle-open" for one in ones],
                "line": {"width": 2},
            },
            "customdata": [f"{plain(one[1])} {one[0]}: {plain(one[3])}" for one in ones],
            "hovertemplate": "%{customdata}<extra></extra>",
            "showlegend": False,
        }
    )
    deepest = max((x for x, _ in places.values()), default=0)
    layout = {
        "xaxis": {"visible": False, "range": [-0.4, max(MIN_ACROSS, deepest + 8.0)]},
        "yaxis": {"visible": False, "range": [-len(places) + 0.3, 0.7]},
        "hovermode": "closest",
    }
    return drawn(traces, layout, colours, height=30 + ROW * max(1, len(places)), legend=False)


def _text(node: Node, depth: int) -> str:
    """Kind, name and the end of the id; names further in are shorter."""
    key, kind, words, *_ = node
    name = f" · {label(words, max(12, 28 - 3 * depth))}" if words else ""
    return f"  <b>{plain(kind).capitalize()}</b>{name} · {key[-4:]}"


def _places(nodes: Mapping[str, Node]) -> dict[str, tuple[int, int]]:
    """Depth and line of every thing: each below its first parent that is shown, oldest first."""
    below: dict[str | None, list[str]] = {}
    for key, *_, parents in nodes.values():
        first = next((one for one in parents if one in nodes and one != key), None)
        below.setdefault(first, []).append(key)
    found: dict[str, tuple[int, int]] = {}
    waiting = [(key, 0) for key in reversed(below.get(None, []))]
    while waiting:
        key, depth = waiting.pop()
        if key in found:
            continue
        found[key] = (depth, -len(found))
        waiting += [(one, depth + 1) for one in reversed(below.get(key, []))]
    for key in nodes:  # a circle has no beginning; nothing is left out for that
        found.setdefault(key, (0, -len(found)))
    return found
