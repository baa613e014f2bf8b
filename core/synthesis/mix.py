"""A target mix, block by block: which row is of which level, so that every share is met exactly in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.synthesis.permutation import permuted


def block_cells(rows: Sequence[int], seed: int, block_rows: int) -> Callable[[int], np.ndarray]:
    """A function from the number of a block to the cell of each of its rows.

    Rows are dealt out in a random order that is never held: row i of the sample is place p(i) of a list in which every
    cell has its rows one after the other, p a keyed permutation. So the whole sample has exactly `rows[cell]` rows of
    a cell, and any part of it is a random sample of the mix.

    Parameters
    ----------
    rows : rows of every cell
    seed : int
    block_rows : int
    """
    ends = np.cumsum(np.asarray(rows, dtype=np.int64))
    total = int(ends[-1])

    def cells(block: int) -> np.ndarray:
        numbers = np.arange(block * block_rows, min((block + 1) * block_rows, total))
        return np.searchsorted(ends, permuted(numbers, total, f"mix {seed}"), side="right")

    return cells
