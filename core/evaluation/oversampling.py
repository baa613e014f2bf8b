"""Ways to have more of a rare class before learning: weights, repetition, SMOTE, rows of a generator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from imblearn.over_sampling import SMOTE as Smote
from imblearn.over_sampling import SMOTEN, SMOTENC, RandomOverSampler

from core.lift import CTGAN, RANDOM, REAL_ONLY, SMOTE, WEIGHTS

NEIGHBOURS = 5
"""Neighbours that SMOTE interpolates to (Chawla et al. 2002); fewer where the rare class has no more rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """Rows to learn from.

    Parameters
    ----------
    matrix : float array of shape (n_rows, n_features), levels as codes, NaN for missing
    is_rare : bool array of shape (n_rows,)
    weights : float array of shape (n_rows,)
    """

    matrix: np.ndarray
    is_rare: np.ndarray
    weights: np.ndarray

    @classmethod
    def plain(cls, matrix: np.ndarray, is_rare: np.ndarray) -> Learning:
        """Every row counts once."""
        return cls(matrix=matrix, is_rare=is_rare, weights=np.ones(len(is_rare)))


def missing_rows(is_rare: np.ndarray, ratio: float) -> int:
    """Rare rows that are missing until there are `ratio` of them for each other row; 0 where there are enough."""
    n_rare = int(is_rare.sum())
    return max(0, round(ratio * (len(is_rare) - n_rare)) - n_rare)


def oversampled(
    arm: str, rows: Learning, ratio: float, *, is_level: np.ndarray, pool: np.ndarray, seed: int
) -> Learning:
    """The rows to learn from under one way of oversampling.

    Parameters
    ----------
    arm : one of `core.lift.ARMS`
    rows : Learning, the real rows
    ratio : float
        Rare rows for each other row afterwards; for class weights, their weight in sum.
    is_level : bool array of shape (n_features,)
    pool : float array of shape (n_pool, n_features)
        Rows of a generator, all of the rare level; as many as are missing are taken at random.
    seed : int
    """
    missing = missing_rows(rows.is_rare, ratio)
    if arm == REAL_ONLY or not missing:
        return rows
    n_rare = int(rows.is_rare.sum())
    if arm == WEIGHTS:
        return Learning(
            matrix=rows.matrix,
            is_rare=rows.is_rare,
            weights=np.where(rows.is_rare, rows.weights * (n_rare + missing) / n_rare, rows.weights),
        )
    if arm == CTGAN:
        rng = np.random.default_rng([seed, 7])
        taken = rng.permutation(len(pool))[:missing]
        if len(pool) < missing:
            taken = rng.integers(0, len(pool), missing)
        return _with(rows, pool[taken])
    wanted = {True: n_rare + missing}
    if arm == RANDOM or n_rare < 3:
        sampler = RandomOverSampler(sampling_strategy=wanted, random_state=seed)
        matrix, is_rare = sampler.fit_resample(rows.matrix, rows.is_rare)
        return Learning.plain(matrix, is_rare.astype(bool))
    if arm != SMOTE:
        raise ValueError(f"no such way of oversampling: {arm}")
    return _with(rows, _smote(rows, wanted, is_level, seed)[len(rows.is_rare) :])


def _with(rows: Learning, more: np.ndarray) -> Learning:
    return Learning(
        matrix=np.concatenate([rows.matrix, more]),
        is_rare=np.append(rows.is_rare, np.ones(len(more), dtype=bool)),
        weights=np.append(rows.weights, np.ones(len(more))),
    )


def _smote(rows: Learning, wanted: dict[bool, int], is_level: np.ndarray, seed: int) -> np.ndarray:
    """SMOTE for numbers, SMOTENC for both kinds, SMOTEN for levels alone.

    It cannot interpolate to a missing cell: missing numbers are the median of the rows, missing levels a level.
    """
    matrix = rows.matrix.copy()
    for at in range(matrix.shape[1]):
        gone = np.isnan(matrix[:, at])
        if gone.any():
            matrix[gone, at] = -1.0 if is_level[at] else (np.median(matrix[~gone, at]) if not gone.all() else 0.0)
    how = {
        "sampling_strategy": wanted,
        "random_state": seed,
        "k_neighbors": min(NEIGHBOURS, int(rows.is_rare.sum()) - 1),
    }
    if is_level.all():
        made = SMOTEN(**how).fit_resample(matrix, rows.is_rare)[0]
    elif is_level.any():
        made = SMOTENC(categorical_features=np.flatnonzero(is_level).tolist(), **how).fit_resample(
            matrix, rows.is_rare
        )[0]
    else:
        made = Smote(**how).fit_resample(matrix, rows.is_rare)[0]
    made = np.asarray(made, dtype=np.float64)
    made[:, is_level] = np.where(made[:, is_level] < 0, np.nan, made[:, is_level])
    return made
