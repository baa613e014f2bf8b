"""Compressed files: one table out of a gzip or zip archive, with limits on size, ratio and number of files."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.errors import UnreadableFile, listed
from core.limits import ARCHIVE_BYTES, ARCHIVE_MEMBERS, ARCHIVE_RATIO, MEGABYTE
from core.reading.diagnosis import Finding
from core.reading.options import ReadOptions

CHUNK_BYTES = 1 << 20
SMALLEST_JUDGED = 10 * MEGABYTE
"""The ratio is judged from here on: a few bytes of zeros compress by any factor and harm nobody."""
TABLE_ENDINGS = frozenset(
    (
        ".csv",
        ".tsv",
        ".txt",
        ".tab",
        ".json",
        ".jsonl",
        ".ndjson",
        ".parquet",
        ".feather",
        ".xlsx",
        ".sqlite",
        ".duckdb",
    )
)
Unpacked = tuple[Path, list[Finding], tuple[str, ...]]
"""Where the table lies, what is to be said about it, and the archive's members where there are several."""
IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db", "._")


def unpack(source: Path, folder: Path, options: ReadOptions, *, is_zip: bool) -> Unpacked:
    """Take the table out of an archive into `folder`; returns its path and what is to be said about it.

    Raises
    ------
    UnreadableFile
        If the archive is damaged, encrypted, beyond a limit, or holds no or no certain table.
    """
    try:
        return _unzip(source, folder, options) if is_zip else _gunzip(source, folder)
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, OSError) as error:
        raise UnreadableFile(f"The archive {source.name!r} is damaged: {error}.", "Pack it again.") from error


def _gunzip(source: Path, folder: Path) -> Unpacked:
    inner = source.with_suffix("").name if source.suffix.lower() in (".gz", ".gzip") else source.name
    target = folder / _safe(inner)
    with gzip.open(source, "rb") as stream:
        _copy(stream, target, source)
    return target, [], ()


def _unzip(source: Path, folder: Path, options: ReadOptions) -> Unpacked:
    with zipfile.ZipFile(source) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) > ARCHIVE_MEMBERS:
            raise UnreadableFile(
                f"The archive {source.name!r} holds {len(members):,} files; the limit is {ARCHIVE_MEMBERS:,}.",
                "Pack the table alone.",
            )
        members = [one for one in members if not any(mark in one.filename for mark in IGNORED)]
        if not members:
            raise UnreadableFile(f"The archive {source.name!r} holds no file.", "Pack the table into it.")
        names = [one.filename for one in members]
        chosen = options.member if options.member is not None else _likely_table(members)
        if chosen not in names:
            raise UnreadableFile(f"The archive {source.name!r} holds no {chosen!r}.", f"It holds: {listed(names)}.")
        member = next(one for one in members if one.filename == chosen)
        if member.flag_bits & 1:
            raise UnreadableFile(f"The archive {source.name!r} is encrypted.", "Unpack it and choose the table.")
        if member.file_size > ARCHIVE_BYTES:
            raise _too_large(source, "size")
        target = folder / _safe(Path(chosen).name)
        try:
            with archive.open(member) as stream:
                _copy(stream, target, source)
        except (NotImplementedError, RuntimeError) as error:
            raise UnreadableFile(
                f"The archive {source.name!r} cannot be unpacked: {error}.", "Pack it again."
            ) from error
    others = [name for name in names if name != chosen]
    if not others:
        return target, [], ()
    finding = [
        Finding(
            code="archive-several", severity="warning", place=chosen, remedy={"member": others[0]},
            message=f"The archive holds {len(names)} files; {chosen!r} was read, not {listed(others)}.",
        )
    ]  # fmt: skip
    return target, finding, tuple(names)


def _likely_table(members: list[zipfile.ZipInfo]) -> str:
    """The largest file, those with the ending of a table first."""
    return max(members, key=lambda one: (Path(one.filename).suffix.lower() in TABLE_ENDINGS, one.file_size)).filename


def _copy(stream: BinaryIO, target: Path, source: Path) -> None:
    """Unpack in pieces, watching the limits while it grows, whatever the archive says about itself."""
    packed, size = source.stat().st_size, 0
    with target.open("wb") as file:
        for piece in _pieces(stream):
            size += len(piece)
            if size > ARCHIVE_BYTES:
                raise _too_large(source, "size")
            if size > SMALLEST_JUDGED and size > ARCHIVE_RATIO * packed:
                raise _too_large(source, "ratio")
            file.write(piece)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(CHUNK_BYTES):
        yield piece


def _too_large(source: Path, why: str) -> UnreadableFile:
    limit = f"{ARCHIVE_BYTES // MEGABYTE:,} MB" if why == "size" else f"{ARCHIVE_RATIO:,} times its packed size"
    return UnreadableFile(f"The archive {source.name!r} grows beyond {limit}.", "Unpack it and choose the table.")


def _safe(name: str) -> str:
    """A file name of plain signs that keeps its ending."""
    return (
        "".join(character if character.isalnum() or character in ".-_" else "_" for character in name)[-80:] or "table"
    )
