"""Files of one table that were read apart: which of them to read again, since another file says how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import UnreadableFile
from core.reading.kinds import Kind, KindName

Kinds = Mapping[str, Kind]
"""The kind of every column of one file."""
DATES = (KindName.DATE, KindName.DATETIME)


def to_read_again(parts: Sequence[Kinds], files: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Files by their place, with the changes of options under which they agree with the others.

    A file whose dates or numbers can be read in two ways is read in the way of the files that can be read in one
    only; where there are none of these, in the way of most.

    Raises
    ------
    UnreadableFile
        If files that can be read in one way only contradict each other on a file that can be read in both.
    """
    changes: dict[int, dict[str, Any]] = {}
    marks: dict[int, dict[str, str]] = {}
    for name in parts[0]:
        kinds = [part[name] for part in parts]
        dates = [_ways(kind, DATES) for kind in kinds]
        for number, layout in _wanted(dates, f"dates of {name!r}", files).items():
            if layout != dates[number][0]:
                changes.setdefault(number, {}).setdefault("dates", {})[name] = layout
        numbers = [_ways(kind, (KindName.DECIMAL,)) for kind in kinds]
        for number, mark in _wanted(numbers, f"numbers of {name!r}", files).items():
            marks.setdefault(number, {})[name] = mark
            if mark != numbers[number][0]:
                changes.setdefault(number, {})["decimal"] = mark
    for number, change in changes.items():
        others = [name for name, mark in marks.get(number, {}).items() if mark != change.get("decimal", mark)]
        if others:  # a file is read with one decimal mark
            raise _undecided(f"numbers of {others[0]!r}", files[number])
    return changes


def _ways(kind: Kind, names: Sequence[KindName]) -> tuple[str, ...]:
    """Layouts or decimal marks with which a column can be read, the one that was used first."""
    if kind.name not in names:
        return ()
    used = kind.layout if kind.layout else kind.decimal
    return (used, kind.ambiguous) if kind.ambiguous else (used,)


def _wanted(ways: Sequence[tuple[str, ...]], what: str, files: Sequence[str]) -> dict[int, str]:
    """The way to read a column in every file, by its place, that can be read in two ways."""
    certain = {way[0] for way in ways if len(way) == 1}
    wanted = {}
    for number, way in enumerate(ways):
        if len(way) < 2:
            continue
        fitting = certain & set(way)
        if len(fitting) > 1:
            raise _undecided(what, files[number])
        wanted[number] = fitting.pop() if fitting else _usual([one[0] for one in ways if set(one) == set(way)])
    return wanted


def _usual(used: Sequence[str]) -> str:
    """The way of most files; a comma that groups thousands in any file does so in all, since it took more numbers."""
    return "." if "." in used else Counter(used).most_common(1)[0][0]


def _undecided(what: str, file: str) -> UnreadableFile:
    return UnreadableFile(
        f"The {what} are written in different ways in these files, and those of {file!r} fit more than one of them.",
        "Write them in one way in all files, or read the files apart.",
    )


def after_reading(before: Kinds, again: Kinds, change: Mapping[str, Any]) -> tuple[Kinds, bool]:
    """What is known of a file that was read again, and whether that reading is the better one.

    It is not where a column of dates or numbers became text; then the first way of reading is the only one.
    """
    names = change.get("dates", {}).keys() | (set(before) if "decimal" in change else set())
    texts = [{name for name, kind in kinds.items() if kind.name is KindName.TEXT} for kinds in (before, again)]
    if texts[1] - texts[0]:
        return {name: replace(kind, ambiguous="") if name in names else kind for name, kind in before.items()}, False
    # two ways as before: the way was taken from others and says nothing to them
    return {
        name: replace(kind, ambiguous=_other(before[name], kind)) if name in names else kind
        for name, kind in again.items()
    }, True


def _other(before: Kind, now: Kind) -> str:
    if not before.ambiguous:
        return ""
    used, way = (before.layout, now.layout) if before.layout else (before.decimal, now.decimal)
    return before.ambiguous if used == way else used
