"""How columns of a table hang together: one measure per kind of pair, every one on its own scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.schema import Column, Schema
from core.tables import as_numbers

SAMPLE_ROWS = 100_000
"""Beyond this many rows associations are those of an evenly spread sample of that size."""
MAX_LEVELS = 200
"""Rarer levels of a column with more are one level here."""
BINS = 20
"""Bins of equal frequency into which numbers are cut for mutual information."""


class Measure(StrEnum):
    """A measure of association."""

    PEARSON = "Pearson"
    SPEARMAN = "Spearman"
    CRAMERS_V = "Cramér's V"
    CORRELATION_RATIO = "correlation ratio"
    MUTUAL_INFORMATION = "mutual information"


SIGNED = frozenset({Measure.PEARSON, Measure.SPEARMAN})
"""Measures from -1 to 1; the others go from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Associations:
    """Associations of all pairs of modelled columns.

    Parameters
    ----------
    names : tuple of str
        Columns, in file order.
    matrices : mapping of Measure to array of shape (n, n)
        NaN where a measure does not apply to a pair, or a column does not vary; symmetric, the diagonal is 1.
    n_rows : int
        Rows used.
    n_total : int
        Rows of the table.
    """

    names: tuple[str, ...]
    matrices: Mapping[Measure, np.ndarray]
    n_rows: int
    n_total: int

    def strongest(self, measure: Measure = Measure.MUTUAL_INFORMATION, limit: int = 20) -> list[tuple[str, str, float]]:
        """The pairs with the largest absolute values of a measure, the strongest first."""
        matrix = self.matrices[measure]
        rows, columns = np.triu_indices(len(self.names), k=1)
        values = matrix[rows, columns]
        order = [at for at in np.argsort(-np.abs(np.nan_to_num(values)), kind="stable") if not np.isnan(values[at])]
        return [(self.names[rows[at]], self.names[columns[at]], float(values[at])) for at in order[:limit]]

    def order(self) -> tuple[str, ...]:
        """Columns in an order that puts associated ones beside each other (for a heatmap)."""
        if len(self.names) < 3:
            return self.names
        from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
        from scipy.spatial.distance import squareform

        likeness = np.nan_to_num(self.matrices[Measure.MUTUAL_INFORMATION])
        distance = squareform(np.clip(1 - likeness, 0, 1) * (1 - np.eye(len(self.names))), checks=False)
        tree = linkage(distance, method="average")
        if len(self.names) <= 200:
            tree = optimal_leaf_ordering(tree, distance)
        return tuple(self.names[at] for at in leaves_list(tree))


def measure_associations(frame: pd.DataFrame, schema: Schema) -> Associations:
    """Measure all pairs of modelled columns of a work frame.

    Rows in which a cell of the pair is missing are left out of Pearson, Spearman and the correlation ratio; missing is
    a level for Cramér's V and mutual information.

    Raises
    ------
    NotApplicable
        With fewer than two columns or two rows.

    Source
    ------
    Cramér's V with the bias correction of Bergsma 2013; correlation ratio: Pearson 1905 (square root of the share of
    variance between levels); mutual information divided by the smaller entropy, both in nats.
    """
    columns = [column for column in schema.modelled if column.name in frame.columns]
    if len(columns) < 2 or len(frame) < 2:
        raise NotApplicable("Associations need at least two modelled columns and two rows.")
    n_total = len(frame)
    if n_total > SAMPLE_ROWS:
        frame = frame.iloc[np.linspace(0, n_total - 1, SAMPLE_ROWS).astype(np.int64)]
    names = tuple(column.name for column in columns)
    numeric = [column for column in columns if column.is_number]
    numbers = {column.name: as_numbers(frame[column.name]) for column in numeric}
    codes = {column.name: _codes(frame[column.name], column) for column in columns}
    matrices = {
        Measure.PEARSON: _spread(_correlations([numbers[one.name] for one in numeric]), numeric, columns),
        Measure.SPEARMAN: _spread(_correlations([_ranks(numbers[one.name]) for one in numeric]), numeric, columns),
        Measure.CRAMERS_V: _pairs(columns, lambda a, b: _cramers_v(codes[a.name], codes[b.name]), both="levels"),
        Measure.CORRELATION_RATIO: _pairs(
            columns, lambda a, b: _correlation_ratio(codes[a.name], numbers[b.name]), both="mixed"
        ),
        Measure.MUTUAL_INFORMATION: _pairs(columns, lambda a, b: _mutual(codes[a.name], codes[b.name]), both="any"),
    }
    return Associations(names=names, matrices=matrices, n_rows=len(frame), n_total=n_total)


def _codes(series: pd.Series, column: Column) -> np.ndarray:
    """Levels as 0..m-1 with missing the last; numbers cut into bins of equal frequency."""
    if column.is_number:
        numbers = as_numbers(series)
        present = numbers[~np.isnan(numbers)]
        if not len(present):
            return np.zeros(len(series), dtype=np.int64)
        edges = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)[1:-1]))
        found = np.searchsorted(edges, numbers, side="right")
        return np.where(np.isnan(numbers), len(edges) + 1, found).astype(np.int64)
    codes = series.cat.codes.to_numpy().astype(np.int64)
    counts = np.bincount(codes[codes >= 0], minlength=1)
    if len(counts) > MAX_LEVELS:
        ranks = np.empty(len(counts), dtype=np.int64)
        ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        codes = np.where(codes >= 0, np.minimum(ranks[codes], MAX_LEVELS - 1), -1)
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _ranks(numbers: np.ndarray) -> np.ndarray:
    return pd.Series(numbers).rank().to_numpy()


def _correlations(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Pearson's correlation of all pairs over the rows in which both are present."""
    if not columns:
        return np.zeros((0, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(np.column_stack(columns)).corr(min_periods=2).to_numpy()


def _spread(small: np.ndarray, numeric: Sequence[Column], columns: Sequence[Column]) -> np.ndarray:
    """A matrix of some columns in the places of a matrix of all."""
    place = {column.name: at for at, column in enumerate(columns)}
    matrix = np.full((len(columns), len(columns)), np.nan)
    at = np.array([place[column.name] for column in numeric], dtype=np.int64)
    if len(at):
        matrix[np.ix_(at, at)] = small
    return matrix


def _pairs(columns: Sequence[Column], measure, *, both: str) -> np.ndarray:
    matrix = np.full((len(columns), len(columns)), np.nan)
    for i, first in enumerate(columns):
        for j in range(i + 1, len(columns)):
            second = columns[j]
            one, other = (second, first) if first.is_number and not second.is_number else (first, second)
            fits = {
                "levels": not one.is_number and not other.is_number,
                "mixed": not one.is_number and other.is_number,
                "any": True,
            }[both]
            if fits:
                matrix[i, j] = matrix[j, i] = measure(one, other)
        if both == "any" or (both == "levels" and not first.is_number):
            matrix[i, i] = 1.0
    return matrix


def _table(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Counts of every pair of codes."""
    width = int(other.max()) + 1
    return np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width).reshape(-1, width).astype(float)


def _cramers_v(one: np.ndarray, other: np.ndarray) -> float:
    table = _table(one, other)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    n, (rows, columns) = table.sum(), table.shape
    if min(rows, columns) < 2:
        return np.nan
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = ((table - expected) ** 2 / expected).sum() / n
    phi2 = max(0.0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    rows, columns = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    return float(min(1.0, np.sqrt(phi2 / max(min(rows, columns) - 1, 1e-12))))


def _correlation_ratio(levels: np.ndarray, numbers: np.ndarray) -> float:
    present = ~np.isnan(numbers)
    levels, numbers = levels[present], numbers[present]
    if len(numbers) < 2 or numbers.std() == 0 or len(np.unique(levels)) < 2:
        return np.nan
    counts = np.bincount(levels)
    sums = np.bincount(levels, numbers - numbers.mean())
    between = (sums[counts > 0] ** 2 / counts[counts > 0]).sum()
    return float(np.sqrt(between / ((numbers - numbers.mean()) ** 2).sum()))


def _mutual(one: np.ndarray, other: np.ndarray) -> float:
    shares = _table(one, other) / len(one)
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    limit = min(_entropy(first), _entropy(second))
    if limit <= 0:
        return np.nan
    filled = shares > 0
    information = (shares[filled] * np.log(shares[filled] / np.outer(first, second)[filled])).sum()
    return float(np.clip(information / limit, 0, 1))


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())
