"""What a metric is, and the tables it is measured on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.records import Condition, MetricResult, Scope, Status
from core.schema import Schema
from core.tables import level_codes


class Part(StrEnum):
    """Stage of judging that a metric belongs to."""

    FIDELITY = "fidelity"
    UTILITY = "utility"
    PRIVACY = "privacy"


class Plan(StrEnum):
    """A named set of metrics with a budget; each contains the one before."""

    QUICK = "quick"
    STANDARD = "standard"
    FULL = "full"

    def includes(self, other: Plan) -> bool:
        """Whether metrics that need at least `other` are part of this plan."""
        order = list(Plan)
        return order.index(other) <= order.index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Tables to judge, all work frames of `schema` (see `core.tables`).

    Parameters
    ----------
    schema : Schema
    train : DataFrame
        Real rows that the model may have seen.
    synthetic : DataFrame
        Unconditioned synthetic rows only.
    control : DataFrame or None
        Real rows that the model never saw.
    conditioned : DataFrame or None
        Rows drawn under conditions; never part of table metrics.
    conditions : tuple of Condition
        What the conditioned rows were asked for, in their order, each with the rows delivered; may be empty where it is
        not known.
    target : str or None
    further_targets : tuple of str
        Columns that are predicted beside the target.
    sensitive : tuple of str
        Columns by whose groups results are told apart.
    group : str or None
        Entity column by which rows were split: rows of one entity are not independent of each other.
    known : tuple of tuples of str
        Sets of columns that an attacker is taken to know of a person, beside those that metrics suggest themselves.
    secrets : tuple of str
        Columns that an attacker wants to learn; empty for those that metrics suggest.
    scores : mapping of name to two float64 arrays
        Membership scores made elsewhere for every train row and every control row, higher meaning "was trained on":
        those of a critic.
    shadows : tuple of DataFrames
        Tables of shadow generators, trained as `core.evaluation.shadows.plan_shadows` says for these tables.
    anchors : mapping of name to DataFrame
        Tables made elsewhere from the same train rows, such as a Gaussian copula's, that are judged beside the sample.
    known_anchors : mapping of metric to mapping of anchor to value
        Anchors of an earlier evaluation of this dataset, which need no work.
    seed : int
        Seed of everything random in judging.
    threads : int
    plan : Plan
    cache : dict
        Work shared by metrics of one evaluation (encodings, neighbours), by name; never stored.
    shared : dict
        Work on the real rows alone, by name, for whoever judges many samples of one dataset: the same dict may be
        handed to evaluations that differ in nothing but their synthetic rows. See `once`.
    """

    schema: Schema
    train: pd.DataFrame
    synthetic: pd.DataFrame
    control: pd.DataFrame | None = None
    conditioned: pd.DataFrame | None = None
    conditions: tuple[Condition, ...] = ()
    target: str | None = None
    further_targets: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    group: str | None = None
    known: tuple[tuple[str, ...], ...] = ()
    secrets: tuple[str, ...] = ()
    scores: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    shadows: tuple[pd.DataFrame, ...] = ()
    anchors: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    known_anchors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seed: int = 0
    threads: int = 1
    plan: Plan = Plan.STANDARD
    cache: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)

    def generator(self, name: str) -> np.random.Generator:
        """A generator of its own for each user, so that adding a metric never changes another's numbers."""
        return np.random.default_rng([self.seed, *name.encode()])

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """A number that no synthetic row takes part in: computed by the first of the evaluations that share it."""
        if name not in self.shared:
            self.shared[name] = compute()
        return self.shared[name]

    def entities(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Codes of the entity of every train and every control row, over one list; None where rows stand alone."""
        if self.group is None or self.control is None or self.group not in self.train or self.group not in self.control:
            return None
        return entity_codes(self.train[self.group], self.control[self.group])

    def need_synthetic(self, n_rows: int = 1) -> None:
        """Refuse with a reason when there are fewer than `n_rows` unconditioned synthetic rows.

        Raises
        ------
        NotApplicable
        """
        if len(self.synthetic) < n_rows:
            raise NotApplicable(
                f"It needs at least {n_rows} unconditioned synthetic rows; there are {len(self.synthetic)}."
            )

    def need_control(self, n_rows: int = 1) -> pd.DataFrame:
        """The control rows, or a refusal with a reason.

        Raises
        ------
        NotApplicable
        """
        if self.control is None or len(self.control) < n_rows:
            there = 0 if self.control is None else len(self.control)
            raise NotApplicable(f"It needs at least {n_rows} control rows; there are {there}.")
        return self.control


class Metric(Protocol):
    """A measurement. Register an instance in `core.evaluation.registry`.

    Attributes
    ----------
    names : names at scope `table` that it gives, measured or not, in order
    part : Part
    plan : the smallest plan that includes it
    """

    names: tuple[str, ...]
    part: Part
    plan: Plan

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Yield `MetricResult`s and pictures.

        Raises
        ------
        NotApplicable
            With the reason, when it has no meaning for these tables.
        """
        ...


def as_levels(series: pd.Series) -> pd.Series:
    """Any column as a category of texts."""
    levels = series.astype("category")
    return levels.cat.rename_categories([str(level) for level in levels.cat.categories])


def entity_codes(*columns: pd.Series) -> tuple[np.ndarray, ...]:
    """Codes of the entity of every row over one list; a row that names none is one of its own."""
    codes, levels = level_codes(*map(as_levels, columns))
    next_code = len(levels) - 1  # that of missing, the last one
    for one in codes:
        alone = np.flatnonzero(one == len(levels) - 1)
        one[alone] = next_code + np.arange(len(alone))
        next_code += len(alone)
    return tuple(codes)


def not_measured(
    metric: str, reason: str, *, scope: Scope = Scope.TABLE, subject: tuple[str, ...] = ()
) -> MetricResult:
    """The result that says why there is no number."""
    return MetricResult(metric=metric, scope=scope, subject=subject, status=Status.NOT_MEASURED, explanation=reason)


def timed(result: MetricResult, seconds: float) -> MetricResult:
    """The same result with the seconds that it took."""
    return dataclasses.replace(result, seconds=seconds)
