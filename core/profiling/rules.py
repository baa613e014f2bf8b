"""The rules by which a column gets its type, each with its reason in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from core.profiling.aggregate import ColumnFacts
from core.profiling.patterns import SEQUENCE, UUID, is_code_like, names_identifier, pattern_of, words
from core.profiling.vocabulary import (
    BAND,
    BOOLEAN_WORDS,
    CODE_NAME,
    ENTITY_NAME,
    GRADE_NAME,
    POSTCODE_NAME,
    QUANTITY_NAME,
    SCALES,
)
from core.schema import ColumnType, Storage

FEW_LEVELS = 20
"""Whole numbers with at most this many values may be codes or grades; with more they are quantities."""
ENTITY_LEVELS = 50
"""A column called an id with more values than this tells entities apart; with fewer it is a category."""
CATEGORY_LEVELS = 1_000
LOOKED_AT = 5_000
"""Texts of the named sample at which the rules look."""
MIN_UNIQUE_ROWS = 20
"""In fewer rows than this, all values being different says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A type with its reason; `order` and `pattern` where the type has them."""

    type: ColumnType
    reason: str
    order: tuple[str, ...] = ()
    pattern: str | None = None


def decide(facts: ColumnFacts) -> Decision:
    """What a column represents, from what was counted in it."""
    if facts.n_present == 0:
        return Decision(type=ColumnType.CONSTANT, reason="Every cell is missing.")
    if facts.n_levels == 1:
        return Decision(type=ColumnType.CONSTANT, reason="Every present cell holds the same value.")
    if facts.storage is Storage.BOOLEAN:
        return Decision(type=ColumnType.BOOLEAN, reason="The file holds true and false.")
    if facts.storage in (Storage.DATE, Storage.DATETIME):
        what = "Dates" if facts.storage is Storage.DATE else "Dates with times"
        return Decision(type=ColumnType.DATETIME, reason=f"{what} from {_day(facts.low)} to {_day(facts.high)}.")
    if facts.is_number:
        return _number(facts)
    return _text(facts)


def _day(seconds: float | None) -> str:
    return str(np.datetime64(int(seconds or 0), "s").astype("datetime64[D]"))


def _number(facts: ColumnFacts) -> Decision:
    name = words(facts.name)
    if facts.levels and set(facts.levels) <= {0, 1}:
        return Decision(type=ColumnType.BOOLEAN, reason="Only 0 and 1 occur.")
    identifier = _number_identifier(facts)
    if identifier:
        return identifier
    if POSTCODE_NAME.search(name) and facts.whole:
        return Decision(
            type=ColumnType.CATEGORICAL, reason="Numbers, but the name says postcodes: sums of them mean nothing."
        )
    if facts.whole and facts.n_levels <= FEW_LEVELS and facts.n_levels <= max(5, 0.2 * facts.n_present):
        return _few_whole(facts, name)
    if facts.n_levels <= 10 and facts.n_present >= 20 * facts.n_levels and _on_a_grid(facts) and not _quantity(name):
        return _ordinal(facts, f"Only {facts.n_levels} different numbers occur.")
    return Decision(type=ColumnType.CONTINUOUS, reason=_about_quantity(facts))


def _number_identifier(facts: ColumnFacts) -> Decision | None:
    if not facts.whole or facts.n_present < MIN_UNIQUE_ROWS or facts.low is None or facts.high is None:
        return None
    named = names_identifier(facts.name) and not GRADE_NAME.search(re.sub(r"_(number|nr|no|n)$", "", words(facts.name)))
    named = named and not QUANTITY_NAME.search(words(facts.name))
    span = facts.high - facts.low + 1
    if facts.is_unique:
        if span == facts.n_present:
            return Decision(
                type=ColumnType.IDENTIFIER,
                reason="Consecutive whole numbers, each once: rows are counted.",
                pattern=SEQUENCE,
            )
        same_length = len(str(int(facts.low))) == len(str(int(facts.high))) >= 6 and facts.low > 0
        if named or (same_length and facts.n_present >= 100 and not QUANTITY_NAME.search(words(facts.name))):
            why = "the name says so" if named else "all have the same number of digits"
            return Decision(
                type=ColumnType.IDENTIFIER, reason=f"Whole numbers that never repeat, and {why}.",
                pattern=pattern_of(facts.sample.astype(str)),
            )  # fmt: skip
        return None
    really = re.search(r"(^|_)(id|ids|key|uuid|guid|identifier)$", words(facts.name))
    if really and facts.n_levels > _entity_levels(facts) and facts.low >= 0:
        return Decision(
            type=ColumnType.IDENTIFIER, reason=_entities(facts),
            pattern=pattern_of(facts.sample.astype(str)),
        )  # fmt: skip
    return None


def _entity_levels(facts: ColumnFacts) -> int:
    """Values beyond which an id is one of entities: few are enough for those of persons."""
    return 2 if ENTITY_NAME.search(words(facts.name)) else ENTITY_LEVELS


def _entities(facts: ColumnFacts) -> str:
    return f"The name says that it tells {facts.n_levels:,} entities apart; values repeat."


def _few_whole(facts: ColumnFacts, name: str) -> Decision:
    """Few whole numbers: codes of something, or grades and counts."""
    n = facts.n_levels
    lowest, highest = int(facts.low or 0), int(facts.high or 0)
    if _quantity(name) and n > 5:
        return Decision(type=ColumnType.CONTINUOUS, reason=_about_quantity(facts))
    if CODE_NAME.search(name) and not GRADE_NAME.search(name):
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"{n} whole numbers, and the name says that they are codes of something.",
        )
    if _counts_something(facts):
        return Decision(type=ColumnType.CONTINUOUS, reason=f"{_about_quantity(facts)} Counts of something.")
    if GRADE_NAME.search(name):
        return _ordinal(facts, f"{n} whole numbers from {lowest} to {highest} whose order has a meaning.")
    if lowest < 0:
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"{n} whole numbers from {lowest} to {highest}: few enough, and partly negative, so they are codes.",
        )
    if n <= 5:
        return Decision(type=ColumnType.CATEGORICAL, reason=f"Only {n} whole numbers occur; they are taken for codes.")
    return _ordinal(facts, f"Only {n} whole numbers from {lowest} to {highest} occur.")


def _quantity(name: str) -> bool:
    return bool(QUANTITY_NAME.search(name)) or "age" in name.split("_")


def _on_a_grid(facts: ColumnFacts) -> bool:
    """Whether few decimals lie on even steps, as grades of 0.5 do and incomes of few persons do not."""
    steps = np.diff(np.array(sorted(facts.levels), dtype=np.float64))
    return len(steps) > 1 and not facts.whole and bool(np.allclose(steps / steps.min(), np.rint(steps / steps.min())))


def _counts_something(facts: ColumnFacts) -> bool:
    """Whether many whole numbers start at 0 and thin out, as numbers of events do; grades fill a range."""
    if facts.low != 0 or facts.n_levels < 8:
        return False
    counts = [facts.levels[level] for level in sorted(facts.levels)]
    return counts.index(max(counts)) <= 1 and sum(counts[:3]) > 0.8 * sum(counts)


def _ordinal(facts: ColumnFacts, reason: str) -> Decision:
    order = tuple(_number_text(value) for value in sorted(facts.levels))
    return Decision(type=ColumnType.ORDINAL, reason=reason, order=order)


def _number_text(value: float) -> str:
    """A number as the level text of a work frame: whole numbers without a decimal point."""
    return str(int(value)) if value == int(value) else np.format_float_positional(float(value), trim="-")


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


def _text(facts: ColumnFacts) -> Decision:
    texts = [str(value) for value in facts.sample[:LOOKED_AT]]
    name = words(facts.name)
    lower = {str(level).strip().lower() for level in facts.levels}
    if facts.n_levels == 2 and lower in BOOLEAN_WORDS:
        return Decision(type=ColumnType.BOOLEAN, reason=f"Only {' and '.join(sorted(lower))} occur.")
    identifier = _text_identifier(facts, texts)
    if identifier:
        return identifier
    order = _scale(facts) or _bands(facts)
    if order:
        return Decision(
            type=ColumnType.ORDINAL,
            reason=f"{facts.n_levels} levels with an order: {order[0]} to {order[-1]}.",
            order=order,
        )
    repeats = facts.n_present / max(1, facts.n_levels)
    n_words = np.mean([text.count(" ") + 1 for text in texts]) if texts else 1
    longest = np.mean([len(text) for text in texts]) if texts else 0
    if (n_words > 8 or longest > 100) and repeats < 20:
        return Decision(
            type=ColumnType.TEXT, reason=f"Free text of about {n_words:.0f} words, {facts.n_levels:,} different."
        )
    if POSTCODE_NAME.search(name):
        return Decision(type=ColumnType.CATEGORICAL, reason=f"Postcodes: {facts.n_levels:,} different ones.")
    if facts.n_levels <= max(FEW_LEVELS, min(CATEGORY_LEVELS, 0.5 * facts.n_present)) and repeats >= 1.5:
        return Decision(
            type=ColumnType.CATEGORICAL, reason=f"Texts with {facts.n_levels:,} different values that repeat."
        )
    if repeats >= 5:
        return Decision(
            type=ColumnType.CATEGORICAL,
            reason=f"Texts with many ({facts.n_levels:,}) different values, each about {repeats:.0f} times.",
        )
    return Decision(
        type=ColumnType.TEXT,
        reason=f"Texts that hardly repeat: {facts.n_levels:,} different in {facts.n_present:,} cells.",
    )


def _text_identifier(facts: ColumnFacts, texts: list[str]) -> Decision | None:
    named = names_identifier(facts.name)
    if facts.n_present < MIN_UNIQUE_ROWS:
        return None
    if all(UUID.fullmatch(text) for text in texts):
        return Decision(type=ColumnType.IDENTIFIER, reason="Every value is a UUID.")
    code_like = is_code_like(texts)
    pattern = pattern_of(texts)
    form = f", all of the form {pattern}" if pattern else ""
    if facts.is_unique and (code_like or (named and all(" " not in text for text in texts))):
        return Decision(
            type=ColumnType.IDENTIFIER, reason=f"Codes that never repeat{form}.",
            pattern=pattern,
        )  # fmt: skip
    if (
        named
        and facts.n_levels > _entity_levels(facts)
        and (code_like or pattern)
        and not POSTCODE_NAME.search(words(facts.name))
    ):
        return Decision(
            type=ColumnType.IDENTIFIER, reason=_entities(facts),
            pattern=pattern,
        )  # fmt: skip
    if code_like and pattern and facts.n_levels > CATEGORY_LEVELS and facts.n_levels > 0.5 * facts.n_present:
        return Decision(
            type=ColumnType.IDENTIFIER, reason=f"Codes of the form {pattern} that hardly repeat.", pattern=pattern
        )
    return None


def _scale(facts: ColumnFacts) -> tuple[str, ...]:
    """Levels that all belong to one well-known scale, in its order."""
    if not 3 <= facts.n_levels <= FEW_LEVELS:
        return ()
    spelled = {str(level).strip().lower().replace("_", " ").replace("-", " "): str(level) for level in facts.levels}
    for scale in SCALES:
        steps = scale.split("/")
        if len(spelled) == facts.n_levels and set(spelled) <= set(steps):
            return tuple(spelled[step] for step in steps if step in spelled)
    return ()


def _bands(facts: ColumnFacts) -> tuple[str, ...]:
    """Levels such as 18-25, 26-35, 65+, in the order of their numbers."""
    if not 3 <= facts.n_levels <= FEW_LEVELS:
        return ()
    levels = [str(level) for level in facts.levels]
    matches = [BAND.fullmatch(level.strip()) for level in levels]
    if not all(matches) or not any(re.search(r"\d\s*(-|–|to)\s*\$?\d", level) for level in levels):
        return ()
    below = re.compile(r"<|under|up to", re.I)
    ranked = sorted(
        zip(levels, matches, strict=True),
        key=lambda pair: (float(pair[1].group(1)), not below.match(pair[0].strip()), ">" in pair[0] or "+" in pair[0]),
    )
    return tuple(level for level, _ in ranked)
