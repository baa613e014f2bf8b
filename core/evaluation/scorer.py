"""Scores of boosted models on test rows: fitted once per evaluation, scored under shared bootstrap weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.evaluation.coded import coded
from core.evaluation.learners import Predictor, Rows, Task, boosted, check_testable, fit_boosted, task_of
from core.evaluation.metric import Plan, Tables
from core.evaluation.scoring import Ranking, bootstrap_weights, drawn_again, macro_auc, quantiles, r2
from core.records import Direction, MetricResult

N_BOOTSTRAPS = 200
N_REFITS = 5
"""Models of the full plan, each from rows drawn again, so that intervals cover learning too."""

MAX_LEARN_ROWS = 100_000
"""Rows that a learner sees in the quick and standard plans; of more, as many at random."""

Score = Callable[[np.ndarray | None], float]
"""From weights of the test rows, or None, to the score."""

TRAIN_ROWS, SYNTHETIC_ROWS = "train rows", "synthetic rows"

METHODS = {
    Plan.QUICK: "95 %, paired bootstrap of the {what}; models and the rows they learned from fixed",
    Plan.STANDARD: "95 %, paired bootstrap of the {what}; models and the rows they learned from fixed",
    Plan.FULL: "95 %, paired bootstrap of the {what} and of the rows learned from (5 models each)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score and its values under bootstrap weights of the test rows.

    Parameters
    ----------
    value : float
    redrawn : float array; the same place in two `Scored` of one test table has the same weights
    n_learned : int
        Rows learned from.
    """

    value: float
    redrawn: np.ndarray
    n_learned: int


def rows_learned(tables: Tables, learn: Rows, purpose: str) -> Rows:
    """At most `MAX_LEARN_ROWS` of the rows, unless the plan is full."""
    if len(learn) <= MAX_LEARN_ROWS or tables.plan is Plan.FULL:
        return learn
    chosen = tables.generator(f"learning from {purpose}").permutation(len(learn))[:MAX_LEARN_ROWS]
    return learn.taking(np.sort(chosen))


def learned(tables: Tables, task: Task, learn: Rows, purpose: str) -> Predictor:
    """The boosted model of a target from `purpose` (train or synthetic rows); fitted once per evaluation."""
    models = tables.cache.setdefault("boosted models", {})
    key = task.target, purpose
    if key not in models:
        models[key] = fit_boosted(task, learn, seed=tables.seed, threads=tables.threads)
    return models[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One target with its task, its test rows and the two boosted models that the utility of the table rests on.

    Parameters
    ----------
    task : Task
    test : Rows
        Control rows whose target is known.
    tested : bool array over the control rows, which of them those are
    models : mapping of `tstr` and `trtr` to a predictor
    """

    task: Task
    test: Rows
    tested: np.ndarray
    models: Mapping[str, Predictor]

    @classmethod
    def of(cls, tables: Tables, target: str | None) -> Fitted:
        """Both models of a target, from what was learned before where it was.

        Raises
        ------
        NotApplicable
            Without target, synthetic rows or control rows to test on.
        """
        data = coded(tables)
        task = task_of(data, target)
        tables.need_synthetic()
        tables.need_control(2)
        test = task.rows(data.control)
        check_testable(task, test)
        models = {}
        for setting, table, purpose in (
            ("tstr", data.synthetic, SYNTHETIC_ROWS),
            ("trtr", data.train, TRAIN_ROWS),
        ):
            models[setting] = learned(tables, task, rows_learned(tables, task.rows(table), purpose), purpose)
        return cls(task=task, test=test, tested=task.known(data.control), models=models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Scores of models on one set of test rows, all under the same bootstrap weights.

    Parameters
    ----------
    tables : Tables
    task : Task
    test : Rows
    what : str
        What the test rows are, for texts.
    """

    tables: Tables
    task: Task
    test: Rows
    what: str

    def score(self, learn: Rows, purpose: str) -> Scored:
        """Learn from `learn`; the score with its bootstrap. `purpose` names the random choices."""
        tables = self.tables
        n_refits = N_REFITS if tables.plan is Plan.FULL else 1
        learn = rows_learned(tables, learn, purpose)
        generator = tables.generator(f"learning again from {purpose}")
        predict = learned(tables, self.task, learn, purpose)
        score = scoring_of(self.task, self.test.truth, predict(self.test.matrix))
        value = score(None)
        weights = redrawn_weights(self.test, tables.generator(f"bootstrap of {self.what}"))
        redrawn = np.empty(len(weights))
        for refit in range(n_refits):
            if n_refits > 1:
                score = self.scoring(learn.taking(drawn_again(len(learn), generator, learn.whose)))
            for place in range(refit, len(weights), n_refits):
                redrawn[place] = score(weights[place])
        return Scored(value=value, redrawn=redrawn, n_learned=len(learn))

    @property
    def method(self) -> str:
        """How intervals are made, for the report."""
        return METHODS[self.tables.plan].format(what=self.what + together(self.test))

    def scoring(self, learn: Rows) -> Score:
        """Learn from `learn`; a function from weights of the test rows to the score."""
        scores = boosted(self.task, learn, self.test, seed=self.tables.seed, threads=self.tables.threads)
        return scoring_of(self.task, self.test.truth, scores)

    def value(self, learn: Rows) -> float:
        """The score alone; NaN where there is nothing to learn from."""
        return self.scoring(learn)(None) if len(learn) else float("nan")

    def result(self, metric: str, found: Scored, anchors: dict[str, float], meaning: str) -> MetricResult:
        """The row of the report."""
        low, high = quantiles(found.redrawn)
        end = "1 is perfect, 0 no better than the mean" if self.task.is_regression else "1 is perfect, 0.5 is chance"
        classes = len(self.task.classes)
        more = f" (mean over {classes} classes, each against the rest)" if classes > 2 else ""
        return MetricResult(
            metric=metric,
            value=found.value,
            low=low,
            high=high,
            interval=self.method if low is not None else "",
            direction=Direction.HIGHER,
            unit="R2, up to 1" if self.task.is_regression else "AUC, 0.5 to 1",
            anchors=anchors,
            counts={"rows learned from": found.n_learned, "rows tested on": len(self.test)},
            explanation=f"{meaning}: {end}{more}.",
            n_rows=len(self.tables.synthetic),
        )


def redrawn_weights(test: Rows, generator: np.random.Generator) -> np.ndarray:
    """Weights of the test rows in `N_BOOTSTRAPS` bootstrap samples; rows of one entity are drawn together."""
    return bootstrap_weights(len(test), N_BOOTSTRAPS, generator, test.whose)


def together(test: Rows) -> str:
    """What to add to the name of the test rows where they are drawn by entity."""
    return "" if test.whose is None else " (all rows of an entity together)"


def scoring_of(task: Task, truth: np.ndarray, scores: np.ndarray) -> Score:
    """A function from weights of the test rows (or None) to AUC, macro one-against-rest AUC or R2."""
    if task.is_regression:
        return lambda weights: r2(truth, scores, weights)
    rankings = class_rankings(truth, scores)
    return lambda weights: macro_auc(rankings, weights)


def class_rankings(truth: np.ndarray, scores: np.ndarray) -> list[Ranking]:
    """Ranking of the test rows by the score of each class; of two classes only the rarer, the other mirrors it."""
    classes = [1] if scores.shape[1] == 2 else [one for one in range(scores.shape[1]) if (truth == one).any()]
    return [Ranking.of(scores[:, one], truth == one) for one in classes]
