"""Comparisons of two distributions of one column: free functions of counts or of values.

Counts are of shared bins or levels, missing last. All agree with scipy where scipy has the same thing.
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

EXACT_ROWS = 500
"""Largest table for which the Kolmogorov-Smirnov p-value is exact; beyond, its limit is as good and far quicker."""


def jensen_shannon(real: np.ndarray, other: np.ndarray) -> float:
    """Jensen-Shannon distance of two arrays of counts, base 2: 0 for equal shares, 1 for nothing in common.

    Source
    ------
    `scipy.spatial.distance.jensenshannon`, the square root of the divergence.
    """
    return float(np.nan_to_num(jensenshannon(real, other, base=2)))


def kl_divergence(real: np.ndarray, other: np.ndarray) -> float:
    """Kullback-Leibler divergence of `other` from `real` in nats, half a row added to every cell of both.

    Without the half rows one level that the synthetic table lacks would make it infinite.

    Source
    ------
    Jeffreys prior; then `scipy.stats.entropy(real, other)`.
    """
    return float(stats.entropy(real + 0.5, other + 0.5))


def density_error(real: np.ndarray, other: np.ndarray) -> float:
    """Mean squared difference of the shares in each bin or level."""
    return float(np.mean((real / max(real.sum(), 1) - other / max(other.sum(), 1)) ** 2))


def chi_square_p(real: np.ndarray, other: np.ndarray) -> float:
    """P-value of the chi-square test that both arrays of counts come from the same shares; NaN with one level.

    Source
    ------
    Pearson's test of homogeneity, `scipy.stats.chi2_contingency` without Yates's correction.
    """
    table = np.stack([real, other])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return float("nan")
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def ks_p(real: np.ndarray, other: np.ndarray) -> float:
    """P-value of the two-sample Kolmogorov-Smirnov test on present values; NaN where one has none."""
    if not len(real) or not len(other):
        return float("nan")
    exact = max(len(real), len(other)) <= EXACT_ROWS
    return float(stats.ks_2samp(real, other, method="auto" if exact else "asymp").pvalue)


def wasserstein(real: np.ndarray, other: np.ndarray) -> float:
    """Mean distance that mass has to move to turn one distribution into the other, in the column's unit."""
    if not len(real) or not len(other):
        return float("nan")
    return float(stats.wasserstein_distance(real, other))


def range_coverage(real: np.ndarray, other: np.ndarray) -> float:
    """Share of the real range, lowest to highest, that the other values span; NaN for a constant or without values.

    Source
    ------
    SDMetrics' RangeCoverage.
    """
    if not len(real) or not len(other) or real.min() == real.max():
        return float("nan")
    width = real.max() - real.min()
    short = max(other.min() - real.min(), 0.0) / width + max(real.max() - other.max(), 0.0) / width
    return float(max(1.0 - short, 0.0))


def share_within(values: np.ndarray, low: float, high: float) -> float:
    """Share of values from `low` to `high`, both included; NaN without values."""
    return float(np.mean((values >= low) & (values <= high))) if len(values) else float("nan")


def tail_bounds(real: np.ndarray) -> tuple[float, float]:
    """The 1st and 99th percentile of the real values."""
    low, high = np.quantile(real, (0.01, 0.99))
    return float(low), float(high)


def fences(real: np.ndarray) -> tuple[float, float]:
    """Tukey's fences: the quartiles and one and a half times their distance beyond them."""
    first, third = np.quantile(real, (0.25, 0.75))
    return float(first - 1.5 * (third - first)), float(third + 1.5 * (third - first))
