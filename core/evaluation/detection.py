"""Detection: how well a classifier tells synthetic rows from real ones, and by which columns.

Gradient boosting, because a linear detector calls a table without any dependence perfect. Rows that are equal go to the
same fold: otherwise a copied row is learned as real in one fold and met as synthetic in the next, and copies push the
AUC below 0.5.

Source: classifier two-sample test, Lopez-Paz and Oquab (2017), arXiv:1610.06545. Interval: influence curve of the
cross-validated AUC, LeDell, Petersen and van der Laan (2015), Electronic Journal of Statistics 9, times the correction
of Nadeau and Bengio (2003), Machine Learning 52, for models that share rows. The first alone takes the models as given:
with 600 rows of each table it covered 83 % where 95 % were promised.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from core.errors import NotApplicable
from core.evaluation.anchors import BOOTSTRAP, anchors_of
from core.evaluation.coded import CodedTable, coded
from core.evaluation.features import FeatureSpace
from core.evaluation.learners import useful_threads
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.scoring import Ranking
from core.evaluation.suspects import Suspect, least_real, suspect_rows
from core.records import Direction, MetricResult, Scope

N_FOLDS = 3
N_ITERATIONS = 80
MAX_DETECTION_ROWS = {Plan.QUICK: 5_000, Plan.STANDARD: 10_000, Plan.FULL: 100_000}
"""Rows of each table in a detection; more rows detect smaller differences, so the number is part of the result."""

MIN_DETECTION_ROWS = 30
SCRAMBLED_ROWS = 2_000
"""Test rows per fold on which columns are scrambled."""

MAX_COLUMNS_TOLD = 100
OVERLAP = np.sqrt(1 + N_FOLDS / (N_FOLDS - 1))
"""Nadeau and Bengio's factor on the error: variance times 1 + folds * test rows / train rows."""

METHOD = "95 %, influence curve of the cross-validated AUC, corrected for models that share rows"
UNIT = "AUC, 0.5 to 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How well two tables are told apart.

    Parameters
    ----------
    auc : float
        Mean over folds.
    error : float
        Standard error.
    n_rows : int
        Rows of each table.
    drops : float array of shape (n_columns,)
        Mean loss of AUC when a column is scrambled within the test rows; empty when not asked for.
    suspects : tuple of (row of `other`, score, losses), the least real rows of every fold; empty when not asked for
    typical : float
        Median score of real rows.
    """

    auc: float
    error: float
    n_rows: int
    drops: np.ndarray
    suspects: tuple[Suspect, ...] = ()
    typical: float = 0.5


def detect(
    real: np.ndarray,
    other: np.ndarray,
    is_level: np.ndarray,
    *,
    generator: np.random.Generator,
    threads: int = 1,
    scramble: bool = False,
) -> Detection:
    """Cross-validated AUC of telling `other` from `real`.

    Parameters
    ----------
    real, other : float64 arrays of shape (n_rows, d), as `FeatureSpace.matrix`, equally many rows
    is_level : bool array of shape (d,)
    generator : Generator
    threads : int
    scramble : bool
        Whether to find the columns by which they are told apart.

    Raises
    ------
    NotApplicable
        If a fold lacks rows of either table, as when all rows are equal.
    """
    rows, label = np.concatenate([real, other]), np.repeat([0, 1], [len(real), len(other)])
    fold = equal_rows_together(rows, generator)
    aucs, curves, drops, suspects, of_real = [], [], [], [], []
    for number in range(N_FOLDS):
        train, test = fold != number, fold == number
        if min(len(np.unique(label[train])), len(np.unique(label[test]))) < 2:
            raise NotApplicable("Too many rows are equal to divide them for a fair test.")
        used = ~np.isnan(rows[train]).all(axis=0)
        if not used.any():
            raise NotApplicable("No column has a value.")
        model = HistGradientBoostingClassifier(
            max_iter=N_ITERATIONS,
            early_stopping=False,
            categorical_features=is_level[used],
            random_state=int(generator.integers(2**31)),
        )
        with threadpool_limits(useful_threads(threads, int(train.sum()))):
            model.fit(rows[train][:, used], label[train])
        with threadpool_limits(1):
            scores = model.predict_proba(rows[test][:, used])[:, 1]
            aucs.append(Ranking.of(scores, label[test] == 1).auc())
            curves.append(_influence(scores, label[test] == 1, aucs[-1]))
            of_real.append(scores[label[test] == 0])
            if scramble:
                drops.append(_drops(model, rows[test], label[test], used, generator))
                suspects += least_real(model, rows, np.flatnonzero(test), label, scores, used, generator)
    spread = np.concatenate(curves)
    return Detection(
        auc=float(np.mean(aucs)),
        error=float(OVERLAP * np.sqrt(np.mean(spread**2) / len(spread))),
        n_rows=len(other),
        drops=np.mean(drops, axis=0) if scramble else np.empty(0),
        suspects=tuple(suspects),
        typical=float(np.median(np.concatenate(of_real))),
    )


def equal_rows_together(rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A random fold, 0 to `N_FOLDS` - 1, for every row; equal rows have the same."""
    hashes = pd.util.hash_pandas_object(pd.DataFrame(np.nan_to_num(rows, nan=-1e300)), index=False)
    group, _ = pd.factorize(hashes)
    n_groups = int(group.max()) + 1
    return (generator.permutation(n_groups) % N_FOLDS)[group]


def _influence(scores: np.ndarray, positive: np.ndarray, auc: float) -> np.ndarray:
    """Influence of every test row on the AUC of its fold, shape (n_rows,)."""
    order = np.sort(scores[~positive]), np.sort(scores[positive])
    below = [
        (np.searchsorted(each, scores, side="left") + np.searchsorted(each, scores, side="right")) / (2 * len(each))
        for each in order
    ]
    share = positive.mean()
    return np.where(positive, (below[0] - auc) / share, (1 - below[1] - auc) / (1 - share))


def _drops(model, rows: np.ndarray, label: np.ndarray, used: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Loss of AUC when each column is scrambled, shape (d,)."""
    chosen = generator.permutation(len(rows))[:SCRAMBLED_ROWS]
    rows, positive = rows[chosen], label[chosen] == 1
    drops = np.zeros(rows.shape[1])
    if positive.all() or not positive.any():
        return drops
    whole = Ranking.of(model.predict_proba(rows[:, used])[:, 1], positive).auc()
    for place in np.flatnonzero(used)[:MAX_COLUMNS_TOLD]:
        scrambled = rows.copy()
        scrambled[:, place] = generator.permutation(rows[:, place])
        drops[place] = whole - Ranking.of(model.predict_proba(scrambled[:, used])[:, 1], positive).auc()
    return drops


class DetectionAUC:
    """AUC of telling synthetic from train rows by gradient boosting, and what each column contributes to it."""

    names = ("detection_auc",)
    part = Part.FIDELITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """`detection_auc` for the table, then, from the standard plan on, `detection_by_column` for every column.

        Raises
        ------
        NotApplicable
            With fewer than 30 rows in either table.
        """
        tables.need_synthetic(MIN_DETECTION_ROWS)
        data = coded(tables)
        if data.train.n_rows < MIN_DETECTION_ROWS:
            raise NotApplicable(f"It needs at least {MIN_DETECTION_ROWS} train rows; there are {data.train.n_rows}.")
        space = FeatureSpace.of(data)
        thorough = tables.plan.includes(Plan.STANDARD)
        found = self.against_train(tables, space, data.synthetic, "detection", scramble=thorough)
        anchors = {}
        if thorough:
            anchors = anchors_of(
                tables,
                "detection_auc",
                lambda table: self.against_train(tables, space, table, "detection of anchors").auc,
                leave_out={BOOTSTRAP},  # every row of it is a train row
            )
        if data.control is not None and data.control.n_rows >= MIN_DETECTION_ROWS:
            anchors["control rows"] = tables.once(
                "detection of control",
                lambda: self.against_train(tables, space, data.control, "detection of control").auc,
            )
        half = float(stats.norm.ppf(0.975)) * found.error
        yield MetricResult(
            metric="detection_auc",
            value=found.auc,
            low=max(found.auc - half, 0.0),
            high=min(found.auc + half, 1.0),
            interval=METHOD,
            direction=Direction.LOWER,
            unit=UNIT,
            anchors={"chance": 0.5, **anchors},
            counts={"rows of each table": found.n_rows, "folds": N_FOLDS},
            explanation=(
                f"How often gradient boosting picks the synthetic one of a real and a synthetic row, learned "
                f"from {found.n_rows:,} rows of each: 0.5 is guessing, 1 is always."
            ),
            n_rows=found.n_rows,
        )
        if thorough:
            yield suspect_rows(tables, space, found)
        for name, drop in zip(space.names if thorough else (), found.drops, strict=True):
            yield MetricResult(
                metric="detection_by_column",
                scope=Scope.COLUMN,
                subject=(name,),
                value=float(drop),
                direction=Direction.LOWER,
                unit="loss of AUC",
                explanation="How much of the detection is lost when this column is scrambled: what gives it away.",
                n_rows=found.n_rows,
            )

    @staticmethod
    def against_train(
        tables: Tables, space: FeatureSpace, table: CodedTable, purpose: str, *, scramble: bool = False
    ) -> Detection:
        """Detection of `table` among train rows, as many of each at random."""
        generator = tables.generator(purpose)
        data = coded(tables)
        most = MAX_DETECTION_ROWS.get(tables.plan, MAX_DETECTION_ROWS[Plan.STANDARD])
        n_rows = min(table.n_rows, data.train.n_rows, most)
        chosen = [generator.permutation(one.n_rows)[:n_rows] for one in (data.train, table)]
        pair = [one.taking(rows) for one, rows in zip((data.train, table), chosen, strict=True)]
        found = detect(
            space.matrix(pair[0]),
            space.matrix(pair[1]),
            space.is_level,
            generator=generator,
            threads=tables.threads,
            scramble=scramble,
        )
        rows = tuple(dataclasses.replace(one, row=int(chosen[1][one.row])) for one in found.suspects)
        return dataclasses.replace(found, suspects=rows)


DETECTION_AUC = DetectionAUC()
