"""Novelty and diversity of drawn rows: copies, near copies, coverage, unusual rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation.novelty import Copies, describe_rows
from core.schema import Column, ColumnType, Schema, Storage

SCHEMA = Schema(
    columns=(
        Column(name="x", type=ColumnType.CONTINUOUS, reason="t", storage=Storage.DECIMAL),
        Column(name="kind", type=ColumnType.CATEGORICAL, reason="t", storage=Storage.TEXT),
        Column(name="flag", type=ColumnType.BOOLEAN, reason="t", storage=Storage.TEXT),
    )
)


def table(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, n)
    x[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "x": x,
            "kind": pd.Categorical(rng.choice(["a", "b", "c"], n, p=[0.6, 0.395, 0.005])),
            "flag": pd.Categorical(rng.choice(["yes", "no", None], n, p=[0.5, 0.4, 0.1])),
        }
    )


def test_copies_are_found_whatever_the_order_of_levels_and_missing_cells():
    train, fresh = table(500, 1), table(300, 2)
    mixed = pd.concat(
        [train.iloc[:40].astype({"kind": object, "flag": object}), fresh.astype({"kind": object, "flag": object})]
    )
    mixed = mixed.reset_index(drop=True).astype({"kind": "category", "flag": "category"})
    mixed["kind"] = mixed["kind"].cat.reorder_categories(sorted(mixed["kind"].cat.categories, reverse=True))
    exact = Copies(SCHEMA, train).exact(mixed)
    assert exact[:40].all()
    there = set(map(str, train.astype(object).to_numpy().tolist()))
    expected = [str(row) in there for row in mixed.astype(object).to_numpy().tolist()]
    assert exact.tolist() == expected


def test_near_copies_lie_within_the_distance_and_exact_ones_are_among_them():
    train = table(400, 1).dropna().reset_index(drop=True)
    moved = train.assign(x=train["x"] + 0.01)
    near = Copies(SCHEMA, train, near=0.005)
    assert near.within(moved).all()  # a hundredth of about four and a half, over three columns
    assert not near.exact(moved).any()
    assert near.within(train).all()
    assert not Copies(SCHEMA, train, near=0.0001).within(moved).all()
    far = train.assign(kind=pd.Categorical(["d"] * len(train)))
    assert (Copies(SCHEMA, train, near=0.3).distances(far) >= 1 / 3 - 1e-9).all()


def test_the_same_table_is_closest_and_covers_everything():
    train = table(600, 1)
    found = describe_rows(SCHEMA, train=train, drawn=train)
    assert (found["column_shapes"], found["copies"], found["levels_covered"]) == (1, 1, 1)
    assert (found["pairs_covered"], found["pairs_invented"], found["pair_trends"]) == (1, 0, 1)
    assert found["outliers"] == found["outliers_of_train"] > 0


def test_one_row_over_and_over_is_not_diverse():
    train = table(600, 1)
    found = describe_rows(SCHEMA, train=train, drawn=train.iloc[[0] * 50].reset_index(drop=True))
    assert found["unique"] == pytest.approx(1 / 50)
    assert found["levels_covered"] < 0.4
    assert found["pairs_covered"] < 0.2


def test_lost_outliers_show():
    train = table(2_000, 1)
    tame = train[train["x"].abs().lt(1) & (train["kind"] != "c")].reset_index(drop=True)
    assert describe_rows(SCHEMA, train=train, drawn=tame)["outliers"] == 0


def test_no_rows_have_no_kinds():
    assert describe_rows(SCHEMA, train=table(50, 1), drawn=table(50, 1).iloc[:0]) == {}
