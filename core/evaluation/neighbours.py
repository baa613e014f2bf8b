"""Exact nearest rows under the distance of `core.evaluation.distance`, on all threads.

Reference rows are sorted into small blocks of similar rows. Of every block the interval of each number and the set of
levels of each level column are kept, which bound the distance of a query from below; blocks are visited in the order
of that bound, and the search of a query ends at the first block that cannot hold a closer row. Nothing is approximate.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np

from core.evaluation.distance import Encoded, Space, rounded

BLOCK_ROWS = 64
CHUNK_ROWS = 512
"""Queries per task: small enough to share evenly among threads, large enough to amortise the task."""

MAX_TABLE_CELLS = 50_000_000
"""Level columns whose levels x blocks exceed this give no bound; the search stays exact, only slower."""

SLACK = 1e-7
"""Bounds are lowered by this, so that rounding never skips a block with an equal distance."""


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
    n_columns: int


def build_index(reference: Encoded, space: Space, generator: np.random.Generator) -> Index:
    """Sort reference rows into blocks.

    The rows are shuffled first: among rows at one distance the search keeps an arbitrary one, and that must not depend
    on the order of the table.
    """
    order = generator.permutation(len(reference))
    numbers = [np.ascontiguousarray(row[order]) for row in reference.numbers]
    levels = [np.ascontiguousarray(row[order]) for row in reference.levels]
    pieces = _split(numbers, levels, space.inverse_range, len(order))
    inside = np.concatenate(pieces)
    starts = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    rows = reference.rows(order[inside])
    blocks = np.repeat(np.arange(len(pieces)), np.diff(starts))
    usable = [size * len(pieces) <= MAX_TABLE_CELLS for size in space.n_levels]
    offsets = np.full(len(usable), -1, dtype=np.int64)
    at = 0
    for column, fits in enumerate(usable):
        if fits:
            offsets[column] = at
            at += space.n_levels[column]
    absent = np.ones((max(at, 1), len(pieces)), dtype=np.uint8)
    for column, codes in enumerate(rows.levels):
        if offsets[column] >= 0:
            absent[offsets[column] + codes, blocks] = 0
    n_numbers = len(rows.numbers)
    return Index(
        rows=rows,
        order=order[inside],
        starts=starts,
        low=np.minimum.reduceat(rows.numbers, starts[:-1], axis=1) if n_numbers else np.empty((0, len(pieces))),
        high=np.maximum.reduceat(rows.numbers, starts[:-1], axis=1) if n_numbers else np.empty((0, len(pieces))),
        absent=absent,
        offsets=offsets,
        inverse_range=space.inverse_range,
        n_columns=space.n_columns,
    )


def _split(numbers: list, levels: list, inverse: np.ndarray, n_rows: int) -> list[np.ndarray]:
    """Halve rows at the column in which they differ most, until the pieces are small."""
    pieces, waiting = [], [np.arange(n_rows)]
    while waiting:
        rows = waiting.pop()
        halves = _halve(rows, numbers, levels, inverse) if len(rows) > BLOCK_ROWS else None
        if halves is None:
            pieces.append(rows)
        else:
            waiting.extend(halves)
    return pieces


def _halve(rows: np.ndarray, numbers: list, levels: list, inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    probe = rows[:: max(1, len(rows) // 256)]
    best, spread = -1, 1e-12
    for at, column in enumerate(numbers):
        values = column[probe]
        apart = np.minimum(np.abs(values - np.median(values)) * inverse[at], 1.0).mean()
        if apart > spread:
            best, spread = at, apart
    for at, column in enumerate(levels):
        shares = np.bincount(column[probe]) / len(probe)
        # half the chance that two rows differ: on the scale of the mean deviation of a number
        apart = (1.0 - np.square(shares).sum()) / 2
        if apart > spread:
            best, spread = len(numbers) + at, apart
    if best < 0:
        return None if len(rows) <= 64 * BLOCK_ROWS else (rows[: len(rows) // 2], rows[len(rows) // 2 :])
    if best < len(numbers):
        values = numbers[best][rows]
        middle = np.median(values)
        left = values <= middle if (values > middle).any() else values < middle
    else:
        codes = levels[best - len(numbers)][rows]
        counts = np.bincount(codes)
        by_count = np.argsort(-counts, kind="stable")
        n_left = max(1, int(np.searchsorted(np.cumsum(counts[by_count]), len(rows) / 2, side="right")))
        is_left = np.zeros(len(counts), dtype=bool)
        is_left[by_count[:n_left]] = True
        left = is_left[codes]
    if left.all() or not left.any():
        return rows[: len(rows) // 2], rows[len(rows) // 2 :]
    return rows[left], rows[~left]


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
        _search(
            queries.numbers, queries.levels, start, min(start + CHUNK_ROWS, n_queries),
            index.rows.numbers, index.rows.levels, index.starts, index.low, index.high, index.absent, index.offsets,
            index.inverse_range, sums, found,
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


@numba.njit(nogil=True, cache=True)
def _search(
    query_numbers, query_levels, first, last, numbers, levels, starts, low, high, absent, offsets, inverse, sums, found
):  # pragma: no cover - compiled
    n_numbers, n_levels = numbers.shape[0], levels.shape[0]
    n_blocks = len(starts) - 1
    k = sums.shape[1]
    n_buckets = 4 * (n_numbers + n_levels) + 1
    bound = np.empty(n_blocks)
    counts = np.empty(n_buckets + 1, dtype=np.int64)
    visit = np.empty(n_blocks, dtype=np.int64)
    size = 0
    for block in range(n_blocks):
        size = max(size, starts[block + 1] - starts[block])
    total = np.empty(size)
    for row in range(first, last):
        bound[:] = 0.0
        for column in range(n_numbers):
            value, scale = query_numbers[column, row], inverse[column]
            for block in range(n_blocks):
                gap = max(low[column, block] - value, value - high[column, block])
                bound[block] += min(max(gap, 0.0) * scale, 1.0)
        for column in range(n_levels):
            if offsets[column] >= 0:
                line = absent[offsets[column] + query_levels[column, row]]
                for block in range(n_blocks):
                    bound[block] += line[block]
        # blocks in order of their bound, to a quarter of a column: a counting sort costs less than it saves
        counts[:] = 0
        for block in range(n_blocks):
            counts[int(bound[block] * 4.0) + 1] += 1
        for bucket in range(n_buckets):
            counts[bucket + 1] += counts[bucket]
        for block in range(n_blocks):
            bucket = int(bound[block] * 4.0)
            visit[counts[bucket]] = block
            counts[bucket] += 1
        worst = np.inf
        for at in range(n_blocks):
            block = visit[at]
            if bound[block] - 1e-7 > worst:
                if bound[block] - 0.26 > worst:
                    break
                continue
            begin = starts[block]
            n_rows = starts[block + 1] - begin
            total[:n_rows] = 0.0
            for column in range(n_levels):
                code = query_levels[column, row]
                line = levels[column, begin : begin + n_rows]
                for j in range(n_rows):
                    total[j] += 1.0 if line[j] != code else 0.0
            for column in range(n_numbers):
                value, scale = query_numbers[column, row], inverse[column]
                cells = numbers[column, begin : begin + n_rows]
                for j in range(n_rows):
                    total[j] += min(abs(cells[j] - value) * scale, 1.0)
            for j in range(n_rows):
                if total[j] < worst:
                    place = k - 1
                    while place > 0 and sums[row, place - 1] > total[j]:
                        sums[row, place] = sums[row, place - 1]
                        found[row, place] = found[row, place - 1]
                        place -= 1
                    sums[row, place] = total[j]
                    found[row, place] = begin + j
                    worst = sums[row, k - 1]
