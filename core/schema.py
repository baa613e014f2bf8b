"""What the columns of a table represent: an immutable value, with a reason for every decision."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import InvalidConfig, SchemaMismatch, listed
from core.fields import known_fields


class ColumnType(StrEnum):
    """What a column represents, as opposed to how it is stored."""

    CONTINUOUS = "continuous"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    IDENTIFIER = "identifier"
    TEXT = "text"
    CONSTANT = "constant"


LEVEL_TYPES = frozenset({ColumnType.CATEGORICAL, ColumnType.ORDINAL, ColumnType.BOOLEAN, ColumnType.CONSTANT})
"""Types whose values are levels."""

NUMBER_TYPES = frozenset({ColumnType.CONTINUOUS, ColumnType.DATETIME})
"""Types whose values lie on a line."""


class Storage(StrEnum):
    """How the file held a column, and so how drawn values are written back."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


class Treatment(StrEnum):
    """What happens to a column on its way to the synthetic table."""

    MODEL = "model"
    REGENERATE = "regenerate"
    LEAVE_OUT = "leave out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what it represents, why, and how its values are written.

    Parameters
    ----------
    name : str
        As in the file; never empty, unique in its schema.
    type : ColumnType
    reason : str
        One sentence for the analyst: why this type.
    storage : Storage
    treatment : Treatment
        Only columns that are modelled reach the generator.
    n_missing, n_levels : int
        Missing cells and distinct present values of the whole table, for display; nothing is fitted on them.
    decimals : int or None
        Digits after the decimal point with which numbers are written; None writes the shortest exact form.
    format : str or None
        Layout of the values in the file where it is not the ISO one: a strftime pattern for datetimes.
    personal : str or None
        Kind of personal data, such as "e-mail"; None when nothing personal was found.
    pattern : str or None
        Shape of identifiers for regeneration: `9` a digit, `A` a capital, `a` a small letter, anything else itself;
        the word `sequence` for consecutive whole numbers.
    order : tuple of str
        Levels of an ordinal column from low to high; empty otherwise.
    coarser : str or None
        How the values of the file were made coarser before anything was learned, such as "month", "first 3 signs",
        "bands of 10" or "rounded to 100".
    locale : str or None
        Country and language by which personal data is made anew, such as de_DE; None takes that of the request.
    pseudonym : bool
        Whether the treated real table holds keyed pseudonyms here. Regenerated values have the form of pseudonyms.
    """

    name: str
    type: ColumnType
    reason: str
    storage: Storage
    treatment: Treatment = Treatment.MODEL
    n_missing: int = 0
    n_levels: int = 0
    decimals: int | None = None
    format: str | None = None
    personal: str | None = None
    pattern: str | None = None
    order: tuple[str, ...] = ()
    coarser: str | None = None
    locale: str | None = None
    pseudonym: bool = False

    @property
    def is_levels(self) -> bool:
        """Whether values are levels (category dtype in a frame)."""
        return self.type in LEVEL_TYPES

    @property
    def is_number(self) -> bool:
        """Whether values lie on a line: continuous or datetime."""
        return self.type in NUMBER_TYPES

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {"order": list(self.order)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Column:
        """Rebuild a column from `to_json`."""
        typed = {
            "type": ColumnType(value["type"]),
            "storage": Storage(value["storage"]),
            "treatment": Treatment(value.get("treatment", Treatment.MODEL)),
            "order": tuple(value.get("order", ())),
        }
        return known_fields(cls, {**value, **typed})


def default_treatment(column_type: ColumnType, personal: str | None) -> Treatment:
    """The safe treatment: identifiers and personal text are regenerated, free text left out, the rest modelled."""
    if column_type is ColumnType.IDENTIFIER:
        return Treatment.REGENERATE
    if column_type is ColumnType.TEXT:
        return Treatment.REGENERATE if personal else Treatment.LEAVE_OUT
    return Treatment.MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The columns of a table in file order. Names are unique by construction.

    Raises
    ------
    SchemaMismatch
        If a name is empty or occurs twice.
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise SchemaMismatch(f"Column names occur more than once: {listed(twice)}.", "Rename them in the file.")
        if any(not name for name in names):
            raise SchemaMismatch("A column has no name.", "Give every column a name in the file's first line.")

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        """The column called `name`.

        Raises
        ------
        InvalidConfig
            If there is none; the message lists the names there are.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise InvalidConfig(f"There is no column called {name!r}.", f"Columns are: {listed(self.names)}.", field=name)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(column.name for column in self.columns)

    @property
    def modelled(self) -> tuple[Column, ...]:
        """Columns that reach the generator; the only ones that metrics of the table use."""
        return tuple(column for column in self.columns if column.treatment is Treatment.MODEL)

    def of_types(self, types: Iterable[ColumnType]) -> tuple[Column, ...]:
        """Modelled columns of any of `types`."""
        wanted = set(types)
        return tuple(column for column in self.modelled if column.type in wanted)

    def replacing(self, *columns: Column) -> Schema:
        """A schema in which each of `columns` takes the place of the one with its name."""
        new = {column.name: column for column in columns}
        for name in new:
            self[name]
        return Schema(columns=tuple(new.get(column.name, column) for column in self.columns))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {"columns": [column.to_json() for column in self.columns]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Schema:
        """Rebuild a schema from `to_json`."""
        return cls(columns=tuple(Column.from_json(column) for column in value["columns"]))
