"""Trials of a sweep as parallel coordinates: one line per trial through its settings to what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.figures.text import plain, short
from core.figures.theme import LIGHT, Palette, colour_scale


def parallel_figure(
    rows: Sequence[Mapping[str, Any]], objective: str, *, colours: Palette = LIGHT, height: int = 380
) -> go.Figure:
    """Lines through the settings that vary and the objective, coloured by the objective.

    Parameters
    ----------
    rows : sequence of mapping of name to value
        Complete trials; every row has the same names, the objective among them.
    objective : str
        Name of the last axis.
    """
    figure = go.Figure()
    if rows:
        names = [name for name in rows[0] if name != objective]
        values = [float(row[objective]) for row in rows]
        dimensions = [_dimension(name, [row[name] for row in rows]) for name in names]
        dimensions.append({"label": plain(short(objective)), "values": values})
        low, *_, high = colours.diverging[1], colours.diverging[-1]
        figure.add_parcoords(
            dimensions=dimensions,
            line={"color": values, "colorscale": colour_scale((low, high)), "showscale": True},
            labelfont={"color": colours.text, "size": 12},
            tickfont={"color": colours.muted, "size": 11},
            rangefont={"color": colours.muted, "size": 10},
        )
    figure.update_layout(
        height=height, margin={"l": 60, "r": 40, "t": 50, "b": 20}, paper_bgcolor="rgba(0,0,0,0)",
        font={"color": colours.text, "size": 12},
    )  # fmt: skip
    return figure


def _dimension(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """An axis: numbers as they are, anything else as places with names."""
    label = plain(short(name))
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return {"label": label, "values": [float(value) for value in values]}
    texts = list(dict.fromkeys(str(value) for value in values))
    return {
        "label": label,
        "values": [texts.index(str(value)) for value in values],
        "tickvals": list(range(len(texts))),
        "ticktext": [plain(short(text, 20)) for text in texts],
    }
