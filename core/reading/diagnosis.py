"""What reading a file found: every problem with its place, its guessed cause and the remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.fields import known_fields
from core.reading.options import ReadOptions

MAX_REJECTED_SHOWN = 100
"""Rejected lines kept in the diagnosis; all of them are in the file of rejected lines."""

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the analyst should know about the file.

    Parameters
    ----------
    code : str
        Stable name of the kind of finding, such as `encoding-guessed`.
    severity : str
        `error`: rows or cells are lost unless it is mended; `warning`: a decision that may be wrong; `info`.
    message : str
        What was found, with numbers.
    place : str
        Where: a line, a column; empty for the whole file.
    guess : str
        What probably caused it; may be empty.
    remedy : dict of ReadOptions changes, or None
        What to change so that it is read otherwise (see `ReadOptions.changed`).
    """

    code: str
    severity: str
    message: str
    place: str = ""
    guess: str = ""
    remedy: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """Rebuild a finding from `to_json`."""
        return known_fields(cls, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A line that is not a row of the table.

    Parameters
    ----------
    line : int
        Line of the file, from 1.
    reason : str
    text : str
        The line, cut at 500 characters.
    """

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """How a file was read.

    Parameters
    ----------
    n_rows, n_columns : int
        Of the table that was stored.
    n_rejected : int
        Lines that are not in it.
    rejected : tuple of Rejected
        The first of them.
    findings : tuple of Finding
        Errors first, then warnings, then information.
    formats : mapping of column to strftime layout
        Date columns whose layout is not the ISO one.
    options : ReadOptions
        What was actually used, everything found out included.
    choices : mapping of option to names
        Sheets, tables or members that the file holds, by the option that chooses one of them.
    """

    n_rows: int
    n_columns: int
    n_rejected: int = 0
    rejected: tuple[Rejected, ...] = ()
    findings: tuple[Finding, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)
    options: ReadOptions = field(default_factory=ReadOptions)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {
            "n_rows": self.n_rows,
            "n_columns": self.n_columns,
            "n_rejected": self.n_rejected,
            "rejected": [dataclasses.asdict(one) for one in self.rejected],
            "findings": [one.to_json() for one in self.findings],
            "formats": dict(self.formats),
            "options": self.options.to_json(),
            "choices": {name: list(names) for name, names in self.choices.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Diagnosis:
        """Rebuild a diagnosis from `to_json`."""
        return cls(
            n_rows=value["n_rows"],
            n_columns=value["n_columns"],
            n_rejected=value.get("n_rejected", 0),
            rejected=tuple(Rejected(**one) for one in value.get("rejected", ())),
            findings=tuple(Finding.from_json(one) for one in value.get("findings", ())),
            formats=dict(value.get("formats", {})),
            options=ReadOptions.from_json(value.get("options", {})),
            choices={name: tuple(names) for name, names in value.get("choices", {}).items()},
        )


def by_severity(findings: list[Finding]) -> tuple[Finding, ...]:
    """Findings with the gravest first, otherwise in their order."""
    return tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity)))
