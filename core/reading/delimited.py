"""Delimited text files (CSV and its relatives): streamed through DuckDB, with every rejected line kept."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from core.errors import UnreadableFile
from core.limits import MAX_CELL_CHARACTERS
from core.reading.convert import Source, convert, guess_kinds
from core.reading.diagnosis import MAX_REJECTED_SHOWN, Finding, Rejected
from core.reading.dialect import Dialect, find_dialect
from core.reading.encoding import Encoding, copy_as_utf8, find_encoding, head_text
from core.reading.engine import connect, path_text, text
from core.reading.kinds import Kind
from core.reading.lines import about_comments, begins_any, copy_without_comments
from core.reading.options import ReadOptions
from core.reading.result import Progress, ReadResult
from core.reading.surplus import CUT, JOIN, about_mended, copy_mended, surplus_remedy

HEAD_BYTES = 1_000_000
"""Beginning of a file from which its shape and the kinds of its columns are guessed."""
REASONS = {
    "TOO MANY COLUMNS": "more cells than the header has names",
    "MISSING COLUMNS": "fewer cells than the header has names",
    "UNQUOTED VALUE": "a quote that is not closed, or text behind a closing quote",
    "LINE SIZE OVER MAXIMUM": "a cell longer than the limit",
    "INVALID ENCODING": "bytes that are no text in this encoding",
    "INVALID STATE": "quotes that do not fit",
}


def read_delimited(
    source: Path, target: Path, options: ReadOptions, progress: Progress, *, name: str = ""
) -> ReadResult:
    """Read a delimited file into Parquet at `target`; `name` is what messages call it.

    Raises
    ------
    UnreadableFile
        If it is no text, is empty, or has no row that can be read.
    """
    encoding = find_encoding(source, options.encoding)
    progress(0.1, "Found the encoding")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".reading-") as aside:
        plain = Path(aside) / "utf8.csv"
        head = head_text(source, encoding.name, HEAD_BYTES)
        dialect = find_dialect(head, options, name or source.name)
        # DuckDB counts the lines to skip in its own way where blank ones or comments are among them
        readable = plain if encoding.needs_copy or dialect.skip else source
        if readable is plain:
            copy_as_utf8(source, plain, encoding.name, skip=dialect.skip)
        findings = [*_about_encoding(encoding, options), *dialect.findings]
        options = _padding(dialect, options, findings)
        shape = dialect
        has_marks = begins_any(readable, dialect.comments.marks)
        if readable is source and (has_marks or options.surplus is not None):
            readable = plain
            copy_as_utf8(source, plain, encoding.name)
        if has_marks:
            before, readable = readable, Path(aside) / "uncommented.csv"
            # an empty line is a row of a table with one column
            blank = "\n" if len(dialect.names) > 1 else ""
            n_comments = copy_without_comments(before, readable, dialect.comments, dialect.escape, blank=blank)
            before.unlink()
            findings += [about_comments(n_comments, dialect.comments.marks)] if n_comments else []
        if options.surplus is not None:
            before, readable = readable, Path(aside) / "mended.csv"
            shape, n_mended = copy_mended(before, readable, dialect, options.surplus)
            before.unlink()
            findings += [about_mended(n_mended, options.surplus)] if n_mended else []
        progress(0.2, "Found the columns")
        with connect(Path(aside)) as connection:
            try:
                kinds = _stored(connection, readable, shape, target, options)
            except duckdb.Error as error:
                if readable is not source:
                    raise _unreadable(name or source.name, error) from error
                # line ends that change in the middle stop DuckDB; a copy has but one kind
                copy_as_utf8(source, plain, encoding.name)
                try:
                    kinds = _stored(connection, plain, shape, target, options)
                except duckdb.Error as again:
                    raise _unreadable(name or source.name, again) from again
            progress(0.9, "Stored the table")
            n_rejected, rejected = _rejected(connection, target, skipped=dialect.skip)
    if n_rejected:
        findings.append(_about_rejected(n_rejected, rejected, dialect, kinds))
    used = replace(
        options, delimiter=dialect.delimiter, quote=dialect.quote, encoding=encoding.name, header=dialect.header,
        skip=dialect.skip,
    )  # fmt: skip
    return ReadResult(
        kinds=tuple(kinds), names=dialect.names, options=used, findings=tuple(findings),
        n_rejected=n_rejected, rejected=rejected,
    )  # fmt: skip


def _stored(
    connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, target: Path, options: ReadOptions
) -> list[Kind]:
    cells = tuple(f"c{number}" for number in range(len(dialect.names)))
    table = Source(relation=_relation(path, dialect, pad=options.pad), cells=cells, names=dialect.names)
    # lines that will be rejected say nothing of the columns: their cells stand in the wrong ones
    width = len(cells) + dialect.surplus_last
    rows = [row for row in dialect.rows if len(row) == width or (options.pad and len(row) < width)] or dialect.rows
    return convert(connection, table, guess_kinds(table, rows, options), target, options, rows)


def _relation(path: Path, dialect: Dialect, *, pad: bool) -> str:
    width = len(dialect.names) + dialect.surplus_last
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(width))
    settings = {
        "auto_detect": "false",
        "columns": f"{{{columns}}}",
        "delim": text(dialect.delimiter),
        "quote": text(dialect.quote),
        "escape": text(dialect.escape),
        "header": str(dialect.header).lower(),
        "comment": "''",  # it would cut lines in the middle
        "nullstr": "''",
        "max_line_size": str(4 * MAX_CELL_CHARACTERS),
        "null_padding": str(pad).lower(),
        "store_rejects": "true",
        "rejects_limit": "0",
    }
    return f"read_csv({path_text(path)}, {', '.join(f'{name}={value}' for name, value in settings.items())})"


def _padding(dialect: Dialect, options: ReadOptions, findings: list[Finding]) -> ReadOptions:
    """Options that fill short lines where most lines are short and would all be rejected."""
    widths = Counter(len(row) for row in dialect.rows[:1_000])
    usual = widths.most_common(1)[0][0] if widths else len(dialect.names)
    if not options.pad and usual < len(dialect.names):
        findings.append(
            Finding(
                code="short-rows", severity="warning",
                message=f"Most lines have {usual} cells where the header has {len(dialect.names)} names; "
                "the lacking ones are read as missing.",
            )
        )  # fmt: skip
        options = replace(options, pad=True)
    return options


def _rejected(connection: duckdb.DuckDBPyConnection, target: Path, *, skipped: int) -> tuple[int, tuple[Rejected, ...]]:
    """Rejected lines of the last reading; all of them also go to a CSV file beside the table."""
    last = "scan_id = (SELECT max(scan_id) FROM reject_scans)"
    n_rejected = connection.execute(f"SELECT count(DISTINCT line) FROM reject_errors WHERE {last}").fetchone()[0]
    if not n_rejected:
        return 0, ()
    lines = f"""
        SELECT line + {skipped} AS line, first(error_type::VARCHAR) AS reason, left(first(csv_line), 500) AS text
        FROM reject_errors WHERE {last} GROUP BY line ORDER BY line
    """
    connection.execute(f"COPY ({lines}) TO {text(str(rejects_path(target)))} (FORMAT csv, HEADER)")
    rows = connection.execute(f"{lines} LIMIT {MAX_REJECTED_SHOWN}").fetchall()
    return n_rejected, tuple(
        Rejected(line=line, reason=REASONS.get(reason, reason.lower()), text=line_text or "")
        for line, reason, line_text in rows
    )


def rejects_path(target: Path) -> Path:
    """Where the rejected lines of the table at `target` are written when there are any."""
    return target.with_suffix(".rejected.csv")


def _about_encoding(encoding: Encoding, options: ReadOptions) -> list[Finding]:
    if encoding.certain or options.encoding is not None:
        return []
    other = {"windows-1252": "cp1250", "latin-1": "windows-1252"}.get(encoding.name, "latin-1")
    return [
        Finding(
            code="encoding-guessed", severity="warning", remedy={"encoding": other},
            message=f"The file is not valid UTF-8; it was read as {encoding.name}. Look at names with accents.",
            guess="It was saved by a spreadsheet or an older program.",
        )
    ]  # fmt: skip


def _about_rejected(
    n_rejected: int, rejected: tuple[Rejected, ...], dialect: Dialect, kinds: Sequence[Kind]
) -> Finding:
    reason = Counter(one.reason for one in rejected).most_common(1)[0][0]
    mark = repr(dialect.delimiter)
    remedy, guess = None, f"A cell holds the delimiter {mark} without quotes, or the delimiter is another."
    if reason == REASONS["MISSING COLUMNS"]:
        remedy, guess = {"pad": True}, "Cells at the end of a line are lacking."
    elif reason == REASONS["TOO MANY COLUMNS"]:
        how = surplus_remedy(rejected, dialect, kinds)
        remedy = None if how is None else {"surplus": how}
        if how == JOIN:
            guess = f"Texts in the last column hold the delimiter {mark} without quotes."
        elif how == CUT:
            guess = "Something was written behind the last column."
    return Finding(
        code="lines-rejected", severity="error", remedy=remedy, guess=guess,
        place=f"line {rejected[0].line} and others" if n_rejected > 1 else f"line {rejected[0].line}",
        message=f"{n_rejected:,} line{'s are' if n_rejected > 1 else ' is'} not in the table: most have {reason}.",
    )  # fmt: skip


def _unreadable(name: str, error: duckdb.Error) -> UnreadableFile:
    first = str(error).strip().splitlines()[0].removeprefix("Invalid Input Error: ")
    return UnreadableFile(
        f"The file {name!r} cannot be read as a table: {first[:200]}", "Check delimiter, quotes and encoding."
    )
