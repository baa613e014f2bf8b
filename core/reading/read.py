"""A file to a stored Parquet table and its diagnosis: the entrance of this package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from core.errors import UnreadableFile, listed
from core.reading.delimited import read_delimited
from core.reading.diagnosis import Diagnosis, Finding, Rejected, by_severity
from core.reading.kinds import PLACEHOLDERS, Kind, KindName
from core.reading.options import ReadOptions

__all__ = ["Diagnosis", "Finding", "ReadOptions", "Rejected", "read_table"]

Progress = Callable[[float, str], None]
ISO_LAYOUTS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
MARKERS = ("?", "NA", "N/A", "n/a", "na", "NaN", "nan", "null", "NULL", "None", "none", "-", "--", "unknown", "missing")


def read_table(
    source: Path, target: Path, options: ReadOptions | None = None, *, progress: Progress | None = None
) -> Diagnosis:
    """Read a file into Parquet (zstd) at `target`, streaming; nothing is dropped silently.

    Parameters
    ----------
    source : path of the file
    target : path of the Parquet file to write; its folder is used for what has to be set aside
    options : ReadOptions, optional
        What the analyst settled.
    progress : callable of (share 0..1, message), optional

    Returns
    -------
    Diagnosis
        With the options that were used. Rejected lines are also in `<target stem>.rejected.csv`.

    Raises
    ------
    UnreadableFile
        With one sentence that names the cause.
    """
    source, target = Path(source), Path(target)
    options = options or ReadOptions()
    tell = progress or (lambda share, message: None)
    if not source.is_file():
        raise UnreadableFile(f"There is no file {str(source)!r}.", "Check its name and folder.")
    result = read_delimited(source, target, options, tell)
    with pq.ParquetFile(target) as file:
        n_rows = file.metadata.num_rows
    if n_rows == 0:
        target.unlink()
        cause = f"all {result.n_rejected:,} lines were rejected" if result.n_rejected else "there is only a header"
        raise UnreadableFile(f"The file {source.name!r} holds no row: {cause}.", "Check delimiter and header.")
    findings = [*result.findings, *about_kinds(result.names, result.kinds), *about_markers(target, result)]
    tell(1.0, "Read the table")
    return Diagnosis(
        n_rows=n_rows,
        n_columns=len(result.names),
        n_rejected=result.n_rejected,
        rejected=result.rejected,
        findings=by_severity(findings),
        formats=layouts(result.names, result.kinds),
        options=result.options,
    )


def layouts(names: Sequence[str], kinds: Sequence[Kind]) -> dict[str, str]:
    """Layouts of date columns that are not the ISO ones, for writing drawn values alike."""
    found = {}
    for name, kind in zip(names, kinds, strict=True):
        if kind.layout and kind.layout not in ISO_LAYOUTS:
            found[name] = kind.layout.replace("%z", "+00:00")
    return found


def about_kinds(names: Sequence[str], kinds: Sequence[Kind]) -> list[Finding]:
    """What was decided about the cells of columns and could be decided otherwise."""
    findings = []
    for name, kind in zip(names, kinds, strict=True):
        if kind.ambiguous:
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


def about_markers(target: Path, result) -> list[Finding]:
    """Text columns in which some cells say that they are missing: asked, since `?` can be a level as well."""
    texts = [name for name, kind in zip(result.names, result.kinds, strict=True) if kind.name is KindName.TEXT]
    counts: dict[str, Counter] = {}
    with pq.ParquetFile(target) as file:
        for group in range(file.num_row_groups):
            for name in texts:
                column = file.read_row_group(group, columns=[name]).column(0)
                for entry in column.value_counts():
                    value = entry["values"].as_py()
                    if isinstance(value, str) and value.lower() in PLACEHOLDERS:
                        counts.setdefault(value, Counter())[name] += entry["counts"].as_py()
    return [
        Finding(
            code="missing-marker", severity="info", place=f"columns {listed(columns)}", remedy={"missing": [marker]},
            message=f"{marker!r} stands in {sum(columns.values()):,} cells of {listed(columns)}. "
            "It is kept as a level; say so if it means that the value is missing.",
        )
        for marker, columns in counts.items()
    ]  # fmt: skip
