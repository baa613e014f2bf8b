import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.models import MODELS, MODELS_COMPARED, calibration_error
from core.records import Scope
from tests.evaluation.made import MIXED, people, shuffled, tables_of


def compared(train, synthetic, control, target="buys"):
    tables = tables_of(MIXED, train, synthetic, control, target=target)
    return {(one.metric, *one.subject): one for one in MODELS_COMPARED.measure(tables)}


def test_real_rows_in_place_of_synthetic_ones_give_the_same_scores_and_the_same_order():
    train = people(400, 0)
    found = compared(train, train, people(300, 1))
    assert {one.scope for one in found.values()} == {Scope.MODEL}
    for model in MODELS:
        assert found["trtr_auc", model].value > 0.75
        assert found["tstr_auc", model].value == pytest.approx(found["trtr_auc", model].value, abs=1e-9)
        assert found["augmented_auc", model].value > 0.75
    assert found["model_rank_agreement", "all models"].value == pytest.approx(1.0)


def test_rows_without_relations_teach_no_model_anything():
    train = people(1_000, 0)
    found = compared(train, shuffled(train, 1), people(500, 2))
    for model in MODELS:
        assert found["tstr_auc", model].value < found["trtr_auc", model].value - 0.05
        assert found["tstr_pr_auc", model].anchors["prevalence"] < 0.6


def test_the_calibration_error_equals_the_value_computed_by_hand():
    # confidences .9 .9 .6 .6, right right wrong right: bin .9: |1.8 - 2| = .2; bin .6: |1.2 - 1| = .2; .4 / 4 = .1
    scores = np.array([[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.4, 0.6]])
    assert calibration_error(np.array([0, 1, 1, 1]), scores) == pytest.approx(0.1)


def test_models_are_refused_without_control_rows():
    with pytest.raises(NotApplicable, match="control rows"):
        compared(people(50, 0), people(50, 1), None)


def test_every_class_has_its_recall_even_one_that_the_synthetic_rows_lack():
    synthetic = {**people(300, 1), "job": ["clerk"] * 150 + ["nurse"] * 150}
    found = compared(people(300, 0), synthetic, people(200, 2), target="job")
    for model in MODELS:
        assert found["tstr_recall", model, "pilot"].value == 0.0
        assert 0 <= found["tstr_f1", model].value <= 1


def test_a_number_is_predicted_by_every_model_better_than_its_median():
    found = compared(people(500, 0), people(500, 1), people(300, 2), target="income")
    for model in MODELS:
        assert found["tstr_r2", model].value > 0.5
        mae = found["tstr_mae", model]
        assert mae.value < mae.anchors["median of the control rows"]
