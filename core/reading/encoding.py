"""Bytes to UTF-8: which encoding a file is in, whether it is text at all, and a UTF-8 copy where it needs one."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from core.errors import UnreadableFile

CHUNK_BYTES = 1 << 22
HEAD_BYTES = 1 << 16
MARKS = (  # longest first: the mark of UTF-32-LE starts with that of UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UNDEFINED_IN_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How the bytes of a file become text.

    Parameters
    ----------
    name : str
        As Python calls it.
    certain : bool
        Whether the bytes allow no other sensible reading (a mark, or valid UTF-8 throughout).
    needs_copy : bool
        Whether DuckDB needs a UTF-8 copy: another encoding, or lone carriage returns as line ends.
    """

    name: str
    certain: bool
    needs_copy: bool


def find_encoding(source: Path, wanted: str | None) -> Encoding:
    """The encoding of a text file.

    Raises
    ------
    UnreadableFile
        If the file is empty, is not text, or is not in the encoding that is `wanted`.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnreadableFile(f"The file {source.name!r} is empty.", "Choose a file with a header and rows.")
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if wanted is not None:
        return _as_wanted(source, wanted, marked)
    if marked is not None:
        return Encoding(name=marked, certain=True, needs_copy=marked != "utf-8-sig" or _odd_line_ends(head))
    if b"\x00" in head:
        return _without_mark(source, head)
    return _scan(source, head)


def _as_wanted(source: Path, wanted: str, marked: str | None) -> Encoding:
    name = codecs.lookup(wanted).name
    if name == "utf-8" and marked == "utf-8-sig":
        name = "utf-8-sig"
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for piece in _pieces(source):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise UnreadableFile(
            f"The file {source.name!r} is not in the encoding {wanted!r}: {_short(error)}.",
            "Leave the encoding open, or choose another.",
        ) from None
    with source.open("rb") as file:
        odd = _odd_line_ends(file.read(HEAD_BYTES))
    return Encoding(name=name, certain=True, needs_copy=name not in ("utf-8", "utf-8-sig", "ascii") or odd)


def _short(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.object[error.start]:#04x} has no meaning there"
    return str(error)


def _without_mark(source: Path, head: bytes) -> Encoding:
    """UTF-16 text without a mark has a zero in every other byte of its Latin letters; anything else is no text."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    name = "utf-16-le" if odd > 0.4 * half > 10 * even else "utf-16-be" if even > 0.4 * half > 10 * odd else None
    if name:
        return Encoding(name=name, certain=False, needs_copy=True)
    raise UnreadableFile(
        f"The file {source.name!r} is not text: it holds zero bytes.",
        "Export the table as CSV, or compress it as .zip.",
    )


def _scan(source: Path, head: bytes) -> Encoding:
    """UTF-8 where the whole file is (or nearly is) valid UTF-8, else the Western European single-byte encoding."""
    controls = sum(head.count(code) for code in range(1, 32) if code not in (7, 9, 10, 12, 13, 27, 28, 29, 30, 31))
    if controls > 0.05 * len(head):
        raise UnreadableFile(f"The file {source.name!r} is not text: it is full of control characters.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    odd = _odd_line_ends(head)
    try:
        for piece in _pieces(source):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _single_byte(source, odd)
    return Encoding(name="utf-8", certain=True, needs_copy=odd)


def _single_byte(source: Path, odd: bool) -> Encoding:
    damaged = valid = 0
    undefined = False
    for piece in _pieces(source):
        text = piece.decode("utf-8", errors="replace")
        damaged += text.count("�")
        valid += sum(1 for character in text if character > "\x7f") - text.count("�")
        undefined = undefined or any(code in UNDEFINED_IN_1252 for code in piece)
    if valid > 10 * damaged:  # UTF-8 with a few broken lines: those are rejected and shown
        return Encoding(name="utf-8", certain=False, needs_copy=odd)
    return Encoding(name="latin-1" if undefined else "windows-1252", certain=False, needs_copy=True)


def _odd_line_ends(head: bytes) -> bool:
    """Carriage returns without a line feed, alone or mixed with others."""
    whole = head[:-1] if len(head) == HEAD_BYTES and head.endswith(b"\r") else head
    return b"\r" in whole.replace(b"\r\n", b"")


def _pieces(source: Path):
    with source.open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


def copy_as_utf8(source: Path, target: Path, encoding: str, *, skip: int = 0) -> None:
    """Write the text of `source` without its first `skip` lines to `target`, as UTF-8 with line feeds as line ends."""
    with (
        source.open(encoding=encoding, errors="replace", newline=None) as text,
        target.open("w", encoding="utf-8", newline="\n") as copy,
    ):
        for _ in range(skip):
            text.readline()
        while piece := text.read(CHUNK_BYTES):
            copy.write(piece)


def head_text(source: Path, encoding: str, n_bytes: int) -> str:
    """The first `n_bytes` of a file as text, cut after its last whole line where the file is longer."""
    with source.open("rb") as file:
        raw = file.read(n_bytes)
        more = bool(file.read(1))
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(raw, final=not more)
    text = text.removeprefix("﻿").replace("\r\n", "\n").replace("\r", "\n")
    if more and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return text
