"""What a lift study found: whether more rows of a rare level help a model to recognise it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.records import MetricResult

REAL_ONLY = "real rows only"
WEIGHTS = "class weights"
RANDOM = "random oversampling"
SMOTE = "SMOTE"
CTGAN = "CTGAN rows"
ARMS = (REAL_ONLY, WEIGHTS, RANDOM, SMOTE, CTGAN)
"""What is compared, in the order of tables and legends."""

BOOSTING = "gradient boosting"
LINEAR = "logistic regression"
LEARNERS = (BOOSTING, LINEAR)

PR_AUC = "PR-AUC"
ROC_AUC = "ROC-AUC"
F1_RARE = "F1 of the rare level"
F1_REST = "F1 of the other rows"
RECALL = "recall at fixed precision"
MEASURES = (PR_AUC, RECALL, F1_RARE, F1_REST, ROC_AUC)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftPoint:
    """One measure of one way of oversampling at one ratio.

    Parameters
    ----------
    learner, arm, measure : str
    ratio : float
        Rows (or weight) of the rare level for each other row, after oversampling; for real rows only as they are.
    value : float
        Mean over seeds, on control rows at their true prevalence; higher is better for all measures.
    low, high : float
        95 % interval: paired bootstrap over control rows (whole entities) and seeds.
    difference, difference_low, difference_high : float
        Against real rows only, from the same rows and seeds.
    fold_value : float
        The measure on the fold of train rows that choices are made on.
    n_seeds : int
    """

    learner: str
    arm: str
    measure: str
    ratio: float
    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    fold_value: float
    n_seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftChoice:
    """The ratio that the fold chose for one way of oversampling, and what it brings on control rows.

    `difference_low` and `difference_high` are simultaneous over the ways that are compared.
    """

    learner: str
    arm: str
    ratio: float
    difference: float
    difference_low: float
    difference_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftReport:
    """A lift study.

    Parameters
    ----------
    target, level : str
    points : tuple of LiftPoint
    choices : tuple of LiftChoice, of PR-AUC
    sentences : tuple of str
        What follows for each learner; "no gain here" where none is shown.
    privacy : tuple of MetricResult
        What the oversampled rows give away: distances to the real rows of the level alone.
    settings : mapping
        Numbers of rows, seeds, ratios, precision.
    """

    target: str
    level: str
    points: tuple[LiftPoint, ...]
    choices: tuple[LiftChoice, ...]
    sentences: tuple[str, ...]
    privacy: tuple[MetricResult, ...] = ()
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def curve(self, learner: str, arm: str, measure: str) -> list[LiftPoint]:
        """Points of one line, by ratio."""
        found = [one for one in self.points if (one.learner, one.arm, one.measure) == (learner, arm, measure)]
        return sorted(found, key=lambda one: one.ratio)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {
            "target": self.target, "level": self.level, "sentences": list(self.sentences),
            "points": [dataclasses.asdict(one) for one in self.points],
            "choices": [dataclasses.asdict(one) for one in self.choices],
            "privacy": [one.to_json() for one in self.privacy], "settings": dict(self.settings),
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> LiftReport:
        """Rebuild a report from `to_json`."""
        return cls(
            target=value["target"],
            level=value["level"],
            points=tuple(LiftPoint(**one) for one in value["points"]),
            choices=tuple(LiftChoice(**one) for one in value["choices"]),
            sentences=tuple(value["sentences"]),
            privacy=tuple(MetricResult.from_json(one) for one in value["privacy"]),
            settings=value["settings"],
        )
