"""Lines with more cells than there are columns: what would mend them, and a copy of the file with them mended."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import UnreadableFile
from core.limits import MAX_CELL_CHARACTERS
from core.reading.diagnosis import Finding, Rejected
from core.reading.dialect import Dialect, parse_rows
from core.reading.kinds import PLACEHOLDERS, Kind, KindName, guess_kind
from core.reading.lines import csv_form

JOIN, CUT = "join", "cut"
FIT = 0.9
"""Share of the lines whose cells have to be of their columns' kinds before a remedy is offered."""
FREE_TEXT = 12
"""Characters that the cells of a column of free text have on average, at least."""


def surplus_remedy(rejected: Sequence[Rejected], dialect: Dialect, kinds: Sequence[Kind]) -> str | None:
    """How lines with too many cells could be rows of the table; None where neither way fits the columns' kinds.

    Joining fits where the last column holds free text and the cells before it are what their columns hold; cutting
    fits where the cells of all columns are.
    """
    width = len(dialect.names)
    texts = "\n".join(one.text for one in rejected).split("\n")
    rows = parse_rows(texts, csv_form(dialect.delimiter, dialect.quote, dialect.escape))
    rows = [row for row in rows if len(row) > width]
    if not rows or width < 2:
        return None
    last = [row[width - 1].strip() for row in dialect.rows if len(row) == width]
    free = kinds[-1].name is KindName.TEXT and sum(map(len, last)) >= FREE_TEXT * max(1, len(last))
    if free and _fits(rows, kinds[:-1]):
        return JOIN
    return CUT if _fits(rows, kinds) else None


def _fits(rows: Sequence[Sequence[str]], kinds: Sequence[Kind]) -> bool:
    """Whether most rows begin with cells of these kinds; texts say nothing, so at least one must be something else."""
    telling = [place for place, kind in enumerate(kinds) if kind.name is not KindName.TEXT]
    if not telling:
        return False
    fitting = sum(all(_is_of(row[place].strip(), kinds[place]) for place in telling) for row in rows)
    return fitting >= FIT * len(rows)


def _is_of(cell: str, kind: Kind) -> bool:
    if not cell or cell.lower() in PLACEHOLDERS:
        return True
    found = guess_kind([cell], layout=kind.layout or None)
    numbers = {KindName.INTEGER, KindName.WHOLE, KindName.DECIMAL}
    return found.name is kind.name or {found.name, kind.name} <= numbers


def copy_mended(source: Path, target: Path, dialect: Dialect, how: str) -> tuple[Dialect, int]:
    """Write a file with its long lines mended; returns the dialect of the copy, and how many were mended.

    Every row keeps its line.

    Parameters
    ----------
    source : UTF-8 text without comments that begins with the header or the first row
    how : `join`, surplus cells are joined to the last one; `cut`, they are left out
    """
    width, n_mended = len(dialect.names), 0
    copied = replace(dialect, delimiter=",", quote='"', escape='"', skip=0, surplus_last=False)
    with source.open(encoding="utf-8", newline="") as text, target.open("w", encoding="utf-8", newline="") as copy:
        reader = csv.reader(text, **csv_form(dialect.delimiter, dialect.quote, dialect.escape))
        writer = csv.writer(copy, lineterminator="\n")
        for row in _rows(reader):
            if not row:
                copy.write("\n")
                continue
            if dialect.surplus_last and len(row) > width and not row[-1]:
                row.pop()
            if len(row) > width:
                row[width - 1 :] = [dialect.delimiter.join(row[width - 1 :]) if how == JOIN else row[width - 1]]
                n_mended += 1
            writer.writerow(row)
    return copied, n_mended


def _rows(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows of a reader, a cell that never ends being said in words."""
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableFile(
            f"Long lines cannot be mended: a cell has more than {MAX_CELL_CHARACTERS:,} characters.",
            "Look for a quote that is not closed, or choose other quotes.",
        ) from error


def about_mended(n_mended: int, how: str) -> Finding:
    """What was done to long lines, and the way back."""
    lines = "1 line had" if n_mended == 1 else f"{n_mended:,} lines had"
    done = "joined to the last one" if how == JOIN else "left out"
    return Finding(
        code="lines-mended", severity="warning", remedy={"surplus": None},
        message=f"{lines} more cells than the header has names; the surplus cells are {done}.",
    )  # fmt: skip
