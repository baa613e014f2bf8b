"""The least real rows and what gives them away."""

import dataclasses

import numpy as np

from core.evaluation.detection import DETECTION_AUC
from core.pictures import SuspectRows
from tests.evaluation.made import MIXED, people, tables_of


def suspects(synthetic: dict) -> SuspectRows:
    items = DETECTION_AUC.measure(tables_of(MIXED, people(900, 0), synthetic))
    [found] = [one for one in items if isinstance(one, SuspectRows)]
    return found


def test_planted_rows_are_found_with_the_value_that_gives_them_away(monkeypatch):
    monkeypatch.setattr("core.evaluation.detection.N_ITERATIONS", 60)
    synthetic = people(900, 1)
    planted = np.arange(0, 900, 7)
    synthetic["age"][planted] = 140.0
    found = suspects(synthetic)
    caught = [one for one in found.rows if one.place in planted]
    assert len(caught) >= 30  # a fold tells 12
    for one in caught:
        assert one.reasons[0][0] == "age"
        assert float(one.values[found.columns.index("age")]) == 140
        assert one.score > 0.8 > found.typical
    scores = [one.score for one in found.rows]
    assert scores == sorted(scores, reverse=True)


def test_fresh_rows_have_suspects_that_are_hardly_suspicious():
    found = suspects(people(900, 1))
    assert found.n_scored == 900
    assert abs(found.typical - 0.5) < 0.1
    assert SuspectRows.from_json(dataclasses.asdict(found)) == found
