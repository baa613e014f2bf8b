import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.evaluation import distributions as compare
from core.evaluation.columns import COLUMN_DETAILS
from core.records import Direction, Scope
from core.schema import Column, ColumnType, Schema, Storage, Treatment
from tests.evaluation.made import MIXED, people, schema_of, tables_of


def details(schema, real, synthetic):
    return {(one.metric, *one.subject): one for one in COLUMN_DETAILS.measure(tables_of(schema, real, synthetic))}


def test_identical_tables_have_the_best_value_everywhere():
    columns = people(300, 0)
    for one in details(MIXED, columns, columns).values():
        assert one.scope is Scope.COLUMN
        best = {Direction.HIGHER: 1.0, Direction.LOWER: 0.0, Direction.TARGET: one.anchors.get("train rows")}
        assert one.value == pytest.approx(best[one.direction], abs=1e-9), one


def test_disjoint_tables_have_the_worst_value():
    schema = schema_of(x="continuous", c="categorical")
    found = details(
        schema,
        {"x": np.arange(50.0), "c": ["a", "b"] * 25},
        {"x": np.arange(50.0) + 1_000, "c": ["c", "d"] * 25},
    )
    assert found["jensen_shannon", "c"].value == pytest.approx(1.0)
    assert found["level_coverage", "c"].value == 0.0
    assert found["known_levels", "c"].value == 0.0
    assert found["chi_square_test", "c"].value < 1e-9
    assert found["ks_test", "x"].value < 1e-9
    assert found["within_range", "x"].value == 0.0
    assert found["tail_share", "x"].value == 1.0
    assert found["range_coverage", "x"].value == 0.0


def test_values_equal_those_computed_by_hand():
    schema = schema_of(x="continuous", c="categorical")
    real = {"x": [0.0, 0, 10, 10], "c": ["a", "a", "b", None]}
    synthetic = {"x": [0.0, 5, 5, np.nan], "c": ["a", "a", "a", "b"]}
    found = details(schema, real, synthetic)
    # the mean 10/3 beside 5; mass: real quantiles 0 0 10 10, synthetic 0 5 5 in thirds:
    #   |0-0|*1/3 + |5-0|*1/6 + |10-5|*1/6 + |10-5|*1/3 = 5/6 + 5/6 + 5/3 = 10/3; the real standard deviation is 5
    assert found["mean", "x"].value == pytest.approx(10 / 3)
    assert found["mean", "x"].anchors == {"train rows": 5.0}
    assert found["wasserstein", "x"].value == pytest.approx(10 / 3)
    assert found["wasserstein_scaled", "x"].value == pytest.approx(2 / 3)
    # values span 0..5 of the real 0..10; one of four cells is missing, none in the real table
    assert found["range_coverage", "x"].value == pytest.approx(0.5)
    assert (found["missing_share", "x"].value, found["missing_share", "x"].anchors["train rows"]) == (0.25, 0.0)
    # shares of a, b, missing: 1/2 1/4 1/4 and 3/4 1/4 0: squared differences 1/16, 0, 1/16, mean 1/24
    assert found["density_error", "c"].value == pytest.approx(1 / 24)
    # counts with half a row: real 2.5 1.5 1.5 of 5.5, synthetic 3.5 1.5 0.5 of 5.5
    by_hand = (2.5 * np.log(2.5 / 3.5) + 1.5 * np.log(1) + 1.5 * np.log(3)) / 5.5
    assert found["kl_divergence", "c"].value == pytest.approx(by_hand)


def test_column_details_are_refused_without_synthetic_rows():
    with pytest.raises(NotApplicable):
        details(MIXED, people(5, 0), {name: values[:0] for name, values in people(5, 0).items()})


def test_lost_tails_and_rare_levels_show():
    rng = np.random.default_rng(0)
    schema = schema_of(x="continuous", c="categorical")
    real = {"x": rng.standard_t(2, 5_000), "c": rng.choice(["a", "b", "c"], 5_000, p=[0.6, 0.395, 0.005])}
    synthetic = {"x": rng.normal(0, 0.5, 5_000), "c": rng.choice(["a", "b"], 5_000)}
    found = details(schema, real, synthetic)
    assert found["tail_share", "x"].value == 0 < found["tail_share", "x"].anchors["train rows"]
    assert found["outlier_share", "x"].value < 0.01 < found["outlier_share", "x"].anchors["train rows"]
    assert found["rare_level_share", "c"].value == 0 < found["rare_level_share", "c"].anchors["train rows"]
    assert found["level_coverage", "c"].value == pytest.approx(2 / 3)


def test_datetimes_have_their_calendar():
    schema = schema_of(when="datetime")
    real = {"when": pd.date_range("2024-01-01", periods=28, freq="6h")}  # a whole week from a Monday, four hours a day
    noon = {"when": pd.to_datetime(["2024-01-06 12:00:00", "2024-01-07 12:00:00"])}  # a Saturday and a Sunday
    found = details(schema, real, noon)
    assert found["weekday_shape", "when"].value == pytest.approx(2 / 7)
    assert found["hour_shape", "when"].value == pytest.approx(1 / 4)
    assert found["month_shape", "when"].value == 1.0
    assert found["mean", "when"].unit == "seconds"


def test_identifiers_are_judged_by_uniqueness_and_reuse():
    schema = schema_of(x="continuous", key="identifier")
    real = {"x": np.arange(4.0), "key": ["K1", "K2", "K3", "K4"]}
    synthetic = {"x": np.arange(4.0), "key": ["K1", "N1", "N1", "N2"]}
    found = details(schema, real, synthetic)
    assert found["unique_share", "key"].value == pytest.approx(3 / 4)
    assert found["unique_share", "key"].anchors == {"train rows": 1.0}
    assert found["reused_share", "key"].value == pytest.approx(1 / 4)


def test_statistics_without_meaning_are_left_out():
    assert np.isnan(compare.chi_square_p(np.array([3, 0]), np.array([4, 0])))
    assert np.isnan(compare.ks_p(np.empty(0), np.ones(3)))
    assert np.isnan(compare.wasserstein(np.ones(3), np.empty(0)))
    assert np.isnan(compare.range_coverage(np.ones(3), np.ones(3)))


def test_means_whole_days_and_layouts_by_hand():
    schema = Schema(
        columns=(
            Column(name="x", type=ColumnType.CONTINUOUS, reason="made", storage=Storage.DECIMAL),
            Column(name="when", type=ColumnType.DATETIME, reason="made", storage=Storage.DATETIME),
            Column(
                name="key",
                type=ColumnType.IDENTIFIER,
                reason="made",
                storage=Storage.TEXT,
                treatment=Treatment.REGENERATE,
                pattern="A-99",
            ),
        )
    )
    days = np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[us]")
    real = {"x": [-1.0, 1.0], "when": days, "key": ["B-12", "C-34"]}
    later = days + np.array([0, 60_000_000], dtype="timedelta64[us]")
    synthetic = {"x": [0.0, 1.0], "when": later, "key": ["D-56", "d56"]}
    found = {key: one.value for key, one in details(schema, real, synthetic).items()}
    assert (
        found["mean_difference", "x"] == 0.5
    )  # mean 0 and deviation 1 in the real rows, mean .5 in the synthetic ones
    assert found["whole_days", "when"] == 0.5
    assert found["pattern_share", "key"] == 0.5
