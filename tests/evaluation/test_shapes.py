import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.shapes import COLUMN_SHAPES, ks_complement, tv_complement
from core.records import Scope
from tests.evaluation.made import MIXED, people, result, schema_of, tables_of

NUMBER_AND_LEVELS = schema_of(x="continuous", c="categorical")


def test_identical_tables_have_shapes_of_one():
    columns = people(200, 0)
    items = list(COLUMN_SHAPES.measure(tables_of(MIXED, columns, columns)))
    assert result(items, "column_shapes").value == 1.0
    assert all(one.value == 1.0 for one in items)


def test_disjoint_tables_have_shapes_of_zero():
    real = {"x": [1.0, 2.0, 3.0], "c": ["a", "a", "b"]}
    synthetic = {"x": [7.0, 8.0, 9.0], "c": ["c", "c", "d"]}
    items = list(COLUMN_SHAPES.measure(tables_of(NUMBER_AND_LEVELS, real, synthetic)))
    assert [one.value for one in items] == pytest.approx([0.0, 0.0, 0.0])


def test_column_shapes_equal_the_value_computed_by_hand():
    # x: cumulative shares at 1, 2, 3, 4 are 1/4 2/4 3/4 1 (real) and 0 1/2 1/2 1 (synthetic: 2, 2, 4, 4);
    #    the largest gap is 1/4, so the KS complement is 3/4
    # c: shares a 2/4, b 2/4 (real) and a 3/4, b 0, c 1/4 (synthetic): (1/4 + 2/4 + 1/4) / 2 = 1/2, complement 1/2
    # table: (3/4 + 1/2) / 2 = 5/8
    real = {"x": [1.0, 2.0, 3.0, 4.0], "c": ["a", "a", "b", "b"]}
    synthetic = {"x": [2.0, 2.0, 4.0, 4.0], "c": ["a", "a", "a", "c"]}
    items = list(COLUMN_SHAPES.measure(tables_of(NUMBER_AND_LEVELS, real, synthetic)))
    assert result(items, "column_shapes", "x", scope=Scope.COLUMN).value == pytest.approx(3 / 4)
    assert result(items, "column_shapes", "c", scope=Scope.COLUMN).value == pytest.approx(1 / 2)
    assert result(items, "column_shapes").value == pytest.approx(5 / 8)


def test_shapes_are_refused_without_synthetic_rows():
    columns = people(20, 0)
    empty = {name: values[:0] for name, values in columns.items()}
    with pytest.raises(NotApplicable, match="unconditioned synthetic rows"):
        list(COLUMN_SHAPES.measure(tables_of(MIXED, columns, empty)))


def test_missing_numbers_count_as_lowest():
    # real: half missing; synthetic: none missing. At "missing" the cumulative shares are 1/2 and 0.
    real = np.array([np.nan, np.nan, 1.0, 2.0])
    synthetic = np.array([1.0, 2.0, 1.0, 2.0])
    assert ks_complement(real, synthetic) == pytest.approx(1 / 2)
    assert ks_complement(real, real) == 1.0


def test_missing_levels_are_a_level():
    real = {"x": [1.0] * 4, "c": ["a", "a", None, None]}
    synthetic = {"x": [1.0] * 4, "c": ["a"] * 4}
    items = list(COLUMN_SHAPES.measure(tables_of(NUMBER_AND_LEVELS, real, synthetic)))
    assert result(items, "column_shapes", "c", scope=Scope.COLUMN).value == pytest.approx(1 / 2)


def test_columns_without_any_value_are_alike_only_to_each_other():
    empty, full = np.full(3, np.nan), np.ones(3)
    assert ks_complement(empty, empty) == 1.0
    assert ks_complement(empty, full) == 0.0
    assert ks_complement(full, empty) == 0.0


def test_tv_complement_of_disjoint_shares_is_zero():
    assert tv_complement(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 0.0


def test_the_noise_floor_of_control_rows_stands_beside_the_value_with_its_interval():
    items = list(COLUMN_SHAPES.measure(tables_of(MIXED, people(2_000, 0), people(1_000, 1), control=people(500, 2))))
    table = result(items, "column_shapes")
    assert table.low < table.value < table.high
    assert "drawing the synthetic rows again" in table.interval
    floor = table.anchors
    assert floor["control rows low"] < floor["control rows"] < floor["control rows high"]
    assert 0.9 < floor["control rows"] < 1
    assert result(items, "column_shapes", "job", scope=Scope.COLUMN).anchors["control rows"] > 0.9


def test_a_handful_of_rows_gets_a_number_without_interval():
    columns = people(3, 0)
    table = result(list(COLUMN_SHAPES.measure(tables_of(MIXED, columns, columns))), "column_shapes")
    assert (table.value, table.low, table.high, table.interval) == (1.0, None, None, "")
