"""Constraints on level columns: rows that break them are redrawn from the frequencies of the train rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.constraints import Constraint, ConstraintKind, combinations_of, hot_cells
from core.errors import InvalidConfig

MAX_COMBINATIONS = 20_000
"""More combinations than this are no rule but a list of the table's rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationRule:
    """Combinations of levels that train rows have, with their numbers of rows; a missing level is None."""

    columns: tuple[str, ...]
    combinations: tuple[tuple[str | None, ...], ...]
    counts: tuple[int, ...]

    def rows_keeping(self, frame: pd.DataFrame) -> np.ndarray:
        """Which rows have a combination that train rows have."""
        known, seen = self._keys(frame, self.columns)
        return np.isin(seen, known)

    def mend(
        self, frame: pd.DataFrame, rng: np.random.Generator, settled: Collection[str]
    ) -> tuple[pd.DataFrame, np.ndarray, int]:
        """Redraw combinations that no train row has, given the settled columns, or else the one with most levels.

        Returns
        -------
        frame : the mended work frame
        failed : bool array, rows for which no combination fits what must stay
        n_broken : rows that were broken before
        """
        broken = np.flatnonzero(~self.rows_keeping(frame))
        failed = np.zeros(len(frame), dtype=bool)
        if not len(broken):
            return frame, failed, 0
        anchors = [name for name in self.columns if name in settled] or [self._finest()]
        known, wanted = self._keys(frame.iloc[broken], anchors)
        order = np.argsort(known, kind="stable")
        edges = np.concatenate([[0], np.cumsum(np.array(self.counts)[order])])
        first = np.searchsorted(known[order], wanted, side="left")
        last = np.searchsorted(known[order], wanted, side="right")
        possible = last > first
        failed[broken[~possible]] = True
        drawn = edges[first] + rng.random(len(broken)) * (edges[last] - edges[first])
        chosen = order[np.clip(np.searchsorted(edges, drawn, side="right") - 1, 0, len(order) - 1)]
        columns = {}
        for at, name in enumerate(self.columns):
            if name not in anchors:
                levels = [self.combinations[row][at] for row in chosen[possible]]
                columns[name] = _written(frame[name], broken[possible], levels)
        return frame.assign(**columns), failed, len(broken)

    def _finest(self) -> str:
        """The column with the most levels: it says most about the others."""
        levels = [len(set(column)) for column in zip(*self.combinations, strict=True)]
        return self.columns[int(np.argmax(levels))]

    def _keys(self, frame: pd.DataFrame, names: Collection[str]) -> tuple[np.ndarray, np.ndarray]:
        """One number per known combination, and one per row, equal where they agree in `names`."""
        places = [self.columns.index(name) for name in names]
        known = pd.DataFrame({place: [row[place] for row in self.combinations] for place in places}, dtype=object)
        seen = pd.DataFrame(
            {place: frame[self.columns[place]].astype(object).to_numpy() for place in places}, dtype=object
        )
        both = pd.concat([known, seen.where(seen.notna(), None)], ignore_index=True)
        keys = both.groupby(places, sort=False, dropna=False).ngroup().to_numpy()
        return keys[: len(known)], keys[len(known) :]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "rule": "combinations",
            "columns": list(self.columns),
            "combinations": [list(row) for row in self.combinations],
            "counts": list(self.counts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHotRule:
    """Columns of which exactly one is hot, with the numbers of train rows in which each is.

    Parameters
    ----------
    hot, cold : tuple of str or float
        What is written where a column is the one, and where it is not.
    """

    columns: tuple[str, ...]
    counts: tuple[int, ...]
    hot: tuple[str | float, ...]
    cold: tuple[str | float, ...]

    def rows_keeping(self, frame: pd.DataFrame) -> np.ndarray:
        """Which rows are hot exactly once."""
        return (self._hot(frame) == 1).sum(axis=1) == 1

    def mend(
        self, frame: pd.DataFrame, rng: np.random.Generator, settled: Collection[str]
    ) -> tuple[pd.DataFrame, np.ndarray, int]:
        """Choose one column where none or several are hot: among the hot ones, else among all, by frequency."""
        hot = self._hot(frame) == 1
        broken = np.flatnonzero(hot.sum(axis=1) != 1)
        failed = np.zeros(len(frame), dtype=bool)
        if not len(broken):
            return frame, failed, 0
        stays = np.array([name in settled for name in self.columns])
        cells = hot[broken]
        chances = np.where(cells.any(axis=1, keepdims=True), cells, True) * np.array(self.counts, dtype=float)
        must = (cells & stays).any(axis=1)
        chances[must] = np.where(cells[must] & stays, 1.0, 0.0)
        chances[:, stays] = np.where(cells[:, stays], chances[:, stays], 0.0)
        nothing = chances.sum(axis=1) == 0
        chances[nothing] = np.where(stays, 0.0, np.array(self.counts, dtype=float))
        total = chances.sum(axis=1)
        failed[broken[(total == 0) | ((cells & stays).sum(axis=1) > 1)]] = True
        below = rng.random(len(broken)) * total
        chosen = np.minimum((chances.cumsum(axis=1) <= below[:, None]).sum(axis=1), len(self.columns) - 1)
        columns = {}
        for at, name in enumerate(self.columns):
            if not stays[at]:
                values = [self.hot[at] if one == at else self.cold[at] for one in chosen]
                columns[name] = _written(frame[name], broken, values)
        return frame.assign(**columns), failed, len(broken)

    def _hot(self, frame: pd.DataFrame) -> np.ndarray:
        return np.column_stack([hot_cells(frame[name]) for name in self.columns])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        lists = {name: list(getattr(self, name)) for name in ("columns", "counts", "hot", "cold")}
        return {"rule": "one-hot", **lists}


def _written(series: pd.Series, rows: np.ndarray, values: list) -> pd.Series:
    """The series with other values in some rows."""
    if not isinstance(series.dtype, pd.CategoricalDtype):
        numbers = series.to_numpy(dtype=np.float64).copy()
        numbers[rows] = values
        return pd.Series(numbers, index=series.index)
    places = {level: code for code, level in enumerate(series.cat.categories)}
    codes = series.cat.codes.to_numpy().astype(np.int32)
    codes[rows] = [-1 if value is None else places[value] for value in values]
    return pd.Series(pd.Categorical.from_codes(codes, categories=series.cat.categories), index=series.index)


def fit_level_rule(train: pd.DataFrame, constraint: Constraint) -> CombinationRule | OneHotRule:
    """The rule of a constraint on levels, from train rows alone.

    Raises
    ------
    InvalidConfig
        If there are too many combinations, or a one-hot column is never or always hot.
    """
    names = constraint.columns
    if constraint.kind is ConstraintKind.ONE_HOT:
        return _fit_one_hot(train, names)
    counts = pd.Series(combinations_of(train, names), dtype=object).value_counts(sort=False)
    if len(counts) > MAX_COMBINATIONS:
        raise InvalidConfig(
            f"{constraint.label}: the train rows have {len(counts):,} of them, more than {MAX_COMBINATIONS:,}.",
            "Leave out the column with the most levels.",
            field="constraints",
        )
    order = sorted(range(len(counts)), key=lambda at: (-counts.iloc[at], str(counts.index[at])))
    return CombinationRule(
        columns=names,
        combinations=tuple(tuple(counts.index[at]) for at in order),
        counts=tuple(int(counts.iloc[at]) for at in order),
    )


def _fit_one_hot(train: pd.DataFrame, names: tuple[str, ...]) -> OneHotRule:
    counts, hot, cold = [], [], []
    for name in names:
        series, cells = train[name], hot_cells(train[name])
        if not (cells == 1).any() or not (cells == 0).any():
            raise InvalidConfig(f"{name!r} is the same in every train row.", "Leave it out.", field="constraints")
        counts.append(int((cells == 1).sum()))
        if isinstance(series.dtype, pd.CategoricalDtype):
            hot.append(str(series.iloc[int(np.argmax(cells == 1))]))
            cold.append(str(series.iloc[int(np.argmax(cells == 0))]))
        else:
            hot.append(1.0)
            cold.append(0.0)
    return OneHotRule(columns=names, counts=tuple(counts), hot=tuple(hot), cold=tuple(cold))


def level_rule_from_json(value: Mapping[str, Any]) -> CombinationRule | OneHotRule:
    """Rebuild a rule from its `to_json`."""
    if value["rule"] == "one-hot":
        return OneHotRule(**{name: tuple(value[name]) for name in ("columns", "counts", "hot", "cold")})
    return CombinationRule(
        columns=tuple(value["columns"]),
        combinations=tuple(map(tuple, value["combinations"])),
        counts=tuple(value["counts"]),
    )
