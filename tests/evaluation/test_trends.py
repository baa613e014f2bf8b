from itertools import combinations

import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation import trends
from core.evaluation.trends import PAIR_TRENDS
from core.records import Scope
from tests.evaluation.made import MIXED, people, result, schema_of, shuffled, tables_of

LEVELS = schema_of(a="categorical", b="categorical")


def measured(schema, real, synthetic, **more):
    return list(PAIR_TRENDS.measure(tables_of(schema, real, synthetic, **more)))


def test_identical_tables_have_trends_of_one_for_every_pair():
    columns = people(200, 0)
    items = measured(MIXED, columns, columns)
    assert [one.value for one in items] == pytest.approx([1.0] * 11)  # the table and 5 * 4 / 2 pairs
    assert [one.subject for one in items[1:]] == list(combinations(MIXED.names, 2))


def test_disjoint_tables_have_trends_of_zero():
    items = measured(LEVELS, {"a": ["x", "x"], "b": ["u", "v"]}, {"a": ["y", "y"], "b": ["w", "w"]})
    assert result(items, "pair_trends").value == 0.0


def test_opposite_correlations_have_a_trend_of_zero():
    schema = schema_of(x="continuous", y="continuous")
    up = np.arange(5.0)
    assert result(measured(schema, {"x": up, "y": up}, {"x": up, "y": -up}), "pair_trends").value == pytest.approx(0.0)


def test_pair_trends_equal_the_value_computed_by_hand():
    # a-b: joint shares (x,u) 1/2 (y,v) 1/2 (real) and all four cells 1/4 (synthetic):
    #      (1/4 + 1/4 + 1/4 + 1/4) / 2 = 1/2, complement 1/2
    real = {"a": ["x", "x", "y", "y"], "b": ["u", "u", "v", "v"]}
    synthetic = {"a": ["x", "x", "y", "y"], "b": ["u", "v", "u", "v"]}
    assert result(measured(LEVELS, real, synthetic), "pair_trends").value == pytest.approx(1 / 2)
    # x-y: Pearson's r of (0,0) (1,1) (2,2) is 1; of (0,0) (1,2) (2,1) it is 1/2, since both have variance 2/3
    #      and covariance (0*0 + 1*2 + 2*1)/3 - 1*1 = 1/3: 1 - |1/2 - 1| / 2 = 3/4
    schema = schema_of(x="continuous", y="continuous")
    items = measured(schema, {"x": [0.0, 1, 2], "y": [0.0, 1, 2]}, {"x": [0.0, 1, 2], "y": [0.0, 2, 1]})
    assert result(items, "pair_trends", "x", "y", scope=Scope.PAIR).value == pytest.approx(3 / 4)


def test_bins_come_from_the_real_range_alone():
    # x in 10 widths over 0..10: 0.5 is in the first bin, 9.5 in the last. One synthetic value of 1,000 lies in the last
    # bin too, so it changes nothing but its own row; with bins over each table's range nearly every row would move.
    schema = schema_of(x="continuous", c="categorical")
    real = {"x": [0.0, 0.5, 9.5, 10.0], "c": ["a", "a", "b", "b"]}
    synthetic = {"x": [0.0, 0.5, 9.5, 1_000.0], "c": ["a", "a", "b", "b"]}
    assert result(measured(schema, real, synthetic), "pair_trends").value == 1.0


def test_missing_has_a_bin_of_its_own():
    # (first bin, a) 1/2 and (missing, a) 1/2 in the real table, (first bin, a) 1 in the synthetic one: TV 1/2
    schema = schema_of(x="continuous", c="categorical")
    real = {"x": [0.0, np.nan, 0.0, np.nan], "c": ["a"] * 4}
    synthetic = {"x": [0.0] * 4, "c": ["a"] * 4}
    assert result(measured(schema, real, synthetic), "pair_trends").value == pytest.approx(1 / 2)


def test_a_collapsed_number_is_compared_by_its_joint_table():
    # synthetic x is constant, so it has no correlation. Real cells lie on the diagonal of the 10 x 10 bins, synthetic
    # rows share one x bin: the only common cell holds 1/10 in both tables.
    schema = schema_of(x="continuous", y="continuous")
    line = np.arange(10.0)
    items = measured(schema, {"x": line, "y": line}, {"x": np.full(10, 4.0), "y": line})
    assert result(items, "pair_trends").value == pytest.approx(1 / 10)


def test_one_column_has_no_pairs():
    with pytest.raises(NotApplicable, match="no pairs"):
        measured(schema_of(x="continuous"), {"x": [1.0]}, {"x": [1.0]})


def test_many_levels_are_counted_over_occurring_cells_with_the_same_result(monkeypatch):
    columns, synthetic = people(300, 0), people(200, 1)
    dense = [one.value for one in measured(MIXED, columns, synthetic)]
    lows = [one.low for one in measured(MIXED, columns, synthetic)]
    monkeypatch.setattr(trends, "DENSE_CELLS", 0)
    assert [one.value for one in measured(MIXED, columns, synthetic)] == pytest.approx(dense, abs=1e-12)
    assert [one.low for one in measured(MIXED, columns, synthetic)] == pytest.approx(lows, abs=1e-12)


def test_lost_relations_show_although_the_columns_are_right():
    columns = people(2_000, 0)
    items = measured(MIXED, columns, shuffled(columns, 1), control=people(500, 2))
    table = result(items, "pair_trends")
    assert table.high < table.anchors["control rows low"]
    assert result(items, "pair_trends", "income", "buys", scope=Scope.PAIR).value < 0.75


def test_only_the_lowest_of_very_many_pairs_are_reported_one_by_one(monkeypatch):
    monkeypatch.setattr(trends, "MAX_PAIR_RESULTS", 3)
    columns = people(300, 0)
    items = measured(MIXED, columns, shuffled(columns, 1))
    assert len(items) == 1 + 3
    assert max(one.value for one in items[1:]) < items[0].value
