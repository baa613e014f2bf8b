"""Pearson correlations of every pair of number columns, each over the rows where both values are present."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.coded import CodedTable
from core.evaluation.redrawing import Redraws

RELATIVE_ZERO = 1e-12
"""Variance below this share of the mean square is rounding, not spread: the column counts as constant."""

MAX_CELLS = 1_000_000
"""Correlations of redrawn tables held at a time; more are done in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Centre and scale of every number column, from the train rows; they only keep sums of products small.

    Parameters
    ----------
    names : tuple of str, d number columns
    centre, scale : float arrays of shape (d,); scale > 0
    """

    names: tuple[str, ...]
    centre: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, names: tuple[str, ...], table: CodedTable) -> Scaling:
        """Mean and standard deviation of the present values; 0 and 1 where there is none, 1 for a constant."""
        centre, scale = np.zeros(len(names)), np.ones(len(names))
        for place, name in enumerate(names):
            present = table.numbers[name][~np.isnan(table.numbers[name])]
            if len(present):
                centre[place] = present.mean()
                spread = present.std()
                scale[place] = spread if spread > RELATIVE_ZERO * abs(centre[place]) else 1.0
        return cls(names=names, centre=centre, scale=scale)

    def apply(self, table: CodedTable) -> np.ndarray:
        """Scaled values, shape (n_rows, d); NaN for missing."""
        if not self.names:
            return np.empty((table.n_rows, 0))
        return (np.column_stack([table.numbers[name] for name in self.names]) - self.centre) / self.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Sums over rows where both values of a pair are present; they add up over groups of rows.

    Parameters
    ----------
    n, sum_first, square_first, product : float arrays of shape (..., d, d)
        Rows, sum and sum of squares of the first column, and sum of products. Those of the second are the transposes.
    """

    n: np.ndarray
    sum_first: np.ndarray
    square_first: np.ndarray
    product: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Moments:
        """Moments of scaled values of shape (n_rows, d)."""
        present = (~np.isnan(values)).astype(np.float64)
        filled = np.where(np.isnan(values), 0.0, values)
        return cls(
            n=present.T @ present,
            sum_first=filled.T @ present,
            square_first=(filled**2).T @ present,
            product=filled.T @ filled,
        )

    @classmethod
    def of_groups(cls, values: np.ndarray, group: np.ndarray, n_groups: int) -> Moments:
        """Moments of every group of rows, shape (n_groups, d, d)."""
        order = np.argsort(group, kind="stable")
        ends = np.cumsum(np.bincount(group, minlength=n_groups))[:-1]
        parts = [cls.of(rows) for rows in np.split(values[order], ends)]
        return cls(
            n=np.stack([part.n for part in parts]),
            sum_first=np.stack([part.sum_first for part in parts]),
            square_first=np.stack([part.square_first for part in parts]),
            product=np.stack([part.product for part in parts]),
        )

    def weighted(self, weights: np.ndarray) -> Moments:
        """Moments of tables in which group g occurs `weights[..., g]` times, shape (..., d, d)."""
        return Moments(
            n=np.tensordot(weights, self.n, 1),
            sum_first=np.tensordot(weights, self.sum_first, 1),
            square_first=np.tensordot(weights, self.square_first, 1),
            product=np.tensordot(weights, self.product, 1),
        )

    def correlations(self) -> np.ndarray:
        """Pearson's r of every pair, shape (..., d, d); NaN where a column is constant."""
        swapped = [np.swapaxes(each, -1, -2) for each in (self.sum_first, self.square_first)]
        with np.errstate(divide="ignore", invalid="ignore"):
            covariance = self.product - self.sum_first * swapped[0] / self.n
            first = self.square_first - self.sum_first**2 / self.n
            second = swapped[1] - swapped[0] ** 2 / self.n
            r = covariance / np.sqrt(first * second)
        constant = (first <= RELATIVE_ZERO * self.square_first) | (second <= RELATIVE_ZERO * swapped[1])
        return np.clip(np.where(constant | (self.n < 2), np.nan, r), -1.0, 1.0)


def redrawn_correlations(values: np.ndarray, redraws: Redraws, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Pearson's r of chosen pairs in every redrawn table, shape (n_redraws, n_pairs).

    A redrawn table may lose the few rows in which a column varies; its correlation then counts as 0.
    """
    groups = Moments.of_groups(values, redraws.group, redraws.n_groups)
    step = max(1, MAX_CELLS // max(values.shape[1] ** 2, 1))
    weights = redraws.weights
    parts = [
        np.nan_to_num(groups.weighted(weights[start : start + step]).correlations()[:, rows, cols])
        for start in range(0, len(weights), step)
    ]
    return np.concatenate(parts)
