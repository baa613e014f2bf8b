"""What chance alone does to a share of nearest rows: labels train and control permuted over the real rows.

Many synthetic rows share one nearest real row, so they are no independent trials and .5 / sqrt(n) is far too narrow.
Permuting labels keeps the neighbourhoods and moves only who counts as a train row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from core.evaluation.distance import Encoded, Space, distinct_rows
from core.evaluation.neighbours import build_index, find_nearest

MAX_BLOCKS = 10
"""Blocks of train rows that are compared with the control rows; more would cost time and add little precision."""

KEPT_CONTROL_SHARE = 0.95
"""One more block is made where it costs no more than 5 % of the control rows."""

N_PERMUTATIONS = 300
LISTED_ROWS = 24
"""Nearest rows kept per synthetic row. Where none of them is a control row, the undecided blocks count half, which is
their expectation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Disjoint blocks of train rows, each as large as the control rows used.

    Parameters
    ----------
    train : tuple of int64 arrays, rows of the train table per block
    control : int64 array, rows of the control table that are used
    """

    train: tuple[np.ndarray, ...]
    control: np.ndarray

    @property
    def size(self) -> int:
        """Rows per block."""
        return len(self.control)


def equal_blocks(n_train: int, n_control: int, generator: np.random.Generator) -> Blocks:
    """Cut the train rows at random into blocks as large as the control rows.

    With fewer train rows than control rows there is one block, and as many control rows are used.
    """
    count = n_train // n_control
    if n_train // (count + 1) >= KEPT_CONTROL_SHARE * n_control:
        count += 1
    count = max(1, count)
    size = min(n_control, n_train // count)
    order = generator.permutation(n_train)
    blocks = tuple(np.sort(order[at * size : (at + 1) * size]) for at in range(min(count, MAX_BLOCKS)))
    return Blocks(train=blocks, control=np.sort(generator.permutation(n_control)[:size]))


def permuted_spread(
    space: Space,
    synthetic: Encoded,
    blocks: Blocks,
    generator: np.random.Generator,
    *,
    entities: tuple[np.ndarray, np.ndarray] | None = None,
    threads: int = 1,
) -> float:
    """Standard deviation of the DCR share when labels are permuted over the real rows of the blocks and the control.

    Its mean is one half by symmetry. With `entities`, codes of the entities of all train and all control rows, whole
    entities are drawn as control.
    """
    groups = [space.tables["train"].rows(rows) for rows in blocks.train]
    pool = Encoded.stack(space.tables["control"].rows(blocks.control), *groups)
    labels = np.repeat(np.arange(len(groups) + 1), blocks.size)
    distinct = distinct_rows(pool)
    index = build_index(distinct.rows, space, generator)
    near = find_nearest(synthetic, index, min(LISTED_ROWS, len(distinct.rows)), threads=threads)
    whose = None if entities is None else _pooled(entities, blocks)
    shares = [
        _share(near.distance, near.index, distinct.member, permuted_labels(labels, whose, generator), len(groups))
        for _ in range(N_PERMUTATIONS)
    ]
    return float(np.sqrt(np.mean(np.square(np.array(shares) - 0.5))))


def _pooled(entities: tuple[np.ndarray, np.ndarray], blocks: Blocks) -> np.ndarray:
    """Entities of the pool's rows: control first, then the blocks."""
    of_train, of_control = entities
    return np.concatenate([of_control[blocks.control], *(of_train[rows] for rows in blocks.train)])


def permuted_labels(labels: np.ndarray, whose: np.ndarray | None, generator: np.random.Generator) -> np.ndarray:
    """Labels in another order; with entities, the control (label 0) is made of whole ones, but for the last, cut."""
    if whose is None:
        return generator.permutation(labels)
    rank = generator.permutation(whose.max() + 1)[whose]
    order = np.argsort(rank, kind="stable")
    size = int((labels == 0).sum())
    out = np.zeros_like(labels)
    out[order[size:]] = generator.permutation(labels[labels > 0])
    return out


@numba.njit(nogil=True, cache=True)
def _share(distance, index, member, labels, n_blocks):  # pragma: no cover - compiled
    """DCR share, ties half, when row i of the pool belongs to group labels[i]; group 0 is the control."""
    present = np.zeros(member.max() + 1, dtype=np.int64)
    for row in range(len(member)):
        present[member[row]] |= 1 << labels[row]
    total = 0.0
    for row in range(len(index)):
        seen = 0
        at = 0
        met = False
        while at < index.shape[1] and not met:
            tied = 0
            here = distance[row, at]
            while at < index.shape[1] and distance[row, at] == here:
                tied |= present[index[row, at]]
                at += 1
            if tied & 1:
                total += _count(seen) + 0.5 * _count(tied & ~seen & ~1)
                met = True
            else:
                seen |= tied
        if not met:
            total += 0.5 * (_count(seen) + n_blocks)
    return total / (len(index) * n_blocks)


@numba.njit(nogil=True, cache=True)
def _count(bits):  # pragma: no cover - compiled
    found = 0
    while bits:
        bits &= bits - 1
        found += 1
    return found
