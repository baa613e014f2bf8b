"""The treated real table: every treatment on made-up rows of known truth, under one key and under another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig
from core.jobs.kinds.treat import treated
from core.profiling.choice import with_choice
from core.profiling.infer import infer_schema, retype
from core.schema import ColumnType, Schema
from core.tables import as_work_frame

N = 200
KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    random = np.random.default_rng(0)
    person = random.integers(0, 50, N)
    table = pd.DataFrame(
        {
            "id": [f"K-{number:05d}" for number in random.permutation(N)],
            "customer_id": [f"C{number:03d}" for number in person],
            "email": [f"ada{number}@example.org" if number else None for number in person],
            "age": 20 + person,
            "amount": random.normal(0, 1, N).round(4),
            "note": [f"a long remark about case number {number} that nobody wrote before me" for number in range(N)],
        }
    )
    path = tmp_path_factory.mktemp("treat") / "table.parquet"
    table.to_parquet(path)
    schema = infer_schema(path)
    schema = schema.replacing(
        with_choice(schema["customer_id"], "pseudonym"),
        with_choice(retype(schema["age"], ColumnType.ORDINAL), "pseudonym"),
        with_choice(schema["email"], "regenerate", "de_DE"),
    )
    return as_work_frame(table, schema), schema


def by_amount(frame: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of another table, by the amount, which no treatment changes and no two rows share."""
    return frame.set_index("amount").loc[like["amount"]].reset_index()


def test_every_column_is_treated_as_it_was_chosen(real):
    frame, schema = real
    out, kept = treated(frame, schema, key=KEY)
    assert kept.names == ("id", "customer_id", "email", "age", "amount")  # the note is left out
    assert len(out) == N
    out = by_amount(out, frame)
    assert out["customer_id"].astype(str).str.fullmatch("[0-9a-f]{16}").all()
    assert out["age"].astype(str).str.fullmatch("[0-9a-f]{16}").all()
    assert out["id"].astype(str).str.fullmatch(r"K-00\d{3}").all()
    for name in ("id", "customer_id", "email", "age"):
        assert not set(out[name].dropna().astype(str)) & set(frame[name].dropna().astype(str)) or name == "id"


@pytest.mark.parametrize("name", ["customer_id", "email", "age"])
def test_the_same_person_has_the_same_new_value_and_missing_stays_missing(real, name):
    frame, schema = real
    out = by_amount(treated(frame, schema, key=KEY)[0], frame)
    pairs = pd.DataFrame({"old": frame[name].astype(object), "new": out[name].astype(object)})
    assert (pairs["old"].isna() == pairs["new"].isna()).all()
    assert pairs.dropna().groupby("old")["new"].nunique().max() == 1
    assert pairs["new"].nunique() >= 0.9 * pairs["old"].nunique()  # made-up names may coincide, pseudonyms never
    if name != "email":
        assert pairs["new"].nunique() == pairs["old"].nunique()


def test_a_value_has_its_pseudonym_and_its_made_up_value_whatever_table_it_stands_in(real):
    frame, schema = real
    whole = by_amount(treated(frame, schema, key=KEY)[0], frame)
    half = frame.iloc[::2].reset_index(drop=True)
    part = by_amount(treated(half, schema, key=KEY)[0], half)
    for name in ("customer_id", "email", "age"):
        assert part[name].astype(object).tolist() == whole[name].iloc[::2].astype(object).tolist()


def test_another_key_changes_every_value_and_the_order_of_rows(real):
    frame, schema = real
    one, other = treated(frame, schema, key=KEY)[0], treated(frame, schema, key=OTHER)[0]
    assert one["amount"].tolist() != other["amount"].tolist() != frame["amount"].tolist()
    assert not set(one["customer_id"].astype(str)) & set(other["customer_id"].astype(str))
    assert treated(frame, schema, key=KEY)[0].equals(one)


def test_identifiers_made_by_pattern_stay_distinct(real):
    frame, schema = real
    assert treated(frame, schema, key=KEY)[0]["id"].nunique() == N


def test_a_table_of_which_nothing_is_left_is_refused(real):
    frame, schema = real
    gone = Schema(columns=(with_choice(schema["note"], "leave out"),))
    with pytest.raises(InvalidConfig, match="Every column is left out"):
        treated(frame[["note"]], gone, key=KEY)
