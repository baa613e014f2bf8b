"""Columns that are left out or made anew never reach the generator: other real values in them, the same draw."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from core.records import SampleRequest
from core.schema import Treatment
from core.synthesis.checkpoint import model_of
from core.synthesis.regenerate import regenerate, regenerate_for
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from tests.synthesis.tables import mixed_table, small_config


def drawn(frame, schema) -> pd.DataFrame:
    """A sample of a generator trained on these rows."""
    training = prepare(frame, schema, small_config(epochs=1))
    list(train(training, until_epoch=1))
    return draw_sample(model_of(training), SampleRequest(n_rows=200, seed=3), schema).frame


def test_other_real_values_in_unlearned_columns_give_the_same_draw_to_the_last_value():
    frame, schema = mixed_table(300)
    pseudonym = dataclasses.replace(schema["grade"], treatment=Treatment.REGENERATE, pseudonym=True)
    schema = schema.replacing(pseudonym)
    other = frame.copy()
    random = np.random.default_rng(9)
    for name in ("id", "mail", "note", "grade"):
        texts = [f"secret-{number}" for number in random.integers(0, 40, len(frame))]
        other[name] = pd.Series(pd.Categorical(texts)).mask(random.random(len(frame)) < 0.2)
    one, two = drawn(frame, schema), drawn(other, schema)
    assert "note" not in one
    assert set(one.columns) == set(schema.names) - {"note"}
    pd.testing.assert_frame_equal(one, two)
    assert not one["mail"].astype(str).str.contains("secret|person").any()
    assert one["grade"].astype(str).str.fullmatch("[0-9a-f]{16}").all()


def test_pseudonyms_and_made_up_values_do_not_come_again_in_the_next_block():
    column = dataclasses.replace(mixed_table(10)[1]["grade"], treatment=Treatment.REGENERATE, pseudonym=True)
    first, second = (regenerate(column, 500, seed=1, first_row=row).astype(str) for row in (0, 500))
    assert not set(first) & set(second)


def test_every_kind_has_one_value_for_each_seed():
    _, schema = mixed_table(10)
    for kind in ("e-mail", "a kind that Faker does not know"):
        column = dataclasses.replace(schema["mail"], personal=kind, pattern="AB-9999")
        values = regenerate_for(column, [5, 6, 5], locale="de_DE")
        assert values[0] == values[2] != values[1]


def test_drawn_values_of_coarse_columns_are_as_coarse_as_the_real_ones():
    frame, schema = mixed_table(300)
    frame["day"] = frame["day"].dt.to_period("M").dt.start_time.astype("datetime64[us]")
    frame["amount"] = (frame["amount"] / 5).round() * 5
    schema = schema.replacing(
        dataclasses.replace(schema["day"], coarser="month"),
        dataclasses.replace(schema["amount"], coarser="rounded to 5"),
    )
    sample = drawn(frame, schema)
    assert set(sample["day"].dropna().dt.day) == {1}
    assert sample["day"].isna().any()
    assert set(sample["amount"].dropna() % 5) == {0}
    assert sample["day"].min() >= frame["day"].min()


def test_a_locale_of_the_column_goes_before_that_of_the_request():
    frame, schema = mixed_table(120)
    german = dataclasses.replace(schema["mail"], personal="IBAN", locale="de_DE")
    mails = drawn(frame, schema.replacing(german))["mail"].astype(str)
    assert mails.str.startswith("DE").all()
