import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.detection import DETECTION_AUC, N_FOLDS, _influence, detect, equal_rows_together
from core.records import MetricResult, Scope
from tests.evaluation.made import MIXED, people, result, shuffled, tables_of


def half(columns: dict, which: int) -> dict:
    return {name: np.asarray(values)[which::2] for name, values in columns.items()}


def test_two_halves_of_one_table_cannot_be_told_apart():
    columns = people(3_000, 0)
    auc = result(list(DETECTION_AUC.measure(tables_of(MIXED, half(columns, 0), half(columns, 1)))), "detection_auc")
    assert 0.45 < auc.value < 0.55
    assert auc.low < 0.5 < auc.high


def test_disjoint_tables_are_always_told_apart():
    synthetic = {**people(300, 1), "age": np.full(300, 500.0)}
    items = list(DETECTION_AUC.measure(tables_of(MIXED, people(300, 0), synthetic)))
    assert result(items, "detection_auc").value == pytest.approx(1.0)
    drops = {one.subject[0]: one.value for one in items if isinstance(one, MetricResult) and one.scope is Scope.COLUMN}
    assert drops["age"] > 0.2
    assert max(abs(value) for name, value in drops.items() if name != "age") < 0.05


def test_the_error_of_an_auc_equals_the_value_computed_by_hand():
    # scores: positives 2, 4, negatives 1, 3. Of the four pairs three are in order, so AUC 3/4.
    # Share of negatives below: 2 -> 1/2, 4 -> 1; of positives above: 1 -> 1, 3 -> 1/2. Half the rows are positive:
    # influences (1/2 - 3/4) / (1/2) = -1/2, (1 - 3/4) / (1/2) = 1/2, and the same for the negatives, 1/2 and -1/2
    influence = _influence(np.array([2.0, 4, 1, 3]), np.array([True, True, False, False]), 0.75)
    assert influence.tolist() == [-0.5, 0.5, 0.5, -0.5]


def test_detection_is_refused_for_a_handful_of_rows():
    with pytest.raises(NotApplicable, match="30"):
        list(DETECTION_AUC.measure(tables_of(MIXED, people(50, 0), people(5, 1))))


def test_copied_rows_cannot_be_told_apart_because_equal_rows_share_a_fold():
    columns = people(1_500, 0)
    auc = result(list(DETECTION_AUC.measure(tables_of(MIXED, columns, columns))), "detection_auc").value
    assert auc == pytest.approx(0.5)


def test_folds_are_about_equal_and_equal_rows_are_together():
    rows = np.repeat(np.random.default_rng(0).normal(size=(300, 2)), 2, axis=0)
    fold = equal_rows_together(rows, np.random.default_rng(1))
    assert np.array_equal(fold[::2], fold[1::2])
    assert np.bincount(fold).tolist() == [200] * N_FOLDS


def test_rows_that_are_all_equal_give_a_reason():
    rows = np.ones((40, 2))
    with pytest.raises(NotApplicable, match="equal"):
        detect(rows, rows, np.zeros(2, dtype=bool), generator=np.random.default_rng(0))


def test_lost_relations_are_detected_although_every_column_is_right():
    columns = people(1_200, 0)
    items = list(DETECTION_AUC.measure(tables_of(MIXED, columns, shuffled(columns, 1), people(600, 2))))
    auc = result(items, "detection_auc")
    assert auc.low > 0.7
    assert auc.anchors["control rows"] < 0.6
    assert auc.anchors["independent columns"] > 0.7
