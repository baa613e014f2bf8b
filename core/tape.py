"""Values of the tape: judged checkpoints of a run, rules of a risk cap, and what they decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.fields import known_fields
from core.records import MetricResult, Scope, Status

CONTROL, COPY = "control rows", "copied rows"
"""Anchors that the tape judges like a probe sample: real rows that nobody trained on, and train rows themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapePoint:
    """One judged checkpoint, or an anchor judged in the same way.

    Parameters
    ----------
    run_id : str
    seed : int
        Seed of the training.
    epoch, step : int
        Where the checkpoint lies; 0 for an anchor.
    plan : str
    anchor : str
        `CONTROL` or `COPY`; empty for a checkpoint.
    n_rows : int
        Rows of the probe sample.
    results : tuple of MetricResult
        At scopes table and model.
    seconds : float
        Wall time of drawing and judging.
    n_rollbacks : int
        Rollbacks of the run that led behind this epoch, when it was judged: after another one, the checkpoint is gone.
    """

    run_id: str
    seed: int = 0
    epoch: int = 0
    step: int = 0
    plan: str = "quick"
    anchor: str = ""
    n_rows: int = 0
    results: tuple[MetricResult, ...] = ()
    seconds: float = 0.0
    n_rollbacks: int = 0

    def find(self, metric: str) -> MetricResult | None:
        """The measured result of a metric at scope table, or None."""
        for result in self.results:
            if result.metric == metric and result.scope is Scope.TABLE:
                return result if result.status is Status.MEASURED else None
        return None

    def reason(self, metric: str) -> str:
        """Why a metric was not measured; empty where it was."""
        for result in self.results:
            if result.metric == metric and result.scope is Scope.TABLE:
                return "" if result.status is Status.MEASURED else result.explanation
        return "It was not part of the plan."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {"results": [one.to_json() for one in self.results]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TapePoint:
        """Rebuild a point from `to_json`; unknown fields are ignored."""
        results = tuple(MetricResult.from_json(one) for one in value.get("results", ()))
        return known_fields(cls, {**value, "results": results})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A limit that the unfavourable end of a metric's interval has to keep.

    Parameters
    ----------
    metric : str
    at_most : bool
        True for `<=`, False for `>=`.
    limit : float
    """

    metric: str
    at_most: bool
    limit: float

    def __str__(self) -> str:
        return f"{self.metric} {'<=' if self.at_most else '>='} {self.limit:g}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rule:
        """Rebuild a rule from `to_json`."""
        return cls(metric=value["metric"], at_most=bool(value["at_most"]), limit=float(value["limit"]))


class Outcome(StrEnum):
    """What a rule made of one checkpoint."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDECIDED = "too small to decide"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule at one checkpoint, with everything that decided.

    Parameters
    ----------
    run_id, epoch, rule
    outcome : Outcome
        Inside: the whole interval keeps the limit. Outside: the whole interval breaks it. Else undecided.
    value, low, high : float or None
        With the simultaneous interval.
    counts : mapping of name to int
        What the number was made of.
    enough : int or None
        Attacks (or rows) that would decide, were the value to stay; None where none would, or none is needed.
    unit : str
        What `enough` counts.
    """

    run_id: str
    epoch: int
    rule: Rule
    outcome: Outcome
    value: float | None = None
    low: float | None = None
    high: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    enough: int | None = None
    unit: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {
            "rule": self.rule.to_json(),
            "outcome": self.outcome.value,
            "counts": {name: int(count) for name, count in self.counts.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Check:
        """Rebuild a check from `to_json`."""
        typed = {"rule": Rule.from_json(value["rule"]), "outcome": Outcome(value["outcome"])}
        return cls(**{**value, **typed})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What rules made of a tape.

    Parameters
    ----------
    rules : tuple of Rule
    n_candidates : int
        Checkpoints among which the last one inside is looked for.
    level : float
        Level of each interval, 1 - .05 / n_candidates, so that all of them hold together with 95 %.
    epoch : int or None
        The last epoch at which every rule is inside; None where there is none.
    stopped_at : int or None
        The epoch after which training was asked to stop; None where it was not.
    why : str
        `cap` or `plateau` where training was stopped, else empty.
    rolled_back_to : int or None
        The epoch that the run went back to when it was stopped; None where it did not.
    sentence : str
        The decision for the analyst.
    checks : tuple of Check
        Every rule at every checkpoint.
    """

    rules: tuple[Rule, ...] = ()
    n_candidates: int = 0
    level: float = 0.95
    epoch: int | None = None
    stopped_at: int | None = None
    why: str = ""
    rolled_back_to: int | None = None
    sentence: str = ""
    checks: tuple[Check, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {
            "rules": [one.to_json() for one in self.rules],
            "checks": [one.to_json() for one in self.checks],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Decision:
        """Rebuild a decision from `to_json`; unknown fields are ignored."""
        rules = tuple(Rule.from_json(one) for one in value.get("rules", ()))
        checks = tuple(Check.from_json(one) for one in value.get("checks", ()))
        return known_fields(cls, {**value, "rules": rules, "checks": checks})


def checkpoints_of(points: Iterable[TapePoint]) -> list[TapePoint]:
    """Points that are checkpoints, by epoch; of one checkpoint judged twice, the later judgment."""
    found = {(point.run_id, point.epoch): point for point in points if not point.anchor}
    return sorted(found.values(), key=lambda point: (point.epoch, point.run_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A metric at one epoch over several seeds of one setting.

    Parameters
    ----------
    epoch, step : int
    value : float
        Mean over the seeds; with one seed its value.
    low, high : float or None
        Where the mean lies; with one seed the interval of that point.
    n_seeds : int
    """

    epoch: int
    step: int
    value: float
    low: float | None
    high: float | None
    n_seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Tapes of one setting, as a chart or a comparison takes them.

    Parameters
    ----------
    label : str
        What sets the setting apart.
    points : tuple of TapePoint
        Of all its seeds.
    """

    label: str
    points: tuple[TapePoint, ...]

    def of_run(self, run_id: str) -> list[TapePoint]:
        """Points of one run by epoch."""
        return [point for point in checkpoints_of(self.points) if point.run_id == run_id]

    @property
    def runs(self) -> tuple[str, ...]:
        """Runs in the order in which they come."""
        return tuple(dict.fromkeys(point.run_id for point in self.points))

    @property
    def n_seeds(self) -> int:
        """Different seeds; one that was trained twice counts once."""
        return len({point.seed for point in self.points})
