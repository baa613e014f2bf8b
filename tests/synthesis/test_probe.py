"""The probe: what it says is what the judges would say, it changes nothing, and it sees memorising and loss."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from core.evaluation.shapes import ks_complement
from core.records import EpochRecord
from core.synthesis.checkpoint import resume, save_checkpoint
from core.synthesis.probe import Probe, _level_column, _number_column, _numbers_of, is_finite, make_probe
from core.synthesis.train import one_step, prepare, train
from tests.synthesis.tables import mixed_table, small_config


@pytest.fixture
def halves():
    frame, schema = mixed_table(900)
    return frame.iloc[:600].reset_index(drop=True), frame.iloc[600:].reset_index(drop=True), schema


def test_shapes_of_numbers_are_those_of_the_judges_missing_values_included():
    rng = np.random.default_rng(1)
    for _ in range(20):
        real = np.where(rng.random(700) < 0.1, np.nan, rng.normal(0, 1, 700).round(int(rng.integers(0, 3))))
        drawn = np.where(rng.random(300) < rng.random() / 2, np.nan, rng.normal(0.5, 2, 300).round(1))
        found = _number_column(_numbers_of(real), drawn)[0]
        assert found == pytest.approx(ks_complement(real, drawn), abs=2e-5)


def test_levels_by_hand():
    class Span:
        width = 3

    # shares .5 .3 .2 against 40 40 20 of 100: TV = (.1 + .1 + 0) / 2 = .1
    shape, ratio, lost = _level_column(np.array([0.5, 0.3, 0.2]), np.repeat([0, 1, 2], [40, 40, 20]), Span())
    assert shape == pytest.approx(0.9)
    own = -(0.5 * np.log(0.5) + 0.3 * np.log(0.3) + 0.2 * np.log(0.2))
    drawn = -(2 * 0.4 * np.log(0.4) + 0.2 * np.log(0.2))
    assert ratio == pytest.approx(drawn / own, abs=1e-5)
    assert lost == 0


def test_a_level_counts_as_lost_only_where_ten_rows_were_expected():
    class Span:
        width = 3

    drawn = np.zeros(100, dtype=int)
    assert _level_column(np.array([0.85, 0.10, 0.05]), drawn, Span())[2] == 1  # 10 expected, and 5
    assert _level_column(np.array([0.85, 0.10, 0.05]), drawn, Span())[1] == 0


def test_a_nearly_constant_column_has_no_ratio_of_entropies():
    class Span:
        width = 2

    assert _level_column(np.array([0.999, 0.001]), np.zeros(100, dtype=int), Span())[1] is None


def test_a_run_with_a_probe_trains_bit_for_bit_as_one_without(halves):
    frame, control, schema = halves
    first, second = (prepare(frame, schema, small_config()) for _ in range(2))
    probe = make_probe(first, frame, control)
    for at in range(4):
        one_step(first, at)
        probe.measure(first)
        one_step(second, at)
    assert all(
        torch.equal(one, other)
        for one, other in zip(first.generator.parameters(), second.generator.parameters(), strict=True)
    )


def test_the_probe_of_a_resumed_run_sees_the_same(halves, tmp_path):
    frame, control, schema = halves
    training = prepare(frame, schema, small_config())
    list(train(training, until_epoch=1))
    save_checkpoint(training, tmp_path / "kept")
    other = resume(tmp_path / "kept", frame, schema)
    assert make_probe(training, frame, control).measure(training) == make_probe(other, frame, control).measure(other)


def test_a_record_with_a_probe_comes_back_from_json(halves):
    frame, control, schema = halves
    training = prepare(frame, schema, small_config())
    record = list(train(training, until_epoch=1))[-1]
    probe = make_probe(training, frame, control).measure(training)
    assert len(probe.shapes) == len(probe.lost) == len(schema.modelled)
    assert probe.shapes[[column.name for column in schema.modelled].index("country")] is None
    whole = dataclasses.replace(record, probe=probe)
    assert EpochRecord.from_json(whole.to_json()) == whole
    assert "probe" not in record.to_json()


def test_shapes_rise_while_learning_and_collapse_shows_in_entropy(halves):
    frame, _control, schema = halves
    training = prepare(frame, schema, small_config(learning_rate=2e-3))
    probe = make_probe(training, frame)
    list(train(training, until_epoch=1))
    early = probe.measure(training)
    list(train(training, until_epoch=20))
    late = probe.measure(training)
    assert late.mean_shape > early.mean_shape + 0.05
    assert late.score_gap is None
    with torch.no_grad():  # one level alone from now on
        span = next(one for one in training.encoder.layout.spans if one.column == "kind")
        for weights in training.averaged:
            if weights.shape == (training.encoder.layout.width,):
                weights[span.start] += 100.0
    gone = probe.measure(training)
    at = [column.name for column in schema.modelled].index("kind")
    assert gone.entropies[at] == 0
    assert gone.lost[at] == span.width - 1


def test_a_critic_that_has_learned_rows_by_heart_scores_them_higher_and_a_fresh_one_does_not(halves):
    frame, _control, schema = halves
    small, rest = frame.iloc[:60].reset_index(drop=True), frame.iloc[60:].reset_index(drop=True)
    config = small_config(pac=1, batch_size=20, learning_rate=3e-3, discriminator_layers=(128, 128))
    training = prepare(small, schema, config)
    probe = make_probe(training, small, rest)
    at_first = probe.measure(training)
    assert abs(at_first.score_gap) < 4 * at_first.score_gap_error
    list(train(training, until_epoch=400))
    later = probe.measure(training)
    assert later.score_gap > 3 * later.score_gap_error


def test_only_one_row_of_an_entity_is_scored_and_strangers_are_left_out():
    frame, schema = mixed_table(400)
    frame["grade"] = frame["grade"].cat.add_categories(["new"])
    control = frame.iloc[300:].reset_index(drop=True)
    train_rows = frame.iloc[:300].reset_index(drop=True)
    control.loc[:79, "grade"] = "new"  # a level that no train row has: 20 rows are left
    training = prepare(train_rows, schema, small_config(pac=1, batch_size=50))
    probe = make_probe(training, train_rows, control)
    assert len(probe.train.slots) == len(probe.control.slots) == 20
    rows, others = (part.assign(who=pd.Categorical(list("abcd") * (len(part) // 4))) for part in (train_rows, control))
    grouped = make_probe(training, rows, others, group="who")
    assert len(grouped.train.slots) == len(grouped.control.slots) == 4


def test_short_epochs_are_probed_every_few_epochs(halves):
    frame, control, schema = halves
    training = prepare(frame, schema, small_config(batch_size=100))
    probe = make_probe(training, frame, control)
    assert training.steps_per_epoch == 6
    assert [epoch for epoch in range(1, 16) if probe.is_due(epoch)] == [1, 5, 10, 15]
    assert isinstance(probe, Probe)
    assert is_finite(training)
