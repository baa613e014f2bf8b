"""Encoding: modes on distinct values, single values, missing patterns, levels and their tail."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.schema import ColumnType, Schema, Storage
from core.synthesis.columns import ConstantCode, LevelCode, NumberCode
from core.synthesis.encode import Encoder, fit_encoder
from core.synthesis.mixture import fit_mixture
from core.synthesis.preflight import foresee
from core.tables import as_work_frame
from tests.synthesis.tables import column, mixed_table, small_config


def _numbers(values, **more):
    schema = Schema(columns=(column("n", ColumnType.CONTINUOUS, Storage.DECIMAL, **more),))
    return as_work_frame(pd.DataFrame({"n": values}), schema), schema


def test_modes_of_distinct_values_with_counts_equal_modes_of_all_rows():
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, 600), rng.normal(8, 0.5, 400)]).round(1)
    values, counts = np.unique(rows, return_counts=True)
    weighted = fit_mixture(values, counts)
    expanded = fit_mixture(np.sort(rows), np.ones(len(rows)))
    for name in ("weights", "means", "scales"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(expanded, name), rtol=0.02, atol=0.02)


def test_two_clear_modes_are_found_where_they_are():
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal(-5, 0.5, 3_000), rng.normal(5, 1.0, 7_000)])
    mixture = fit_mixture(rows, np.ones(len(rows)))
    shares = mixture.responsibilities(np.array([-5.0, 5.0]))
    low = mixture.means < 0
    # 3,000 of 10,000 rows are below zero
    assert mixture.weights[low].sum() == pytest.approx(0.3, abs=0.01)
    assert shares[0, low].sum() > 0.99
    assert shares[1, ~low].sum() > 0.99
    assert np.allclose(shares.sum(axis=1), 1)


def test_a_constant_and_a_tiny_column_have_a_mode():
    assert len(fit_mixture(np.array([3.0]), np.array([7])).means) == 1
    assert len(fit_mixture(np.array([1.0, 2.0]), np.array([1, 1])).means) >= 1


def test_encoding_and_decoding_gives_the_rows_back():
    frame, schema = mixed_table(800)
    encoder = fit_encoder(frame, schema)
    encoded = encoder.encode(frame, np.random.default_rng(0))
    back = encoder.decode(encoded, np.random.default_rng(0))
    for name in ("kind", "flag", "grade", "country"):
        assert (back[name].astype(object).fillna("-") == frame[name].astype(object).fillna("-")).all()
    for name in ("amount", "visits"):
        close = np.isclose(back[name], frame[name], rtol=1e-3, atol=0.02) | (back[name].isna() & frame[name].isna())
        assert close.mean() > 0.98
    assert (back["day"].isna() == frame["day"].isna()).all()
    assert ((back["day"] - frame["day"]).abs().dropna() <= pd.Timedelta("1D")).mean() > 0.98


def test_missing_numbers_are_a_slot_of_their_own():
    frame, schema = _numbers([*np.arange(40.0), *[np.nan] * 10])
    encoder = fit_encoder(frame, schema)
    code = encoder.by_column["n"]
    assert code.has_missing
    encoded = encoder.encode(frame, np.random.default_rng(0))
    assert (encoded.slots[40:, 0] == encoder.layout.width - 1).all()
    assert (encoded.scalars[40:] == 0).all()


def test_a_value_that_many_rows_have_is_a_mode_without_spread():
    rng = np.random.default_rng(0)
    values = np.where(rng.random(2_000) < 0.9, 0.0, rng.lognormal(8, 1, 2_000)).round(0)
    frame, schema = _numbers(values)
    encoder = fit_encoder(frame, schema)
    assert encoder.by_column["n"].spikes == (0.0,)
    back = encoder.decode(encoder.encode(frame, rng), rng)["n"]
    assert ((back == 0) == (frame["n"] == 0)).mean() > 0.995


def test_few_distinct_numbers_need_no_normalised_value():
    frame, schema = _numbers([1.0, 2.0, 5.0] * 20)
    encoder = fit_encoder(frame, schema)
    assert encoder.layout.n_scalars == 0
    back = encoder.decode(encoder.encode(frame, np.random.default_rng(0)), np.random.default_rng(0))
    assert back["n"].equals(frame["n"])


def test_levels_keep_the_frequent_ones_and_put_the_rest_in_a_tail():
    schema = Schema(columns=(column("v", ColumnType.CATEGORICAL),))
    frame = as_work_frame(pd.DataFrame({"v": ["a"] * 50 + ["b"] * 30 + ["c", "d", "e"]}), schema)
    code = fit_encoder(frame, schema, max_levels=3).by_column["v"]
    assert isinstance(code, LevelCode)
    assert (code.levels, set(code.tail), code.tail_counts) == (("a", "b"), {"c", "d", "e"}, (1, 1, 1))
    other = as_work_frame(pd.DataFrame({"v": ["zzz", "a"]}), schema)
    assert code.encode(other["v"]).tolist() == [2, 0]


@pytest.mark.parametrize("kind", [ColumnType.CONTINUOUS, ColumnType.CATEGORICAL, ColumnType.DATETIME])
def test_columns_of_one_value_and_of_none_are_constant(kind):
    values = {ColumnType.CONTINUOUS: 4.5, ColumnType.CATEGORICAL: "x", ColumnType.DATETIME: pd.Timestamp("2024-05-06")}
    schema = Schema(columns=(column("one", kind), column("none", kind)))
    dtype = {ColumnType.CONTINUOUS: "float64", ColumnType.CATEGORICAL: object, ColumnType.DATETIME: "datetime64[us]"}
    empty = pd.Series([None] * 30, dtype=dtype[kind])
    frame = as_work_frame(pd.DataFrame({"one": [values[kind]] * 30, "none": empty}), schema)
    encoder = fit_encoder(frame, schema)
    assert all(isinstance(code, ConstantCode) for code in encoder.codes)
    back = encoder.decode(encoder.encode(frame, np.random.default_rng(0)), np.random.default_rng(0))
    assert (back["one"].astype(object) == values[kind]).all()
    assert back["none"].isna().all()


def test_an_encoder_survives_json():
    frame, schema = mixed_table(300)
    encoder = fit_encoder(frame, schema)
    again = Encoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again.codes == encoder.codes
    assert again.layout == encoder.layout
    assert any(isinstance(code, NumberCode) for code in again.codes)


def test_preflight_foresees_the_width_and_memory_and_every_warning_has_its_remedy():
    frame, schema = mixed_table(400)
    config = small_config()
    ahead = foresee(frame, schema, config)
    assert ahead.width == fit_encoder(frame, schema).layout.width
    assert (ahead.batch_size, ahead.steps_per_epoch) == (50, 8)
    assert ahead.advice == ()
    tight = foresee(frame, schema, small_config(max_levels=2))
    assert tight.tails == {"kind": 2}
    assert foresee(frame, schema, config.with_settings(tight.advice[0].remedy)).tails == {}
    few = foresee(frame.iloc[:12], schema, small_config(pac=25, batch_size=50))
    assert few.advice[0].is_error
    assert foresee(frame.iloc[:12], schema, config.with_settings(few.advice[0].remedy)).advice[0].is_error is False
