"""What rows are asked for: clauses, conditions, and the shares of a target mix."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.errors import ImpossibleCondition, InvalidConfig
from core.schema import Column

RANGE = ".."
_AND = re.compile(r"\s+&\s+(?=[^=&]+=)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What a row must have in one column.

    Parameters
    ----------
    column : str
    level : str
        A level; for numbers and datetimes a value (`17`, `2024-03-01`), a range with both ends in it (`30..40`,
        `30..`, `..2024-03-01`), or `(missing)`.
    """

    column: str
    level: str

    @property
    def ends(self) -> tuple[str, str]:
        """The two ends of a range, empty where it is open; a single value is both ends."""
        low, dots, high = self.level.partition(RANGE)
        return (low.strip(), high.strip()) if dots else (low.strip(), low.strip())

    def __str__(self) -> str:
        return f"{self.column} = {self.level}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Requested rows of a level: `n_rows` rows in which `column` is `level`, and every clause of `also` holds."""

    column: str
    level: str
    n_rows: int
    also: tuple[Clause, ...] = ()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All that every row must have."""
        return (Clause(column=self.column, level=self.level), *self.also)

    @property
    def label(self) -> str:
        """The clauses in words."""
        return " and ".join(str(clause) for clause in self.clauses)

    @classmethod
    def of(cls, clauses: tuple[Clause, ...], n_rows: int) -> Condition:
        """The condition of these clauses, of which there is at least one."""
        first, *others = clauses
        return cls(column=first.column, level=first.level, n_rows=n_rows, also=tuple(others))

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read `column=level:rows`, split at the first `=` and the last `:`; more clauses follow after ` & `.

        >>> Condition.parse("income=>50K:5000")
        Condition(column='income', level='>50K', n_rows=5000, also=())
        >>> Condition.parse("income=>50K & age=30..40:5").also
        (Clause(column='age', level='30..40'),)

        Raises
        ------
        InvalidConfig
            If a part is missing or the number of rows is not a whole number of at least 0.
        """
        body, colon, rows = text.rpartition(":")
        pieces = [piece.partition("=") for piece in _AND.split(body)]
        if not (colon and all(equals and column.strip() for column, equals, _ in pieces)):
            raise InvalidConfig(
                f"The condition {text!r} is not of the form column=level:rows.",
                'Write it like "income=>50K:5000", or "income=>50K & age=30..40:5000".',
                field="condition",
            )
        if not rows.strip().isdecimal():
            raise InvalidConfig(
                f"The condition {text!r} asks for {rows!r} rows, which is not a whole number.", field="condition"
            )
        return cls.of(tuple(Clause(column=column.strip(), level=level) for column, _, level in pieces), int(rows))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `also` only where there is more than one clause."""
        value: dict[str, Any] = {"column": self.column, "level": self.level, "n_rows": self.n_rows}
        if self.also:
            value["also"] = [dataclasses.asdict(one) for one in self.also]
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Condition:
        """Rebuild a condition from `to_json`."""
        also = tuple(Clause(column=one["column"], level=one["level"]) for one in value.get("also", ()))
        return cls(column=value["column"], level=value["level"], n_rows=value["n_rows"], also=also)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixShare:
    """A share, 0 to 1, of the rows for one level, or for one pair of levels of two crossed columns."""

    levels: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMix:
    """Requested shares of the levels of one column, or of two crossed; levels that are not named get none."""

    columns: tuple[str, ...]
    shares: tuple[MixShare, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.columns) <= 2 or len(set(self.columns)) < len(self.columns):
            raise InvalidConfig("A target mix is of one column, or of two different ones.", field="mix")
        if any(len(one.levels) != len(self.columns) for one in self.shares):
            raise InvalidConfig("Every share of a target mix names one level of each of its columns.", field="mix")
        if len({one.levels for one in self.shares}) < len(self.shares):
            raise InvalidConfig("A level of a target mix is named twice.", field="mix")
        total = sum(one.share for one in self.shares)
        if any(not one.share >= 0 for one in self.shares) or not 0 < total < float("inf"):
            raise InvalidConfig("Shares of a target mix are at least 0, and not all 0.", field="mix")

    def rows(self, n_rows: int) -> tuple[int, ...]:
        """Rows of every share: together exactly `n_rows`, by the largest remainders."""
        total = sum(one.share for one in self.shares)
        exact = [one.share / total * n_rows for one in self.shares]
        counts = [int(one) for one in exact]
        order = sorted(range(len(exact)), key=lambda at: (counts[at] - exact[at], at))
        for at in order[: n_rows - sum(counts)]:
            counts[at] += 1
        return tuple(counts)

    def conditions(self, n_rows: int) -> tuple[Condition, ...]:
        """The mix as conditions with exact numbers of rows, in its own order."""
        return tuple(
            Condition.of(tuple(map(_clause, self.columns, one.levels)), count)
            for one, count in zip(self.shares, self.rows(n_rows), strict=True)
        )

    @classmethod
    def parse(cls, text: str) -> TargetMix:
        """Read `column=level:share,level:share` or `a*b=level*level:share,...`; shares are scaled to sum to 1.

        Commas inside a level are understood as long as what follows is not of the form `level:number`.

        >>> TargetMix.parse("income=>50K:0.5,<=50K:0.5").rows(3)
        (2, 1)
        """
        names, equals, rest = text.partition("=")
        columns = tuple(name.strip() for name in names.split("*"))
        found = re.findall(r"(.+?):\s*([0-9.eE+-]+)\s*(?:,|$)", rest)
        if not equals or not found or not all(columns):
            raise InvalidConfig(
                f"The target mix {text!r} is not of the form column=level:share,level:share.",
                'Write it like "income=>50K:0.5,<=50K:0.5", or "a*b=x*y:0.2,x*z:0.8" for two crossed columns.',
                field="mix",
            )
        try:
            shares = tuple(
                MixShare(levels=tuple(level.split("*")) if len(columns) > 1 else (level,), share=float(share))
                for level, share in found
            )
        except ValueError as error:
            raise InvalidConfig(f"The target mix {text!r} has a share that is not a number.", field="mix") from error
        return cls(columns=columns, shares=shares)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {"columns": list(self.columns), "shares": [[list(one.levels), one.share] for one in self.shares]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TargetMix:
        """Rebuild a mix from `to_json`."""
        shares = tuple(MixShare(levels=tuple(levels), share=float(share)) for levels, share in value["shares"])
        return cls(columns=tuple(value["columns"]), shares=shares)


def refuse_contradictions(condition: Condition) -> None:
    """Refuse two different clauses of one column.

    Raises
    ------
    ImpossibleCondition
    """
    asked: dict[str, Clause] = {}
    for clause in condition.clauses:
        other = asked.setdefault(clause.column, clause)
        if other != clause:
            raise ImpossibleCondition(
                f"A row has one {clause.column}, but both {other.level!r} and {clause.level!r} are asked of it.",
                "Ask for one thing of each column: a level, or a range with both ends.",
            )


def _clause(column: str, level: str) -> Clause:
    return Clause(column=column, level=level)


def ends_of(column: Column, clause: Clause) -> tuple[float, float]:
    """Both ends of a range as numbers (seconds since 1970 for datetimes); open ends are infinite.

    Raises
    ------
    InvalidConfig
        If an end cannot be read, or the lower one lies above the upper one.
    """
    low, high = (_number(column, end, clause) for end in clause.ends)
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    if low > high:
        raise ImpossibleCondition(
            f"No value lies within {clause.level} of the column {clause.column!r}: its ends are the wrong way round."
        )
    return low, high


def _number(column: Column, text: str, clause: Clause) -> float | None:
    if not text:
        return None
    try:
        if column.type.value == "datetime":
            return pd.Timestamp(text).tz_localize(None).value / 1e9
        number = float(text)
    except (ValueError, OverflowError):
        number = np.nan
    if np.isnan(number):
        what = "a date, such as 2024-03-01" if column.type.value == "datetime" else "a number"
        raise InvalidConfig(
            f"In the condition {clause}, {text!r} is not {what}.",
            f"The column is {column.type}: ask for a value or a range, such as "
            f"{'2024-01-01..2024-03-31' if column.type.value == 'datetime' else '30..40'}.",
            field="condition",
        )
    return number


def as_text(column: Column, number: float) -> str:
    """A bound of a column as the analyst writes it."""
    if column.type.value == "datetime":
        return str(pd.Timestamp(number, unit="s").round("us")).removesuffix(" 00:00:00")
    return f"{number:.12g}"
