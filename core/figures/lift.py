"""The lift curve: a measure on control rows against the ratio of oversampling, for every way of it."""

from __future__ import annotations

import plotly.graph_objects as go

from core.figures.theme import LIGHT, Palette, styled, translucent
from core.lift import ARMS, PR_AUC, REAL_ONLY, LiftReport

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")


def arm_colours(colours: Palette) -> dict[str, str]:
    """A colour for every way of oversampling."""
    shades = (colours.real, colours.muted, colours.discriminator, colours.generator, colours.synthetic)
    return dict(zip(ARMS, shades, strict=True))


def lift_figure(report: LiftReport, learner: str, measure: str = PR_AUC, *, colours: Palette = LIGHT) -> go.Figure:
    """One learner: a line with its 95 % band for every way of oversampling, real rows only as a level line."""
    figure = go.Figure()
    ratios = sorted({one.ratio for one in report.points if one.learner == learner and one.arm != REAL_ONLY})
    for place, arm in enumerate(ARMS):
        points = report.curve(learner, arm, measure)
        if not points:
            continue
        x = ratios if arm == REAL_ONLY and ratios else [one.ratio for one in points]
        points = points * len(x) if arm == REAL_ONLY and ratios else points
        colour = arm_colours(colours)[arm]
        if arm in (REAL_ONLY, ARMS[-1]):
            figure.add_scatter(
                x=[*x, *x[::-1]],
                y=[*[one.high for one in points], *[one.low for one in points[::-1]]],
                fill="toself", fillcolor=translucent(colour, 0.12), line={"width": 0}, hoverinfo="skip",
                showlegend=False,
            )  # fmt: skip
        figure.add_scatter(
            x=x,
            y=[one.value for one in points],
            name=arm,
            mode="lines+markers",
            line={"color": colour, "dash": _DASHES[place], "width": 2},
            marker={"symbol": _SYMBOLS[place], "size": 7},
            customdata=[[one.low, one.high, one.difference] for one in points],
            hovertemplate=f"{arm}<br>%{{y:.3f}} (%{{customdata[0]:.3f}} to %{{customdata[1]:.3f}})"
            "<br>against real rows only %{customdata[2]:+.3f}<extra></extra>",
        )
    figure.update_xaxes(title="Rare rows for each other row, after oversampling", type="log", tickvals=ratios)
    figure.update_xaxes(ticktext=[f"{one:g}" for one in ratios])
    figure.update_yaxes(title=f"{measure[:1].upper()}{measure[1:]} on control rows (higher is better)")
    return styled(figure, colours, height=380)


def describe_lift(report: LiftReport, learner: str, measure: str = PR_AUC) -> str:
    """The chart in words."""
    parts = []
    for arm in ARMS:
        points = report.curve(learner, arm, measure)
        if points:
            best = max(points, key=lambda one: one.value)
            parts.append(f"{arm} {best.value:.3f}" + ("" if arm == REAL_ONLY else f" at ratio {best.ratio:g}"))
    return f"{measure} with {learner}, highest of each way: {', '.join(parts)}"
