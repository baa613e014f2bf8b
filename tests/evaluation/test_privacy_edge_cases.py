"""Every privacy metric on tables at the edge: numbers or reasons, never an error."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.evaluation.judge import judge
from core.evaluation.metric import Part, Tables
from core.evaluation.registry import load_metrics
from core.records import MetricResult, Scope, Status
from core.schema import ColumnType, Schema
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame

NAMES = (
    "dcr_share",
    "nndr_p05_train",
    "nndr_p05_control",
    "memorised_share",
    "exact_copies",
    "membership_auc",
    "singling_out_univariate",
    "singling_out_multivariate",
    "linkability",
    "inference",
    "identifiability",
    "attribute_disclosure",
)


def unique() -> Tables:
    schema = Schema(columns=(column("a", ColumnType.CATEGORICAL), column("b", ColumnType.CATEGORICAL)))
    made = [
        frame({"a": [f"{part}a{at}" for at in range(60)], "b": [f"{part}b{at}" for at in range(60)]}, schema)
        for part in ("train", "control", "synthetic")
    ]
    return Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2], target="a")


def constant() -> Tables:
    same = frame({"height": [1.0] * 60, "weight": 1.0, "eyes": "blue", "town": "x"})
    return Tables(schema=SCHEMA, train=same, control=same, synthetic=same, target="eyes")


def one_column(kind: ColumnType) -> Tables:
    schema = Schema(columns=(column("a", kind),))
    generator = np.random.default_rng(0)
    draw = generator.normal if kind is ColumnType.CONTINUOUS else lambda size: generator.choice(list("abc"), size)
    made = [frame({"a": draw(size=60)}, schema) for _ in range(3)]
    return Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2])


def missing() -> Tables:
    empty = frame({"height": [np.nan] * 60, "weight": np.nan, "eyes": None, "town": None})
    return Tables(schema=SCHEMA, train=empty, control=empty, synthetic=empty, target="eyes")


def dates() -> Tables:
    schema = Schema(columns=(column("when", ColumnType.DATETIME), column("kind", ColumnType.CATEGORICAL)))
    generator = np.random.default_rng(1)
    made = []
    for _ in range(3):
        when = np.datetime64("2024-01-01") + generator.integers(0, 1000, 60).astype("timedelta64[D]")
        when[0] = np.datetime64("NaT")
        made.append(frame({"when": when, "kind": generator.choice(list("ab"), 60)}, schema))
    return Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2], target="kind")


CASES = {
    "one row": lambda: case(1, 1, 1),
    "three rows": lambda: case(3, 3, 3),
    "few control rows": lambda: case(200, 12, 50),
    "few train rows": lambda: case(12, 200, 50),
    "few synthetic rows": lambda: case(60, 60, 2),
    "no control rows": lambda: dataclasses.replace(case(60, 60, 60), control=None),
    "no synthetic rows": lambda: dataclasses.replace(case(60, 60, 60), synthetic=case().synthetic[:0]),
    "all unique": unique,
    "all constant": constant,
    "all missing": missing,
    "one number column": lambda: one_column(ColumnType.CONTINUOUS),
    "one level column": lambda: one_column(ColumnType.CATEGORICAL),
    "dates": dates,
}


@pytest.mark.parametrize("name", CASES)
def test_tables_at_the_edge_give_numbers_or_reasons(name: str) -> None:
    found = [one for one in judge(CASES[name](), {Part.PRIVACY}) if isinstance(one, MetricResult)]
    assert set(NAMES) <= {one.metric for one in found if one.scope is Scope.TABLE}
    for one in found:
        assert "could not be computed" not in one.explanation, (one.metric, one.explanation)
        assert one.explanation.strip(), one.metric
        assert "nan" not in one.explanation.lower().split(), one.explanation


def test_metrics_give_the_names_that_the_report_promises() -> None:
    promised = [name for metric in load_metrics({Part.PRIVACY}) for name in metric.names]
    assert set(NAMES) <= set(promised)
    assert len(promised) == len(set(promised))


def test_every_number_has_direction_unit_interval_and_a_sentence() -> None:
    for one in judge(dataclasses.replace(case(), target="eyes"), {Part.PRIVACY}):
        if isinstance(one, MetricResult) and one.status is Status.MEASURED:
            assert one.unit, one.metric
            assert one.interval, one.metric
            assert one.low is not None, one.metric
            assert one.explanation.endswith("."), one.explanation
            for word in ("safe", "anonymous", "harmless"):
                assert word not in one.explanation.lower(), one.explanation
