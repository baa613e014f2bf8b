"""A console for questions about a session's tables: it reads what it was given and can do nothing else.

Questions run in a DuckDB of their own, in memory, that has no file, no network, no extension and no spill to disk, and
whose settings are locked. Tables come in as Arrow datasets, so DuckDB itself never opens a path. One statement, only a
query; a clock and a row limit end what takes too long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from core.errors import InvalidConfig, UserError

SETTINGS = {
    "memory_limit": "1GB",
    "threads": "2",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "max_temp_directory_size": "0KB",
}
MAX_ROWS = 10_000
MAX_SECONDS = 20.0
MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Rows of an answer.

    Parameters
    ----------
    frame : DataFrame of at most `MAX_ROWS` rows
    cut : bool
        Whether there were more.
    seconds : float
    """

    frame: pd.DataFrame
    cut: bool
    seconds: float


def run_query(
    sql: str,
    files: Mapping[str, Path | list[Path]],
    tables: Mapping[str, pa.Table],
    *,
    max_rows: int = MAX_ROWS,
    max_seconds: float = MAX_SECONDS,
) -> Answer:
    """Answer one query over named tables.

    Parameters
    ----------
    sql : str
        One `select`, `with`, `values`, `describe` or `summarize`; nothing else is run.
    files : mapping of table name to a Parquet file, or to several that lie under one another
        Read by Arrow, as far as the query needs it.
    tables : mapping of table name to an Arrow table
    max_rows : int
    max_seconds : float
        After it the query is ended.

    Raises
    ------
    InvalidConfig
        If the text is no single query, or DuckDB refuses it; the message is its first line.
    UserError
        If it took too long or more memory than it may have.
    """
    if len(sql) > MAX_CHARACTERS:
        raise InvalidConfig(f"The query has more than {MAX_CHARACTERS:,} characters.", "Shorten it.", field="sql")
    begun = time.monotonic()
    with duckdb.connect(":memory:", config=SETTINGS) as connection:
        for name, path in files.items():
            connection.register(name, ds.dataset([str(one) for one in path] if isinstance(path, list) else path))
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute("set lock_configuration = true")
        try:
            statement = _only_query(connection, sql)
            with _clock(connection, max_seconds) as overrun:
                try:
                    # What is read is one query by the parser's own word, so a closing bracket cannot end it early.
                    frame = connection.execute(f"select * from (\n{statement}\n) limit {max_rows + 1}").df()
                except duckdb.InterruptException:
                    raise UserError(
                        f"The query was ended after {max_seconds:g} seconds.", "Ask for less, or of a sample."
                    ) from None
                if overrun.is_set():
                    raise UserError(f"The query was ended after {max_seconds:g} seconds.", "Ask for less.")
        except duckdb.OutOfMemoryException as error:
            raise UserError("The query needs more memory than it may have (1 GB).", "Ask for less.") from error
        except duckdb.Error as error:
            line = str(error).strip().splitlines()[0]
            raise InvalidConfig(f"The query was refused: {line}", "Mend it and run it again.", field="sql") from error
    return Answer(frame=frame.head(max_rows), cut=len(frame) > max_rows, seconds=time.monotonic() - begun)


def _only_query(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The text of the one query in `sql`, or `InvalidConfig`."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise InvalidConfig(
            f"There are {len(statements)} statements; the console runs one query at a time.",
            "Write one select.",
            field="sql",
        )
    statement = statements[0]
    if statement.type != duckdb.StatementType.SELECT:
        word = str(statement.type).rpartition(".")[2].lower()
        raise InvalidConfig(
            f"This is a statement of the kind {word}; the console only reads.", "Write a select.", field="sql"
        )
    return statement.query.strip().rstrip(";")


@contextmanager
def _clock(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[threading.Event]:
    """Interrupt the connection when the time is over."""
    overrun = threading.Event()

    def end() -> None:
        overrun.set()
        connection.interrupt()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield overrun
    finally:
        timer.cancel()
