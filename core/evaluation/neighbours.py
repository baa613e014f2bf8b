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

PROBE_ROWS = 200
"""Rows by which a piece is judged before it is halved."""

MAX_TABLE_CELLS = 50_000_000
"""Level columns whose levels x blocks exceed this give no bound; the search stays exact, only slower."""

SLACK = 1e-7
"""Bounds are lowered by this, so that rounding never skips a block with an equal distance."""

BUCKETS = 4
"""Blocks are visited in the order of their bound, to a quarter of a column."""


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
    numbers = np.ascontiguousarray(reference.numbers[:, order])
    levels = np.ascontiguousarray(reference.levels[:, order])
    inside = np.arange(len(order))
    ends = _split(numbers, levels, space.inverse_range, np.array([*space.n_levels, 1]), inside)
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
    n_buckets = BUCKETS * (n_numbers + n_levels) + 1
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
            counts[int(bound[block] * BUCKETS) + 1] += 1
        for bucket in range(n_buckets):
            counts[bucket + 1] += counts[bucket]
        for block in range(n_blocks):
            bucket = int(bound[block] * BUCKETS)
            visit[counts[bucket]] = block
            counts[bucket] += 1
        worst = np.inf
        for at in range(n_blocks):
            block = visit[at]
            if bound[block] - SLACK > worst:
                if bound[block] - 1.0 / BUCKETS - SLACK > worst:
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


@numba.njit(nogil=True, cache=True)
def _split(numbers, levels, inverse, n_levels, rows):  # pragma: no cover - compiled
    """Sort `rows` in place into blocks, halving at the column in which rows differ most; ends of the blocks.

    How rows differ is judged by a probe of each piece: a poor cut costs time, never exactness.
    """
    n_rows, n_numbers = len(rows), numbers.shape[0]
    ends = np.empty(n_rows, dtype=np.int64)
    n_blocks = 0
    waiting = [(0, n_rows)]
    counts = np.zeros(n_levels.max(), dtype=np.int64)
    on_left = np.zeros(n_levels.max(), dtype=np.bool_)
    while len(waiting) > 0:
        begin, end = waiting.pop()
        size = end - begin
        if size <= BLOCK_ROWS:
            ends[n_blocks] = end
            n_blocks += 1
            continue
        probe = rows[begin : end : max(1, size // PROBE_ROWS)]
        best, spread, cut = -1, 1e-12, 0.0
        for at in range(n_numbers):
            values = np.sort(numbers[at][probe])
            middle = values[len(values) // 2]
            apart = np.minimum(np.abs(values - middle) * inverse[at], 1.0).mean()
            if apart > spread:
                best, spread, cut = at, apart, middle
        for at in range(levels.shape[0]):
            codes = levels[at][probe]
            same = 0.0
            for code in codes:
                counts[code] += 1
            for code in codes:
                same += counts[code]
            for code in codes:
                counts[code] = 0
            # half the chance that two rows differ: on the scale of the mean deviation of a number
            apart = (1.0 - same / len(codes) ** 2) / 2.0
            if apart > spread:
                best, spread = n_numbers + at, apart
        left = begin
        if best >= 0:
            if best >= n_numbers:
                codes = levels[best - n_numbers][probe]
                for code in codes:
                    counts[code] += 1
                taken = 0
                while taken < len(codes) / 2:
                    common = codes[0]
                    for code in codes:
                        if counts[code] > counts[common]:
                            common = code
                    on_left[common] = True
                    taken += counts[common]
                    counts[common] = 0
                    if taken >= len(codes):
                        break
                counts[:] = 0
            for at in range(begin, end):
                row = rows[at]
                if best < n_numbers:
                    goes = numbers[best, row] < cut
                else:
                    goes = on_left[levels[best - n_numbers, row]]
                if goes:
                    rows[at] = rows[left]
                    rows[left] = row
                    left += 1
            on_left[:] = False
        if left in (begin, end):
            left = begin + size // 2
        waiting.append((left, end))
        waiting.append((begin, left))
    return ends[:n_blocks].copy()
