"""Steps that choose rows and columns of a table, or derive a column from others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from core.errors import InvalidConfig, listed
from core.profiling.step import Step, is_numeric, wanted


@dataclass(frozen=True, kw_only=True)
class DropMissing(Step):
    """Leave out rows with a missing cell in any of the columns."""

    kind: ClassVar[str] = "drop-missing"
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"Leave out rows with a missing cell in {listed(self.columns)}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        for name in self.columns:
            wanted(frame, name)
        return frame.dropna(subset=list(self.columns))


@dataclass(frozen=True, kw_only=True)
class DropDuplicates(Step):
    """Keep the first of rows that are equal in the columns (all of them by default)."""

    kind: ClassVar[str] = "drop-duplicates"
    columns: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"Keep the first of rows with equal {listed(self.columns) if self.columns else 'cells'}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        for name in self.columns:
            wanted(frame, name)
        return frame.drop_duplicates(list(self.columns) or None)


@dataclass(frozen=True, kw_only=True)
class KeepColumns(Step):
    """Keep only these columns, in the table's order."""

    kind: ClassVar[str] = "keep-columns"
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"Keep the columns {listed(self.columns)}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        for name in self.columns:
            wanted(frame, name)
        return frame[[name for name in frame.columns if name in self.columns]]


@dataclass(frozen=True, kw_only=True)
class DropColumns(Step):
    """Leave columns out."""

    kind: ClassVar[str] = "drop-columns"
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"Leave out the columns {listed(self.columns)}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        for name in self.columns:
            wanted(frame, name)
        if len(self.columns) == frame.shape[1]:
            raise InvalidConfig("No column would be left.", "Keep at least one.", field="columns")
        return frame.drop(columns=list(self.columns))


@dataclass(frozen=True, kw_only=True)
class DropSmallGroups(Step):
    """Leave out rows that fewer than `k` rows share these columns with: what generalising could not hide.

    Groups are counted in the rows at hand, since k-anonymity is a property of the table that is released.
    """

    kind: ClassVar[str] = "drop-small-groups"
    columns: tuple[str, ...]
    k: int = 5

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        if self.k < 2 or not self.columns:
            raise InvalidConfig("Groups need at least one column and a k of at least 2.", field="k")

    @property
    def label(self) -> str:
        return f"Leave out rows that fewer than {self.k} rows share {listed(self.columns)} with"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        for name in self.columns:
            wanted(frame, name)
        groups = frame.groupby(list(self.columns), sort=False, dropna=False, observed=True).ngroup()
        return frame[groups.map(groups.value_counts()) >= self.k]


OPERATORS = {
    "=": lambda series, value: series == value,
    "!=": lambda series, value: series != value,
    "<": lambda series, value: series < value,
    "<=": lambda series, value: series <= value,
    ">": lambda series, value: series > value,
    ">=": lambda series, value: series >= value,
}


@dataclass(frozen=True, kw_only=True)
class KeepRows(Step):
    """Keep rows in which a column compares so with a value; rows where it is missing are left out."""

    kind: ClassVar[str] = "keep-rows"
    column: str
    operator: str
    value: Any

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise InvalidConfig(
                f"{self.operator!r} compares nothing.", f"Use one of {listed(OPERATORS)}.", field="operator"
            )

    @property
    def label(self) -> str:
        return f"Keep rows with {self.column} {self.operator} {self.value}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        series = wanted(frame, self.column)
        try:
            value = pd.Timestamp(self.value) if series.dtype.kind == "M" else self.value
            kept = OPERATORS[self.operator](series, value)
        except (TypeError, ValueError) as error:
            raise InvalidConfig(
                f"{self.column!r} cannot be compared with {self.value!r}.", field=self.column
            ) from error
        return frame[kept.fillna(False).astype(bool)]


@dataclass(frozen=True, kw_only=True)
class Derive(Step):
    """A new column from others: a sum, difference, product or ratio of two, or a part of a date."""

    kind: ClassVar[str] = "derive"
    name: str
    how: str
    columns: tuple[str, ...]

    PARTS: ClassVar[tuple[str, ...]] = ("year", "month", "day", "weekday", "hour")
    SUMS: ClassVar[tuple[str, ...]] = ("sum", "difference", "product", "ratio")

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        needed = 1 if self.how in self.PARTS else 2
        if self.how not in self.PARTS + self.SUMS:
            raise InvalidConfig(
                f"Nothing is derived by {self.how!r}.", f"Use one of {listed(self.PARTS + self.SUMS)}.", field="how"
            )
        if len(self.columns) != needed:
            raise InvalidConfig(f"A {self.how} needs {needed} column{'s' if needed > 1 else ''}.", field="columns")

    @property
    def label(self) -> str:
        return f"Derive {self.name} as the {self.how} of {' and '.join(self.columns)}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        columns = [wanted(frame, name) for name in self.columns]
        if self.name in frame.columns:
            raise InvalidConfig(
                f"There is a column called {self.name!r} already.", "Choose another name.", field="name"
            )
        if self.how in self.PARTS:
            if columns[0].dtype.kind != "M":
                raise InvalidConfig(f"The column {self.columns[0]!r} holds no dates.", field=self.columns[0])
            return frame.assign(**{self.name: getattr(columns[0].dt, self.how).astype("Int64")})
        if not all(map(is_numeric, columns)):
            raise InvalidConfig(f"The {self.how} needs numbers in {' and '.join(self.columns)}.", field=self.columns[0])
        first, second = columns
        made = {
            "sum": lambda: first + second,
            "difference": lambda: first - second,
            "product": lambda: first * second,
            "ratio": lambda: first / second.where(second != 0),
        }[self.how]()
        return frame.assign(**{self.name: made})
