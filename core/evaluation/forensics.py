"""Row forensics: the synthetic rows that stand closest to one train row, beside the real rows they resemble.

Ordered by the ratio of the nearest to the second nearest distance, because a row that is near to one person and to
nobody else is suspicious; a row that is near to many is only common. The same ratio against control rows says whether
such rows also come about without any copying.
"""

from __future__ import annotations

import numpy as np

from core.evaluation.distance import Encoded, distinct_rows, row_space
from core.evaluation.metric import Tables
from core.evaluation.neighbours import Nearest, build_index, find_nearest
from core.evaluation.privacy_rows import nearest_train_rows, searched_rows, searched_synthetic
from core.near_copies import Forensics, NearCopy

MEMORISED = 1 / 3
"""Ratio below which a row is taken for memorised (TabCutMix, arXiv 2412.11044)."""


N_NEAR_COPIES = 200
THRESHOLDS = tuple(round(0.02 * step, 2) for step in range(51))
"""Ratios for which the number of rows that would be held back is counted."""


def investigate(tables: Tables, n: int = N_NEAR_COPIES) -> Forensics:
    """The low tail, and how many rows each threshold would hold back.

    Raises
    ------
    NotApplicable
        If a table has no rows or nothing is modelled.
    """
    _, found = nearest_train_rows(tables)
    ratio = np.where(found.is_copy, -1.0, found.ratio)
    held = np.searchsorted(np.sort(ratio), THRESHOLDS, side="left")
    return Forensics(
        near_copies=find_near_copies(tables, n),
        n_searched=len(ratio),
        thresholds=THRESHOLDS,
        held=tuple(int(one) for one in held),
    )


def find_near_copies(tables: Tables, n: int = 50) -> tuple[NearCopy, ...]:
    """The n synthetic rows that stand out most, the most suspicious first.

    Raises
    ------
    NotApplicable
        If a table has no rows or nothing is modelled.
    """
    _, to_all = nearest_train_rows(tables)
    ratio, distance = to_all.ratio, to_all.first
    worst = np.lexsort((distance, ratio))[:n]
    space = row_space(tables)
    queries = searched_synthetic(tables).rows(worst)
    to_train = _nearest_different(tables, "train", queries, 2)
    to_control = _nearest_different(tables, "control", queries, 1) if "control" in space.tables else None
    train, rows = space.tables["train"], searched_rows(tables)[worst]
    names = np.array([*space.number_names, *space.level_names], dtype=object)
    found = []
    for at, row in enumerate(rows):
        nearest = to_train.index[at, 0]
        same = np.concatenate(
            [train.numbers[:, nearest] == queries.numbers[:, at], train.levels[:, nearest] == queries.levels[:, at]]
        )
        found.append(
            NearCopy(
                synthetic=int(row),
                train=int(nearest),
                second=int(to_train.index[at, 1]) if to_train.index.shape[1] > 1 else -1,
                control=int(to_control.index[at, 0]) if to_control is not None else -1,
                distance=float(to_train.distance[at, 0]),
                second_distance=float(to_train.distance[at, 1]) if to_train.distance.shape[1] > 1 else None,
                control_distance=float(to_control.distance[at, 0]) if to_control is not None else None,
                ratio=float(ratio[worst[at]]),
                equal=tuple(names[same]),
            )
        )
    return tuple(found)


def _nearest_different(tables: Tables, name: str, queries: Encoded, k: int) -> Nearest:
    """Nearest different rows of a table, as rows of that table."""
    space = row_space(tables)
    distinct = distinct_rows(space.tables[name])
    first = np.full(len(distinct.rows), -1)
    # the first occurrence stands for its repetitions
    first[distinct.member[::-1]] = np.arange(len(distinct.member))[::-1]
    k = min(k, len(distinct.rows))
    near = find_nearest(queries, build_index(distinct.rows, space, tables.generator(f"forensics {name}")), k)
    return Nearest(distance=near.distance, index=first[near.index])


def quarantine(tables: Tables, *, ratio: float = MEMORISED, distance: float = 1.0) -> np.ndarray:
    """Synthetic rows to hold back: copies, and those of which a train row within `distance` stands out below `ratio`.

    Holding rows back is no protection: which rows are missing tells where train rows lie. Judge the rest again.

    Returns
    -------
    bool array of shape (n_synthetic,); rows that the plan did not search are kept
    """
    _, found = nearest_train_rows(tables)
    held = np.zeros(len(tables.synthetic), dtype=bool)
    held[searched_rows(tables)] = ((found.ratio < ratio) & (found.first <= distance)) | found.is_copy
    return held
