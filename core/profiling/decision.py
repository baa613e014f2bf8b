"""What a rule of types decides, and the numbers at which the rules draw their lines."""

from __future__ import annotations

from dataclasses import dataclass

from core.profiling.aggregate import ColumnFacts
from core.profiling.patterns import words
from core.profiling.vocabulary import ENTITY_NAME
from core.schema import ColumnType

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


def entity_levels(facts: ColumnFacts) -> int:
    """Values beyond which an id is one of entities: few are enough for those of persons, and for a plain `id`."""
    name = words(facts.name)
    if ENTITY_NAME.search(name):
        return 2
    return FEW_LEVELS if name == "id" else ENTITY_LEVELS
