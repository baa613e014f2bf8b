"""A table as a DuckDB file of its own, for somebody who works with DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from core.store.queries import quoted

BLOCK_ROWS = 122_880
"""Rows written at a time: a row group of DuckDB."""


def write_duckdb(
    path: Path,
    source: Path,
    columns: Sequence[str],
    about: Mapping[str, Any],
    *,
    tell: Callable[[float], None] = lambda share: None,
) -> None:
    """Write the columns of a Parquet file as the table `synthetic` of a new DuckDB file.

    Parameters
    ----------
    path : path that does not exist yet
    source : path of a Parquet file
    columns : names, in the order wanted
    about : mapping
        Becomes the table `about` of names and values.
    tell : callable
        Called with the share done.
    """
    names = ", ".join(quoted(name) for name in columns)
    # DuckDB keeps what it has written until the limit is reached; one block of rows has to fit in
    config = {"memory_limit": f"{128 + 8 * len(columns)}MB", "threads": "1"}
    with duckdb.connect(str(path), config=config) as connection:
        # read_parquet takes its path as a bound value, so no name of a folder becomes SQL
        connection.execute(f"create table synthetic as select {names} from read_parquet(?) limit 0", [str(source)])
        with pq.ParquetFile(source) as file:
            done, n_rows = 0, file.metadata.num_rows
            for batch in file.iter_batches(BLOCK_ROWS, columns=list(columns)):
                connection.register("block", pa.Table.from_batches([batch]))
                connection.execute(f"insert into synthetic select {names} from block")
                connection.unregister("block")
                connection.execute("checkpoint")
                done += batch.num_rows
                tell(done / n_rows)
        connection.execute("create table about (name varchar, value varchar)")
        rows = [(name, None if value is None else str(value)) for name, value in about.items()]
        connection.executemany("insert into about values (?, ?)", rows)
        connection.execute("checkpoint")
