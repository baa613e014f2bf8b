"""Identifiability: null, copies, by hand, and where it does not apply."""

import dataclasses

import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.identifiability import IDENTIFIABILITY, entropy_weighted, nearer_to_synthetic
from core.evaluation.metric import Tables
from core.schema import ColumnType, Schema, Treatment
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame, people, results


def test_fresh_rows_are_at_the_null() -> None:
    found = results(IDENTIFIABILITY, case(800, 800, 800, seed=1))["identifiability"]
    assert found.low <= 0 <= found.high
    assert found.anchors["control rows in place of the synthetic"] == pytest.approx(0.5, abs=0.06)


def test_copied_rows_are_at_the_worst() -> None:
    found = results(IDENTIFIABILITY, case(copied=1.0))["identifiability"]
    assert found.anchors["train rows"] > 0.98
    assert found.value > 0.98


def test_rows_on_a_line_by_hand() -> None:
    # train 0 10 20 ...; synthetic 1, 25: for 0 the nearest other is 10 away, synthetic 1: nearer. For 10: 9 against 10,
    # nearer. For 20: 5 against 10, nearer. For 30: 5 against 10, nearer. For 40 and on: 15 and more against 10, not.
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS),))
    train = frame({"x": np.arange(0, 120, 10.0)}, schema)
    control = frame({"x": np.arange(500, 620, 10.0)}, schema)
    synthetic = frame({"x": [1.0, 25.0]}, schema)
    space = entropy_weighted(Tables(schema=schema, train=train, control=control, synthetic=synthetic))
    everything = {"train": np.arange(12), "control": np.arange(12)}
    nearer = nearer_to_synthetic(space, everything, 12, np.random.default_rng(0), 1)
    assert nearer["train"].tolist() == [True] * 4 + [False] * 8
    assert not nearer["control"].any()


def test_weights_are_inverse_entropies_by_hand() -> None:
    # a: two equal levels, entropy log 2 = .6931; b: shares 1/4 and 3/4, .5623; c constant weighs nothing
    # 1 / .6931 = 1.4427, 1 / .5623 = 1.7783, scaled to sum to 3 columns: * 3 / 3.2210 = 1.3437, 1.6563
    schema = Schema(columns=tuple(column(name, ColumnType.CATEGORICAL) for name in "abc"))
    rows = frame({"a": list("xyxy"), "b": list("xyyy"), "c": list("xxxx")}, schema)
    space = entropy_weighted(Tables(schema=schema, train=rows, synthetic=rows))
    assert space.level_weights.tolist() == pytest.approx([1.3437, 1.6563, 0.0], abs=1e-4)


def test_without_control_rows_with_three_rows_or_constants_it_is_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="control rows"):
        results(IDENTIFIABILITY, dataclasses.replace(case(), control=None))
    with pytest.raises(NotApplicable, match="10"):
        results(IDENTIFIABILITY, case(3, 3, 3))
    same = frame({"height": [1.0] * 20, "weight": 1.0, "eyes": "blue", "town": "x"})
    with pytest.raises(NotApplicable, match="varies"):
        results(IDENTIFIABILITY, Tables(schema=SCHEMA, train=same, control=same, synthetic=same))


def test_another_row_of_the_same_person_is_no_other_person() -> None:
    # persons keep their height: with every row asked about, the nearest other row is the person's own
    generator = np.random.default_rng(0)
    schema = Schema(columns=(*SCHEMA.columns, column("who", ColumnType.IDENTIFIER, treatment=Treatment.REGENERATE)))

    def people_of(part: str) -> object:
        rows = people(40, generator).iloc[np.repeat(np.arange(40), 5)].reset_index(drop=True)
        return frame(
            {**{name: rows[name].astype(object) for name in rows}, "who": [f"{part}{at // 5}" for at in range(200)]},
            schema,
        )

    made = [people_of(part) for part in ("train", "control", "synthetic")]
    tables = Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2], group="who")
    found = results(IDENTIFIABILITY, tables)["identifiability"]
    assert found.counts["train rows"] == 40
    assert found.low <= 0 <= found.high
