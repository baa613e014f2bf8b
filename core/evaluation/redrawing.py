"""How a number would move if the generator drew its rows again: a bootstrap of the drawn rows in random groups.

The generator and the real table stay as they are, so this is the uncertainty of *drawing*, not of training. Rows are
dealt at random to 50 groups and whole groups are drawn again with replacement: the same standard error as drawing rows
one by one, at the price of one count per group, which is what makes intervals for thousands of pairs affordable.
The interval is the value plus and minus Student's t times that error. Percentiles of the redrawn values are not used:
a total variation of redrawn rows is biased upwards, because noise is added to noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

N_GROUPS = 50
N_REDRAWS = 200
MIN_ROWS = 10
"""With fewer rows no interval is given: a handful of rows says nothing about the rows that were not drawn."""

METHOD = "95 % over drawing the synthetic rows again; generator and real table fixed (bootstrap in 50 groups)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redraws:
    """Weights of the redrawn tables.

    Parameters
    ----------
    group : int64 array of shape (n_rows,), the group of every row
    n_groups : int
    weights : float64 array of shape (n_redraws, n_groups)
        Times that a group was drawn; every row of weights describes one redrawn table.
    sizes : float64 array of shape (n_redraws,)
        Rows of every redrawn table.
    """

    group: np.ndarray
    n_groups: int
    weights: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, n_rows: int, generator: np.random.Generator, n_redraws: int = N_REDRAWS) -> Redraws | None:
        """Deal `n_rows` rows to groups and draw groups again; None when there are too few rows for an interval."""
        if n_rows < MIN_ROWS:
            return None
        n_groups = min(N_GROUPS, n_rows)
        group = generator.permutation(np.arange(n_rows) % n_groups)
        weights = generator.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_redraws).astype(np.float64)
        sizes = weights @ np.bincount(group, minlength=n_groups)
        return cls(group=group, n_groups=n_groups, weights=weights, sizes=sizes)

    def shares(self, codes: np.ndarray, n_codes: int) -> np.ndarray:
        """Share of every code in every redrawn table, shape (n_redraws, n_codes)."""
        counts = np.bincount(codes.astype(np.int64) * self.n_groups + self.group, minlength=n_codes * self.n_groups)
        return (self.weights @ counts.reshape(n_codes, self.n_groups).T) / self.sizes[:, None]

    def error(self, redrawn: np.ndarray) -> np.ndarray:
        """Standard error from redrawn values, over the last axis of shape (n_redraws,)."""
        return redrawn.std(axis=-1, ddof=1) * np.sqrt(self.n_groups / (self.n_groups - 1))

    @property
    def quantile(self) -> float:
        """Student's t for a two-sided 95 % interval."""
        return float(stats.t.ppf(0.975, self.n_groups - 1))


def interval(
    value: float, redrawn: np.ndarray | None, redraws: Redraws | None, *, bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[float | None, float | None]:
    """Low and high end of the 95 % interval over drawing again, inside `bounds`; None twice where there is none."""
    if redraws is None or redrawn is None:
        return None, None
    half = redraws.quantile * float(redraws.error(redrawn))
    return max(value - half, bounds[0]), min(value + half, bounds[1])


def prediction(
    value: float, redrawn: np.ndarray | None, redraws: Redraws | None, *, bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float] | None:
    """Where the value of another such table would lie with 95 %: both its own error and the new table's count."""
    if redraws is None or redrawn is None:
        return None
    half = redraws.quantile * float(redraws.error(redrawn)) * np.sqrt(2)
    return max(value - half, bounds[0]), min(value + half, bounds[1])
