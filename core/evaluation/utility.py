"""Utility: whether a model trained on synthetic rows predicts real rows as well as one trained on real rows does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.anchors import BOOTSTRAP, anchors_of
from core.evaluation.coded import coded
from core.evaluation.learners import Rows, Task, boosted, check_testable, task_of
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.scoring import Ranking, bootstrap_weights, macro_auc, quantiles, r2
from core.records import Direction, MetricResult

N_BOOTSTRAPS = 200
N_REFITS = 5
"""Models of the full plan, each from rows drawn again, so that intervals cover learning too."""

MAX_LEARN_ROWS = 100_000
"""Rows that a learner sees in the quick and standard plans; of more, as many at random."""

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
        test = task.rows(data.control)
        check_testable(task, test)
        kind = "r2" if task.is_regression else "auc"
        scorer = Scorer(tables=tables, task=task, test=test, what="control rows")
        tstr = scorer.score(task.rows(data.synthetic), "synthetic rows")
        trtr = tables.once("trtr", lambda: scorer.score(task.rows(data.train), "train rows"))
        anchors = {"chance": task.chance, "real rows": trtr.value}
        if tables.plan.includes(Plan.STANDARD):
            # a bootstrap of the train rows teaches what the train rows teach, so it adds nothing here
            anchors |= anchors_of(
                tables, f"tstr_{kind}", lambda table: scorer.value(task.rows(table)), leave_out={BOOTSTRAP}
            )
        yield scorer.result(f"tstr_{kind}", tstr, anchors, "Trained on synthetic rows and tested on control rows")
        yield scorer.result(
            f"trtr_{kind}", trtr, {"chance": task.chance}, "Trained on real train rows and tested on control rows"
        )
        yield kept_result(tstr, trtr, task, len(tables.synthetic), METHODS[tables.plan].format(what="control rows"))


class TrainRealTestSynthetic:
    """TRTS: whether synthetic rows obey the rules that a model learned from real rows."""

    names = ("trts_auc",)
    part = Part.UTILITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """`trts_auc` or `trts_r2`.

        Raises
        ------
        NotApplicable
            Without target or synthetic rows to test on.
        """
        data = coded(tables)
        task = task_of(data, tables.target)
        tables.need_synthetic(2)
        test = task.rows(data.synthetic)
        check_testable(task, test, "synthetic rows")
        scorer = Scorer(tables=tables, task=task, test=test, what="synthetic rows")
        found = scorer.score(task.rows(data.train), "train rows")
        yield scorer.result(
            "trts_r2" if task.is_regression else "trts_auc",
            found,
            {"chance": task.chance},
            "Trained on real train rows and tested on synthetic rows; compare it with TRTR",
        )


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
        generator = tables.generator(f"learning from {purpose}")
        n_refits = N_REFITS if tables.plan is Plan.FULL else 1
        if len(learn) > MAX_LEARN_ROWS and tables.plan is not Plan.FULL:
            learn = learn.taking(np.sort(generator.permutation(len(learn))[:MAX_LEARN_ROWS]))
        score = self.scoring(learn)
        value = score(None)
        weights = bootstrap_weights(len(self.test), N_BOOTSTRAPS, tables.generator(f"bootstrap of {self.what}"))
        redrawn = np.empty(N_BOOTSTRAPS)
        for refit in range(n_refits):
            if n_refits > 1:
                score = self.scoring(learn.taking(generator.integers(0, len(learn), len(learn))))
            for place in range(refit, N_BOOTSTRAPS, n_refits):
                redrawn[place] = score(weights[place])
        return Scored(value=value, redrawn=redrawn, n_learned=len(learn))

    def scoring(self, learn: Rows):
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
            interval=METHODS[self.tables.plan].format(what=self.what) if low is not None else "",
            direction=Direction.HIGHER,
            unit="R2, up to 1" if self.task.is_regression else "AUC, 0.5 to 1",
            anchors=anchors,
            counts={"rows learned from": found.n_learned, "rows tested on": len(self.test)},
            explanation=f"{meaning}: {end}{more}.",
            n_rows=len(self.tables.synthetic),
        )


def scoring_of(task: Task, truth: np.ndarray, scores: np.ndarray):
    """A function from weights of the test rows (or None) to AUC, macro one-against-rest AUC or R2."""
    if task.is_regression:
        return lambda weights: r2(truth, scores, weights)
    rankings = class_rankings(truth, scores)
    return lambda weights: macro_auc(rankings, weights)


def class_rankings(truth: np.ndarray, scores: np.ndarray) -> list[Ranking]:
    """Ranking of the test rows by the score of each class; of two classes only the rarer, the other mirrors it."""
    classes = [1] if scores.shape[1] == 2 else [one for one in range(scores.shape[1]) if (truth == one).any()]
    return [Ranking.of(scores[:, one], truth == one) for one in classes]


def kept_result(tstr: Scored, trtr: Scored, task: Task, n_rows: int, method: str) -> MetricResult:
    """`utility_kept`: what of the real rows' gain over chance the synthetic rows keep.

    Not measured where the real rows themselves predict no better than chance, for then the quotient means nothing.
    """
    chance = task.chance
    low_trtr = quantiles(trtr.redrawn)[0]
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
        interval=method if low is not None else "",
        direction=Direction.HIGHER,
        unit="share of the gain over chance, up to about 1",
        anchors={"chance": 0.0, "real rows": 1.0},
        explanation="How much of what real rows teach about the target synthetic rows teach too: 1 means all of it.",
        n_rows=n_rows,
    )


UTILITY = Utility()
TRTS = TrainRealTestSynthetic()
