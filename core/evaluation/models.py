"""Several models in several settings, at scope `model`: so that usefulness does not hang on one learner.

Settings: trained on synthetic rows and tested on control rows (TSTR), on train rows (TRTR), on both together, and
trained on train rows and tested on synthetic ones (TRTS). Models: see `core.evaluation.fitted`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats
from sklearn.metrics import f1_score, mean_absolute_error, recall_score

from core.evaluation.coded import coded
from core.evaluation.fitted import MODELS, fit
from core.evaluation.learners import Rows, Task, check_testable, task_of
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.scorer import class_rankings, redrawn_weights, scoring_of, together
from core.evaluation.scoring import Ranking, drawn_again, macro_auc, quantiles, r2
from core.records import Direction, MetricResult, Scope

SETTINGS = {
    "tstr": "trained on synthetic rows and tested on control rows",
    "trtr": "trained on real train rows and tested on control rows",
    "augmented": "trained on real train and synthetic rows and tested on control rows",
    "trts": "trained on real train rows and tested on synthetic rows",
}
MAX_MODEL_ROWS = {Plan.STANDARD: 10_000, Plan.FULL: 200_000}
"""Rows learned from in each setting; of more, as many at random."""

N_SEEDS = {Plan.STANDARD: 1, Plan.FULL: 5}
"""Draws of rows and seeds of models behind the share that is kept; the standard plan bootstraps the test rows alone."""

N_CALIBRATION_BINS = 10

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


class Models:
    """Scores of every model in every setting, what each keeps, and whether they rank the models alike."""

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
        learn = {"trtr": train, "tstr": synthetic, "augmented": train.with_rows(synthetic)}
        n_rows = len(tables.synthetic)
        main: dict[str, dict[str, float]] = {setting: {} for setting in SETTINGS}
        for model in MODELS:
            scores: dict[str, np.ndarray] = {}
            for setting, rows in learn.items():
                if not len(rows):
                    continue
                predict = fit(model, task, _chosen(tables, rows, setting), tables)
                scores[setting] = predict(test.matrix)
                tested = {setting: (test, scores[setting])}
                if setting == "trtr" and len(synthetic) > 1 and synthetic.truth.min() < synthetic.truth.max():
                    tested["trts"] = (synthetic, predict(synthetic.matrix))
                for name, (of, predicted) in tested.items():
                    for result in _rows_of(task, of, predicted, name, model, n_rows):
                        main[name].setdefault(model, result.value)  # the first score is the one that ranks
                        yield result
            yield from _kept(tables, task, test, scores, learn, model)
        yield from _rank_agreement(main, n_rows)


def _chosen(tables: Tables, rows: Rows, setting: str, seed: int = 0) -> Rows:
    """As many rows at random as the plan learns from."""
    most = MAX_MODEL_ROWS.get(tables.plan, MAX_MODEL_ROWS[Plan.STANDARD])
    generator = tables.generator(f"models {setting}" if not seed else f"models {setting} {seed}")
    return rows.taking(np.sort(generator.permutation(len(rows))[:most]))


def _rows_of(task: Task, test: Rows, scores: np.ndarray, setting: str, model: str, n_rows: int):
    return (_regression_rows if task.is_regression else _class_rows)(task, test, scores, setting, model, n_rows)


def _kept(
    tables: Tables, task: Task, test: Rows, scores: dict[str, np.ndarray], learn: dict[str, Rows], model: str
) -> Iterator[MetricResult]:
    """The share of the real rows' gain over chance that this model keeps, with its interval.

    Test rows are drawn again, the same for both; in the full plan so are the rows learned from, by `N_SEEDS` fits each.
    """
    if not {"tstr", "trtr"} <= set(scores):
        return
    n_seeds = N_SEEDS.get(tables.plan, 1)
    weights = redrawn_weights(test, tables.generator("bootstrap of models"))
    pairs = [tuple(scoring_of(task, test.truth, scores[setting]) for setting in ("tstr", "trtr"))]
    for seed in range(1, n_seeds):
        pair = []
        for setting in ("tstr", "trtr"):
            rows = _chosen(tables, learn[setting], setting, seed)
            drawn = drawn_again(len(rows), tables.generator(f"seed {seed} of {setting} {model}"), rows.whose)
            pair.append(scoring_of(task, test.truth, fit(model, task, rows.taking(drawn), tables)(test.matrix)))
        pairs.append(tuple(pair))
    value = _share(pairs[0][0](None), pairs[0][1](None), task.chance)
    redrawn = np.array(
        [_share(*(score(one) for score in pairs[place % n_seeds]), task.chance) for place, one in enumerate(weights)]
    )
    low, high = quantiles(redrawn)
    if not np.isfinite(value):
        return
    yield MetricResult(
        metric="utility_kept",
        scope=Scope.MODEL,
        subject=(model,),
        value=float(value),
        low=low,
        high=high,
        interval=""
        if low is None
        else f"95 %, paired bootstrap of the control rows{together(test)}"
        + (f" and of the rows learned from ({n_seeds} seeds)" if n_seeds > 1 else "; models fixed"),
        unit="share of the gain over chance, up to about 1",
        anchors={"chance": 0.0, "real rows": 1.0},
        explanation="How much of what real rows teach this model synthetic rows teach too: 1 means all of it.",
        n_rows=len(tables.synthetic),
    )


def _share(tstr: float, trtr: float, chance: float) -> float:
    """(TSTR - chance) / (TRTR - chance); NaN where real rows teach nothing."""
    return (tstr - chance) / (trtr - chance) if trtr > chance else float("nan")


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
    each = f1_score(test.truth, chosen, average=None, labels=present, zero_division=0)
    for one, value in zip(present, each, strict=True):
        yield _row(setting, "f1", (model, task.classes[one]), value, HIGHER, "F1 0 to 1", {}, n_rows, " of the class")
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
        explanation=f"{_LABELS[score]}{more}, {SETTINGS[setting]}.",
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
