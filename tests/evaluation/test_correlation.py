import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.association import association, correlation_ratio, cramers_v
from core.evaluation.coded import coded
from core.evaluation.correlation import CORRELATION_DIFFERENCE
from core.evaluation.moments import Scaling
from core.records import CorrelationPicture
from tests.evaluation.made import MIXED, people, result, schema_of, shuffled, tables_of


def measured(schema, real, synthetic, **more):
    return list(CORRELATION_DIFFERENCE.measure(tables_of(schema, real, synthetic, **more)))


def test_identical_tables_differ_by_nothing():
    columns = people(300, 0)
    items = measured(MIXED, columns, columns)
    assert result(items, "correlation_difference").value == pytest.approx(0.0)
    picture = next(one for one in items if isinstance(one, CorrelationPicture))
    assert picture.real == picture.synthetic
    assert picture.columns == MIXED.names


def test_opposite_relations_differ_by_two():
    schema = schema_of(x="continuous", y="continuous")
    up = np.arange(5.0)
    assert result(measured(schema, {"x": up, "y": up}, {"x": up, "y": -up}), "correlation_difference").value == (
        pytest.approx(2.0)
    )


def test_correlation_difference_equals_the_value_computed_by_hand():
    # r = 1 in the real table; r of (0,0) (1,2) (2,1) is (1/3) / (2/3) = 1/2, so the difference is 1/2
    schema = schema_of(x="continuous", y="continuous")
    items = measured(schema, {"x": [0.0, 1, 2], "y": [0.0, 1, 2]}, {"x": [0.0, 1, 2], "y": [0.0, 2, 1]})
    assert result(items, "correlation_difference").value == pytest.approx(1 / 2)


def test_tables_without_two_varying_columns_have_no_relations():
    schema = schema_of(x="continuous", c="categorical")
    with pytest.raises(NotApplicable, match="no relations"):
        measured(schema, {"x": [1.0, 1.0], "c": ["a", "b"]}, {"x": [1.0, 2.0], "c": ["a", "b"]})


def test_correlation_ratio_equals_the_value_computed_by_hand():
    # levels (0, 2) and (4, 6): means 1 and 5, total mean 3. Between: 2*4 + 2*4 = 16; total: 9 + 1 + 1 + 9 = 20.
    # share explained 16/20; corrected 1 - (4/20) * 3/2 = 7/10
    assert correlation_ratio(np.array([0.0, 2, 4, 6]), np.array([0, 0, 1, 1]), 2) == pytest.approx(np.sqrt(0.7))


def test_corrected_cramers_v_equals_the_value_computed_by_hand():
    # 8 rows on the diagonal of a 2 x 2 table: phi2 = 1, corrected 1 - 1/7 = 6/7;
    # both sizes 2 - 1/7 = 13/7, minus one 6/7: V = sqrt((6/7) / (6/7)) = 1
    codes = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert cramers_v(codes, codes, 2, 2) == pytest.approx(1.0)
    # all four cells alike: phi2 = 0
    assert cramers_v(codes, np.array([0, 1, 0, 1, 0, 1, 0, 1]), 2, 2) == 0.0


def test_unrelated_columns_with_many_levels_score_near_zero():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 100, 2_000), rng.integers(0, 100, 2_000)
    assert cramers_v(first, second, 100, 100) < 0.06  # without the correction it would be 0.22
    assert correlation_ratio(rng.normal(size=2_000), first, 100) < 0.12  # without it 0.22


def test_lost_relations_count_in_full_and_a_collapsed_column_is_related_to_nothing():
    columns = people(2_000, 0)
    lost = result(measured(MIXED, columns, shuffled(columns, 1), control=people(500, 2)), "correlation_difference")
    assert lost.low > lost.anchors["control rows high"]
    collapsed = {**columns, "income": np.full(2_000, 1.0)}
    assert result(measured(MIXED, columns, collapsed), "correlation_difference").value > 0.05


def test_constant_columns_are_left_blank_in_the_picture():
    schema = schema_of(x="continuous", c="categorical", y="continuous")
    real = {"x": [1.0, 2, 3], "c": ["a"] * 3, "y": [1.0, 2, 4]}
    picture = measured(schema, real, real)[-1]
    assert picture.real[1] == (None, None, None)
    assert picture.real[0][0] == 1.0


def test_the_matrix_is_symmetric_and_within_range():
    tables = tables_of(MIXED, people(500, 0), people(500, 1))
    data = coded(tables)
    matrix = association(data.columns, data.train, Scaling.of(("age", "income"), data.train)).matrix
    assert np.array_equal(matrix, matrix.T)
    assert np.all((matrix >= -1) & (matrix <= 1))
