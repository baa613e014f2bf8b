import numpy as np
import pytest

from core.evaluation.conditioned import CONDITIONED_ROWS
from core.records import Condition, Scope, Status
from tests.evaluation.made import MIXED, people, result, schema_of, tables_of

LEVELS = schema_of(y="categorical", c="categorical")


def rows_with(columns: dict, name: str, level: str) -> dict:
    keep = np.asarray(columns[name]) == level
    return {key: np.asarray(values)[keep] for key, values in columns.items()}


def empty(columns: dict) -> dict:
    return {name: values[:0] for name, values in columns.items()}


def test_real_rows_of_the_level_are_the_best_case():
    train = people(500, 0)
    items = list(
        CONDITIONED_ROWS.measure(tables_of(MIXED, train, empty(train), conditioned=rows_with(train, "buys", "yes")))
    )
    shapes = result(items, "conditioned_shapes", "buys", "yes", scope=Scope.LEVEL)
    trends = result(items, "conditioned_trends", "buys", "yes", scope=Scope.LEVEL)
    assert (shapes.value, trends.value) == pytest.approx((1.0, 1.0))
    assert shapes.anchors["all real rows"] < 0.95
    assert "all synthetic rows" not in shapes.anchors


def test_rows_that_share_nothing_with_the_level_are_the_worst_case():
    train = {"y": ["yes", "yes", "no"], "c": ["a", "b", "c"]}
    conditioned = {"y": ["yes", "yes"], "c": ["d", "d"]}
    items = list(CONDITIONED_ROWS.measure(tables_of(LEVELS, train, empty(train), conditioned=conditioned, target="y")))
    assert result(items, "conditioned_shapes", "y", "yes", scope=Scope.LEVEL).value == pytest.approx(0.0)


def test_conditioned_shapes_equal_the_value_computed_by_hand():
    # of the yes rows c is a 1/2, b 1/2 in the real table and a 1 in the conditioned rows: 1 - (1/2 + 1/2) / 2 = 1/2
    # all real rows: a 1/4, b 3/4: 1 - (1/4 + 1/4) / 2 = 3/4
    train = {"y": ["yes", "yes", "no", "no"], "c": ["a", "b", "b", "b"]}
    conditioned = {"y": ["yes"] * 3, "c": ["a"] * 3}
    items = list(CONDITIONED_ROWS.measure(tables_of(LEVELS, train, empty(train), conditioned=conditioned, target="y")))
    one = result(items, "conditioned_shapes", "y", "yes", scope=Scope.LEVEL)
    assert one.value == pytest.approx(1 / 2)
    assert one.anchors == pytest.approx({"all real rows": 3 / 4})
    assert one.counts == {"conditioned rows": 3, "real rows of the level": 2}


def test_there_is_nothing_to_say_without_conditioned_rows():
    assert list(CONDITIONED_ROWS.measure(tables_of(MIXED, people(20, 0), people(20, 1)))) == []


def test_blocks_follow_the_conditions_in_their_order():
    train = people(400, 0)
    first, second = rows_with(train, "buys", "yes"), rows_with(train, "job", "pilot")
    rows = {name: np.concatenate([first[name], second[name]]) for name in train}
    conditions = (
        Condition(column="buys", level="yes", n_rows=len(first["buys"])),
        Condition(column="job", level="pilot", n_rows=len(second["job"])),
    )
    items = list(
        CONDITIONED_ROWS.measure(tables_of(MIXED, train, people(300, 1), people(200, 2), rows, conditions=conditions))
    )
    yes = result(items, "conditioned_shapes", "buys", "yes", scope=Scope.LEVEL)
    pilot = result(items, "conditioned_shapes", "job", "pilot", scope=Scope.LEVEL)
    assert (yes.value, pilot.value) == pytest.approx((1.0, 1.0))
    assert set(yes.anchors) == {"all real rows", "all synthetic rows", "control rows of the level"}
    assert yes.n_rows == len(first["buys"])


def test_a_level_that_no_train_row_has_gives_the_reason():
    train = people(50, 0)
    rows = {**people(20, 1), "buys": ["perhaps"] * 20}
    items = list(CONDITIONED_ROWS.measure(tables_of(MIXED, train, empty(train), conditioned=rows)))
    one = result(items, "conditioned_shapes", "buys", "perhaps", scope=Scope.LEVEL)
    assert one.status is Status.NOT_MEASURED
    assert "No train row has buys = perhaps" in one.explanation


def test_without_known_conditions_levels_of_the_target_are_told_apart():
    train = people(300, 0)
    items = list(
        CONDITIONED_ROWS.measure(tables_of(MIXED, train, empty(train), conditioned=people(200, 1), target="buys"))
    )
    assert {one.subject for one in items} == {("buys", "yes"), ("buys", "no")}
