"""Curves of a training run: what every epoch measured as means with their spread, and how two runs compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.figures.theme import LIGHT, Palette, styled, translucent
from core.limits import CURVE_POINTS
from core.records import EpochRecord, Rollback


@dataclass(frozen=True, slots=True, kw_only=True)
class LossCurve:
    """One loss per epoch.

    Parameters
    ----------
    epoch : float array of shape (n,)
    mean, spread : float arrays of shape (n,)
        Mean over the epoch's steps and their standard deviation.
    """

    epoch: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


LOSSES = ("generator", "discriminator", "conditional")

MEASURES: Mapping[str, str] = {
    "generator_loss": "Generator loss (no unit)",
    "discriminator_loss": "Discriminator loss (no unit)",
    "critic_gap": "Critic gap (no unit; falls while learning)",
    "gradient_penalty": "Gradient penalty (lower is steadier)",
    "conditional_loss": "Cross-entropy (nats; lower is better)",
    "generator_gradient_norm": "Generator gradient norm",
    "discriminator_gradient_norm": "Discriminator gradient norm",
    "mean_shape": "Mean column shape (0 to 1; higher is better)",
}
"""What can be drawn against the epoch, with its axis."""


def loss_curve(records: Sequence[EpochRecord], loss: str) -> LossCurve:
    """Epoch means of one loss; as `measure_curve`."""
    return measure_curve(records, f"{loss}_loss")


def measure_curve(records: Sequence[EpochRecord], measure: str) -> LossCurve:
    """Epoch means of one measure from records of whole or partial epochs, weighted by steps.

    The spread of an epoch joins the spread within its stretches and between their means. `mean_shape` has a value at
    each probe, without a spread.
    """
    if measure == "mean_shape":
        probed = [(one.epoch, one.probe.mean_shape) for one in records if one.probe and one.probe.shapes]
        points = np.array([(epoch, value) for epoch, value in probed if value is not None], dtype=float).reshape(-1, 2)
        return LossCurve(epoch=points[:, 0], mean=points[:, 1], spread=np.zeros(len(points)))
    if not records:
        return LossCurve(epoch=np.empty(0), mean=np.empty(0), spread=np.empty(0))
    epochs = np.array([record.epoch for record in records], dtype=float)
    means = np.array([getattr(record, measure) for record in records], dtype=float)
    spreads = np.array([getattr(record, f"{measure}_std") for record in records], dtype=float)
    steps = np.array([record.step for record in records], dtype=float)
    weights = np.maximum(np.diff(steps, prepend=0.0), 1.0)
    found, inverse = np.unique(epochs, return_inverse=True)
    total = np.bincount(inverse, weights)
    mean = np.bincount(inverse, weights * means) / total
    square = np.bincount(inverse, weights * (spreads**2 + means**2)) / total
    return LossCurve(epoch=found, mean=mean, spread=np.sqrt(np.maximum(square - mean**2, 0.0)))


def smoothed(values: np.ndarray, span: int) -> np.ndarray:
    """Bias-corrected exponential mean with the weight of a `span`-epoch window; `span` up to 1 changes nothing."""
    if span <= 1 or len(values) == 0:
        return values
    keep = 1 - 2 / (span + 1)
    out = np.empty_like(values)
    running = 0.0
    for position, value in enumerate(values):
        running = keep * running + (1 - keep) * value
        out[position] = running / (1 - keep ** (position + 1))
    return out


def thinned(curve: LossCurve, limit: int = CURVE_POINTS) -> LossCurve:
    """At most `limit` points: lowest and highest of each bucket of neighbouring epochs, so that no peak is lost."""
    n_points = len(curve.epoch)
    if n_points <= limit:
        return curve
    kept = []
    for bucket in np.array_split(np.arange(n_points), limit // 2):
        lowest, highest = bucket[np.argmin(curve.mean[bucket])], bucket[np.argmax(curve.mean[bucket])]
        kept.extend(sorted({int(lowest), int(highest)}))
    return LossCurve(epoch=curve.epoch[kept], mean=curve.mean[kept], spread=curve.spread[kept])


def loss_figure(
    records: Sequence[EpochRecord],
    smoothing: int = 0,
    *,
    rollbacks: Sequence[Rollback] = (),
    colours: Palette = LIGHT,
) -> go.Figure:
    """Generator and discriminator loss against the epoch, each with a band of one standard deviation.

    Parameters
    ----------
    records : sequence of EpochRecord, oldest first
    smoothing : int
        Epochs of the exponential mean drawn as the line; 0 or 1 draws the epoch means themselves.
    rollbacks : sequence of Rollback
        Where the run went back: the stretch that was given up is drawn thin and dotted, its end marked.
    colours : Palette
    """
    figure = go.Figure()
    looks = (
        ("generator", "Generator loss", colours.generator, "solid"),
        ("discriminator", "Discriminator loss", colours.discriminator, "dash"),
    )
    for loss, name, colour, dash in looks:
        _add_curve(figure, loss_curve(records, loss), name=name, colour=colour, dash=dash, smoothing=smoothing)
    figure = _finished(figure, records, colours, title="Loss (no unit)")
    return _with_rollbacks(figure, rollbacks, colours)


def conditional_figure(records: Sequence[EpochRecord], smoothing: int = 0, *, colours: Palette = LIGHT) -> go.Figure:
    """How well the generator obeys the requested level: cross-entropy in nats, lower is better."""
    return measure_figure(records, ("conditional_loss",), smoothing, colours=colours, names=("Conditional loss",))


def measure_figure(
    records: Sequence[EpochRecord],
    measures: Sequence[str],
    smoothing: int = 0,
    *,
    names: Sequence[str],
    colours: Palette = LIGHT,
) -> go.Figure:
    """One or two measures against the epoch on an axis from zero, each with its band."""
    looks = ((colours.generator, "solid"), (colours.discriminator, "dash"))
    figure = go.Figure()
    for measure, name, (colour, dash) in zip(measures, names, looks, strict=False):
        curve = measure_curve(records, measure)
        _add_curve(figure, curve, name=name, colour=colour, dash=dash, smoothing=smoothing)
    figure = _finished(figure, records, colours, title=MEASURES[measures[0]] if len(measures) == 1 else "No unit")
    if len(measures) == 1:
        figure.update_layout(showlegend=False, margin={"t": 8})
    return figure.update_yaxes(rangemode="tozero")


def comparison_figure(
    runs: Mapping[str, Sequence[EpochRecord]], measure: str, smoothing: int = 0, *, colours: Palette = LIGHT
) -> go.Figure:
    """One measure of several runs on one chart, told apart by colour and dash.

    Parameters
    ----------
    runs : mapping of a run's label to its records
    measure : str
        One of `MEASURES`.
    """
    looks = ((colours.real, "solid"), (colours.synthetic, "dash"), (colours.muted, "dot"))
    figure, last = go.Figure(), []
    for (label, records), (colour, dash) in zip(runs.items(), looks, strict=False):
        curve = measure_curve(records, measure)
        _add_curve(figure, curve, name=label, colour=colour, dash=dash, smoothing=smoothing, band=False)
        last.extend(records[-1:])
    return _finished(figure, last, colours, title=MEASURES[measure])


def _with_rollbacks(figure: go.Figure, rollbacks: Sequence[Rollback], colours: Palette) -> go.Figure:
    for one in rollbacks:
        for at, (name, colour) in enumerate((("generator", colours.generator), ("critic", colours.discriminator)), 1):
            points = [(row[0], row[at]) for row in one.abandoned if row[at] is not None]
            figure.add_scatter(
                x=[epoch for epoch, _ in points], y=[value for _, value in points], mode="lines", showlegend=False,
                line={"color": colour, "width": 1, "dash": "dot"}, opacity=0.6,
                hovertemplate=f"%{{y:.3f}} ({name}, given up)<extra></extra>",
            )  # fmt: skip
        figure.add_vline(x=one.to_epoch, line={"color": colours.caution, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=one.to_epoch, y=1, yref="paper", yanchor="bottom", xanchor="left", showarrow=False,
            text=f"went back, rate {one.learning_rate:.2g}", font={"color": colours.caution, "size": 11},
        )  # fmt: skip
    return figure


def _add_curve(
    figure: go.Figure, curve: LossCurve, *, name: str, colour: str, dash: str, smoothing: int, band: bool = True
) -> None:
    line = LossCurve(epoch=curve.epoch, mean=smoothed(curve.mean, smoothing), spread=curve.spread)
    drawn = thinned(line)
    if band and np.any(drawn.spread > 0):
        figure.add_scatter(
            x=np.concatenate([drawn.epoch, drawn.epoch[::-1]]),
            y=np.concatenate([drawn.mean + drawn.spread, (drawn.mean - drawn.spread)[::-1]]),
            fill="toself",
            mode="lines",
            fillcolor=translucent(colour, 0.14),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=drawn.epoch,
        y=drawn.mean,
        name=name,
        mode="lines+markers" if len(drawn.epoch) < 2 else "lines",
        line={"color": colour, "width": 2.2, "dash": dash},
        marker={"color": colour, "size": 7},
        hovertemplate="%{y:.3f}",
    )


def _finished(figure: go.Figure, records: Sequence[EpochRecord], colours: Palette, *, title: str) -> go.Figure:
    styled(figure, colours, height=320)
    figure.update_layout(hovermode="x unified", uirevision="losses")
    last = max((record.epoch for record in records), default=1)
    figure.update_xaxes(title_text="Epoch", rangemode="tozero", showgrid=False, range=[0, max(last * 1.02, 2)])
    figure.update_xaxes(tickformat=",d", nticks=9)
    return figure.update_yaxes(title_text=title, zeroline=True)
