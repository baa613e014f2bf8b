"""Scores of the critic: of the shape of the rows, the same for equal rows, moved by memorising."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import CheckpointRejected
from core.evaluation import rates
from core.synthesis.checkpoint import model_of, save_checkpoint
from core.synthesis.config import TrainingConfig
from core.synthesis.critic import Critic, _conditions_met, _dense, _part, _scores, load_critic, score_rows
from core.synthesis.train import prepare, train
from tests.evaluation.privacy_cases import SCHEMA, people


@pytest.fixture(scope="module")
def overtrained(tmp_path_factory: pytest.TempPathFactory):
    """A run that sees 60 rows many times, so that its critic knows them."""
    rows = people(60, np.random.default_rng(0))
    config = TrainingConfig(epochs=150, batch_size=60, pac=1, dropout=0.0, threads=1, seed=1, checkpoint_every=150)
    run = prepare(rows, SCHEMA, config)
    for _ in train(run, until_epoch=150):
        pass
    folder = tmp_path_factory.mktemp("run") / "checkpoint-000150"
    save_checkpoint(run, folder)
    return rows, folder


def test_a_critic_that_was_trained_for_long_knows_its_rows(overtrained) -> None:
    rows, folder = overtrained
    others = people(300, np.random.default_rng(1))
    companions = people(100, np.random.default_rng(2))
    of_rows, of_others = score_rows(load_critic(folder), companions, rows, others)
    assert of_rows.shape == (60,)
    assert of_others.shape == (300,)
    assert rates.area_under_curve(of_rows, of_others).low > 0.5


def test_scores_depend_on_the_row_alone(overtrained) -> None:
    rows, folder = overtrained
    critic, companions = load_critic(folder), people(50, np.random.default_rng(2))
    first, again = (score_rows(critic, companions, rows, seed=3)[0] for _ in range(2))
    assert np.array_equal(first, again)
    half = score_rows(critic, companions, rows.iloc[:30], seed=3)[0]
    assert half == pytest.approx(first[:30], rel=0.2, abs=0.5)  # modes of numbers are drawn anew


def test_a_checkpoint_without_the_state_of_training_is_refused(overtrained, tmp_path) -> None:
    import shutil

    _, folder = overtrained
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / "state.safetensors").unlink()
    with pytest.raises(CheckpointRejected, match="critic"):
        load_critic(copy)


def test_the_score_of_a_row_is_that_of_its_whole_packs() -> None:
    rows = people(100, np.random.default_rng(0))
    config = TrainingConfig(epochs=2, batch_size=50, pac=5, threads=1, seed=1)
    run = prepare(rows, SCHEMA, config)
    for _ in train(run, until_epoch=2):
        pass
    critic = Critic(model=model_of(run), network=run.discriminator)
    encoded = critic.model.encoder.encode(rows, np.random.default_rng(0))
    pack, targets = _part(encoded, np.arange(5)), _part(encoded, np.arange(20, 23))
    for turn in (0, 3, 7):
        found = _scores(critic, targets, pack, turn)
        for at in range(3):
            whole, ids = _dense(pack, critic.network.width), _conditions_met(critic, pack, turn)
            whole[turn % 5] = _dense(targets, critic.network.width)[at]
            ids[turn % 5] = _conditions_met(critic, targets, turn)[at]
            before = critic.network.first_layer(whole) + critic.network.condition_part(ids)
            assert found[at] == pytest.approx(float(critic.network.score(before)), abs=1e-5)
