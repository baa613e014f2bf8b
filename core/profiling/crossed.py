"""Questions to a whole table that DuckDB answers with aggregates: missing patterns, equal rows, pairs, a sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from core.exploration import Axis, Box, MissingPattern, PairPicture
from core.profiling.aggregate import connection, quoted, scan
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import to_work

GRID = 30
"""Bins of a number in the picture of a pair."""
LEVELS = 20
"""Levels of a column in the picture of a pair; the others are one."""
OTHER = "all others"
MOST_MISSING = 40
"""Columns whose patterns of missing cells are told: those with the most."""


def spread_sample(parquet: Path, schema: Schema, n_rows: int, names: Sequence[str] | None = None) -> pd.DataFrame:
    """A work frame of at most `n_rows` evenly spread rows: every k-th row of the table, the same whenever asked."""
    wanted = list(schema.names if names is None else names)
    with pq.ParquetFile(parquet) as file:
        total = file.metadata.num_rows
    step = max(1, -(-total // max(n_rows, 1)))
    columns = ", ".join(quoted(name) for name in wanted)
    source = scan(parquet).replace("')", "', file_row_number = true)")
    with connection() as duck:
        query = f"SELECT {columns} FROM {source} WHERE file_row_number % {step} = 0 ORDER BY file_row_number"
        table = duck.sql(query).to_arrow_table()
    return pd.DataFrame({name: to_work(table.column(name), schema[name]) for name in wanted}, copy=False)


def missing_patterns(parquet: Path, names: Sequence[str], limit: int = 20) -> list[MissingPattern]:
    """Which cells are missing together, in all rows: the most frequent patterns first.

    Parameters
    ----------
    names : columns with missing cells, those with the most first; at most `MOST_MISSING` of them are looked at
    """
    wanted = list(names)[:MOST_MISSING]
    if not wanted:
        return []
    bits = " || ".join(f"CASE WHEN {quoted(name)} IS NULL THEN '1' ELSE '0' END" for name in wanted)
    query = f"SELECT {bits} AS pattern, count(*) AS n FROM {scan(parquet)} GROUP BY 1 ORDER BY n DESC, 1 LIMIT {limit}"
    with connection() as duck:
        found = duck.execute(query).fetchall()
    return [
        MissingPattern(columns=tuple(name for name, bit in zip(wanted, text, strict=True) if bit == "1"), n_rows=n)
        for text, n in found
    ]


def equal_rows(parquet: Path, names: Sequence[str]) -> int:
    """Rows that are equal to another one in all of the columns, less the first of each kind.

    Rows are told apart by a 64-bit hash: two different ones among 5 million count as equal with probability 7e-7.
    """
    columns = ", ".join(quoted(name) for name in names)
    with connection() as duck:
        query = f"SELECT count(*) - count(DISTINCT hash({columns})) FROM {scan(parquet)}"
        return int(duck.execute(query).fetchone()[0])


def pair_picture(parquet: Path, first: Column, second: Column) -> PairPicture:
    """Two columns together, over all rows; a level goes to x where the other is a number.

    Parameters
    ----------
    first, second : Column
        Modelled columns, different ones.
    """
    if first.is_number and not second.is_number:
        first, second = second, first
    with connection() as duck:
        table = scan(parquet)
        if not first.is_number and second.is_number:
            return _boxes(duck, table, first, second)
        x, y = _axis(duck, table, first), _axis(duck, table, second)
        query = (
            f"SELECT {_cell(first, x)} AS x, {_cell(second, y)} AS y, count(*) FROM {table} "
            f"WHERE {quoted(first.name)} IS NOT NULL AND {quoted(second.name)} IS NOT NULL GROUP BY 1, 2"
        )
        found = duck.execute(query, [*x.labels[:LEVELS], *y.labels[:LEVELS]]).fetchall()
    counts = [[0] * x.size for _ in range(y.size)]
    for at_x, at_y, n in found:
        counts[int(at_y)][int(at_x)] += int(n)
    shown = {"x": _shown(x, first), "y": _shown(y, second)}
    return PairPicture(**shown, counts=tuple(map(tuple, counts)), n_rows=sum(map(sum, counts)))


def _shown(axis: Axis, column: Column) -> Axis:
    """The axis with levels as work frames write them: 7 for 7.0."""
    if column.storage is not Storage.DECIMAL:
        return axis
    return dataclasses.replace(axis, labels=tuple(label.removesuffix(".0") for label in axis.labels))


def _axis(duck, table: str, column: Column) -> Axis:
    """Levels by frequency, or bins of equal width between the 0.5th and the 99.5th percentile, the ends open."""
    if not column.is_number:
        return Axis(column=column.name, labels=_levels(duck, table, column))
    value = _number(column)
    low, high, first, last = duck.execute(
        f"SELECT min({value}), max({value}), approx_quantile({value}, 0.005), approx_quantile({value}, 0.995) "
        f"FROM {table}"
    ).fetchone()
    if low is None:
        return Axis(column=column.name, edges=(0.0, 1.0))
    start, end = (float(first), float(last)) if last > first else (float(low), float(high))
    width = (end - start) / GRID or 1.0
    edges = tuple(start + width * place for place in range(GRID + 1)) if end > start else (start, start + 1.0)
    return Axis(column=column.name, is_datetime=column.type is ColumnType.DATETIME, edges=edges)


def _levels(duck, table: str, column: Column) -> tuple[str, ...]:
    name = quoted(column.name)
    found = duck.execute(
        f"SELECT {name}::VARCHAR, count(*) AS n FROM {table} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 "
        f"LIMIT {LEVELS + 1}"
    ).fetchall()
    levels = [level for level, _ in found]
    return tuple([*levels[:LEVELS], OTHER] if len(levels) > LEVELS else levels) or (OTHER,)


def _number(column: Column) -> str:
    name = quoted(column.name)
    return f"epoch({name}::TIMESTAMP)" if column.type is ColumnType.DATETIME else f"{name}::DOUBLE"


def _cell(column: Column, axis: Axis) -> str:
    """SQL of the place of a value on an axis, from 0; a level is bound as a parameter."""
    if axis.edges:
        width = axis.edges[1] - axis.edges[0]
        place = f"floor(({_number(column)} - ({axis.edges[0]!r})) / {width!r})"
        return f"least(greatest({place}, 0), {axis.size - 1})::INTEGER"
    known = axis.labels[:LEVELS]
    cases = " ".join(f"WHEN {quoted(column.name)}::VARCHAR = ? THEN {place}" for place in range(len(known)))
    return f"CASE {cases} ELSE {axis.size - 1} END" if cases else "0"


def _boxes(duck, table: str, levels: Column, numbers: Column) -> PairPicture:
    x = Axis(column=levels.name, labels=_levels(duck, table, levels))
    value, name = _number(numbers), quoted(levels.name)
    quantiles = ", ".join(f"approx_quantile({value}, {share})" for share in (0.05, 0.25, 0.5, 0.75, 0.95))
    rows = duck.execute(
        f"SELECT {_cell(levels, x)} AS x, count(*), {quantiles} FROM {table} "
        f"WHERE {name} IS NOT NULL AND {quoted(numbers.name)} IS NOT NULL GROUP BY 1 ORDER BY 1",
        list(x.labels[:LEVELS]),
    ).fetchall()
    x = _shown(x, levels)
    boxes = tuple(
        Box(label=x.labels[int(at)], n_rows=int(n), quantiles=tuple(float(one) for one in found))
        for at, n, *found in rows
    )
    y = Axis(column=numbers.name, is_datetime=numbers.type is ColumnType.DATETIME)
    return PairPicture(x=x, y=y, boxes=boxes, n_rows=sum(box.n_rows for box in boxes))
