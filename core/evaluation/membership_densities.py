"""Membership scores from kernel densities on principal components: the density ratio and local likelihoods.

Both see the rows as points: numbers in standard deviations, the commonest levels as 0 and 1, whitened on the first
principal components of what the attacker holds. Densities are Gaussian with Scott's bandwidth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.distance import Encoded, Space
from core.evaluation.membership_held import Held

N_COMPONENTS = 5
DENSITY_ROWS = 4_000
"""Synthetic and reference rows that densities are made of; their cost is rows x rows."""

LEVELS_PER_COLUMN = 20
NEAREST_LIKELY = 10
"""Synthetic rows around a target whose likelihood is asked about."""

CHUNK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Whitened points of one attack.

    Parameters
    ----------
    targets, synthetic, reference : float64 arrays of shape (n, n_components)
        No components where nothing varies.
    bandwidth : float
        Scott's rule for whitened data.
    """

    targets: np.ndarray
    synthetic: np.ndarray
    reference: np.ndarray
    bandwidth: float


def points_of(held: Held) -> Points:
    """Targets, and equally many synthetic and reference rows, on the principal components of the latter two."""
    parts = held.equal_parts(DENSITY_ROWS)
    features = Features.of(held.space, Encoded.stack(*parts))
    both = features.spread(Encoded.stack(*parts))
    centre = both.mean(axis=0)
    _, scale, axes = np.linalg.svd(both - centre, full_matrices=False)
    kept = scale > 1e-9 * max(1.0, scale[0])
    axes, scale = axes[kept][:N_COMPONENTS], scale[kept][:N_COMPONENTS]
    whiten = axes.T / (scale / np.sqrt(len(both)))
    targets, synthetic, reference = ((features.spread(one) - centre) @ whiten for one in (held.targets, *parts))
    bandwidth = len(synthetic) ** (-1.0 / (whiten.shape[1] + 4))
    return Points(targets=targets, synthetic=synthetic, reference=reference, bandwidth=bandwidth)


def density_ratio(held: Held) -> np.ndarray:
    """Log ratio of the densities of synthetic and of reference rows (DOMIAS, van Breugel et al., arXiv 2302.12580)."""
    points = points_of(held)
    if not points.targets.shape[1]:
        return np.zeros(len(held.targets))
    return _log_density(points.targets, points.synthetic, points.bandwidth) - _log_density(
        points.targets, points.reference, points.bandwidth
    )


def local_likelihood(held: Held) -> np.ndarray:
    """By how much a row, added to the reference rows, makes the synthetic rows around it likelier.

    Gen-LRA (Ward, Wang and Cheng 2025, Privacy auditing synthetic data release through local likelihood attacks). With
    f the density of n reference rows and K the kernel, the density with the target x is (n f(s) + K(s - x)) / (n + 1),
    so the log likelihood ratio of a synthetic row s is log(n / (n + 1) + K(s - x) / ((n + 1) f(s))). It is summed over
    the synthetic rows nearest to x, as the paper does to make it local. Rows are bounded by `DENSITY_ROWS`.
    """
    points = points_of(held)
    if not points.targets.shape[1]:
        return np.zeros(len(held.targets))
    n = len(points.reference)
    # log of n f(s), up to the constant of the kernel, which cancels
    log_sums = _log_density(points.synthetic, points.reference, points.bandwidth)
    k = min(NEAREST_LIKELY, len(points.synthetic))
    out = np.empty(len(points.targets))
    for start in range(0, len(out), CHUNK):
        exponent = _exponents(points.targets[start : start + CHUNK], points.synthetic, points.bandwidth)
        near = np.argpartition(-exponent, k - 1, axis=1)[:, :k]
        gain = np.take_along_axis(exponent, near, axis=1) - log_sums[near]
        # log(n / (n + 1) (1 + K / (n f))), steady also where the reference has no row near s
        out[start : start + CHUNK] = (np.log(n / (n + 1)) + np.logaddexp(0.0, gain)).sum(axis=1)
    return out


def _exponents(targets: np.ndarray, rows: np.ndarray, bandwidth: float) -> np.ndarray:
    """-|a - b|^2 / (2 h^2) of every target and row."""
    apart = np.square(targets).sum(axis=1)[:, None] + np.square(rows).sum(axis=1) - 2.0 * targets @ rows.T
    return -np.maximum(apart, 0.0) / (2.0 * bandwidth**2)


def _log_density(targets: np.ndarray, rows: np.ndarray, bandwidth: float) -> np.ndarray:
    """Log of the sum of kernels; the constant that makes it a density cancels in every ratio."""
    out = np.empty(len(targets))
    for start in range(0, len(targets), CHUNK):
        exponent = _exponents(targets[start : start + CHUNK], rows, bandwidth)
        top = exponent.max(axis=1)
        out[start : start + CHUNK] = top + np.log(np.exp(exponent - top[:, None]).sum(axis=1))
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Rows as numbers for a density: numbers in standard deviations, the commonest levels as 0 and 1.

    Parameters
    ----------
    centre, scale : float64 arrays of shape (n_number_columns,)
    limit : float64 array of the same shape
        Values are cut here, so that one extreme value is not a principal component of its own.
    kept : tuple of int64 arrays, codes per level column that get a column of their own
    """

    centre: np.ndarray
    scale: np.ndarray
    kept: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, space: Space, rows: Encoded) -> Features:
        """Learn from rows that the attacker holds."""
        low, high = np.percentile(rows.numbers, (5, 95), axis=1) if len(rows.numbers) else (np.zeros(0), np.zeros(0))
        spread = np.where(high > low, high - low, 1.0)
        kept = tuple(
            np.argsort(-np.bincount(codes, minlength=size), kind="stable")[: min(size, LEVELS_PER_COLUMN)]
            for codes, size in zip(rows.levels, space.n_levels, strict=True)
        )
        return cls(centre=(low + high) / 2, scale=spread / 3.3, kept=kept)

    def spread(self, rows: Encoded) -> np.ndarray:
        """Features of rows, shape (n_rows, n_features)."""
        numbers = np.clip((rows.numbers - self.centre[:, None]) / self.scale[:, None], -4.0, 4.0)
        levels = [codes == kept[:, None] for codes, kept in zip(rows.levels, self.kept, strict=True)]
        return np.concatenate([numbers, *levels], axis=0).T.astype(np.float64)
