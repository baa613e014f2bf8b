"""Who is nearest to whom: the searches that distances, shares and curves of an evaluation have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import NotApplicable
from core.evaluation.distance import EXACT_COPY, Encoded, Space, distinct_rows, row_space
from core.evaluation.metric import Plan, Tables
from core.evaluation.neighbours import Nearest, build_index, find_nearest
from core.evaluation.privacy_null import Blocks, equal_blocks, permuted_spread

MAX_SYNTHETIC_ROWS = {Plan.QUICK: 5_000, Plan.STANDARD: 100_000, Plan.FULL: None}
"""Synthetic rows that are searched per plan; a random part of more, and the result says how many."""

TIED_ROWS = 8
"""Equally near rows among which a synthetic row is shared out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRows:
    """Distances of rows to their nearest and second nearest different reference row.

    Parameters
    ----------
    first, second : float64 arrays of shape (n_rows,), 0 to 1
        `second` is infinite where the reference has one different row.
    """

    first: np.ndarray
    second: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """First / second distance, 0 to 1 (NNDR): near 0, one reference row stands out.

        0 / 0 is 1; it cannot occur, because the reference has no repetitions.
        """
        out = np.ones_like(self.first)
        np.divide(self.first, self.second, out=out, where=self.second > 0)
        return out

    @property
    def is_copy(self) -> np.ndarray:
        """Whether a reference row is equal in every modelled column."""
        return self.first < EXACT_COPY


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRows:
    """Everything that one evaluation found by searching.

    Parameters
    ----------
    n_synthetic : int
        Synthetic rows searched for.
    n_given : int
        Synthetic rows that there are.
    to_train : ToRows
        Synthetic rows to all train rows.
    n_distinct_train : int
    blocks : Blocks or None
        None without control rows, and so is everything below.
    to_blocks : tuple of ToRows, synthetic rows to each block of train rows
    to_control : ToRows, synthetic rows to as many control rows
    control_to_blocks : tuple of ToRows, control rows to each block: how near real rows lie to each other
    """

    n_synthetic: int
    n_given: int
    to_train: ToRows
    n_distinct_train: int
    n_distinct_control: int = 0
    blocks: Blocks | None = None
    to_blocks: tuple[ToRows, ...] = ()
    to_control: ToRows | None = None
    control_to_blocks: tuple[ToRows, ...] = ()

    def need_blocks(self, tables: Tables) -> Blocks:
        """The blocks, or the reason that there are none.

        Raises
        ------
        NotApplicable
        """
        tables.need_control()
        if self.blocks is None:
            raise NotApplicable("There are no control rows to compare with.")
        return self.blocks


def nearest_rows(tables: Tables) -> NearestRows:
    """Search once per evaluation; every metric of distances reads the same numbers.

    Raises
    ------
    NotApplicable
        If a table has no rows or nothing is modelled.
    """
    if "nearest_rows" not in tables.cache:
        tables.cache["nearest_rows"] = _search_all(tables)
    return tables.cache["nearest_rows"]


def searched_synthetic(tables: Tables) -> Encoded:
    """The synthetic rows that are searched for: all of them, or a random part as large as the plan allows."""
    return row_space(tables).tables["synthetic"].rows(searched_rows(tables))


def searched_rows(tables: Tables) -> np.ndarray:
    """Positions of the synthetic rows that are searched for, increasing."""
    n_rows, limit = len(tables.synthetic), MAX_SYNTHETIC_ROWS[tables.plan]
    if limit is None or n_rows <= limit:
        return np.arange(n_rows)
    return np.sort(tables.generator("searched rows").permutation(n_rows)[:limit])


def nearest_train_rows(tables: Tables) -> tuple[int, ToRows]:
    """Number of different train rows, and the searched synthetic rows' distances to them; searched once.

    Raises
    ------
    NotApplicable
        If a table has no rows or nothing is modelled.
    """
    if "nearest_train_rows" not in tables.cache:
        tables.need_synthetic()
        space = row_space(tables)
        generator = tables.generator("nearest train rows")
        tables.cache["nearest_train_rows"] = distances_to(
            searched_synthetic(tables), space.tables["train"], space, generator, tables.threads
        )
    return tables.cache["nearest_train_rows"]


def _search_all(tables: Tables) -> NearestRows:
    distinct_train, to_train = nearest_train_rows(tables)
    space = row_space(tables)
    synthetic = searched_synthetic(tables)
    train = space.tables["train"]
    generator = tables.generator("nearest rows")
    common = {
        "n_synthetic": len(synthetic),
        "n_given": len(tables.synthetic),
        "to_train": to_train,
        "n_distinct_train": distinct_train,
    }
    if "control" not in space.tables:
        return NearestRows(**common)
    blocks = equal_blocks(len(train), len(space.tables["control"]), tables.generator("blocks"))
    control = space.tables["control"].rows(blocks.control)
    distinct_control, to_control = distances_to(synthetic, control, space, generator, tables.threads)
    to_blocks, control_to_blocks = [], []
    both = Encoded.stack(synthetic, control)
    for rows in blocks.train:
        _, found = distances_to(both, train.rows(rows), space, generator, tables.threads)
        to_blocks.append(ToRows(first=found.first[: len(synthetic)], second=found.second[: len(synthetic)]))
        control_to_blocks.append(ToRows(first=found.first[len(synthetic) :], second=found.second[len(synthetic) :]))
    return NearestRows(
        **common,
        n_distinct_control=distinct_control,
        blocks=blocks,
        to_blocks=tuple(to_blocks),
        to_control=to_control,
        control_to_blocks=tuple(control_to_blocks),
    )


def distances_to(
    queries: Encoded, reference: Encoded, space: Space, generator: np.random.Generator, threads: int
) -> tuple[int, ToRows]:
    """Number of different reference rows, and the distances of the queries to the nearest two of them."""
    distinct = distinct_rows(reference).rows
    near = find_nearest(queries, build_index(distinct, space, generator), 2, threads=threads)
    return len(distinct), ToRows(first=near.distance[:, 0], second=near.distance[:, 1])


def spread_of_dcr_share(tables: Tables) -> float:
    """Standard deviation of the DCR share under permuted labels; see `privacy_null`."""
    blocks = nearest_rows(tables).need_blocks(tables)
    return permuted_spread(
        row_space(tables),
        searched_synthetic(tables),
        blocks,
        tables.generator("permutations"),
        entities=tables.entities(),
        threads=tables.threads,
    )


def real_entities(tables: Tables) -> np.ndarray | None:
    """Entities of all real rows, train rows first; None where rows stand alone."""
    entities = tables.entities()
    return None if entities is None else np.concatenate(entities)


def weight_of_real_rows(tables: Tables, queries: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """For how many synthetic rows each real row is the nearest, equally near rows sharing.

    Parameters
    ----------
    queries : bool array of shape (n_searched_synthetic_rows,), optional
        Synthetic rows that count; all of them by default.

    Returns
    -------
    weights : float64 array of shape (n_train + n_control,), train rows first
    is_train : bool array of the same shape
    """
    if "pool" not in tables.cache:
        space = row_space(tables)
        distinct = distinct_rows(Encoded.stack(space.tables["train"], space.tables["control"]))
        index = build_index(distinct.rows, space, tables.generator("pool"))
        tied = min(TIED_ROWS, len(distinct.rows))
        near = find_nearest(searched_synthetic(tables), index, tied, threads=tables.threads)
        tables.cache["pool"] = near, distinct.member
    near, member = tables.cache["pool"]
    if queries is not None:
        near = Nearest(distance=near.distance[queries], index=near.index[queries])
    return shared_weights(near, member), np.arange(len(member)) < len(tables.train)


def shared_weights(near: Nearest, member: np.ndarray) -> np.ndarray:
    """Every query's weight of 1 divided equally among all rows at its smallest distance."""
    repeats = np.bincount(member)
    tied = (near.distance == near.distance[:, :1]) & (near.index >= 0)
    size = np.where(tied, repeats[near.index], 0).sum(axis=1)
    each = np.where(tied, 1.0 / size[:, None], 0.0)
    of_distinct = np.bincount(near.index[tied], weights=each[tied], minlength=len(repeats))
    return of_distinct[member]
