"""What the cells of a text column are: numbers, dates or texts, and how DuckDB turns them into values."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

MAX_CHECKED = 5_000
"""Distinct values of a column from which its kind is guessed; the whole column is checked while it is converted."""

MIN_TELEPHONE_DIGITS = 7

_PLACEHOLDERS = (
    "?|??|na|n/a|n.a.|k.a.|#n/a|#na|<na>|nan|-nan|null|(null)|nil|none|-|--|---|.|..|missing|unknown|undefined|"
    "unbekannt|not available|not known|no data|#value!|#div/0!|#ref!|inf|-inf|infinity|-infinity|\\n"
)
PLACEHOLDERS = frozenset(_PLACEHOLDERS.split("|"))
"""Texts, in small letters, by which people write that a value is missing."""

INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)([eE]\+?\d{1,2})?")
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
ADORNED = re.compile(
    r"(?P<open>\()?(?P<sign>[+\-−])?\s?(?P<unit>[$€£¥]|USD|EUR|GBP|CHF|Rs\.?)?\s?(?P<sign2>[+\-−])?"
    r"(?P<number>\d[\d.,'’\u00a0\u202f ]*|[.,]\d+)\s?(?P<after>%|[$€£¥]|USD|EUR|GBP|CHF|kr)?(?P<close>\))?"
)
LEADING_ZERO = re.compile(r"[+-]?0\d+")


class KindName(StrEnum):
    """What cells become."""

    INTEGER = "integer"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the cells of a column become, and by which rule.

    Parameters
    ----------
    name : KindName
    layout : str
        strftime layout of dates.
    decimal, thousands : str
        Marks of numbers; `thousands` may hold several characters, all of which are taken out.
    unit : str
        `$`, `%` and the like that are taken off; empty for plain numbers.
    placeholders : tuple of str
        Texts of this column that mean "missing", since nothing but numbers or dates stands beside them.
    ambiguous : str
        A second layout that fits all dates as well, or a second decimal mark that fits all numbers.
    """

    name: KindName
    layout: str = ""
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    placeholders: tuple[str, ...] = ()
    ambiguous: str = ""


TEXT = Kind(name=KindName.TEXT)


def is_number_like(text: str) -> bool:
    """Whether a person would take the text for a number, with units, grouping and percent sign.

    >>> [is_number_like(text) for text in ("12", "-3,5", "$1,234.50", "12 %", "a1", "007", "")]
    [True, True, True, True, False, True, False]
    """
    text = text.strip()
    return bool(text) and bool(PLAIN.fullmatch(text) or ADORNED.fullmatch(text))


def guess_kind(values: Collection[str], *, decimal: str | None = None, layout: str | None = None) -> Kind:
    """The kind of a column that holds these distinct, trimmed, present texts.

    Parameters
    ----------
    values : collection of str
        At most `MAX_CHECKED` of them are looked at.
    decimal : str or None
        The decimal mark where the analyst settled it.
    layout : str or None
        The date layout where the analyst settled it.
    """
    values = list(values)[:MAX_CHECKED]
    placeholders = tuple(sorted(value for value in values if value.lower() in PLACEHOLDERS))
    present = [value for value in values if value.lower() not in PLACEHOLDERS]
    if not present:
        return TEXT
    kind = _number(present, decimal) or _date(present, layout) or _time(present)
    if kind is None:
        return TEXT
    return replace(kind, placeholders=placeholders)


def _number(values: Sequence[str], decimal: str | None) -> Kind | None:
    if any(LEADING_ZERO.fullmatch(value) for value in values):
        return None  # a code: 00123 is not 123
    if all(INTEGER.fullmatch(value) for value in values):
        compact = _compact_dates(values)
        return compact or Kind(name=KindName.INTEGER)
    if _are_telephones(values):
        return None
    if all(WHOLE.fullmatch(value) for value in values):
        return Kind(name=KindName.WHOLE) if all(abs(float(value)) < 2**53 for value in values) else None
    if decimal in (None, ".") and all(PLAIN.fullmatch(value) for value in values):
        grouped = decimal is None and all(_well_grouped(value.lstrip("+-"), ",", ".") for value in values)
        return Kind(name=KindName.DECIMAL, ambiguous="," if grouped else "")
    return _adorned(values, decimal)


def _are_telephones(values: Sequence[str]) -> bool:
    """Whether a plus stands before numbers long enough for a country and a line, and no value is negative."""
    long = [sum(map(str.isdigit, value)) >= MIN_TELEPHONE_DIGITS for value in values if value.startswith("+")]
    digits = (value for value in values if not value.startswith("+"))
    return bool(long) and all(long) and all(value[0] != "-" and INTEGER.fullmatch(value) for value in digits)


def _adorned(values: Sequence[str], decimal: str | None) -> Kind | None:
    """Numbers with currency, percent sign, grouping or decimal comma, all in one layout."""
    matches = [ADORNED.fullmatch(value) for value in values]
    if not all(matches):
        return None
    if any(bool(match["open"]) != bool(match["close"]) for match in matches):
        return None
    units = {match["unit"] or match["after"] or "" for match in matches}
    if len(units) > 1:
        return None
    numbers = [match["number"].strip() for match in matches]
    unit = units.pop()
    fitting = []
    for mark, groups in ((".", ",'’\u00a0\u202f "), (",", ".'’\u00a0\u202f ")):
        if decimal not in (None, mark):
            continue
        separators = {character for number in numbers for character in number if character in groups}
        if len(separators) <= 1 and all(_well_grouped(number, mark, groups) for number in numbers):
            fitting.append(Kind(name=KindName.DECIMAL, decimal=mark, thousands="".join(separators), unit=unit))
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    point, comma = fitting
    if point.thousands == "," and not any("." in number for number in numbers) and not _grouping_certain(numbers):
        return replace(comma, ambiguous=".")
    return replace(point, ambiguous=",")


def _well_grouped(number: str, mark: str, groups: str) -> bool:
    whole, _, fraction = number.partition(mark)
    if fraction and not fraction.isdigit():
        return False
    parts = re.split(f"[{re.escape(groups)}]", whole)
    if len(parts) == 1:
        return whole.isdigit() or whole == ""
    first, *others = parts
    if first.startswith("0"):
        return False  # nobody groups 0,123; in 075 016 175 it is a code
    return 1 <= len(first) <= 3 and all(part.isdigit() for part in parts) and all(len(part) == 3 for part in others)


def _grouping_certain(numbers: Sequence[str]) -> bool:
    """Whether commas in whole numbers group thousands: each is followed by exactly three digits in every number.

    One column of `1,234` could hold 1.234 with a decimal comma; with more than a handful of values all of which have
    three digits behind the comma, it does not.
    """
    return len(numbers) >= 3 or any(number.count(",") > 1 for number in numbers)


DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d. %B %Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%y", "%Y-%m", "%b-%Y", "%b %Y", "%B %Y", "%Y %b",
    "%m/%Y", "%d%b%Y", "%a, %d %b %Y", "%a %d %b %Y",
)  # fmt: skip
TIMES = ("", "%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
JOINS = (" ", "T", ", ")
SHAPES = {
    "%Y": r"\d{4}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%y": r"\d{2}", "%b": r"[a-z]{3,4}", "%B": r"[a-z]{3,9}",
    "%a": r"[a-z]{3}", "%H": r"\d{1,2}", "%M": r"\d{1,2}", "%S": r"\d{1,2}", "%f": r"\d{1,6}", "%I": r"\d{1,2}",
    "%p": r"[ap]m", "%z": r"(z|[+-]\d\d:?\d\d)",
}  # fmt: skip
DATE_LIKE = re.compile(r"(?=.*\d.*\d)[\w:./,+\- ]{6,40}")
COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?P<second>:\d\d)?(?P<fraction>\.\d{1,6})?\s?(?P<half>[ap]m)?", re.IGNORECASE
)
QUARTERS = frozenset(("00", "15", "30", "45"))
ZONE = re.compile(r"(?P<zone>\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))$")


def _compact_dates(values: Sequence[str]) -> Kind | None:
    """Dates like 20240131, which no column of other numbers holds throughout."""
    if len(values) < 5 or not all(COMPACT.fullmatch(value) for value in values):
        return None
    if all(_parses(value, "%Y%m%d") for value in values):
        return Kind(name=KindName.DATE, layout="%Y%m%d")
    return None


def _date(values: Sequence[str], layout: str | None) -> Kind | None:
    """The one layout that all values have; where day and month can be exchanged, both."""
    if layout is None and not all(DATE_LIKE.fullmatch(value) for value in values):
        return None
    zones = {match["zone"] if (match := ZONE.search(value)) and ":" in value else "" for value in values}
    if layout is not None:
        candidates = [layout]
    elif zones == {""}:
        candidates = [
            _joined(day, time, join) for day in DAYS for time in TIMES for join in (JOINS if time else JOINS[:1])
        ]
    elif len(zones) == 1:
        zone = zones.pop()
        candidates = [_joined(day, time, join) + zone for day in DAYS for time in TIMES[1:] for join in JOINS]
    else:
        candidates = [_joined(day, time, join) + "%z" for day in DAYS[:3] for time in TIMES[1:] for join in JOINS]
    candidates = [one for one in candidates if _shape(one).fullmatch(values[0])]
    for probe in (values[:2], values[:50], values):
        candidates = [one for one in candidates if all(_parses(value, one) for value in probe)]
        if not candidates:
            return None
    chosen, other = _chosen(candidates, values)
    name = KindName.DATETIME if "%H" in chosen or "%I" in chosen else KindName.DATE
    return Kind(name=name, layout=chosen, ambiguous=other)


def _time(values: Sequence[str]) -> Kind | None:
    """Times of day, which are stored as times of 1 January 1900; a timetable by the quarter of an hour has levels."""
    matches = [TIME.fullmatch(value) for value in values]
    if len(values) < 2 or not all(matches):
        return None
    forms = {(bool(match["second"]), bool(match["fraction"]), bool(match["half"])) for match in matches}
    if len(forms) > 1 or all(match["minute"] in QUARTERS and match["second"] in (None, ":00") for match in matches):
        return None
    (second, fraction, half), joint = forms.pop(), " " if " " in values[0] else ""
    layout = f"{'%I' if half else '%H'}:%M{':%S' if second else ''}{'.%f' if fraction else ''}"
    layout += f"{joint}%p" if half else ""
    if not all(_parses(value, layout) for value in values):
        return None
    return Kind(name=KindName.DATETIME, layout=layout)


@functools.lru_cache(maxsize=1024)
def _shape(layout: str) -> re.Pattern[str]:
    """What a text of a layout looks like: a quick test, since `strptime` compiles every layout anew."""
    shape = re.escape(layout)
    for code, form in SHAPES.items():
        shape = shape.replace(code, form)
    return re.compile(shape, re.IGNORECASE)


def _joined(day: str, time: str, join: str) -> str:
    return f"{day}{join}{time}" if time else day


def _parses(value: str, layout: str) -> bool:
    try:
        datetime.strptime(value, layout)
    except ValueError:
        return False
    return True


def _chosen(candidates: list[str], values: Sequence[str]) -> tuple[str, str]:
    """The layout to use and the other that fits, if day and month can be exchanged.

    The field with fewer distinct numbers is the month's rival: files by the month have one day, so that the constant
    field is the day. Where that does not tell, the day comes first, as in most of the world.
    """
    first = candidates[0]
    other = next((one for one in candidates[1:] if _exchanged(one) == first), "")
    if other:
        fields = [re.split(r"\D+", value)[:2] for value in values]
        n_first, n_second = (len({field[position] for field in fields}) for position in (0, 1))
        if (n_first == 1) != (n_second == 1):
            month_first = n_second == 1
            first, other = (other, first) if first.startswith("%m") != month_first else (first, other)
    return first, other


def _exchanged(layout: str) -> str:
    return layout.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
