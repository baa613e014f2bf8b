"""Constraints: rules that every row of a table keeps, such as `start <= end` or a city that lies in its country."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InvalidConfig, listed
from core.fields import known_fields
from core.schema import ColumnType, Schema, Treatment
from core.tables import as_numbers

TOLERANCE = 1e-6
"""Relative error within which a sum counts as met: decimal fractions have no exact form in binary."""
HOT = frozenset({"1", "true", "yes", "y", "t", "1.0"})
"""Levels that mean "this one" in a one-hot column."""


class ConstraintKind(StrEnum):
    """What a constraint demands."""

    INEQUALITY = "inequality"
    RANGE = "range"
    COMBINATIONS = "fixed combinations"
    INCREMENTS = "fixed increments"
    ONE_HOT = "one-hot"
    SUM = "fixed sum"


_COLUMNS = {
    ConstraintKind.INEQUALITY: (2, 2),
    ConstraintKind.RANGE: (3, 3),
    ConstraintKind.COMBINATIONS: (2, 10),
    ConstraintKind.INCREMENTS: (1, 1),
    ConstraintKind.ONE_HOT: (2, 200),
    ConstraintKind.SUM: (3, 20),
}
"""Fewest and most columns of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One rule.

    Parameters
    ----------
    kind : ConstraintKind
    columns : tuple of str
        Inequality: low, high. Range: low, middle, high. Fixed sum: the total, then its parts. Else in any order.
    strict : bool
        Whether neighbours of an inequality or a range must differ.
    increment : int or None
        What every value is a multiple of.

    Raises
    ------
    InvalidConfig
        If columns or increment do not fit the kind.
    """

    kind: ConstraintKind
    columns: tuple[str, ...]
    strict: bool = False
    increment: int | None = None

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "kind", ConstraintKind(self.kind))
        except ValueError as error:
            raise InvalidConfig(
                f"There is no constraint of the kind {str(self.kind)!r}.",
                f"Kinds are: {listed(ConstraintKind)}.",
                field="kind",
            ) from error
        object.__setattr__(self, "columns", tuple(self.columns))
        least, most = _COLUMNS[self.kind]
        if not least <= len(self.columns) <= most or len(set(self.columns)) < len(self.columns):
            wanted = str(least) if least == most else f"{least} to {most}"
            raise InvalidConfig(
                f"A constraint of the kind {self.kind} needs {wanted} different columns; "
                f"given are {listed(self.columns) or 'none'}.",
                field="columns",
            )
        whole = isinstance(self.increment, int) and not isinstance(self.increment, bool)
        if self.kind is ConstraintKind.INCREMENTS and not (whole and self.increment > 0):
            raise InvalidConfig(
                f"The increment is {self.increment}, but must be a whole number above 0.", field="increment"
            )

    @property
    def label(self) -> str:
        """The rule in words."""
        sign = "<" if self.strict else "≤"
        match self.kind:
            case ConstraintKind.INEQUALITY | ConstraintKind.RANGE:
                return f" {sign} ".join(self.columns)
            case ConstraintKind.COMBINATIONS:
                return f"only known combinations of {', '.join(self.columns)}"
            case ConstraintKind.INCREMENTS:
                return f"{self.columns[0]} is a multiple of {self.increment}"
            case ConstraintKind.ONE_HOT:
                return f"exactly one of {', '.join(self.columns)}"
            case _:
                return f"{self.columns[0]} = {' + '.join(self.columns[1:])}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {"kind": str(self.kind), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Constraint:
        """Rebuild a constraint from `to_json`."""
        return known_fields(cls, value)


def check_constraints(constraints: Sequence[Constraint], schema: Schema) -> None:
    """Refuse constraints on columns that cannot serve them, or that no row could keep together.

    Raises
    ------
    InvalidConfig
    """
    for one in constraints:
        columns = [schema[name] for name in one.columns]
        strange = [column.name for column in columns if column.treatment is not Treatment.MODEL]
        if strange:
            raise InvalidConfig(
                f"{listed(strange)} cannot be in a constraint: not modelled.",
                "Choose modelled columns.",
                field="columns",
            )
        if one.kind in (ConstraintKind.INEQUALITY, ConstraintKind.RANGE):
            if len({column.type for column in columns}) > 1 or not columns[0].is_number:
                raise InvalidConfig(f"{one.label}: the columns must all be numbers or all be dates.", field="columns")
        elif one.kind in (ConstraintKind.INCREMENTS, ConstraintKind.SUM):
            if any(column.type is not ColumnType.CONTINUOUS for column in columns):
                raise InvalidConfig(f"{one.label}: every column must be continuous.", field="columns")
        elif one.kind is ConstraintKind.COMBINATIONS:
            if not all(column.is_levels for column in columns):
                raise InvalidConfig(f"{one.label}: every column must have levels.", field="columns")
        elif not all(column.is_levels or column.type is ColumnType.CONTINUOUS for column in columns):
            raise InvalidConfig(f"{one.label}: every column must hold 0 and 1.", field="columns")
    totals = [one.columns[0] for one in constraints if one.kind is ConstraintKind.SUM]
    if len(set(totals)) < len(totals):
        raise InvalidConfig(f"Two sums give {listed(totals)}.", "Keep one of them.", field="columns")
    number_order(constraints)


def bounds_of(constraint: Constraint) -> list[tuple[str, str]]:
    """Pairs of low and high column of an inequality or a range."""
    if constraint.kind not in (ConstraintKind.INEQUALITY, ConstraintKind.RANGE):
        return []
    return list(zip(constraint.columns, constraint.columns[1:], strict=False))


def number_order(constraints: Sequence[Constraint]) -> list[str]:
    """Number columns of constraints in an order in which each comes after those that it is made from.

    Raises
    ------
    InvalidConfig
        If they go round in a circle.
    """
    needs: dict[str, set[str]] = {}
    for one in constraints:
        for low, high in bounds_of(one):
            needs.setdefault(low, set())
            needs.setdefault(high, set()).add(low)
        if one.kind is ConstraintKind.SUM:
            needs.setdefault(one.columns[0], set()).update(one.columns[1:])
            for part in one.columns[1:]:
                needs.setdefault(part, set())
        if one.kind is ConstraintKind.INCREMENTS:
            needs.setdefault(one.columns[0], set())
    done: list[str] = []
    while len(done) < len(needs):
        ready = [name for name, before in needs.items() if name not in done and before <= set(done)]
        if not ready:
            circle = [name for name in needs if name not in done]
            raise InvalidConfig(f"The constraints on {listed(circle)} go round in a circle.", "Take one of them out.")
        done += ready
    return done


def rows_keeping(frame: pd.DataFrame, constraint: Constraint, known: set[tuple] | None = None) -> np.ndarray:
    """Which rows of a work frame keep a constraint.

    Comparisons and sums with a missing cell are kept, as SDV has it; in combinations missing is a level of its own; a
    one-hot row has no missing cell.

    Parameters
    ----------
    known : set of tuples of level or None, optional
        Combinations that may be; without it all are.

    Returns
    -------
    bool array of shape (n_rows,)
    """
    names = list(constraint.columns)
    if constraint.kind is ConstraintKind.COMBINATIONS:
        if known is None:
            return np.ones(len(frame), dtype=bool)
        return np.fromiter((row in known for row in combinations_of(frame, names)), dtype=bool, count=len(frame))
    if constraint.kind is ConstraintKind.ONE_HOT:
        cells = np.column_stack([hot_cells(frame[name]) for name in names])
        return ~np.isnan(cells).any(axis=1) & ((cells == 1).sum(axis=1) == 1) & np.isin(cells, (0, 1)).all(axis=1)
    numbers = [as_numbers(frame[name]) for name in names]
    missing = np.isnan(np.column_stack(numbers)).any(axis=1)
    with np.errstate(invalid="ignore"):
        if constraint.kind is ConstraintKind.INCREMENTS:
            return missing | (np.mod(numbers[0], constraint.increment) == 0)
        if constraint.kind is ConstraintKind.SUM:
            total = np.sum(numbers[1:], axis=0)
            scale = np.maximum(1.0, np.max(np.abs(np.nan_to_num(numbers)), axis=0))
            return missing | (np.abs(numbers[0] - total) <= TOLERANCE * scale)
        kept = np.ones(len(frame), dtype=bool)
        for low, high in itertools.pairwise(numbers):
            kept &= (low < high if constraint.strict else low <= high) | np.isnan(low) | np.isnan(high)
    return kept


def combinations_of(frame: pd.DataFrame, names: Sequence[str]) -> list[tuple]:
    """The combination of levels in every row; a missing one is None."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None) for name in names]
    return list(zip(*columns, strict=True))


def hot_cells(series: pd.Series) -> np.ndarray:
    """1 where a cell means "this one", 0 where it does not, NaN where it is missing."""
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return series.to_numpy(dtype=np.float64)
    hot = np.array([float(str(level).strip().casefold() in HOT) for level in series.cat.categories] + [np.nan])
    return hot[series.cat.codes.to_numpy()]
