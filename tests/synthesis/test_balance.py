"""Balancing: drawn shares become those of the train rows, and nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.records import SampleRequest
from core.synthesis.balance import LARGEST_SHIFT, balance
from core.synthesis.checkpoint import load_model, model_of, save_checkpoint
from core.synthesis.conditional import Conditions
from core.synthesis.encode import Span
from core.synthesis.networks import Generator
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from tests.synthesis.tables import mixed_table, small_config

WANTED = np.array([0, 0.75, 0.25, 0.2, 0.3, 0.5])
"""Shares of the made-up slots; the first is a normalised value."""


@pytest.fixture(scope="module")
def made():
    """A generator of one number of three modes and one level column of two levels, drawn at random."""
    torch.manual_seed(0)
    generator = Generator(8, 2, 6, (16,)).requires_grad_(False)
    for weight in generator.parameters():
        weight.normal_(0, 0.2)
    span = Span(column="level", start=1, width=2, is_levels=True)
    return generator, Conditions(spans=(span,), counts=np.array([300, 100]))


def _drawn(generator, conditions, n=60_000):
    random = torch.Generator().manual_seed(9)
    ids = torch.multinomial(torch.from_numpy(conditions.chances(log=False)), n, replacement=True, generator=random)
    return generator(torch.randn(n, 8, generator=random), ids)


def test_shares_become_those_asked_for_and_odds_stay_as_learned(made):
    generator, conditions = made
    before = _drawn(generator, conditions)
    balance(generator, conditions, WANTED, 1, [(1, 1, 2), (3, 1, 3)], n_rows=20_000, seed=1)
    after = _drawn(generator, conditions)
    shares = torch.cat([torch.softmax(after[:, 1:3], 1), torch.softmax(after[:, 3:], 1)], 1).mean(0)
    # a mean of 60,000 probabilities against one of 20,000: standard error at most .5 / sqrt(20,000) = .0035
    assert (shares - torch.from_numpy(WANTED[1:])).abs().max() < 0.012
    # every row moved by the same amount: log odds between two levels changed by a constant
    moved = (after - before).double()
    assert moved.std(dim=0).max() < 1e-5
    assert moved[:, 0].abs().max() < 1e-6


def test_a_level_that_was_lost_is_not_forced_upon_all_rows(made):
    generator, conditions = made
    bias = generator.bias.clone()
    generator.bias[3] -= 40.0
    lost = generator.bias.clone()
    balance(generator, conditions, WANTED, 1, [(1, 1, 2), (3, 1, 3)], n_rows=4_000, seed=1)
    assert float((generator.bias - lost).abs().max()) <= LARGEST_SHIFT + 1e-5
    generator.bias.copy_(bias)


def test_a_hardly_trained_model_draws_the_shares_of_the_train_rows_and_says_so_when_loaded(tmp_path):
    frame, schema = mixed_table(600)
    off, on = (prepare(frame, schema, small_config(shares=one)) for one in ("as learned", "train rows"))
    for training in (off, on):
        list(train(training, until_epoch=2))
    save_checkpoint(on, tmp_path / "checkpoint-2")
    errors = {}
    for name, model in (("off", model_of(off)), ("on", load_model(tmp_path / "checkpoint-2"))):
        drawn = draw_sample(model, SampleRequest(n_rows=20_000, seed=3), schema).frame
        errors[name] = sum(
            (drawn[column].value_counts(normalize=True) - frame[column].value_counts(normalize=True)).abs().sum()
            for column in ("kind", "flag", "grade")
        )
        errors[f"{name} missing"] = abs(drawn["amount"].isna().mean() - frame["amount"].isna().mean())
    assert errors["on"] < 0.05 < errors["off"]
    assert errors["on missing"] < 0.01


def test_balancing_leaves_the_run_itself_alone():
    frame, schema = mixed_table(200)
    runs = [prepare(frame, schema, small_config()) for _ in range(2)]
    for training in runs:
        list(train(training, until_epoch=1))
    model_of(runs[0])
    ends = [list(train(training, until_epoch=2))[-1].generator_loss for training in runs]
    assert ends[0] == ends[1]
