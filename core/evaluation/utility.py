"""Utility: whether a model trained on synthetic rows predicts real rows as well as one trained on real rows does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.coded import CONTROL, SYNTHETIC, TRAIN, coded
from core.evaluation.learners import Predictions, Task, learn_and_predict, task_of
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.scoring import Ranking, bootstrap_weights, macro_auc, r2
from core.records import Direction, MetricResult

N_BOOTSTRAPS = 200
MAX_LEARN_ROWS = 100_000
"""Rows that the learner sees in the quick and standard plans; of more, as many at random."""

METHOD = "95 %, bootstrap of the control rows; model and its training rows fixed"
PAIRED_METHOD = "95 %, paired bootstrap of the control rows; both models and their training rows fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score and its values under bootstrap weights of the test rows."""

    value: float
    redrawn: np.ndarray
    n_train: int

    def ends(self) -> tuple[float | None, float | None]:
        """2.5 and 97.5 % quantiles of the bootstrap."""
        return quantiles(self.redrawn)


class Utility:
    """TSTR and TRTR of one target with gradient boosting, and the share of TRTR's gain that is kept."""

    names = ("tstr_auc", "trtr_auc", "utility_kept")
    part = Part.UTILITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Three results: `tstr_auc`, `trtr_auc` (or `tstr_r2`, `trtr_r2`) and `utility_kept`.

        Raises
        ------
        NotApplicable
            Without target, synthetic rows or control rows to test on.
        """
        data = coded(tables)
        task = task_of(data, tables.target)
        tables.need_synthetic()
        tables.need_control(2)
        check_testable(task)
        weights = bootstrap_weights(int(task.known(CONTROL).sum()), N_BOOTSTRAPS, tables.generator("control rows"))
        kind = "r2" if task.is_regression else "auc"
        tstr = scored(task, _learned(tables, task, SYNTHETIC), weights)
        yield _score_result(f"tstr_{kind}", tstr, task, tables, "synthetic")
        trtr = scored(task, _learned(tables, task, TRAIN), weights)
        yield _score_result(f"trtr_{kind}", trtr, task, tables, "real train")
        yield kept_result(tstr, trtr, task, len(tables.synthetic))


def check_testable(task: Task, table: str = CONTROL) -> None:
    """Refuse a test table whose target does not vary.

    Raises
    ------
    NotApplicable
    """
    truth = task.truth[table][task.known(table)]
    if len(truth) < 2 or truth.min() == truth.max():
        raise NotApplicable(f"The target {task.target!r} has one value in the control rows, so nothing can be tested.")


def _learned(tables: Tables, task: Task, learn_from: str) -> Predictions:
    """Predictions for the control rows, kept for other metrics of the evaluation."""
    key = f"predictions of {learn_from}"
    if key not in tables.cache:
        n_rows = len(task.truth[learn_from])
        rows = None
        if n_rows > MAX_LEARN_ROWS and tables.plan is not Plan.FULL:
            rows = np.sort(tables.generator(key).permutation(n_rows)[:MAX_LEARN_ROWS])
        tables.cache[key] = learn_and_predict(task, learn_from, seed=tables.seed, threads=tables.threads, rows=rows)
    return tables.cache[key]


def scored(task: Task, predictions: Predictions, weights: np.ndarray, table: str = CONTROL) -> Scored:
    """AUC (macro one-against-rest for many classes) or R2 of predictions, with its bootstrap."""
    truth = task.truth[table][task.known(table)]
    if task.is_regression:

        def score(one: np.ndarray | None) -> float:
            return r2(truth, predictions.scores, one)
    else:
        rankings = class_rankings(truth, predictions.scores)

        def score(one: np.ndarray | None) -> float:
            return macro_auc(rankings, one)

    redrawn = np.array([score(one) for one in weights])
    return Scored(value=score(None), redrawn=redrawn, n_train=predictions.n_train)


def class_rankings(truth: np.ndarray, scores: np.ndarray) -> list[Ranking]:
    """Ranking of the test rows by the score of each class; of two classes only the rarer, the other mirrors it."""
    classes = [1] if scores.shape[1] == 2 else [one for one in range(scores.shape[1]) if (truth == one).any()]
    return [Ranking.of(scores[:, one], truth == one) for one in classes]


def quantiles(redrawn: np.ndarray) -> tuple[float | None, float | None]:
    """95 % percentile interval of bootstrap values; None twice when hardly any could be computed."""
    finite = redrawn[np.isfinite(redrawn)]
    if len(finite) < len(redrawn) / 2:
        return None, None
    low, high = np.quantile(finite, (0.025, 0.975))
    return float(low), float(high)


def _score_result(metric: str, found: Scored, task: Task, tables: Tables, rows: str) -> MetricResult:
    low, high = found.ends()
    if task.is_regression:
        meaning = f"Trained on {rows} rows and tested on control rows: 1 is perfect, 0 no better than the mean."
    else:
        meaning = f"Trained on {rows} rows and tested on control rows: 1 is perfect, 0.5 is chance."
        if len(task.classes) > 2:
            meaning += f" Mean over {len(task.classes)} classes, each against the rest."
    return MetricResult(
        metric=metric,
        value=found.value,
        low=low,
        high=high,
        interval=METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit="R2, up to 1" if task.is_regression else "AUC, 0.5 to 1",
        anchors={"chance": 0.0 if task.is_regression else 0.5},
        counts={"rows learned from": found.n_train, "control rows": int(task.known(CONTROL).sum())},
        explanation=meaning,
        n_rows=len(tables.synthetic),
    )


def kept_result(tstr: Scored, trtr: Scored, task: Task, n_rows: int) -> MetricResult:
    """`utility_kept`: what of the real rows' gain over chance the synthetic rows keep.

    Not measured where the real rows themselves predict no better than chance, for then the quotient means nothing.
    """
    chance = 0.0 if task.is_regression else 0.5
    low_trtr = trtr.ends()[0]
    if trtr.value <= chance or low_trtr is None or low_trtr <= chance:
        return not_measured(
            "utility_kept", f"Real rows predict {task.target!r} no better than chance, so there is nothing to keep."
        )
    low, high = quantiles((tstr.redrawn - chance) / np.where(trtr.redrawn > chance, trtr.redrawn - chance, np.nan))
    return MetricResult(
        metric="utility_kept",
        value=(tstr.value - chance) / (trtr.value - chance),
        low=low,
        high=high,
        interval=PAIRED_METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit="share of the gain over chance, up to about 1",
        anchors={"chance": 0.0, "real rows": 1.0},
        explanation="How much of what real rows teach about the target synthetic rows teach too: 1 means all of it.",
        n_rows=n_rows,
    )


UTILITY = Utility()
