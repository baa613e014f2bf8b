"""Column shapes: how alike each column is, on its own, in the synthetic and the real table.

Source: SDMetrics' Column Shapes (KS complement and TV complement). Where a column has missing values we differ on
purpose: theirs drops them, so a generator that never draws a missing value loses nothing; here missing is one more
level, and below every number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.anchors import anchors_of
from core.evaluation.coded import CodedColumn, CodedTable, coded, level_shares
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.redrawing import METHOD, Redraws, interval, prediction
from core.records import Direction, MetricResult, Scope

GRID_POINTS = 512
"""Points at which redrawn distributions of a number are compared; the value itself uses every point."""

UNIT = "share 0 to 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """Column shapes of one table against the train rows.

    Parameters
    ----------
    values : float array of shape (n_columns,), in 0..1
    redrawn : float array of shape (n_columns, n_redraws) or None
    redraws : Redraws or None
    """

    values: np.ndarray
    redrawn: np.ndarray | None
    redraws: Redraws | None


def ks_complement(real: np.ndarray, other: np.ndarray) -> float:
    """One minus the largest difference of two cumulative distributions; NaN is missing and lies below every number.

    Returns
    -------
    float in 0..1
        1: the same distribution. 0: no overlap. 1 where both are empty, 0 where one is.

    Source
    ------
    Two-sample Kolmogorov-Smirnov statistic, as `scipy.stats.ks_2samp`, for arrays without missing values.
    """
    if not len(real) or not len(other):
        return float(len(real) == len(other))
    first, second = np.sort(real), np.sort(other)  # NaN last
    present = [values[: np.count_nonzero(~np.isnan(values))] for values in (first, second)]
    n_missing = [len(real) - len(present[0]), len(other) - len(present[1])]
    gap = abs(n_missing[0] / len(real) - n_missing[1] / len(other))
    points = np.concatenate(present)
    if not len(points):
        return 1.0 - gap
    at_or_below = [
        (missing + np.searchsorted(values, points, side="right")) / size
        for missing, values, size in zip(n_missing, present, (len(real), len(other)), strict=True)
    ]
    return 1.0 - max(gap, float(np.max(np.abs(at_or_below[0] - at_or_below[1]))))


def tv_complement(real_shares: np.ndarray, other_shares: np.ndarray) -> float:
    """One minus half the sum of absolute differences of shares: 1 for equal shares, 0 for no level in common."""
    return 1.0 - float(np.abs(real_shares - other_shares).sum()) / 2


def shape_of(column: CodedColumn, real: CodedTable, other: CodedTable) -> float:
    """KS complement of a number, TV complement of levels; in 0..1."""
    if column.is_number:
        return ks_complement(real.numbers[column.name], other.numbers[column.name])
    return tv_complement(level_shares(column, real), level_shares(column, other))


def column_shapes(
    columns: tuple[CodedColumn, ...], real: CodedTable, other: CodedTable, redraws: Redraws | None = None
) -> Shapes:
    """Shapes of every column of `other` against `real`, and of its redraws where they are given."""
    values = np.array([shape_of(column, real, other) for column in columns])
    redrawn = None
    if redraws is not None:
        redrawn = np.array([_redrawn_shape(column, real, other, redraws) for column in columns])
    return Shapes(values=values, redrawn=redrawn, redraws=redraws)


def _redrawn_shape(column: CodedColumn, real: CodedTable, other: CodedTable, redraws: Redraws) -> np.ndarray:
    """The shape of every redrawn table, shape (n_redraws,)."""
    if not column.is_number:
        shares = redraws.shares(other.codes[column.name], column.n_codes)
        return 1.0 - np.abs(shares - level_shares(column, real)).sum(axis=1) / 2
    real_numbers, numbers = real.numbers[column.name], other.numbers[column.name]
    grid = _grid(real_numbers, numbers)
    n_codes = len(grid) + 2
    real_cumulative = np.cumsum(np.bincount(_grid_codes(real_numbers, grid), minlength=n_codes)) / len(real_numbers)
    cumulative = np.cumsum(redraws.shares(_grid_codes(numbers, grid), n_codes), axis=1)
    return 1.0 - np.abs(cumulative - real_cumulative).max(axis=1)


def _grid(*values: np.ndarray) -> np.ndarray:
    """Increasing points, at most `GRID_POINTS` of each array, where distributions are compared."""
    points = []
    for one in values:
        present = np.sort(one[~np.isnan(one)])
        if len(present):
            places = np.linspace(0, len(present) - 1, GRID_POINTS).round().astype(np.int64)
            points.append(present[places])
    return np.unique(np.concatenate(points)) if points else np.empty(0)


def _grid_codes(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """0 for missing, k + 1 for a value above k grid points: cumulated shares are then distributions at the grid."""
    codes = np.searchsorted(grid, values, side="left") + 1
    codes[np.isnan(values)] = 0
    return codes


class ColumnShapes:
    """Mean over columns of KS complement (numbers, datetimes) or TV complement (levels)."""

    names = ("column_shapes",)
    part = Part.FIDELITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """The mean for the table, then a result for every column.

        Raises
        ------
        NotApplicable
            Without synthetic rows or modelled columns.
        """
        tables.need_synthetic()
        data = coded(tables)
        redraws = Redraws.of(data.synthetic.n_rows, tables.generator("redraws"))
        found = column_shapes(data.columns, data.train, data.synthetic, redraws)
        floor = None
        if data.control is not None:
            again = Redraws.of(data.control.n_rows, tables.generator("redraws of control"))
            floor = column_shapes(data.columns, data.train, data.control, again)
        anchors = more_anchors(
            tables,
            "column_shapes",
            lambda table: float(column_shapes(data.columns, data.train, table).values.mean()),
        )
        yield _table_result(found, floor, anchors, data.synthetic.n_rows)
        for place, column in enumerate(data.columns):
            yield _column_result(place, column, found, floor, data.synthetic.n_rows)


def more_anchors(tables: Tables, metric: str, compute: Callable[[CodedTable], float]) -> dict[str, float]:
    """Bootstrap, independent columns and tables made elsewhere, from the standard plan on."""
    return anchors_of(tables, metric, compute) if tables.plan.includes(Plan.STANDARD) else {}


def _table_result(found: Shapes, floor: Shapes | None, anchors: dict[str, float], n_rows: int) -> MetricResult:
    value = float(found.values.mean())
    low, high = interval(value, None if found.redrawn is None else found.redrawn.mean(axis=0), found.redraws)
    return MetricResult(
        metric="column_shapes",
        value=value,
        low=low,
        high=high,
        interval=METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit=UNIT,
        anchors=anchors
        | noise_floor(
            None if floor is None else float(floor.values.mean()),
            None if floor is None or floor.redrawn is None else floor.redrawn.mean(axis=0),
            None if floor is None else floor.redraws,
        ),
        counts={"columns": len(found.values)},
        explanation="How alike each column is on its own, averaged over the columns: 1 means the same distributions.",
        n_rows=n_rows,
    )


def _column_result(place: int, column: CodedColumn, found: Shapes, floor: Shapes | None, n_rows: int) -> MetricResult:
    value = float(found.values[place])
    low, high = interval(value, None if found.redrawn is None else found.redrawn[place], found.redraws)
    if column.is_number:
        meaning = f"KS complement: at no value do the cumulative shares of rows differ by more than {1 - value:.1%}."
    else:
        meaning = (
            f"TV complement: {1 - value:.1%} of the synthetic rows would need another level to match the real shares."
        )
    return MetricResult(
        metric="column_shapes",
        scope=Scope.COLUMN,
        subject=(column.name,),
        value=value,
        low=low,
        high=high,
        interval=METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit=UNIT,
        anchors=noise_floor(
            None if floor is None else float(floor.values[place]),
            None if floor is None or floor.redrawn is None else floor.redrawn[place],
            None if floor is None else floor.redraws,
        ),
        explanation=meaning,
        n_rows=n_rows,
    )


def noise_floor(
    value: float | None,
    redrawn: np.ndarray | None,
    redraws: Redraws | None,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> dict[str, float]:
    """Anchors from the control rows: their value against train rows, and where another such table would lie (95 %)."""
    if value is None:
        return {}
    anchors = {"control rows": value}
    ends = prediction(value, redrawn, redraws, bounds=bounds)
    if ends is not None:
        anchors |= {"control rows low": ends[0], "control rows high": ends[1]}
    return anchors


COLUMN_SHAPES = ColumnShapes()
