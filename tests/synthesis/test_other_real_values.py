"""Columns that are left out or made anew never reach the generator: other real values in them, the same draw."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from core.records import SampleRequest
from core.schema import Treatment
from core.synthesis.checkpoint import model_of
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


def test_a_locale_of_the_column_goes_before_that_of_the_request():
    frame, schema = mixed_table(120)
    german = dataclasses.replace(schema["mail"], personal="IBAN", locale="de_DE")
    mails = drawn(frame, schema.replacing(german))["mail"].astype(str)
    assert mails.str.startswith("DE").all()
