"""A catalogue file written anew: pages that held deleted rows do not go along."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb


def rewrite_file(path: Path) -> None:
    """Copy a closed catalogue into a new file, and put that in its place.

    Parameters
    ----------
    path : path of a DuckDB file that nobody has open
    """
    aside = path.with_name(f".{path.name}.rewritten")
    for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
        leftover.unlink(missing_ok=True)
    with duckdb.connect(":memory:", config={"memory_limit": "512MB", "threads": "1"}) as connection:
        connection.execute(f"attach {_literal(path)} as old (read_only)")
        connection.execute(f"attach {_literal(aside)} as new")
        connection.execute("copy from database old to new")
        connection.execute("checkpoint new")
    os.chmod(aside, 0o600)
    os.replace(aside, path)


def _literal(path: Path) -> str:
    """A path as a text of SQL; `attach` takes no bound value."""
    return "'" + str(path).replace("'", "''") + "'"
