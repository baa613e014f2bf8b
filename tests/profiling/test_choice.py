"""Treatments as an analyst chooses them, and what they make of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig
from core.profiling.choice import Choice, choice_of, detail_of, round_step, with_choice, with_safe_defaults
from core.profiling.coarsen import coarsened_table
from core.profiling.infer import infer_schema, retype
from core.profiling.treatment import Coarser, coarser_of, coarser_text
from core.schema import Column, ColumnType, Schema, Storage, Treatment
from core.tables import read_frame

N = 300
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("choice") / "table.parquet"
    pd.DataFrame(
        {
            "id": [f"K-{number:05d}" for number in range(N)],
            "age": RNG.integers(0, 100, N),
            "income": RNG.integers(900, 9_999, N).astype(float) + 0.5,
            "dob": pd.to_datetime("1950-01-01") + pd.to_timedelta(RNG.integers(0, 18_000, N), "D"),
            "plz": [f"{number:05d}" for number in RNG.integers(1_000, 99_999, N)],
            "smoker": RNG.random(N) < 0.4,
            "email": [f"ada{number}@example.org" for number in range(N)],
        }
    ).to_parquet(path)
    return path, infer_schema(path)


@pytest.mark.parametrize(
    ("text", "how", "amount"),
    [
        ("month", Coarser.MONTH, 0), ("Year", Coarser.YEAR, 0), ("first 3 signs", Coarser.PREFIX, 3),
        ("1 sign", Coarser.PREFIX, 1), ("bands of 10", Coarser.BAND, 10), ("band 2.5", Coarser.BAND, 2.5),
        ("rounded to 100", Coarser.ROUND, 100), ("round 0.5", Coarser.ROUND, 0.5),
    ],
)  # fmt: skip
def test_ways_to_make_values_coarser_are_read_as_they_are_typed(text, how, amount):
    assert coarser_of(text) == (how, amount)
    assert coarser_of(coarser_text(how, amount)) == (how, amount)


@pytest.mark.parametrize("text", ["", "weekly", "bands of 0", "first signs", "rounded to -1", "bands of ten"])
def test_anything_else_is_refused_with_what_can_be_written(text):
    with pytest.raises(InvalidConfig, match="month, quarter, year or day"):
        coarser_of(text)


def test_what_suits_a_column_is_taken_where_nothing_is_said(table):
    _, schema = table
    chosen = {name: with_choice(schema[name], "generalise", low=900, high=9_999.5) for name in ("age", "income", "plz")}
    assert chosen["age"].coarser == "bands of 10"
    assert chosen["income"].coarser == "rounded to 500"  # a twentieth of the range is 455
    assert chosen["plz"].coarser == "first 2 signs"
    assert with_choice(schema["dob"], "generalise").coarser == "year"


@pytest.mark.parametrize(
    ("wanted", "expected"), [(1, 1), (1.1, 2), (2, 2), (4, 5), (5.1, 10), (455, 500), (0.03, 0.05), (1e-9, 1e-9)]
)
def test_steps_of_rounding_are_one_two_or_five_times_a_power_of_ten(wanted, expected):
    assert round_step(wanted) == pytest.approx(expected)


def test_coarser_columns_are_written_counted_and_put_in_order(table, tmp_path):
    path, schema = table
    schema = schema.replacing(
        with_choice(schema["age"], "generalise", "bands of 10"),
        with_choice(schema["income"], "generalise", "rounded to 500"),
        with_choice(schema["dob"], "generalise", "quarter"),
        with_choice(schema["plz"], "generalise", "first 1 signs"),
    )
    new = coarsened_table(path, tmp_path / "coarse.parquet", schema)
    frame = read_frame(tmp_path / "coarse.parquet", new)
    real = pd.read_parquet(path)
    assert new["age"].order == tuple(f"{low}-{low + 9}" for low in range(0, 100, 10))
    assert (new["age"].type, new["age"].n_levels, new["plz"].n_levels) == (ColumnType.ORDINAL, 10, 10)
    low = real["age"] // 10 * 10
    assert list(frame["age"].astype(str)) == [f"{one}-{one + 9}" for one in low]
    assert set(frame["income"] % 500) == {0}
    assert np.abs(frame["income"] - real["income"]).max() <= 250
    assert set(frame["dob"].dt.month) <= {1, 4, 7, 10}
    assert set(frame["dob"].dt.day) == {1}
    assert list(frame["plz"].astype(str)) == [f"{one[0]}*" for one in real["plz"]]
    assert pq.read_table(tmp_path / "coarse.parquet").column("id").equals(pq.read_table(path).column("id"))


def test_making_coarser_twice_is_making_coarser_once(table, tmp_path):
    path, schema = table
    schema = schema.replacing(
        with_choice(schema["age"], "generalise", "bands of 10"), with_choice(schema["plz"], "generalise"),
        with_choice(schema["dob"], "generalise", "month"), with_choice(schema["income"], "generalise", "rounded to 50"),
    )  # fmt: skip
    once = coarsened_table(path, tmp_path / "once.parquet", schema)
    twice = coarsened_table(tmp_path / "once.parquet", tmp_path / "twice.parquet", once)
    assert twice == once
    assert pq.read_table(tmp_path / "twice.parquet").to_pydict() == pq.read_table(tmp_path / "once.parquet").to_pydict()


def test_missing_values_stay_missing_when_made_coarser(tmp_path):
    pq.write_table(pa.table({"age": [12, None, 37], "plz": [None, "12345", "99"]}), tmp_path / "t.parquet")
    columns = [
        Column(name=name, type=ColumnType.CONTINUOUS, reason=".", storage=storage)
        for name, storage in (("age", Storage.INTEGER), ("plz", Storage.TEXT))
    ]
    schema = Schema(
        columns=(
            with_choice(columns[0], "generalise", "bands of 10"), with_choice(columns[1], "generalise", "first 3 signs")
        )
    )  # fmt: skip
    new = coarsened_table(tmp_path / "t.parquet", tmp_path / "c.parquet", schema)
    assert pq.read_table(tmp_path / "c.parquet").to_pydict() == {
        "age": ["10-19", None, "30-39"], "plz": [None, "123*", "99"],
    }  # fmt: skip
    assert [column.n_missing for column in new] == [1, 1]


@pytest.mark.parametrize(
    ("name", "choice", "detail", "sentence"),
    [
        ("age", "generalise", "month", "holds no dates"),
        ("dob", "generalise", "bands of 10", "holds no numbers"),
        ("dob", "generalise", "first 3 signs", "holds no texts"),
        ("smoker", "generalise", "", "two values"),
        ("plz", "generalise", "weekly", "no way to make values coarser"),
        ("id", "model", "", "not learned"),
        ("email", "regenerate", "AB-99", "no locale"),
        ("age", "blur", "", "no treatment 'blur'"),
    ],
)
def test_a_treatment_that_does_not_fit_is_one_sentence(table, name, choice, detail, sentence):
    with pytest.raises(InvalidConfig, match=sentence):
        with_choice(table[1][name], choice, detail)


def test_every_choice_can_be_told_from_the_column_again(table):
    _, schema = table
    cases = {
        ("age", "model", ""): Choice.MODEL, ("age", "generalise", "bands of 5"): Choice.GENERALISE,
        ("email", "regenerate", "de_DE"): Choice.REGENERATE, ("id", "regenerate", "X-999"): Choice.REGENERATE,
        ("id", "pseudonym", ""): Choice.PSEUDONYM, ("age", "pseudonym", ""): Choice.PSEUDONYM,
        ("plz", "leave out", ""): Choice.LEAVE_OUT,
    }  # fmt: skip
    for (name, choice, detail), expected in cases.items():
        column = with_choice(schema[name], choice, detail)
        assert (choice_of(column), detail_of(column)) == (expected, detail)
        assert Column.from_json(column.to_json()) == column
        assert (column.treatment is Treatment.MODEL) == (expected in (Choice.MODEL, Choice.GENERALISE))


def test_an_identifier_is_learned_only_once_it_has_another_type(table):
    _, schema = table
    assert with_choice(retype(schema["id"], ColumnType.CATEGORICAL), "model").treatment is Treatment.MODEL


def test_dates_of_birth_and_rare_postcodes_are_coarser_by_default_and_all_else_is_as_it_was(table):
    _, schema = table
    safe = with_safe_defaults(schema)
    assert {column.name: column.coarser for column in safe if column.coarser} == {
        "dob": "month", "plz": "first 2 signs",
    }  # fmt: skip
    assert [old for old, new in zip(schema, safe, strict=True) if old != new] == [schema["dob"], schema["plz"]]
    assert with_safe_defaults(safe) == safe
