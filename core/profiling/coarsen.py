"""A table with the columns made coarser that its schema says so of, before it is split or learned from."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.profiling.scales import bands as bands_in_order
from core.profiling.treatment import Coarser, coarser_of, generalise
from core.schema import Schema
from core.tables import level_texts

NUMBERS_APART = 1_000
"""Bands beyond this number keep no order: they are no bands."""


def coarsened_column(array: pa.ChunkedArray, name: str, coarser: str) -> pd.Series:
    """The values of one stored column, made coarser."""
    how, amount = coarser_of(coarser)
    if how is Coarser.PREFIX:
        texts = pd.Series(level_texts(array).astype(object), name=name)
        return generalise(texts, how, amount)
    series = array.to_pandas(types_mapper=pd.ArrowDtype) if not pa.types.is_integer(array.type) else _whole(array)
    if how is Coarser.BAND and pa.types.is_string(array.type):
        return pd.Series(series, name=name, dtype="string")  # bands already: a table that was made coarser before
    if how in (Coarser.BAND, Coarser.ROUND):
        return generalise(
            pd.Series(series, name=name).astype("Float64" if how is Coarser.BAND else "float64"), how, amount
        )
    stamps = pd.Series(pd.to_datetime(array.to_pandas(), errors="coerce"), name=name).astype("datetime64[us]")
    return generalise(stamps, how, amount)


def _whole(array: pa.ChunkedArray) -> pd.Series:
    return array.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)


def coarsened_table(source: Path, target: Path, schema: Schema) -> Schema:
    """Write a stored table with its coarser columns to `target`; returns the schema with what is known of them now.

    Parameters
    ----------
    source : Parquet file as it was read
    target : Parquet file to write
    schema : Schema
        Columns with `coarser` are changed, the others copied.

    Raises
    ------
    InvalidConfig
        If the values of a column do not fit the way in which it is made coarser.
    """
    table = pq.read_table(source, columns=list(schema.names))
    columns = []
    for place, column in enumerate(schema):
        if column.coarser is None:
            columns.append(column)
            continue
        values = coarsened_column(table.column(place), column.name, column.coarser)
        order = _order(table.column(place), values) if coarser_of(column.coarser)[0] is Coarser.BAND else ()
        levels, missing = int(values.nunique()), int(values.isna().sum())
        columns.append(dataclasses.replace(column, order=order, n_levels=levels, n_missing=missing))
        table = table.set_column(place, column.name, pa.array(values, from_pandas=True))
    pq.write_table(table, target, compression="zstd")
    return Schema(columns=tuple(columns))


def _order(array: pa.ChunkedArray, bands: pd.Series) -> tuple[str, ...]:
    """Bands by the smallest number that each holds."""
    if pa.types.is_string(array.type):
        return bands_in_order([str(level) for level in bands.dropna().unique()])
    numbers = pd.Series(array.to_pandas(), dtype="float64")
    lowest = numbers.groupby(bands.astype(object)).min().sort_values()
    return tuple(map(str, lowest.index)) if len(lowest) <= NUMBERS_APART else ()
