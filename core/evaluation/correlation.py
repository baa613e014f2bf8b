"""Correlation difference: how far the strength of relation of a pair of columns moves, averaged over pairs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.association import KIND, Association, association
from core.evaluation.coded import CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.moments import Scaling
from core.evaluation.redrawing import METHOD, Redraws, interval
from core.evaluation.shapes import more_anchors, noise_floor
from core.evaluation.trends import redrawn_pairs
from core.records import CorrelationPicture, Direction, MetricResult

BOUNDS = (0.0, 2.0)

MAX_PICTURED = 300
"""Columns in the heat maps; of more, those whose relations moved most."""


class CorrelationDifference:
    """Mean absolute difference of association over all pairs of columns that have one in the real table."""

    names = ("correlation_difference",)
    part = Part.FIDELITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """The mean for the table, then the picture.

        Raises
        ------
        NotApplicable
            Without synthetic rows, or without two columns that vary in the real table.
        """
        tables.need_synthetic()
        data = coded(tables)
        if len(data.columns) < 2:
            raise NotApplicable("A table with one column has no pairs.")
        scaling = Scaling.of(tuple(column.name for column in data.columns if column.is_number), data.train)
        real = association(data.columns, data.train, scaling)
        upper = np.triu_indices(len(data.columns), 1)
        defined = ~np.isnan(real.matrix[upper])
        if not defined.any():
            raise NotApplicable("No two columns of the real table vary, so there are no relations to compare.")

        def against_real(table: CodedTable, purpose: str) -> tuple[Association, float, np.ndarray, Redraws]:
            redraws = Redraws.of(table.n_rows, tables.generator(purpose))
            found = association(data.columns, table, scaling, redraws, redrawn_pairs(len(defined)))
            redrawn = None
            if found.redrawn is not None:
                redrawn = np.nanmean(np.abs(found.redrawn[:, defined] - real.matrix[upper][defined]), axis=1)
            return found, moved(found.matrix), redrawn, redraws

        def moved(matrix: np.ndarray) -> float:
            # a column that became constant is related to nothing: its association counts as 0
            return float(np.abs(np.nan_to_num(matrix[upper][defined]) - real.matrix[upper][defined]).mean())

        found, value, redrawn, redraws = against_real(data.synthetic, "redraws")
        anchors = more_anchors(
            tables,
            "correlation_difference",
            lambda table: moved(association(data.columns, table, scaling).matrix),
        )
        if data.control is not None:
            _, *floor = against_real(data.control, "redraws of control")
            anchors |= noise_floor(*floor, bounds=BOUNDS)
        low, high = interval(value, redrawn, redraws, bounds=BOUNDS)
        yield MetricResult(
            metric="correlation_difference",
            value=value,
            low=low,
            high=high,
            interval=METHOD if low is not None else "",
            direction=Direction.LOWER,
            unit="mean absolute difference, 0 to 2",
            anchors=anchors,
            counts={"pairs": int(defined.sum()), "pairs without a relation": int((~defined).sum())},
            explanation="How far the strength of relation of two columns moves on average: 0 means that none moves.",
            n_rows=data.synthetic.n_rows,
        )
        yield picture(tuple(column.name for column in data.columns), real.matrix, found.matrix)


def picture(names: tuple[str, ...], real: np.ndarray, synthetic: np.ndarray) -> CorrelationPicture:
    """Both matrices for drawing, at most `MAX_PICTURED` columns of them; NaN becomes None."""
    chosen = np.arange(len(names))
    if len(names) > MAX_PICTURED:
        moved = np.abs(np.nan_to_num(real) - np.nan_to_num(synthetic)).sum(axis=1)
        chosen = np.sort(np.argsort(-moved, kind="stable")[:MAX_PICTURED])

    def rows(matrix: np.ndarray) -> tuple[tuple[float | None, ...], ...]:
        part = matrix[np.ix_(chosen, chosen)]
        return tuple(tuple(None if np.isnan(one) else round(float(one), 6) for one in row) for row in part)

    return CorrelationPicture(
        columns=tuple(names[place] for place in chosen), kind=KIND, real=rows(real), synthetic=rows(synthetic)
    )


CORRELATION_DIFFERENCE = CorrelationDifference()
