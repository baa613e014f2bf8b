"""A table as a DuckDB file of its own, for somebody who works with DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from core.store.queries import quoted


def write_duckdb(path: Path, source: Path, columns: Sequence[str], about: Mapping[str, Any]) -> None:
    """Write the columns of a Parquet file as the table `synthetic` of a new DuckDB file.

    Parameters
    ----------
    path : path that does not exist yet
    source : path of a Parquet file
    columns : names, in the order wanted
    about : mapping
        Becomes the table `about` of names and values.
    """
    names = ", ".join(quoted(name) for name in columns)
    with duckdb.connect(str(path), config={"memory_limit": "1GB", "threads": "2"}) as connection:
        # read_parquet takes its path as a bound value, so no name of a folder becomes SQL
        connection.execute(f"create table synthetic as select {names} from read_parquet(?)", [str(source)])
        connection.execute("create table about (name varchar, value varchar)")
        rows = [(name, None if value is None else str(value)) for name, value in about.items()]
        connection.executemany("insert into about values (?, ?)", rows)
        connection.execute("checkpoint")
