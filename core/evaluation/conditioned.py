"""Conditioned rows: whether rows asked for with a level look like the real rows of that level.

They are compared with the real rows of the level on the other columns. The number to beat stands beside it: how much
rows that were *not* conditioned (all synthetic ones, and all real ones) look like the real rows of that level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evaluation.coded import CONDITIONED, Coded, CodedColumn, CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables, not_measured
from core.evaluation.redrawing import METHOD, Redraws, interval
from core.evaluation.shapes import UNIT, column_shapes
from core.evaluation.trends import pair_trends
from core.records import Direction, MetricResult, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Conditioned rows of one level.

    Parameters
    ----------
    column : CodedColumn
    code : int
        Code of the level; -1 for a level that no table has.
    level : str
    rows : bool array over the conditioned rows
    """

    column: CodedColumn
    code: int
    level: str
    rows: np.ndarray


class ConditionedRows:
    """Shapes and trends of the other columns for every level that rows were conditioned on, at scope `level`."""

    names = ()
    part = Part.FIDELITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """`conditioned_shapes` and `conditioned_trends` for every condition; nothing without conditioned rows."""
        if tables.conditioned is None or not len(tables.conditioned):
            return
        data = coded(tables)
        for block in blocks_of(tables, data):
            others = tuple(column for column in data.columns if column.name != block.column.name)
            if others:
                yield _result("conditioned_shapes", block, others, data, tables, _mean_shape)
            if len(others) > 1:
                yield _result("conditioned_trends", block, others, data, tables, _mean_trend)


def blocks_of(tables: Tables, data: Coded) -> list[Block]:
    """Conditioned rows by the level they were asked for.

    Where the conditions themselves are not known (a table made elsewhere), the level column that is constant in the
    conditioned rows is taken for the condition, of several the target or else the one whose level is rarest in the
    train rows; without one, the levels of the target are told apart.
    """
    by_name = {column.name: column for column in data.columns if not column.is_number}
    rows = data.tables[CONDITIONED]
    if tables.conditions:
        blocks, start = [], 0
        for condition in tables.conditions:
            chosen = np.zeros(rows.n_rows, dtype=bool)
            chosen[start : start + condition.n_rows] = True
            start += condition.n_rows
            if condition.column in by_name and chosen.any():
                blocks.append(_block(by_name[condition.column], condition.level, chosen))
        return blocks
    everything = np.ones(rows.n_rows, dtype=bool)
    constant = []
    for column in by_name.values():
        codes = rows.codes[column.name]
        share = float((data.train.codes[column.name] == codes[0]).mean())
        if codes[0] < column.n_codes - 1 and (codes == codes[0]).all() and share < 1:
            constant.append((column.name != tables.target, share, column))
    if constant:
        *_, column = min(constant, key=lambda each: each[:2])
        return [_block(column, column.levels[rows.codes[column.name][0]], everything)]
    target = by_name.get(tables.target or "")
    if target is None:
        return []
    codes = rows.codes[target.name]
    return [
        _block(target, target.levels[code], codes == code) for code in np.unique(codes) if code < len(target.levels)
    ]


def _block(column: CodedColumn, level: str, rows: np.ndarray) -> Block:
    code = column.levels.index(level) if level in column.levels else -1
    return Block(column=column, code=code, level=level, rows=rows)


Mean = Callable[[tuple[CodedColumn, ...], CodedTable, CodedTable, Redraws | None], tuple[float, np.ndarray | None]]


def _mean_shape(columns, real, other, redraws) -> tuple[float, np.ndarray | None]:
    found = column_shapes(columns, real, other, redraws)
    return float(found.values.mean()), None if found.redrawn is None else found.redrawn.mean(axis=0)


def _mean_trend(columns, real, other, redraws) -> tuple[float, np.ndarray | None]:
    found = pair_trends(columns, real, {"other": other}, {"other": redraws})["other"]
    return float(found.values.mean()), found.redrawn_mean()


def _result(
    metric: str, block: Block, others: tuple[CodedColumn, ...], data: Coded, tables: Tables, mean: Mean
) -> MetricResult:
    name, subject = block.column.name, (block.column.name, block.level)
    of_level = data.train.codes[name] == block.code
    if not of_level.any():
        return not_measured(
            metric,
            f"No train row has {name} = {block.level}, so there is nothing to compare with.",
            scope=Scope.LEVEL,
            subject=subject,
        )
    real = data.train.taking(of_level)
    rows = data.tables[CONDITIONED].taking(block.rows)
    redraws = Redraws.of(rows.n_rows, tables.generator("redraws"))
    value, redrawn = mean(others, real, rows, redraws)
    low, high = interval(value, redrawn, redraws)
    anchors = {"all real rows": mean(others, real, data.train, None)[0]}
    if data.synthetic.n_rows:
        anchors["all synthetic rows"] = mean(others, real, data.synthetic, None)[0]
    if data.control is not None and (data.control.codes[name] == block.code).any():
        same = data.control.taking(data.control.codes[name] == block.code)
        anchors["control rows of the level"] = mean(others, real, same, None)[0]
    return MetricResult(
        metric=metric,
        scope=Scope.LEVEL,
        subject=subject,
        value=value,
        low=low,
        high=high,
        interval=METHOD if low is not None else "",
        direction=Direction.HIGHER,
        unit=UNIT,
        anchors=anchors,
        counts={"conditioned rows": rows.n_rows, "real rows of the level": real.n_rows},
        explanation=_sentence(metric, name, block.level, value, anchors),
        n_rows=rows.n_rows,
    )


def _sentence(metric: str, name: str, level: str, value: float, anchors: dict[str, float]) -> str:
    what = "Columns" if metric == "conditioned_shapes" else "Relations of columns"
    beaten = "all synthetic rows" if "all synthetic rows" in anchors else "all real rows"
    return (
        f"{what} of the rows asked for with {name} = {level}, against real rows of that level: {value:.3f}; "
        f"{beaten} whatever their level reach {anchors[beaten]:.3f}. 1 means the same."
    )


CONDITIONED_ROWS = ConditionedRows()
