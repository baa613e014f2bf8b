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
ROWS_TIMES_PAIRS = 500_000_000
LEAST_ROWS = 10_000
"""Fewest rows of that sample: 0.02 is then twice the standard error of a correlation of 0."""
MAX_LEVELS = 200
"""Rarer levels of a column with more are one level here."""
FULL_CELLS = 5
"""Rows per cell of a table from which its mutual information by chance has a simple form."""
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


def association_rows(n_columns: int) -> int:
    """Rows that associations of so many columns are measured on: fewer for wide tables, whose pairs are many."""
    n_pairs = max(1, n_columns * (n_columns - 1) // 2)
    return int(np.clip(ROWS_TIMES_PAIRS // n_pairs, LEAST_ROWS, SAMPLE_ROWS))


def spread_rows(frame: pd.DataFrame, n_rows: int) -> pd.DataFrame:
    """At most `n_rows` rows, evenly spread over the table."""
    if len(frame) <= n_rows:
        return frame
    return frame.iloc[np.linspace(0, len(frame) - 1, n_rows).astype(np.int64)].reset_index(drop=True)


def measure_associations(frame: pd.DataFrame, schema: Schema, *, n_total: int | None = None) -> Associations:
    """Measure all pairs of modelled columns of a work frame.

    Rows in which a cell of the pair is missing are left out of Pearson, Spearman and the correlation ratio; missing is
    a level for Cramér's V and mutual information.

    Parameters
    ----------
    n_total : int, optional
        Rows of the table, where the frame is a sample of it.

    Raises
    ------
    NotApplicable
        With fewer than two columns or two rows.

    Source
    ------
    All three from 0 to 1 are corrected for what unrelated columns show in so few rows. Cramér's V: Bergsma 2013.
    Correlation ratio: Pearson 1905 (square root of the share of variance between levels) as Kelley 1935 corrects it.
    Mutual information less its mean by chance, divided by the smaller entropy less the same (Vinh, Epps and Bailey,
    JMLR 11, 2010).
    """
    columns = [column for column in schema.modelled if column.name in frame.columns]
    if len(columns) < 2 or len(frame) < 2:
        raise NotApplicable("Associations need at least two modelled columns and two rows.")
    n_total = len(frame) if n_total is None else n_total
    frame = spread_rows(frame, association_rows(len(columns)))
    names = tuple(column.name for column in columns)
    numeric = [column for column in columns if column.is_number]
    numbers = {column.name: as_numbers(frame[column.name]) for column in numeric}
    codes = {column.name: _codes(frame[column.name], column) for column in columns}
    cramers, mutual = _level_pairs(columns, codes)
    matrices = {
        Measure.PEARSON: _spread(_correlations([numbers[one.name] for one in numeric]), numeric, columns),
        Measure.SPEARMAN: _spread(_correlations([_ranks(numbers[one.name]) for one in numeric]), numeric, columns),
        Measure.CRAMERS_V: cramers,
        Measure.CORRELATION_RATIO: _mixed_pairs(columns, codes, numbers),
        Measure.MUTUAL_INFORMATION: mutual,
    }
    return Associations(names=names, matrices=matrices, n_rows=len(frame), n_total=n_total)


def _codes(series: pd.Series, column: Column) -> np.ndarray:
    """Levels as 0..m-1 with missing the last; numbers cut into bins of equal frequency."""
    if column.is_number:
        numbers = as_numbers(series)
        present = numbers[~np.isnan(numbers)]
        if not len(present):
            return np.zeros(len(series), dtype=np.int64)
        edges = _bin_edges(present)
        found = np.searchsorted(edges, numbers, side="left")
        return np.where(np.isnan(numbers), len(edges) + 1, found).astype(np.int64)
    codes = series.cat.codes.to_numpy().astype(np.int64)
    counts = np.bincount(codes[codes >= 0], minlength=1)
    if len(counts) > MAX_LEVELS:
        ranks = np.empty(len(counts), dtype=np.int64)
        ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        codes = np.where(codes >= 0, np.minimum(ranks[codes], MAX_LEVELS - 1), -1)
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _bin_edges(present: np.ndarray) -> np.ndarray:
    """Upper ends of bins of equal frequency; a value that fills a bin alone, such as 0 among gains, stays alone."""
    cuts, n = np.unique(np.quantile(present, np.linspace(0, 1, BINS + 1)), return_counts=True)
    return np.unique(np.concatenate([cuts[:-1], np.nextafter(cuts[n > 1], -np.inf)]))


def _ranks(numbers: np.ndarray) -> np.ndarray:
    return pd.Series(numbers).rank().to_numpy()


def _correlations(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Pearson's correlation of all pairs over the rows in which both are present.

    All pairs at once, as products of matrices: sums over the rows that a pair shares are products of values, squares
    and presence. Columns are centred and scaled first, so that nothing cancels.
    """
    if not columns:
        return np.zeros((0, 0))
    values = np.column_stack(columns)
    present, varies = ~np.isnan(values), _spans(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.maximum(present.sum(axis=0), 1)
        values = np.where(present, values - np.where(present, values, 0).sum(axis=0) / n, 0.0)
        spread = np.sqrt((values**2).sum(axis=0) / n)
        values = np.where(varies, values / spread, 0.0)
        here = present.astype(float)
        shared, first, squares = here.T @ here, values.T @ here, (values**2).T @ here
        covariance = values.T @ values - first * first.T / shared
        variance = squares - first**2 / shared
        variance[variance < 1e-12 * shared] = np.nan  # does not vary over these rows
        found = covariance / np.sqrt(variance * variance.T)
    return np.where(shared >= 2, np.clip(found, -1, 1), np.nan)


def _spans(values: np.ndarray) -> np.ndarray:
    """Which columns hold two different numbers."""
    low = np.where(np.isnan(values), np.inf, values).min(axis=0, initial=np.inf)
    return np.where(np.isnan(values), -np.inf, values).max(axis=0, initial=-np.inf) > low


def _spread(small: np.ndarray, numeric: Sequence[Column], columns: Sequence[Column]) -> np.ndarray:
    """A matrix of some columns in the places of a matrix of all."""
    place = {column.name: at for at, column in enumerate(columns)}
    matrix = np.full((len(columns), len(columns)), np.nan)
    at = np.array([place[column.name] for column in numeric], dtype=np.int64)
    if len(at):
        matrix[np.ix_(at, at)] = small
    return matrix


def _level_pairs(columns: Sequence[Column], codes: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Cramér's V of all pairs of level columns, and mutual information of all pairs.

    One column is crossed with all later ones in one count: thousands of small tables would cost more in calls than in
    counting. Row and column totals are those of the single columns, since missing is a level.
    """
    size = len(columns)
    stacked = np.stack([codes[column.name] for column in columns])
    n, widths = stacked.shape[1], stacked.max(axis=1) + 1
    totals = [np.bincount(row, minlength=width) for row, width in zip(stacked, widths, strict=True)]
    entropies = np.array([_entropy(total / n) for total in totals])
    is_level = np.array([not column.is_number for column in columns])
    cramers, mutual = np.full((size, size), np.nan), np.eye(size)
    cramers[is_level, is_level] = 1.0
    for i in range(size - 1):
        later = slice(i + 1, None)
        information, squares = _crossed(stacked[i], stacked[later], totals[i], totals[i + 1 :])
        chance = _by_chance(stacked[i], stacked[later], totals[i], totals[i + 1 :])
        limit = np.minimum(entropies[i], entropies[later])
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.where(limit > chance + 1e-9, np.clip((information - chance) / (limit - chance), 0, 1), 0.0)
        mutual[i, later] = mutual[later, i] = np.where(limit > 0, found, np.nan)
        if is_level[i]:
            v = _cramers_v(squares - 1, n, widths[i], widths[later])
            cramers[i, later] = cramers[later, i] = np.where(is_level[later], v, np.nan)
    return cramers, mutual


def _crossed(
    first: np.ndarray, later: np.ndarray, total: np.ndarray, totals: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Mutual information in nats, and sums of n p^2 / (p q), of a column with each of the later ones."""
    n = len(first)
    starts = np.concatenate([[0], np.cumsum([len(one) for one in totals])])
    cells = (later + starts[:-1, None]) + first * starts[-1]
    table = np.bincount(cells.ravel(), minlength=len(total) * starts[-1]).reshape(len(total), -1).astype(float)
    expected = np.outer(total, np.concatenate(totals)) / n
    with np.errstate(invalid="ignore", divide="ignore"):
        information = np.where(table > 0, table * np.log(table / expected), 0.0).sum(axis=0) / n
        squares = np.where(expected > 0, table**2 / expected, 0.0).sum(axis=0) / n
    return np.add.reduceat(information, starts[:-1]), np.add.reduceat(squares, starts[:-1])


def _by_chance(first: np.ndarray, later: np.ndarray, total: np.ndarray, totals: Sequence[np.ndarray]) -> np.ndarray:
    """Mutual information that unrelated columns with these levels would show, in nats.

    (r - 1)(c - 1) / 2n where cells are full enough; else that with the rows of one column shuffled, whose mean over all
    shuffles is what is sought, and which lies close to it.
    """
    n, rows = len(first), int((total > 0).sum())
    columns = np.array([int((one > 0).sum()) for one in totals])
    chance = (rows - 1) * (columns - 1) / (2 * n)
    sparse = n < FULL_CELLS * rows * columns
    if sparse.any():
        shuffled = np.random.default_rng(len(totals)).permutation(first)
        kept = [one for one, is_sparse in zip(totals, sparse, strict=True) if is_sparse]
        chance[sparse] = _crossed(shuffled, later[sparse], total, kept)[0]
    return chance


def _cramers_v(phi2: np.ndarray, n: int, rows: int, columns: np.ndarray) -> np.ndarray:
    """Bias-corrected V from chi squared by rows (Bergsma 2013)."""
    corrected = np.maximum(0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    least = np.minimum(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    v = np.minimum(1, np.sqrt(corrected / np.maximum(least, 1e-12)))
    return np.where(np.minimum(rows, columns) < 2, np.nan, v)


def _mixed_pairs(
    columns: Sequence[Column], codes: Mapping[str, np.ndarray], numbers: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Correlation ratio of all pairs of a level and a number column, one level column with all numbers at once."""
    matrix = np.full((len(columns), len(columns)), np.nan)
    at = [place for place, column in enumerate(columns) if column.is_number]
    if not at:
        return matrix
    values = np.column_stack([numbers[columns[place].name] for place in at])
    present = ~np.isnan(values)
    n, spans = present.sum(axis=0), _spans(values)
    values = np.where(present, values, 0.0)
    values = np.where(present, values - values.sum(axis=0) / np.maximum(n, 1), 0.0)
    total = (values**2).sum(axis=0)
    for i, column in enumerate(columns):
        if column.is_number:
            continue
        width = int(codes[column.name].max()) + 1
        counts = np.stack([np.bincount(codes[column.name][here], minlength=width) for here in present.T])
        sums = np.stack([np.bincount(codes[column.name], row, minlength=width) for row in values.T])
        with np.errstate(invalid="ignore", divide="ignore"):
            between = np.where(counts > 0, sums**2 / counts, 0.0).sum(axis=1)
            n_levels = (counts > 0).sum(axis=1)
            varies = spans & (n_levels >= 2)
            # levels with a row each "explain" everything: within is divided by the rows beyond one per level
            within = (1 - between / total) * (n - 1) / np.maximum(n - n_levels, 1)
            found = np.sqrt(np.clip(np.where(n > n_levels, 1 - within, 0.0), 0, 1))
            found = np.where(varies, found, np.nan)
        matrix[i, at] = matrix[at, i] = found
    return matrix


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())
