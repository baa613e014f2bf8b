"""What comparison tables give away by chance."""

import dataclasses

import pytest

from core.errors import NotApplicable
from core.evaluation.compared import COMPARED_PRIVACY
from core.records import Scope
from tests.evaluation.made import MIXED, people, tables_of


def test_independent_columns_owe_nothing_to_train_rows_and_a_copy_all():
    tables = tables_of(MIXED, people(800, 0), people(300, 1), people(400, 2))
    tables = dataclasses.replace(tables, anchors={"copy": tables.train})
    found = {one.subject[0]: one for one in COMPARED_PRIVACY.measure(tables)}
    assert {one.scope for one in found.values()} == {Scope.MODEL}
    assert abs(found["independent columns"].value) < 0.25
    assert found["copy"].value == pytest.approx(1.0)


def test_without_control_rows_there_is_a_reason():
    with pytest.raises(NotApplicable, match="control rows"):
        list(COMPARED_PRIVACY.measure(tables_of(MIXED, people(50, 0), people(50, 1))))
