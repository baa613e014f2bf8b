"""What the curves of a run say, in plain words: a pure function over its records. No torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from core.records import EpochRecord
from core.synthesis.history import history_of
from core.synthesis.symptoms import STATES, WARNINGS, Finding, Gravity, collapsed, diverged, not_finite

__all__ = ["Finding", "Gravity", "diagnose", "trouble"]


def diagnose(
    records: Sequence[EpochRecord], *, columns: Sequence[str] = (), diverged_epoch: int | None = None
) -> tuple[Finding, ...]:
    """Everything that the curves say, the gravest first; the last one says how far learning is.

    Parameters
    ----------
    records : sequence of EpochRecord, oldest first
    columns : sequence of str
        Names of the modelled columns, in the order of the probe's numbers.
    diverged_epoch : int, optional
        Epoch in which training ended because numbers were no longer finite; no record tells of it.
    """
    history = history_of(records, columns)
    if diverged_epoch is not None:
        return (not_finite(diverged_epoch, history.learning_rate),)
    found = [finding for rule in (diverged, *WARNINGS) if (finding := rule(history)) is not None]
    if any(one.rule == "diverged" for one in found):
        return tuple(found[:1])
    state = next(finding for rule in STATES if (finding := rule(history)) is not None)
    if found and state.gravity is Gravity.GOOD:
        state = dataclasses.replace(state, gravity=Gravity.INFO)  # settled, but not where it should be
    return (*found, state)


def trouble(records: Sequence[EpochRecord], *, collapse: bool) -> Finding | None:
    """What a run can be taken back for: divergence and, where asked for, the collapse of a learned column."""
    history = history_of(records)
    found = diverged(history)
    return found if found is not None or not collapse else collapsed(history)
