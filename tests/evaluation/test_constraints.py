"""Rules that all real rows obey: found where they are and not where chance explains them, counted in synthetic rows."""

import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.coded import coded
from core.evaluation.constraints import CONSTRAINTS
from core.evaluation.rules import find_rules
from core.records import Scope
from tests.evaluation.made import result, schema_of, shuffled, tables_of

SCHEMA = schema_of(
    start="continuous", end="continuous", far="continuous", city="categorical", country="categorical", x="continuous"
)


def trips(n_rows: int, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, 100, n_rows)
    city = rng.choice(["Oslo", "Bergen", "Kyoto"], n_rows)
    end = start + rng.exponential(20, n_rows)
    unknown = rng.random(n_rows) < 0.2
    return {
        "start": start,
        "end": np.where(unknown, np.nan, end),
        "far": rng.uniform(1_000, 2_000, n_rows),  # above everything by its range alone: no rule
        "city": city,
        "country": np.where(city == "Kyoto", "Japan", "Norway"),
        "x": np.where(unknown, np.nan, rng.normal(size=n_rows)),
    }


def texts(tables) -> set[str]:
    data = coded(tables)
    return {rule.text for rule in find_rules(data.columns, data.train)}


def test_rules_are_found_and_ranges_that_never_meet_make_none():
    assert texts(tables_of(SCHEMA, trips(500, 0), trips(500, 1))) == {
        "start is at most end",
        "city decides country",
        "end is missing where x is",
        "x is missing where end is",
    }


def test_real_rows_obey_all_and_shuffled_columns_break_them():
    tables = tables_of(SCHEMA, trips(800, 0), trips(600, 1), trips(300, 2))
    best = result(list(CONSTRAINTS.measure(tables)), "constraint_satisfaction")
    assert best.value == best.anchors["control rows"] == best.anchors["bootstrap"] == 1
    worst = list(CONSTRAINTS.measure(tables_of(SCHEMA, trips(800, 0), shuffled(trips(600, 1), 3))))
    value = result(worst, "constraint_satisfaction")
    assert value.value < 0.3
    assert value.value == pytest.approx(value.anchors["independent columns"], abs=0.08)
    order = result(worst, "rule_obeyed", "start", "end", scope=Scope.PAIR)
    assert order.value == pytest.approx(order.anchors["independent columns"], abs=0.05)


def test_the_share_by_hand():
    real = {"a": np.tile(np.arange(10.0), 10), "b": np.tile(np.arange(10.0), 10) + 1}
    schema = schema_of(a="continuous", b="continuous")
    # of four rows, (3, 2) breaks a <= b; (missing, 1) cannot: 3 of 4
    synthetic = {"a": [3.0, 2.0, 5.0, np.nan], "b": [2.0, 2.0, 9.0, 1.0]}
    assert (
        result(list(CONSTRAINTS.measure(tables_of(schema, real, synthetic))), "constraint_satisfaction").value == 0.75
    )


def test_without_a_rule_there_is_a_reason():
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=200), "b": rng.normal(size=200)}
    with pytest.raises(NotApplicable, match="No rule"):
        list(CONSTRAINTS.measure(tables_of(schema_of(a="continuous", b="continuous"), columns, columns)))
