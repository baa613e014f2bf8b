"""What a test could have seen: whether it was strong enough to say anything, and how much more would be enough.

A verdict on a weak test is worse than none: "below the line" then only means that nobody looked hard. Two things make a
privacy test too weak to say anything: its smallest visible effect lies beyond the line at which it would fail, or an
attack does no better than blind guessing.
"""

from __future__ import annotations

import math

from core.records import MetricResult

FRESH = "fresh rows"
"""Anchor with the value of rows that owe nothing to single train rows."""

VISIBLE = ("detectable", "detectable share of copied rows")
"""Anchors with the smallest value that would have shown four times in five."""

TRIALS = ("guesses at train rows", "train rows scored", "train rows")
"""Counts that say how often a test looked, in words that go on with "instead of"."""


def visible(result: MetricResult) -> float | None:
    """The smallest value that the test would have found four times in five; None where it is not known."""
    return next((result.anchors[name] for name in VISIBLE if name in result.anchors), None)


def trials(result: MetricResult) -> tuple[str, int] | None:
    """What the test counts and how many of it there were; None where more of it would not sharpen the test."""
    if VISIBLE[0] not in result.anchors:
        return None
    return next(((name, result.counts[name]) for name in TRIALS if name in result.counts), None)


def enough(result: MetricResult, line: float) -> int | None:
    """How many trials would show a value at `line` four times in five; None where that is not known.

    The standard error shrinks with the square root of the trials, and so does the visible effect.
    """
    seen, counted, null = visible(result), trials(result), result.anchors.get(FRESH, 0.0)
    if seen is None or counted is None or line <= null:
        return None
    return math.ceil(counted[1] * ((seen - null) / (line - null)) ** 2)


def weakness(result: MetricResult, line: float) -> str:
    """Why this test cannot say on which side of `line` the truth lies; empty where it can.

    Parameters
    ----------
    line : float
        Value above which the metric fails; higher is worse.
    """
    seen, null = visible(result), result.anchors.get(FRESH)
    if seen is None or null is None:
        return ""
    found_nothing = result.low is None or result.low <= null
    if found_nothing and seen > line:
        sentence = f"Only a value of {seen:.3g} would have shown four times in five, and it fails above {line:.3g}"
        counted, wanted = trials(result), enough(result, line)
        if counted is None or wanted is None:
            return f"{sentence}."
        return f"{sentence}; about {wanted:,} {counted[0]} instead of {counted[1]:,} would be enough."
    attack, baseline = result.anchors.get("attack"), result.anchors.get("baseline")
    if found_nothing and attack is not None and baseline is not None and baseline >= attack:
        return (
            f"Blind guessing is right in {baseline:.1%}, the attack in {attack:.1%}: more guesses would not help, only "
            "a stronger attack."
        )
    return ""
