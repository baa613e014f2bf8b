"""A summary of a table: what the Data page and the Explore page show of every column."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.fields import known_fields
from core.profiling.aggregate import ColumnFacts, column_facts
from core.profiling.numbers import BINS, QUANTILES, NumberFacts, bin_width, number_facts
from core.schema import Column, Schema
from core.tables import level_text

TOP_LEVELS = 20
"""Most frequent levels that a summary keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSummary:
    """One column in numbers.

    Parameters
    ----------
    name : str
    n_missing, n_levels : int
    low, high, mean, deviation : float or None
        Of numbers, and of dates as seconds since 1970; None for levels and texts.
    quantiles : mapping of "0.01" .. "0.99" to float
    bins : tuple of float
        Edges of the histogram, one more than `counts`.
    counts : tuple of int
        Rows per bin.
    top_levels : tuple of (level, count)
        The most frequent first, at most `TOP_LEVELS`; empty for numbers, texts and identifiers.
    """

    name: str
    n_missing: int
    n_levels: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: Mapping[str, float] = dataclasses.field(default_factory=dict)
    bins: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    top_levels: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ColumnSummary:
        """Rebuild a summary from `to_json`; unknown fields of later versions are ignored."""
        lists = {name: tuple(value.get(name, ())) for name in ("bins", "counts")}
        top_levels = tuple((level, count) for level, count in value.get("top_levels", ()))
        return known_fields(cls, {**value, **lists, "top_levels": top_levels})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSummary:
    """A table in numbers, its columns in file order."""

    n_rows: int
    columns: tuple[ColumnSummary, ...]

    def __getitem__(self, name: str) -> ColumnSummary:
        return next(column for column in self.columns if column.name == name)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {"n_rows": self.n_rows, "columns": [column.to_json() for column in self.columns]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TableSummary:
        """Rebuild a summary from `to_json`."""
        return cls(n_rows=value["n_rows"], columns=tuple(map(ColumnSummary.from_json, value["columns"])))


def summarise_table(parquet: Path, schema: Schema) -> TableSummary:
    """Summarise every column of a Parquet table, by the type its schema gives it.

    Raises
    ------
    UnreadableFile
        If the file is no Parquet table.
    """
    facts = [one for one in column_facts(Path(parquet)) if one.name in schema]
    return summary_of(Path(parquet), facts, schema)


def summary_of(parquet: Path, facts: list[ColumnFacts], schema: Schema) -> TableSummary:
    """The summary of columns of which the facts are known."""
    numbers = number_facts(parquet, [one for one in facts if schema[one.name].is_number])
    columns = tuple(_column(one, schema[one.name], numbers.get(one.name)) for one in facts)
    return TableSummary(n_rows=facts[0].n_rows if facts else 0, columns=columns)


def _column(facts: ColumnFacts, column: Column, numbers: NumberFacts | None) -> ColumnSummary:
    base = ColumnSummary(name=facts.name, n_missing=facts.n_missing, n_levels=facts.n_levels)
    if numbers is not None:
        width = bin_width(facts)
        return dataclasses.replace(
            base,
            low=facts.low,
            high=facts.high,
            mean=numbers.mean,
            deviation=numbers.deviation,
            quantiles=dict(zip(map(str, QUANTILES), numbers.quantiles, strict=True)),
            bins=tuple(facts.low + width * number for number in range(BINS + 1)),
            counts=numbers.counts,
        )
    if not column.is_levels:
        return base
    top = list(facts.levels.items())[:TOP_LEVELS]
    return dataclasses.replace(base, top_levels=tuple((level_text(level), count) for level, count in top))
