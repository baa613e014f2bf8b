"""Constraint satisfaction: whether synthetic rows obey the rules between columns that all real rows obey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.errors import NotApplicable
from core.evaluation.anchors import anchors_of
from core.evaluation.coded import CodedTable, coded
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.redrawing import METHOD, Redraws, interval
from core.evaluation.rules import MIN_BROKEN, MIN_ROWS, Rule, find_rules
from core.evaluation.shapes import UNIT, noise_floor
from core.records import Direction, MetricResult, Scope


class ConstraintSatisfaction:
    """Share of synthetic rows that obey every rule found in the train rows, then every rule on its own."""

    names = ("constraint_satisfaction",)
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """`constraint_satisfaction` for the table, then `rule_obeyed` at scope `pair` for every rule.

        Raises
        ------
        NotApplicable
            Without synthetic rows, or when the train rows show no rule.
        """
        tables.need_synthetic()
        data = coded(tables)
        rules = find_rules(data.columns, data.train)
        if not rules:
            raise NotApplicable(
                f"No rule between two columns holds in all train rows (of at least {MIN_ROWS}) and would be broken by "
                f"chance in {MIN_BROKEN:.0%} of the rows, so there is nothing to obey."
            )
        yield self._whole(tables, rules)
        for rule in rules:
            yield _rule_result(rule, tables)

    def _whole(self, tables: Tables, rules: list[Rule]) -> MetricResult:
        data = coded(tables)
        obeyed = all_obeyed(rules, data.synthetic)
        value = float(obeyed.mean())
        redraws = Redraws.of(data.synthetic.n_rows, tables.generator("redraws"))
        redrawn = None if redraws is None else redraws.shares(obeyed.astype(np.int64), 2)[:, 1]
        anchors = anchors_of(tables, self.names[0], lambda table: float(all_obeyed(rules, table).mean()))
        if data.control is not None:
            of_control = all_obeyed(rules, data.control)
            again = Redraws.of(data.control.n_rows, tables.generator("redraws of control"))
            anchors |= noise_floor(
                float(of_control.mean()),
                None if again is None else again.shares(of_control.astype(np.int64), 2)[:, 1],
                again,
            )
        low, high = interval(value, redrawn, redraws)
        return MetricResult(
            metric=self.names[0],
            value=value,
            low=low,
            high=high,
            interval=METHOD if low is not None else "",
            direction=Direction.HIGHER,
            unit=UNIT,
            anchors=anchors,
            counts={"rules": len(rules), "rows that break a rule": int((~obeyed).sum())},
            explanation=(
                f"Share of synthetic rows that obey all {len(rules):,} rules that every train row obeys: 1 means all. "
                "What control rows break is no rule but chance."
            ),
            n_rows=data.synthetic.n_rows,
        )


def all_obeyed(rules: list[Rule], table: CodedTable) -> np.ndarray:
    """Whether each row obeys every rule, bool array of shape (n_rows,)."""
    whole = np.ones(table.n_rows, dtype=bool)
    for rule in rules:
        whole &= rule.obeyed(table)
    return whole


def _rule_result(rule: Rule, tables: Tables) -> MetricResult:
    data = coded(tables)
    obeyed = rule.obeyed(data.synthetic)
    anchors = {"independent columns": rule.expected, "train rows": 1.0}
    if data.control is not None:
        anchors["control rows"] = float(rule.obeyed(data.control).mean())
    return MetricResult(
        metric="rule_obeyed",
        scope=Scope.PAIR,
        subject=(rule.first.name, rule.second.name),
        value=float(obeyed.mean()),
        direction=Direction.HIGHER,
        unit=UNIT,
        anchors=anchors,
        counts={"rows that break it": int((~obeyed).sum())},
        explanation=f"Share of synthetic rows in which {rule.text}, as in every train row.",
        n_rows=len(obeyed),
    )


CONSTRAINTS = ConstraintSatisfaction()
