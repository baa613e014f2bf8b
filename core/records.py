"""Values that travel between layers: training records, sample requests, metric results, pictures and reports."""

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
from core.errors import InvalidConfig
from core.pictures import ProjectionPicture, SuspectRows
from core.requests import ConditionOutcome as ConditionOutcome
from core.requests import Knobs as Knobs
from core.requests import Novelty as Novelty
from core.requests import SampleRequest as SampleRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord:
    """What a fixed probe sample and a fixed set of real rows showed at the end of an epoch.

    The probe sample is drawn from the averaged weights, always with the same random numbers, so that from one record to
    the next only the model changes. Columns are those that the schema models, in its order.

    Parameters
    ----------
    n_rows : int
        Rows of the probe sample.
    shapes : tuple of float or None
        Column shape of each column against the train rows, 0 to 1, higher is better; None for a constant column.
    entropies : tuple of float or None
        Entropy of each column's levels or modes in the probe sample over that in the train rows: 1 is as varied as the
        table, 0 is one value alone. None where the train rows' own entropy is below .05 nats.
    lost : tuple of int or None
        Levels or modes of each column that the probe sample lacks although at least ten rows of them were expected.
    train_score, control_score : float or None
        Mean critic score of train rows and of the selection half of the control rows; None without control rows.
    score_gap_error : float or None
        Standard error of their difference.
    score_spread : float or None
        Standard deviation of the scores, pooled over both.
    n_scored : int
        Packs scored on each side.
    """

    n_rows: int
    shapes: tuple[float | None, ...]
    entropies: tuple[float | None, ...]
    lost: tuple[int | None, ...]
    train_score: float | None = None
    control_score: float | None = None
    score_gap_error: float | None = None
    score_spread: float | None = None
    n_scored: int = 0

    @property
    def mean_shape(self) -> float | None:
        """Mean column shape over the columns that have one."""
        known = [one for one in self.shapes if one is not None]
        return sum(known) / len(known) if known else None

    @property
    def score_gap(self) -> float | None:
        """Mean critic score of train rows minus that of control rows; above 0 the critic knows the train rows."""
        if self.train_score is None or self.control_score is None:
            return None
        return self.train_score - self.control_score

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ProbeRecord:
        """Rebuild from `dataclasses.asdict`."""
        return _from_json(cls, {**value, **{name: tuple(value[name]) for name in ("shapes", "entropies", "lost")}})


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """What one stretch of training measured: an epoch, or at most 200 steps of one.

    Losses are means over the stretch's steps, with their standard deviation beside them.

    Parameters
    ----------
    epoch : int
        Epoch that the stretch belongs to, from 1.
    step : int
        Generator steps since the start of the run.
    epoch_done : bool
        Whether the stretch ends its epoch.
    seconds : float
        Wall time of the stretch.
    rows_per_second : float
        Real rows seen per second of the stretch.
    generator_loss, generator_loss_std : float
        Minus the mean critic score of drawn rows, plus the conditional cross-entropy.
    discriminator_loss, discriminator_loss_std : float
        Mean score of drawn packs minus mean score of real packs; without the penalty.
    gradient_penalty : float
        The penalty's contribution (weight 10 included).
    conditional_loss : float
        Cross-entropy of the requested level, in nats.
    generator_gradient_norm, discriminator_gradient_norm : float
        Euclidean norm over all weights, mean over steps.
    gradient_penalty_std, conditional_loss_std, generator_gradient_norm_std, discriminator_gradient_norm_std : float
        Standard deviations over the stretch's steps of the numbers above.
    learning_rate : float or None
        Of both networks after the stretch, before warm-up; None where it was not noted.
    probe : ProbeRecord or None
        What a fixed probe sample showed at the epoch's end; None between two probes.
    """

    epoch: int
    step: int
    epoch_done: bool
    seconds: float
    rows_per_second: float
    generator_loss: float
    generator_loss_std: float
    discriminator_loss: float
    discriminator_loss_std: float
    gradient_penalty: float
    conditional_loss: float
    generator_gradient_norm: float
    discriminator_gradient_norm: float
    gradient_penalty_std: float = 0.0
    conditional_loss_std: float = 0.0
    generator_gradient_norm_std: float = 0.0
    discriminator_gradient_norm_std: float = 0.0
    learning_rate: float | None = None
    probe: ProbeRecord | None = None

    @property
    def critic_gap(self) -> float:
        """Mean critic score of real packs minus that of drawn ones: the critic's estimate of their distance."""
        return -self.discriminator_loss

    @property
    def critic_gap_std(self) -> float:
        """Standard deviation of the gap over the stretch's steps."""
        return self.discriminator_loss_std

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; a stretch without a probe has no such field."""
        value = dataclasses.asdict(self)
        return value if self.probe is not None else {name: item for name, item in value.items() if name != "probe"}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> EpochRecord:
        """Rebuild a record from `to_json`; unknown fields of later versions are ignored."""
        probe = value.get("probe")
        return _from_json(cls, {**value, "probe": None if probe is None else ProbeRecord.from_json(probe)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """One time that a run went back to a checkpoint and on with half its learning rate.

    Parameters
    ----------
    epoch, step : int
        Where the trouble was seen.
    to_epoch, to_step : int
        Where it went back to; 0 is the start.
    learning_rate : float
        With which it went on.
    reason : str
        `diverged` or `collapsed`.
    words : str
        What was seen, for the analyst.
    abandoned : tuple of (epoch, generator loss, discriminator loss)
        The stretch that was given up, at most 200 points of it.
    """

    epoch: int
    step: int
    to_epoch: int
    to_step: int
    learning_rate: float
    reason: str
    words: str
    abandoned: tuple[tuple[int, float | None, float | None], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self) | {"abandoned": [list(one) for one in self.abandoned]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rollback:
        """Rebuild from `to_json`."""
        return _from_json(cls, {**value, "abandoned": tuple(tuple(one) for one in value.get("abandoned", ()))})


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
        return _from_json(cls, value)


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
        return _from_json(cls, {**value, **typed, "subject": tuple(value["subject"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPicture:
    """One column of the real and the synthetic table, counted on shared bins or levels.

    Parameters
    ----------
    column : str
    type : str
        Column type.
    edges : tuple of float
        Bin edges (datetimes in seconds since 1970), one more than counts; empty for levels.
    labels : tuple of str
        Level texts; empty for bins. The last one may be "other (n levels)".
    real, synthetic : tuple of int
        Rows per bin or level.
    real_missing, synthetic_missing : int
    real_quantiles, synthetic_quantiles : tuple of float
        Quantiles of present values at equally spaced shares from 0 to 1, equally many; empty for levels.
    """

    column: str
    type: str
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    real: tuple[int, ...] = ()
    synthetic: tuple[int, ...] = ()
    real_missing: int = 0
    synthetic_missing: int = 0
    real_quantiles: tuple[float, ...] = ()
    synthetic_quantiles: tuple[float, ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ColumnPicture:
        """Rebuild from `dataclasses.asdict`."""
        names = ("edges", "labels", "real", "synthetic", "real_quantiles", "synthetic_quantiles")
        return _from_json(cls, {**value, **{name: tuple(value.get(name, ())) for name in names}})


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationPicture:
    """Association of every pair of columns in the real and the synthetic table.

    Parameters
    ----------
    columns : tuple of str, n names
    kind : str
        What the numbers are, for the caption.
    real, synthetic : tuple of n tuples of n floats or None
        None where a pair has no association (a constant column).
    """

    columns: tuple[str, ...]
    kind: str
    real: tuple[tuple[float | None, ...], ...]
    synthetic: tuple[tuple[float | None, ...], ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CorrelationPicture:
        """Rebuild from `dataclasses.asdict`."""
        rows = {name: tuple(tuple(row) for row in value[name]) for name in ("real", "synthetic")}
        return _from_json(cls, {**value, **rows, "columns": tuple(value["columns"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceCurve:
    """Cumulative distribution of a row-wise distance for several pairs of tables.

    Parameters
    ----------
    name : str
        `dcr` or `nndr`.
    label : str
        Axis label with unit and direction.
    grid : tuple of float, m values
    series : mapping of name to tuple of m shares 0 to 1
        Share of rows at or below each grid value; "synthetic to train rows", "synthetic to control rows", ...
    """

    name: str
    label: str
    grid: tuple[float, ...]
    series: Mapping[str, tuple[float, ...]]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DistanceCurve:
        """Rebuild from `dataclasses.asdict`."""
        series = {name: tuple(points) for name, points in value["series"].items()}
        return _from_json(cls, {**value, "grid": tuple(value["grid"]), "series": series})


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


def _from_json(cls: type, value: Mapping[str, Any]) -> Any:
    known = {one.name for one in dataclasses.fields(cls)}
    return cls(**{name: item for name, item in value.items() if name in known})
