"""Columns as in well-known public tables get the types an expert would set, and no false alarm of personal data."""

from __future__ import annotations

import pytest

from core.profiling.infer import infer_schema
from core.reading.read import read_table
from tests.profiling.public_tables import MAKERS, public_table

PERSONAL = {
    "Name": "name", "first_name": "name", "host_name": "name", "Surname": "name", "Customer Name": "name",
    "Postal Code": "postcode", "zip_code": "postcode", "zipcode": "postcode",
    "longitude": "coordinates", "latitude": "coordinates",
}  # fmt: skip
"""What is personal in these tables; nothing else may be taken for it."""


@pytest.mark.parametrize("name", MAKERS)
def test_the_types_are_those_an_expert_would_set(name, tmp_path):
    table = public_table(name)
    table.frame().to_csv(tmp_path / "table.csv", index=False)
    diagnosis = read_table(tmp_path / "table.csv", tmp_path / "table.parquet")
    schema = infer_schema(tmp_path / "table.parquet", formats=diagnosis.formats)
    wrong = {
        column.name: f"{column.type}, not {table.columns[column.name][0]}: {column.reason}"
        for column in schema
        if str(column.type) not in table.columns[column.name][0].split("|")
    }
    assert not wrong
    personal = {column.name: column.personal for column in schema if column.personal}
    assert personal == {one: PERSONAL[one] for one in table.columns if one in PERSONAL}
