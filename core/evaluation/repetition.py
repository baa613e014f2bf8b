"""Several seeds of a setting: the band that a curve lies in, and which differences between settings exceed noise."""

from __future__ import annotations

import dataclasses
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
    epoch : int or None
        Last epoch that every seed of both settings has; None where there is none and each seed's own last one counts.
    """

    first: str
    second: str
    metric: str
    value: float
    low: float | None
    high: float | None
    n_first: int
    n_second: int
    epoch: int | None = None

    @property
    def exceeds_noise(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def bands(points: Iterable[TapePoint], metric: str, *, level: float = LEVEL) -> list[Band]:
    """A metric over epochs with its band.

    With several seeds at an epoch: the mean with Student's t interval over seeds, which holds what training, drawing
    and the seed's luck add up to. With one seed: its point's own interval, which knows only drawing. A seed that was
    trained twice counts once, by its later run: the two are no two draws of luck.
    """
    out = []
    for epoch, ones in sorted(_by_epoch(points, metric).items()):
        results = [one.find(metric) for one in ones]
        values = np.array([one.value for one in results])
        low, high = results[0].low, results[0].high
        if len(values) >= FEWEST_SEEDS:
            half = _half_width(values, level)
            if half > 0:  # equal numbers, such as no copies in any seed, leave the first one's own interval
                low, high = float(values.mean()) - half, float(values.mean()) + half
        out.append(
            Band(epoch=epoch, step=ones[0].step, value=float(values.mean()), low=low, high=high, n_seeds=len(values))
        )
    return out


def _by_epoch(points: Iterable[TapePoint], metric: str) -> dict[int, list[TapePoint]]:
    """One point for each seed at each epoch where the metric was measured."""
    found: dict[int, dict[int, TapePoint]] = {}
    for point in checkpoints_of(points):
        if point.find(metric) is not None:
            found.setdefault(point.epoch, {})[point.seed] = point
    return {epoch: list(ones.values()) for epoch, ones in found.items()}


def _half_width(values: np.ndarray, level: float) -> float:
    """Half-width of Student's t interval of a mean."""
    n = len(values)
    return float(stats.t.ppf(0.5 + level / 2.0, n - 1) * values.std(ddof=1) / math.sqrt(n))


def values_at(series: Series, metric: str, epoch: int | None) -> list[float]:
    """The metric of every seed at an epoch; without one, at the last epoch that each seed has."""
    found: dict[int, float] = {}
    for at, ones in sorted(_by_epoch(series.points, metric).items()):
        if epoch is None or at == epoch:
            found |= {one.seed: one.find(metric).value for one in ones}
    return list(found.values())


def last_common_epoch(settings: Iterable[Series], metric: str) -> int | None:
    """The last epoch at which every seed of every setting has the metric; None where there is none."""
    common = []
    for one in settings:
        found = _by_epoch(one.points, metric)
        n_seeds = len({point.seed for ones in found.values() for point in ones})
        common.append({at for at, ones in found.items() if len(ones) == n_seeds})
    return max(set.intersection(*common), default=None)


def differences(settings: Sequence[Series], metric: str) -> list[Difference]:
    """Every pair of settings at the last epoch that both have, with intervals that hold for all pairs together.

    Source
    ------
    Welch (1947), Biometrika 34, 28-35, at level 1 - .05 / number of pairs.
    """
    known = [one for one in settings if values_at(one, metric, None)]
    pairs = [(a, b) for at, a in enumerate(known) for b in known[at + 1 :]]
    level = simultaneous_level(len(pairs))
    found = []
    for pair in pairs:
        epoch = last_common_epoch(pair, metric)
        first, second = (np.array(values_at(one, metric, epoch)) for one in pair)
        one = _difference(metric, pair[0].label, pair[1].label, first, second, level)
        found.append(dataclasses.replace(one, epoch=epoch))
    return found


def _difference(metric: str, a: str, b: str, first: np.ndarray, second: np.ndarray, level: float) -> Difference:
    value = float(first.mean() - second.mean())
    low = high = None
    parts = [float(one.var(ddof=1)) / len(one) if len(one) >= FEWEST_SEEDS else math.nan for one in (first, second)]
    # seeds that all give one number, such as no copies, say nothing about how far others would lie apart
    if sum(parts) > 0:
        spread = math.sqrt(sum(parts))
        freedom = sum(parts) ** 2 / sum(
            part**2 / (len(one) - 1) for part, one in zip(parts, (first, second), strict=True)
        )
        half = float(stats.t.ppf(0.5 + level / 2.0, freedom)) * spread
        low, high = value - half, value + half
    return Difference(
        first=a, second=b, metric=metric, value=value, low=low, high=high, n_first=len(first), n_second=len(second)
    )
