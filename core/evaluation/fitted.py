"""Three kinds of models behind one call: logistic regression or ridge, a random forest, gradient boosting.

All see the same preparation, fitted on the train rows (`FeatureSpace`): the same levels, the same joined rare ones, the
same scaling. Only its last step fits the learner: indicators for the linear model, codes for the two that split.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from core.evaluation.learners import Predictor, Rows, Task, fit_boosted
from core.evaluation.metric import Tables

MODELS = ("linear", "random forest", "gradient boosting")
N_TREES = 60


def fit(model: str, task: Task, learn: Rows, tables: Tables) -> Predictor:
    """Learn from some rows; see `learners.Predictor`."""
    if model == "gradient boosting":
        return fit_boosted(task, learn, seed=tables.seed, threads=tables.threads)
    prepare = task.space.vectors if model == "linear" else without_missing
    matrix = prepare(learn.matrix)
    with threadpool_limits(tables.threads):
        if task.is_regression:
            return _numbers(model, matrix, learn.truth, prepare, tables)
        return _classes(model, matrix, learn.truth, prepare, task, tables)


def _numbers(model: str, matrix: np.ndarray, truth: np.ndarray, prepare: Any, tables: Tables) -> Predictor:
    centre, scale = truth.mean(), truth.std() or 1.0
    learner = Ridge() if model == "linear" else _forest(RandomForestRegressor, tables)
    learner.fit(matrix, (truth - centre) / scale)
    return lambda tested: learner.predict(prepare(tested)) * scale + centre


def _classes(model: str, matrix: np.ndarray, truth: np.ndarray, prepare: Any, task: Task, tables: Tables) -> Predictor:
    learner = None
    if len(np.unique(truth)) > 1:
        learner = LogisticRegression(max_iter=200) if model == "linear" else _forest(RandomForestClassifier, tables)
        learner.fit(matrix, truth)

    def predict(tested: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(tested), len(task.classes)))
        if learner is None:
            scores[:, int(truth[0])] = 1.0
        else:
            scores[:, learner.classes_.astype(int)] = learner.predict_proba(prepare(tested))
        return scores

    return predict


def _forest(kind: type, tables: Tables) -> Any:
    return kind(n_estimators=N_TREES, min_samples_leaf=3, random_state=tables.seed, n_jobs=tables.threads)


def without_missing(matrix: np.ndarray) -> np.ndarray:
    """Codes and numbers with missing below all of them, for trees that split by order."""
    return np.nan_to_num(np.clip(matrix, -1e30, 1e30), nan=-1e31).astype(np.float64)
