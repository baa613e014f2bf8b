"""A file to a stored Parquet table and its diagnosis: the entrance of this package."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from core.errors import UnreadableFile, listed
from core.reading.archives import unpack
from core.reading.cell_findings import about_kinds, about_markers, about_sentinels
from core.reading.cells import read_excel, read_sqlite
from core.reading.columnar import read_duckdb, read_feather, read_json, read_parquet
from core.reading.delimited import read_delimited
from core.reading.diagnosis import MAX_REJECTED_SHOWN, Diagnosis, Finding, Rejected, by_severity
from core.reading.engine import join_parts
from core.reading.formats import Format, find_format
from core.reading.kinds import Kind
from core.reading.options import ReadOptions
from core.reading.parts import Kinds, after_reading, to_read_again
from core.reading.result import Progress, ReadResult

__all__ = ["Diagnosis", "Finding", "ReadOptions", "Rejected", "read_table"]

ISO_LAYOUTS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


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
    tell = progress or _quiet
    if not source.is_file():
        files = files_of(source)
        if len(files) > 1:
            return _read_several(files, target, options, tell)
        source = files[0]
    return _read_one(source, target, options, tell)[0]


def _read_one(source: Path, target: Path, options: ReadOptions, tell: Progress) -> tuple[Diagnosis, Kinds]:
    """Read one file; returns its diagnosis and what its columns became."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacked-") as aside:
        result = _read(source, target, options, tell, Path(aside))
    with pq.ParquetFile(target) as file:
        n_rows = file.metadata.num_rows
    if n_rows == 0:
        target.unlink()
        cause = f"all {result.n_rejected:,} lines were rejected" if result.n_rejected else "there is only a header"
        raise UnreadableFile(f"The file {source.name!r} holds no row: {cause}.", "Check delimiter and header.")
    findings = [
        *result.findings, *about_kinds(result.names, result.kinds), *about_markers(target, result),
        *about_sentinels(target, result.options),
    ]  # fmt: skip
    tell(1.0, "Read the table")
    diagnosis = Diagnosis(
        n_rows=n_rows,
        n_columns=len(result.names),
        n_rejected=result.n_rejected,
        rejected=result.rejected,
        findings=by_severity(findings),
        formats=layouts(result.names, result.kinds),
        options=result.options,
        choices=result.choices,
    )
    return diagnosis, dict(zip(result.names, result.kinds, strict=True))


def files_of(pattern: Path) -> list[Path]:
    """Files that a pattern such as `data/part-*.csv` stands for, in the order of their names."""
    root = Path(pattern.anchor) if pattern.is_absolute() else Path()
    try:
        found = sorted(path for path in root.glob(str(pattern.relative_to(pattern.anchor))) if path.is_file())
    except (ValueError, NotImplementedError, OSError):
        found = []
    if not found:
        raise UnreadableFile(f"There is no file {str(pattern)!r}.", "Check its name and folder.")
    return found


def _read_several(files: list[Path], target: Path, options: ReadOptions, tell: Progress) -> Diagnosis:
    """Read the files of a pattern, which must have the same columns, as one table."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".parts-") as aside:
        parts = [Path(aside) / f"part-{number:05d}.parquet" for number in range(len(files))]
        diagnoses, kinds = [], []
        for number, (file, part) in enumerate(zip(files, parts, strict=True)):
            diagnosis, found = _read_one(file, part, options, _quiet)
            diagnoses.append(diagnosis)
            kinds.append(found)
            if found.keys() != kinds[0].keys():
                raise UnreadableFile(
                    f"The files {files[0].name!r} and {file.name!r} have different columns.",
                    f"Only one of them has: {listed(sorted(found.keys() ^ kinds[0].keys()))}.",
                )
            tell(0.9 * (number + 1) / len(files), f"Read {file.name}")
        _make_agree(files, parts, diagnoses, kinds, options)
        join_parts(parts, target)
    merged = diagnoses[0]
    findings = [
        replace(finding, place=f"{file.name}: {finding.place}".rstrip(": "))
        for file, diagnosis in zip(files, diagnoses, strict=True)
        for finding in diagnosis.findings
    ]
    return replace(
        merged,
        n_rows=sum(one.n_rows for one in diagnoses),
        n_rejected=sum(one.n_rejected for one in diagnoses),
        rejected=tuple(line for one in diagnoses for line in one.rejected)[:MAX_REJECTED_SHOWN],
        findings=by_severity(findings),
        formats={name: layout for one in diagnoses for name, layout in one.formats.items()},
        options=replace(merged.options, decimal=options.decimal, dates=options.dates),
    )


def _make_agree(
    files: list[Path], parts: list[Path], diagnoses: list[Diagnosis], kinds: list[Kinds], options: ReadOptions
) -> None:
    """Read files again, in place, whose dates or numbers others show to be written in another way."""
    names = [file.name for file in files]
    while changes := to_read_again(kinds, names):
        for number, change in changes.items():
            again = parts[number].with_suffix(".again.parquet")
            diagnosis, found = _read_one(files[number], again, options.changed(change), _quiet)
            kinds[number], better = after_reading(kinds[number], found, change)
            if better:
                again.replace(parts[number])
                diagnoses[number] = diagnosis


def _quiet(share: float, message: str) -> None:
    """Progress of a file among several, which nobody watches."""


def _read(source: Path, target: Path, options: ReadOptions, tell: Progress, aside: Path, depth: int = 0) -> ReadResult:
    """Read a file by its format; archives are opened once."""
    kind = find_format(source)
    if kind in (Format.GZIP, Format.ZIP):
        if depth:
            raise UnreadableFile(f"The archive {source.name!r} is inside another.", "Unpack it and choose the table.")
        inner, findings, members = unpack(source, aside, options, is_zip=kind is Format.ZIP)
        result = _read(inner, target, options, tell, aside, depth=1)
        choices = {**result.choices, **({"member": members} if members else {})}
        return replace(result, findings=(*findings, *result.findings), choices=choices)
    if kind in (Format.JSON, Format.JSON_LINES):
        return read_json(source, target, options, tell, lines=kind is Format.JSON_LINES)
    return READERS[kind](source, target, options, tell)


READERS = {
    Format.DELIMITED: read_delimited,
    Format.PARQUET: read_parquet,
    Format.FEATHER: read_feather,
    Format.DUCKDB: read_duckdb,
    Format.EXCEL: read_excel,
    Format.SQLITE: read_sqlite,
}


def layouts(names: Sequence[str], kinds: Sequence[Kind]) -> dict[str, str]:
    """Layouts of date columns that are not the ISO ones, for writing drawn values alike."""
    found = {}
    for name, kind in zip(names, kinds, strict=True):
        if kind.layout and kind.layout not in ISO_LAYOUTS:
            found[name] = kind.layout.replace("%z", "+00:00")
    return found
