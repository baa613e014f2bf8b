"""The records of a run as arrays per epoch and per probe, and the two things asked of them: trends and turns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.records import EpochRecord, ProbeRecord

MOST_POINTS = 60
"""A trend looks at every pair of points; longer stretches are thinned to so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Where a curve goes.

    Parameters
    ----------
    slope : float
        Theil-Sen estimate: the median slope over all pairs of points.
    z : float
        Mann-Kendall statistic, standard normal where there is no trend and neighbours are independent. Neighbours of a
        training curve are alike, which makes |z| too large; thresholds on the slope come on top.
    """

    slope: float
    z: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was measured, per whole epoch and per probe.

    Parameters
    ----------
    columns : tuple of str
        Names for sentences; may be empty.
    epochs, gap, gap_error, generator, conditional, penalty : arrays of shape (n_epochs,)
        Means over the epoch's steps; `gap_error` is the standard error of the gap's mean.
    steps : int
    learning_rate : float or None
        Of the last record.
    probe_epochs, mean_shapes : arrays of shape (n_probes,)
    entropies, lost : arrays of shape (n_probes, n_columns)
        NaN, or 0, where a column has no such number.
    probe_rows : int
    score_epochs, score_gaps, score_errors, score_effects : arrays, a value per probe with scored control rows
    """

    columns: tuple[str, ...]
    epochs: np.ndarray
    gap: np.ndarray
    gap_error: np.ndarray
    generator: np.ndarray
    conditional: np.ndarray
    penalty: np.ndarray
    steps: int
    learning_rate: float | None
    probe_epochs: np.ndarray
    mean_shapes: np.ndarray
    entropies: np.ndarray
    lost: np.ndarray
    probe_rows: int
    score_epochs: np.ndarray
    score_gaps: np.ndarray
    score_errors: np.ndarray
    score_effects: np.ndarray

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def losses(self) -> dict[str, np.ndarray]:
        """Curves that may run away, by their names."""
        return {"generator loss": self.generator, "critic gap": self.gap, "gradient penalty": self.penalty}

    @property
    def score_z(self) -> np.ndarray:
        """Gap between train and control scores in standard errors."""
        return self.score_gaps / np.maximum(self.score_errors, 1e-12)

    @property
    def recent_probes(self) -> int:
        """Probes that count as recent: the last third, at least 5, where there are as many."""
        return min(len(self.probe_epochs), max(5, len(self.probe_epochs) // 3))

    def name(self, at: int) -> str:
        """A column's name for a sentence."""
        return repr(self.columns[at]) if at < len(self.columns) else f"column {at + 1}"

    def shape_around(self, epoch: int | None) -> float:
        """Median of the three mean shapes up to `epoch`; of the last three without one; NaN where there is none."""
        known = self.mean_shapes if epoch is None else self.mean_shapes[self.probe_epochs <= epoch]
        return float(np.median(known[-3:])) if len(known) else math.nan


def history_of(records: Sequence[EpochRecord], columns: Sequence[str] = ()) -> History:
    """Arrays from records; stretches of an epoch are joined, weighted by their steps, and a begun epoch is left out."""
    done = {record.epoch for record in records if record.epoch_done}
    whole = [record for record in records if record.epoch in done]
    epoch = np.array([record.epoch for record in whole], dtype=np.int64)
    step = np.array([record.step for record in whole], dtype=np.float64)
    weight = np.maximum(np.diff(step, prepend=0.0), 1.0)
    epochs, at = np.unique(epoch, return_inverse=True)
    total = np.bincount(at, weight, minlength=len(epochs)) if len(epochs) else np.zeros(0)

    def mean(name: str) -> np.ndarray:
        values = np.array([_number(getattr(record, name)) for record in whole], dtype=np.float64)
        return np.bincount(at, weight * values, minlength=len(epochs)) / total if len(epochs) else np.zeros(0)

    spread = mean("critic_gap_std")
    probes = [(record.epoch, record.probe) for record in whole if record.probe is not None]
    scored = [(one, probe) for one, probe in probes if probe.score_gap is not None]
    return History(
        columns=tuple(columns),
        epochs=epochs,
        gap=mean("critic_gap"),
        gap_error=spread / np.sqrt(np.maximum(total, 1.0)),
        generator=mean("generator_loss"),
        conditional=mean("conditional_loss"),
        penalty=mean("gradient_penalty"),
        steps=int(step[-1]) if len(step) else 0,
        learning_rate=records[-1].learning_rate if records else None,
        probe_epochs=np.array([one for one, _ in probes], dtype=np.int64),
        mean_shapes=np.array([_number(probe.mean_shape) for _, probe in probes], dtype=np.float64),
        entropies=_table([probe for _, probe in probes], "entropies", math.nan),
        lost=_table([probe for _, probe in probes], "lost", 0.0),
        probe_rows=probes[-1][1].n_rows if probes else 0,
        score_epochs=np.array([one for one, _ in scored], dtype=np.int64),
        score_gaps=np.array([probe.score_gap for _, probe in scored], dtype=np.float64),
        score_errors=np.array([probe.score_gap_error for _, probe in scored], dtype=np.float64),
        score_effects=np.array([probe.score_gap / max(probe.score_spread, 1e-12) for _, probe in scored]),
    )


def trend(x: np.ndarray, y: np.ndarray) -> Trend:
    """Theil-Sen slope and Mann-Kendall z of a curve; 0 and 0 for fewer than three points.

    Source
    ------
    Sen 1968; Mann 1945, Kendall 1975: S = sum of signs over all pairs, variance n (n - 1) (2 n + 5) / 18, with the
    continuity correction of one. At most 60 points of the curve are used, evenly chosen.
    """
    if len(x) > MOST_POINTS:
        chosen = np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(np.int64)
        x, y = x[chosen], y[chosen]
    n = len(x)
    if n < 3 or not np.isfinite(y).all():
        return Trend(slope=0.0, z=0.0)
    first, second = np.triu_indices(n, 1)
    rise = y[second] - y[first]
    score = float(np.sign(rise).sum())
    variance = n * (n - 1) * (2 * n + 5) / 18
    z = (score - math.copysign(1.0, score)) / math.sqrt(variance) if score else 0.0
    return Trend(slope=float(np.median(rise / (x[second] - x[first]))), z=z)


def turns(values: np.ndarray, least: float) -> int:
    """Times that a curve turns back by more than `least` from its last high or low."""
    if len(values) < 3 or not np.isfinite(values).all():
        return 0
    count, direction = 0, 0
    high = low = values[0]
    for value in values[1:]:
        high, low = max(high, value), min(low, value)
        if direction >= 0 and value < high - least:
            count += direction > 0
            direction, low = -1, value
        elif direction <= 0 and value > low + least:
            count += direction < 0
            direction, high = 1, value
    return count


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _table(probes: Sequence[ProbeRecord], name: str, empty: float) -> np.ndarray:
    """A row per probe, a column per column of the table."""
    rows = [[empty if one is None else float(one) for one in getattr(probe, name)] for probe in probes]
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1 if rows else 0)
