import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation import pairs
from core.evaluation.pairs import PAIR_DETAILS, mutual_information
from core.records import Scope
from tests.evaluation.made import MIXED, people, schema_of, shuffled, tables_of


def details(schema, real, synthetic):
    return {(one.metric, *one.subject): one for one in PAIR_DETAILS.measure(tables_of(schema, real, synthetic))}


def test_identical_tables_have_the_relations_of_the_train_rows():
    columns = people(300, 0)
    found = details(MIXED, columns, columns)
    assert {one.scope for one in found.values()} == {Scope.PAIR}
    assert {name for name, *_ in found} == set(pairs.MEANINGS)
    assert all(one.value == pytest.approx(one.anchors["train rows"]) for one in found.values())


def test_lost_relations_are_near_zero_beside_real_ones_that_are_not():
    columns = people(2_000, 0)
    found = details(MIXED, columns, shuffled(columns, 1))
    for key in (("pearson", "age", "income"), ("correlation_ratio", "income", "job")):
        assert abs(found[key].value) < 0.1 < found[key].anchors["train rows"]


def test_values_equal_those_computed_by_hand():
    schema = schema_of(x="continuous", y="continuous")
    # ranks of y are 1, 3, 2: Spearman 1 - 6 * (0 + 1 + 1) / (3 * 8) = 1/2; Pearson of (0,0) (1,9) (2,3):
    #   covariance (0*0 + 1*9 + 2*3)/3 - 1*4 = 1; variances 2/3 and (0 + 81 + 9)/3 - 16 = 14: 1 / sqrt(28/3)
    found = details(schema, {"x": [0.0, 1, 2], "y": [0.0, 1, 2]}, {"x": [0.0, 1, 2], "y": [0.0, 9, 3]})
    assert found["spearman", "x", "y"].value == pytest.approx(1 / 2)
    assert found["pearson", "x", "y"].value == pytest.approx(1 / np.sqrt(28 / 3))
    assert found["pearson", "x", "y"].anchors == {"train rows": pytest.approx(1.0)}
    # two equal columns of two equally frequent levels tell each other one bit, log 2 nats
    assert mutual_information(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2) == pytest.approx(np.log(2))


def test_one_column_has_no_pairs_to_measure():
    with pytest.raises(NotApplicable, match="no pairs"):
        details(schema_of(x="continuous"), {"x": [1.0]}, {"x": [1.0]})


def test_of_very_many_pairs_those_that_moved_most_are_reported(monkeypatch):
    monkeypatch.setattr(pairs, "MAX_PAIRS", 1)
    columns = people(800, 0)
    found = details(MIXED, columns, {**columns, "sex": np.where(columns["buys"] == "yes", "True", "False")})
    assert {one.subject for one in found.values()} == {("sex", "buys")}
