"""The rules by which a column of texts gets its type, each with its reason in words."""

from __future__ import annotations

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
from core.profiling.patterns import UUID, is_code_like, names_identifier, pattern_of, words
from core.profiling.scales import bands, known_scale, school_grades
from core.profiling.vocabulary import BOOLEAN_WORDS, PERSONS, POSTCODE_NAME, Role, names_place, role
from core.schema import ColumnType


def decide_text(facts: ColumnFacts) -> Decision:
    """What a column of texts represents."""
    texts = [str(value) for value in facts.sample[:LOOKED_AT]]
    lower = {str(level).strip().lower() for level in facts.levels}
    if facts.n_levels == 2 and lower in BOOLEAN_WORDS:
        return Decision(type=ColumnType.BOOLEAN, reason=f"Only {' and '.join(sorted(lower))} occur.")
    identifier = _identifier(facts, texts)
    if identifier:
        return identifier
    order = _order(facts)
    if order:
        return Decision(
            type=ColumnType.ORDINAL,
            reason=f"{facts.n_levels} levels with an order: {order[0]} to {order[-1]}.",
            order=order,
        )
    return _levels_or_text(facts, texts)


def _levels_or_text(facts: ColumnFacts, texts: list[str]) -> Decision:
    repeats = facts.n_present / max(1, facts.n_levels)
    n_words = np.mean([text.count(" ") + 1 for text in texts]) if texts else 1
    longest = np.mean([len(text) for text in texts]) if texts else 0
    if (n_words > 8 or longest > 100) and repeats < 20:
        return Decision(
            type=ColumnType.TEXT, reason=f"Free text of about {n_words:.0f} words, {facts.n_levels:,} different."
        )
    if POSTCODE_NAME.search(words(facts.name)):
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


def _order(facts: ColumnFacts) -> tuple[str, ...]:
    """The levels from low to high where they have an order that everybody knows."""
    levels = [str(level) for level in facts.levels]
    graded = school_grades(levels) if role(facts.name) is Role.GRADE else ()
    return known_scale(levels) or bands(levels) or graded


def _identifier(facts: ColumnFacts, texts: list[str]) -> Decision | None:
    persons = words(facts.name) in PERSONS and facts.n_levels > ENTITY_LEVELS
    named = names_identifier(facts.name) or persons
    if facts.n_present < MIN_UNIQUE_ROWS or not texts:
        return None
    if all(UUID.fullmatch(text) for text in texts):
        return Decision(type=ColumnType.IDENTIFIER, reason="Every value is a UUID.")
    code_like = is_code_like(texts)
    pattern = pattern_of(texts)
    form = f", all of the form {pattern}" if pattern else ""
    if facts.is_unique and (code_like or (named and all(" " not in text for text in texts))):
        return Decision(type=ColumnType.IDENTIFIER, reason=f"Codes that never repeat{form}.", pattern=pattern)
    place = names_place(facts.name) or POSTCODE_NAME.search(words(facts.name))
    hardly_repeats = words(facts.name).endswith("_id") or facts.n_levels > 0.9 * facts.n_present
    one_word = hardly_repeats and not any(" " in text for text in texts)
    if named and facts.n_levels > entity_levels(facts) and (code_like or pattern or one_word) and not place:
        reason = f"The name says that it tells {facts.n_levels:,} entities apart; values repeat."
        return Decision(type=ColumnType.IDENTIFIER, reason=reason, pattern=pattern)
    if code_like and pattern and facts.n_levels > CATEGORY_LEVELS and facts.n_levels > 0.5 * facts.n_present:
        return Decision(
            type=ColumnType.IDENTIFIER, reason=f"Codes of the form {pattern} that hardly repeat.", pattern=pattern
        )
    return None
