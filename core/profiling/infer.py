"""From a stored table to its schema: a type for every column, with the reason, and the analyst's corrections."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.errors import InvalidConfig
from core.profiling.aggregate import ColumnFacts, column_facts
from core.profiling.patterns import pattern_of
from core.profiling.personal import Personal, find_personal, mask, named, personal_number
from core.profiling.rules import CATEGORY_LEVELS, LOOKED_AT, Decision, decide
from core.schema import LEVEL_TYPES, Column, ColumnType, Schema, Storage, Treatment, default_treatment

MAX_DECIMALS = 6
SHORTEST_CODE = 1e8
"""Numbers below this are too short for a number of a person."""
SET_BY_ANALYST = "Set by the analyst."
CODES = frozenset({"card number", "IBAN", "national id", "tax number", "ip address", "mac address"})
"""Kinds of personal data that are codes of somebody; the other kinds are texts."""
KEPT = frozenset({"postcode", "coordinates", "date of birth"})
"""Kinds that the rules of types decide about: they say where and when, not who, and may be modelled knowingly."""


def infer_schema(parquet: Path, *, formats: Mapping[str, str] | None = None) -> Schema:
    """What the columns of a Parquet table represent.

    Parameters
    ----------
    parquet : path of the table
    formats : mapping of column to strftime layout, optional
        How dates were written in the file, from the diagnosis.

    Returns
    -------
    Schema in file order

    Raises
    ------
    UnreadableFile
        If the file is no Parquet table.
    """
    return schema_of(column_facts(Path(parquet)), formats=formats or {})


def schema_of(facts: list[ColumnFacts], *, formats: Mapping[str, str]) -> Schema:
    """The schema of columns of which the facts are known."""
    return inferred(facts, formats=formats)[0]


def inferred(facts: list[ColumnFacts], *, formats: Mapping[str, str]) -> tuple[Schema, dict[str, Personal]]:
    """The schema of columns of which the facts are known, and what was found of personal data, by column."""
    columns, found = [], {}
    for one in facts:
        column, personal = _column(one, formats.get(one.name))
        columns.append(column)
        if personal is not None:
            found[one.name] = personal
    return Schema(columns=tuple(columns)), found


def _column(facts: ColumnFacts, layout: str | None) -> tuple[Column, Personal | None]:
    decision = decide(facts)
    personal = _personal(facts, decision)
    if personal is not None:
        decision = _with_personal(facts, decision, personal)
    kind = personal.kind if personal else None
    storage = _storage(facts, decision.type)
    column = Column(
        name=facts.name,
        type=decision.type,
        reason=decision.reason,
        storage=storage,
        treatment=_treatment(decision.type, kind),
        n_missing=facts.n_missing,
        n_levels=facts.n_levels,
        decimals=_decimals(facts, storage),
        format=layout if decision.type is ColumnType.DATETIME else None,
        personal=kind,
        pattern=decision.pattern,
        order=decision.order,
    )
    return column, personal


def _personal(facts: ColumnFacts, decision: Decision) -> Personal | None:
    long_numbers = facts.is_number and facts.whole and (facts.high or 0.0) >= SHORTEST_CODE
    graded = decision.type is ColumnType.ORDINAL and not long_numbers
    if graded or decision.type in (ColumnType.CONSTANT, ColumnType.BOOLEAN):
        return None
    if decision.type is ColumnType.DATETIME:
        if not named(facts.name, "date of birth"):
            return None
        reason = f"The column is called {facts.name!r} and holds dates."
        return Personal(kind="date of birth", share=1.0, confidence="medium", reason=reason, examples=_masked(facts))
    if facts.is_number:
        low, high = facts.low or 0.0, facts.high or 0.0
        kind = personal_number(facts.name, low=low, high=high, whole=facts.whole)
        if kind:
            reason = f"The column is called {facts.name!r} and its numbers are in the range."
            return Personal(kind=kind, share=1.0, confidence="medium", reason=reason, examples=_masked(facts))
        if not facts.whole or high < SHORTEST_CODE:
            return None
    return find_personal(facts.name, facts.texts[:LOOKED_AT].tolist())


def _masked(facts: ColumnFacts) -> tuple[str, ...]:
    return tuple(mask(text) for text in facts.texts[:3])


def _with_personal(facts: ColumnFacts, decision: Decision, personal: Personal) -> Decision:
    note = f"Personal data ({personal.kind}): {personal.reason}"
    repeats = facts.n_levels <= CATEGORY_LEVELS and facts.n_present >= 100 * facts.n_levels
    if personal.kind in KEPT or (personal.confidence == "medium" and repeats):
        # a handful of names that come again and again are levels: of sales people, say
        return dataclasses.replace(decision, reason=f"{decision.reason} {note}")
    kind = ColumnType.IDENTIFIER if personal.kind in CODES else ColumnType.TEXT
    return Decision(type=kind, reason=note, pattern=decision.pattern or _pattern(facts, personal))


def _pattern(facts: ColumnFacts, personal: Personal) -> str | None:
    return pattern_of(facts.texts[:LOOKED_AT]) if personal.kind in CODES else None


def _treatment(kind: ColumnType, personal: str | None) -> Treatment:
    return Treatment.REGENERATE if personal in CODES else default_treatment(kind, personal)


def _storage(facts: ColumnFacts, kind: ColumnType) -> Storage:
    """How values are written back: whole numbers as integers, but amounts that float64 does not hold exactly."""
    if facts.storage is Storage.INTEGER and kind is ColumnType.CONTINUOUS and not facts.is_exact:
        return Storage.DECIMAL
    return Storage.INTEGER if facts.storage is Storage.DECIMAL and facts.whole else facts.storage


def _decimals(facts: ColumnFacts, storage: Storage) -> int | None:
    """Fewest digits after the decimal point that write every looked-at number exactly; None past the maximum."""
    if storage is Storage.INTEGER:
        return 0
    if storage is not Storage.DECIMAL or not facts.is_exact:
        return None
    numbers = facts.sample.to_numpy(dtype=np.float64)
    # differences of larger numbers leave noise in the last digits; a tolerance of fixed size would take 1e-14 for 0
    noise = 2 * np.finfo(float).eps * float(np.median(np.abs(numbers))) if len(numbers) else 0.0
    for digits in range(1, MAX_DECIMALS + 1):
        if np.allclose(np.round(numbers, digits), numbers, rtol=1e-10, atol=noise):
            return digits
    return None


def retype(column: Column, new_type: ColumnType) -> Column:
    """The analyst's correction of a type.

    Raises
    ------
    InvalidConfig
        If values of this column cannot be of that type.
    """
    new_type = ColumnType(new_type)
    if new_type is column.type:
        return column
    numbers = column.storage in (Storage.INTEGER, Storage.DECIMAL)
    dates = column.storage in (Storage.DATE, Storage.DATETIME)
    if new_type is ColumnType.CONTINUOUS and not numbers:
        raise _impossible(column, new_type, "its cells are not numbers")
    if new_type is ColumnType.DATETIME and not dates and not (column.storage is Storage.TEXT and column.format):
        raise _impossible(column, new_type, "its cells are not dates")
    if new_type is ColumnType.BOOLEAN and column.n_levels > 2:
        raise _impossible(column, new_type, f"it has {column.n_levels:,} different values")
    if new_type is ColumnType.CONSTANT and column.n_levels > 1:
        raise _impossible(column, new_type, f"it has {column.n_levels:,} different values")
    return dataclasses.replace(
        column,
        type=new_type,
        reason=SET_BY_ANALYST,
        treatment=default_treatment(new_type, column.personal),
        order=column.order if new_type is ColumnType.ORDINAL else (),
        pattern=column.pattern if new_type not in LEVEL_TYPES else None,
    )


def _impossible(column: Column, new_type: ColumnType, why: str) -> InvalidConfig:
    return InvalidConfig(
        f"The column {column.name!r} cannot be {new_type}: {why}.",
        f"Leave it {column.type}, or read the file with other settings.",
        field=column.name,
    )
