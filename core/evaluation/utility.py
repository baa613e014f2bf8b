"""Utility: whether a model trained on synthetic rows predicts real rows as well as one trained on real rows does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.anchors import BOOTSTRAP, anchors_of
from core.evaluation.coded import coded
from core.evaluation.learners import Task, check_testable, task_of
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.scorer import SYNTHETIC_ROWS, TRAIN_ROWS, Scored, Scorer
from core.evaluation.scoring import quantiles
from core.records import Direction, MetricResult, Scope


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
        yield from self.of_target(tables, tables.target, anchors=tables.plan.includes(Plan.STANDARD))

    @staticmethod
    def of_target(tables: Tables, target: str | None, *, anchors: bool) -> Iterator[MetricResult]:
        """The same of any target; `anchors` for the tables made elsewhere, which cost a model each."""
        data = coded(tables)
        task = task_of(data, target)
        tables.need_synthetic()
        tables.need_control(2)
        test = task.rows(data.control)
        check_testable(task, test)
        kind = "r2" if task.is_regression else "auc"
        scorer = Scorer(tables=tables, task=task, test=test, what="control rows")
        tstr = scorer.score(task.rows(data.synthetic), SYNTHETIC_ROWS)
        trtr = tables.once(f"trtr of {target}", lambda: scorer.score(task.rows(data.train), TRAIN_ROWS))
        beside = {"chance": task.chance, "real rows": trtr.value}
        if anchors:
            # a bootstrap of the train rows teaches what the train rows teach, so it adds nothing here
            beside |= anchors_of(
                tables, f"tstr_{kind}", lambda table: scorer.value(task.rows(table)), leave_out={BOOTSTRAP}
            )
        yield scorer.result(f"tstr_{kind}", tstr, beside, "Trained on synthetic rows and tested on control rows")
        yield scorer.result(
            f"trtr_{kind}", trtr, {"chance": task.chance}, "Trained on real train rows and tested on control rows"
        )
        yield kept_result(tstr, trtr, task, len(tables.synthetic), len(test), scorer.method)


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
        found = scorer.score(task.rows(data.train), TRAIN_ROWS)
        yield scorer.result(
            "trts_r2" if task.is_regression else "trts_auc",
            found,
            {"chance": task.chance},
            "Trained on real train rows and tested on synthetic rows; compare it with TRTR",
        )


def kept_result(
    tstr: Scored, trtr: Scored, task: Task, n_rows: int, n_tested: int, method: str
) -> MetricResult:  # fmt: skip
    """`utility_kept`: what of the real rows' gain over chance the synthetic rows keep.

    Not measured where the real rows themselves predict no better than chance, for then the quotient means nothing.
    """
    chance = task.chance
    low_trtr = quantiles(trtr.redrawn)[0]
    if low_trtr is None:
        return not_measured(
            "utility_kept",
            f"The control rows are too few to say whether real rows predict {task.target!r} better than chance.",
        )
    if trtr.value <= chance or low_trtr <= chance:
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
        counts={"rows tested on": n_tested},
        explanation="How much of what real rows teach about the target synthetic rows teach too: 1 means all of it.",
        n_rows=n_rows,
    )


class FurtherTargets:
    """TSTR, TRTR and what is kept for every further target that was named, at scope `column`."""

    names = ()
    part = Part.UTILITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """The results of `Utility` for each of `Tables.further_targets`, or the reason for one that cannot be."""
        for target in tables.further_targets:
            if target == tables.target:
                continue
            about = {"scope": Scope.COLUMN, "subject": (target,)}
            try:
                for one in UTILITY.of_target(tables, target, anchors=False):
                    yield dataclasses.replace(one, **about)
            except NotApplicable as error:
                yield not_measured("utility_kept", str(error), **about)


UTILITY = Utility()
FURTHER_TARGETS = FurtherTargets()
TRTS = TrainRealTestSynthetic()
