"""The distance between rows and the exact search, against values worked out by hand and against brute force."""

import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.evaluation.distance import distinct_rows, encode_frames, rounded, row_space
from core.evaluation.metric import Tables
from core.evaluation.neighbours import build_index, find_nearest
from core.schema import ColumnType, Schema, Treatment
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame


def brute(space, queries, reference) -> np.ndarray:
    rows = []
    for at in range(len(queries)):
        apart = np.abs(reference.numbers - queries.numbers[:, [at]]) * space.inverse_range[:, None]
        different = reference.levels != queries.levels[:, [at]]
        rows.append(np.minimum(apart, 1).sum(axis=0) + different.sum(axis=0))
    return rounded(np.array(rows), space.n_columns)


def nearest_one(tables: Tables) -> np.ndarray:
    space = row_space(tables)
    index = build_index(space.tables["train"], space, np.random.default_rng(0))
    return find_nearest(space.tables["synthetic"], index, 1).distance[:, 0]


def test_distance_of_two_rows_by_hand() -> None:
    # heights 0..100: 1st and 99th percentile 1 and 99, range 98. One train row at 50, brown, town 1.
    # synthetic 59.8: 9.8 / 98 = .1; eyes differ: 1; town equal: 0; weight missing on both sides: 0. Mean 1.1 / 4
    rest = {"weight": np.nan, "eyes": "brown", "town": "town 1"}
    space = encode_frames(
        {
            "train": frame({"height": [50.0], **rest}),
            "control": frame({"height": np.arange(101.0), **rest}),
            "synthetic": frame({"height": [59.8], "weight": [np.nan], "eyes": ["blue"], "town": ["town 1"]}),
        },
        SCHEMA.modelled,
    )
    # train holds 50 as well: the percentiles of 0..100 with 50 twice are 1.01 and 98.99
    expected = (9.8 / (98.99 - 1.01) + 1) / 4
    index = build_index(space.tables["train"], space, np.random.default_rng(0))
    assert find_nearest(space.tables["synthetic"], index, 1).distance[0, 0] == pytest.approx(expected, abs=2e-9)


def test_a_number_beyond_the_range_counts_one_and_missing_is_one_from_any_number() -> None:
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS),))
    train = frame({"x": np.linspace(0, 1, 101)}, schema)
    synthetic = frame({"x": [1e9, np.nan, np.inf]}, schema)
    assert nearest_one(Tables(schema=schema, train=train, synthetic=synthetic)).tolist() == [1.0, 1.0, 1.0]


def test_missing_equals_missing() -> None:
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS), column("l", ColumnType.CATEGORICAL)))
    train = frame({"x": [np.nan, 1.0, 2.0], "l": [None, "a", "b"]}, schema)
    synthetic = frame({"x": [np.nan], "l": [None]}, schema)
    assert nearest_one(Tables(schema=schema, train=train, synthetic=synthetic)).tolist() == [0.0]


def test_equal_rows_are_at_distance_zero_and_rows_that_share_nothing_at_one() -> None:
    tables = case(copied=1.0)
    assert (nearest_one(tables) == 0).all()
    far = frame({"height": [1e6], "weight": [1e6], "eyes": ["red"], "town": ["moon"]})
    assert nearest_one(Tables(schema=SCHEMA, train=tables.train.dropna(), synthetic=far)).tolist() == [1.0]


def test_columns_that_are_not_modelled_are_left_out() -> None:
    schema = Schema(
        columns=(
            column("x", ColumnType.CATEGORICAL),
            column("id", ColumnType.IDENTIFIER, treatment=Treatment.REGENERATE),
        )
    )
    train = frame({"x": ["a", "b"], "id": ["1", "2"]}, schema)
    synthetic = frame({"x": ["a"], "id": ["9"]}, schema)
    assert nearest_one(Tables(schema=schema, train=train, synthetic=synthetic)).tolist() == [0.0]


def test_search_finds_what_brute_force_finds() -> None:
    tables = case(n_train=1500, n_control=300, n_synthetic=700, copied=0.1, changed=0.3, seed=3)
    space = row_space(tables)
    index = build_index(space.tables["train"], space, np.random.default_rng(1))
    near = find_nearest(space.tables["synthetic"], index, 5)
    truth = brute(space, space.tables["synthetic"], space.tables["train"])
    assert np.allclose(near.distance, np.sort(truth, axis=1)[:, :5], atol=2e-9)
    assert np.allclose(np.take_along_axis(truth, near.index, axis=1), near.distance, atol=2e-9)


def test_search_is_exact_for_numbers_alone_for_levels_alone_and_for_heavy_tails() -> None:
    generator = np.random.default_rng(5)
    values = pd.DataFrame(
        {
            "a": np.exp(generator.normal(0, 4, 900)),
            "b": np.where(generator.random(900) < 0.97, 0.0, generator.random(900)),
            "l": generator.choice(list("abcdefghij"), 900),
            "m": generator.choice([f"v{at}" for at in range(300)], 900),
        }
    )
    for names in (["a", "b"], ["l", "m"], ["a", "m"]):
        kinds = {"a": ColumnType.CONTINUOUS, "b": ColumnType.CONTINUOUS}
        schema = Schema(columns=tuple(column(name, kinds.get(name, ColumnType.CATEGORICAL)) for name in names))
        rows = frame(values[names], schema)
        train, synthetic = rows[:600].reset_index(drop=True), rows[600:].reset_index(drop=True)
        space = encode_frames({"train": train, "synthetic": synthetic}, schema.modelled)
        index = build_index(space.tables["train"], space, np.random.default_rng(1))
        near = find_nearest(space.tables["synthetic"], index, 3)
        truth = brute(space, space.tables["synthetic"], space.tables["train"])
        assert np.allclose(near.distance, np.sort(truth, axis=1)[:, :3], atol=2e-9), names


def test_threads_do_not_change_the_numbers() -> None:
    space = row_space(case(n_synthetic=1200))
    index = build_index(space.tables["train"], space, np.random.default_rng(1))
    one, two = (find_nearest(space.tables["synthetic"], index, 3, threads=threads) for threads in (1, 2))
    assert np.array_equal(one.distance, two.distance)
    assert np.array_equal(one.index, two.index)


def test_fewer_reference_rows_than_asked_for_leave_infinite_distances() -> None:
    space = row_space(case(n_train=2))
    index = build_index(space.tables["train"], space, np.random.default_rng(1))
    near = find_nearest(space.tables["synthetic"], index, 4)
    assert np.isinf(near.distance[:, 2:]).all()
    assert (near.index[:, 2:] == -1).all()


def test_distinct_rows_merge_repetitions_also_of_missing_cells() -> None:
    values = {
        "height": [1.0, 1.0, 2.0, np.nan, np.nan],
        "weight": [0.0, -0.0, 0.0, 0.0, 0.0],
        "eyes": None,
        "town": "x",
    }
    space = encode_frames({"train": frame(values), "synthetic": frame(values)}, SCHEMA.modelled)
    distinct = distinct_rows(space.tables["train"])
    assert len(distinct.rows) == 3
    assert distinct.member[0] == distinct.member[1]
    assert distinct.member[3] == distinct.member[4]


def test_no_modelled_column_is_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="no modelled column"):
        encode_frames({"train": people_of_nothing()}, ())


def people_of_nothing() -> pd.DataFrame:
    return pd.DataFrame(index=range(3))
