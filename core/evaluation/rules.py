"""Rules between two columns that every train row obeys and that chance would not keep: found in data, not asked for.

Three kinds: one number never exceeds another; a level decides another; a value is missing wherever another is. A rule
counts only where columns drawn on their own would break it in at least one row in a hundred, so that ranges that never
meet make no rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

import numpy as np

from core.evaluation.coded import CodedColumn, CodedTable

MIN_BROKEN = 0.01
"""Share of rows of independent columns that have to break a rule before it says anything."""

MIN_ROWS = 50
MAX_RULES = 100
PROBE_ROWS = 2_000
"""Rows on which candidates are tried first: most fail there, so wide tables stay quick."""

MAX_DECIDING = 0.05
"""Levels of a deciding column per train row: with more it identifies rows and decides everything by accident."""


class Kind(StrEnum):
    """What a rule says."""

    ORDER = "at most"
    DECIDES = "decides"
    MISSING = "missing together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of two columns.

    Parameters
    ----------
    kind : Kind
    first, second : CodedColumn
        ORDER: first <= second. DECIDES: the level of first gives that of second. MISSING: second is missing where
        first is.
    expected : float
        Share of rows of independent columns that would obey it.
    partner : int array of shape (n_codes of first,)
        DECIDES: the code of second that goes with each code of first, -1 for codes that no train row has; else empty.
    """

    kind: Kind
    first: CodedColumn
    second: CodedColumn
    expected: float
    partner: np.ndarray

    @property
    def text(self) -> str:
        """The rule in words."""
        first, second = self.first.name, self.second.name
        return {
            Kind.ORDER: f"{first} is at most {second}",
            Kind.DECIDES: f"{first} decides {second}",
            Kind.MISSING: f"{second} is missing where {first} is",
        }[self.kind]

    def obeyed(self, table: CodedTable) -> np.ndarray:
        """Whether each row obeys the rule, bool array of shape (n_rows,); a level that train rows lack breaks none."""
        if self.kind is Kind.ORDER:
            return ~(table.numbers[self.first.name] > table.numbers[self.second.name])
        if self.kind is Kind.DECIDES:
            wanted = self.partner[table.codes[self.first.name]]
            return (wanted < 0) | (wanted == table.codes[self.second.name])
        return ~missing(self.first, table) | missing(self.second, table)


def missing(column: CodedColumn, table: CodedTable) -> np.ndarray:
    """Whether each value is missing; the last code says so, of numbers too."""
    return table.codes[column.name] == column.n_codes - 1


def find_rules(columns: tuple[CodedColumn, ...], train: CodedTable) -> list[Rule]:
    """Rules that all train rows obey, at most `MAX_RULES`, those that chance would break most often first."""
    if train.n_rows < MIN_ROWS:
        return []
    found = [*_orders(columns, train), *_decisions(columns, train), *_missing_together(columns, train)]
    found.sort(key=lambda rule: rule.expected)
    return found[:MAX_RULES]


def _orders(columns: tuple[CodedColumn, ...], train: CodedTable) -> Iterator[Rule]:
    """Numbers of one type of which one never exceeds the other."""
    numbers = [column for column in columns if column.is_number]
    probe = train.taking(np.linspace(0, train.n_rows - 1, min(train.n_rows, PROBE_ROWS)).astype(np.int64))
    for first, second in permutations(numbers, 2):
        if first.column.type is not second.column.type:
            continue
        if (probe.numbers[first.name] > probe.numbers[second.name]).any():
            continue
        a, b = train.numbers[first.name], train.numbers[second.name]
        both = ~(np.isnan(a) | np.isnan(b))
        if both.sum() < MIN_ROWS or (a[both] > b[both]).any():
            continue
        # of independent columns, the chance that a value of the first exceeds one of the second
        above = 1 - np.searchsorted(np.sort(a[both]), b[both], side="right").mean() / both.sum()
        broken = float(above * both.mean())
        if broken >= MIN_BROKEN:
            yield Rule(kind=Kind.ORDER, first=first, second=second, expected=1 - broken, partner=np.empty(0))


def _decisions(columns: tuple[CodedColumn, ...], train: CodedTable) -> Iterator[Rule]:
    """Levels that always go with one level of another column."""
    probe = train.taking(np.linspace(0, train.n_rows - 1, min(train.n_rows, PROBE_ROWS)).astype(np.int64))
    levels = [column for column in columns if not column.is_number]
    for first, second in permutations(levels, 2):
        if not 2 < first.n_codes <= 1 + max(train.n_rows * MAX_DECIDING, 2):
            continue
        if _partners(first, second, probe) is None:
            continue
        partner = _partners(first, second, train)
        if partner is None:
            continue
        shares = np.bincount(train.codes[first.name], minlength=first.n_codes) / train.n_rows
        of_second = np.bincount(train.codes[second.name], minlength=second.n_codes) / train.n_rows
        known = partner >= 0
        broken = 1 - float((shares[known] * of_second[partner[known]]).sum())
        if broken >= MIN_BROKEN:
            yield Rule(kind=Kind.DECIDES, first=first, second=second, expected=1 - broken, partner=partner)


def _partners(first: CodedColumn, second: CodedColumn, table: CodedTable) -> np.ndarray | None:
    """The one code of `second` that goes with each code of `first`; None where a code has several."""
    pairs = np.unique(table.codes[first.name].astype(np.int64) * second.n_codes + table.codes[second.name])
    codes = pairs // second.n_codes
    if len(np.unique(codes)) < len(codes):
        return None
    partner = np.full(first.n_codes, -1, dtype=np.int64)
    partner[codes] = pairs % second.n_codes
    return partner


def _missing_together(columns: tuple[CodedColumn, ...], train: CodedTable) -> Iterator[Rule]:
    """Columns that are missing wherever another is."""
    gaps = {column.name: missing(column, train) for column in columns}
    shares = {name: float(one.mean()) for name, one in gaps.items()}
    for first, second in permutations([column for column in columns if shares[column.name] > 0], 2):
        broken = shares[first.name] * (1 - shares[second.name])
        if broken >= MIN_BROKEN and not (gaps[first.name] & ~gaps[second.name]).any():
            yield Rule(kind=Kind.MISSING, first=first, second=second, expected=1 - broken, partner=np.empty(0))
