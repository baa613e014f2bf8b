"""The learner behind TSTR and TRTR: histogram gradient boosting, 150 iterations, with a fixed seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.coded import CONTROL, TRAIN, Coded
from core.evaluation.features import Features, features_of

N_ITERATIONS = 150
MAX_CLASSES = 50
"""Boosting grows one tree per class and iteration; past this the target is closer to an identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be predicted, for every table.

    Parameters
    ----------
    target : str
    classes : tuple of str
        Levels that the train rows have, by falling count; empty for regression.
    features : Features
    truth : mapping of table name to array of shape (n_rows,)
        Class number, -1 for missing or a level that the train rows lack; or the number itself, NaN for missing.
    """

    target: str
    classes: tuple[str, ...]
    features: Features
    truth: dict[str, np.ndarray]

    @property
    def is_regression(self) -> bool:
        """Whether the target is a number."""
        return not self.classes

    def known(self, table: str) -> np.ndarray:
        """Rows whose truth is known, bool array."""
        truth = self.truth[table]
        return ~np.isnan(truth) if self.is_regression else truth >= 0


def task_of(data: Coded, target: str | None) -> Task:
    """The prediction task of a target column.

    Raises
    ------
    NotApplicable
        Without a target, with one that is not modelled or does not vary in the train rows, with too many classes, or
        with no other column.
    """
    if target is None:
        raise NotApplicable("No target column was named.", "Name one to see how useful the rows are for predicting it.")
    column = next((one for one in data.columns if one.name == target), None)
    if column is None:
        raise NotApplicable(f"The target {target!r} is not a modelled column, so nothing can be learned about it.")
    features = features_of(data, without=target)
    if column.is_number:
        truth = {name: table.numbers[target] for name, table in data.tables.items()}
        present = truth[TRAIN][~np.isnan(truth[TRAIN])]
        if not len(present) or present.min() == present.max():
            raise NotApplicable(f"The target {target!r} does not vary in the real rows.")
        return Task(target=target, classes=(), features=features, truth=truth)
    counts = np.bincount(data.train.codes[target], minlength=column.n_codes)[:-1]
    codes = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    if len(codes) < 2:
        raise NotApplicable(f"The target {target!r} does not vary in the real rows.")
    if len(codes) > MAX_CLASSES:
        raise NotApplicable(
            f"The target {target!r} has {len(codes):,} levels; classification is measured for at most {MAX_CLASSES}."
        )
    lookup = np.full(column.n_codes, -1)
    lookup[codes] = np.arange(len(codes))
    return Task(
        target=target,
        classes=tuple(column.levels[code] for code in codes),
        features=features,
        truth={name: lookup[table.codes[target]] for name, table in data.tables.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What a learner says about test rows.

    Parameters
    ----------
    scores : float array
        Classification: probabilities of shape (n_rows, n_classes), 0 for classes that it never saw.
        Regression: predicted values of shape (n_rows,).
    n_train : int
        Rows it learned from.
    """

    scores: np.ndarray
    n_train: int


def learn_and_predict(
    task: Task, learn_from: str, predict: str = CONTROL, *, seed: int, threads: int, rows: np.ndarray | None = None
) -> Predictions:
    """Learn from the rows of one table and predict the rows of another whose truth is known.

    Parameters
    ----------
    task : Task
    learn_from, predict : table names
    seed, threads : int
    rows : int array, optional
        Positions of the rows to learn from; all with known truth by default.

    Raises
    ------
    NotApplicable
        If there is no row to learn from.
    """
    known = task.known(learn_from)
    chosen = np.flatnonzero(known) if rows is None else rows[known[rows]]
    if not len(chosen):
        raise NotApplicable(f"No row of the {learn_from} table has a known value of {task.target!r}.")
    matrix, truth = task.features.tables[learn_from][chosen], task.truth[learn_from][chosen]
    test = task.features.tables[predict][task.known(predict)]
    used = ~np.isnan(matrix).all(axis=0)  # a column without any value stops the learner
    with threadpool_limits(threads):
        learn = _regression if task.is_regression else _probabilities
        scores = learn(task, matrix[:, used], truth, test[:, used], seed, task.features.is_level[used])
    return Predictions(scores=scores, n_train=len(chosen))


def _regression(task, matrix, truth, test, seed, is_level) -> np.ndarray:
    centre, scale = truth.mean(), truth.std() or 1.0
    if not matrix.shape[1]:
        return np.full(len(test), centre)
    model = HistGradientBoostingRegressor(
        max_iter=N_ITERATIONS, early_stopping=False, categorical_features=is_level, random_state=seed
    )
    model.fit(matrix, (truth - centre) / scale)
    return model.predict(test) * scale + centre


def _probabilities(task, matrix, truth, test, seed, is_level) -> np.ndarray:
    scores = np.zeros((len(test), len(task.classes)))
    seen, counts = np.unique(truth, return_counts=True)
    if len(seen) == 1 or not matrix.shape[1]:  # nothing to learn: the same probabilities for every row
        scores[:, seen] = counts / len(truth)
        return scores
    model = HistGradientBoostingClassifier(
        max_iter=N_ITERATIONS, early_stopping=False, categorical_features=is_level, random_state=seed
    )
    model.fit(matrix, truth)
    scores[:, model.classes_] = model.predict_proba(test)
    return scores
