"""Constraints that hold in the train rows and would hardly hold by chance, with the evidence for each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.constraints import Constraint, ConstraintKind, hot_cells, rows_keeping
from core.profiling.crossed import spread_sample
from core.schema import Column, ColumnType, Schema
from core.tables import as_numbers, read_frame

SAMPLE_ROWS = 20_000
FIRST_ROWS = 2_000
"""Rows by which most candidates are struck off before the others are looked at closely."""
FIRST_CODES = 300
LEAST_ROWS = 50
BY_CHANCE = 0.98
"""An inequality that independent columns with the same values would keep in more rows than this says nothing."""
LOG_CHANCE = np.log(1e-6)
"""A level that fixes another's is suggested where that would happen by chance less often than this."""
FINEST_SHARE = 0.2
"""Columns with more levels than this share of the rows tell rows apart, and fix everything."""
TRIPLES_COLUMNS = 40
"""Sums of three parts are looked for among at most this many columns."""
MOST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A constraint that holds in all train rows.

    Parameters
    ----------
    constraint : Constraint
    evidence : str
        Why it is believed to be a rule, in words.
    checked : str
        What SDV's own check of it said; empty where it was not asked.
    """

    constraint: Constraint
    evidence: str
    checked: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {"constraint": self.constraint.to_json(), "evidence": self.evidence, "checked": self.checked}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Suggestion:
        """Rebuild a suggestion from `to_json`."""
        return cls(
            constraint=Constraint.from_json(value["constraint"]),
            evidence=value["evidence"],
            checked=value.get("checked", ""),
        )


def suggest_constraints(train: Path, schema: Schema) -> list[Suggestion]:
    """Constraints that hold in every train row, found on a sample and verified on all.

    Parameters
    ----------
    train : path of the train rows; nothing else is looked at
    schema : Schema
    """
    names = [column.name for column in schema.modelled]
    sample = spread_sample(train, schema, SAMPLE_ROWS, names)
    if len(sample) < LEAST_ROWS:
        return []
    hot = _one_hot(sample, schema)
    taken = {name for one in hot for name in one.columns}
    sums = _sums(sample, schema)
    found = [*hot, *sums, *_bounds(sample, schema, sums), *_combinations(sample, schema, taken)]
    suggestions = [_verified(train, schema, one) for one in found]
    suggestions += [_increments(train, schema, column) for column in schema.of_types([ColumnType.CONTINUOUS])]
    return [one for one in suggestions if one is not None][:MOST]


def _verified(train: Path, schema: Schema, constraint: Constraint) -> Suggestion | None:
    frame = read_frame(train, schema, constraint.columns)
    if not rows_keeping(frame, constraint).all():
        return None
    rows = f"all {len(frame):,} train rows"
    if constraint.kind is ConstraintKind.COMBINATIONS:
        return _combination_evidence(frame, constraint)
    if constraint.kind is ConstraintKind.ONE_HOT:
        return Suggestion(constraint=constraint, evidence=f"Exactly one of the columns is set in {rows}.")
    if constraint.kind is ConstraintKind.SUM:
        return Suggestion(constraint=constraint, evidence=f"The parts add up to the total in {rows}.")
    pairs = list(itertools.pairwise(constraint.columns))
    chance = max(_chance(as_numbers(frame[low]), as_numbers(frame[high])) for low, high in pairs)
    words = f"Holds in {rows}; if the columns had nothing to do with each other it would hold in {100 * chance:.0f} %."
    return Suggestion(constraint=constraint, evidence=words)


def _combination_evidence(frame: pd.DataFrame, constraint: Constraint) -> Suggestion | None:
    levels = [int(frame[name].nunique(dropna=False)) for name in constraint.columns]
    n_combinations = len(frame[list(constraint.columns)].drop_duplicates())
    finest = int(np.argmax(levels))
    if n_combinations > levels[finest]:
        return None
    others = " and ".join(name for at, name in enumerate(constraint.columns) if at != finest)
    possible = int(np.prod(levels, dtype=float))
    return Suggestion(
        constraint=constraint,
        evidence=f"Each {constraint.columns[finest]} goes with one {others} only: {n_combinations:,} of {possible:,} "
        "combinations occur.",
    )


def _numbers(sample: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    return np.column_stack([as_numbers(sample[column.name]) for column in columns])


def _bounds(sample: pd.DataFrame, schema: Schema, sums: Sequence[Constraint]) -> list[Constraint]:
    """Inequalities, joined to ranges where three columns follow each other."""
    known = {(part, one.columns[0]) for one in sums for part in one.columns[1:]}
    found: list[Constraint] = []
    for kind in (ColumnType.CONTINUOUS, ColumnType.DATETIME):
        columns = [column for column in schema.of_types([kind]) if sample[column.name].nunique() > 2]
        if len(columns) < 2:
            continue
        edges = _inequalities(_numbers(sample, columns))
        named = {(columns[low].name, columns[high].name): strict for (low, high), strict in edges.items()}
        found += _chained({pair: strict for pair, strict in named.items() if pair not in known})
    return found


def _inequalities(values: np.ndarray) -> dict[tuple[int, int], bool]:
    """Pairs (low, high) that hold in all rows and not by chance, less those that follow from others; whether strict."""
    first = values[:: max(1, len(values) // FIRST_ROWS)]
    lowest, highest = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    candidates = []
    with np.errstate(invalid="ignore"):
        for low in range(values.shape[1]):
            apart = highest[low] <= lowest  # always kept, so by chance as well
            broken = apart | (first[:, [low]] > first).any(axis=0)
            candidates += [(low, int(high)) for high in np.flatnonzero(~broken) if high != low]
        edges = {}
        for low, high in candidates:
            a, b = values[:, low], values[:, high]
            both = ~np.isnan(a) & ~np.isnan(b)
            a, b = a[both], b[both]
            if len(a) >= LEAST_ROWS and (a <= b).all() and (a < b).any() and _chance(a, b) <= BY_CHANCE:
                edges[low, high] = bool((a < b).all())
    above = {low: {high for one, high in edges if one == low} for low, _ in edges}
    return {
        (low, high): strict
        for (low, high), strict in edges.items()
        if not any(high in above.get(middle, ()) for middle in above[low] - {high})
    }


def _chance(low: np.ndarray, high: np.ndarray) -> float:
    """Share of pairs of independently drawn values that keep low <= high."""
    low, high = low[~np.isnan(low)], np.sort(high[~np.isnan(high)])
    if not len(low) or not len(high):
        return 1.0
    return float(1 - np.searchsorted(high, low, side="left").mean() / len(high))


def _chained(edges: Mapping[tuple[str, str], bool]) -> list[Constraint]:
    """Ranges of chains a <= b <= c without branches, inequalities of the rest."""
    below = {high: [low for low, one in edges if one == high] for _, high in edges}
    above = {low: [high for one, high in edges if one == low] for low, _ in edges}
    used: set[tuple[str, str]] = set()
    found = []
    for low, middle in edges:
        highs = above.get(middle, [])
        if len(highs) != 1 or len(below[middle]) != 1 or len(above[low]) != 1 or len(below[highs[0]]) != 1:
            continue
        pair = (middle, highs[0])
        if (low, middle) in used or pair in used or edges[low, middle] != edges[pair]:
            continue
        used |= {(low, middle), pair}
        columns = (low, middle, highs[0])
        found.append(Constraint(kind=ConstraintKind.RANGE, columns=columns, strict=edges[pair]))
    rest = [pair for pair in edges if pair not in used]
    return found + [Constraint(kind=ConstraintKind.INEQUALITY, columns=pair, strict=edges[pair]) for pair in rest]


def _sums(sample: pd.DataFrame, schema: Schema) -> list[Constraint]:
    """Columns that are the sum of two or three others.

    Every column is told by one number, a random weighting of its rows; weightings of sums are sums of weightings.
    """
    columns = [
        column
        for column in schema.of_types([ColumnType.CONTINUOUS])
        if sample[column.name].notna().all() and sample[column.name].nunique() > 2
    ]
    if len(columns) < 3:
        return []
    values = _numbers(sample, columns)
    weights = np.random.default_rng(0).normal(size=len(values))
    prints = weights @ values
    sizes = np.abs(weights) @ np.abs(values)
    order = np.argsort(prints)
    found, totals = [], set()
    for n_parts in (2, 3):
        if n_parts == 3 and len(columns) > TRIPLES_COLUMNS:
            break
        parts = np.array(list(itertools.combinations(range(len(columns)), n_parts)))
        wanted, tolerance = prints[parts].sum(axis=1), 1e-9 * sizes[parts].sum(axis=1)
        start = np.searchsorted(prints[order], wanted - tolerance)
        end = np.searchsorted(prints[order], wanted + tolerance)
        for at in np.flatnonzero(end > start):
            for total in order[start[at] : end[at]]:
                if total in parts[at] or total in totals:
                    continue
                names = (columns[total].name, *(columns[part].name for part in parts[at]))
                one = Constraint(kind=ConstraintKind.SUM, columns=names)
                if rows_keeping(sample, one).all():
                    found.append(one)
                    totals.add(total)
    return found


def _combinations(sample: pd.DataFrame, schema: Schema, taken: set[str]) -> list[Constraint]:
    """Level columns of which one fixes the others, such as a city its country."""
    columns = [
        column
        for column in schema.modelled
        if column.is_levels and column.name not in taken and column.type is not ColumnType.CONSTANT
    ]
    codes = {one.name: pd.factorize(sample[one.name], use_na_sentinel=False)[0] for one in columns}
    counts = {name: np.bincount(code) for name, code in codes.items()}
    usable = [name for name in codes if 2 <= len(counts[name]) <= max(2, FINEST_SHARE * len(sample))]
    fixed: dict[str, list[str]] = {}
    for fine, coarse in itertools.permutations(usable, 2):
        if len(counts[fine]) >= len(counts[coarse]) and _fixes(codes, counts, fine, coarse):
            fixed.setdefault(fine, []).append(coarse)
    groups = sorted(({fine, *those[:9]} for fine, those in fixed.items()), key=len, reverse=True)
    kept: list[set[str]] = []
    for group in groups:
        if not any(group <= one for one in kept):
            kept.append(group)
    return [
        Constraint(kind=ConstraintKind.COMBINATIONS, columns=tuple(name for name in schema.names if name in group))
        for group in kept
    ]


def _fixes(codes: Mapping[str, np.ndarray], counts: Mapping[str, np.ndarray], fine: str, coarse: str) -> bool:
    """Whether each level of one column has a single level of the other, and not by chance.

    By chance, n rows with shares p all have one level with probability sum p^n.
    """
    width = len(counts[coarse])
    first, beside = codes[fine][:FIRST_CODES], codes[coarse][:FIRST_CODES]
    if len(np.unique(first.astype(np.int64) * width + beside)) > len(np.unique(first)):
        return False
    pairs = np.unique(codes[fine].astype(np.int64) * width + codes[coarse])
    if len(pairs) > len(counts[fine]):
        return False
    shares = counts[coarse] / counts[coarse].sum()
    sizes, times = np.unique(counts[fine], return_counts=True)
    with np.errstate(divide="ignore", under="ignore"):
        chance = np.log(np.maximum((shares[None, :] ** sizes[:, None]).sum(axis=1), 1e-300))
    return float((times * chance).sum()) <= LOG_CHANCE


def _one_hot(sample: pd.DataFrame, schema: Schema) -> list[Constraint]:
    """Groups of at least three columns of 0 and 1 of which exactly one is 1 in every row."""
    cells: dict[str, np.ndarray] = {}
    for column in schema.modelled:
        if (column.is_levels or column.type is ColumnType.CONTINUOUS) and sample[column.name].nunique() == 2:
            hot = hot_cells(sample[column.name])
            if np.isin(hot, (0, 1)).all() and 0 < hot.sum() < len(hot):
                cells[column.name] = hot
    left = list(cells)
    found = []
    while left:
        seed = left.pop(0)
        group, total = [seed], cells[seed].copy()
        for name in list(left):
            if (total + cells[name] <= 1).all():
                group.append(name)
                total += cells[name]
        if len(group) >= 3 and (total == 1).all():
            left = [name for name in left if name not in group]
            found.append(Constraint(kind=ConstraintKind.ONE_HOT, columns=tuple(group)))
    return found


def _increments(train: Path, schema: Schema, column: Column) -> Suggestion | None:
    """The largest whole number that divides all values, where it is not 1."""
    numbers = as_numbers(read_frame(train, schema, [column.name])[column.name])
    values = np.unique(numbers[~np.isnan(numbers)])
    if len(values) < 5 or (values != np.round(values)).any() or np.abs(values).max() > 2**53:
        return None
    step = int(np.gcd.reduce(values.astype(np.int64)))
    if step < 2:
        return None
    return Suggestion(
        constraint=Constraint(kind=ConstraintKind.INCREMENTS, columns=(column.name,), increment=step),
        evidence=f"All {len(values):,} different values are multiples of {step:,}.",
    )
