"""Facts about the columns of a Parquet table, aggregated in DuckDB so that a long or wide table stays quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UnreadableFile, listed
from core.schema import Storage
from core.tables import EXACT_INTEGER

MAX_LEVELS_COUNTED = 1_000
"""Columns with at most this many distinct values get exact counts of every level."""
EXACT_ROWS = 500_000
"""Up to this many rows distinct values are counted exactly, beyond it only where they could be all different."""
SAMPLE_ROWS = 20_000
"""Rows of the named sample on which contents are looked at: evenly spread over the first, middle and last pieces."""
COLUMNS_PER_QUERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """What was counted in one column.

    Parameters
    ----------
    name : str
    storage : Storage
    n_rows, n_missing : int
    n_levels : int
        Distinct present values; exact up to `EXACT_ROWS` rows, an estimate within 2 % beyond.
    low, high : float or None
        Smallest and largest number, or seconds since 1970 of a date.
    whole : bool
        Whether all numbers are whole; decimals beyond `EXACT_INTEGER` never are, for they have no digits to tell it by.
    levels : mapping of value to count
        Every level, most frequent first, where there are at most `MAX_LEVELS_COUNTED`; empty otherwise.
    sample : Series
        Present values of the named sample.
    """

    name: str
    storage: Storage
    n_rows: int
    n_missing: int
    n_levels: int
    low: float | None = None
    high: float | None = None
    whole: bool = False
    levels: Mapping[Any, int] = field(default_factory=dict)
    sample: pd.Series = field(default_factory=pd.Series, repr=False)

    @property
    def n_present(self) -> int:
        """Cells that are not missing."""
        return self.n_rows - self.n_missing

    @property
    def is_unique(self) -> bool:
        """Whether no present value occurs twice."""
        return self.n_present > 0 and self.n_levels == self.n_present

    @property
    def is_number(self) -> bool:
        """Whether it is stored as a number."""
        return self.storage in (Storage.INTEGER, Storage.DECIMAL)

    @property
    def texts(self) -> pd.Series:
        """The sample as the texts that people see: an id is `100000`, also where gaps made it `100000.0`."""
        floats = self.storage is Storage.DECIMAL and self.whole
        return (self.sample.astype(np.int64) if floats else self.sample).astype(str)

    @property
    def is_exact(self) -> bool:
        """Whether its numbers are so small that float64 tells whole ones of their size apart."""
        return max(abs(self.low or 0.0), abs(self.high or 0.0)) < EXACT_INTEGER


def column_facts(parquet: Path) -> list[ColumnFacts]:
    """Facts about every column of a Parquet table, in file order.

    Raises
    ------
    UnreadableFile
        If the file is no Parquet table, or holds lists, records or bytes inside its cells.
    """
    try:
        with pq.ParquetFile(parquet) as file:
            n_rows, fields = file.metadata.num_rows, list(file.schema_arrow)
            sample = _sample(file)
    except (OSError, pa.ArrowInvalid) as error:
        raise UnreadableFile(f"The table {Path(parquet).name!r} cannot be read as Parquet: {error}.") from error
    odd = [one.name for one in fields if pa.types.is_nested(one.type) or _is_bytes(one.type)]
    if odd:
        raise UnreadableFile(
            f"Cells of the table {Path(parquet).name!r} hold lists, records or bytes: {listed(odd)}.",
            "Bring it as a file, of which they are read as texts.",
        )
    with connection() as duck:
        facts: list[ColumnFacts] = []
        for start in range(0, len(fields), COLUMNS_PER_QUERY):
            facts += _counted(duck, parquet, fields[start : start + COLUMNS_PER_QUERY], n_rows, sample)
    return facts


def connection() -> duckdb.DuckDBPyConnection:
    """A private in-memory database without extensions."""
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
    )


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def scan(parquet: Path) -> str:
    """SQL of a Parquet file as a relation."""
    path = "".join(f"[{sign}]" if sign in "[*?" else sign for sign in str(parquet)).replace("'", "''")
    return f"read_parquet('{path}')"


def storage_of(kind: pa.DataType) -> Storage:
    """How a Parquet column holds its values."""
    if pa.types.is_dictionary(kind):
        return storage_of(kind.value_type)
    if pa.types.is_boolean(kind):
        return Storage.BOOLEAN
    if pa.types.is_integer(kind):
        return Storage.INTEGER
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Storage.DECIMAL
    if pa.types.is_date(kind):
        return Storage.DATE
    if pa.types.is_timestamp(kind):
        return Storage.DATETIME
    return Storage.TEXT


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _sample(file: pq.ParquetFile) -> pd.DataFrame:
    """The named sample: evenly spread rows of the first, the middle and the last row group."""
    n_groups = file.num_row_groups
    wanted = sorted({0, n_groups // 2, n_groups - 1}) if n_groups else []
    pieces = []
    for group in wanted:
        table = file.read_row_group(group)
        step = max(1, table.num_rows * len(wanted) // SAMPLE_ROWS)
        pieces.append(table.take(pa.array(np.arange(0, table.num_rows, step), type=pa.int64())))
    if not pieces:
        return file.schema_arrow.empty_table().to_pandas()
    return pa.concat_tables(pieces).to_pandas(integer_object_nulls=True)


def _counted(
    duck: duckdb.DuckDBPyConnection, parquet: Path, fields: list[pa.Field], n_rows: int, sample: pd.DataFrame
) -> list[ColumnFacts]:
    first = _first_pass(duck, parquet, fields)
    candidates = [
        one.name
        for one, (_, present, about, *_) in zip(fields, first, strict=True)
        if about > MAX_LEVELS_COUNTED * 0.9 and (n_rows <= EXACT_ROWS or about > 0.9 * present)
    ]
    exact = _distinct(duck, parquet, candidates)
    facts = []
    for one, (storage, present, about, low, high, whole) in zip(fields, first, strict=True):
        n_levels, levels = exact.get(one.name, min(about, present)), {}
        if n_levels <= MAX_LEVELS_COUNTED * 1.1:
            levels = _levels(duck, parquet, one.name)
            n_levels = len(levels)
            levels = levels if n_levels <= MAX_LEVELS_COUNTED else {}
        facts.append(
            ColumnFacts(
                name=one.name, storage=storage, n_rows=n_rows, n_missing=n_rows - present, n_levels=n_levels,
                low=low, high=high, whole=whole, levels=levels, sample=sample[one.name].dropna(),
            )
        )  # fmt: skip
    return facts


def _first_pass(duck: duckdb.DuckDBPyConnection, parquet: Path, fields: list[pa.Field]) -> list[tuple]:
    """Per column: storage, present cells, estimate of distinct values, lowest, highest, whether all are whole."""
    parts = []
    for one in fields:
        name, storage = quoted(one.name), storage_of(one.type)
        value = f"nullif({name}, 'NaN'::DOUBLE)" if storage is Storage.DECIMAL else name
        low = high = whole = "NULL"
        if storage in (Storage.INTEGER, Storage.DECIMAL):
            low, high = f"min({value})::DOUBLE", f"max({value})::DOUBLE"
            of_decimals = f"bool_and({value} = floor({value}) AND abs({value}) < {EXACT_INTEGER})"
            whole = "true" if storage is Storage.INTEGER else of_decimals
        elif storage in (Storage.DATE, Storage.DATETIME):
            low, high = f"epoch(min({name})::TIMESTAMP)", f"epoch(max({name})::TIMESTAMP)"
        parts += [f"count({value})", f"approx_count_distinct({value})", low, high, whole]
    row = duck.execute(f"SELECT {', '.join(parts)} FROM {scan(parquet)}").fetchone()
    return [
        (storage_of(one.type), row[5 * i], row[5 * i + 1], row[5 * i + 2], row[5 * i + 3], bool(row[5 * i + 4]))
        for i, one in enumerate(fields)
    ]


def _distinct(duck: duckdb.DuckDBPyConnection, parquet: Path, names: list[str]) -> dict[str, int]:
    """Exact numbers of distinct present values."""
    found = {}
    for name in names:
        query = f"SELECT count(DISTINCT {quoted(name)}) FROM {scan(parquet)}"
        found[name] = duck.execute(query).fetchone()[0]
    return found


def _levels(duck: duckdb.DuckDBPyConnection, parquet: Path, name: str) -> dict[Any, int]:
    """Counts of every level, most frequent first; equal counts in the order of the values."""
    column = quoted(name)
    query = (
        f"SELECT {column}, count(*) AS n FROM {scan(parquet)} WHERE {column} IS NOT NULL "
        f"GROUP BY {column} ORDER BY n DESC, {column}"
    )
    return {value: count for value, count in duck.execute(query).fetchall() if value == value}
