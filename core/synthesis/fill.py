"""Rejection: filling places with rows that meet what is asked for there, within a budget of draws."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.limits import DRAWS_PER_CONSTRAINED_ROW, FRUITLESS_DRAWS
from core.synthesis.conditions import FREE, Wish
from core.synthesis.painter import BLOCK_ROWS, Painter, chosen_rows
from core.tables import joined

ROUND_ROWS = BLOCK_ROWS
"""Most rows drawn in one round of rejection."""
SMALLEST_ROUND = 256
"""A round has a fixed cost, so a few missing rows are looked for among at least so many."""

Accept = Callable[[pd.DataFrame], np.ndarray]
"""Says which decoded rows may be delivered: a bool array of shape (n_rows,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows of each wish, int64 arrays of shape (n_wishes,).

    Parameters
    ----------
    obtained, drawn : rows delivered, and rows drawn until the last of them
    natively : rows of the first draw, one for each place, that met the wish
    """

    obtained: np.ndarray
    drawn: np.ndarray
    natively: np.ndarray

    @classmethod
    def zeros(cls, n: int) -> Counts:
        """No rows yet."""
        return cls(obtained=np.zeros(n, np.int64), drawn=np.zeros(n, np.int64), natively=np.zeros(n, np.int64))

    def plus(self, other: Counts) -> Counts:
        """The sums."""
        return Counts(
            obtained=self.obtained + other.obtained,
            drawn=self.drawn + other.drawn,
            natively=self.natively + other.natively,
        )


@dataclass(slots=True)
class Tally:
    """How decoded rows kept the model's constraints: rows looked at, and rows that broke each of them at first."""

    n_drawn: int
    n_mended: np.ndarray

    @classmethod
    def of(cls, painter: Painter) -> Tally:
        """Nothing looked at yet."""
        return cls(0, np.zeros(len(painter.model.encoder.rules.constraints), np.int64))

    def keep(
        self, painter: Painter, frame: pd.DataFrame, rng: np.random.Generator, fixed: Collection[str]
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Rows held to the constraints, and which of them keep every one; the others have to be drawn again."""
        kept = painter.model.encoder.rules.keep(frame, rng, fixed)
        self.n_drawn += len(frame)
        self.n_mended = self.n_mended + np.array(kept.n_mended, dtype=np.int64)
        return kept.frame, kept.keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Rows for the places that could be filled, in the order of the places."""

    frame: pd.DataFrame
    places: np.ndarray
    counts: Counts
    tally: Tally


def fill(
    painter: Painter,
    rng: np.random.Generator,
    wishes: Sequence[Wish],
    cells: np.ndarray,
    *,
    draws_per_row: int,
    accept: Accept | None = None,
    pulse: Callable[[], None] = lambda: None,
    given_up: np.ndarray | None = None,
) -> Filled:
    """Fill every place with a row that meets the wish of its cell.

    The first round draws one row for every place; later rounds draw, for each wish, about as many as its acceptance
    rate says are needed. A wish ends when its budget is spent, or when `FRUITLESS_DRAWS` rows have met it not once.

    Parameters
    ----------
    wishes : sequence of Wish
    cells : int array of shape (n_places,)
        Wish of every place.
    draws_per_row : int
    accept : callable, optional
        Looks at decoded rows that meet their wish, and refuses some.
    pulse : callable
        Called every round; what it raises ends the work.
    given_up : bool array of shape (n_wishes,), optional
        Wishes that are not tried at all.
    """
    n_wishes = len(wishes)
    asked = np.bincount(cells, minlength=n_wishes)
    budget = asked * draws_per_row
    drawn, met_so_far = np.zeros(n_wishes, np.int64), np.zeros(n_wishes, np.int64)
    natively = np.zeros(n_wishes, np.int64)
    order = np.argsort(cells, kind="stable")
    starts = np.cumsum(asked) - asked
    done = np.zeros(n_wishes, np.int64)
    over = np.zeros(n_wishes, dtype=bool) if given_up is None else given_up.copy()
    frames: list[pd.DataFrame] = []
    places: list[np.ndarray] = []
    first, tally = True, Tally.of(painter)
    while True:
        pending = np.where(over, 0, asked - done)
        if not pending.any():
            break
        pulse()
        sizes = pending.copy() if first else _round(pending, drawn, met_so_far, budget)
        if not first and not sizes.any():
            break
        candidates = cells[~over[cells]] if first else np.repeat(np.arange(n_wishes), sizes)
        frame, at = _met(painter, rng, wishes, candidates, accept, tally)
        owner = candidates[at]
        found = np.bincount(owner, minlength=n_wishes)
        if first:
            natively = found.copy()
        taken, position = _taken(owner, pending)
        places.append(order[starts[owner[taken]] + done[owner[taken]] + position])
        frames.append(frame.iloc[taken])
        drawn += np.where(found >= pending, _until(at, owner, candidates, pending), sizes)
        met_so_far += found
        done += np.minimum(found, pending)
        over |= (drawn >= budget) | ((met_so_far == 0) & (drawn >= FRUITLESS_DRAWS))
        first = False
    if not frames:
        frames, places = [painter.decoded(painter.encoded(1, None, rng), rng).iloc[:0]], [np.zeros(0, np.int64)]
    where = np.concatenate(places)
    sort = np.argsort(where, kind="stable")
    frame = joined(frames)
    if not np.array_equal(sort, np.arange(len(sort))):
        frame = frame.take(sort).reset_index(drop=True)
    counts = Counts(obtained=done, drawn=drawn, natively=natively)
    return Filled(frame=frame, places=where[sort], counts=counts, tally=tally)


def _round(pending: np.ndarray, drawn: np.ndarray, met: np.ndarray, budget: np.ndarray) -> np.ndarray:
    """Rows to draw for each wish: what its acceptance rate so far asks for, within a round and its budget."""
    rate = (met + 0.5) / (drawn + 1.0)
    needed = np.where(pending > 0, np.ceil(pending / rate * 1.1), 0)
    needed = np.where(pending > 0, np.maximum(needed, SMALLEST_ROUND), 0)
    needed = np.minimum(needed, budget - drawn)
    total = needed.sum()
    if total > ROUND_ROWS:
        needed = np.where(needed > 0, np.maximum(1, np.floor(needed * ROUND_ROWS / total)), 0)
    return needed.astype(np.int64)


def _met(
    painter: Painter,
    rng: np.random.Generator,
    wishes: Sequence[Wish],
    candidates: np.ndarray,
    accept: Accept | None,
    tally: Tally,
) -> tuple[pd.DataFrame, np.ndarray]:
    """One row drawn for every candidate: those that meet their wish, decoded, and their positions."""
    encoded = painter.encoded(len(candidates), *_asked(painter, wishes, candidates, rng))
    met = np.zeros(len(candidates), dtype=bool)
    for number, rows in _groups(candidates):
        met[rows] = wishes[number].met(chosen_rows(encoded, rows), painter.model.encoder)
    at = np.flatnonzero(met)
    frame = painter.decoded(chosen_rows(encoded, at), rng)
    frame = _written(frame, wishes, candidates[at])
    if painter.model.encoder.rules and len(frame):
        # wishes of one call are of the same columns, those of a condition or of a mix
        frame, kept = tally.keep(painter, frame, rng, wishes[0].columns)
        for number, rows in _groups(candidates[at]):
            kept[rows] &= wishes[number].met_late(frame.iloc[rows])
        frame, at = frame[kept], at[kept]
    if accept is not None and len(frame):
        kept = accept(frame)
        frame, at = frame[kept], at[kept]
    return frame, at


def _written(frame: pd.DataFrame, wishes: Sequence[Wish], owner: np.ndarray) -> pd.DataFrame:
    """Rows with the level of a bucket that their wish asks for."""
    codes: dict[str, np.ndarray] = {}
    if any(wish.members for wish in wishes):
        for number, rows in _groups(owner):
            for name, level in wishes[number].members:
                if name not in codes:
                    codes[name] = frame[name].cat.codes.to_numpy().copy()
                codes[name][rows] = frame[name].cat.categories.get_loc(level)
    for name, own in codes.items():
        frame[name] = pd.Categorical.from_codes(own, dtype=frame[name].dtype)
    return frame


def _asked(
    painter: Painter, wishes: Sequence[Wish], candidates: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray | None, np.random.Generator, np.ndarray]:
    """Condition of every candidate, the random numbers, and which candidates are steered."""
    natives = np.array([-1 if wish.native is None else wish.native for wish in wishes])[candidates]
    steered = natives >= 0
    if steered.all() and len(natives):
        return natives, rng, steered
    prior = painter.prior_ids(len(candidates), rng)
    return prior if prior is None else np.where(steered, natives, prior), rng, steered


def _taken(owner: np.ndarray, pending: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions among the met rows of those that are used, and the rank of each inside its wish."""
    rank = _ranks(owner)
    used = np.flatnonzero(rank < pending[owner])
    return used, rank[used]


def _until(at: np.ndarray, owner: np.ndarray, candidates: np.ndarray, pending: np.ndarray) -> np.ndarray:
    """Rows drawn for each wish up to the one that completed it (0 where it was not completed)."""
    result = np.zeros(len(pending), np.int64)
    last = np.flatnonzero(_ranks(owner) == pending[owner] - 1)
    result[owner[last]] = _ranks(candidates)[at[last]] + 1
    return result


def _groups(numbers: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Every number that occurs, with its positions in ascending order."""
    order = np.argsort(numbers, kind="stable")
    values, starts = np.unique(numbers[order], return_index=True)
    yield from zip(values.tolist(), np.split(order, starts[1:]), strict=bool(len(values)))


def _ranks(numbers: np.ndarray) -> np.ndarray:
    """How many earlier places have the same number, for every place."""
    order = np.argsort(numbers, kind="stable")
    _, starts, counts = np.unique(numbers[order], return_index=True, return_counts=True)
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[order] = np.arange(len(numbers)) - np.repeat(starts, counts)
    return rank


def unconditioned(painter: Painter, rng: np.random.Generator, accept: Accept | None, **how) -> Filled:
    """One whole block of rows that nothing is asked of; constraints and `accept` may refuse some of them."""
    if accept is None and not painter.model.encoder.rules:
        frame = painter.decoded(painter.encoded(BLOCK_ROWS, painter.prior_ids(BLOCK_ROWS, rng), rng), rng)
        everything = np.full(1, BLOCK_ROWS, np.int64)
        counts = Counts(obtained=everything, drawn=everything, natively=everything)
        return Filled(frame=frame, places=np.arange(BLOCK_ROWS), counts=counts, tally=Tally.of(painter))
    how["draws_per_row"] = min(how["draws_per_row"], DRAWS_PER_CONSTRAINED_ROW)
    return fill(painter, rng, [FREE], np.zeros(BLOCK_ROWS, dtype=np.int64), accept=accept, **how)
