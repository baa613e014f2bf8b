"""What an attacker gains by what he knows: residual risk of inference over secrets and sets of known columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.figures.text import label, labels, plain, short
from core.figures.theme import LIGHT, Palette, styled, translucent
from core.records import MetricResult, Scope, Status

ALL = "all others"
MOST_SECRETS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The matrix: a row per secret, a column per set of known columns.

    Parameters
    ----------
    secrets, sets : tuple of str
        Names of the secrets, the riskiest first, and words for the sets, from little to much knowledge.
    cells : mapping of (secret, set) to MetricResult
    """

    secrets: tuple[str, ...]
    sets: tuple[str, ...]
    cells: dict[tuple[str, str], MetricResult]


def knowledge_of(results: Sequence[MetricResult]) -> Knowledge:
    """The matrix of a report; without secrets where inference was not measured."""
    cells: dict[tuple[str, str], MetricResult] = {}
    order: dict[str, int] = {}
    for result in results:
        if result.metric == "inference" and result.scope is Scope.SECRET and result.status is Status.MEASURED:
            words, place = _set_of(result)
            cells[result.subject[0], words] = result
            order[words] = place
    worst = {secret: max(one.value for (name, _), one in cells.items() if name == secret) for secret, _ in cells}
    secrets = sorted(worst, key=lambda name: -worst[name])[:MOST_SECRETS]
    return Knowledge(secrets=tuple(secrets), sets=tuple(sorted(order, key=lambda name: order[name])), cells=cells)


def _set_of(result: MetricResult) -> tuple[str, int]:
    """Words for what is known, and their place: the most telling columns, chosen sets, all others."""
    known = result.subject[1:]
    if not known:
        return ALL, 10_000
    at = result.counts.get("chosen set", 0)
    if at:
        return (f"chosen set {at}" if at > 1 else "chosen columns"), 1_000 + at
    return f"the {len(known)} most telling" if len(known) > 1 else "the most telling", len(known)


def knowledge_figure(matrix: Knowledge, *, colours: Palette = LIGHT) -> go.Figure:
    """Heatmap from 0 upwards; every cell shows its risk, and its interval on hovering.

    Parameters
    ----------
    matrix : Knowledge with at least one secret
    colours : Palette
    """
    values, texts, hovers = [], [], []
    for secret in matrix.secrets:
        found = [matrix.cells.get((secret, one)) for one in matrix.sets]
        values.append([None if one is None else 100 * one.value for one in found])
        texts.append(["" if one is None else f"{100 * one.value:.1f}" for one in found])
        hovers.append(["" if one is None else _hover(one) for one in found])
    figure = go.Figure()
    figure.add_heatmap(
        z=values,
        x=list(matrix.sets),
        y=labels(matrix.secrets, 26),
        text=texts,
        texttemplate="%{text}",
        textfont={"size": 12, "color": colours.text},
        customdata=hovers,
        hovertemplate="%{customdata}<extra></extra>",
        zmin=0,
        zmax=max(10.0, *(one for row in values for one in row if one is not None)),
        colorscale=[[0, translucent(colours.synthetic, 0.0)], [1, translucent(colours.synthetic, 0.75)]],
        showscale=False,
        xgap=2,
        ygap=2,
        hoverongaps=False,
    )
    styled(figure, colours, height=90 + 30 * len(matrix.secrets), legend=False)
    figure.update_xaxes(type="category", side="top", showgrid=False, ticks="", tickfont={"color": colours.text})
    return figure.update_yaxes(
        type="category", autorange="reversed", showgrid=False, ticks="", dtick=1, tickfont={"color": colours.text}
    )


def _hover(result: MetricResult) -> str:
    secret, *known = result.subject
    knows = ", ".join(label(one, 24) for one in known[:10]) or "all other columns"
    more = f" and {len(known) - 10} more" if len(known) > 10 else ""
    return (
        f"{label(secret, 40)}<br>known: {knows}{more}<br>residual risk {100 * result.value:.1f} % "
        f"({100 * result.low:.1f} to {100 * result.high:.1f} %)<br>right for {100 * result.anchors['attack']:.1f} % of "
        f"train rows, {100 * result.anchors['control']:.1f} % of control rows"
    )


def describe_knowledge(matrix: Knowledge) -> str:
    """The largest risk as a sentence, for readers who cannot see the heatmap."""
    if not matrix.cells:
        return "No secret was attacked."
    (secret, known), worst = max(matrix.cells.items(), key=lambda item: item[1].value)
    return plain(
        f"Largest residual risk {100 * worst.value:.1f} % ({100 * worst.low:.1f} to {100 * worst.high:.1f} %): "
        f"{short(secret, 40)}, knowing {known}."
    )
