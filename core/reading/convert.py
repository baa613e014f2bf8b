"""Text columns to a typed Parquet table, with nothing lost on the way: a column that does not convert stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.reading.engine import checked, quoted, text, trimmed, value_of
from core.reading.kinds import TEXT, Kind, KindName, guess_kind
from core.reading.options import ReadOptions

BLANKS = " \t\u00a0"
WIDE_BLANKS = ("\t", "\u00a0")
LOOKED_AT = 2_000
"""Rows in which wide blanks are looked for before the conversion; a later one is met when its cell fails."""
MAX_ROUNDS = 4
MAX_FAILING = 200
"""Distinct cells that did not convert, per column, from which its kind is guessed again."""
NOT_CONVERTED = re.compile(r"column=(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where DuckDB finds the cells.

    Parameters
    ----------
    relation : str
        SQL of a relation.
    cells : tuple of str
        SQL of every column's text in that relation.
    names : tuple of str
        Names of the columns in the table, in the same order.
    typed : tuple of bool
        Columns whose value is taken as it is, since the file gave it a type.
    """

    relation: str
    cells: tuple[str, ...]
    names: tuple[str, ...]
    typed: tuple[bool, ...] = ()

    def is_typed(self, position: int) -> bool:
        """Whether the column at `position` came with a type."""
        return bool(self.typed) and self.typed[position]


def guess_kinds(source: Source, sample: Sequence[Sequence[str]], options: ReadOptions) -> list[Kind]:
    """The kind of every column, from the first rows of the file."""
    kinds = []
    for position, name in enumerate(source.names):
        missing = {mark for mark in options.missing_of(name) if mark}
        if source.is_typed(position) or name in options.texts:
            kinds.append(TEXT)
            continue
        cells = dict.fromkeys([row[position] for row in sample if position < len(row)])
        values = dict.fromkeys(cell.strip(BLANKS) for cell in cells)
        values = [value for value in values if value and value not in missing]
        kinds.append(guess_kind(values, decimal=options.decimal, layout=options.dates.get(name)))
    return kinds


def convert(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    kinds: list[Kind],
    target: Path,
    options: ReadOptions,
    sample: Sequence[Sequence[str]] = (),
) -> list[Kind]:
    """Write `source` to Parquet; returns the kinds that were used in the end.

    The kinds come from the file's beginning. Where a later cell contradicts one, the statement stops, the cells that
    fail are collected, and those columns are guessed again; after some rounds they stay texts.
    """
    wide = any(cell[:1] in WIDE_BLANKS or cell[-1:] in WIDE_BLANKS for row in sample[:LOOKED_AT] for cell in row)
    for round_ in range(MAX_ROUNDS + 1):
        inner = _inner(source, options, wide=wide)
        try:
            connection.execute(_copy(source, kinds, target, inner))
            return kinds
        except duckdb.Error as error:
            if not NOT_CONVERTED.search(str(error)):
                raise
            wide = True
        failing = _failing(connection, kinds, _inner(source, options, wide=wide))
        if not failing:
            continue  # the wider trimming mended it
        kinds = [
            kind if number not in failing else _again(number, kind, failing[number], sample, options, round_, source)
            for number, kind in enumerate(kinds)
        ]
    texts = [TEXT] * len(kinds)
    connection.execute(_copy(source, texts, target, _inner(source, options, wide=True)))
    return texts


def _again(
    position: int, kind: Kind, failing: list[str], sample: Sequence[Sequence[str]], options: ReadOptions,
    round_: int, source: Source,
) -> Kind:  # fmt: skip
    if round_ >= MAX_ROUNDS - 1 or not failing:
        return TEXT
    known = [row[position].strip(BLANKS) for row in sample if position < len(row)]
    values = dict.fromkeys([*failing, *kind.placeholders, *(cell for cell in known if cell)])
    missing = set(options.missing_of(source.names[position]))
    wanted = [value for value in values if value not in missing]
    new = guess_kind(wanted, decimal=options.decimal, layout=options.dates.get(source.names[position]))
    return TEXT if new == kind else new


def _inner(source: Source, options: ReadOptions, *, wide: bool) -> str:
    cells = ", ".join(
        f"{_typed(cell, options.missing_of(name))} AS t{number}"
        if source.is_typed(number)
        else f"{trimmed(cell, options.missing_of(name), trim=options.trim, wide=wide)} AS t{number}"
        for number, (cell, name) in enumerate(zip(source.cells, source.names, strict=True))
    )
    return f"(SELECT {cells} FROM {source.relation})"


def _typed(cell: str, missing: Sequence[str]) -> str:
    """SQL for a cell that has a type, missing where its text is one of `missing`; an empty text stays a text."""
    marks = [mark for mark in missing if mark]
    if not marks:
        return cell
    return f"CASE WHEN ({cell})::VARCHAR NOT IN ({', '.join(map(text, marks))}) THEN {cell} END"


def _copy(source: Source, kinds: list[Kind], target: Path, inner: str) -> str:
    values = ", ".join(
        f"{checked(f't{number}', kind, number)} AS {quoted(name)}"
        for number, (kind, name) in enumerate(zip(kinds, source.names, strict=True))
    )
    return (
        f"COPY (SELECT {values} FROM {inner}) TO {text(str(target))} "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )


def _failing(connection: duckdb.DuckDBPyConnection, kinds: list[Kind], inner: str) -> dict[int, list[str]]:
    """Distinct cells that do not convert, per column that has any."""
    wanted = [(number, kind) for number, kind in enumerate(kinds) if kind.name is not KindName.TEXT]
    lists = []
    for number, kind in wanted:
        cell = f"t{number}"
        marks = f" AND {cell} NOT IN ({', '.join(map(text, kind.placeholders))})" if kind.placeholders else ""
        bad = f"{cell} IS NOT NULL AND ({value_of(cell, kind)}) IS NULL{marks}"
        lists.append(f"list_slice(array_agg(DISTINCT {cell}) FILTER (WHERE {bad}), 1, {MAX_FAILING})")
    row = connection.execute(f"SELECT {', '.join(lists)} FROM {inner}").fetchone()
    return {number: list(cells) for (number, _), cells in zip(wanted, row or (), strict=True) if cells}
