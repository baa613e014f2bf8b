"""Several seeds of a setting: the band that a curve lies in, and which differences between settings exceed noise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.evaluation.rates import LEVEL, simultaneous_level
from core.tape import Band, Series, TapePoint, checkpoints_of

FEWEST_SEEDS = 2
"""Seeds per setting below which nothing can be told from noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How far one setting lies from another in one metric.

    Parameters
    ----------
    first, second : str
        Labels of the settings.
    metric : str
    value : float
        Mean of the first minus mean of the second, over seeds.
    low, high : float or None
        Simultaneous interval; None with fewer than two seeds on a side.
    n_first, n_second : int
        Seeds.
    """

    first: str
    second: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n_first: int
    n_second: int

    @property
    def exceeds_noise(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def bands(points: Iterable[TapePoint], metric: str, *, level: float = LEVEL) -> list[Band]:
    """A metric over epochs with its band.

    With several seeds at an epoch: the mean with Student's t interval over seeds, which holds what training, drawing
    and the seed's luck add up to. With one seed: its point's own interval, which knows only drawing.
    """
    found: dict[int, list[TapePoint]] = {}
    for point in checkpoints_of(points):
        if point.find(metric) is not None:
            found.setdefault(point.epoch, []).append(point)
    out = []
    for epoch, ones in sorted(found.items()):
        results = [one.find(metric) for one in ones]
        values = np.array([one.value for one in results])
        low, high = results[0].low, results[0].high
        if len(values) >= FEWEST_SEEDS:
            half = _half_width(values, level)
            low, high = float(values.mean()) - half, float(values.mean()) + half
        out.append(
            Band(epoch=epoch, step=ones[0].step, value=float(values.mean()), low=low, high=high, n_seeds=len(values))
        )
    return out


def _half_width(values: np.ndarray, level: float) -> float:
    """Half-width of Student's t interval of a mean."""
    n = len(values)
    return float(stats.t.ppf(0.5 + level / 2.0, n - 1) * values.std(ddof=1) / math.sqrt(n))


def last_values(series: Series, metric: str) -> list[float]:
    """The metric at the last judged epoch of every run that has it."""
    found = []
    for run_id in series.runs:
        results = [one.find(metric) for one in series.of_run(run_id)]
        known = [one.value for one in results if one is not None]
        found.extend(known[-1:])
    return found


def differences(settings: Sequence[Series], metric: str) -> list[Difference]:
    """Every pair of settings at their last epochs, with intervals that hold for all pairs together.

    Source
    ------
    Welch (1947), Biometrika 34, 28-35, at level 1 - .05 / number of pairs.
    """
    values = {one.label: last_values(one, metric) for one in settings}
    labels = [label for label, found in values.items() if found]
    pairs = [(a, b) for at, a in enumerate(labels) for b in labels[at + 1 :]]
    level = simultaneous_level(len(pairs))
    return [_difference(metric, a, b, np.array(values[a]), np.array(values[b]), level) for a, b in pairs]


def _difference(metric: str, a: str, b: str, first: np.ndarray, second: np.ndarray, level: float) -> Difference:
    value = float(first.mean() - second.mean())
    low = high = None
    if min(len(first), len(second)) >= FEWEST_SEEDS:
        parts = [float(one.var(ddof=1)) / len(one) for one in (first, second)]
        spread = math.sqrt(sum(parts))
        freedom = (
            sum(parts) ** 2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, (first, second), strict=True))
            if spread > 0
            else min(len(first), len(second)) - 1
        )
        half = float(stats.t.ppf(0.5 + level / 2.0, freedom)) * spread
        low, high = value - half, value + half
    return Difference(
        first=a, second=b, metric=metric, value=value, low=low, high=high, n_first=len(first), n_second=len(second)
    )
