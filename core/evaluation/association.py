"""Strength of relation of every pair of columns, whatever their types, and how far two tables differ in it.

Pearson's r for two numbers (-1 to 1), correlation ratio for a number and levels (0 to 1), Cramér's V for levels (0 to
1). The last two are corrected for chance: without it, columns with many levels look related in any finite table.

Source: correlation ratio with epsilon squared (Kelley 1935); Cramér's V corrected as in Bergsma (2013), "A
bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean Statistical Society 42.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import sparse

from core.evaluation.coded import CodedColumn, CodedTable
from core.evaluation.moments import RELATIVE_ZERO, Moments, Scaling, redrawn_correlations
from core.evaluation.redrawing import Redraws

KIND = "Pearson's r (numbers), correlation ratio (number and levels), Cramér's V (levels)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Association of every pair of columns of one table.

    Parameters
    ----------
    matrix : float array of shape (n_columns, n_columns), symmetric; NaN where a column of the pair is constant
    redrawn : float array of shape (n_redraws, n_pairs) or None
        The same pairs, in the order of `itertools.combinations`, in every redrawn table; 0 where undefined. Redrawn
        tables hold the chance of two drawings, so their correction for chance is taken twice.
    """

    matrix: np.ndarray
    redrawn: np.ndarray | None


def association(
    columns: tuple[CodedColumn, ...],
    table: CodedTable,
    scaling: Scaling,
    redraws: Redraws | None = None,
    redrawn_pairs: np.ndarray | None = None,
) -> Association:
    """Association of every pair of columns of one table.

    Parameters
    ----------
    columns : n columns
    table : CodedTable
    scaling : Scaling of the number columns, in the order of `columns`; the same for tables that are compared
    redraws : Redraws, optional
    redrawn_pairs : bool array of shape (n_pairs,), optional
        Pairs that are redrawn; all by default. The others are NaN in `redrawn`.
    """
    n = len(columns)
    pairs = list(combinations(range(n), 2))
    matrix = np.full((n, n), np.nan)
    redrawn = None if redraws is None else np.full((len(redraws.weights), len(pairs)), np.nan)
    scaled = scaling.apply(table)
    where = {name: place for place, name in enumerate(scaling.names)}
    _fill_numbers(columns, pairs, scaled, where, matrix, redrawn, redraws)
    for place, (first, second) in enumerate(pairs):
        a, b = columns[first], columns[second]
        if a.is_number and b.is_number:
            continue
        again = redraws if redrawn is not None and (redrawn_pairs is None or redrawn_pairs[place]) else None
        if a.is_number or b.is_number:
            number, levels = (a, b) if a.is_number else (b, a)
            value, more = _ratio_of(scaled[:, where[number.name]], table.codes[levels.name], levels.n_codes, again)
        else:
            value, more = _cramer_of(table.codes[a.name], table.codes[b.name], a.n_codes, b.n_codes, again)
        matrix[first, second] = matrix[second, first] = value
        if more is not None:
            redrawn[:, place] = np.nan_to_num(more)
    for place, column in enumerate(columns):
        matrix[place, place] = np.nan if _is_constant(column, table) else 1.0
    return Association(matrix=matrix, redrawn=redrawn)


def _fill_numbers(columns, pairs, scaled, where, matrix, redrawn, redraws) -> None:
    """Pearson's r of every pair of numbers, into `matrix` and `redrawn`."""
    places = np.array([place for place, column in enumerate(columns) if column.is_number], dtype=np.int64)
    if len(places) < 2:
        return
    matrix[np.ix_(places, places)] = Moments.of(scaled).correlations()
    if redrawn is None:
        return
    both = [
        (number, where[columns[a].name], where[columns[b].name])
        for number, (a, b) in enumerate(pairs)
        if columns[a].is_number and columns[b].is_number
    ]
    index, rows, cols = (np.array(each) for each in zip(*both, strict=True))
    redrawn[:, index] = redrawn_correlations(scaled, redraws, rows, cols)


def _is_constant(column: CodedColumn, table: CodedTable) -> bool:
    if column.is_number:
        numbers = table.numbers[column.name]
        present = numbers[~np.isnan(numbers)]
        return not len(present) or bool(present.min() == present.max())
    return len(np.unique(table.codes[column.name])) < 2


def correlation_ratio(numbers: np.ndarray, codes: np.ndarray, n_codes: int) -> float:
    """Share of a number's spread that lies between levels, corrected for chance, as a square root: 0 to 1.

    Parameters
    ----------
    numbers : float array of shape (n_rows,); rows with NaN are left out
    codes : int array of shape (n_rows,), values 0..n_codes - 1

    Returns
    -------
    float
        NaN where the number is constant, there is one level, or every level has one row.
    """
    return _ratio_of(numbers, codes, n_codes, None)[0]


def _ratio_of(
    numbers: np.ndarray, codes: np.ndarray, n_codes: int, redraws: Redraws | None
) -> tuple[float, np.ndarray | None]:
    present = ~np.isnan(numbers)
    values, codes = numbers[present], codes[present].astype(np.int64)
    rows = np.bincount(codes, minlength=n_codes)
    sums = np.bincount(codes, weights=values, minlength=n_codes)
    value = float(_ratio(rows, sums, np.array(float(values @ values))))
    if redraws is None:
        return value, None
    group, n_groups = redraws.group[present], redraws.n_groups
    cells = codes * n_groups + group
    shape = (n_codes, n_groups)
    group_rows = np.bincount(cells, minlength=n_codes * n_groups).reshape(shape)
    group_sums = np.bincount(cells, weights=values, minlength=n_codes * n_groups).reshape(shape)
    squares = np.bincount(group, weights=values**2, minlength=n_groups)
    weights = redraws.weights
    return value, _ratio(weights @ group_rows.T, weights @ group_sums.T, weights @ squares, times=2)


def _ratio(rows: np.ndarray, sums: np.ndarray, squares: np.ndarray, times: int = 1) -> np.ndarray:
    """Correlation ratio, corrected `times` times, from rows and sums per level (last axis) and the sum of squares."""
    n = rows.sum(axis=-1)
    n_levels = (rows > 0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = sums.sum(axis=-1) ** 2 / n
        total = squares - centre
        between = np.where(rows > 0, sums**2 / rows, 0.0).sum(axis=-1) - centre
        unexplained = (1 - between / total) * ((n - 1) / (n - n_levels)) ** times
    ratio = np.sqrt(np.clip(1 - unexplained, 0.0, 1.0))
    return np.where((total <= RELATIVE_ZERO * squares) | (n_levels < 2) | (n <= n_levels), np.nan, ratio)


def cramers_v(first: np.ndarray, second: np.ndarray, n_first: int, n_second: int) -> float:
    """Bias-corrected Cramér's V of two columns of codes: 0 unrelated, 1 one determines the other.

    Returns
    -------
    float
        NaN where either has one level.
    """
    return _cramer_of(first, second, n_first, n_second, None)[0]


def _cramer_of(
    first: np.ndarray, second: np.ndarray, n_first: int, n_second: int, redraws: Redraws | None
) -> tuple[float, np.ndarray | None]:
    cells, place, counts = np.unique(
        first.astype(np.int64) * n_second + second, return_inverse=True, return_counts=True
    )
    rows, cols = cells // n_second, cells % n_second
    value = float(_cramer(counts[None, :].astype(np.float64), rows, cols, n_first, n_second)[0])
    if redraws is None:
        return value, None
    redrawn = redraws.shares(place, len(cells)) * redraws.sizes[:, None]
    return value, _cramer(redrawn, rows, cols, n_first, n_second, times=2)


def _cramer(
    counts: np.ndarray, rows: np.ndarray, cols: np.ndarray, n_first: int, n_second: int, times: int = 1
) -> np.ndarray:
    """V, corrected `times` times, of several tables of counts over the same occurring cells (n_tables, n_cells)."""
    n = counts.sum(axis=1)
    by_row, by_col = _summed(counts, rows, n_first), _summed(counts, cols, n_second)
    expected = by_row[:, rows] * by_col[:, cols]
    with np.errstate(divide="ignore", invalid="ignore"):
        phi2 = np.where(expected > 0, counts**2 / expected, 0.0).sum(axis=1) - 1
        r, c = (by_row > 0).sum(axis=1), (by_col > 0).sum(axis=1)
        phi2 = np.maximum(0.0, phi2 - times * (r - 1) * (c - 1) / (n - 1))
        smaller = np.minimum(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
        v = np.sqrt(np.clip(phi2 / smaller, 0.0, 1.0))
    return np.where((r < 2) | (c < 2) | (smaller <= 0), np.nan, v)


def _summed(counts: np.ndarray, place: np.ndarray, n_places: int) -> np.ndarray:
    """Counts of shape (n_tables, n_cells) added up by the place of every cell, shape (n_tables, n_places)."""
    indicator = sparse.csr_matrix((np.ones(len(place)), (np.arange(len(place)), place)), shape=(len(place), n_places))
    return np.asarray(counts @ indicator)
