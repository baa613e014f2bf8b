"""The two loops of the neighbour search that are compiled: sorting rows into blocks, and searching the blocks.

Compiled at the first call of a machine (some seconds) and kept in the package's cache folder. They release the
interpreter's lock, so that threads share the queries.
"""

from __future__ import annotations

import numba
import numpy as np

BLOCK_ROWS = 64
PROBE_ROWS = 200
"""Rows by which a piece is judged before it is halved."""

SLACK = 1e-7
"""Bounds are lowered by this, so that rounding never skips a block with an equal distance."""

BUCKETS = 4
"""Blocks are visited in the order of their bound, to a quarter of a column."""


@numba.njit(nogil=True, cache=True)
def search(
    query_numbers, query_levels, first, last, numbers, levels, starts, low, high, absent, offsets,
    inverse, number_weights, level_weights, sums, found,
):  # pragma: no cover - compiled # fmt: skip
    """Nearest rows of the queries `first` to `last`, written to `sums` and `found` (positions in block order)."""
    n_numbers, n_levels = numbers.shape[0], levels.shape[0]
    n_blocks = len(starts) - 1
    k = sums.shape[1]
    n_buckets = BUCKETS * (n_numbers + n_levels) + 2
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
            value, scale, weight = query_numbers[column, row], inverse[column], number_weights[column]
            for block in range(n_blocks):
                gap = max(low[column, block] - value, value - high[column, block])
                bound[block] += min(max(gap, 0.0) * scale, 1.0) * weight
        for column in range(n_levels):
            if offsets[column] >= 0:
                line = absent[offsets[column] + query_levels[column, row]]
                weight = level_weights[column]
                for block in range(n_blocks):
                    bound[block] += line[block] * weight
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
                code, weight = query_levels[column, row], level_weights[column]
                line = levels[column, begin : begin + n_rows]
                for j in range(n_rows):
                    total[j] += weight if line[j] != code else 0.0
            for column in range(n_numbers):
                value, scale, weight = query_numbers[column, row], inverse[column], number_weights[column]
                cells = numbers[column, begin : begin + n_rows]
                for j in range(n_rows):
                    total[j] += min(abs(cells[j] - value) * scale, 1.0) * weight
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
def split(numbers, levels, inverse, n_levels, rows):  # pragma: no cover - compiled
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
