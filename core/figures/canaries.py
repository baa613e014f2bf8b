"""What the checkpoints of a run know of its canaries: area of planted against others, per epoch."""

from __future__ import annotations

import re
from collections.abc import Sequence

import plotly.graph_objects as go

from core.figures.theme import LIGHT, Palette, styled, translucent
from core.records import MetricResult

METRIC = "canary_auc"


def canary_figure(results: Sequence[MetricResult], *, colours: Palette = LIGHT, height: int = 300) -> go.Figure:
    """Area under the curve over epochs with its band, and the line of no trace.

    Parameters
    ----------
    results : sequence of MetricResult
        Those of `canary_auc` are drawn, in the order of their epochs.
    colours : Palette
    height : int
        Pixels.
    """
    points = _points(results)
    epochs = [epoch for epoch, _ in points]
    figure = go.Figure()
    band = [one.high for _, one in points] + [one.low for _, one in reversed(points)]
    figure.add_scatter(
        x=epochs + epochs[::-1], y=band, fill="toself", mode="lines", line={"width": 0},
        fillcolor=translucent(colours.synthetic, 0.18), hoverinfo="skip", name="95 %, all checkpoints together",
    )  # fmt: skip
    figure.add_scatter(
        x=epochs, y=[one.value for _, one in points], mode="lines+markers", name="planted against others",
        line={"color": colours.synthetic, "width": 2.4}, marker={"size": 8},
        customdata=[f"{one.low:.3f} to {one.high:.3f}" for _, one in points],
        hovertemplate="epoch %{x}: %{y:.3f} (%{customdata})<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0.5, line={"color": colours.muted, "dash": "dot", "width": 1.5})
    styled(figure, colours, height=height)
    figure.update_xaxes(title_text="Epoch", showgrid=False)
    return figure.update_yaxes(title_text="AUC; lower is better", range=[0, 1.02], nticks=6)


def _points(results: Sequence[MetricResult]) -> list[tuple[int, MetricResult]]:
    found = [
        (int(re.sub(r"\D", "", one.subject[0]) or 0), one) for one in results if one.metric == METRIC and one.subject
    ]
    return sorted(found, key=lambda point: point[0])


def describe_canaries(results: Sequence[MetricResult]) -> str:
    """The last checkpoint in words, for readers who cannot see the chart."""
    points = _points(results)
    if not points:
        return "No checkpoint was looked at."
    epoch, last = points[-1]
    return f"At epoch {epoch} the area is {last.value:.3f} ({last.low:.3f} to {last.high:.3f}); 0.5 is no trace."
