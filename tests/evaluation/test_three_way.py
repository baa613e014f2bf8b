import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation import three_way
from core.evaluation.coded import coded
from core.evaluation.three_way import THREE_WAY_MARGINALS, chosen_triples
from tests.evaluation.made import MIXED, people, result, schema_of, shuffled, tables_of

LEVELS = schema_of(a="categorical", b="categorical", c="categorical")


def measured(schema, real, synthetic, **more):
    return result(list(THREE_WAY_MARGINALS.measure(tables_of(schema, real, synthetic, **more))), "three_way_marginals")


def test_identical_tables_have_marginals_of_one():
    columns = people(300, 0)
    found = measured(MIXED, columns, columns)
    assert found.value == pytest.approx(1.0)
    assert found.counts == {"triples": 10, "possible triples": 10}


def test_disjoint_tables_have_marginals_of_zero():
    real, synthetic = ({name: list(levels) for name in "abc"} for levels in ("xy", "uv"))
    assert measured(LEVELS, real, synthetic).value == 0.0


def test_a_relation_of_three_columns_that_no_pair_shows_counts_as_computed_by_hand():
    # c is 1 where a and b differ: four cells of 1/4. The synthetic rows are 1 where they are equal: four other cells.
    # Every pair has the same joint table in both, so all pairs are perfect and the triple has nothing in common.
    a, b = ["0", "0", "1", "1"], ["0", "1", "0", "1"]
    found = measured(LEVELS, {"a": a, "b": b, "c": ["0", "1", "1", "0"]}, {"a": a, "b": b, "c": ["1", "0", "0", "1"]})
    assert found.value == pytest.approx(0.0)


def test_two_columns_have_no_triples():
    with pytest.raises(NotApplicable, match="three columns"):
        measured(schema_of(a="categorical", b="categorical"), {"a": ["x"], "b": ["y"]}, {"a": ["x"], "b": ["y"]})


def test_lost_relations_fall_below_the_control_rows():
    columns = people(1_500, 0)
    found = measured(MIXED, columns, shuffled(columns, 1), control=people(600, 2))
    assert found.low < found.value < found.high < found.anchors["control rows low"]


def test_of_very_many_triples_different_ones_are_chosen_at_random(monkeypatch):
    monkeypatch.setattr(three_way, "MAX_TRIPLES", 4)
    columns = coded(tables_of(MIXED, people(20, 0), people(20, 1))).columns
    triples = chosen_triples(columns, np.random.default_rng(0))
    assert len({tuple(column.name for column in triple) for triple in triples}) == 4
