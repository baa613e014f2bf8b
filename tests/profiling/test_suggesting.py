"""Suggested constraints: planted ones are found with their evidence, of independent columns none is suggested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.profiling.infer import infer_schema
from core.profiling.suggesting import Suggestion, suggest_constraints

N_ROWS = 3_000


def suggested(tmp_path, **columns) -> dict[str, Suggestion]:
    pd.DataFrame(columns).to_parquet(tmp_path / "train.parquet")
    schema = infer_schema(tmp_path / "train.parquet")
    return {one.constraint.label: one for one in suggest_constraints(tmp_path / "train.parquet", schema)}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_an_inequality_of_dates_is_found_with_the_share_that_chance_would_give(tmp_path, rng):
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, N_ROWS), unit="D")
    end = pd.Series(start + pd.to_timedelta(rng.integers(0, 5, N_ROWS), unit="D")).where(rng.random(N_ROWS) > 0.1)
    found = suggested(tmp_path, start=start, end=end)
    assert list(found) == ["start ≤ end"]
    assert "all 3,000 train rows" in found["start ≤ end"].evidence
    assert "in 50 %" in found["start ≤ end"].evidence


def test_three_in_a_row_are_a_range_and_what_follows_is_not_said_again(tmp_path, rng):
    low = rng.normal(0, 10, N_ROWS).round(1)
    middle = low + rng.integers(1, 50, N_ROWS) / 10
    found = suggested(tmp_path, low=low, middle=middle, high=middle + rng.integers(1, 50, N_ROWS) / 10)
    assert list(found) == ["low < middle < high"]


def test_columns_far_apart_are_no_inequality(tmp_path, rng):
    assert suggested(tmp_path, age=rng.integers(18, 90, N_ROWS), pay=rng.integers(10_000, 90_000, N_ROWS) + 0.5) == {}


def test_a_city_lies_in_one_country_and_both_are_one_combination_with_what_else_it_fixes(tmp_path, rng):
    city = rng.integers(0, 12, N_ROWS)
    found = suggested(
        tmp_path,
        city=[f"city {one}" for one in city],
        region=[f"region {one // 2}" for one in city],
        country=[f"country {one // 4}" for one in city],
        other=rng.choice(["a", "b", "c"], N_ROWS),
    )
    assert list(found) == ["only known combinations of city, region, country"]
    assert "12 of 216 combinations" in found["only known combinations of city, region, country"].evidence


def test_a_rule_that_few_rows_keep_by_chance_is_not_suggested(tmp_path, rng):
    code = np.concatenate([np.arange(400), np.arange(400)])  # two rows each: equal by chance half of the time
    found = suggested(tmp_path, code=[f"c{one}" for one in code], rare=np.where(rng.random(800) < 0.0005, "x", "y"))
    assert found == {}


def test_sums_of_two_and_three_parts_are_found_and_no_inequality_beside_them(tmp_path, rng):
    net, tax, tip = (rng.gamma(2, 20, N_ROWS).round(2) for _ in range(3))
    both = suggested(tmp_path, net=net, tax=tax, total=(net + tax).round(2))
    assert list(both) == ["total = net + tax"]
    three = suggested(tmp_path, net=net, tax=tax, tip=tip, total=(net + tax + tip).round(2))
    assert list(three) == ["total = net + tax + tip"]


def test_one_hot_columns_and_increments_are_found(tmp_path, rng):
    colour = rng.integers(0, 3, N_ROWS)
    found = suggested(
        tmp_path,
        red=(colour == 0).astype(int),
        green=(colour == 1).astype(int),
        blue=(colour == 2).astype(int),
        flag=rng.integers(0, 2, N_ROWS),
        price=rng.integers(1, 400, N_ROWS) * 25,
    )
    assert list(found) == ["exactly one of red, green, blue", "price is a multiple of 25"]
    assert "398" in found["price is a multiple of 25"].evidence


def test_a_single_row_that_breaks_a_rule_is_enough(tmp_path, rng):
    low = rng.normal(0, 10, 30_000)
    high = low + 1
    high[12_345] = low[12_345] - 1
    assert suggested(tmp_path, low=low, high=high) == {}


def test_independent_columns_and_three_rows_suggest_nothing(tmp_path, rng):
    a, b = rng.normal(0, 1, (2, N_ROWS))
    assert suggested(tmp_path, a=a, b=b, c=rng.choice(list("xyz"), N_ROWS)) == {}
    assert suggested(tmp_path, a=[1, 2, 3], b=[2, 3, 4]) == {}


def test_a_suggestion_survives_json(tmp_path, rng):
    low = rng.normal(0, 10, N_ROWS)
    one = suggested(tmp_path, low=low, high=low + rng.random(N_ROWS))["low < high"]
    assert Suggestion.from_json(one.to_json()) == one
