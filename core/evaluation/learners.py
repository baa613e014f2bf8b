"""Learning a target: the task, the rows, and the learner behind TSTR and TRTR.

That learner is histogram gradient boosting with 150 iterations and a fixed seed, without early stopping, which would
set rows aside in large tables and not in small ones. Values of leaves are shrunk (Chen and Guestrin 2016, XGBoost,
section 2.1, with lambda 1): without that, leaves of a rare class take values without bound, and a model of real rows
may end near chance where it could be good (decision 31).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.coded import Coded, CodedTable
from core.evaluation.features import FeatureSpace

N_ITERATIONS = 150
L2_OF_LEAVES = 1.0
"""Weight of the squared values of leaves in the loss of every boosted model that learns a target."""
MAX_CLASSES = 50
"""Boosting grows one tree per class and iteration; past this the target is closer to an identifier."""

FEW_ROWS = 25_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows whose truth is known.

    Parameters
    ----------
    matrix : float64 array of shape (n_rows, d), as `FeatureSpace.matrix`
    truth : array of shape (n_rows,)
        Class number, or the number to be predicted.
    whose : int array of shape (n_rows,) or None
        Entity of every row; None where rows stand alone.
    """

    matrix: np.ndarray
    truth: np.ndarray
    whose: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.truth)

    def taking(self, rows: np.ndarray) -> Rows:
        """These rows alone."""
        whose = None if self.whose is None else self.whose[rows]
        return Rows(matrix=self.matrix[rows], truth=self.truth[rows], whose=whose)

    def with_rows(self, other: Rows) -> Rows:
        """These rows and those of `other`, without their entities: synthetic rows have none."""
        return Rows(matrix=np.concatenate([self.matrix, other.matrix]), truth=np.concatenate([self.truth, other.truth]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be predicted from what.

    Parameters
    ----------
    target : str
    classes : tuple of str
        Levels that the train rows have, by falling count; empty for regression.
    lookup : int array of shape (n_codes,)
        Class of every code of the target, -1 for missing and for levels that the train rows lack; empty for regression.
    space : FeatureSpace
    """

    target: str
    classes: tuple[str, ...]
    lookup: np.ndarray
    space: FeatureSpace

    @property
    def is_regression(self) -> bool:
        """Whether the target is a number."""
        return not self.classes

    @property
    def chance(self) -> float:
        """AUC or R2 of a model that has learned nothing."""
        return 0.0 if self.is_regression else 0.5

    def known(self, table: CodedTable) -> np.ndarray:
        """Whether the target of each row is known, bool array of shape (n_rows,)."""
        if self.is_regression:
            return ~np.isnan(table.numbers[self.target])
        return self.lookup[table.codes[self.target]] >= 0

    def rows(self, table: CodedTable) -> Rows:
        """The rows of a table whose target is known."""
        truth = table.numbers[self.target] if self.is_regression else self.lookup[table.codes[self.target]]
        known = self.known(table)
        whose = None if table.whose is None else table.whose[known]
        return Rows(matrix=self.space.matrix(table)[known], truth=truth[known], whose=whose)


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
    space = FeatureSpace.of(data, without=target)
    if column.is_number:
        present = data.train.numbers[target]
        present = present[~np.isnan(present)]
        if not len(present) or present.min() == present.max():
            raise NotApplicable(f"The target {target!r} does not vary in the real rows.")
        return Task(target=target, classes=(), lookup=np.empty(0, dtype=np.int64), space=space)
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
    return Task(target=target, classes=tuple(column.levels[code] for code in codes), lookup=lookup, space=space)


def check_testable(task: Task, test: Rows, what: str = "control rows") -> None:
    """Refuse test rows among which the target does not vary.

    Raises
    ------
    NotApplicable
    """
    if len(test) < 2 or test.truth.min() == test.truth.max():
        raise NotApplicable(f"The target {task.target!r} has one value in the {what}, so nothing can be tested.")


def useful_threads(threads: int, n_rows: int) -> int:
    """Threads for boosting: one for few rows, where waiting for each other costs more than it saves.

    Measured on two busy cores: 20,000 rows in 3 folds with 45 scrambled predictions took 9 s with one thread and more
    than 7 minutes with two, since every tree ends in a barrier.
    """
    return threads if n_rows > FEW_ROWS else 1


Predictor = Callable[[np.ndarray], np.ndarray]
"""From a matrix of features to probabilities of shape (n_rows, n_classes), or predicted values of shape (n_rows,)."""


def boosted(task: Task, learn: Rows, test: Rows, *, seed: int, threads: int) -> np.ndarray:
    """Learn from some rows and score others by gradient boosting; see `fit_boosted`."""
    return fit_boosted(task, learn, seed=seed, threads=threads)(test.matrix)


def fit_boosted(task: Task, learn: Rows, *, seed: int, threads: int) -> Predictor:
    """Learn from some rows by gradient boosting.

    Returns
    -------
    callable
        Classification: probabilities of shape (n_rows, n_classes), 0 for classes that it never saw.
        Regression: predicted values of shape (n_rows,).

    Raises
    ------
    NotApplicable
        If there is no row to learn from.
    """
    if not len(learn):
        raise NotApplicable(f"No row to learn from has a known value of {task.target!r}.")
    used = ~np.isnan(learn.matrix).all(axis=0)  # a column without any value stops scikit-learn's binning
    settings = {
        "max_iter": N_ITERATIONS,
        "early_stopping": False,
        "l2_regularization": L2_OF_LEAVES,
        "categorical_features": task.space.is_level[used],
        "random_state": seed,
    }
    with threadpool_limits(useful_threads(threads, len(learn))):
        if task.is_regression:
            return _numbers(learn, used, settings)
        return _probabilities(task, learn, used, settings)


def _numbers(learn: Rows, used: np.ndarray, settings: dict) -> Predictor:
    centre, scale = learn.truth.mean(), learn.truth.std() or 1.0
    if not used.any():
        return lambda matrix: np.full(len(matrix), centre)
    model = HistGradientBoostingRegressor(**settings)
    model.fit(learn.matrix[:, used], (learn.truth - centre) / scale)

    def predict(matrix: np.ndarray) -> np.ndarray:
        with threadpool_limits(1):
            return model.predict(matrix[:, used]) * scale + centre

    return predict


def _probabilities(task: Task, learn: Rows, used: np.ndarray, settings: dict) -> Predictor:
    seen, counts = np.unique(learn.truth, return_counts=True)
    model = None
    if len(seen) > 1 and used.any():
        model = HistGradientBoostingClassifier(**settings)
        model.fit(learn.matrix[:, used], learn.truth)

    def predict(matrix: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(matrix), len(task.classes)))
        if model is None:  # nothing to learn: the same probabilities for every row
            scores[:, seen] = counts / len(learn)
        else:
            with threadpool_limits(1):
                scores[:, model.classes_] = model.predict_proba(matrix[:, used])
        return scores

    return predict
