"""What was decided about the cells of columns and could be decided otherwise, for the diagnosis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import listed
from core.reading.diagnosis import Finding
from core.reading.kinds import PLACEHOLDERS, Kind, KindName
from core.reading.options import ReadOptions
from core.reading.result import ReadResult

SPELLINGS = pa.array(
    sorted(
        {spell(one) for one in PLACEHOLDERS for spell in (str, str.upper, str.capitalize, str.title)} | {"NaN", "NaT"}
    )
)
"""Placeholders as people spell them; looking for exact texts is fifty times as fast as lowering every cell."""
SENTINELS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999, 9999999)
"""Numbers by which people write that a value is missing."""
MIN_SENTINEL_CELLS = 2
MIN_NUMBERS = 20
"""Fewer numbers than this say nothing about which of them stands apart."""


def about_kinds(names: Sequence[str], kinds: Sequence[Kind]) -> list[Finding]:
    """What was decided about the cells of columns and could be decided otherwise."""
    findings = []
    for name, kind in zip(names, kinds, strict=True):
        if kind.ambiguous and kind.layout:
            findings.append(
                Finding(
                    code="date-ambiguous", severity="warning", place=f"column {name}",
                    message=f"The dates of {name!r} fit {_human(kind.layout)} and {_human(kind.ambiguous)}; "
                    f"they are read as {_human(kind.layout)}.", remedy={"dates": {name: kind.ambiguous}},
                )
            )  # fmt: skip
        if kind.unit or kind.thousands or kind.decimal == ",":
            marks = [f"{kind.unit!r} taken off"] if kind.unit else []
            marks += [f"{kind.thousands!r} taken for grouping of thousands"] if kind.thousands else []
            marks += ["',' taken for the decimal mark"] if kind.decimal == "," else []
            findings.append(
                Finding(
                    code="numbers-as-text", severity="info", place=f"column {name}", remedy={"texts": [name]},
                    message=f"{name!r} holds numbers written as texts, read as numbers: {' and '.join(marks)}.",
                )
            )  # fmt: skip
        if kind.placeholders:
            findings.append(
                Finding(
                    code="placeholder-in-numbers", severity="warning", place=f"column {name}", remedy={"texts": [name]},
                    message=f"{name!r} holds {'dates' if kind.layout else 'numbers'} and "
                    f"{listed(map(repr, kind.placeholders))}, which is read as missing there.",
                    guess="Somebody wrote that the value is not known.",
                )
            )  # fmt: skip
        if kind.layout.endswith("%z"):
            findings.append(
                Finding(
                    code="time-zones", severity="info", place=f"column {name}",
                    message=f"The times of {name!r} are in several time zones; they are stored in UTC.",
                )
            )  # fmt: skip
    return findings


def _human(layout: str) -> str:
    names = {"%d": "day", "%m": "month", "%Y": "year", "%y": "year", "%H": "hour", "%M": "minute", "%S": "second"}
    for code, name in names.items():
        layout = layout.replace(code, name)
    return layout


def about_markers(target: Path, result: ReadResult) -> list[Finding]:
    """Text columns in which some cells say that they are missing: asked, since `?` can be a level as well."""
    texts = [name for name, kind in zip(result.names, result.kinds, strict=True) if kind.name is KindName.TEXT]
    counts: dict[str, Counter] = {}
    with pq.ParquetFile(target) as file:
        for group in range(file.num_row_groups if texts else 0):
            table = file.read_row_group(group, columns=texts)
            for name, column in zip(table.column_names, table.columns, strict=True):
                if not pa.types.is_string(column.type):
                    continue
                for entry in column.filter(pc.is_in(column, SPELLINGS)).value_counts():
                    counts.setdefault(entry["values"].as_py(), Counter())[name] += entry["counts"].as_py()
    return [
        Finding(
            code="missing-marker", severity="info", place=f"columns {listed(columns)}", remedy={"missing": [marker]},
            message=f"{marker!r} stands in {sum(columns.values()):,} cells of {listed(columns)}. "
            "It is kept as a level; say so if it means that the value is missing.",
        )
        for marker, columns in counts.items()
    ]  # fmt: skip


def about_sentinels(target: Path, options: ReadOptions) -> list[Finding]:
    """Number columns in which 9999 and the like stand apart from all other numbers: asked, never assumed.

    Only columns whose smallest or largest number, as the Parquet file says, is one of `SENTINELS` are looked at.
    """
    findings = []
    with pq.ParquetFile(target) as file:
        for name, number in _extreme_sentinels(file):
            text = _as_text(number)
            if text in options.missing_of(name):
                continue
            present = pc.drop_null(file.read(columns=[name]).column(0)).to_numpy().astype(np.float64)
            n_cells = int((present == number).sum())
            if n_cells < MIN_SENTINEL_CELLS or len(present) < MIN_NUMBERS or not stands_apart(present, number):
                continue
            spellings = [text, f"{text}.0", f"{text}.00"]
            findings.append(
                Finding(
                    code="sentinel-number", severity="warning", place=f"column {name}",
                    remedy={"missing_in": {name: spellings}},
                    message=f"{text} stands in {n_cells:,} cells of {name!r}, far from its other numbers.",
                    guess="It may mean that the value is missing. It is kept as a number until you say so.",
                )
            )  # fmt: skip
    return findings


def _extreme_sentinels(file: pq.ParquetFile) -> Iterator[tuple[str, float]]:
    """Columns and sentinels that are their smallest or largest number, from the statistics of the row groups."""
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    for position, one in enumerate(file.schema_arrow):
        if not (pa.types.is_integer(one.type) or pa.types.is_floating(one.type)):
            continue
        known = [group.column(position).statistics for group in groups]
        known = [one for one in known if one is not None and one.has_min_max]
        if known:
            yield from (
                (one.name, number)
                for number in sorted({min(each.min for each in known), max(each.max for each in known)})
                if number in SENTINELS
            )


def stands_apart(present: np.ndarray, number: float) -> bool:
    """Whether a number lies farther from all others than these are spread, or is the only negative one."""
    others = present[present != number]
    if len(others) < MIN_NUMBERS // 2:
        return False
    if number < 0:
        return bool(others.min() >= 0) and (number < -1 or len(np.unique(others)) > 20)
    spread = float(np.quantile(others, 0.99) - others.min())
    return number - others.max() > max(spread, 1.0)


def _as_text(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)
