"""Associations against pairs whose association is known, and one of each computed by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.profiling.associations import SAMPLE_ROWS, Measure, measure_associations
from core.profiling.infer import infer_schema
from core.tables import read_frame


def measured(tmp_path, **columns):
    pd.DataFrame(columns).to_parquet(tmp_path / "t.parquet")
    schema = infer_schema(tmp_path / "t.parquet")
    return measure_associations(read_frame(tmp_path / "t.parquet", schema), schema)


def value(found, measure, one, other):
    return found.matrices[measure][found.names.index(one), found.names.index(other)]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_equal_columns_are_fully_and_independent_ones_hardly_associated(tmp_path, rng):
    number, level = rng.normal(0, 1, 4_000), rng.choice(["a", "b", "c"], 4_000)
    found = measured(
        tmp_path,
        x=number,
        y=number * 2 + 1,
        z=rng.normal(0, 1, 4_000),
        a=level,
        b=level,
        c=rng.choice(["u", "v"], 4_000),
    )
    assert value(found, Measure.PEARSON, "x", "y") == pytest.approx(1)
    assert value(found, Measure.SPEARMAN, "x", "y") == pytest.approx(1)
    assert value(found, Measure.CRAMERS_V, "a", "b") == pytest.approx(1)
    assert value(found, Measure.MUTUAL_INFORMATION, "a", "b") == pytest.approx(1)
    assert value(found, Measure.MUTUAL_INFORMATION, "x", "y") == pytest.approx(1)
    for measure, pair in (
        (Measure.PEARSON, ("x", "z")),
        (Measure.CRAMERS_V, ("a", "c")),
        (Measure.CORRELATION_RATIO, ("c", "z")),
        (Measure.MUTUAL_INFORMATION, ("c", "z")),
    ):
        assert abs(value(found, measure, *pair)) < 0.06


def test_a_monotone_curve_has_rank_correlation_one_and_less_linear_correlation(tmp_path, rng):
    x = rng.normal(0, 1.5, 2_000)
    found = measured(tmp_path, x=x, y=np.exp(x))
    assert value(found, Measure.SPEARMAN, "x", "y") == pytest.approx(1)
    assert value(found, Measure.PEARSON, "x", "y") < 0.8


def test_cramers_v_of_a_small_table_is_that_computed_by_hand(tmp_path):
    # table [[30, 10], [10, 30]], n = 80: expected 20 everywhere, chi2 = 4 * 100 / 20 = 20, phi2 = 0.25
    # corrected: 0.25 - 1/79 = 0.237342; both sides 2 - 1/79 = 1.987342; V = sqrt(0.237342 / 0.987342) = 0.490291
    one = ["a"] * 40 + ["b"] * 40
    other = ["u"] * 30 + ["v"] * 10 + ["u"] * 10 + ["v"] * 30
    assert value(measured(tmp_path, one=one, other=other), Measure.CRAMERS_V, "one", "other") == pytest.approx(
        0.490291, abs=1e-6
    )


def test_the_correlation_ratio_of_a_small_table_is_that_computed_by_hand(tmp_path):
    # means of a: 1, of b: 3, of all: 2; between = 40 * 1 + 40 * 1 = 80
    # total: a holds 0.5 and 1.5, b 2.5 and 3.5: 20 * (1.5^2 + 0.5^2) * 2 = 100; share between = 0.8
    # corrected: 1 - 0.2 * (80 - 1) / (80 - 2) = 0.797436; ratio = sqrt(0.797436) = 0.892993
    levels, numbers = ["a"] * 40 + ["b"] * 40, [0.5, 1.5] * 20 + [2.5, 3.5] * 20
    found = measured(tmp_path, level=levels, number=np.array(numbers) + np.linspace(0, 1e-9, 80))
    assert value(found, Measure.CORRELATION_RATIO, "level", "number") == pytest.approx(0.892993, abs=1e-6)


def test_mutual_information_of_a_small_table_is_that_computed_by_hand(tmp_path):
    # table [[30, 10], [10, 30]], n = 80: 2 * 0.375 ln 1.5 + 2 * 0.125 ln 0.5 = 0.304099 - 0.173287 = 0.130812 nats
    # by chance 1 / 160 = 0.00625; both entropies ln 2 = 0.693147
    # (0.130812 - 0.00625) / (0.693147 - 0.00625) = 0.181340
    one, other = ["a"] * 40 + ["b"] * 40, ["u"] * 30 + ["v"] * 10 + ["u"] * 10 + ["v"] * 30
    found = value(measured(tmp_path, one=one, other=other), Measure.MUTUAL_INFORMATION, "one", "other")
    assert found == pytest.approx(0.181340, abs=1e-6)


def test_many_levels_in_few_rows_are_not_taken_for_an_association(tmp_path, rng):
    n = 1_500
    code = rng.choice([f"code {number}" for number in range(180)], n)
    found = measured(
        tmp_path, code=code, bed=rng.choice([f"bed {number}" for number in range(90)], n), x=rng.normal(0, 1, n),
        area=pd.Series(code).str[:6], y=pd.Series(code).str[5:].astype(float) + rng.normal(0, 1, n),
    )  # fmt: skip
    for pair in (("code", "bed"), ("code", "x"), ("bed", "x")):
        assert value(found, Measure.MUTUAL_INFORMATION, *pair) < 0.05, pair
    assert value(found, Measure.CORRELATION_RATIO, "code", "x") < 0.2
    assert value(found, Measure.MUTUAL_INFORMATION, "code", "area") == pytest.approx(1)
    assert value(found, Measure.CORRELATION_RATIO, "code", "y") > 0.99


def test_a_measure_that_does_not_fit_a_pair_is_not_a_number(tmp_path, rng):
    found = measured(tmp_path, x=rng.normal(0, 1, 200), a=rng.choice(["u", "v"], 200))
    assert np.isnan(value(found, Measure.PEARSON, "x", "a"))
    assert np.isnan(value(found, Measure.CRAMERS_V, "x", "a"))
    assert not np.isnan(value(found, Measure.CORRELATION_RATIO, "a", "x"))


def test_the_strongest_pairs_come_first_and_associated_columns_side_by_side(tmp_path, rng):
    x, z = rng.normal(0, 1, 1_000), rng.normal(0, 1, 1_000)
    found = measured(tmp_path, x=x, z=z, y=x + rng.normal(0, 0.1, 1_000), w=z + rng.normal(0, 0.1, 1_000))
    assert {frozenset(pair[:2]) for pair in found.strongest(limit=2)} == {frozenset("xy"), frozenset("zw")}
    order = found.order()
    assert abs(order.index("x") - order.index("y")) == abs(order.index("z") - order.index("w")) == 1


def test_long_tables_are_measured_on_a_named_sample(tmp_path, rng):
    n = SAMPLE_ROWS + 5_000
    found = measured(tmp_path, x=rng.normal(0, 1, n), y=rng.normal(0, 1, n))
    assert (found.n_rows, found.n_total) == (SAMPLE_ROWS, n)


def test_one_column_has_no_associations(tmp_path, rng):
    with pytest.raises(NotApplicable):
        measured(tmp_path, x=rng.normal(0, 1, 100))
