"""DuckDB as the reading engine: connections without network or extensions, quoting, and cells turned into values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from core.reading.kinds import Kind, KindName

MEMORY_LIMIT = "2GB"


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A private in-memory database that spills into `folder` and never fetches an extension."""
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(folder / ".spill"),
        }
    )


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A value as an SQL text."""
    return "'" + value.replace("'", "''") + "'"


def join_parts(parts: Sequence[Path], target: Path) -> None:
    """Write Parquet files with the same columns as one, types widened where the parts differ."""
    with connect(target.parent) as connection:
        files = ", ".join(path_text(part) for part in parts)
        connection.execute(
            f"COPY (SELECT * FROM read_parquet([{files}], union_by_name=true)) TO {text(str(target))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )


def path_text(path: Path) -> str:
    """A path as an SQL text in which no sign stands for other files: `[`, `*` and `?` are meant as they are."""
    return text("".join(f"[{sign}]" if sign in "[*?" else sign for sign in str(path)))


def trimmed(cell: str, missing: tuple[str, ...], *, trim: bool, wide: bool) -> str:
    """SQL for a cell without its blanks; missing where it is empty or one of `missing`.

    `wide` takes tabs and hard blanks off as well, which doubles the time of a whole reading.
    """
    bare = cell if not trim else f"trim({cell}, ' \t\u00a0')" if wide else f"trim({cell})"
    marks = [mark for mark in missing if mark]
    if not marks:
        return f"nullif({bare}, '')"
    return f"CASE WHEN {bare} IN ('', {', '.join(map(text, marks))}) THEN NULL ELSE {bare} END"


def value_of(cell: str, kind: Kind) -> str:
    """SQL that turns a trimmed cell into a value, NULL where it cannot."""
    if kind.name is KindName.INTEGER:
        number = f"TRY_CAST({cell} AS BIGINT)"
        return f"CASE WHEN {number}::VARCHAR = {cell} OR {cell} = '-0' THEN {number} END"
    if kind.name is KindName.WHOLE:
        number = f"TRY_CAST({cell} AS DOUBLE)"
        return f"CASE WHEN NOT contains({cell}, '.') AND abs({number}) < 9007199254740992 THEN {number}::BIGINT END"
    if kind.name is KindName.DECIMAL:
        return _decimal(cell, kind)
    if kind.name is KindName.DATE:
        return f"TRY_STRPTIME({cell}, {text(kind.layout)})::DATE"
    if kind.name is KindName.DATETIME:
        stamp = f"TRY_STRPTIME({cell}, {text(kind.layout)})"
        return f"timezone('UTC', {stamp})" if kind.layout.endswith("%z") else f"{stamp}::TIMESTAMP"
    return cell


def _decimal(cell: str, kind: Kind) -> str:
    """Doubles; anything adorned is stripped first, if it fits. NaN and infinity are no numbers."""
    if not (kind.thousands or kind.unit or kind.decimal == ","):
        number = f"TRY_CAST({cell} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    bare = cell
    for character in kind.thousands:
        bare = f"replace({bare}, {text(character)}, '')"
    if kind.unit:
        bare = f"replace({bare}, {text(kind.unit)}, '')"
    bare = f"replace(replace(replace(replace({bare}, '−', '-'), ' ', ''), '(', '-'), ')', '')"
    if kind.decimal == ",":
        bare = f"replace({bare}, ',', '.')"
    # without the marks, 12,5 would be 125 in a column of thousands
    return f"CASE WHEN regexp_full_match({cell}, {text(_layout(kind))}) THEN TRY_CAST({bare} AS DOUBLE) END"


def _layout(kind: Kind) -> str:
    """A pattern of the adorned numbers of a kind: one decimal mark, groups of three digits, brackets in pairs."""
    sign, unit = r"[+\-−]?", re.escape(kind.unit)
    whole = r"\d*"
    if kind.thousands:
        whole = rf"(?:\d*|[1-9]\d{{0,2}}(?:[{re.escape(kind.thousands)}]\d{{3}})+)"
    number = rf"{whole}(?:{re.escape(kind.decimal)}\d*)?"
    form = rf"{sign}\s?(?:{unit}\s?{sign}\s?{number}|{number}\s?{unit})"
    return rf"{form}|\({form}\)"


def checked(cell: str, kind: Kind, position: int) -> str:
    """SQL for a cell's value that stops the statement, naming the column's position, where there is none."""
    if kind.name is KindName.TEXT:
        return cell
    value = value_of(cell, kind)
    marks = f" OR {cell} IN ({', '.join(map(text, kind.placeholders))})" if kind.placeholders else ""
    stop = f"error('column={position}')"
    return f"CASE WHEN {value} IS NOT NULL THEN {value} WHEN {cell} IS NULL{marks} THEN NULL ELSE {stop} END"
