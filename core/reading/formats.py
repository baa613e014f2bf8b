"""Which format a file is in, by its content; its ending only decides between texts."""

from __future__ import annotations

import json
import zipfile
from enum import StrEnum
from pathlib import Path

from core.errors import UnreadableFile

HEAD_BYTES = 1 << 16
LINES_ENDINGS = (".jsonl", ".ndjson")
OTHER_SIGNATURES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"FEA1", "a Feather file of the old version"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\x89HDF", "an HDF5 file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"$FL2", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
    (b"\x80\x04\x95", "a Python pickle, which would run code when opened"),
    (b"\x80\x05\x95", "a Python pickle, which would run code when opened"),
)
"""Files that people bring along and that are no tables to us; told by their first bytes."""


class Format(StrEnum):
    """A format that can be read."""

    DELIMITED = "delimited text"
    JSON = "JSON"
    JSON_LINES = "JSON lines"
    PARQUET = "Parquet"
    FEATHER = "Feather"
    EXCEL = "Excel"
    DUCKDB = "DuckDB"
    SQLITE = "SQLite"
    GZIP = "gzip"
    ZIP = "zip"


def find_format(source: Path) -> Format:
    """The format of a file.

    Raises
    ------
    UnreadableFile
        If it is empty or of a known format that holds no table we read.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnreadableFile(f"The file {source.name!r} is empty.", "Choose a file with a header and rows.")
    signatures = (
        (head.startswith(b"PAR1"), Format.PARQUET),
        (head.startswith(b"ARROW1"), Format.FEATHER),
        (head[8:12] == b"DUCK", Format.DUCKDB),
        (head.startswith(b"SQLite format 3\x00"), Format.SQLITE),
        (head.startswith(b"\x1f\x8b"), Format.GZIP),
    )
    found = next((kind for matches, kind in signatures if matches), None)
    if found:
        return found
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(source)
    for signature, kind in OTHER_SIGNATURES:
        if head.startswith(signature):
            raise UnreadableFile(f"The file {source.name!r} is {kind}, not a table.", "Export the table as CSV.")
    return _text(source, head)


def _zipped(source: Path) -> Format:
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(f"The archive {source.name!r} is damaged: {error}.", "Pack it again.") from error
    if "xl/workbook.xml" in names:
        return Format.EXCEL
    if "content.xml" in names and "mimetype" in names:
        raise UnreadableFile(f"The file {source.name!r} is an OpenDocument file.", "Save it as .xlsx or .csv.")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise UnreadableFile(f"The file {source.name!r} is a text document, not a table.", "Export the table as CSV.")
    return Format.ZIP


def _text(source: Path, head: bytes) -> Format:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = start[:200].lower()
    if lower.startswith((b"<!doctype html", b"<html")):
        raise UnreadableFile(
            f"The file {source.name!r} is a web page, not a table.", "Download the file behind the link, not the page."
        )
    if lower.startswith(b"<?xml"):
        raise UnreadableFile(f"The file {source.name!r} is XML, not a table.", "Export the table as CSV.")
    ending = source.suffix.lower()
    if ending in LINES_ENDINGS:
        return Format.JSON_LINES
    if start[:1] in (b"{", b"["):
        return _json(start, ending)
    return Format.JSON if ending == ".json" else Format.DELIMITED


def _json(start: bytes, ending: str) -> Format:
    """Lines are told from one document by their first line, which is a whole object."""
    first, _, rest = start.partition(b"\n")
    try:
        whole = isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        whole = False
    if whole and rest.lstrip()[:1] == b"{":
        return Format.JSON_LINES
    if ending == ".json" or whole or start[1:].lstrip()[:1] in (b'"', b"{", b"[", b"}", b"]"):
        return Format.JSON
    return Format.DELIMITED
