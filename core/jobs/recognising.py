"""Rows of an older version of a table, recognised in a newer one.

First rows as they were, by the columns that both versions have; then rows with one cell left out, where what is left
names one older row alone; then by a column that identifies rows. With an entity column only entities are looked up,
and rows that name none where those were divided each by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of the rows of the older version.

    Parameters
    ----------
    n_known : int
        Rows that are in both as they were, or whose entity is.
    n_changed : int
        Rows that were recognised although one cell, or all but the identifier, is another.
    n_new_control : int
        Control rows that were not recognised.
    n_gone_train : int
        Train rows of the older version that were not found again.
    """

    n_known: int = 0
    n_changed: int = 0
    n_new_control: int = 0
    n_gone_train: int = 0


@dataclass(slots=True)
class Recognition:
    """The older and the newer version, and how far rows of the one were found in the other.

    Parameters
    ----------
    older, newer : work frames of the columns that both have
    older_sides : array of int, 0 for train rows
    sides : array of int
        Side of every newer row; `UNKNOWN` until it is found.
    gone : array of bool
        Older rows that were not found yet.
    """

    older: pd.DataFrame
    newer: pd.DataFrame
    older_sides: np.ndarray
    sides: np.ndarray = field(init=False)
    gone: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.sides = np.full(len(self.newer), UNKNOWN, dtype=np.int64)
        self.gone = np.ones(len(self.older), dtype=bool)

    @property
    def n_found(self) -> int:
        """Newer rows that have a side."""
        return int((self.sides != UNKNOWN).sum())

    def by_row(self, identifiers: list[str]) -> int:
        """Look up every row by itself, all ways in turn; how many are as they were."""
        self.as_they_were()
        n_known = self.n_found
        self.but_one_cell()
        self.by_identifier(identifiers)
        return n_known

    def by_entity(self, name: str, identifiers: list[str], *, lone: bool) -> int:
        """Give every row the side of its entity; how many have one, or are as they were.

        With `lone`, rows that name no entity are looked up each by itself, among the older ones that name none.
        """
        older, newer = self.older[name], self.newer[name]
        place = _first_places(older, newer)
        self.sides = np.where(place == UNKNOWN, UNKNOWN, self.older_sides[place])
        self.gone = ~older.isin(newer.unique()).to_numpy()
        before, after = older.isna().to_numpy(), newer.isna().to_numpy()
        if not lone or not before.any() or not after.any():
            return self.n_found
        alone = Recognition(self.older[before], self.newer[after], self.older_sides[before])
        n_known = alone.by_row(identifiers) + int((self.sides[~after] != UNKNOWN).sum())
        self.sides[after], self.gone[before] = alone.sides, alone.gone
        return n_known

    def as_they_were(self) -> None:
        """Give rows that are in both the same side; equal rows are told apart by their order."""
        places = pd.Series(np.arange(len(self.older)), index=pd.MultiIndex.from_arrays(_keys(self.older)))
        found = places.reindex(pd.MultiIndex.from_arrays(_keys(self.newer))).fillna(UNKNOWN).to_numpy(dtype=np.int64)
        self._take(np.arange(len(self.newer)), found)

    def but_one_cell(self) -> None:
        """Take a row for one that is gone where all cells but one agree, and agree with that row alone.

        Of several such rows a train row wins: it must not judge as a control row.
        """
        rows, missing = self._unknown(), self.gone.copy()
        if not len(rows) or not missing.any() or self.older.shape[1] < 2:
            return
        before, after = _cell_hashes(self.older), _cell_hashes(self.newer.iloc[rows])
        whole_before, whole_after = before.sum(axis=0), after.sum(axis=0)
        for here, there in zip(before, after, strict=True):
            rest_before, rest_after = whole_before - here, whole_after - there
            hits = np.intersect1d(rest_after, rest_before[missing])
            places = np.flatnonzero(np.isin(rest_before, hits))
            alone = pd.Series(places, index=rest_before[places])
            alone = alone[~alone.index.duplicated(keep=False)]
            alone = alone[missing[alone.to_numpy()]]
            self._take(rows, alone.reindex(rest_after).fillna(UNKNOWN).to_numpy(dtype=np.int64))

    def by_identifier(self, names: list[str]) -> None:
        """Take a row for the one with its identifier, by the first column that identifies every row of both."""
        for name in names:
            if all(frame[name].notna().all() and frame[name].is_unique for frame in (self.older, self.newer)):
                rows = self._unknown()
                found = _first_places(self.older[name], self.newer[name].iloc[rows])
                self._take(rows, np.where(self.gone[found], found, UNKNOWN))
                return

    def _unknown(self) -> np.ndarray:
        return np.flatnonzero(self.sides == UNKNOWN)

    def _take(self, rows: np.ndarray, places: np.ndarray) -> None:
        """Give rows the sides of older rows; `UNKNOWN` places give none."""
        rows, places = rows[places != UNKNOWN], places[places != UNKNOWN]
        side, already = self.older_sides[places], self.sides[rows]
        self.sides[rows] = np.where(already == UNKNOWN, side, np.minimum(already, side))
        self.gone[places] = False


def _first_places(older: pd.Series, newer: pd.Series) -> np.ndarray:
    """The first row of the older table that has each value of the newer one; missing is a value."""
    values = older.astype(object).fillna("")
    first = pd.Series(np.arange(len(older)), index=values)[~values.duplicated().to_numpy()]
    return first.reindex(newer.astype(object).fillna("")).fillna(UNKNOWN).to_numpy(dtype=np.int64)


def _keys(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Hash of every row, and the number of its occurrence: equal rows are told apart by their order."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashes, pd.Series(hashes).groupby(hashes).cumcount().to_numpy()


def _cell_hashes(frame: pd.DataFrame) -> np.ndarray:
    """Hashes of cells, a line per column, of which every column has its own: sums of them are hashes of rows."""
    factors = np.random.default_rng(0).integers(0, 2**63, size=frame.shape[1], dtype=np.uint64) * 2 + 1
    columns = [pd.util.hash_pandas_object(frame[name], index=False).to_numpy() for name in frame]
    return np.array([hashes * factor for hashes, factor in zip(columns, factors, strict=True)], dtype=np.uint64)
