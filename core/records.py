"""Values that travel between layers: metric results and reports here, and by name all other records."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from core.clauses import Clause as Clause
from core.clauses import Condition as Condition
from core.clauses import MixShare as MixShare
from core.clauses import TargetMix as TargetMix
from core.epochs import EpochRecord as EpochRecord
from core.epochs import ProbeRecord as ProbeRecord
from core.epochs import Rollback as Rollback
from core.errors import InvalidConfig
from core.fields import known_fields
from core.pictures import ColumnPicture as ColumnPicture
from core.pictures import CorrelationPicture as CorrelationPicture
from core.pictures import DistanceCurve as DistanceCurve
from core.pictures import ProjectionPicture, SuspectRows
from core.requests import ConditionOutcome as ConditionOutcome
from core.requests import Knobs as Knobs
from core.requests import Novelty as Novelty
from core.requests import SampleRequest as SampleRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintOutcome:
    """How rows kept a constraint as they came from the networks; every row that is delivered keeps it.

    Parameters
    ----------
    label : str
        The constraint in words.
    n_drawn : int
    n_mended : int
        Rows that broke it at first, and were mended or drawn again.
    """

    label: str
    n_drawn: int
    n_mended: int

    @property
    def acceptance_rate(self) -> float:
        """Share of drawn rows that kept it at once, 0 to 1."""
        return 1 - self.n_mended / self.n_drawn if self.n_drawn else 1.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ConstraintOutcome:
        """Rebuild an outcome from `to_json`."""
        return known_fields(cls, value)


class Scope(StrEnum):
    """What a metric speaks of."""

    TABLE = "table"
    COLUMN = "column"
    PAIR = "pair"
    LEVEL = "level"
    MODEL = "model"
    SECRET = "secret"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    TARGET = "closer to the anchor is better"


class Status(StrEnum):
    """Whether a number could be computed."""

    MEASURED = "measured"
    NOT_MEASURED = "not measured"


class Verdict(StrEnum):
    """What a rule made of a number."""

    PASS = "pass"
    CAUTION = "caution"
    FAIL = "fail"
    TOO_WEAK = "too weak to say"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """One number, or the reason why there is none: a row of the report, the database and the JSON.

    Parameters
    ----------
    metric : str
        Registered name, such as `column_shapes`.
    scope : Scope
    subject : tuple of str
        Names that the number is about: a column, two columns, a column and a level; empty for the table.
    value, low, high : float or None
        The number and its interval; None where it was not measured or has no interval.
    interval : str
        How the interval was made, with its level: "95 % Wilson"; empty without one.
    direction : Direction
    unit : str
        "share 0 to 1", "distance 0 to 1", "AUC", ...
    anchors : mapping of name to float
        The same metric on cases whose answer is known.
    counts : mapping of name to int
        What rates were made of.
    verdict : Verdict
    rule : str
        The rule that decided the verdict; empty without one.
    status : Status
    explanation : str
        One plain sentence for the analyst, or the reason that nothing was measured.
    n_rows : int
        Synthetic rows used.
    seconds : float
    """

    metric: str
    scope: Scope = Scope.TABLE
    subject: tuple[str, ...] = ()
    value: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str = ""
    direction: Direction = Direction.HIGHER
    unit: str = ""
    anchors: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    verdict: Verdict = Verdict.NOT_MEASURED
    rule: str = ""
    status: Status = Status.MEASURED
    explanation: str = ""
    n_rows: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None and not abs(number) < float("inf"):
                raise InvalidConfig(f"{self.metric}: {name} is {number}; give a status and a reason instead.")
        if (self.status is Status.MEASURED) == (self.value is None):
            raise InvalidConfig(f"{self.metric}: status {self.status!r} does not fit the value {self.value}.")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {
            "subject": list(self.subject),
            "anchors": {name: float(value) for name, value in self.anchors.items()},
            "counts": {name: int(value) for name, value in self.counts.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> MetricResult:
        """Rebuild a result from `to_json`."""
        enums = {"scope": Scope, "direction": Direction, "verdict": Verdict, "status": Status}
        typed = {name: kind(value[name]) for name, kind in enums.items()}
        return known_fields(cls, {**value, **typed, "subject": tuple(value["subject"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one evaluation found."""

    results: tuple[MetricResult, ...] = ()
    columns: tuple[ColumnPicture, ...] = ()
    correlations: tuple[CorrelationPicture, ...] = ()
    curves: tuple[DistanceCurve, ...] = ()
    projections: tuple[ProjectionPicture, ...] = ()
    suspects: tuple[SuspectRows, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, items: Iterable[Any], *, settings: Mapping[str, Any], versions: Mapping[str, str]) -> Report:
        """Sort a stream of results and pictures into a report."""
        found = list(items)

        def kind(wanted: type) -> tuple[Any, ...]:
            return tuple(item for item in found if isinstance(item, wanted))

        return cls(
            results=kind(MetricResult),
            columns=kind(ColumnPicture),
            correlations=kind(CorrelationPicture),
            curves=kind(DistanceCurve),
            projections=kind(ProjectionPicture),
            suspects=kind(SuspectRows),
            settings=settings,
            versions=versions,
        )

    def find(self, metric: str, *subject: str, scope: Scope = Scope.TABLE) -> MetricResult | None:
        """The result of a metric for a subject, or None."""
        for result in self.results:
            if result.metric == metric and result.subject == subject and result.scope is scope:
                return result
        return None

    def frame(self) -> pd.DataFrame:
        """One tidy table, a row per result."""
        names = [one.name for one in dataclasses.fields(MetricResult)]
        return pd.DataFrame([result.to_json() for result in self.results], columns=names)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {
            "results": [result.to_json() for result in self.results],
            "settings": dict(self.settings),
            "versions": dict(self.versions),
            "pictures": {
                "columns": [dataclasses.asdict(one) for one in self.columns],
                "correlations": [dataclasses.asdict(one) for one in self.correlations],
                "curves": [dataclasses.asdict(one) for one in self.curves],
                "projections": [dataclasses.asdict(one) for one in self.projections],
                "suspects": [dataclasses.asdict(one) for one in self.suspects],
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Report:
        """Rebuild a report from `to_json`."""
        pictures = value.get("pictures", {})
        return cls(
            results=tuple(MetricResult.from_json(one) for one in value["results"]),
            columns=tuple(ColumnPicture.from_json(one) for one in pictures.get("columns", ())),
            correlations=tuple(CorrelationPicture.from_json(one) for one in pictures.get("correlations", ())),
            curves=tuple(DistanceCurve.from_json(one) for one in pictures.get("curves", ())),
            projections=tuple(ProjectionPicture.from_json(one) for one in pictures.get("projections", ())),
            suspects=tuple(SuspectRows.from_json(one) for one in pictures.get("suspects", ())),
            settings=value.get("settings", {}),
            versions=value.get("versions", {}),
        )
