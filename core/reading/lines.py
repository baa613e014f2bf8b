"""Lines of a delimited file: the cells they hold, and which of them are comments."""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from core.limits import MAX_CELL_CHARACTERS
from core.reading.diagnosis import Finding

DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", ":", " ")
STRONG_DELIMITERS = DELIMITERS[:5]
WEAK_DELIMITERS = frozenset({":", " "})
"""Delimiters that also stand inside ordinary texts; taken only where nothing else divides the lines."""
SNIFFED_ROWS = 1_000
COMMENT_MARKS = ("#", "%")

csv.field_size_limit(MAX_CELL_CHARACTERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """Which lines among the rows are comments; the block of comments above them is skipped as lines.

    Parameters
    ----------
    marks : tuple of str
        A comment begins with one of them; none where no line is a comment.
    delimiter, quote : str
    width : int or None
        Cells of a row: a line with a mark and as many cells is a row. None where the analyst named the mark; then
        every line that begins with it is a comment.
    """

    marks: tuple[str, ...]
    delimiter: str
    quote: str
    width: int | None

    def has(self, line: str) -> bool:
        """Whether the line is a comment, provided that it begins a row."""
        if not line.startswith(self.marks):
            return False
        if self.width is None:
            return True
        try:
            n_cells = len(next(csv.reader([line], **csv_form(self.delimiter, self.quote, self.quote)), []))
        except csv.Error:  # a giant cell
            return False
        # the words of a comment are divided by blanks as well, so that it may have more cells than a row
        return n_cells != self.width if self.delimiter in WEAK_DELIMITERS else n_cells < self.width


def csv_form(delimiter: str, quote: str, escape: str) -> dict[str, Any]:
    """Settings of Python's CSV reader."""
    return {
        "delimiter": delimiter,
        "quotechar": quote or None,
        "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        "escapechar": escape if escape and escape != quote else None,
        "doublequote": escape == quote,
    }


def rows_of(
    lines: Iterable[str],
    form: dict[str, Any],
    is_comment: Callable[[str], bool] | None = None,
    *,
    blank: str = "\n",
    copy: Callable[[str], Any] | None = None,
) -> Iterator[list[str]]:
    """Rows of lines; a comment becomes an empty row, as a blank line does.

    Only lines that begin a row are asked about, since a cell in quotes may go on with a line like a comment.

    Parameters
    ----------
    lines : with their line ends
    form : settings of `csv_form`
    is_comment : callable of a line, optional
    blank : what stands in the place of a comment
    copy : callable of a line, optional
        Is given every line once it is known whether it is a comment.
    """
    begins = True

    def fed() -> Iterator[str]:
        nonlocal begins
        for line in lines:
            shown = blank if begins and is_comment and is_comment(line) else line
            begins = False
            if copy:
                copy(shown)
            yield shown

    for row in csv.reader(fed(), **form):
        begins = True
        yield row


def find_marks(lines: Sequence[str], wanted: str | None) -> tuple[str, ...]:
    """Marks with which comments may begin: the analyst's, or those with which any line begins."""
    if wanted is not None:
        return (wanted,) if wanted else ()
    return tuple(mark for mark in COMMENT_MARKS if any(line.startswith(mark) for line in lines))


def comments_above(lines: Sequence[str], marks: tuple[str, ...], wanted: str | None) -> int:
    """Lines down to the end of the block of comments above the table; blank lines do not break it."""
    n_above, below = 0, []
    for number, line in enumerate(lines):
        if line.startswith(marks) and not below:
            n_above = number + 1
        elif line.strip() and not line.startswith(marks):
            below.append(line)
    if wanted is None and (not below or _are_rows([line for line in lines[:n_above] if line.strip()], below[:19])):
        return 0
    return n_above


def _are_rows(block: Sequence[str], below: Sequence[str]) -> bool:
    """Whether the lines have as many delimiters as those below them, as a header like "#id,name" has."""
    counts = [{line.count(delimiter) for line in (*block, *below)} for delimiter in STRONG_DELIMITERS]
    return any(len(count) == 1 and count != {0} for count in counts)


def find_comments(
    lines: Sequence[str], delimiter: str, quote: str, marks: tuple[str, ...], wanted: str | None
) -> Comments:
    """The comments of a table whose first lines are these, if cells are divided by this delimiter."""
    width = None
    if marks and wanted is None:
        plain = (line + "\n" for line in lines if not line.startswith(marks))
        widths: Counter[int] = Counter()
        with contextlib.suppress(csv.Error):
            rows = rows_of(plain, csv_form(delimiter, quote, quote))
            widths.update(len(row) for row in islice(rows, SNIFFED_ROWS) if row)
        width = widths.most_common(1)[0][0] if widths else 1
    return Comments(marks=marks, delimiter=delimiter, quote=quote, width=width)


def begins_any(path: Path, marks: tuple[str, ...]) -> bool:
    """Whether any line of a UTF-8 file begins with one of the marks, which is quick to see."""
    starts = tuple(mark.encode() for mark in marks)
    with path.open("rb") as file:
        return bool(starts) and any(line.startswith(starts) for line in file)


def copy_without_comments(source: Path, target: Path, comments: Comments, escape: str, *, blank: str = "\n") -> int:
    """Copy a UTF-8 file with `blank` in the place of its comments; returns how many there were."""
    n_comments = 0

    def is_comment(line: str) -> bool:
        nonlocal n_comments
        found = comments.has(line)
        n_comments += found
        return found

    form = csv_form(comments.delimiter, comments.quote, escape)
    with source.open(encoding="utf-8", newline="") as text, target.open("w", encoding="utf-8", newline="") as copy:
        try:
            for _ in rows_of(text, form, is_comment, blank=blank, copy=copy.write):
                pass
        except csv.Error:  # a cell without end: where rows begin is not known below it
            copy.writelines(text)
    return n_comments


def about_comments(n_comments: int, marks: tuple[str, ...]) -> Finding:
    """How many lines among the rows were left out, and the way to have them as rows."""
    lines = "1 line among the rows begins" if n_comments == 1 else f"{n_comments:,} lines among the rows begin"
    left_out = "is left out as a comment" if n_comments == 1 else "are left out as comments"
    return Finding(
        code="comment-lines", severity="warning", remedy={"comment": ""},
        message=f"{lines} with {' or '.join(map(repr, marks))} and {left_out}.",
        guess="Somebody wrote notes between the rows.",
    )  # fmt: skip
