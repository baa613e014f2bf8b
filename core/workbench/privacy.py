"""What the privacy page says about a report, beyond its numbers: power, disagreements, sentences to quote."""

from __future__ import annotations

from core.evaluation.agreement import (
    GROUPS,
    Answer,
    Disagreement,
    answer,
    below_control,
    disagreements,
)
from core.evaluation.power import enough, trials, visible
from core.evaluation.quotes import LIMITS, quotes

__all__ = [
    "GROUPS",
    "LIMITS",
    "Answer",
    "Disagreement",
    "answer",
    "below_control",
    "disagreements",
    "enough",
    "quotes",
    "trials",
    "visible",
]
