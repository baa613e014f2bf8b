"""Attribute disclosure: null, copies, by hand, and where it does not apply."""

import dataclasses

import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.disclosure import ATTRIBUTE_DISCLOSURE, disclose, shared_codes, suggest_keys
from core.evaluation.metric import Tables
from core.records import Scope
from core.schema import ColumnType, Schema
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame, results

KEYED = Schema(columns=(column("key", ColumnType.CATEGORICAL), column("fact", ColumnType.CATEGORICAL)))


def keyed(train: str, control: str, synthetic: str) -> Tables:
    """Tables from words of two letters: key and fact."""
    made = [
        frame({"key": [word[0] for word in text.split()], "fact": [word[1] for word in text.split()]}, KEYED)
        for text in (train, control, synthetic)
    ]
    return Tables(schema=KEYED, train=made[0], control=made[1], synthetic=made[2], target="fact")


def test_fresh_rows_are_at_the_null() -> None:
    found = results(ATTRIBUTE_DISCLOSURE, case(800, 800, 800, seed=2))["attribute_disclosure"]
    assert found.anchors["signed low"] <= 0 <= found.anchors["signed high"]


def test_copied_rows_are_at_the_worst() -> None:
    generator = np.random.default_rng(0)
    schema = Schema(columns=tuple(column(name, ColumnType.CATEGORICAL) for name in ("a", "b", "c", "d", "fact")))
    train, control = (
        frame({name: generator.choice(list("0123456789"), 500) for name in schema.names}, schema) for _ in range(2)
    )
    tables = Tables(schema=schema, train=train, control=control, synthetic=train, target="fact")
    found = results(ATTRIBUTE_DISCLOSURE, tables)["attribute_disclosure"]
    assert found.anchors["DiSCO"] > 0.9
    assert found.anchors["DiSCO"] <= found.anchors["Dorig"]
    assert found.value > 0.85


def test_measures_by_hand() -> None:
    # synthetic keys: p -> x, x; q -> x, y; r -> y (alone)
    # train rows: px px qx ry sx. DiSCO: px, px, ry right; q disagrees; s is not there: 3 of 5
    # Dorig: every key has a single fact: 1. repU: r is unique in both: 1 of 5 (s is not among the synthetic rows)
    # CAP over the 4 rows that match: (1 + 1 + .5 + 1) / 4 = .875; TCAP over p, p and r: 1
    # control rows py ry qy: only ry right, 1 of 3
    tables = keyed("px px qx ry sx", "py ry qy", "px px qx qy ry")
    found = disclose(shared_codes(tables), ("key",), "fact", np.random.default_rng(0))
    assert found.guesses.attack == 3
    assert found.guesses.control == 1
    expected = {"DiSCO": 0.6, "Dorig": 1.0, "repU": 0.2, "CAP": 0.875, "TCAP": 1.0, "DiSCO of control rows": 1 / 3}
    for name, value in expected.items():
        assert found.shares[name] == pytest.approx(value), name


def test_a_result_per_target_names_its_keys() -> None:
    found = [one for one in ATTRIBUTE_DISCLOSURE.measure(case()) if one.scope is Scope.SECRET]
    assert all(len(one.subject) > 1 for one in found)
    assert len({one.subject[0] for one in found}) == len(found)


def test_a_column_that_another_key_tells_is_no_key() -> None:
    schema = Schema(columns=tuple(column(name, ColumnType.CATEGORICAL) for name in ("a", "same as a", "b", "c", "t")))
    generator = np.random.default_rng(1)
    values = {name: generator.choice(list("xyz"), 200) for name in schema.names}
    values["same as a"] = np.char.upper(values["a"].astype(str))
    rows = frame(values, schema)
    tables = Tables(schema=schema, train=rows, control=rows, synthetic=rows, target="t")
    assert suggest_keys(tables, shared_codes(tables)) == ("a", "b", "c")


def test_without_control_rows_one_column_or_constants_it_is_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="control rows"):
        results(ATTRIBUTE_DISCLOSURE, dataclasses.replace(case(), control=None))
    with pytest.raises(NotApplicable, match="10"):
        results(ATTRIBUTE_DISCLOSURE, case(3, 3, 3))
    same = frame({"height": [1.0] * 20, "weight": 1.0, "eyes": "blue", "town": "x"})
    with pytest.raises(NotApplicable, match="key column"):
        results(ATTRIBUTE_DISCLOSURE, Tables(schema=SCHEMA, train=same, control=same, synthetic=same))
    schema = Schema(columns=(column("a", ColumnType.CATEGORICAL),))
    line = frame({"a": list("ab") * 10}, schema)
    with pytest.raises(NotApplicable, match="key column"):
        results(ATTRIBUTE_DISCLOSURE, Tables(schema=schema, train=line, control=line, synthetic=line))


def test_of_many_known_columns_those_are_keys_that_do_not_tell_every_row_apart() -> None:
    tables = dataclasses.replace(case(), known=(("height", "town"),))
    found = [one for one in ATTRIBUTE_DISCLOSURE.measure(tables) if one.scope is Scope.SECRET]
    assert {one.subject[1:] for one in found} == {("height", "town")}
    wide = dataclasses.replace(case(), known=(("height", "weight", "eyes", "town"),), cache={})
    # all columns known leaves nothing to disclose: the suggested keys are taken
    assert results(ATTRIBUTE_DISCLOSURE, wide)["attribute_disclosure"].counts["key columns"] == 3
