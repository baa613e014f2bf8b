"""A stored table as a file to hand on: streamed, in the real table's order, storage, decimals and date layout."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import InvalidConfig, listed
from core.export.marks import PARQUET_KEY, SYNTHETIC, Stamp, sidecar
from core.limits import SHEET_ROWS
from core.schema import ColumnType, Schema
from core.store.serial import file_hash
from core.store.table_file import write_duckdb
from core.tables import as_work_frame, to_csv_frame

BLOCK_ROWS = 65_536
VALUE_ROWS = 8_192
"""Rows of a block of Python values, which take many times the memory of an Arrow batch."""
SQL_ROWS = 500
"""Rows of one insertion statement."""

_RUNS = re.compile(r"^[=+\-@\t\r\n]")
_SHEET_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
SHEET_CELL = 32_767
"""Characters of an Excel cell, the format's own limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file: its ending, its name for people, its media type, and whether spreadsheets open it."""

    ending: str
    label: str
    media: str
    for_spreadsheets: bool = False


FORMATS: dict[str, Format] = {
    "csv": Format(ending="csv", label="CSV", media="text/csv", for_spreadsheets=True),
    "parquet": Format(ending="parquet", label="Parquet", media="application/vnd.apache.parquet"),
    "excel": Format(
        ending="xlsx",
        label="Excel",
        media="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        for_spreadsheets=True,
    ),
    "jsonl": Format(ending="jsonl", label="JSON lines", media="application/x-ndjson"),
    "sql": Format(ending="sql", label="SQL inserts", media="application/sql"),
    "duckdb": Format(ending="duckdb", label="DuckDB", media="application/octet-stream"),
}

Progress = Callable[[float], None]


def write_release(
    source: Path,
    schema: Schema,
    target: Path,
    kind: str,
    *,
    stamp: Stamp,
    guard: bool = False,
    note: str = SYNTHETIC,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write a Parquet table of the session as a file to hand on, with `<file>.json` beside it.

    Memory is that of one block of rows. A target that exists is replaced in one step, and a write that is cut off
    leaves nothing under its name.

    Parameters
    ----------
    source : path of a Parquet file in the storage of its schema
    schema : Schema
        Columns that the file lacks are skipped.
    target : path of the file to write
    kind : str, one of `FORMATS`
    stamp : Stamp
    guard : bool
        Whether text cells that a spreadsheet would run begin with an apostrophe. Numbers are never touched.
    note : str
        What the rows are, for the sidecar and the Parquet metadata.
    progress : callable, optional
        Called with the share of rows written, 0 to 1; may raise to stop.

    Returns
    -------
    dict, the sidecar

    Raises
    ------
    InvalidConfig
        If there is no such format, or the table does not fit it.
    """
    if kind not in FORMATS:
        raise InvalidConfig(f"{kind!r} is not a format of tables.", f"Choose of {listed(FORMATS)}.", field="format")
    with pq.ParquetFile(source) as file:
        n_rows = file.metadata.num_rows
        schema = Schema(columns=tuple(column for column in schema if column.name in set(file.schema_arrow.names)))
    if kind == "excel" and n_rows >= SHEET_ROWS:
        raise InvalidConfig(
            f"An Excel sheet holds {SHEET_ROWS - 1:,} rows below its head, and the table has {n_rows:,}.",
            "Take CSV or Parquet, or fewer rows.",
            field="format",
        )
    tell = progress or (lambda share: None)
    with whole_file(target) as aside:
        WRITERS[kind](_Source(source, schema, n_rows, guard, note, stamp, tell), aside)
    beside = sidecar(stamp, file=target.name, digest=file_hash(target), n_rows=n_rows, guarded=guard, note=note)
    text = json.dumps(beside, indent=2, ensure_ascii=False) + "\n"
    target.with_name(f"{target.name}.json").write_text(text, encoding="utf-8")
    return beside


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("a=b"), guarded("")
    ("'=1+1", 'a=b', '')
    """
    return f"'{text}" if _RUNS.match(text) else text


@dataclass(frozen=True, slots=True)
class _Source:
    """The table to write and how."""

    path: Path
    schema: Schema
    n_rows: int
    guard: bool
    note: str
    stamp: Stamp
    tell: Progress

    def batches(self, n_rows: int = BLOCK_ROWS) -> Iterator[pa.RecordBatch]:
        """Record batches in file order, telling progress."""
        done = 0
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=n_rows, columns=list(self.schema.names)):
                yield batch
                done += len(batch)
                self.tell(done / max(1, self.n_rows))

    def texts(self) -> Iterator[pd.DataFrame]:
        """Blocks laid out as the real file was: every cell a text or missing, guarded where asked."""
        for batch in self.batches():
            frame = as_work_frame(batch.to_pandas(integer_object_nulls=True), self.schema)
            laid = to_csv_frame(frame, self.schema)
            if self.guard:
                laid = pd.DataFrame({name: _guarded(laid[name], self.schema[name].type) for name in laid.columns})
            yield laid

    def values(self) -> Iterator[list[tuple[Any, ...]]]:
        """Blocks as rows of Python values in the storage of the file."""
        for batch in self.batches(VALUE_ROWS):
            columns = [batch.column(name).to_pylist() for name in self.schema.names]
            yield list(zip(*columns, strict=True)) if columns else []

    def written(self, write: Callable[[Any], str]) -> Iterator[list[tuple[str, ...]]]:
        """Blocks as rows of texts, every different value of a block's column written once."""
        for batch in self.batches():
            columns = [_written(batch.column(name), write) for name in self.schema.names]
            yield list(zip(*columns, strict=True)) if columns else []


def _written(array: pa.Array, write: Callable[[Any], str]) -> list[str]:
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    texts = [write(value) for value in array.dictionary.to_pylist()]
    texts.append(write(None))
    return [texts[at] for at in pc.fill_null(array.indices, len(texts) - 1).to_pylist()]


def _guarded(series: pd.Series, kind: ColumnType) -> pd.Series:
    """A column with its runnable texts guarded; of a level column every level once."""
    if kind in (ColumnType.CONTINUOUS, ColumnType.DATETIME):
        return series
    if isinstance(series.dtype, pd.CategoricalDtype):
        if _all_numbers(series.cat.categories):
            return series
        return pd.Series(series.cat.rename_categories([guarded(str(one)) for one in series.cat.categories]))
    return series.map(lambda value: guarded(value) if isinstance(value, str) else value)


def _all_numbers(levels: pd.Index) -> bool:
    """Whether every level is a number: `-1` is no formula in a column of codes."""
    return len(levels) > 0 and bool(pd.to_numeric(pd.Series(levels, dtype=object), errors="coerce").notna().all())


def _write_csv(source: _Source, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        head = {name: guarded(name) if source.guard else name for name in source.schema.names}
        pd.DataFrame(columns=list(head.values())).to_csv(file, index=False, lineterminator="\n")
        for frame in source.texts():
            frame.to_csv(file, index=False, header=False, lineterminator="\n")


def _write_parquet(source: _Source, path: Path) -> None:
    with pq.ParquetFile(source.path) as file:
        arrow = file.schema_arrow
    arrow = pa.schema([arrow.field(name) for name in source.schema.names])
    mark = {"synthetic": source.note, **source.stamp.to_json()}
    arrow = arrow.with_metadata({PARQUET_KEY: json.dumps(mark, ensure_ascii=False).encode()})
    with pq.ParquetWriter(path, arrow, compression="zstd") as writer:
        for batch in source.batches():
            writer.write_batch(batch.cast(arrow))


def _write_jsonl(source: _Source, path: Path) -> None:
    pattern = ", ".join(f"{json_value(name).replace('%', '%%')}: %s" for name in source.schema.names)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for rows in source.written(json_value):
            file.writelines(f"{{{pattern % row}}}\n" for row in rows)


def json_value(value: Any) -> str:
    """A value as JSON, which knows no number that is not one.

    >>> print(json_value("a"), json_value(None), json_value(float("nan")), json_value(0.5))
    "a" null null 0.5
    """
    if value is None or value != value or (isinstance(value, float) and abs(value) == float("inf")):
        return "null"
    return json.dumps(value, ensure_ascii=False, default=str)


def _write_excel(source: _Source, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("synthetic")
    sheet.append([_sheet_text(name, source.guard) for name in source.schema.names])
    for rows in source.values():
        for row in rows:
            sheet.append([_sheet_text(cell, source.guard) if isinstance(cell, str) else cell for cell in row])
    about = book.create_sheet("about")
    for name, value in {"synthetic": source.note, **source.stamp.to_json()}.items():
        about.append([name, value])
    book.save(path)


def _sheet_text(text: str, guard: bool) -> str:
    """Text that an Excel cell can hold; openpyxl itself would write `=...` as a formula."""
    kept = _SHEET_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)[: SHEET_CELL - 1]
    return guarded(kept) if guard or kept.startswith("=") else kept


def _write_sql(source: _Source, path: Path) -> None:
    names = ", ".join(sql_name(name) for name in source.schema.names)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"-- {source.note}\n-- {source.stamp.line()}\n")
        columns = ",\n".join(f"    {sql_name(one.name)} {_sql_type(one.storage)}" for one in source.schema)
        file.write(f'create table "synthetic" (\n{columns}\n);\n')
        for rows in source.written(sql_value):
            for start in range(0, len(rows), SQL_ROWS):
                values = ",\n".join(f"({', '.join(row)})" for row in rows[start : start + SQL_ROWS])
                file.write(f'insert into "synthetic" ({names}) values\n{values};\n')


def _sql_type(storage: str) -> str:
    kinds = {"integer": "bigint", "decimal": "double precision", "boolean": "boolean", "date": "date"}
    return kinds.get(str(storage), "timestamp" if str(storage) == "datetime" else "text")


def sql_name(name: str) -> str:
    """A column name as standard SQL reads it; control characters, which no quoting covers, become blanks.

    >>> print(sql_name('a "b" c'))
    "a ""b"" c"
    """
    shown = "".join(one if one.isprintable() else " " for one in name)
    return '"' + shown.replace('"', '""') + '"'


def sql_value(value: Any) -> str:
    """A value as standard SQL reads it.

    >>> print(sql_value("O'Hara"), sql_value(None), sql_value(True), sql_value(1.5))
    'O''Hara' null true 1.5
    """
    if value is None or value != value:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if abs(value) != float("inf") else "null"
    return "'" + str(value).replace("\0", "").replace("'", "''") + "'"


def _write_duckdb(source: _Source, path: Path) -> None:
    about = {"synthetic": source.note, **source.stamp.to_json()}
    write_duckdb(path, source.path, source.schema.names, about, tell=source.tell)
    source.tell(1.0)


WRITERS: dict[str, Callable[[_Source, Path], None]] = {
    "csv": _write_csv,
    "parquet": _write_parquet,
    "excel": _write_excel,
    "jsonl": _write_jsonl,
    "sql": _write_sql,
    "duckdb": _write_duckdb,
}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to that becomes `path` in one step at the end, or nothing if the block fails."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    aside.unlink(missing_ok=True)
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
