"""Exact nearest rows under the distance of `core.evaluation.distance`, on all threads.

Reference rows are sorted into small blocks of similar rows. Of every block the interval of each number and the set of
levels of each level column are kept, which bound the distance of a query from below; blocks are visited in the order
of that bound, and the search of a query ends at the first block that cannot hold a closer row. Nothing is approximate.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from core.evaluation.distance import Encoded, Space, rounded
from core.evaluation.neighbours_compiled import search, split

CHUNK_ROWS = 512
"""Queries per task: small enough to share evenly among threads, large enough to amortise the task."""


MAX_TABLE_CELLS = 50_000_000
"""Level columns whose levels x blocks exceed this give no bound; the search stays exact, only slower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The k nearest reference rows of every query, nearest first.

    Parameters
    ----------
    distance : float64 array of shape (n_queries, k)
        0 to 1, rounded to multiples of `distance.TIE`; infinite where the reference has fewer rows than k.
    index : int64 array of shape (n_queries, k)
        Rows of the reference; -1 where there are fewer.
    """

    distance: np.ndarray
    index: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Reference rows in blocks, ready to be searched.

    Parameters
    ----------
    rows : Encoded
        Reference rows in block order.
    order : int64 array
        Original position of every row.
    starts : int64 array of shape (n_blocks + 1,)
    low, high : float64 arrays of shape (n_number_columns, n_blocks)
    absent : uint8 array of shape (all levels of all level columns, n_blocks)
        1 where no row of the block has the level.
    offsets : int64 array of shape (n_level_columns,)
        First row of every level column in `absent`; -1 for a column without a bound.
    """

    rows: Encoded
    order: np.ndarray
    starts: np.ndarray
    low: np.ndarray
    high: np.ndarray
    absent: np.ndarray
    offsets: np.ndarray
    inverse_range: np.ndarray
    number_weights: np.ndarray
    level_weights: np.ndarray
    n_columns: int


def build_index(reference: Encoded, space: Space, generator: np.random.Generator) -> Index:
    """Sort reference rows into blocks.

    The rows are shuffled first: among rows at one distance the search keeps an arbitrary one, and that must not depend
    on the order of the table.
    """
    order = generator.permutation(len(reference))
    numbers = np.ascontiguousarray(reference.numbers[:, order])
    levels = np.ascontiguousarray(reference.levels[:, order])
    inside = np.arange(len(order))
    ends = split(numbers, levels, space.inverse_range, np.array([*space.n_levels, 1]), inside)
    starts = np.append(0, ends)
    rows = Encoded(numbers=np.ascontiguousarray(numbers[:, inside]), levels=np.ascontiguousarray(levels[:, inside]))
    n_blocks = len(ends)
    blocks = np.repeat(np.arange(n_blocks), np.diff(starts))
    usable = [size * n_blocks <= MAX_TABLE_CELLS for size in space.n_levels]
    offsets = np.full(len(usable), -1, dtype=np.int64)
    at = 0
    for column, fits in enumerate(usable):
        if fits:
            offsets[column] = at
            at += space.n_levels[column]
    absent = np.ones((max(at, 1), n_blocks), dtype=np.uint8)
    for column, codes in enumerate(rows.levels):
        if offsets[column] >= 0:
            absent[offsets[column] + codes, blocks] = 0
    n_numbers = len(rows.numbers)
    return Index(
        rows=rows,
        order=order[inside],
        starts=starts,
        low=np.minimum.reduceat(rows.numbers, starts[:-1], axis=1) if n_numbers else np.empty((0, n_blocks)),
        high=np.maximum.reduceat(rows.numbers, starts[:-1], axis=1) if n_numbers else np.empty((0, n_blocks)),
        absent=absent,
        offsets=offsets,
        inverse_range=space.inverse_range,
        number_weights=space.number_weights,
        level_weights=space.level_weights,
        n_columns=space.n_columns,
    )


def find_nearest(queries: Encoded, index: Index, k: int, *, threads: int = 1) -> Nearest:
    """The k nearest reference rows of every query.

    Parameters
    ----------
    queries : Encoded rows of the space that the index was built in
    k : int
        Rows per query, at least 1.
    threads : int
        Chunks of queries are shared among so many threads; the numbers do not depend on it.
    """
    n_queries = len(queries)
    sums = np.full((n_queries, k), np.inf)
    found = np.full((n_queries, k), -1, dtype=np.int64)

    def work(start: int) -> None:
        search(
            queries.numbers, queries.levels, start, min(start + CHUNK_ROWS, n_queries),
            index.rows.numbers, index.rows.levels, index.starts, index.low, index.high, index.absent, index.offsets,
            index.inverse_range, index.number_weights, index.level_weights, sums, found,
        )  # fmt: skip

    starts = range(0, n_queries, CHUNK_ROWS)
    if threads <= 1:
        for start in starts:
            work(start)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, starts))
    index_rows = np.where(found >= 0, index.order[found], -1)
    return Nearest(distance=rounded(sums, index.n_columns), index=index_rows)
