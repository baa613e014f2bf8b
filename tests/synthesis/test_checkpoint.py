"""Saving, resuming and extending: nothing of the table is kept, going on equals never having stopped, bit for bit."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from core.errors import CheckpointRejected
from core.records import Condition, SampleRequest
from core.synthesis.checkpoint import load_model, model_of, resume, save_checkpoint
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from tests.synthesis.tables import mixed_table, small_config

N_ROWS = 1_013


@pytest.fixture(scope="module", autouse=True)
def short_stretches():
    """Records every 15 steps: 20 steps in an epoch then end it after a record in its middle."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.synthesis.train.STEPS_PER_RECORD", 15)
        yield


@pytest.fixture(scope="module")
def table():
    return mixed_table(N_ROWS)


@pytest.fixture(scope="module")
def whole_run(table):
    """Records and final tensors of a run of two epochs that never stopped: 20 steps in an epoch, 4 records."""
    training = prepare(*table, small_config())
    records = list(train(training, until_epoch=2))
    return records, _tensors(training)


def _tensors(training):
    return [
        *training.generator.state_dict().values(),
        *training.discriminator.state_dict().values(),
        *training.averaged,
        training.random.get_state(),
    ]


def _losses(records):
    return [(one.step, one.generator_loss, one.discriminator_loss, one.gradient_penalty) for one in records]


@pytest.mark.parametrize("n_before", [1, 2, 3])
def test_resuming_from_any_record_gives_the_very_losses_and_weights_of_an_uninterrupted_run(
    table, whole_run, tmp_path, n_before
):
    training = prepare(*table, small_config())
    first = []
    for record in train(training, until_epoch=2):
        first.append(record)
        if len(first) == n_before:
            break
    save_checkpoint(training, tmp_path / "checkpoint")
    again = resume(tmp_path / "checkpoint", *table)
    second = list(train(again, until_epoch=2))
    assert _losses(first + second) == _losses(whole_run[0])
    assert all(torch.equal(one, other) for one, other in zip(_tensors(again), whole_run[1], strict=True))


def test_extending_equals_having_asked_for_more(table, whole_run):
    training = prepare(*table, small_config(epochs=1))
    records = [*train(training, until_epoch=1), *train(training, until_epoch=2)]
    assert _losses(records) == _losses(whole_run[0])


def test_saving_does_not_disturb_the_run(table, whole_run, tmp_path):
    training = prepare(*table, small_config())
    records = []
    for at, record in enumerate(train(training, until_epoch=2)):
        records.append(record)
        save_checkpoint(training, tmp_path / f"checkpoint-{at}")
    assert _losses(records) == _losses(whole_run[0])


def test_a_loaded_model_draws_the_rows_of_the_model_that_was_saved(table, tmp_path):
    training = prepare(*table, small_config())
    list(train(training, until_epoch=1))
    save_checkpoint(training, tmp_path / "checkpoint")
    request = SampleRequest(n_rows=50, seed=4, conditions=(Condition(column="kind", level="blue", n_rows=7),))
    ours = draw_sample(model_of(training), request, table[1]).frame
    loaded = draw_sample(load_model(tmp_path / "checkpoint"), request, table[1]).frame
    assert ours.equals(loaded)


def test_a_checkpoint_holds_no_array_as_long_as_the_table_and_no_pickle(table, tmp_path):
    training = prepare(*table, small_config())
    list(train(training, until_epoch=1))
    save_checkpoint(training, tmp_path / "checkpoint")
    files = sorted(path.name for path in (tmp_path / "checkpoint").iterdir())
    assert files == ["meta.json", "model.safetensors", "state.safetensors"]
    for name in ("model.safetensors", "state.safetensors"):
        for tensor in load_file(tmp_path / "checkpoint" / name).values():
            assert N_ROWS not in tensor.shape
    meta = json.loads((tmp_path / "checkpoint" / "meta.json").read_text())
    assert all(length < N_ROWS / 2 for length in _lengths(meta))


def _lengths(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from _lengths(item)
    elif isinstance(value, list):
        yield len(value)
        for item in value:
            yield from _lengths(item)


def test_a_checkpoint_is_whole_or_absent(table, tmp_path, monkeypatch):
    training = prepare(*table, small_config())
    monkeypatch.setattr("core.synthesis.checkpoint.os.replace", _fail)
    with pytest.raises(OSError, match="power"):
        save_checkpoint(training, tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()


def _fail(*_):
    raise OSError("power cut")


def test_damaged_altered_and_foreign_checkpoints_are_rejected(table, tmp_path):
    training = prepare(*table, small_config())
    folder = tmp_path / "checkpoint"
    save_checkpoint(training, folder)
    with pytest.raises(CheckpointRejected, match="1013 rows"):
        resume(folder, table[0].iloc[:500], table[1])
    other = table[0].assign(kind=table[0]["kind"].take([0] * N_ROWS).reset_index(drop=True))
    with pytest.raises(CheckpointRejected, match="other rows"):
        resume(folder, other, table[1])
    meta = folder / "meta.json"
    text = meta.read_text()
    meta.write_text(text.replace('"epoch": 0', '"epoch": 7'))
    with pytest.raises(CheckpointRejected, match="altered"):
        load_model(folder)
    meta.write_text(text)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(CheckpointRejected, match="cannot be read"):
        load_model(folder)
