"""Curves of a training run: both losses as epoch means with their spread, and the conditional loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.figures.theme import LIGHT, Palette, styled, translucent
from core.limits import CURVE_POINTS
from core.records import EpochRecord


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


def loss_curve(records: Sequence[EpochRecord], loss: str) -> LossCurve:
    """Epoch means of one loss from records of whole or partial epochs, weighted by steps.

    The spread of an epoch joins the spread within its stretches and between their means.
    """
    if not records:
        return LossCurve(epoch=np.empty(0), mean=np.empty(0), spread=np.empty(0))
    epochs = np.array([record.epoch for record in records], dtype=float)
    means = np.array([getattr(record, f"{loss}_loss") for record in records], dtype=float)
    spreads = np.array([getattr(record, f"{loss}_loss_std", 0.0) for record in records], dtype=float)
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


def loss_figure(records: Sequence[EpochRecord], smoothing: int = 0, *, colours: Palette = LIGHT) -> go.Figure:
    """Generator and discriminator loss against the epoch, each with a band of one standard deviation.

    Parameters
    ----------
    records : sequence of EpochRecord, oldest first
    smoothing : int
        Epochs of the exponential mean drawn as the line; 0 or 1 draws the epoch means themselves.
    colours : Palette
    """
    figure = go.Figure()
    looks = (
        ("generator", "Generator loss", colours.generator, "solid"),
        ("discriminator", "Discriminator loss", colours.discriminator, "dash"),
    )
    for loss, name, colour, dash in looks:
        _add_curve(figure, loss_curve(records, loss), name=name, colour=colour, dash=dash, smoothing=smoothing)
    return _finished(figure, records, colours, title="Loss (no unit)")


def conditional_figure(records: Sequence[EpochRecord], smoothing: int = 0, *, colours: Palette = LIGHT) -> go.Figure:
    """How well the generator obeys the requested level: cross-entropy in nats, lower is better."""
    figure = go.Figure()
    curve = loss_curve(records, "conditional")
    _add_curve(figure, curve, name="Conditional loss", colour=colours.generator, dash="dot", smoothing=smoothing)
    figure = _finished(figure, records, colours, title="Cross-entropy (nats)")
    figure.update_layout(showlegend=False, margin={"t": 8})
    return figure.update_yaxes(rangemode="tozero")


def _add_curve(figure: go.Figure, curve: LossCurve, *, name: str, colour: str, dash: str, smoothing: int) -> None:
    line = LossCurve(epoch=curve.epoch, mean=smoothed(curve.mean, smoothing), spread=curve.spread)
    drawn = thinned(line)
    if np.any(drawn.spread > 0):
        figure.add_scatter(
            x=np.concatenate([drawn.epoch, drawn.epoch[::-1]]),
            y=np.concatenate([drawn.mean + drawn.spread, (drawn.mean - drawn.spread)[::-1]]),
            fill="toself",
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
