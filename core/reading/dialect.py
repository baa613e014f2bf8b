"""The shape of a delimited file: delimiter, quote, lines before the table, header and column names."""

from __future__ import annotations

import contextlib
import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import UnreadableFile
from core.limits import MAX_COLUMNS
from core.reading.diagnosis import Finding
from core.reading.kinds import is_number_like
from core.reading.lines import (
    DELIMITERS,
    SNIFFED_ROWS,
    STRONG_DELIMITERS,
    WEAK_DELIMITERS,
    Comments,
    comments_above,
    csv_form,
    find_comments,
    find_marks,
    rows_of,
)
from core.reading.options import ReadOptions

SNIFFED_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The shape of a delimited file.

    Parameters
    ----------
    delimiter, quote, escape : str
        `escape` is the quote itself where quotes are doubled.
    comments : Comments
        Which lines among the rows are none.
    skip : int
        Lines before the header or the first row, a block of comments among them.
    header : bool
    names : tuple of str
        Unique also without regard to case, never empty.
    unnamed_first, surplus_last : bool
        The header lacks the name of the first column (row names); every row ends with a delimiter too many.
    rows : tuple of tuple of str
        The first rows, as texts, for guessing what the columns hold.
    findings : tuple of Finding
    """

    delimiter: str
    quote: str
    escape: str
    comments: Comments
    skip: int
    header: bool
    names: tuple[str, ...]
    surplus_last: bool = False
    rows: tuple[tuple[str, ...], ...] = field(repr=False, default=())
    findings: tuple[Finding, ...] = ()


def find_dialect(text: str, options: ReadOptions, name: str) -> Dialect:
    """The dialect of a file whose beginning is `text`.

    Raises
    ------
    UnreadableFile
        If there is no line, or more columns than the limit.
    """
    if not text.strip():
        raise UnreadableFile(f"The file {name!r} holds only blank lines.", "Choose a file with a header and rows.")
    findings: list[Finding] = []
    start = text[:SNIFFED_CHARACTERS]
    start = start[: start.rindex("\n") + 1] if len(start) < len(text) and "\n" in start else start
    lines = start.split("\n")
    skip = options.skip or 0
    marks = find_marks(lines[skip:], options.comment)
    skip += comments_above(lines[skip:], marks, options.comment)
    quote = options.quote if options.quote is not None else _quote(start)
    delimiter = options.delimiter or _announced(start) or _delimiter(lines[skip:], quote, marks, options.comment)
    comments = find_comments(lines[skip:], delimiter, quote, marks, options.comment)
    escape = _escape(text, delimiter, quote)
    skip += _preamble(lines[skip:], delimiter, quote, comments) if options.skip is None else 0
    told = [line for line in lines[:skip] if line.strip() and not line.startswith(marks)]
    if told and options.skip is None:
        findings.append(about_title(told, skip))
    rows = parse_rows(text.split("\n")[skip:], csv_form(delimiter, quote, escape), comments)
    if not rows:
        raise UnreadableFile(f"The file {name!r} holds no row.", "Choose a file with a header and rows.")
    if len(rows[0]) > MAX_COLUMNS:
        raise UnreadableFile(
            f"The file {name!r} has {len(rows[0]):,} columns; the limit is {MAX_COLUMNS:,}.", "Choose columns first."
        )
    header = options.header if options.header is not None else _header(rows, findings)
    names, body, surplus = _names(rows, header, findings)
    if options.delimiter is None and len(names) == 1:
        _one_column(body, rows[0], findings)
    return Dialect(
        delimiter=delimiter, quote=quote, escape=escape, comments=comments, skip=skip, header=header, names=names,
        surplus_last=surplus, rows=tuple(map(tuple, body)), findings=tuple(findings),
    )  # fmt: skip


def about_title(told: Sequence[str], skip: int) -> Finding:
    """What stands in the lines above the table, and the way to read from the first."""
    return Finding(
        code="lines-skipped", severity="info", place=f"lines 1 to {skip}", remedy={"skip": 0},
        message=f"{len(told)} line{'s' if len(told) > 1 else ''} above the table left out: {told[0][:60]!r}.",
        guess="A title or a note stands above the table.",
    )  # fmt: skip


def parse_rows(lines: Iterable[str], form: dict[str, Any], comments: Comments | None = None) -> list[list[str]]:
    """Rows of a piece of a file; blank lines and comments are left out."""
    rows = []
    # an unclosed quote or a giant cell: what was read so far is enough to guess from
    with contextlib.suppress(csv.Error):
        found = rows_of((line + "\n" for line in lines), form, comments.has if comments else None)
        rows.extend(row for row in found if row)
    return rows


def _quote(text: str) -> str:
    """The single quote only where it opens and closes cells and the double quote never does."""
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", text, flags=re.MULTILINE))
    double = len(re.findall(r'(?:^|[,;\t|])"', text, flags=re.MULTILINE))
    return "'" if single > 2 and double == 0 else '"'


def _escape(text: str, delimiter: str, quote: str) -> str:
    """The backslash where one stands before a quote inside a cell; before the last quote it ends a path."""
    if not quote or quote * 3 in text:
        return quote
    inside = rf"\\{re.escape(quote)}(?!{re.escape(delimiter)}|\n|\Z)"
    return "\\" if re.search(inside, text) else quote


def _announced(text: str) -> str | None:
    """Excel's own first line `sep=;`."""
    found = re.match(r"sep=(.)\n", text, flags=re.IGNORECASE)
    return found.group(1) if found else None


def _delimiter(lines: Sequence[str], quote: str, marks: tuple[str, ...], comment: str | None) -> str:
    """The character that divides most lines into the same number of cells, the more cells the better."""
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        comments = find_comments(lines, delimiter, quote, marks, comment)
        rows = parse_rows(lines, csv_form(delimiter, quote, quote), comments)
        widths = [len(row) for row in rows[:SNIFFED_ROWS]]
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        if width < 2:
            width, count = (
                Counter(width for width in widths if width > 1).most_common(1)[0] if max(widths) > 1 else (1, 0)
            )
        if width < 2 or count < 0.5 * len(widths) or (delimiter in WEAK_DELIMITERS and count < len(widths)):
            continue
        share = count / len(widths) - (0.5 if delimiter in WEAK_DELIMITERS else 0)
        score = (round(share, 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _preamble(lines: Sequence[str], delimiter: str, quote: str, comments: Comments) -> int:
    """Lines above the table: those before the first that has as many cells as most lines have."""
    lines = lines[:SNIFFED_ROWS]
    if re.match(r"sep=.$", lines[0], flags=re.IGNORECASE):
        return 1
    widths = [
        (number, len(next(csv.reader([line], delimiter=delimiter, quotechar=quote or None), [])))
        for number, line in enumerate(lines)
        if line.strip() and not comments.has(line)
    ]
    if not widths:
        return 0
    usual, count = Counter(width for _, width in widths).most_common(1)[0]
    if usual >= 2 and count >= 0.6 * len(widths):
        first = next(number for number, width in widths if width >= usual - 1)
        above = [width for number, width in widths if number < first]
        if above and max(above) <= max(1, usual // 2):
            return first
    return widths[0][0]


def _header(rows: list[list[str]], findings: list[Finding]) -> bool:
    """Whether the first row names the columns: it is of another kind than what stands below it."""
    first, below = rows[0], [row for row in rows[1:SNIFFED_ROWS] if len(row) == len(rows[0])]
    if not below:
        return not any(is_number_like(cell) for cell in first)
    for_header = against = repeated = 0
    for position, cell in enumerate(first):
        values = [row[position].strip() for row in below if row[position].strip()]
        if not values or not cell.strip():
            continue
        numbers = sum(map(is_number_like, values)) >= 0.9 * len(values)
        if numbers and is_number_like(cell):
            against += 0 if re.fullmatch(r"(19|20)\d\d", cell.strip()) else 1
        elif numbers:
            for_header += 1
        elif cell.strip() in values:
            repeated += 1
    names = [cell.strip() for cell in first]
    distinct = len({name for name in names if name}) >= 0.9 * len(names)
    header = for_header > against if for_header or against else repeated == 0 and distinct
    if not header:
        findings.append(
            Finding(
                code="no-header", severity="warning", place="line 1", remedy={"header": True},
                message="The first line looks like a row, so the columns are called column_1, column_2 and so on.",
                guess="The file has no header.",
            )
        )  # fmt: skip
    elif not for_header:
        findings.append(
            Finding(
                code="header-guessed", severity="info", place="line 1", remedy={"header": False},
                message="The first line is taken for the header; all columns are texts, so it might be a row.",
            )
        )  # fmt: skip
    return header


def _names(
    rows: list[list[str]], header: bool, findings: list[Finding]
) -> tuple[tuple[str, ...], list[list[str]], bool]:
    """Column names, the rows below them, and whether every row ends with one empty cell too many."""
    body = rows[1:] if header else rows
    width = Counter(len(row) for row in body[:SNIFFED_ROWS]).most_common(1)[0][0] if body else len(rows[0])
    if not header:
        return tuple(f"column_{number}" for number in range(1, width + 1)), body, False
    raw = [cell.strip() for cell in rows[0]]
    surplus = False
    if len(raw) == width - 1:
        full = [row for row in body if len(row) == width]
        surplus = not any(row[-1].strip() for row in full)
        if surplus:
            findings.append(
                Finding(
                    code="trailing-delimiter", severity="info", place="every line",
                    message="Every row ends with a delimiter too many; the empty last column is left out.",
                )
            )  # fmt: skip
        else:
            raw = ["row", *raw]
            findings.append(
                Finding(
                    code="row-names", severity="info", place="line 1",
                    message='The header has one name fewer than the rows have cells; the first column is called "row".',
                    guess="The file was written with row names.",
                )
            )  # fmt: skip
    return unique_names(raw, findings), body, surplus


def unique_names(raw: list[str], findings: list[Finding]) -> tuple[str, ...]:
    """Names without blanks at their ends, none empty, none twice whatever the case; changes become findings."""
    names: list[str] = []
    taken = {name.lower() for name in raw if name}
    seen: set[str] = set()
    for number, given in enumerate(raw, start=1):
        name = " ".join(given.split()) or f"column_{number}"
        code, message = "name-missing", f"Column {number} has no name; it is called {name!r}."
        if name.lower() in seen:
            count = 1
            while f"{name}_{count}".lower() in taken | seen:
                count += 1
            message = f"The name {name!r} occurs more than once; column {number} is called {f'{name}_{count}'!r}."
            code, name = "name-repeated", f"{name}_{count}"
        seen.add(name.lower())
        names.append(name)
        if not given or name != " ".join(given.split()):
            findings.append(Finding(code=code, severity="warning", place=f"column {number}", message=message))
    return tuple(names)


def _one_column(body: list[list[str]], first: list[str], findings: list[Finding]) -> None:
    cells = [row[0] for row in (first, *body[:SNIFFED_ROWS]) if row]
    found = next((mark for mark in STRONG_DELIMITERS if sum(mark in cell for cell in cells) > 0.3 * len(cells)), None)
    if found:
        findings.append(
            Finding(
                code="one-column", severity="warning", remedy={"delimiter": found},
                message=f"The table has one column only, but many cells hold {found!r}.",
                guess="Lines have different numbers of cells, or the delimiter is another.",
            )
        )  # fmt: skip
