"""What every attack shares: equal tables, Anonymeter's arithmetic with its warnings caught, and one way of reporting.

Anonymeter (Giomi et al., PoPETs 2023, arXiv 2211.10459; Clear BSD licence without patent grant, US-20230401336-A1 is
pending) measures how often an attacker who sees the synthetic table is right about train rows (attack), about control
rows (control) and by guessing (baseline). The residual risk is (attack - control) / (1 - control).
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from anonymeter.stats.confidence import EvaluationResults, residual_success

from core.evaluation import rates
from core.records import Direction, MetricResult, Scope

WILSON = "95 % propagated from the Wilson intervals of attack and control"
LEVEL = rates.LEVEL
RESOLVED = 0.02
"""Risk for which the guesses that would be enough are said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """What an attack counted.

    Parameters
    ----------
    n_requested : int
        Guesses that the plan wanted per table.
    n_attack, n_control, n_baseline : int
        Guesses that were made: about train rows, about control rows, and naively about train rows.
    attack, control, baseline : int
        Right ones among them.
    notes : tuple of str
        Warnings of the library and limits that were met, as sentences.
    """

    n_requested: int
    n_attack: int
    n_control: int
    n_baseline: int
    attack: int
    control: int
    baseline: int
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Every count under its name in a report."""
        return {
            "guesses requested": self.n_requested,
            "guesses at train rows": self.n_attack,
            "right at train rows": self.attack,
            "guesses at control rows": self.n_control,
            "right at control rows": self.control,
            "naive guesses": self.n_baseline,
            "right naively": self.baseline,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Residual risk of an attack.

    Parameters
    ----------
    signed : Estimate
        Before clipping, with its interval; negative where control rows were guessed more often than train rows.
    warnings : tuple of str
        What the library said while computing it.
    """

    signed: rates.Estimate
    warnings: tuple[str, ...]


def residual_risk(guesses: Guesses, *, level: float = LEVEL) -> Risk:
    """Residual risk with Anonymeter's arithmetic, from the guesses that were made rather than those requested."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = EvaluationResults(
            n_attacks=(guesses.n_attack, guesses.n_baseline, guesses.n_control),
            n_success=guesses.attack,
            n_baseline=guesses.baseline,
            n_control=guesses.control,
            confidence_level=level,
        )
        residual = residual_success(attack_rate=results.attack_rate, control_rate=results.control_rate)
    value, error = float(residual.value), float(residual.error)
    return Risk(
        signed=rates.Estimate(value=value, low=value - error, high=value + error),
        warnings=tuple(str(one.message) for one in caught),
    )


def risk_result(
    metric: str,
    guesses: Guesses,
    *,
    sentence: str,
    n_rows: int,
    scope: Scope = Scope.TABLE,
    subject: tuple[str, ...] = (),
    level: float = LEVEL,
    interval: str = WILSON,
) -> MetricResult:
    """The row of the report for an attack.

    Parameters
    ----------
    sentence : str
        What the attacker does, with `{attack}` and `{control}` for the shares of right guesses.
    level : float
        Level of the interval, and of the test whose power is said; above .95 where it is one of several that are
        compared.
    """
    risk = residual_risk(guesses, level=level)
    shown = risk.signed.clipped
    attack, control, baseline = (
        count / max(1, n)
        for count, n in (
            (guesses.attack, guesses.n_attack),
            (guesses.control, guesses.n_control),
            (guesses.baseline, guesses.n_baseline),
        )
    )
    spread = (risk.signed.high - risk.signed.low) / 2 / rates.normal_quantile(level)
    seen = rates.detectable(spread, level=level)
    # the standard error shrinks with the square root of the guesses
    enough = math.ceil(guesses.n_attack * (seen / RESOLVED) ** 2)
    # a leak that the control rows prove is no weak attack, however well blind guessing does
    weak = baseline >= attack and risk.signed.low <= 0
    said = sentence.format(attack=f"{attack:.1%}", control=f"{control:.1%}")
    remark = (
        "Blind guessing does as well, so this attack is too weak to say anything."
        if weak
        else f"Blind guessing is right in {baseline:.1%}."
    )
    return MetricResult(
        metric=metric,
        scope=scope,
        subject=subject,
        value=shown.value,
        low=shown.low,
        high=shown.high,
        interval=interval,
        direction=Direction.LOWER,
        unit="residual risk 0 to 1",
        anchors={
            "attack": attack,
            "control": control,
            "baseline": baseline,
            "signed": risk.signed.value,
            "signed low": risk.signed.low,
            "signed high": risk.signed.high,
            "detectable": min(1.0, seen),
            "fresh rows": 0.0,
        },
        counts={**guesses.counts(), f"guesses that resolve a risk of {RESOLVED:.0%}": enough},
        n_rows=n_rows,
        explanation=" ".join(
            (
                said,
                f"The residual risk is {shown.value:.1%} ({shown.low:.1%} to {shown.high:.1%}); a risk of "
                f"{min(1.0, seen):.1%} would have shown four times in five"
                + ("." if seen <= RESOLVED else f", one of {RESOLVED:.0%} with {enough:,} guesses."),
                remark,
                *guesses.notes,
            )
        ),
    )


def limits_met(n_made: int, n_requested: int, messages: list[str]) -> tuple[str, ...]:
    """Sentences for the report when fewer guesses were made than asked for, or the library warned."""
    notes = []
    if n_made < n_requested:
        notes.append(f"{n_made:,} of the {n_requested:,} guesses asked for could be made; rates are of those made.")
    # its own words about too few queries repeat the sentence above
    notes.extend(f"Anonymeter warns: {one}" for one in messages if "could generate only" not in one)
    return tuple(notes)


@contextmanager
def library_messages(name: str) -> Iterator[list[str]]:
    """Collect warnings that a logger of the library gives, so that they reach the report."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger = logging.getLogger(name)
    collector = Collector(level=logging.WARNING)
    propagate = logger.propagate
    logger.addHandler(collector)
    logger.propagate = False
    try:
        yield messages
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagate
