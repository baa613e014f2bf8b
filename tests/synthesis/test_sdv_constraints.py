"""Constraints as SDV declares and checks them."""

from __future__ import annotations

import pytest

from core.constraints import Constraint
from core.profiling.sdv_metadata import to_sdv as metadata_of
from core.synthesis.sdv_constraints import sdv_agrees, to_sdv
from core.tables import to_arrow
from tests.synthesis.test_rules import RULES, table


@pytest.fixture(scope="module")
def rows():
    frame, schema = table(300)
    return to_arrow(frame, schema).to_pandas(date_as_object=False), metadata_of(schema)


def test_sdv_agrees_with_every_rule_that_it_has(rows):
    said = dict(zip((one.kind for one in RULES), sdv_agrees(RULES, *rows), strict=True))
    assert said.pop("fixed sum") == "SDV has no such constraint"
    assert set(said.values()) == {"checked with SDV"}, said


def test_sdv_names_what_rows_break(rows):
    wrong = Constraint(kind="inequality", columns=("high", "low"))
    assert sdv_agrees([wrong], *rows)[0].startswith("SDV would not take it: ")


def test_parameters_reach_sdv():
    strict = to_sdv(Constraint(kind="range", columns=("a", "b", "c"), strict=True)).to_dict()["parameters"]
    assert strict["strict_boundaries"] is True
    assert strict["middle_column_name"] == "b"
    assert (
        to_sdv(Constraint(kind="fixed increments", columns=("a",), increment=5)).to_dict()["parameters"][
            "increment_value"
        ]
        == 5
    )
