"""Aggregates of whole tables: missing patterns, equal rows, evenly spread samples, pairs of columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.profiling.crossed import GRID, LEVELS, OTHER, equal_rows, missing_patterns, pair_picture, spread_sample
from core.profiling.infer import infer_schema


def stored(tmp_path, **columns):
    path = tmp_path / "it's a [table]*.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path, infer_schema(path)


def test_missing_patterns_are_counted_in_all_rows_the_most_frequent_first(tmp_path):
    path, _ = stored(tmp_path, a=[1, None, None, 4, 5, None], b=["x", None, None, "y", None, "z"], c=range(6))
    found = [(one.columns, one.n_rows) for one in missing_patterns(path, ["a", "b"])]
    assert found == [((), 2), (("a", "b"), 2), (("b",), 1), (("a",), 1)]
    assert missing_patterns(path, []) == []


def test_equal_rows_count_all_but_the_first_and_missing_equals_missing(tmp_path):
    path, _ = stored(tmp_path, a=[1, 1, None, None, 2], b=["x", "x", None, None, "x"])
    assert equal_rows(path, ["a", "b"]) == 2
    assert equal_rows(path, ["b"]) == 3


def test_a_sample_is_evenly_spread_and_the_same_whenever_asked(tmp_path):
    path, schema = stored(tmp_path, number=np.arange(10_000) * 0.5, level=list("ab") * 5_000)
    sample = spread_sample(path, schema, 1_000)
    assert len(sample) == 1_000
    assert sample["number"].tolist() == [5.0 * at for at in range(1_000)]
    assert sample.equals(spread_sample(path, schema, 1_000))
    assert len(spread_sample(path, schema, 10**6)) == 10_000


def test_levels_are_crossed_exactly(tmp_path):
    path, schema = stored(tmp_path, a=["p", "p", "q", None] * 30, b=["u", "v", "u", "u"] * 30)
    picture = pair_picture(path, schema["a"], schema["b"])
    assert (picture.x.labels, picture.y.labels) == (("p", "q"), ("u", "v"))
    assert picture.counts == ((30, 30), (30, 0))
    assert picture.n_rows == 90


def test_numbers_fill_a_grid_whose_ends_are_open(tmp_path):
    rng = np.random.default_rng(0)
    x = np.append(rng.normal(0, 1, 999), 1e9)
    path, schema = stored(tmp_path, x=x, y=x * 2)
    picture = pair_picture(path, schema["x"], schema["y"])
    assert picture.x.size == picture.y.size == GRID
    assert picture.n_rows == 1_000
    assert picture.x.edges[-1] < 100, "one far value does not stretch the picture"
    assert np.trace(np.array(picture.counts)) > 900


def test_a_level_and_a_number_give_quantiles_for_every_level_whichever_comes_first(tmp_path):
    number = np.concatenate([np.linspace(0, 1, 101), np.linspace(10, 11, 101)])
    path, schema = stored(tmp_path, number=number, level=["low"] * 101 + ["high"] * 101)
    for pair in (("number", "level"), ("level", "number")):
        picture = pair_picture(path, schema[pair[0]], schema[pair[1]])
        boxes = {box.label: box for box in picture.boxes}
        assert boxes["low"].quantiles == pytest.approx((0.05, 0.25, 0.5, 0.75, 0.95), abs=0.02)
        assert boxes["high"].quantiles[2] == pytest.approx(10.5, abs=0.02)
        assert boxes["high"].n_rows == 101


def test_many_levels_are_joined_and_dates_lie_on_a_line(tmp_path):
    rng = np.random.default_rng(0)
    level = rng.integers(0, 40, 4_000)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, 4_000), unit="D")
    path, schema = stored(
        tmp_path, level=[f"level {one}" for one in level], day=day, other=rng.choice(["a", "b"], 4_000)
    )
    crossed = pair_picture(path, schema["level"], schema["other"])
    assert crossed.x.size == LEVELS + 1
    assert crossed.x.labels[-1] == OTHER
    assert crossed.n_rows == 4_000
    dated = pair_picture(path, schema["level"], schema["day"])
    assert dated.y.is_datetime
    assert len(dated.boxes) == LEVELS + 1


def test_an_empty_column_has_a_picture_too(tmp_path):
    path, schema = stored(tmp_path, a=[1.5, 2.5, 3.5], b=["x", None, "y"])
    nothing = pd.DataFrame({"a": pd.Series([None] * 3, dtype=float), "b": ["x", None, "y"]})
    nothing.to_parquet(path)
    assert pair_picture(path, schema["a"], schema["b"]).n_rows == 0
