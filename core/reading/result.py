"""What every format gives back, beside the Parquet file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.reading.diagnosis import Finding, Rejected
from core.reading.kinds import Kind
from core.reading.options import ReadOptions

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """Columns as they were read.

    Parameters
    ----------
    kinds : tuple of Kind
        What the cells of every column became.
    names : tuple of str
    options : ReadOptions
        As used, everything found out included.
    findings : tuple of Finding
    n_rejected : int
    rejected : tuple of Rejected
        The first of them.
    choices : mapping of option to names
        What else the file holds: its sheets, tables or members, by the option that chooses one of them.
    """

    kinds: tuple[Kind, ...]
    names: tuple[str, ...]
    options: ReadOptions
    findings: tuple[Finding, ...] = ()
    n_rejected: int = 0
    rejected: tuple[Rejected, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
