"""Constraints on number columns, as a transformation that the networks learn behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.constraints import Constraint, ConstraintKind, bounds_of
from core.schema import Column, ColumnType, Schema, Storage
from core.synthesis.columns import _as_series, _resolution
from core.tables import as_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRule:
    """What a number column has to keep.

    Parameters
    ----------
    column : str
    lows : tuple of (column, whether the two must differ)
        Columns that it is not below. The networks learn the gap to the first of them.
    parts : tuple of str
        Columns that it is the sum of.
    references : mapping of column to number
        What stands for a missing low or part when the gap is taken: its median among train rows.
    increment : int or None
    step : float
        Distance between neighbouring values that the column can be written with; 0 where any number can be.
    least_gap : float
        Smallest gap above 0 among train rows; what a strict inequality keeps where `step` is 0.
    high : float
        Largest value among train rows.
    is_datetime : bool
    """

    column: str
    lows: tuple[tuple[str, bool], ...] = ()
    parts: tuple[str, ...] = ()
    references: Mapping[str, float] = dataclasses.field(default_factory=dict)
    increment: int | None = None
    step: float = 0.0
    least_gap: float = 0.0
    high: float = 0.0
    is_datetime: bool = False

    @property
    def base(self) -> tuple[str, ...]:
        """The columns whose sum is taken off before learning."""
        return self.parts or tuple(low for low, _ in self.lows[:1])

    @property
    def is_hidden(self) -> bool:
        """Whether the networks learn something else in the column's place."""
        return bool(self.base)

    def hidden_column(self, column: Column) -> Column:
        """The column as the networks learn it."""
        whole = self.step >= 1 and self.step == int(self.step)
        decimals = None if whole or not self.step else max(0, round(-np.log10(self.step)))
        return dataclasses.replace(
            column,
            type=ColumnType.CONTINUOUS,
            storage=Storage.INTEGER if whole else Storage.DECIMAL,
            decimals=decimals,
            format=None,
        )

    def hide(self, frame: pd.DataFrame) -> pd.Series:
        """The gap to the base; a missing base is its reference."""
        base, _ = self._base(frame)
        gap = as_numbers(frame[self.column]) - base
        return pd.Series(self._on_grid(gap), index=frame.index)

    def show(self, frame: pd.DataFrame) -> pd.Series:
        """The column again, from gap and base, held to everything that it has to keep."""
        numbers = as_numbers(frame[self.column])
        required = self._required(frame)
        if self.parts:
            base, present = self._base(frame)
            numbers = np.where(np.isnan(numbers), np.nan, base + np.where(present, 0.0, numbers))
            return _as_series(self._on_grid(numbers), self.is_datetime)
        if self.lows:
            base, present = self._base(frame)
            numbers = base + np.where(present, np.maximum(numbers, 0.0), numbers)
        numbers = np.minimum(self._on_grid(numbers), self.high)
        numbers = np.where(np.isnan(numbers), np.nan, np.fmax(numbers, required))
        return _as_series(numbers, self.is_datetime)

    def _base(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """The sum of the base columns with references for missing ones, and where none was missing."""
        base, present = np.zeros(len(frame)), np.ones(len(frame), dtype=bool)
        for name in self.base:
            numbers = as_numbers(frame[name])
            present &= ~np.isnan(numbers)
            base += np.where(np.isnan(numbers), self.references[name], numbers)
        return base, present

    def _required(self, frame: pd.DataFrame) -> np.ndarray:
        """The lowest value on the grid that keeps every inequality; NaN where nothing is required."""
        required = np.full(len(frame), np.nan)
        for name, strict in self.lows:
            low = as_numbers(frame[name])
            bound = self._above(low)
            if strict:
                bound = np.where(bound > low, bound, self._above(low + (self._grid or self.least_gap)))
            required = np.fmax(required, bound)
        return required

    @property
    def _grid(self) -> float:
        return float(self.increment) if self.increment else self.step

    def _on_grid(self, numbers: np.ndarray) -> np.ndarray:
        return _snapped(numbers, self._grid, np.round)

    def _above(self, numbers: np.ndarray) -> np.ndarray:
        return _snapped(numbers, self._grid, lambda steps: np.ceil(steps - 1e-9 * np.maximum(1, np.abs(steps))))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        lists = {"lows": [list(low) for low in self.lows], "parts": list(self.parts)}
        return dataclasses.asdict(self) | lists | {"references": dict(self.references)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> NumberRule:
        """Rebuild a rule from `to_json`."""
        lows = tuple((str(name), bool(strict)) for name, strict in value["lows"])
        return cls(**{**value, "lows": lows, "parts": tuple(value["parts"])})


def _snapped(numbers: np.ndarray, grid: float, rounding: Any) -> np.ndarray:
    """Multiples of `grid`; for decimal fractions the float that stands for the decimal text."""
    if not grid:
        return numbers
    if grid >= 1:
        return rounding(numbers / grid) * grid
    decimals = round(-np.log10(grid))
    return np.round(rounding(numbers * 10.0**decimals) / 10.0**decimals, decimals)


def fit_number_rule(train: pd.DataFrame, schema: Schema, name: str, constraints: Sequence[Constraint]) -> NumberRule:
    """The rule of one number column, from train rows alone."""
    lows: dict[str, bool] = {}
    parts: tuple[str, ...] = ()
    increment: int | None = None
    for one in constraints:
        for low, high in bounds_of(one):
            if high == name:
                lows[low] = lows.get(low, False) or one.strict
        if one.columns[0] == name and one.kind is ConstraintKind.SUM:
            parts = one.columns[1:]
        if one.columns[0] == name and one.kind is ConstraintKind.INCREMENTS:
            increment = int(np.lcm(increment or 1, one.increment))
    numbers = as_numbers(train[name])
    column = schema[name]
    is_datetime = column.type is ColumnType.DATETIME
    references = {}
    for other in (*lows, *parts):
        present = as_numbers(train[other])
        present = present[~np.isnan(present)]
        references[other] = float(np.quantile(present, 0.5, method="lower")) if len(present) else 0.0
    gaps = numbers - as_numbers(train[next(iter(lows))]) if lows else np.zeros(0)
    gaps = gaps[gaps > 0]
    present = numbers[~np.isnan(numbers)]
    return NumberRule(
        column=name,
        lows=tuple(lows.items()),
        parts=parts,
        references=references,
        increment=increment,
        step=_resolution(np.unique(present)) if is_datetime else _step(column),
        least_gap=float(gaps.min()) if len(gaps) else 0.0,
        high=float(present.max()) if len(present) else 0.0,
        is_datetime=is_datetime,
    )


def _step(column: Column) -> float:
    if column.storage is Storage.INTEGER:
        return 1.0
    return 0.0 if column.decimals is None else 10.0**-column.decimals
