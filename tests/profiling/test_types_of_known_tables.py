"""Types of every column of tables that people know, as a person would set them."""

from __future__ import annotations

import pytest

from core.dataset import suggest_group
from core.demo.card_payments import make_card_payments
from core.profiling.infer import infer_schema
from core.reading.read import read_table
from tests.real_tables import real_table

CENSUS = {
    "age": "continuous", "workclass": "categorical", "fnlwgt": "continuous", "education": "categorical",
    "education_num": "ordinal", "marital_status": "categorical", "occupation": "categorical",
    "relationship": "categorical", "race": "categorical", "sex": "categorical", "capital_gain": "continuous",
    "capital_loss": "continuous", "hours_per_week": "continuous", "native_country": "categorical",
    "income": "categorical",
}  # fmt: skip
CREDITCARD = {
    "limit_bal": "continuous", "sex": "categorical", "education": "categorical", "marriage": "categorical",
    "age": "continuous", **{f"pay_{month}": "categorical" for month in (0, 2, 3, 4, 5, 6)},
    **{f"bill_amt{month}": "continuous" for month in range(1, 7)},
    **{f"pay_amt{month}": "continuous" for month in range(1, 7)}, "has_default": "boolean",
}  # fmt: skip
PAYMENTS = {
    "transaction_id": "identifier", "time": "datetime", "cardholder_id": "identifier", "name": "text",
    "email": "text", "card_number": "identifier", "iban": "identifier", "age": "continuous",
    "monthly_income": "continuous", "home_city": "categorical", "merchant": "categorical",
    "category": "categorical", "channel": "categorical", "card_present": "boolean", "amount": "continuous",
    "balance": "continuous", "distance_km": "continuous", "minutes_since_last": "continuous",
    "is_fraud": "boolean",
}  # fmt: skip
PERSONAL = {"name": "name", "email": "e-mail", "card_number": "card number", "iban": "IBAN"}


@pytest.fixture(scope="module")
def payments_schema(tmp_path_factory):
    folder = tmp_path_factory.mktemp("payments")
    make_card_payments(5_000, seed=4).to_csv(folder / "payments.csv", index=False)
    diagnosis = read_table(folder / "payments.csv", folder / "payments.parquet")
    return infer_schema(folder / "payments.parquet", formats=diagnosis.formats)


@pytest.mark.parametrize(("name", "expected"), [("census", CENSUS), ("creditcard_default", CREDITCARD)])
def test_the_columns_of_a_shared_table_get_the_types_a_person_would_set(name, expected, tmp_path):
    diagnosis = read_table(real_table(name), tmp_path / "table.parquet")
    schema = infer_schema(tmp_path / "table.parquet", formats=diagnosis.formats)
    assert {column.name: str(column.type) for column in schema} == expected
    assert all(column.reason.endswith(".") for column in schema)
    assert all(column.personal is None for column in schema), "no false alarm"
    assert all(column.treatment == "model" for column in schema)


def test_the_columns_of_the_demo_table_get_the_types_a_person_would_set(payments_schema):
    assert {column.name: str(column.type) for column in payments_schema} == PAYMENTS


def test_personal_data_of_the_demo_table_is_found_and_not_modelled(payments_schema):
    found = {column.name: column.personal for column in payments_schema if column.personal}
    assert found == PERSONAL
    assert {str(payments_schema[name].treatment) for name in found} == {"regenerate"}


def test_the_cardholder_is_suggested_as_the_entity_of_the_demo_table(payments_schema):
    assert suggest_group(payments_schema, 5_000) == "cardholder_id"


def test_storage_and_decimals_of_the_demo_table_are_those_of_the_file(payments_schema):
    assert {name: payments_schema[name].decimals for name in ("amount", "distance_km", "age", "category")} == {
        "amount": 2, "distance_km": 1, "age": 0, "category": None,
    }  # fmt: skip
    assert str(payments_schema["time"].storage) == "datetime"


def test_whole_numbers_in_scientific_writing_are_stored_as_integers(tmp_path):
    read_table(real_table("creditcard_default"), tmp_path / "table.parquet")
    schema = infer_schema(tmp_path / "table.parquet")
    assert {str(column.storage) for column in schema} == {"integer"}


def test_a_question_mark_in_census_stays_a_level_until_the_analyst_says_otherwise(tmp_path):
    target = tmp_path / "table.parquet"
    diagnosis = read_table(real_table("census"), target)
    finding = next(one for one in diagnosis.findings if one.code == "missing-marker")
    assert "6,465" in finding.message  # 2,799 in workclass, 2,809 in occupation, 857 in native_country
    assert infer_schema(target)["workclass"].n_missing == 0
    read_table(real_table("census"), target, diagnosis.options.changed(finding.remedy))
    assert infer_schema(target)["workclass"].n_missing == 2_799
