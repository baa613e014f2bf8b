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
from core.evaluation.rates import wilson
from core.records import MetricResult

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
    "rate_interval",
    "trials",
    "visible",
]

COUNTS = {
    "attack": ("right at train rows", "guesses at train rows"),
    "control": ("right at control rows", "guesses at control rows"),
    "baseline": ("right naively", "naive guesses"),
}
"""For every rate of an attack the counts behind it: guesses that were right, and guesses."""


def rate_interval(result: MetricResult, rate: str) -> tuple[float | None, float | None]:
    """95 % interval (Wilson) of one of the rates of an attack; None twice without its counts."""
    right, guesses = (result.counts.get(name) for name in COUNTS[rate])
    if right is None or not guesses:
        return None, None
    found = wilson(right, guesses)
    return found.low, found.high
