"""What the probe saw: a strip of column shapes over epochs, and the critic's view of train and control rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.figures.text import plain, short
from core.figures.theme import LIGHT, Palette, colour_scale, styled, translucent
from core.limits import CURVE_POINTS
from core.records import EpochRecord, ProbeRecord

STRIP_COLUMNS = 40
"""Columns of the table in one strip; the worst are shown."""
ROW_PIXELS, AROUND_PIXELS = 20, 74
INTERVAL = 1.96
"""Standard errors on each side of a gap: 95 %."""


def probes_of(records: Sequence[EpochRecord], limit: int = CURVE_POINTS) -> list[tuple[int, ProbeRecord]]:
    """Epochs and probes, at most `limit` of them, evenly chosen with the last among them."""
    found = [(one.epoch, one.probe) for one in records if one.probe is not None]
    if len(found) <= limit:
        return found
    return [found[at] for at in np.linspace(0, len(found) - 1, limit).round().astype(int)]


def strip_columns(records: Sequence[EpochRecord]) -> list[int]:
    """Places of the columns that a strip shows, the one with the lowest last shape first."""
    probes = [one.probe for one in records if one.probe is not None]
    if not probes:
        return []
    known = [(shape, at) for at, shape in enumerate(probes[-1].shapes) if shape is not None]
    return [at for _, at in sorted(known)[:STRIP_COLUMNS]]


def shape_strip(records: Sequence[EpochRecord], columns: Sequence[str], *, colours: Palette = LIGHT) -> go.Figure:
    """Column shapes of the probe sample: a row per column, the worst at the top, an epoch's probe beside the next.

    Parameters
    ----------
    records : sequence of EpochRecord
    columns : sequence of str
        Names of the modelled columns, in the order of the probe's numbers.
    """
    probes = probes_of(records)
    places = strip_columns(records)
    labels = [plain(short(columns[at], 22)) if at < len(columns) else f"column {at + 1}" for at in places]
    shapes = [[probe.shapes[at] for _, probe in probes] for at in places]
    detail = [[_told(probe.entropies[at], probe.lost[at]) for _, probe in probes] for at in places]
    figure = go.Figure(
        go.Heatmap(
            x=[str(epoch) for epoch, _ in probes],
            y=list(range(len(places))),
            z=shapes,
            text=detail,
            zmin=0.5,
            zmax=1.0,
            colorscale=colour_scale(colours.sequential),
            hovertemplate="epoch %{x}<br>column shape %{z:.3f}<br>%{text}<extra></extra>",
            colorbar={
                "title": {"text": "Shape", "font": {"color": colours.muted, "size": 12}}, "thickness": 10, "len": 1,
                "tickvals": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0], "ticktext": ["≤ .5", ".6", ".7", ".8", ".9", "1"],
                "tickfont": {"color": colours.muted, "size": 11}, "outlinewidth": 0,
            },
            xgap=0,
            ygap=1,
        )
    )  # fmt: skip
    styled(figure, colours, height=AROUND_PIXELS + ROW_PIXELS * max(3, len(places)), legend=False)
    figure.update_xaxes(title_text="Epoch", type="category", nticks=9, showgrid=False)
    return figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(places))), ticktext=labels, showgrid=False, title_text=""
    )


def _told(entropy: float | None, lost: int | None) -> str:
    parts = [] if entropy is None else [f"{entropy:.0%} of the real entropy"]
    return ", ".join([*parts, f"{lost} levels or ranges lost"] if lost else parts) or "nothing lost"


def score_gap_figure(records: Sequence[EpochRecord], *, colours: Palette = LIGHT) -> go.Figure:
    """Mean critic score of train rows minus that of control rows, with its 95 % interval; 0 is knowing none of them."""
    scored = [(epoch, probe) for epoch, probe in probes_of(records) if probe.score_gap is not None]
    epochs = [epoch for epoch, _ in scored]
    gap = np.array([probe.score_gap for _, probe in scored])
    reach = INTERVAL * np.array([probe.score_gap_error for _, probe in scored])
    figure = go.Figure()
    if scored:
        figure.add_scatter(
            x=[*epochs, *epochs[::-1]], y=[*(gap + reach), *(gap - reach)[::-1]], fill="toself", mode="lines",
            hoverinfo="skip",
            fillcolor=translucent(colours.synthetic, 0.16), line={"width": 0}, showlegend=False,
        )  # fmt: skip
    figure.add_scatter(
        x=epochs, y=gap.tolist(), mode="lines+markers" if len(epochs) < 2 else "lines", name="Train minus control",
        line={"color": colours.synthetic, "width": 2.2}, hovertemplate="%{y:.4f}", showlegend=False,
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": colours.muted, "width": 1, "dash": "dot"})
    styled(figure, colours, height=260, legend=False)
    figure.update_layout(hovermode="x unified", uirevision="score")
    last = max(epochs, default=1)
    figure.update_xaxes(title_text="Epoch", rangemode="tozero", range=[0, max(last * 1.02, 2)], showgrid=False)
    return figure.update_yaxes(title_text="Train minus control score (0 is best)")
