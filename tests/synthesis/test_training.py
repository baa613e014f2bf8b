"""The training loop: records, random numbers, errors, and what may not happen inside an epoch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from core.errors import InvalidConfig, TooFewRows, TrainingDiverged
from core.schema import ColumnType, Schema, Storage
from core.synthesis import conditional, pairs, setup
from core.synthesis.checkpoint import model_of, resume, save_checkpoint
from core.synthesis.encode import fit_encoder
from core.synthesis.forecast import forecast
from core.synthesis.products import bfloat16_helps
from core.synthesis.setup import assemble, encode_rows
from core.synthesis.train import (
    SMALLEST_RATE,
    STEADY_STEPS,
    arithmetic,
    critic_step,
    generator_step,
    learning_rate_at,
    one_step,
    prepare,
    train,
)
from core.tables import as_work_frame
from tests.synthesis.tables import column, mixed_table, small_config

FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal.default", "unique")


class Watch(TorchDispatchMode):
    """Refuses operations that make the host wait for the device, and copies from it."""

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        self.device, self.seen = device, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func)
        self.seen += 1
        if any(part in name for part in FORBIDDEN):
            raise AssertionError(f"{name} makes the host wait for the device")
        result = func(*args, **(kwargs or {}))
        if self.device != "cpu" and "_to_copy" in name and getattr(result, "device", None) == torch.device("cpu"):
            raise AssertionError("a tensor was copied to the host")
        return result


def _weights(training) -> list[torch.Tensor]:
    return [one.detach().clone() for one in (*training.generator.parameters(), *training.discriminator.parameters())]


def _run(training, epochs):
    return list(train(training, until_epoch=epochs))


def test_a_record_ends_every_epoch_and_at_most_200_steps():
    frame, schema = mixed_table(1_050)
    training = prepare(frame, schema, small_config(batch_size=5))
    assert training.steps_per_epoch == 210
    records = _run(training, 1)
    assert [record.step for record in records] == [200, 210]
    assert [record.epoch_done for record in records] == [False, True]
    assert [record.epoch for record in records] == [1, 1]
    assert training.epoch == 1
    assert all(record.rows_per_second > 0 for record in records)


def test_the_same_seed_gives_the_same_weights_and_another_seed_gives_others():
    frame, schema = mixed_table()
    runs = []
    for seed in (1, 1, 2):
        training = prepare(frame, schema, small_config(seed=seed))
        runs.append((_run(training, 1)[-1].generator_loss, _weights(training)))
    assert runs[0][0] == runs[1][0]
    assert all(torch.equal(one, other) for one, other in zip(runs[0][1], runs[1][1], strict=True))
    assert runs[0][0] != runs[2][0]


def test_training_learns_the_shares_of_levels_and_the_place_of_numbers():
    frame, schema = mixed_table(600)
    training = prepare(frame, schema, small_config(learning_rate=2e-3))
    records = _run(training, 12)
    assert records[-1].conditional_loss < records[0].conditional_loss / 3
    assert np.isfinite(records[-1].gradient_penalty)


def test_nothing_returns_to_the_host_inside_an_epoch():
    frame, schema = mixed_table()
    training = prepare(frame, schema, small_config())
    with Watch() as watch:
        for at in range(3):
            one_step(training, at)
    assert watch.seen > 300


def test_the_watch_refuses_what_it_should():
    with Watch(), pytest.raises(AssertionError, match="wait"):
        torch.ones(1).item()


def test_a_whole_step_runs_under_fake_tensors_on_a_cuda_device(monkeypatch):
    """A processor-only build cannot copy to a fake device, so arrays become empty tensors of their shape there."""

    def place(array, device):
        return torch.empty(array.shape, dtype=torch.from_numpy(array).dtype, device=device)

    monkeypatch.setattr(setup, "on_device", place)
    monkeypatch.setattr(conditional, "on_device", place)
    frame, schema = mixed_table()
    config = small_config()
    encoder = fit_encoder(frame, schema)
    encoded = encode_rows(encoder, frame, config)
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True) as mode, Watch("cuda"):
        training = assemble(encoder, encoded, config, None, torch.device("cuda"), random=False)
        measured = critic_step(training)
        made = generator_step(training)
        one_step(training, 0)
    assert mode is not None
    assert {one.device.type for one in (measured, made, training.log, *training.averaged)} == {"cuda"}
    assert all(weight.device.type == "cuda" for weight in training.generator.parameters())


def test_three_rows_are_too_few_and_the_message_says_how_many_are_needed():
    frame, schema = mixed_table(3)
    with pytest.raises(TooFewRows, match="3 train rows.*at least 10"):
        prepare(frame, schema, small_config())


def test_fewer_rows_than_a_pack_are_too_few():
    frame, schema = mixed_table(12)
    with pytest.raises(TooFewRows, match="at least 20"):
        prepare(frame, schema, small_config(pac=20, batch_size=20))


def test_a_table_without_a_column_that_varies_is_refused():
    schema = Schema(columns=(column("only", ColumnType.CONSTANT),))
    frame = as_work_frame(pd.DataFrame({"only": ["same"] * 50}), schema)
    with pytest.raises(InvalidConfig, match="No column is left to model"):
        prepare(frame, schema, small_config())


def test_a_device_that_is_not_there_is_refused():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    frame, schema = mixed_table(50)
    with pytest.raises(InvalidConfig, match="No CUDA device"):
        prepare(frame, schema, small_config(device="cuda"))


def test_losses_that_are_no_longer_finite_name_their_epoch():
    frame, schema = mixed_table()
    training = prepare(frame, schema, small_config())
    _run(training, 1)
    with torch.no_grad():
        training.generator.bias.fill_(float("nan"))
    with pytest.raises(TrainingDiverged) as caught:
        _run(training, 2)
    assert caught.value.epoch == 2


@pytest.mark.parametrize(
    ("name", "table", "columns"),
    [
        ("numbers alone", {"a": np.arange(60.0), "b": np.arange(60.0) ** 2}, (ColumnType.CONTINUOUS,) * 2),
        ("levels alone", {"a": ["x", "y"] * 30, "b": ["u"] * 20 + ["v"] * 40}, (ColumnType.CATEGORICAL,) * 2),
        ("one number column", {"a": np.arange(60.0)}, (ColumnType.CONTINUOUS,)),
        ("one level column", {"a": ["x", "y"] * 30}, (ColumnType.CATEGORICAL,)),
        ("numbers mostly missing", {"a": [1.5, 2.5] + [np.nan] * 58}, (ColumnType.CONTINUOUS,)),
    ],
)
def test_tables_of_every_make_train_and_draw(name, table, columns):
    from core.records import SampleRequest
    from core.synthesis.sample import draw_sample

    kinds = {ColumnType.CONTINUOUS: Storage.DECIMAL, ColumnType.CATEGORICAL: Storage.TEXT}
    schema = Schema(columns=tuple(column(one, kind, kinds[kind]) for one, kind in zip(table, columns, strict=True)))
    frame = as_work_frame(pd.DataFrame(table), schema)
    training = prepare(frame, schema, small_config())
    _run(training, 1)
    drawn = draw_sample(model_of(training), SampleRequest(n_rows=25, seed=1), schema).frame
    assert list(drawn.columns) == list(schema.names)
    assert len(drawn) == 25


def test_three_hundred_columns_train():
    rng = np.random.default_rng(0)
    table = {f"n{at}": rng.normal(size=120) for at in range(150)} | {
        f"l{at}": rng.choice(["a", "b", "c"], 120) for at in range(150)
    }
    columns = [column(name, ColumnType.CONTINUOUS if name[0] == "n" else ColumnType.CATEGORICAL) for name in table]
    schema = Schema(columns=tuple(columns))
    training = prepare(as_work_frame(pd.DataFrame(table), schema), schema, small_config(max_modes=3))
    assert _run(training, 1)[-1].epoch_done


def test_the_encoder_is_fitted_on_train_rows_alone_and_the_batch_shrinks_to_small_tables():
    frame, schema = mixed_table(33)
    training = prepare(frame, schema, small_config())
    assert training.batch_size == 30
    assert training.steps_per_epoch == 1
    assert setup.STEPS_PER_RECORD == 200


def test_fast_precision_lasts_for_a_stretch_alone():
    frame, schema = mixed_table(100)
    training = prepare(frame, schema, small_config(precision="fast"))
    seen = []
    usual = torch.get_float32_matmul_precision()
    with arithmetic("fast"):
        seen.append(torch.get_float32_matmul_precision())
    _run(training, 1)
    assert seen == ["medium"]
    assert torch.get_float32_matmul_precision() == usual


def test_a_forecast_leaves_the_run_as_it_was():
    frame, schema = mixed_table(200)
    training, other = (prepare(frame, schema, small_config()) for _ in range(2))
    ahead = forecast(training, 4)
    assert ahead.seconds == pytest.approx(2 * ahead.seconds_per_epoch)
    assert [one.generator_loss for one in train(training, until_epoch=1)] == [
        one.generator_loss for one in train(other, until_epoch=1)
    ]


def test_schedules_of_the_learning_rate():
    frame, schema = mixed_table(100)
    rates = {}
    for name in ("constant", "falling", "to the end"):
        training = prepare(frame, schema, small_config(schedule=name, learning_rate=0.01, warm_up_steps=10, epochs=500))
        assert training.steps_per_epoch == 2
        found = []
        for step in (0, 4, 9, STEADY_STEPS - 1, 4 * STEADY_STEPS - 1):
            training.step = step
            found.append(learning_rate_at(training))
        rates[name] = found
    assert rates["constant"] == pytest.approx([0.001, 0.005, 0.01, 0.01, 0.01])
    # four times as many steps halve a rate that falls with their square root
    assert rates["falling"] == pytest.approx([0.001, 0.005, 0.01, 0.01, 0.005])
    # 1,000 steps in all: full until 500, then down to the smallest share, which stays beyond the end
    assert rates["to the end"] == pytest.approx([0.001, 0.005, 0.01, 0.01 * SMALLEST_RATE, 0.01 * SMALLEST_RATE])


def test_every_setting_of_the_step_runs_without_the_host_and_under_fake_tensors(monkeypatch):
    def place(array, device):
        return torch.empty(array.shape, dtype=torch.from_numpy(array).dtype, device=device)

    frame, schema = mixed_table()
    config = small_config(rare_level_weight=0.5, pair_weight=0.1, dropout=0.3, pac=1, discriminator_steps=2)
    training = prepare(frame, schema, config)
    with Watch():
        one_step(training, 0)
    for module in (setup, conditional, pairs):
        monkeypatch.setattr(module, "on_device", place)
    encoder = fit_encoder(frame, schema)
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True), Watch("cuda"):
        fake = assemble(encoder, encode_rows(encoder, frame, config), config, None, torch.device("cuda"), random=False)
        one_step(fake, 0)
    assert fake.pairs.seen.device.type == "cuda"


def test_pair_matching_keeps_its_running_average_through_a_checkpoint(tmp_path):
    frame, schema = mixed_table(200)
    runs = [prepare(frame, schema, small_config(pair_weight=0.1)) for _ in range(2)]
    _run(runs[0], 1)
    save_checkpoint(runs[0], tmp_path / "checkpoint-1")
    resumed = resume(tmp_path / "checkpoint-1", frame, schema)
    for one in (resumed, runs[1]):
        _run(one, 2)
    assert all(torch.equal(one, other) for one, other in zip(_weights(resumed), _weights(runs[1]), strict=True))


def test_tables_too_wide_for_pairs_train_without_them(monkeypatch):
    monkeypatch.setattr(pairs, "WIDEST", 5)
    frame, schema = mixed_table(100)
    training = prepare(frame, schema, small_config(pair_weight=0.1))
    assert training.pairs is None
    _run(training, 1)


@pytest.mark.skipif(not bfloat16_helps(torch.device("cpu")), reason="this processor has no bfloat16 products")
def test_fast_precision_learns_what_full_precision_learns():
    frame, schema = mixed_table(600)
    ends = [_run(prepare(frame, schema, small_config(precision=one, epochs=6)), 6)[-1] for one in ("full", "fast")]
    assert ends[0].conditional_loss != ends[1].conditional_loss
    assert ends[1].conditional_loss == pytest.approx(ends[0].conditional_loss, rel=0.25)
