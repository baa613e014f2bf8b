"""How a file is to be read: what the analyst settled, the rest is found out from the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidConfig
from core.fields import known_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Settings of one reading; None means "find it out".

    Parameters
    ----------
    delimiter : str or None
        One character between the cells of a line.
    quote : str or None
        One character around cells that hold a delimiter or a line end; the empty text where nothing is quoted.
    encoding : str or None
        Any encoding that Python knows, such as `utf-8`, `latin-1`, `windows-1252`, `utf-16`.
    header : bool or None
        Whether the first line names the columns.
    decimal : str or None
        `.` or `,`: the mark before the decimals of a number.
    comment : str or None
        Character that starts a line to be passed over; the empty text where no line is a comment.
    skip : int or None
        Lines before the table: titles, notes.
    missing : tuple of str
        Texts that mean "missing"; the empty cell always does.
    missing_in : mapping of column to tuple of str
        Texts that mean "missing" in one column alone, such as 9999 in an income.
    trim : bool
        Whether blanks around a cell are taken off.
    pad : bool
        Whether lines with too few cells are filled with missing ones; otherwise they are rejected and shown.
    surplus : str or None
        What becomes of cells beyond the last column: `join`, joined to the last one, or `cut`, left out; without it the
        line is rejected and shown.
    texts : tuple of str
        Columns that stay texts whatever they look like.
    dates : mapping of column to strftime layout
        Columns whose dates can be read in more than one way.
    sheet : str or None
        Sheet of a workbook; the first by default.
    member : str or None
        File inside a zip archive; the largest by default.
    table : str or None
        Table of a database file, or a query that starts with `select`.
    """

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    header: bool | None = None
    decimal: str | None = None
    comment: str | None = None
    skip: int | None = None
    missing: tuple[str, ...] = ("",)
    missing_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trim: bool = True
    pad: bool = False
    surplus: str | None = None
    texts: tuple[str, ...] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    member: str | None = None
    table: str | None = None

    def __post_init__(self) -> None:
        for name in ("delimiter", "comment"):
            value = getattr(self, name)
            if value is not None and len(value) != 1 and not (name == "comment" and value == ""):
                raise InvalidConfig(f"The {name} is {value!r}, but must be one character.", field=name)
        if self.quote is not None and len(self.quote) > 1:
            raise InvalidConfig(f"The quote is {self.quote!r}, but must be one character or none.", field="quote")
        if self.decimal not in (None, ".", ","):
            raise InvalidConfig(
                f"The decimal mark is {self.decimal!r}, but must be a point or a comma.", field="decimal"
            )
        if self.delimiter is not None and self.delimiter in (self.quote, "\n", "\r"):
            raise InvalidConfig(f"The delimiter {self.delimiter!r} is also the quote or a line end.", field="delimiter")
        if self.skip is not None and self.skip < 0:
            raise InvalidConfig(f"{self.skip} lines cannot be skipped; it must be 0 or more.", field="skip")
        if self.surplus not in (None, "join", "cut"):
            raise InvalidConfig(f"Surplus cells are {self.surplus!r}, but must be join or cut.", field="surplus")
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
            except (LookupError, UnicodeError):
                raise InvalidConfig(
                    f"There is no encoding called {self.encoding!r}.",
                    "Common ones are utf-8, latin-1, windows-1252 and utf-16.",
                    field="encoding",
                ) from None

    def changed(self, remedy: Mapping[str, Any]) -> ReadOptions:
        """These options with the changes of a finding's remedy; lists and mappings add to what is there."""
        value = self.to_json()
        for name, change in remedy.items():
            if isinstance(value.get(name), list):
                value[name] = [*value[name], *(one for one in change if one not in value[name])]
            elif isinstance(value.get(name), dict):
                value[name] = value[name] | dict(change)
            else:
                value[name] = change
        return ReadOptions.from_json(value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        value = dataclasses.asdict(self)
        own = {name: list(marks) for name, marks in self.missing_in.items()}
        lists = {"missing": list(self.missing), "texts": list(self.texts)}
        return value | lists | {"missing_in": own, "dates": dict(self.dates)}

    def missing_of(self, column: str) -> tuple[str, ...]:
        """Texts that mean "missing" in a column."""
        return (*self.missing, *self.missing_in.get(column, ()))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ReadOptions:
        """Rebuild options from `to_json`; unknown fields of later versions are ignored."""
        lists = {name: tuple(value[name]) for name in ("missing", "texts") if name in value}
        missing_in = {name: tuple(marks) for name, marks in (value.get("missing_in") or {}).items()}
        return known_fields(cls, {**value, **lists, "missing_in": missing_in})
