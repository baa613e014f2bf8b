"""Values that travel between layers keep their meaning on the way."""

from __future__ import annotations

import json

import pytest

from core.errors import InvalidConfig, SchemaMismatch, listed
from core.records import (
    ColumnPicture,
    Condition,
    CorrelationPicture,
    DistanceCurve,
    MetricResult,
    Report,
    SampleRequest,
    Scope,
    Status,
)
from core.schema import Column, ColumnType, Schema, Storage


def test_a_condition_splits_at_its_first_equals_sign_and_last_colon() -> None:
    assert Condition.parse("time=12:30:5") == Condition(column="time", level="12:30", n_rows=5)
    assert Condition.parse("a=b=c:0") == Condition(column="a", level="b=c", n_rows=0)


@pytest.mark.parametrize("text", ["income", "income=>50K", "=x:5", "a=b:many", "a=b:-5", "a=b:1.5", ""])
def test_a_malformed_condition_is_refused_in_its_own_words(text: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        Condition.parse(text)
    assert repr(text) in str(caught.value)


def test_a_report_survives_json() -> None:
    report = Report(
        results=(
            MetricResult(
                metric="column_shapes", value=0.9, low=0.8, high=1.0, anchors={"control": 0.99}, counts={"n": 3}
            ),
            MetricResult(metric="tstr_auc", status=Status.NOT_MEASURED, explanation="No target."),
            MetricResult(metric="column_shapes", scope=Scope.COLUMN, subject=("age",), value=0.5),
        ),
        columns=(ColumnPicture(column="age", type="continuous", edges=(0.0, 1.0), real=(3,), synthetic=(2,)),),
        correlations=(CorrelationPicture(columns=("a",), kind="mixed", real=((1.0,),), synthetic=((None,),)),),
        curves=(DistanceCurve(name="dcr", label="distance", grid=(0.0,), series={"train": (0.5,)}),),
        settings={"seed": 1},
        versions={"python": "3.11"},
    )
    assert Report.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False))) == report
    assert report.find("column_shapes", "age", scope=Scope.COLUMN).value == 0.5
    assert report.frame().shape == (3, 17)


def test_a_number_that_is_none_of_the_finite_ones_never_enters_a_report() -> None:
    with pytest.raises(InvalidConfig, match="give a status"):
        MetricResult(metric="x", value=float("nan"))


def test_a_result_without_a_number_must_say_so() -> None:
    with pytest.raises(InvalidConfig):
        MetricResult(metric="x")


def test_a_request_survives_json() -> None:
    request = SampleRequest(n_rows=5, seed=2, conditions=(Condition(column="a", level="b", n_rows=3),))
    assert SampleRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_a_schema_survives_json_and_refuses_names_that_occur_twice() -> None:
    age = Column(name="age", type=ColumnType.CONTINUOUS, storage=Storage.INTEGER, reason="Many values.", order=("a",))
    schema = Schema(columns=(age,))
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    with pytest.raises(SchemaMismatch, match="age"):
        Schema(columns=(age, age))


def test_at_most_ten_names_are_listed() -> None:
    assert listed(range(11)).endswith("9 and 1 more")
