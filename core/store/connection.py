"""A session's DuckDB file: opened by one process, hardened, one cursor per call, every write in one transaction."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from core.dataset import canonical_json
from core.errors import StoreError, StoreLocked, UnknownId
from core.store import queries, serial
from core.store.migrations import migrate
from core.store.rewriting import rewrite_file
from core.store.values import AuditEntry

CATALOGUE = "session.duckdb"
SETTINGS = {
    "memory_limit": "512MB",
    "threads": "2",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}
"""The catalogue reads and writes its own file and nothing else, and no statement can change that."""

COMPACT_SECONDS = 10.0
"""How long rewriting the file waits for readers."""

INSERT_ROWS = 200
"""Rows of one insertion statement: a statement per row takes a millisecond each."""

_writing: dict[Path, threading.RLock] = {}
_opening = threading.Lock()


def utc_now() -> datetime:
    """The time, UTC without saying so, as the catalogue keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Connection:
    """The open catalogue file of a session folder, with its audit.

    Safe to use from any number of threads of one process: every call has a cursor of its own, since a connection
    shared by threads mixes up their results, and writes wait for each other, so they never conflict.
    """

    def __init__(self, folder: Path, connection: duckdb.DuckDBPyConnection, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._connection = connection
        self._now = now
        with _opening:
            self._writing = _writing.setdefault(folder, threading.RLock())
        self._gate = threading.Condition()
        self._n_cursors = 0
        self._shut = False

    @classmethod
    def open(cls, folder: Path | str, *, now: Callable[[], datetime] = utc_now) -> Self:
        """Open the catalogue of a session, making folder and tables where they are missing.

        Parameters
        ----------
        folder : path of the session folder
            It and what is made in it are for this user alone (mode 0700).
        now : callable
            Gives the time of every record, UTC without a zone.

        Raises
        ------
        StoreLocked
            If another process has it open; the message names that process.
        MigrationFailed
            If another version of Doppel wrote it.
        StoreError
            If the file is damaged or cannot be opened.
        """
        folder = Path(folder)
        try:
            for path in (folder, folder / "tables", folder / "jobs", folder / "uploads"):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = folder.resolve()
            os.chmod(folder, 0o700)
        except OSError as error:
            raise StoreError(f"The session's folder cannot be used: {error.strerror}.", "Choose another.") from error
        store = cls(folder, _connect(folder), now)
        try:
            with store._writing, store._connection.cursor() as cursor:
                migrate(cursor, now)
        except BaseException:
            store.close()
            raise
        os.chmod(folder / CATALOGUE, 0o600)
        return store

    def close(self) -> None:
        """Close the catalogue; another process can open it once every store of this one is closed."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def audit(self, action: str, ids: Iterable[str] = (), settings: Mapping[str, Any] | None = None) -> None:
        """Append what was done to the audit.

        Parameters
        ----------
        action : str
            A verb and its object: "export sample".
        ids : ids that it was done to
        settings : mapping of plain JSON values
            Names, counts and choices; never values of a table.
        """
        with self._transaction() as cursor:
            self._audit(cursor, action, ids, settings or {})

    def list_audit(self) -> list[AuditEntry]:
        """The audit, oldest first."""
        return [serial.row_to_audit(row) for row in self._rows(queries.LIST_AUDIT)]

    def arrow_tables(self, names: Iterable[str]) -> dict[str, Any]:
        """Whole tables of the catalogue as Arrow tables, for the console; they are copies."""
        with self._cursor() as cursor:
            return {name: cursor.sql(f"select * from {queries.quoted(name)}").to_arrow_table() for name in names}

    def compact(self) -> bool:
        """Rewrite the catalogue's file, so that nothing of deleted rows is left in its free pages.

        Waits until nobody reads; gives False, with nothing changed, where somebody still does after some seconds.
        """
        with self._writing, self._gate:
            self._shut = True
            try:
                if not self._gate.wait_for(lambda: self._n_cursors == 0, COMPACT_SECONDS):
                    return False
                self._connection.close()
                try:
                    rewrite_file(self.folder / CATALOGUE)
                finally:
                    self._connection = _connect(self.folder)
                return True
            finally:
                self._shut = False
                self._gate.notify_all()

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._gate:
            self._gate.wait_for(lambda: not self._shut)
            try:
                cursor = self._connection.cursor()
            except duckdb.ConnectionException as error:
                raise StoreError("The session has been closed.", "Open it again.") from error
            self._n_cursors += 1
        try:
            with cursor:
                yield cursor
        finally:
            with self._gate:
                self._n_cursors -= 1
                self._gate.notify_all()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All statements of the block or none of them; a refusal of the database becomes a `StoreError`."""
        with self._writing, self._cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
                cursor.commit()
            except duckdb.Error as error:
                with contextlib.suppress(duckdb.Error):
                    cursor.rollback()
                raise StoreError(
                    f"The catalogue did not take this: {_first_line(error)}", "Nothing was changed."
                ) from error
            except BaseException:
                with contextlib.suppress(duckdb.Error):
                    cursor.rollback()
                raise

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._cursor() as cursor:
            return cursor.execute(query, list(values)).fetchall()

    def _audit(
        self, cursor: duckdb.DuckDBPyConnection, action: str, ids: Iterable[str], settings: Mapping[str, Any]
    ) -> None:
        last = cursor.execute(queries.LAST_AUDIT).fetchone()
        number, before = (1, "") if last is None else (last[0] + 1, last[1])
        row = [number, self._now(), action, canonical_json(list(ids)), canonical_json(dict(settings))]
        cursor.execute(queries.insert("audit", queries.AUDIT_COLUMNS), [*row, serial.audit_hash(before, *row)])

    def _add(
        self,
        cursor: duckdb.DuckDBPyConnection,
        table: str,
        row: Mapping[str, Any],
        same: Sequence[str] = ("content_hash",),
    ) -> bool:
        """Insert a row with an id; gives False where it is known.

        Raises
        ------
        StoreError
            If the known one differs in any of the columns `same`.
        """
        names = ", ".join(queries.quoted(column) for column in same) or "id"
        known = cursor.execute(f"select {names} from {queries.quoted(table)} where id = ?", [row["id"]]).fetchone()
        if known is None:
            cursor.execute(queries.insert(table, list(row)), list(row.values()))
            return True
        if same and list(known) != [row[column] for column in same]:
            raise StoreError(f"{row['id']} is stored already, with another content.", "Stored things never change.")
        return False

    def _need(self, cursor: duckdb.DuckDBPyConnection, table: str, key: str) -> None:
        if cursor.execute(f"select 1 from {queries.quoted(table)} where id = ?", [key]).fetchone() is None:
            raise unknown(key)

    def _insert_rows(
        self,
        cursor: duckdb.DuckDBPyConnection,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
    ) -> None:
        for start in range(0, len(rows), INSERT_ROWS):
            part = rows[start : start + INSERT_ROWS]
            cursor.execute(queries.insert(table, columns, len(part)), [value for row in part for value in row])

    def _inside(self, path: str) -> Path:
        """A path relative to the session folder, refused where it leads outside."""
        found = (self.folder / path).resolve()
        if not path or not found.is_relative_to(self.folder):
            raise StoreError(f"The path {path!r} lies outside the session.")
        return found


def unknown(key: str) -> UnknownId:
    """The error for an id that is well formed and not there."""
    return UnknownId(f"There is no {key} in this session.", "It may have been deleted.")


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    settings = SETTINGS | {"temp_directory": str(folder / ".duckdb-tmp")}
    try:
        return duckdb.connect(str(folder / CATALOGUE), config=settings)
    except duckdb.IOException as error:
        holder = re.search(r"PID (\d+)", str(error))
        if holder:
            raise StoreLocked(
                f"This session is open in another process, number {holder[1]}.",
                "Close it there, or work in another session.",
            ) from error
        raise StoreError(
            f"The session's catalogue cannot be opened: {_first_line(error)}",
            "Its tables and jobs are still in the session's folder.",
        ) from error
    except duckdb.Error as error:
        raise StoreError(
            f"The session's catalogue is damaged: {_first_line(error)}",
            "Its tables and jobs are still in the session's folder.",
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
