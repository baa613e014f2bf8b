"""Files of cells that are no text: Excel sheets and SQLite tables, passed on as CSV in the form we read best."""

from __future__ import annotations

import csv
import datetime
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from xml.etree.ElementTree import ParseError

from core.errors import UnreadableFile, listed
from core.limits import ARCHIVE_BYTES, MAX_COLUMNS, SHEET_ROWS
from core.reading.columnar import chosen_table
from core.reading.delimited import read_delimited
from core.reading.diagnosis import Finding
from core.reading.dialect import about_title
from core.reading.options import ReadOptions
from core.reading.result import Progress, ReadResult

HEAD_ROWS = 50
"""Rows of a sheet from which it is seen where the table begins."""


def read_excel(source: Path, target: Path, options: ReadOptions, progress: Progress) -> ReadResult:
    """Read one sheet of an Excel workbook; formulas count as the values that were saved with them."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise UnreadableFile(
            f"Reading the workbook {source.name!r} needs openpyxl.", "Install it, or save the sheet as CSV."
        ) from None
    _check_size(source)
    try:
        book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
    except (
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        zipfile.BadZipFile,
        ParseError,
        SyntaxError,
    ) as error:
        raise UnreadableFile(
            f"The workbook {source.name!r} is damaged: {error}.", "Save it again, or as CSV."
        ) from error
    try:
        names = [sheet.title for sheet in book.worksheets]
        if not names:
            raise UnreadableFile(f"The workbook {source.name!r} holds no sheet of cells.", "Save the table as CSV.")
        name = options.sheet if options.sheet is not None else names[0]
        if name not in names:
            raise UnreadableFile(f"The workbook {source.name!r} has no sheet {name!r}.", f"It has: {listed(names)}.")
        sheet = book[name]
        sheet.reset_dimensions()  # files of other programs often state a wrong size
        findings: list[Finding] = []
        skip, rows = _below_title(_sheet_rows(sheet), options, findings)
        result = _through_csv(_table_of(rows, source, name), source, target, options, progress)
    except (ValueError, TypeError, KeyError, ParseError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise UnreadableFile(
            f"The sheet of {source.name!r} is damaged: {error}.", "Save it again, or as CSV."
        ) from error
    finally:
        book.close()
    findings += result.findings
    if options.sheet is None and len(names) > 1:
        findings.append(
            Finding(
                code="sheets-several", severity="warning", place=name, remedy={"sheet": names[1]},
                message=f"The workbook has {len(names)} sheets; {name!r} was read, not {listed(names[1:])}.",
            )
        )  # fmt: skip
    return replace(
        result, options=replace(options, header=result.options.header, sheet=name, skip=skip),
        findings=tuple(findings), choices={"sheet": tuple(names)},
    )  # fmt: skip


def _check_size(source: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        size = sum(one.file_size for one in archive.infolist())
    if size > min(ARCHIVE_BYTES, 2_000_000_000):
        raise UnreadableFile(f"The workbook {source.name!r} is too large unpacked.", "Save the sheet as CSV.")


def _sheet_rows(sheet) -> Iterator[list[str]]:
    for cells in sheet.iter_rows():
        yield [_cell_text(cell.value, getattr(cell, "number_format", "") or "") for cell in cells]


def _cell_text(value: object, layout: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        only_day = "h" not in layout.lower() and value.time() == datetime.time()
        return value.strftime("%Y-%m-%d" if only_day else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value).replace("\x00", "")


def _below_title(
    rows: Iterator[list[str]], options: ReadOptions, findings: list[Finding]
) -> tuple[int, Iterator[list[str]]]:
    """How many rows of a sheet to skip, and the rows below them; a title becomes a finding."""
    if options.skip is not None:
        return options.skip, islice(rows, options.skip, None)
    head = list(islice(rows, HEAD_ROWS))
    skip = _title_rows(head)
    told = [" ".join(filter(None, row)) for row in head[:skip] if any(cell.strip() for cell in row)]
    if told:
        findings.append(about_title(told, skip))
    return skip, chain(head[skip:], rows)


def _title_rows(head: Sequence[Sequence[str]]) -> int:
    """Rows above the table: those with at most half as many cells as most rows have, which end before them."""
    filled = [[place for place, cell in enumerate(row) if cell.strip()] for row in head]
    usual = _most_common([len(places) for places in filled if places])
    end = _most_common([places[-1] for places in filled if places])
    is_title = [len(places) <= max(1, usual // 2) and (not places or places[-1] < end) for places in filled]
    skip = next((number for number, title in enumerate(is_title) if not title), 0)
    return skip if any(filled[:skip]) else 0


def _most_common(numbers: Sequence[int]) -> int:
    """The number that occurs most often, the greatest of several."""
    counts = Counter(numbers)
    return max(counts, key=lambda number: (counts[number], number), default=0)


def _table_of(rows: Iterable[list[str]], source: Path, sheet: str) -> Iterator[list[str]]:
    """The block of cells: empty rows are left out, and empty columns before its first row."""
    first, last = None, 0
    for number, row in enumerate(rows):
        if number >= SHEET_ROWS:
            raise UnreadableFile(f"The sheet {sheet!r} of {source.name!r} has more rows than Excel allows.")
        filled = [position for position, cell in enumerate(row) if cell.strip()]
        if not filled:
            continue
        if first is None:
            first, last = filled[0], filled[-1]
        if last - first + 1 > MAX_COLUMNS:
            raise UnreadableFile(f"The sheet {sheet!r} has more than {MAX_COLUMNS:,} columns.", "Choose columns first.")
        last = max(last, filled[-1]) if number < 50 else last
        yield row[first : max(last, filled[-1]) + 1] + [""] * max(0, last + 1 - len(row))
    if first is None:
        raise UnreadableFile(f"The sheet {sheet!r} of {source.name!r} is empty.", "Choose another sheet.")


def read_sqlite(source: Path, target: Path, options: ReadOptions, progress: Progress) -> ReadResult:
    """Read a table or query of an SQLite file, opened read-only; nothing can be attached or written."""
    try:
        with sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True) as database:
            database.execute("PRAGMA query_only = true")
            listing = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
            names = sorted(name for (name,) in database.execute(listing))
            query, findings = chosen_table(names, options, source)
            database.set_authorizer(_read_only)
            cursor = database.execute(query)
            columns = [one[0] for one in cursor.description]
            rows = ([_cell_text(value) for value in row] for row in cursor)
            whole = _chained(columns, rows)
            result = _through_csv(whole, source, target, replace(options, header=True), progress)
    except sqlite3.Error as error:
        raise UnreadableFile(
            f"The SQLite file {source.name!r} cannot be read: {error}.", "Close programs that have it open."
        ) from error
    return replace(result, options=options, findings=(*findings, *result.findings), choices={"table": tuple(names)})


def _read_only(action: int, *_: object) -> int:
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def _chained(first: Sequence[str], rest: Iterable[list[str]]) -> Iterator[list[str]]:
    yield list(first)
    yield from rest


def _through_csv(
    rows: Iterable[list[str]], source: Path, target: Path, options: ReadOptions, progress: Progress
) -> ReadResult:
    """Write rows as CSV beside the target and read that, its shape known."""
    aside = target.with_suffix(".cells.csv")
    known = replace(options, delimiter=",", quote='"', encoding="utf-8", comment="", skip=0, pad=True)
    try:
        with aside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerows(rows)
        return read_delimited(aside, target, known, progress, name=source.name)
    finally:
        aside.unlink(missing_ok=True)
