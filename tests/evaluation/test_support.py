import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.support import SUPPORT, RealSupport, integrated, nearest_other, support
from tests.evaluation.made import MIXED, people, result, shuffled, tables_of


def test_equal_rows_have_full_precision_and_recall():
    vectors = np.random.default_rng(0).normal(size=(400, 3))
    found = support(RealSupport.of(vectors), vectors)
    assert found.alpha_precision == pytest.approx(1.0, abs=0.02)
    assert found.beta_recall == pytest.approx(1.0, abs=0.02)


def test_rows_far_away_have_neither():
    vectors = np.random.default_rng(0).normal(size=(200, 3))
    found = support(RealSupport.of(vectors), vectors + 100)
    assert found.alpha_precision == pytest.approx(0.0)
    assert found.beta_recall == pytest.approx(0.0)


def test_the_integrated_value_equals_the_one_computed_by_hand():
    # diagonal 0, 1/2, 1 sums to 3/2; the curve 0, 1, 1 is off by 1/2: 1 - (1/2) / (3/2) = 2/3
    assert integrated(np.array([0.0, 1.0, 1.0])) == pytest.approx(2 / 3)
    assert integrated(np.linspace(0, 1, 30)) == pytest.approx(1.0)


def test_collapse_to_the_centre_costs_precision_and_recall():
    vectors = np.random.default_rng(0).normal(size=(400, 3))
    found = support(RealSupport.of(vectors), vectors * 0.05)
    assert found.alpha_precision < 0.2
    assert found.beta_recall < 0.3


def test_nearest_other_row_is_not_the_row_itself():
    assert nearest_other(np.array([[0.0], [1.0], [4.0]])) == pytest.approx([1.0, 1.0, 3.0])
    blocks = np.random.default_rng(0).normal(size=(50, 2))
    assert nearest_other(blocks, block=7) == pytest.approx(nearest_other(blocks))


def test_support_is_refused_for_a_handful_of_rows():
    with pytest.raises(NotApplicable, match="20"):
        list(SUPPORT.measure(tables_of(MIXED, people(50, 0), people(5, 1))))


def test_fresh_real_rows_stand_beside_the_numbers_with_intervals_over_blocks():
    train = people(1_200, 0)
    items = list(SUPPORT.measure(tables_of(MIXED, train, people(1_200, 1), people(600, 2))))
    precision, recall = result(items, "alpha_precision"), result(items, "beta_recall")
    assert precision.value > 0.85
    assert recall.low < recall.value < recall.high
    assert recall.value == pytest.approx(recall.anchors["control rows"], abs=0.1)
    assert precision.low < precision.value < precision.high <= 1
    assert precision.high - precision.low < 0.1  # rows of a block are redrawn; four blocks alone know less
    lost = result(list(SUPPORT.measure(tables_of(MIXED, train, shuffled(train, 3)))), "beta_recall")
    assert lost.high < recall.low
