"""Suspects: the planted copy is found first, its neighbours are the right rows, and quarantine holds it back."""

import dataclasses
import json

import numpy as np

from core.evaluation.forensics import THRESHOLDS, find_near_copies, investigate, quarantine
from core.evaluation.metric import Tables
from core.near_copies import Forensics
from core.schema import ColumnType, Schema
from tests.evaluation.privacy_cases import case, column, frame


def planted() -> Tables:
    """Fresh rows, of which row 7 is train row 3."""
    tables = case(200, 200, 100, seed=2)
    values = {name: list(tables.synthetic[name].astype(object)) for name in tables.synthetic}
    for name in values:
        values[name][7] = tables.train[name].astype(object).iloc[3]
    return dataclasses.replace(tables, synthetic=frame(values), cache={})


def test_a_planted_copy_is_the_first_suspect_and_equal_in_every_column() -> None:
    tables = planted()
    first = find_near_copies(tables, 5)[0]
    assert (first.synthetic, first.train, first.distance, first.ratio) == (7, 3, 0.0, 0.0)
    assert set(first.equal) == set(tables.schema.names)
    assert first.second != first.train
    assert first.second_distance > 0


def test_suspects_by_hand() -> None:
    # train 0, 10, 10, 16; synthetic 1: distances 1 (row 0) and 9 (row 1, the first of the two 10s): ratio 1/9
    # synthetic 12: 2 (row 1) and 4 (row 3): 1/2; control 13 is 1 from 12
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS),))
    made = [frame({"x": values}, schema) for values in ([0.0, 10, 10, 16], [13.0, 100], [12.0, 1])]
    tables = Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2])
    first, second = find_near_copies(tables)
    assert (first.synthetic, first.train, first.second) == (1, 0, 1)
    assert abs(first.ratio - 1 / 9) < 1e-6
    assert (second.synthetic, second.train, second.second, second.control) == (0, 1, 3, 0)


def test_without_control_rows_suspects_have_no_control_neighbour() -> None:
    tables = dataclasses.replace(planted(), control=None, cache={})
    first = find_near_copies(tables, 1)[0]
    assert first.control == -1
    assert first.control_distance is None


def test_quarantine_holds_back_copies_and_rows_that_stand_out() -> None:
    held = quarantine(planted(), ratio=0.0)
    assert np.flatnonzero(held).tolist() == [7]
    assert quarantine(planted(), ratio=0.5).sum() > 1


def test_the_rows_that_a_threshold_would_hold_back_are_counted_as_they_are_held() -> None:
    tables = planted()
    found = investigate(tables)
    assert found.n_searched == 100
    for at in (0.0, 0.2, 0.34, 1.0):
        threshold = max(one for one in THRESHOLDS if one <= at)
        assert found.held_below(at) == quarantine(tables, ratio=threshold).sum()
    assert Forensics.from_json(json.loads(json.dumps(found.to_json()))) == found
