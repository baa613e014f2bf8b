"""From file to bundle as a picture: a column per kind of thing, a line from each to what was made from it."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.text import label, plain
from core.figures.theme import LIGHT, Palette, styled

ORDER = ("table read", "dataset", "run", "sample", "evaluation", "export")
ROW = 46
MAX_NODES = 200

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
    shown = list(nodes)[-MAX_NODES:]
    kinds = [*ORDER, *sorted({kind for _, kind, *_ in shown} - set(ORDER))]
    kinds = [kind for kind in kinds if any(kind == one[1] for one in shown)]
    places: dict[str, tuple[float, float]] = {}
    for x, kind in enumerate(kinds):
        column = [one for one in shown if one[1] == kind]
        for y, (key, *_) in enumerate(column):
            places[key] = (x, -(y + 0.5) / len(column) * _rows(shown, kinds))
    figure = go.Figure()
    for key, _, _, _, parents in shown:
        for parent in parents:
            if parent in places:
                (x0, y0), (x1, y1) = places[parent], places[key]
                middle = (x0 + x1) / 2
                figure.add_scatter(
                    x=[x0, middle, middle, x1],
                    y=[y0, y0, y1, y1],
                    mode="lines",
                    line={"color": colours.grid if colours.name == "dark" else "#C5CDD5", "width": 1.6},
                    hoverinfo="skip",
                    showlegend=False,
                )
    figure.add_scatter(
        x=[places[one[0]][0] for one in shown],
        y=[places[one[0]][1] for one in shown],
        mode="markers+text",
        text=[f"{label(one[2], 24)}<br>{one[0][-4:]}" for one in shown],
        textposition="bottom center",
        textfont={"size": 11, "color": colours.text},
        marker={
            "size": 14,
            "color": [colours.bad if one[3] in ("failed", "crashed") else colours.real for one in shown],
            "symbol": ["circle" if one[3] == "done" else "circle-open" for one in shown],
        },
        customdata=[f"{plain(one[1])} {one[0]}: {plain(one[3])}" for one in shown],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )
    for x, kind in enumerate(kinds):
        figure.add_annotation(
            x=x, y=0.02 * _rows(shown, kinds), text=f"<b>{kind.capitalize()}</b>", showarrow=False, yanchor="bottom",
            font={"size": 12, "color": colours.muted},
        )  # fmt: skip
    styled(figure, colours, height=90 + ROW * max(2, _rows(shown, kinds)), legend=False)
    figure.update_xaxes(visible=False, range=[-0.5, len(kinds) - 0.5])
    return figure.update_yaxes(visible=False, range=[-_rows(shown, kinds) - 0.3, 0.4])


def _rows(nodes: Sequence[Node], kinds: Sequence[str]) -> int:
    return max((sum(one[1] == kind for one in nodes) for kind in kinds), default=1)
