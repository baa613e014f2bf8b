"""The rules by which a column gets its type, each with its reason in words; texts have theirs in `text_rules`."""

from __future__ import annotations

import re

import numpy as np

from core.profiling.aggregate import ColumnFacts
from core.profiling.decision import (
    CATEGORY_LEVELS,
    ENTITY_LEVELS,
    FEW_LEVELS,
    LOOKED_AT,
    MIN_UNIQUE_ROWS,
    Decision,
    entity_levels,
)
from core.profiling.patterns import SEQUENCE, names_identifier, pattern_of, words
from core.profiling.text_rules import decide_text
from core.profiling.vocabulary import (
    ENTITY_NAME,
    FEWEST_YEARS,
    PERSONS,
    POSTCODE_NAME,
    SCHOOLING,
    Role,
    names_code,
    names_place,
    role,
)
from core.schema import ColumnType, Storage
from core.tables import level_text

__all__ = ["CATEGORY_LEVELS", "LOOKED_AT", "Decision", "decide"]

CYCLE_LEVELS = 24
"""Hours of a day are the longest cycle whose places are taken for levels."""
GRADE_LEVELS = 12
"""Whole numbers without a telling name are taken for grades up to this many values."""
EPOCH_OF_TIMES = "1900-01-01"
"""The day on which times of day are stored."""
LONG_CODE = 1e8
ID_SUFFIX = re.compile(
    r"(^|_)(id|ids|uid|pid|hid|hhid|key|uuid|guid|identifier|nbr|mrn|npi|id_str)$|^(nr|seqn|cusip|isin|row_?names?)$"
)
NUMBER_SUFFIX = re.compile(r"(^|_)(id|ids|key|uuid|guid|identifier|nbr|number|nr|no|mrn|npi)$")


def decide(facts: ColumnFacts) -> Decision:
    """What a column represents, from what was counted in it."""
    if facts.n_present == 0:
        return Decision(type=ColumnType.CONSTANT, reason="Every cell is missing.")
    if facts.n_levels == 1:
        return Decision(type=ColumnType.CONSTANT, reason="Every present cell holds the same value.")
    if facts.storage is Storage.BOOLEAN:
        return Decision(type=ColumnType.BOOLEAN, reason="The file holds true and false.")
    if facts.storage in (Storage.DATE, Storage.DATETIME):
        if {_day(facts.low), _day(facts.high)} == {EPOCH_OF_TIMES}:
            return Decision(
                type=ColumnType.DATETIME, reason=f"Times of day from {_clock(facts.low)} to {_clock(facts.high)}."
            )
        what = "Dates" if facts.storage is Storage.DATE else "Dates with times"
        return Decision(type=ColumnType.DATETIME, reason=f"{what} from {_day(facts.low)} to {_day(facts.high)}.")
    return _number(facts) if facts.is_number else decide_text(facts)


def _day(seconds: float | None) -> str:
    return str(np.datetime64(int(seconds or 0), "s").astype("datetime64[D]"))


def _clock(seconds: float | None) -> str:
    return str(np.datetime64(int(seconds or 0), "s").astype("datetime64[m]"))[-5:]


def _number(facts: ColumnFacts) -> Decision:
    if facts.levels and set(facts.levels) <= {0, 1}:
        return Decision(type=ColumnType.BOOLEAN, reason="Only 0 and 1 occur.")
    decision = _identifier(facts) or _code(facts)
    if decision:
        return decision
    kind = role(facts.name)
    limit = CYCLE_LEVELS if kind is Role.CYCLE else FEW_LEVELS
    if facts.whole and facts.n_levels <= limit and facts.n_levels <= max(5, 0.2 * facts.n_present):
        return _few_whole(facts, kind)
    measured = kind in (Role.QUANTITY, Role.COUNT)
    if facts.n_levels <= 10 and facts.n_present >= 20 * facts.n_levels and _on_a_grid(facts) and not measured:
        return _ordinal(facts, f"Only {facts.n_levels} different numbers occur.")
    return Decision(type=ColumnType.CONTINUOUS, reason=_about_quantity(facts))


def _identifier(facts: ColumnFacts) -> Decision | None:
    """Whole numbers that tell rows or entities apart."""
    if not facts.whole or facts.n_present < MIN_UNIQUE_ROWS or facts.low is None or facts.high is None:
        return None
    name = words(facts.name)
    if _are_years(facts):
        return None
    measured = role(re.sub(r"_(number|nr|no|n|nbr)$", "", name)) in (Role.QUANTITY, Role.GRADE, Role.CYCLE, Role.COUNT)
    persons = name in PERSONS
    really = ID_SUFFIX.search(name) is not None or (persons and facts.n_levels > ENTITY_LEVELS)
    named = (persons or names_identifier(facts.name)) and (really or not measured or bool(ENTITY_NAME.search(name)))
    if facts.is_unique:
        if facts.high - facts.low + 1 == facts.n_present:
            return Decision(
                type=ColumnType.IDENTIFIER,
                reason="Consecutive whole numbers, each once: rows are counted.",
                pattern=SEQUENCE,
            )
        same_length = len(str(int(facts.low))) == len(str(int(facts.high))) >= 6 and facts.low > 0
        place = names_place(facts.name) and facts.n_present >= 100 and not measured
        if named or place or (same_length and facts.n_present >= 100 and not measured):
            why = "the name says so" if named or place else "all have the same number of digits"
            return Decision(
                type=ColumnType.IDENTIFIER, reason=f"Whole numbers that never repeat, and {why}.",
                pattern=pattern_of(facts.texts),
            )  # fmt: skip
        return None
    if really and facts.n_levels > entity_levels(facts) and facts.low >= 0 and not names_place(facts.name):
        reason = f"The name says that it tells {facts.n_levels:,} entities apart; values repeat."
        return Decision(type=ColumnType.IDENTIFIER, reason=reason, pattern=pattern_of(facts.texts))
    return None


def _are_years(facts: ColumnFacts) -> bool:
    """Whether a column called a year holds years: one row for each of them does not make it a number of rows."""
    head = words(facts.name).rpartition("_")[2]
    return head in ("year", "yr") and (facts.low or 0) >= 1000 and (facts.high or 0) <= 2200


def _code(facts: ColumnFacts) -> Decision | None:
    """Whole numbers that are names of something: postcodes, numbers of stores, ids of few kinds."""
    if not facts.whole:
        return None
    name = words(facts.name)
    if POSTCODE_NAME.search(name):
        return Decision(
            type=ColumnType.CATEGORICAL, reason="Numbers, but the name says postcodes: sums of them mean nothing."
        )
    suffix = NUMBER_SUFFIX.search(name)
    bare = role(NUMBER_SUFFIX.sub("", name)) if suffix else role(facts.name)
    numbered = suffix is not None and suffix.start() > 0 and bare in (Role.NONE, Role.CODE)
    repeats = facts.n_present / max(1, facts.n_levels)
    named = (
        numbered
        or name == "key"
        or (name == "id" and repeats >= 2 and facts.n_levels <= FEW_LEVELS)
        or names_code(facts.name)
    )
    few_enough = facts.n_levels <= FEW_LEVELS or (facts.n_levels <= CATEGORY_LEVELS and repeats >= 1.5)
    if named and few_enough and (facts.low or 0) >= 0:
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"{facts.n_levels:,} whole numbers that are names of something: sums of them mean nothing.",
        )
    if bare in (Role.NONE, Role.CODE) and repeats >= 5 and facts.n_levels <= CATEGORY_LEVELS and _long_codes(facts):
        digits = len(str(int(facts.high or 0)))
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"{facts.n_levels:,} whole numbers of {digits} digits that come again and again: they are codes.",
        )
    return None


def _long_codes(facts: ColumnFacts) -> bool:
    """Whether whole numbers are long, all of one length and not rounded, as amounts of that size would be."""
    low, high = facts.low or 0.0, facts.high or 0.0
    numbers = facts.sample.to_numpy(dtype=np.float64)
    return low >= LONG_CODE and len(str(int(low))) == len(str(int(high))) and float(np.mean(numbers % 100 == 0)) < 0.5


def _few_whole(facts: ColumnFacts, kind: Role) -> Decision:
    """Few whole numbers: codes of something, or grades and counts."""
    n, lowest, highest = facts.n_levels, int(facts.low or 0), int(facts.high or 0)
    if kind is Role.CODE and highest >= FEWEST_YEARS and SCHOOLING & set(words(facts.name).split("_")):
        return _ordinal(facts, f"{n} whole numbers from {lowest} to {highest}: years spent in education.")
    if kind is Role.CODE:
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"{n} whole numbers, and the name says that they are codes of something.",
        )
    if kind is Role.QUANTITY and (n > 5 or highest >= 100):
        return Decision(type=ColumnType.CONTINUOUS, reason=_about_quantity(facts))
    if (kind is Role.COUNT and n >= 8) or _thins_out(facts):
        return Decision(type=ColumnType.CONTINUOUS, reason=f"{_about_quantity(facts)} Counts of something.")
    if kind is not Role.NONE:
        return _ordinal(facts, f"{n} whole numbers from {lowest} to {highest} whose order has a meaning.")
    if lowest < 0:
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"{n} whole numbers from {lowest} to {highest}: few enough, and partly negative, so they are codes.",
        )
    if n > GRADE_LEVELS:
        return Decision(type=ColumnType.CONTINUOUS, reason=_about_quantity(facts))
    if n <= 5 and not _reads_as_scale(lowest, highest, n):
        return Decision(type=ColumnType.CATEGORICAL, reason=f"Only {n} whole numbers occur; they are taken for codes.")
    return _ordinal(facts, f"Only {n} whole numbers from {lowest} to {highest} occur.")


def _reads_as_scale(lowest: int, highest: int, n: int) -> bool:
    """Whether at most five whole numbers are years, or grades from 1 to 5 (0 to 4) without a gap."""
    years = lowest >= 1900 and highest <= 2100
    return years or (n == 5 and lowest in (0, 1) and highest - lowest == 4)


def _on_a_grid(facts: ColumnFacts) -> bool:
    """Whether few decimals lie on even steps, as grades of 0.5 do and incomes of few persons do not."""
    steps = np.diff(np.array(sorted(facts.levels), dtype=np.float64))
    return len(steps) > 1 and not facts.whole and bool(np.allclose(steps / steps.min(), np.rint(steps / steps.min())))


def _thins_out(facts: ColumnFacts) -> bool:
    """Whether many whole numbers start at 0 and thin out, as numbers of events do; grades fill a range."""
    if facts.low != 0 or facts.n_levels < 8:
        return False
    counts = [facts.levels[level] for level in sorted(facts.levels)]
    return counts.index(max(counts)) <= 1 and sum(counts[:3]) > 0.8 * sum(counts)


def _ordinal(facts: ColumnFacts, reason: str) -> Decision:
    order = tuple(level_text(value) for value in sorted(facts.levels))
    return Decision(type=ColumnType.ORDINAL, reason=reason, order=order)


def _about_quantity(facts: ColumnFacts) -> str:
    kind = "Whole numbers" if facts.whole else "Numbers with decimals"
    text = f"{kind} from {_short(facts.low)} to {_short(facts.high)}, {facts.n_levels:,} different"
    numbers = facts.sample.to_numpy(dtype=np.float64) if len(facts.sample) else np.zeros(0)
    zeros = float(np.mean(numbers == 0)) if len(numbers) else 0.0
    if zeros >= 0.3:
        text += f"; {zeros:.0%} are 0 (zero-inflated)"
    if len(numbers) >= 100:
        low, middle, high = np.quantile(numbers, [0.01, 0.5, 0.99])
        if high > middle and numbers.max() - middle > 10 * (np.quantile(numbers, 0.75) - low + 1e-12):
            text += "; a few are far larger than the rest (heavy tail)"
    return text + "."


def _short(number: float | None) -> str:
    return f"{number:,.0f}" if number is not None and float(number).is_integer() else f"{number:,.6g}"
