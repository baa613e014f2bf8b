"""Drift: how far a newer table has moved from the one that a run learned.

The population stability index of a column is the sum over bins of (p - q) ln(p / q), p the share of reference rows and
q that of newer rows. Numbers are counted between the twentieths of the reference, where bins of equal width would put
almost all of a skewed column into one; a value that holds a twentieth by itself is a bin of its own. Levels are joined
until each bin holds a twentieth of the reference rows, so that no bin is nearly empty.

What the reference never had is one more bin. Levels that one row alone has count there, and half a row at least: as
many rows as there are such levels are expected of levels that a sample missed (Good 1953, "The population frequencies
of species", Biometrika 40), so that a column of very many levels has not moved because every sample meets new ones.

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
"""Share of the reference rows that a bin of joined levels holds at least."""

NEVER = 0
"""Group of the bins without a reference row."""

MIN_STEP = 0.025
"""The same of the twentieths of a number, which hold less by themselves where values are missing or tie."""


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


def step_cuts(reference: np.ndarray) -> np.ndarray:
    """Upper ends of bins that each hold a twentieth of the reference's values, of which none is missing.

    The lowest bin lies below and the highest above all of them; a value that holds a twentieth has its own bin.
    """
    if not len(reference):
        return np.empty(0)
    twentieths = np.quantile(reference, np.arange(MIN_SHARE, 1, MIN_SHARE), method="inverted_cdf")
    values, times = np.unique(reference, return_counts=True)
    often = values[times >= max(2, MIN_SHARE * len(reference))]
    below = np.nextafter(np.append(often, values[0]), -np.inf)
    return np.unique(np.concatenate([twentieths, often, below, values[-1:]]))


def step_counts(values: np.ndarray, cuts: np.ndarray) -> tuple[int, ...]:
    """Rows per bin of `step_cuts`; empty without cuts."""
    if not len(cuts):
        return ()
    return tuple(np.bincount(np.searchsorted(cuts, values, side="left"), minlength=len(cuts) + 1).tolist())


def stability(picture: ColumnPicture) -> Stability | None:
    """The index of a column from its counts in the reference (real) and the newer table (synthetic).

    Returns
    -------
    Stability, or None where either table has no row of the column
    """
    old, new = _counts(picture)
    if not len(picture.synthetic) or old.sum() == 0 or new.sum() == 0:
        return None
    groups = _joined(old, ordered=bool(picture.edges), share=MIN_STEP if picture.real_steps else MIN_SHARE)
    once = _once(picture, old)
    p, q = (np.bincount(groups, weights=counts, minlength=len(old) + 1) for counts in (old - once, new))
    p[NEVER] = once.sum()
    n, m = p.sum(), q.sum()
    used = (p + q) > 0
    p, q = (np.maximum(counts[used], 0.5) for counts in (p, q))
    p, q = p / p.sum(), q / q.sum()
    chance = (1 / n + 1 / m) * stats.chi2.ppf(0.95, max(1, used.sum() - 1))
    index = float(((p - q) * np.log(p / q)).sum())
    return Stability(column=picture.column, index=index, chance=float(chance), n_bins=int(used.sum()))


def _counts(picture: ColumnPicture) -> tuple[np.ndarray, np.ndarray]:
    """Rows per bin or level of the reference and the newer table, missing values last.

    Pictures of older reports have no steps of numbers; their bins of equal width are what there is.
    """
    if picture.real_steps:
        old, new = picture.real_steps, picture.synthetic_steps
    else:
        # rows of levels that the reference never had lie in the last bar, "other"
        unseen = picture.synthetic_new
        old = (*picture.real, 0)
        new = (*picture.synthetic[:-1], *(count - unseen for count in picture.synthetic[-1:]), unseen)
    pairs = ((old, picture.real_missing), (new, picture.synthetic_missing))
    return tuple(np.array([*counts, missing], dtype=float) for counts, missing in pairs)


def _once(picture: ColumnPicture, counts: np.ndarray) -> np.ndarray:
    """How many of the reference rows in each bar have a level to themselves."""
    once = np.zeros(len(counts))
    if picture.real_once:
        once[: len(picture.real)] = np.array(picture.real) == 1
        once[len(picture.real) - 1] += picture.real_once - once.sum()  # the others lie in the last bar, "other"
    return once


def _joined(counts: np.ndarray, *, ordered: bool, share: float) -> np.ndarray:
    """Group of every bin: neighbours (or the rarest levels) share one until it holds `share` of the rows.

    Bins without a row are of the group `NEVER`. The last bin, missing values, stands alone.
    """
    need, body = share * counts.sum(), counts[:-1]
    order = np.arange(len(body)) if ordered else np.argsort(-body, kind="stable")
    groups = np.full(len(counts), NEVER)
    group, held = NEVER + 1, 0.0
    for at in order[body[order] > 0]:
        groups[at] = group
        held += body[at]
        if held >= need:
            group, held = group + 1, 0.0
    if held and group > NEVER + 1:  # what is left over at the end is too little for a group of its own
        groups[groups == group] = group - 1
    groups[-1] = groups[:-1].max(initial=NEVER) + 1
    return groups
