"""Stress: how models that learned from synthetic and from real rows do on extreme control rows, and on the others.

A row is extreme when a number lies outside the 1st to 99th percentile of the train rows or a level is rarer there than
1 %. Generators lose such rows first, and a mean over all rows hides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.coded import CodedTable, coded
from core.evaluation.distributions import tail_bounds
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.scorer import Fitted, redrawn_weights, scoring_of, together
from core.evaluation.scoring import quantiles
from core.records import Direction, MetricResult, Scope

RARE = 0.01
MIN_CASES = 30
KINDS = {True: "extreme rows", False: "rows without extremes"}
SETTINGS = {"tstr": "synthetic", "trtr": "real train"}


class StressTest:
    """TSTR and TRTR on extreme rows and on the rest, at scope `model`."""

    names = ()
    part = Part.UTILITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """`stress_tstr` and `stress_trtr` for both kinds of rows, each with its interval.

        Raises
        ------
        NotApplicable
            As `Utility`, and with fewer than 30 control rows of either kind.
        """
        fitted = Fitted.of(tables, tables.target)
        data = coded(tables)
        extreme = extreme_rows(data, data.control, fitted.task.target)[fitted.tested]
        if min(extreme.sum(), (~extreme).sum()) < MIN_CASES:
            raise NotApplicable(
                f"It needs at least {MIN_CASES} extreme control rows and as many others; there are "
                f"{int(extreme.sum())} and {int((~extreme).sum())}."
            )
        for is_extreme, kind in KINDS.items():
            test = fitted.test.taking(extreme == is_extreme)
            weights = redrawn_weights(test, tables.generator(f"bootstrap of {kind}"))
            for setting, learned in SETTINGS.items():
                score = scoring_of(fitted.task, test.truth, fitted.models[setting](test.matrix))
                value = score(None)
                if not np.isfinite(value):
                    continue
                low, high = quantiles(np.array([score(one) for one in weights]))
                yield MetricResult(
                    metric=f"stress_{setting}",
                    scope=Scope.MODEL,
                    subject=("gradient boosting", kind),
                    value=value,
                    low=low,
                    high=high,
                    interval=f"95 %, bootstrap of the control rows{together(test)}; models fixed"
                    if low is not None
                    else "",
                    direction=Direction.HIGHER,
                    unit="R2, up to 1" if fitted.task.is_regression else "AUC, 0.5 to 1",
                    anchors={"chance": fitted.task.chance},
                    counts={"rows tested on": len(test)},
                    explanation=f"Trained on {learned} rows and tested on control rows: {kind} only.",
                    n_rows=len(tables.synthetic),
                )


def extreme_rows(data: Any, table: CodedTable, target: str) -> np.ndarray:
    """Whether each row has an extreme value in a column other than the target, bool array of shape (n_rows,)."""
    extreme = np.zeros(table.n_rows, dtype=bool)
    for column in data.columns:
        if column.name == target:
            continue
        if column.is_number:
            real = data.train.numbers[column.name]
            real = real[~np.isnan(real)]
            if len(real):
                low, high = tail_bounds(real)
                extreme |= (table.numbers[column.name] < low) | (table.numbers[column.name] > high)
        else:
            shares = np.bincount(data.train.codes[column.name], minlength=column.n_codes) / data.train.n_rows
            extreme |= (shares < RARE)[table.codes[column.name]]
    return extreme


STRESS = StressTest()
