"""Drift: how far a newer table has moved from the one that a run learned.

The population stability index of a column is the sum over bins of (p - q) ln(p / q), p the share of reference rows and
q that of newer rows. Bins are joined until each holds a twentieth of the reference rows, so that no bin is nearly
empty; what the reference never had is one more bin of half a row.

For two samples of one population it is about (1/n + 1/m) times a chi-square with (bins - 1) degrees of freedom, which
gives the value that chance alone exceeds once in twenty.

Source
------
Siddiqi (2006), Credit Risk Scorecards, for the index; Yurdakul (2018), Statistical Properties of Population Stability
Index, section 3, for its distribution. The customary lines .1 and .25 come from practice and from no theory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from core.records import ColumnPicture

SMALL, LARGE = 0.1, 0.25
"""Customary lines: below the first little has moved, above the second much."""

MIN_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """The index of one column.

    Parameters
    ----------
    column : str
    index : float
        0 for equal distributions; no upper bound.
    chance : float
        Value that chance alone exceeds once in twenty at these numbers of rows.
    n_bins : int
    """

    column: str
    index: float
    chance: float
    n_bins: int

    @property
    def moved(self) -> str:
        """`little`, `some` or `much` by the customary lines; `within chance` where chance explains it."""
        if self.index <= self.chance:
            return "within chance"
        return "little" if self.index < SMALL else "some" if self.index < LARGE else "much"


def stability(picture: ColumnPicture) -> Stability | None:
    """The index of a column from its counts in the reference (real) and the newer table (synthetic).

    Returns
    -------
    Stability, or None where either table has no row of the column
    """
    old = np.array([*picture.real, picture.real_missing], dtype=float)
    new = np.array([*picture.synthetic, picture.synthetic_missing], dtype=float)
    if not len(picture.synthetic) or old.sum() == 0 or new.sum() == 0:
        return None
    groups = _joined(old, ordered=bool(picture.edges))
    p, q = (np.bincount(groups, weights=counts, minlength=groups.max() + 1) for counts in (old, new))
    n, m = p.sum(), q.sum()
    used = (p + q) > 0
    p, q = (np.maximum(counts[used], 0.5) for counts in (p, q))
    p, q = p / p.sum(), q / q.sum()
    chance = (1 / n + 1 / m) * stats.chi2.ppf(0.95, max(1, used.sum() - 1))
    index = float(((p - q) * np.log(p / q)).sum())
    return Stability(column=picture.column, index=index, chance=float(chance), n_bins=int(used.sum()))


def _joined(counts: np.ndarray, *, ordered: bool) -> np.ndarray:
    """Group of every bin: neighbours (or the rarest levels) share one until it holds `MIN_SHARE` of the rows.

    The last bin, missing values, stands alone.
    """
    need, body = MIN_SHARE * counts.sum(), counts[:-1]
    order = np.arange(len(body)) if ordered else np.argsort(-body, kind="stable")
    groups = np.zeros(len(counts), dtype=int)
    group, held = 0, 0.0
    for at in order:
        groups[at] = group
        held += body[at]
        if held >= need:
            group, held = group + 1, 0.0
    if held and group:  # what is left over at the end is too little for a group of its own
        groups[:-1] = np.where(groups[:-1] == group, group - 1, groups[:-1])
    groups[-1] = groups[:-1].max(initial=0) + 1
    return groups
