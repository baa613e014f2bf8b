"""A variational Gaussian mixture in one dimension, fitted on distinct values with counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, logsumexp

CONCENTRATION = 1e-3
"""Prior of the stick-breaking weights; small, so that components the data do not need fade away."""
SMALLEST_WEIGHT = 0.005
"""Components with a smaller share of the rows are dropped, as the CTGAN paper does."""
GRID = 1_000
"""Distinct values are merged into at most this many before fitting; finer detail cannot move ten modes."""
SMALLEST_VARIANCE = 1e-6
"""Floor of a component's variance, relative to the variance of the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Gaussian modes of a column.

    Parameters
    ----------
    weights, means, scales : float64 arrays of shape (n_modes,)
        Shares that sum to 1, means, and standard deviations above 0, in ascending order of the means.
    """

    weights: np.ndarray
    means: np.ndarray
    scales: np.ndarray

    def responsibilities(self, values: np.ndarray) -> np.ndarray:
        """Posterior share of every mode, of shape (n_values, n_modes); rows sum to 1."""
        z = (values[:, None] - self.means) / self.scales
        log_density = np.log(self.weights) - np.log(self.scales) - 0.5 * z**2
        return np.exp(log_density - logsumexp(log_density, axis=1, keepdims=True))


def fit_mixture(
    values: np.ndarray, counts: np.ndarray, *, max_modes: int = 10, max_iterations: int = 100, tolerance: float = 1e-4
) -> Mixture:
    """Fit modes to distinct values that occur `counts` times each.

    A row that occurs n times contributes n times its sufficient statistics, so this is the fit on all rows at the cost
    of the distinct ones.

    Parameters
    ----------
    values : float64 array of shape (n,), distinct and finite, n >= 1
    counts : array of shape (n,), above 0
    max_modes : int
        Modes to begin with; unneeded ones fade.
    max_iterations, tolerance
        Stops when the mean responsibility moves by less than `tolerance`.

    Source
    ------
    Bishop 2006, Pattern Recognition and Machine Learning, section 10.2, with the stick-breaking weights of Blei and
    Jordan 2006.
    """
    order = np.argsort(values, kind="stable")
    x, w = _merged(values[order].astype(np.float64), counts[order].astype(np.float64))
    total = w.sum()
    centre = (w @ x) / total
    variance = (w @ (x - centre) ** 2) / total
    if variance <= 0:
        return Mixture(weights=np.ones(1), means=np.array([centre]), scales=np.array([max(abs(centre), 1.0) * 1e-3]))
    spread = np.sqrt(variance)
    x = (x - centre) / spread
    n_modes = min(max_modes, len(x))
    share = _starting_shares(x, w, n_modes)
    for _ in range(max_iterations):
        posterior = _posterior(x, w, share)
        log_share = _expected_log_density(x, posterior)
        new = np.exp(log_share - logsumexp(log_share, axis=1, keepdims=True))
        moved = (w @ np.abs(new - share).sum(axis=1)) / total
        share = new
        if moved < tolerance:
            break
    return _kept(x, w, share, centre, spread)


def _merged(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbouring values merged into at most `GRID` weighted means of equal rank width."""
    if len(x) <= GRID:
        return x, w
    rank = np.cumsum(w) - w / 2
    group = np.minimum((rank / w.sum() * GRID).astype(np.int64), GRID - 1)
    weight = np.bincount(group, weights=w, minlength=GRID)
    total = np.bincount(group, weights=w * x, minlength=GRID)
    used = weight > 0
    return total[used] / weight[used], weight[used]


def _starting_shares(x: np.ndarray, w: np.ndarray, n_modes: int) -> np.ndarray:
    """Hard shares from one-dimensional k-means, begun at the quantiles."""
    rank = (np.cumsum(w) - w / 2) / w.sum()
    centres = np.interp((np.arange(n_modes) + 0.5) / n_modes, rank, x)
    for _ in range(50):
        label = np.searchsorted((centres[1:] + centres[:-1]) / 2, x)
        weight = np.bincount(label, weights=w, minlength=n_modes)
        mean = np.bincount(label, weights=w * x, minlength=n_modes) / np.maximum(weight, 1e-300)
        new = np.sort(np.where(weight > 0, mean, centres))
        if np.allclose(new, centres, atol=1e-6):
            break
        centres = new
    label = np.searchsorted((centres[1:] + centres[:-1]) / 2, x)
    return np.eye(n_modes)[label]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posterior:
    stick_a: np.ndarray
    stick_b: np.ndarray
    mean: np.ndarray
    mean_precision: np.ndarray
    freedom: np.ndarray
    inverse_scale: np.ndarray


def _posterior(x: np.ndarray, w: np.ndarray, share: np.ndarray) -> _Posterior:
    """Normal-Gamma and stick posteriors; the data are standardised, so the prior is mean 0, variance 1, weight 1."""
    weighted = w[:, None] * share
    n = weighted.sum(axis=0) + 1e-10
    average = (weighted * x[:, None]).sum(axis=0) / n
    scatter = (weighted * (x[:, None] - average) ** 2).sum(axis=0)
    precision = 1.0 + n
    return _Posterior(
        stick_a=1.0 + n,
        stick_b=CONCENTRATION + np.append(np.cumsum(n[::-1])[-2::-1], 0.0),
        mean=n * average / precision,
        mean_precision=precision,
        freedom=1.0 + n,
        inverse_scale=1.0 + scatter + n / precision * average**2,
    )


def _expected_log_density(x: np.ndarray, one: _Posterior) -> np.ndarray:
    """Expected log weight plus expected log density under the posterior, up to a constant; shape (n, n_modes)."""
    both = digamma(one.stick_a + one.stick_b)
    log_weight = digamma(one.stick_a) - both + np.append(0.0, np.cumsum(digamma(one.stick_b) - both)[:-1])
    log_precision = digamma(one.freedom / 2) + np.log(2.0) - np.log(one.inverse_scale)
    square = one.freedom / one.inverse_scale * (x[:, None] - one.mean) ** 2 + 1.0 / one.mean_precision
    return log_weight + 0.5 * (log_precision - square)


def _kept(x: np.ndarray, w: np.ndarray, share: np.ndarray, centre: float, spread: float) -> Mixture:
    """Modes with a share worth keeping, back in the units of the column."""
    one = _posterior(x, w, share)
    weights = share.T @ w / w.sum()
    keep = weights > min(SMALLEST_WEIGHT, weights.max() / 2)
    variance = np.maximum(one.inverse_scale / one.freedom, SMALLEST_VARIANCE)
    order = np.flatnonzero(keep)[np.argsort(one.mean[keep], kind="stable")]
    return Mixture(
        weights=weights[order] / weights[order].sum(),
        means=one.mean[order] * spread + centre,
        scales=np.sqrt(variance[order]) * spread,
    )
