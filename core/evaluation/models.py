"""Several models in several settings, at scope `model`: so that usefulness does not hang on one learner.

Settings: trained on synthetic rows and tested on control rows (TSTR), on train rows (TRTR), and on both together.
Models: logistic regression or ridge on scaled numbers and indicators, a random forest on the codes, gradient boosting.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, mean_absolute_error, recall_score
from threadpoolctl import threadpool_limits

from core.evaluation.coded import coded
from core.evaluation.learners import Rows, Task, boosted, check_testable, task_of
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.scoring import Ranking, macro_auc, r2
from core.evaluation.utility import class_rankings
from core.records import Direction, MetricResult, Scope

MODELS = ("linear", "random forest", "gradient boosting")
SETTINGS = {
    "tstr": "trained on synthetic rows",
    "trtr": "trained on real train rows",
    "augmented": "trained on real train and synthetic rows",
}
MAX_MODEL_ROWS = {Plan.STANDARD: 10_000, Plan.FULL: 200_000}
"""Rows learned from in each setting; of more, as many at random."""

N_TREES = 60
N_CALIBRATION_BINS = 10

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


class Models:
    """Scores of every model in every setting, and whether they rank the models alike."""

    names = ()
    part = Part.UTILITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Results at scope `model`; the subject is the model, for scores of a class the model and the class.

        Raises
        ------
        NotApplicable
            Without target, synthetic rows or control rows to test on.
        """
        data = coded(tables)
        task = task_of(data, tables.target)
        tables.need_synthetic()
        tables.need_control(2)
        test = task.rows(data.control)
        check_testable(task, test)
        train, synthetic = task.rows(data.train), task.rows(data.synthetic)
        learn = {"tstr": synthetic, "trtr": train, "augmented": train.with_rows(synthetic)}
        most = MAX_MODEL_ROWS.get(tables.plan, MAX_MODEL_ROWS[Plan.STANDARD])
        main: dict[str, dict[str, float]] = {setting: {} for setting in SETTINGS}
        for setting, rows in learn.items():
            if not len(rows):
                continue
            generator = tables.generator(f"models {setting}")
            rows = rows.taking(np.sort(generator.permutation(len(rows))[:most]))
            for model in MODELS:
                scores = _predicted(model, task, rows, test, tables)
                found = _regression_rows if task.is_regression else _class_rows
                for result in found(task, test, scores, setting, model, len(tables.synthetic)):
                    main[setting].setdefault(model, result.value)  # the first score is the one that ranks
                    yield result
        yield from _rank_agreement(main, len(tables.synthetic))


def _predicted(model: str, task: Task, learn: Rows, test: Rows, tables: Tables) -> np.ndarray:
    """Probabilities of shape (n_rows, n_classes), or predicted values of shape (n_rows,)."""
    if model == "gradient boosting":
        return boosted(task, learn, test, seed=tables.seed, threads=tables.threads)
    vectors = task.space.vectors if model == "linear" else _without_missing
    matrix, tested = vectors(learn.matrix), vectors(test.matrix)
    with threadpool_limits(tables.threads):
        if task.is_regression:
            centre, scale = learn.truth.mean(), learn.truth.std() or 1.0
            learner = Ridge() if model == "linear" else _forest(RandomForestRegressor, tables)
            return learner.fit(matrix, (learn.truth - centre) / scale).predict(tested) * scale + centre
        scores = np.zeros((len(test), len(task.classes)))
        if len(np.unique(learn.truth)) == 1:
            scores[:, int(learn.truth[0])] = 1.0
            return scores
        learner = LogisticRegression(max_iter=200) if model == "linear" else _forest(RandomForestClassifier, tables)
        learner.fit(matrix, learn.truth)
        scores[:, learner.classes_.astype(int)] = learner.predict_proba(tested)
        return scores


def _forest(kind: type, tables: Tables) -> Any:
    return kind(n_estimators=N_TREES, min_samples_leaf=3, random_state=tables.seed, n_jobs=tables.threads)


def _without_missing(matrix: np.ndarray) -> np.ndarray:
    """Codes and numbers with missing below all of them, for trees that split by order."""
    return np.nan_to_num(np.clip(matrix, -1e30, 1e30), nan=-1e31).astype(np.float64)


def _class_rows(
    task: Task, test: Rows, scores: np.ndarray, setting: str, model: str, n_rows: int
) -> Iterator[MetricResult]:
    """AUC, PR-AUC, F1, calibration, and recall of every class."""
    rankings = class_rankings(test.truth, scores)
    chosen = scores.argmax(axis=1)
    present = np.unique(test.truth)
    rare = len(task.classes) - 1 if len(task.classes) == 2 else None
    yield _row(setting, "auc", (model,), macro_auc(rankings), HIGHER, "AUC, 0.5 to 1", {"chance": 0.5}, n_rows)
    if rare is not None:
        precision, of = rankings[0].average_precision(), f" of {task.classes[rare]}"
        chance = float((test.truth == rare).mean())
    else:
        each = [Ranking.of(scores[:, one], test.truth == one).average_precision() for one in present]
        precision, of = float(np.mean(each)), ", mean over classes"
        chance = float(np.mean([(test.truth == one).mean() for one in present]))
    yield _row(setting, "pr_auc", (model,), precision, HIGHER, "PR-AUC 0 to 1", {"prevalence": chance}, n_rows, of)
    f1 = f1_score(test.truth, chosen, average="macro", labels=present, zero_division=0)
    yield _row(setting, "f1", (model,), f1, HIGHER, "F1 0 to 1", {}, n_rows, ", mean over classes")
    yield _row(
        setting, "calibration_error", (model,), calibration_error(test.truth, scores), LOWER, "share 0 to 1", {}, n_rows
    )
    for one, recall in zip(
        present, recall_score(test.truth, chosen, labels=present, average=None, zero_division=0), strict=True
    ):
        yield _row(setting, "recall", (model, task.classes[one]), recall, HIGHER, "share 0 to 1", {}, n_rows)


def _regression_rows(
    task: Task, test: Rows, scores: np.ndarray, setting: str, model: str, n_rows: int
) -> Iterator[MetricResult]:
    """R2 and mean absolute error."""
    yield _row(setting, "r2", (model,), r2(test.truth, scores), HIGHER, "R2, up to 1", {"chance": 0.0}, n_rows)
    error = mean_absolute_error(test.truth, scores)
    anchors = {"median of the control rows": float(np.abs(test.truth - np.median(test.truth)).mean())}
    yield _row(setting, "mae", (model,), error, LOWER, f"in the unit of {task.target}", anchors, n_rows)


def calibration_error(truth: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error of the chosen class: mean gap of confidence and accuracy over 10 equal bins.

    Source
    ------
    Guo et al. (2017), "On calibration of modern neural networks", section 2.
    """
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == truth
    bins = np.minimum((confidence * N_CALIBRATION_BINS).astype(np.int64), N_CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=N_CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(truth))


_LABELS = {
    "auc": "AUC",
    "pr_auc": "PR-AUC",
    "f1": "F1",
    "calibration_error": "Gap between the model's confidence and how often it is right",
    "recall": "Share of the class that is recognised",
    "r2": "R2",
    "mae": "Mean absolute error",
}


def _row(
    setting: str,
    score: str,
    subject: tuple[str, ...],
    value: float,
    direction: Direction,
    unit: str,
    anchors: dict[str, float],
    n_rows: int,
    more: str = "",
) -> MetricResult:
    return MetricResult(
        metric=f"{setting}_{score}",
        scope=Scope.MODEL,
        subject=subject,
        value=float(value),
        direction=direction,
        unit=unit,
        anchors=anchors,
        explanation=f"{_LABELS[score]}{more}, {SETTINGS[setting]} and tested on control rows.",
        n_rows=n_rows,
    )


def _rank_agreement(main: dict[str, dict[str, float]], n_rows: int) -> Iterator[MetricResult]:
    """Kendall's tau of the models' order under TSTR and TRTR, where both have an order."""
    tstr, trtr = ([main[setting].get(model, np.nan) for model in MODELS] for setting in ("tstr", "trtr"))
    tau = stats.kendalltau(tstr, trtr).statistic if np.isfinite([*tstr, *trtr]).all() else np.nan
    if np.isfinite(tau):
        yield MetricResult(
            metric="model_rank_agreement",
            scope=Scope.MODEL,
            subject=("all models",),
            value=float(tau),
            unit="Kendall's tau, -1 to 1",
            counts={"models": len(MODELS)},
            explanation="Whether synthetic rows rank the models as real rows do: 1 the same order, -1 the reverse.",
            n_rows=n_rows,
        )


MODELS_COMPARED = Models()
