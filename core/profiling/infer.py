"""From a stored table to its schema: a type for every column, with the reason, and the analyst's corrections."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.errors import InvalidConfig
from core.profiling.aggregate import ColumnFacts, column_facts
from core.profiling.personal import Personal, find_personal
from core.profiling.rules import CATEGORY_LEVELS, LOOKED_AT, Decision, decide
from core.schema import LEVEL_TYPES, Column, ColumnType, Schema, Storage, Treatment, default_treatment

MAX_DECIMALS = 6
SET_BY_ANALYST = "Set by the analyst."
CODES = frozenset({"card number", "IBAN"})
"""Kinds of personal data that are codes; the other kinds are texts."""


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
    return Schema(columns=tuple(_column(one, formats.get(one.name)) for one in facts))


def _column(facts: ColumnFacts, layout: str | None) -> Column:
    decision = decide(facts)
    personal = _personal(facts, decision)
    if personal is not None:
        decision = _with_personal(facts, decision, personal)
    kind = personal.kind if personal else None
    storage = Storage.INTEGER if facts.storage is Storage.DECIMAL and facts.whole else facts.storage
    return Column(
        name=facts.name,
        type=decision.type,
        reason=decision.reason,
        storage=storage,
        treatment=_treatment(decision.type, kind),
        n_missing=facts.n_missing,
        n_levels=facts.n_levels,
        decimals=_decimals(facts),
        format=layout if decision.type is ColumnType.DATETIME else None,
        personal=kind,
        pattern=decision.pattern,
        order=decision.order,
    )


def _personal(facts: ColumnFacts, decision: Decision) -> Personal | None:
    if decision.type in (ColumnType.CONSTANT, ColumnType.BOOLEAN, ColumnType.DATETIME, ColumnType.ORDINAL):
        return None
    if facts.is_number and not (facts.whole and (facts.high or 0) >= 1e12):
        return None
    texts = [str(value) for value in facts.sample[:LOOKED_AT]]
    return find_personal(facts.name, texts)


def _with_personal(facts: ColumnFacts, decision: Decision, personal: Personal) -> Decision:
    kind = ColumnType.IDENTIFIER if personal.kind in CODES else ColumnType.TEXT
    if personal.kind == "name" and facts.n_levels <= CATEGORY_LEVELS and facts.n_present >= 100 * facts.n_levels:
        return decision  # a handful of names that come again and again are levels: of sales people, say
    return Decision(type=kind, reason=f"Personal data ({personal.kind}): {personal.reason}", pattern=decision.pattern)


def _treatment(kind: ColumnType, personal: str | None) -> Treatment:
    return Treatment.REGENERATE if personal in CODES else default_treatment(kind, personal)


def _decimals(facts: ColumnFacts) -> int | None:
    """Fewest digits after the decimal point that write every looked-at number exactly; None past the maximum."""
    if not facts.is_number:
        return None
    if facts.whole:
        return 0
    numbers = facts.sample.to_numpy(dtype=np.float64)
    for digits in range(1, MAX_DECIMALS + 1):
        if np.allclose(np.round(numbers, digits), numbers, rtol=1e-12, atol=1e-12):
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
