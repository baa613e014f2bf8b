"""The demo table: what the simulation promises can be seen in its rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.demo.card_payments import make_card_payments
from core.errors import InvalidConfig


@pytest.fixture(scope="module")
def payments() -> pd.DataFrame:
    return make_card_payments(20_000, seed=0)


def test_the_share_of_fraud_is_met_to_a_row(payments: pd.DataFrame) -> None:
    assert len(payments) == 20_000
    assert (payments["is_fraud"] == "yes").sum() == 200


def test_the_same_seed_gives_the_same_table_and_another_seed_another() -> None:
    first, same, other = (make_card_payments(400, seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, same)
    assert not first["amount"].equals(other["amount"])


@pytest.mark.parametrize("n_rows", [1, 2, 7, 61, 1000])
def test_any_size_is_met(n_rows: int) -> None:
    assert len(make_card_payments(n_rows)) == n_rows


def test_payments_are_in_order_of_time_with_one_id_each(payments: pd.DataFrame) -> None:
    assert payments["time"].is_monotonic_increasing
    assert payments["transaction_id"].is_unique


def test_a_cardholder_has_one_name_card_account_and_home(payments: pd.DataFrame) -> None:
    of_one = payments.groupby("cardholder_id")[["name", "email", "card_number", "iban", "home_city", "monthly_income"]]
    assert (of_one.nunique() == 1).all().all()


def test_salaries_come_late_and_rents_early_in_the_month(payments: pd.DataFrame) -> None:
    day = payments["time"].dt.day
    assert day[payments["category"] == "salary"].between(23, 25).all()
    assert (payments["time"].dt.dayofweek[payments["category"] == "salary"] < 5).all()
    assert day[payments["category"] == "rent"].between(1, 3).all()


def test_honest_purchases_keep_to_opening_hours(payments: pd.DataFrame) -> None:
    honest = payments[(payments["is_fraud"] == "no") & (payments["category"] == "clothing")]
    assert honest["time"].dt.hour.between(9, 19).all()


def test_fraudsters_test_small_then_drain_at_night_and_far_away(payments: pd.DataFrame) -> None:
    fraud = payments[payments["is_fraud"] == "yes"]
    honest = payments[(payments["is_fraud"] == "no") & payments["merchant"].notna()]
    assert fraud["time"].dt.hour.isin([22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8]).mean() > 0.95
    small, large = fraud[fraud["amount"] <= 4], fraud[fraud["amount"] > 4]
    assert len(small) > 40
    assert (small["channel"] == "online").all()
    assert large["amount"].median() > 4 * honest["amount"].median()
    assert large["distance_km"].median() > 5 * honest["distance_km"].median()


def test_the_balance_follows_what_was_paid(payments: pd.DataFrame) -> None:
    one = payments[payments["cardholder_id"] == payments["cardholder_id"].value_counts().index[0]]
    signed = np.where(one["category"] == "salary", one["amount"], -one["amount"])
    assert np.allclose(np.diff(one["balance"]), signed[1:], atol=0.011)


def test_there_are_missing_values_and_skewed_and_high_cardinality_columns(payments: pd.DataFrame) -> None:
    assert payments["age"].isna().mean() == pytest.approx(0.02, abs=0.01)
    assert payments["amount"].skew() > 2
    assert payments["merchant"].nunique() > 200


def test_impossible_requests_are_refused_by_name() -> None:
    with pytest.raises(InvalidConfig, match="0 rows"):
        make_card_payments(0)
    with pytest.raises(InvalidConfig, match="share of fraud"):
        make_card_payments(10, fraud_share=0.9)
