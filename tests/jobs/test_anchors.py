"""Anchors are made once per dataset, outlive the evaluation, and fail as a reason."""

import pandas as pd
import pytest

from core.errors import NotApplicable
from core.jobs.anchors import AnchorShelf
from core.records import MetricResult, Scope
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import as_work_frame

SCHEMA = Schema(columns=(Column(name="x", type=ColumnType.CONTINUOUS, reason="made", storage=Storage.DECIMAL),))


@pytest.fixture
def shelf(tmp_path) -> AnchorShelf:
    return AnchorShelf(tmp_path / "dataset-0123456789abcdef-train.parquet", SCHEMA)


def test_a_table_is_made_once_and_no_part_of_what_a_dataset_is_made_of(shelf, tmp_path):
    made = []

    def make() -> pd.DataFrame:
        made.append(1)
        return as_work_frame(pd.DataFrame({"x": [1.5, 2.5]}), SCHEMA)

    first, second = shelf.table("Gaussian copula", make), shelf.table("Gaussian copula", make)
    assert len(made) == 1
    assert first["x"].tolist() == second["x"].tolist() == [1.5, 2.5]
    assert not list(tmp_path.glob("*.parquet"))
    assert all(path.name.startswith("dataset-0123456789abcdef") for path in tmp_path.iterdir())


def test_what_cannot_be_made_is_not_tried_again(shelf):
    made = []

    def make() -> pd.DataFrame:
        made.append(1)
        raise NotApplicable("Too few rows.")

    assert shelf.table("Gaussian copula", make) is None
    assert shelf.table("Gaussian copula", make) is None
    assert len(made) == 1


def test_values_are_known_to_the_same_way_of_judging_only(shelf, tmp_path):
    results = [
        MetricResult(metric="pair_trends", value=0.9, anchors={"bootstrap": 0.99, "control rows": 0.98}),
        MetricResult(metric="pair_trends", scope=Scope.PAIR, subject=("a", "b"), value=0.1, anchors={"bootstrap": 0.2}),
    ]
    shelf.keep({"seed": 1}, results, ("bootstrap",))
    shelf.keep({"seed": 1}, [MetricResult(metric="tstr_auc", value=0.9, anchors={"bootstrap": 0.8})], ("bootstrap",))
    assert shelf.known({"seed": 1}) == {"pair_trends": {"bootstrap": 0.99}, "tstr_auc": {"bootstrap": 0.8}}
    assert shelf.known({"seed": 2}) == {}
    other = Schema(columns=(Column(name="x", type=ColumnType.CATEGORICAL, reason="made", storage=Storage.TEXT),))
    assert AnchorShelf(tmp_path / "dataset-0123456789abcdef-train.parquet", other).known({"seed": 1}) == {}
