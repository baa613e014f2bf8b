"""Rates and their intervals: what was counted, and how far chance alone could have moved it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL = 0.95
POWER = 0.80


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with the interval it was found in.

    Parameters
    ----------
    value, low, high : float
        `low` and `high` enclose the truth at the level that the maker of the estimate names.
    """

    value: float
    low: float
    high: float

    @property
    def clipped(self) -> Estimate:
        """The same within 0 to 1, for display; calibration uses the estimate before clipping."""
        value, low, high = (min(max(one, 0.0), 1.0) for one in (self.value, self.low, self.high))
        return Estimate(value=value, low=low, high=high)


def normal_quantile(level: float) -> float:
    """Half-width, in standard deviations, of a two-sided normal interval of this level."""
    return float(stats.norm.ppf(0.5 + level / 2.0))


def simultaneous_level(n_candidates: int, level: float = LEVEL) -> float:
    """Level of each interval such that all of them hold together: 1 - (1 - level) / m (Bonferroni)."""
    return 1.0 - (1.0 - level) / max(1, n_candidates)


def wilson(successes: int, n: int, *, level: float = LEVEL) -> Estimate:
    """A share with its Wilson score interval; the value is the plain share.

    Raises
    ------
    ValueError
        If there were no trials, or more successes than trials.

    Source
    ------
    E. B. Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"A share needs 0 to n successes of at least one trial; got {successes} of {n}.")
    z = normal_quantile(level)
    share = successes / n
    centre = (successes + z * z / 2.0) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(n * share * (1.0 - share) + z * z / 4.0)
    return Estimate(value=share, low=max(0.0, centre - half), high=min(1.0, centre + half))


def clopper_pearson(successes: int, n: int, *, level: float = LEVEL) -> Estimate:
    """A share with its exact interval, which never covers less often than its level.

    Source
    ------
    Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"A share needs 0 to n successes of at least one trial; got {successes} of {n}.")
    tail = (1.0 - level) / 2.0
    low = stats.beta.ppf(tail, successes, n - successes + 1) if successes else 0.0
    high = stats.beta.isf(tail, successes + 1, n - successes) if successes < n else 1.0
    return Estimate(value=successes / n, low=float(low), high=float(high))


def quantile_interval(values: np.ndarray, share: float, *, level: float = LEVEL) -> Estimate:
    """A quantile with its distribution-free interval from order statistics.

    Parameters
    ----------
    values : array of shape (n,), independent draws of one generator
    share : float
        0.05 for the 5th percentile.

    Notes
    -----
    The number of values below the true quantile is binomial, so two order statistics enclose it.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    low, high = stats.binom.ppf([(1.0 - level) / 2.0, (1.0 + level) / 2.0], n, share)
    return Estimate(
        value=float(np.quantile(ordered, share)),
        low=float(ordered[max(0, int(low) - 1)]),
        high=float(ordered[min(n - 1, int(high))]),
    )


def mean_interval(values: np.ndarray, *, level: float = LEVEL) -> Estimate:
    """A mean of independent values with its normal interval."""
    values = np.asarray(values, dtype=float)
    value = float(values.mean())
    half = normal_quantile(level) * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Estimate(value=value, low=value - half, high=value + half)


def around(value: float, spread: float, *, level: float = LEVEL) -> Estimate:
    """A value with the normal interval of standard deviation `spread`."""
    half = normal_quantile(level) * spread
    return Estimate(value=value, low=value - half, high=value + half)


def detectable(spread: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """Smallest true effect that a two-sided test of this level finds with this power, for a standard error `spread`."""
    return (normal_quantile(level) + float(stats.norm.ppf(power))) * spread


def area_under_curve(members: np.ndarray, others: np.ndarray, *, level: float = LEVEL) -> Estimate:
    """Chance that a member scores higher than another row, ties half, with DeLong's interval.

    Parameters
    ----------
    members, others : arrays of scores, higher meaning "was used in training"

    Source
    ------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, from mid-ranks (Sun and Xu 2014).
    """
    m, n = len(members), len(others)
    ranks = stats.rankdata(np.concatenate([members, others]))
    above = (ranks[:m] - stats.rankdata(members)) / n
    below = 1.0 - (ranks[m:] - stats.rankdata(others)) / m
    value = float(above.mean())
    spread = math.sqrt(_variance(above) / m + _variance(below) / n)
    # a perfect separation has no spread of its own; the null's is an honest stand-in
    return around(value, spread or math.sqrt((m + n + 1) / (12.0 * m * n)), level=level)


def _variance(values: np.ndarray) -> float:
    return float(values.var(ddof=1)) if len(values) > 1 else 0.0


def share_against_labels(
    weights: np.ndarray, is_train: np.ndarray, entities: np.ndarray | None = None
) -> tuple[float, float, float]:
    """Share of weight on train rows, with mean and standard deviation under permuted labels.

    Parameters
    ----------
    weights : float array of shape (n_real,)
        Synthetic rows for which each real row is the nearest; fractions where several are equally near.
    is_train : bool array of shape (n_real,)
    entities : int array of shape (n_real,), optional
        Whose row it is, where all rows of one entity are on one side: labels are then permuted over entities.

    Returns
    -------
    share, mean, spread : float
        Mean p = n_train / N; variance p (1 - p) N / (N - 1) sum (m_i - mean m)^2 / n_synthetic^2. With entities the
        sum runs over them: T of G entities are drawn without replacement, each with r_g, its share of the weight minus
        its share of the rows, and share - p is the sum of the drawn r_g, of variance T (G - T) / (G (G - 1)) sum r_g^2.
        With one row per entity both are the same.
    """
    total = float(weights.sum())
    p = float(is_train.mean())
    excess = weights / total - 1.0 / len(weights)
    drawn = is_train
    if entities is not None:
        _, codes = np.unique(entities, return_inverse=True)
        excess = np.bincount(codes, weights=excess)
        drawn = np.bincount(codes, weights=is_train) > 0
    n, n_drawn = len(excess), int(drawn.sum())
    variance = n_drawn * (n - n_drawn) / (n * max(1, n - 1)) * float(np.square(excess).sum())
    return float(weights[is_train].sum()) / total, p, math.sqrt(variance)
