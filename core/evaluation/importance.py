"""Feature importance: whether a model finds the same columns important when it learns from synthetic rows.

Source: permutation importance, Breiman (2001), "Random forests", Machine Learning 45, on control rows; agreement is
Spearman's rank correlation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from core.errors import NotApplicable
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.scorer import Fitted, scoring_of
from core.records import Direction, MetricResult, Scope

MAX_TEST_ROWS = 2_000
"""Control rows on which columns are scrambled."""

N_SHUFFLES = 3
MAX_COLUMNS = 100
MODEL = "gradient boosting"


class FeatureImportance:
    """Importance of every column under TSTR and TRTR, and whether they rank the columns alike; at scope `model`."""

    names = ()
    part = Part.UTILITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """`tstr_importance` and `trtr_importance` of every column, then `importance_agreement`.

        Raises
        ------
        NotApplicable
            As `Utility`, and with fewer than three columns to learn from.
        """
        fitted = Fitted.of(tables, tables.target)
        names = fitted.task.space.names[:MAX_COLUMNS]
        if len(names) < 3:
            raise NotApplicable("Ranks of fewer than three columns cannot agree or disagree.")
        found = {setting: importances(fitted, setting, tables) for setting in fitted.models}
        unit = "loss of R2" if fitted.task.is_regression else "loss of AUC"
        for setting, losses in found.items():
            for name, loss in zip(names, losses, strict=True):
                if np.isfinite(loss):
                    learned = "synthetic" if setting == "tstr" else "real train"
                    yield _row(
                        f"{setting}_importance",
                        (MODEL, name),
                        loss,
                        unit,
                        f"How much worse a model that learned from {learned} rows predicts control rows when this "
                        "column is scrambled.",
                        tables,
                        direction=Direction.TARGET,
                    )
        agreement = stats.spearmanr(found["tstr"], found["trtr"]).statistic if _ranked(found) else np.nan
        if np.isfinite(agreement):
            yield _row(
                "importance_agreement",
                (MODEL,),
                agreement,
                "Spearman's correlation, -1 to 1",
                "Whether synthetic rows rank the columns by importance as real rows do: 1 the same order.",
                tables,
                counts={"columns": len(names)},
            )


def importances(fitted: Fitted, setting: str, tables: Tables) -> np.ndarray:
    """Mean loss of the score when each column of the control rows is scrambled, shape (n_columns,)."""
    generator = tables.generator("importance")  # the same for both models, so that only they differ
    test = fitted.test.taking(np.sort(generator.permutation(len(fitted.test))[:MAX_TEST_ROWS]))
    predict = fitted.models[setting]
    whole = scoring_of(fitted.task, test.truth, predict(test.matrix))(None)
    losses = np.zeros(min(len(fitted.task.space.names), MAX_COLUMNS))
    for place in range(len(losses)):
        for _ in range(N_SHUFFLES):
            matrix = test.matrix.copy()
            matrix[:, place] = generator.permutation(matrix[:, place])
            losses[place] += whole - scoring_of(fitted.task, test.truth, predict(matrix))(None)
    return losses / N_SHUFFLES


def _ranked(found: dict[str, np.ndarray]) -> bool:
    return all(np.isfinite(one).all() and np.ptp(one) > 0 for one in found.values())


def _row(
    metric: str,
    subject: tuple[str, ...],
    value: float,
    unit: str,
    explanation: str,
    tables: Tables,
    *,
    direction: Direction = Direction.HIGHER,
    counts: dict[str, int] | None = None,
) -> MetricResult:
    return MetricResult(
        metric=metric,
        scope=Scope.MODEL,
        subject=subject,
        value=float(value),
        direction=direction,
        unit=unit,
        counts=counts or {},
        explanation=explanation,
        n_rows=len(tables.synthetic),
    )


IMPORTANCE = FeatureImportance()
