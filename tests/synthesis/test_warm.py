"""Warm starts: what is alike goes on as it was, what is new begins anew, what is gone is said."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.errors import CheckpointRejected, InvalidConfig
from core.records import SampleRequest
from core.synthesis.checkpoint import load_model, model_of, save_checkpoint
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from core.synthesis.warm import carry_over, match
from tests.synthesis.tables import mixed_table, small_config


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    frame, schema = mixed_table(600)
    training = prepare(frame, schema, small_config(learning_rate=2e-3, shares="as learned"))
    list(train(training, until_epoch=8))
    folder = tmp_path_factory.mktemp("warm") / "checkpoint-000008"
    save_checkpoint(training, folder)
    return frame, schema, folder


def test_on_the_same_table_it_draws_what_the_earlier_run_draws(earlier):
    frame, schema, folder = earlier
    training = prepare(frame, schema, small_config())
    assert carry_over(training, folder) == []
    request = SampleRequest(n_rows=200, seed=3)
    old, new = (draw_sample(model, request, schema).frame for model in (load_model(folder), model_of(training)))
    same = [(old[name].astype(str) == new[name].astype(str)).mean() for name in ("kind", "flag", "grade")]
    assert min(same) > 0.95  # only the calibration's noise differs


def test_it_goes_on_learning_and_the_same_seed_gives_the_same(earlier):
    frame, schema, folder = earlier
    losses = []
    for _ in range(2):
        training = prepare(frame, schema, small_config(seed=5))
        carry_over(training, folder)
        losses.append([one.generator_loss for one in train(training, until_epoch=1)])
    assert losses[0] == losses[1]
    fresh = prepare(frame, schema, small_config(seed=5))
    first = next(iter(train(fresh, until_epoch=1)))
    warm = prepare(frame, schema, small_config(seed=5))
    carry_over(warm, folder)
    assert next(iter(train(warm, until_epoch=1))).conditional_loss < first.conditional_loss


def test_levels_that_are_new_or_gone_are_said_and_their_weights_are_fresh(earlier):
    frame, schema, folder = earlier
    changed = frame.copy()
    changed["kind"] = changed["kind"].cat.rename_categories({"blue": "violet"})
    training = prepare(changed, schema, small_config())
    fresh = [one.clone() for one in training.generator.parameters()]
    notes = " ".join(carry_over(training, folder))
    assert "New levels or modes, learned from the start: kind (1)." in notes
    assert "Levels or modes that are gone: kind (1)." in notes
    span = next(one for one in training.encoder.layout.spans if one.column == "kind")
    place = span.start + training.encoder.by_column["kind"].slot("violet")
    bias, before = training.generator.bias, fresh[2]
    assert bias[place] == before[place]
    moved = torch.arange(len(bias)) != place
    assert not torch.equal(bias[moved], before[moved])
    list(train(training, until_epoch=1))


def test_columns_that_are_new_or_gone_are_said(earlier):
    frame, schema, folder = earlier
    kept = type(schema)(columns=tuple(one for one in schema.columns if one.name not in ("visits", "flag")))
    training = prepare(frame.drop(columns=["visits", "flag"]), kept, small_config())
    assert any("Columns that are gone: " in one and "visits" in one for one in carry_over(training, folder))
    list(train(training, until_epoch=1))


def test_a_critic_of_another_size_begins_anew_and_a_generator_of_another_size_is_refused(earlier):
    frame, schema, folder = earlier
    notes = carry_over(prepare(frame, schema, small_config(pac=2)), folder)
    assert notes == ["The critic begins anew, since its layers or packs are of other sizes."]
    with pytest.raises(InvalidConfig, match="generator_layers") as caught:
        carry_over(prepare(frame, schema, small_config(generator_layers=(16, 16))), folder)
    assert caught.value.field == "generator_layers"
    with pytest.raises(CheckpointRejected):
        carry_over(prepare(frame, schema, small_config()), folder.with_name("gone"))


def test_every_place_keeps_its_meaning(earlier):
    frame, schema, _ = earlier
    old = prepare(frame, schema, small_config()).encoder
    shuffled = frame.copy()
    shuffled.loc[:199, "kind"] = "blue"  # another order of levels by frequency
    training = prepare(shuffled, schema, small_config())
    new = training.encoder
    places = match(old, new, training.conditions)
    labels = {}
    for name, encoder in (("old", old), ("new", new)):
        labels[name] = {
            span.start + at: (span.column, label)
            for span in encoder.layout.spans
            if span.is_levels
            for at, label in enumerate(encoder.by_column[span.column].labels)
        }
    for place, (column, label) in labels["new"].items():
        assert labels["old"][places.slots[place]] == (column, label)
    assert sorted(places.conditions) == list(range(len(training.conditions)))
    assert (places.slots[: new.layout.n_scalars] == np.arange(new.layout.n_scalars)).all()
