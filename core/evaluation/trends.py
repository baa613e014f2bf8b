"""Pair trends: how alike the relation of every pair of columns is in the synthetic and the real table.

Two numbers: 1 - |difference of Pearson's r| / 2. Any other pair: TV complement of the joint table, numbers in 10 equal
widths over the real range with open ends, missing in a bin of its own. Two numbers of which one is constant in either
table have no r; their joint table is compared instead, which a generator that has collapsed to one value does not pass.

Source: SDMetrics' Column Pair Trends, with two differences on purpose. Their bins come from each table's own range, so
one synthetic row outside the real range shifts all of them, and their report drops pairs of weak real association.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.coded import CodedColumn, CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.moments import Moments, Scaling, redrawn_correlations
from core.evaluation.redrawing import METHOD, Redraws, interval
from core.evaluation.shapes import UNIT, more_anchors, noise_floor
from core.records import Direction, MetricResult, Scope

DENSE_CELLS = 1 << 16
"""Joint tables with more cells than this are counted over the cells that occur."""

MAX_PAIR_RESULTS = 2_000
"""Pairs reported one by one; of more, those with the lowest values."""

MAX_PAIRS_REDRAWN = 5_000
"""With more pairs only these many, chosen at random, are redrawn: the error of the mean is taken from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """Pair trends of one table against the train rows.

    Parameters
    ----------
    values : float array of shape (n_pairs,), in 0..1
    redrawn : float array of shape (n_pairs, n_redraws) or None; rows of NaN for pairs that were not redrawn
    redraws : Redraws or None
    """

    values: np.ndarray
    redrawn: np.ndarray | None
    redraws: Redraws | None

    def redrawn_mean(self) -> np.ndarray | None:
        """Mean over the redrawn pairs in every redrawn table, shape (n_redraws,)."""
        return None if self.redrawn is None else np.nanmean(self.redrawn, axis=0)

    def redrawn_pair(self, place: int) -> np.ndarray | None:
        """Values of one pair in every redrawn table, or None if it was not redrawn."""
        if self.redrawn is None or np.isnan(self.redrawn[place, 0]):
            return None
        return self.redrawn[place]


def pair_trends(
    columns: tuple[CodedColumn, ...],
    real: CodedTable,
    others: Mapping[str, CodedTable],
    redraws: Mapping[str, Redraws | None] | None = None,
) -> dict[str, Trends]:
    """Trends of every pair of columns for several tables against the same real one.

    Parameters
    ----------
    columns : at least two
    real : CodedTable
    others : tables by name
    redraws : redraws by name, optional

    Returns
    -------
    dict of name to Trends, pairs in the order of `itertools.combinations(range(len(columns)), 2)`
    """
    redraws = redraws or {}
    pairs = list(combinations(range(len(columns)), 2))
    values = {name: np.full(len(pairs), np.nan) for name in others}
    redrawn = {name: np.full((len(pairs), len(redraws[name].weights)), np.nan) for name in others if redraws.get(name)}
    _linear(columns, pairs, real, others, redraws, values, redrawn)
    chosen = redrawn_pairs(len(pairs))
    for place, (first, second) in enumerate(pairs):
        waiting = [name for name in others if np.isnan(values[name][place])]
        if waiting:
            joint = _Joint(columns[first], columns[second], real)
            for name in waiting:
                wanted = redraws.get(name) if chosen[place] else None
                values[name][place], again = joint.similarity(others[name], wanted)
                if again is not None:
                    redrawn[name][place] = again
    return {name: Trends(values=values[name], redrawn=redrawn.get(name), redraws=redraws.get(name)) for name in others}


def redrawn_pairs(n_pairs: int) -> np.ndarray:
    """Which pairs are redrawn: all, or an even spread of at most `MAX_PAIRS_REDRAWN`."""
    chosen = np.zeros(n_pairs, dtype=bool)
    chosen[np.linspace(0, n_pairs - 1, min(n_pairs, MAX_PAIRS_REDRAWN)).round().astype(np.int64)] = True
    return chosen


def _linear(columns, pairs, real, others, redraws, values, redrawn) -> None:
    """Fill in the pairs of two numbers that have a Pearson correlation in both tables."""
    places = [place for place, column in enumerate(columns) if column.is_number]
    if len(places) < 2:
        return
    scaling = Scaling.of(tuple(columns[place].name for place in places), real)
    real_r = Moments.of(scaling.apply(real)).correlations()
    where = {place: number for number, place in enumerate(places)}
    index = np.array([number for number, (a, b) in enumerate(pairs) if a in where and b in where])
    rows = np.array([where[pairs[number][0]] for number in index])
    cols = np.array([where[pairs[number][1]] for number in index])
    for name, other in others.items():
        scaled = scaling.apply(other)
        values[name][index] = 1 - np.abs(Moments.of(scaled).correlations() - real_r)[rows, cols] / 2
        if name in redrawn:
            again = redrawn_correlations(scaled, redraws[name], rows, cols)
            redrawn[name][index] = 1 - np.abs(again - real_r[rows, cols]).T / 2
            redrawn[name][index[np.isnan(values[name][index])]] = np.nan


class _Joint:
    """The real joint table of two columns, and tables compared with it."""

    def __init__(self, first: CodedColumn, second: CodedColumn, real: CodedTable) -> None:
        self.first, self.second = first, second
        self.n_cells = first.n_codes * second.n_codes
        self.is_dense = self.n_cells <= DENSE_CELLS
        cells = self._cells(real)
        if self.is_dense:
            self.real = np.bincount(cells, minlength=self.n_cells) / real.n_rows
        else:
            self.occurring, counts = np.unique(cells, return_counts=True)
            self.real = counts / real.n_rows

    def _cells(self, table: CodedTable) -> np.ndarray:
        cells = table.codes[self.first.name].astype(np.int64)
        cells *= self.second.n_codes
        cells += table.codes[self.second.name]
        return cells

    def similarity(self, other: CodedTable, redraws: Redraws | None) -> tuple[float, np.ndarray | None]:
        """TV complement of the joint table of `other`, and of its redraws."""
        cells = self._cells(other)
        if self.is_dense:
            shares = np.bincount(cells, minlength=self.n_cells) / other.n_rows
            value = 1 - float(np.abs(shares - self.real).sum()) / 2
            if redraws is None:
                return value, None
            place = np.cumsum(shares > 0) - 1
            return value, self._redrawn(place[cells], self.real[shares > 0], redraws)
        seen, place, counts = np.unique(cells, return_inverse=True, return_counts=True)
        at = np.searchsorted(self.occurring, seen)
        at[at == len(self.occurring)] = 0
        real = np.where(self.occurring[at] == seen, self.real[at], 0.0)
        value = float(np.minimum(counts / other.n_rows, real).sum())
        return value, None if redraws is None else self._redrawn(place, real, redraws)

    @staticmethod
    def _redrawn(place: np.ndarray, real: np.ndarray, redraws: Redraws) -> np.ndarray:
        # cells without a row of the other table give no overlap: only those with one are counted again
        return np.minimum(redraws.shares(place, len(real)), real).sum(axis=1)


class PairTrends:
    """Mean over all pairs of columns of the likeness of their relation."""

    names = ("pair_trends",)
    part = Part.FIDELITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """The mean for the table, then a result for every pair (the lowest 2,000 of more).

        Raises
        ------
        NotApplicable
            Without synthetic rows or with fewer than two columns.
        """
        tables.need_synthetic()
        data = coded(tables)
        if len(data.columns) < 2:
            raise NotApplicable("A table with one column has no pairs.")
        others = {"synthetic": data.synthetic} | ({"control": data.control} if data.control is not None else {})
        redraws = {
            "synthetic": Redraws.of(data.synthetic.n_rows, tables.generator("redraws")),
            "control": data.control and Redraws.of(data.control.n_rows, tables.generator("redraws of control")),
        }
        trends = pair_trends(data.columns, data.train, others, redraws)
        found, floor = trends["synthetic"], trends.get("control")
        anchors = more_anchors(
            tables,
            "pair_trends",
            lambda table: float(pair_trends(data.columns, data.train, {"anchor": table})["anchor"].values.mean()),
        )
        yield _table_result(found, floor, anchors, data.synthetic.n_rows)
        names = [column.name for column in data.columns]
        pairs = list(combinations(names, 2))
        for place in sorted(np.argsort(found.values, kind="stable")[:MAX_PAIR_RESULTS]):
            yield _pair_result(place, pairs[place], found, floor, data.synthetic.n_rows)


def _table_result(found: Trends, floor: Trends | None, anchors: dict[str, float], n_rows: int) -> MetricResult:
    value = float(found.values.mean())
    low, high = interval(value, found.redrawn_mean(), found.redraws)
    if floor is not None:
        anchors |= noise_floor(float(floor.values.mean()), floor.redrawn_mean(), floor.redraws)
    return MetricResult(
        metric="pair_trends",
        value=value,
        low=low,
        high=high,
        interval=METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit=UNIT,
        anchors=anchors,
        counts={"pairs": len(found.values), "pairs redrawn": min(len(found.values), MAX_PAIRS_REDRAWN)},
        explanation="How alike the relation of two columns is, averaged over all pairs: 1 means the same relations.",
        n_rows=n_rows,
    )


def _pair_result(place: int, pair: tuple[str, str], found: Trends, floor: Trends | None, n_rows: int) -> MetricResult:
    value = float(found.values[place])
    low, high = interval(value, found.redrawn_pair(place), found.redraws)
    anchors = {}
    if floor is not None:
        anchors = noise_floor(float(floor.values[place]), floor.redrawn_pair(place), floor.redraws)
    return MetricResult(
        metric="pair_trends",
        scope=Scope.PAIR,
        subject=pair,
        value=value,
        low=low,
        high=high,
        interval=METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit=UNIT,
        anchors=anchors,
        explanation="How alike the relation of these two columns is: 1 means the same relation.",
        n_rows=n_rows,
    )


PAIR_TRENDS = PairTrends()
