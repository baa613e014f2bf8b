"""Frames in the shape of a schema: from Parquet to a work frame, and from a work frame to files.

A *work frame* has one pandas dtype per kind of column, whatever the file held:

* continuous: float64, NaN for missing;
* datetime: datetime64[us], NaT for missing;
* everything else: category with string categories, missing is NaN (code -1). A whole number is the text `7`,
  never `7.0`; booleans are `True` and `False`.

Storage (integers, decimals, dates, booleans, column order, date layout) comes back when a frame is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import SchemaMismatch, UnreadableFile, listed
from core.schema import Column, ColumnType, Schema, Storage

MISSING_LABEL = "(missing)"
"""How a missing level is shown and stored where missing is a level of its own."""

EXACT_INTEGER = 2**53
"""Whole numbers up to this size are exact in float64."""

LARGEST_INTEGER = np.nextafter(2.0**63, 0)
"""Largest float64 that a 64-bit integer holds."""


def read_frame(path: Path | str, schema: Schema, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table as a work frame.

    Parameters
    ----------
    path : path of a Parquet file that holds at least the wanted columns
    schema : Schema
        Gives the kind of every column.
    columns : sequence of str, optional
        Columns wanted, in this order; all of the schema by default.

    Returns
    -------
    DataFrame, one row per record, index 0..n-1

    Raises
    ------
    SchemaMismatch
        If the file lacks a wanted column.
    """
    names = list(schema.names if columns is None else columns)
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UnreadableFile(f"The table {Path(path).name!r} cannot be read as Parquet: {error}.") from error
    with file:
        lacking = [name for name in names if name not in set(file.schema_arrow.names)]
        if lacking:
            raise SchemaMismatch(f"The table lacks columns of its schema: {listed(lacking)}.")
        table = file.read(columns=names)
    return pd.DataFrame({name: to_work(table.column(name), schema[name]) for name in names}, copy=False)


def read_frames(path: Path | str, schema: Schema, *, n_rows: int = 131_072) -> Iterator[pd.DataFrame]:
    """A Parquet table as work frames of at most `n_rows` rows, one after the other; one empty frame for no rows."""
    names = list(schema.names)
    with pq.ParquetFile(path) as file:
        lacking = [name for name in names if name not in set(file.schema_arrow.names)]
        if lacking:
            raise SchemaMismatch(f"The table lacks columns of its schema: {listed(lacking)}.")
        empty = True
        for batch in file.iter_batches(batch_size=n_rows, columns=names):
            table, empty = pa.Table.from_batches([batch]), False
            yield pd.DataFrame({name: to_work(table.column(name), schema[name]) for name in names}, copy=False)
        if empty:
            table = file.schema_arrow.empty_table()
            yield pd.DataFrame({name: to_work(table.column(name), schema[name]) for name in names}, copy=False)


def as_work_frame(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """A frame of any dtypes as a work frame with the schema's columns, in the schema's order."""
    lacking = [name for name in schema.names if name not in frame.columns]
    if lacking:
        raise SchemaMismatch(f"The table lacks columns of its schema: {listed(lacking)}.")
    columns = {}
    for column in schema:
        series = frame[column.name]
        if column.is_levels and isinstance(series.dtype, pd.CategoricalDtype):
            columns[column.name] = series.reset_index(drop=True)
        else:
            array = pa.chunked_array([pa.array(series, from_pandas=True)])
            columns[column.name] = to_work(array, column)
    return pd.DataFrame(columns, copy=False)


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables under each other, at least one; levels that agree in their order keep their codes."""
    if len(frames) == 1:
        return frames[0].reset_index(drop=True)
    columns = {}
    for name in frames[0].columns:
        parts = [frame[name] for frame in frames]
        kind = parts[0].dtype
        # dtypes with other orders of the same levels are equal to pandas, their codes are not
        if isinstance(kind, pd.CategoricalDtype) and all(part.cat.categories.equals(kind.categories) for part in parts):
            codes = np.concatenate([part.cat.codes.to_numpy() for part in parts])
            columns[name] = pd.Series(pd.Categorical.from_codes(codes, dtype=kind))
        elif isinstance(kind, pd.CategoricalDtype):
            columns[name] = pd.Series(pd.api.types.union_categoricals(parts))
        else:
            columns[name] = pd.concat(parts, ignore_index=True)
    return pd.DataFrame(columns, index=pd.RangeIndex(sum(map(len, frames))), copy=False)


def together(frames: list[pd.DataFrame]) -> pd.DataFrame | None:
    """Tables under each other without those that are empty; None where there are no rows."""
    frames = [frame for frame in frames if len(frame)]
    return joined(frames) if frames else None


def to_work(array: pa.ChunkedArray, column: Column) -> pd.Series:
    """One Arrow column as a series of a work frame."""
    if column.type is ColumnType.CONTINUOUS:
        numbers = array if pa.types.is_floating(array.type) else _cast(array, pa.float64(), column)
        return pd.Series(np.asarray(numbers.to_numpy(), dtype=np.float64))
    if column.type is ColumnType.DATETIME:
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            text = array.to_pandas()
            return pd.Series(pd.to_datetime(text, format=column.format, errors="coerce")).astype("datetime64[us]")
        if pa.types.is_timestamp(array.type) and array.type.tz is not None:
            array = pc.local_timestamp(array)
        return pd.Series(_cast(array, pa.timestamp("us"), column).to_numpy())
    return pd.Series(level_texts(array))


def _cast(array: pa.ChunkedArray, kind: pa.DataType, column: Column) -> pa.ChunkedArray:
    try:
        return pc.cast(array, kind, safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SchemaMismatch(
            f"The column {column.name!r} is {column.type}, but holds {array.type} values that are not: {error}.",
            "Choose another type for the column.",
        ) from error


def level_texts(array: pa.ChunkedArray) -> pd.Categorical:
    """Levels as a categorical of their canonical texts, in order of first appearance."""
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if pa.types.is_null(kind):
        return pd.Categorical.from_codes(np.full(len(array), -1), categories=pd.Index([], dtype=object))
    if pa.types.is_dictionary(array.type):
        array = pc.cast(array, array.type.value_type)
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
        present = array.drop_null().to_numpy()
        if np.all(np.abs(present) < EXACT_INTEGER) and np.all(present == np.floor(present)):
            array = pc.cast(array, pa.int64(), safe=False)
    encoded = array.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], encoded.type)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    texts = [level_text(value) for value in encoded.dictionary.to_pylist()]
    return pd.Categorical.from_codes(codes, categories=pd.Index(texts, dtype=object))


def level_text(value: object) -> str:
    """A level as text: whole numbers without a decimal point, other numbers with all their digits.

    >>> level_text(7.0), level_text(-0.0), level_text(0.25), level_text(1e23), level_text("a")
    ('7', '0', '0.25', '100000000000000000000000', 'a')
    """
    # minus zero plus zero is zero
    return str(value) if not isinstance(value, float) else np.format_float_positional(value + 0.0, trim="-")


def to_storage(series: pd.Series, column: Column) -> pa.Array:
    """One column of a work frame as Arrow in the storage of its file."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        # levels are turned once each, and rows are gathered: many times as fast as a text for every row
        levels = pa.array([str(level) for level in series.cat.categories], type=pa.string())
        codes = series.cat.codes.to_numpy()
        return _levels_to_storage(levels, column.storage).take(pa.array(codes, mask=codes < 0))
    if column.is_levels or series.dtype == object:
        texts = pa.array(series.astype(object), type=pa.string(), from_pandas=True)
        return _levels_to_storage(texts, column.storage)
    if column.type is ColumnType.DATETIME:
        stamps = pa.array(series.to_numpy(), type=pa.timestamp("us"), from_pandas=True)
        return pc.cast(stamps, pa.date32(), safe=False) if column.storage is Storage.DATE else stamps
    numbers = series.to_numpy(dtype=np.float64)
    if column.storage is Storage.INTEGER:
        return pc.cast(pa.array(_whole(numbers), from_pandas=True), pa.int64(), safe=False)
    if column.decimals is not None:
        numbers = np.round(numbers, column.decimals)
    return pa.array(numbers, from_pandas=True)


def _whole(numbers: np.ndarray) -> np.ndarray:
    """Numbers rounded to whole ones that 64-bit integers hold; float64 rounds the largest of those to one too large."""
    return np.clip(np.rint(numbers), -(2.0**63), LARGEST_INTEGER)


def _levels_to_storage(texts: pa.Array, storage: Storage) -> pa.Array:
    """Texts as the type of the file where every one of them can be; as texts otherwise."""
    kind = {
        Storage.INTEGER: pa.int64(),
        Storage.DECIMAL: pa.float64(),
        Storage.BOOLEAN: pa.bool_(),
        Storage.DATE: pa.date32(),
        Storage.DATETIME: pa.timestamp("us"),
    }.get(storage)
    if kind is None:
        return texts
    try:
        return pc.cast(pc.utf8_lower(texts) if storage is Storage.BOOLEAN else texts, kind)
    except pa.ArrowInvalid:
        return texts


def to_arrow(frame: pd.DataFrame, schema: Schema) -> pa.Table:
    """A work frame as an Arrow table in file order and storage; columns of the schema that it lacks are skipped."""
    names = [name for name in schema.names if name in frame.columns]
    return pa.table({name: to_storage(frame[name], schema[name]) for name in names})


def write_parquet(frame: pd.DataFrame, schema: Schema, path: Path | str) -> None:
    """Write a work frame as Parquet in the storage of its file."""
    pq.write_table(to_arrow(frame, schema), path, compression="zstd")


def to_csv_frame(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """A work frame as texts laid out as the file was: decimals, date format, column order; missing is empty."""
    names = [name for name in schema.names if name in frame.columns]
    return pd.DataFrame({name: _laid_out(frame[name], schema[name]) for name in names})


def _laid_out(series: pd.Series, column: Column) -> pd.Series:
    if column.type is ColumnType.DATETIME and series.dtype.kind == "M":
        layout = column.format or ("%Y-%m-%d" if column.storage is Storage.DATE else "%Y-%m-%d %H:%M:%S")
        texts = series.dt.strftime(layout).copy()
        early = (series.dt.year < 1000).to_numpy()
        if early.any():  # strftime writes the year 1 as `1`, which no reader takes for a year
            texts[early] = [stamp.strftime(layout.replace("%Y", f"{stamp.year:04d}")) for stamp in series[early]]
        return texts
    if column.type is ColumnType.CONTINUOUS and series.dtype.kind == "f":
        if column.storage is Storage.INTEGER:
            whole = pd.Series(_whole(series.to_numpy()), index=series.index)
            return whole.astype("Int64").astype("string")
        if column.decimals is not None:
            present = series.notna()
            texts = np.char.mod(f"%.{column.decimals}f", series.to_numpy()[present])
            return pd.Series(pd.NA, index=series.index, dtype="string").mask(present, _scatter(texts, present))
    return series


def _scatter(texts: np.ndarray, present: pd.Series) -> pd.Series:
    out = np.full(len(present), None, dtype=object)
    out[present.to_numpy()] = texts
    return pd.Series(out, index=present.index, dtype="string")


def write_csv(frame: pd.DataFrame, schema: Schema, path: Path | str) -> None:
    """Write a work frame as UTF-8 CSV with `\\n` line ends, laid out as the file was."""
    to_csv_frame(frame, schema).to_csv(path, index=False, lineterminator="\n")


def level_codes(*series: pd.Series) -> tuple[list[np.ndarray], list[str]]:
    """Codes of several level columns over one shared level list; missing is a level of its own, the last.

    Parameters
    ----------
    *series : category columns of work frames

    Returns
    -------
    codes : list of int64 arrays, one per series, values in 0..len(levels) - 1
    levels : list of str, sorted, with `MISSING_LABEL` last
    """
    levels = sorted(
        set().union(*(set(one.cat.categories[np.unique(one.cat.codes[one.cat.codes >= 0])]) for one in series))
    )
    index = pd.Index(levels, dtype=object)
    codes = []
    for one in series:
        lookup = np.append(index.get_indexer(one.cat.categories), len(levels))
        lookup[lookup < 0] = len(levels)
        codes.append(lookup[one.cat.codes.to_numpy()].astype(np.int64))
    return codes, [*levels, MISSING_LABEL]


def as_numbers(series: pd.Series) -> np.ndarray:
    """A continuous or datetime column as float64 (datetimes in seconds since 1970); missing is NaN."""
    if series.dtype.kind == "M":
        numbers = series.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        return np.where(series.isna().to_numpy(), np.nan, numbers)
    return series.to_numpy(dtype=np.float64)
