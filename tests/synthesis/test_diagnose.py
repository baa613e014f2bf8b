"""Every rule of the diagnosis: curves on which it fires, and curves next to them on which it does not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.records import EpochRecord, ProbeRecord
from core.synthesis.diagnose import Gravity, diagnose, trouble
from core.synthesis.history import history_of, trend, turns

COLUMNS = ("income", "town")
N = 40


def curves(n: int = N, **series) -> list[EpochRecord]:
    """Records of a calm, settled run; a series replaces one of its curves: a number, or an array of n."""
    usual = {
        "gap": 0.5, "generator": -0.2, "conditional": 0.1, "penalty": 0.05, "shape": 0.95, "entropy": 1.0, "lost": 0,
        "train": 0.0, "control": 0.0,
    }  # fmt: skip
    found = {name: np.broadcast_to(np.asarray(series.get(name, value), float), n) for name, value in usual.items()}
    noise = np.random.default_rng(0).normal(0, 1e-3, n)
    return [
        EpochRecord(
            epoch=at + 1, step=100 * (at + 1), epoch_done=True, seconds=1.0, rows_per_second=1e4,
            generator_loss=found["generator"][at] + noise[at], generator_loss_std=0.1,
            discriminator_loss=-(found["gap"][at] + noise[at]), discriminator_loss_std=0.2,
            gradient_penalty=found["penalty"][at], conditional_loss=found["conditional"][at],
            generator_gradient_norm=0.1, discriminator_gradient_norm=0.1, learning_rate=5e-4,
            probe=ProbeRecord(
                n_rows=2000, shapes=(found["shape"][at] + noise[at], found["shape"][at]),
                entropies=(1.0, found["entropy"][at]), lost=(0, int(found["lost"][at])),
                train_score=found["train"][at], control_score=found["control"][at], score_gap_error=0.01,
                score_spread=0.4, n_scored=1600,
            ),
        )
        for at in range(n)
    ]  # fmt: skip


def rules(records, **more) -> list[str]:
    return [one.rule for one in diagnose(records, columns=COLUMNS, **more)]


def rising(n: int = N, low: float = 0.7, high: float = 0.95) -> np.ndarray:
    return np.linspace(low, high, n)


def test_calm_curves_have_settled_and_nothing_else_fires():
    assert rules(curves()) == ["converged"]
    assert diagnose(curves())[0].gravity is Gravity.GOOD


def test_four_probes_are_too_few():
    assert rules(curves(4)) == ["too early"]
    assert rules([]) == ["too early"]
    assert rules(curves(5)) != ["too early"]


@pytest.mark.parametrize(
    "series", [{"shape": rising()}, {"gap": rising(low=1.5, high=0.4)}, {"conditional": rising(low=0.6, high=0.1)}]
)
def test_rising_shapes_or_falling_losses_are_still_learning(series):
    found = diagnose(curves(**series), columns=COLUMNS)[-1]
    assert found.rule == "still learning"
    assert "epochs" in found.advice


def test_a_shape_that_falls_is_neither_learning_nor_settled():
    assert rules(curves(shape=rising(low=0.95, high=0.80))) == ["unclear"]


def test_fewer_than_twenty_epochs_never_count_as_settled():
    assert rules(curves(19)) == ["unclear"]
    assert rules(curves(20)) == ["converged"]


def test_a_gap_that_grows_while_shapes_stand_still_is_a_critic_too_strong():
    grown = np.concatenate([np.full(20, 0.5), np.linspace(0.5, 1.5, 20)])
    assert "critic too strong" in rules(curves(gap=grown))
    assert "critic too strong" not in rules(curves(gap=grown, shape=rising()))  # the generator keeps up
    assert "critic too strong" not in rules(curves(gap=grown[::-1]))
    assert "critic too strong" not in rules(curves(gap=np.linspace(0.5, 0.6, N)))


def test_shapes_that_swing_oscillate_and_small_swings_do_not():
    swing = 0.9 + 0.04 * np.sin(np.arange(N) * np.pi / 2)
    found = diagnose(curves(shape=swing), columns=COLUMNS)
    assert found[0].rule == "oscillating"
    assert found[0].settings == {"learning_rate": "0.00025"}
    assert "oscillating" not in rules(curves(shape=0.9 + 0.005 * np.sin(np.arange(N) * np.pi / 2)))


def test_a_gap_that_swings_by_more_than_its_size_oscillates():
    assert "oscillating" in rules(curves(gap=0.5 + 0.45 * np.sin(np.arange(N) * np.pi / 2)))
    assert "oscillating" not in rules(curves(gap=0.5 + 0.1 * np.sin(np.arange(N) * np.pi / 2)))


def test_entropy_lost_after_it_was_there_is_a_collapse_and_names_the_column():
    lost = np.concatenate([np.full(30, 0.98), np.full(10, 0.2)])
    found = diagnose(curves(entropy=lost), columns=COLUMNS)[0]
    assert found.rule == "mode collapse"
    assert found.gravity is Gravity.BAD
    assert "'town' (20%)" in found.words
    assert found.since == 31


@pytest.mark.parametrize(
    "entropy",
    [
        np.concatenate([np.full(38, 0.98), np.full(2, 0.2)]),  # two odd probes
        np.concatenate([np.full(10, 0.2), np.full(30, 0.98)]),  # learned late
        np.full(N, 0.2),  # never learned: that is not a collapse
        np.full(N, 0.7),
    ],
)
def test_no_collapse_without_a_loss_three_probes_in_a_row(entropy):
    assert "mode collapse" not in rules(curves(entropy=entropy))


def test_levels_that_are_never_drawn_are_named_once_there_was_time_to_learn_them():
    found = diagnose(curves(lost=2), columns=COLUMNS)
    assert found[0].rule == "levels missing"
    assert "'town' (2)" in found[0].words
    assert "levels missing" not in rules(curves(12, lost=2))  # 1,200 steps
    assert "levels missing" not in rules(curves(lost=np.arange(N) % 2))


def test_train_rows_scored_above_control_rows_are_memorised():
    gap = np.concatenate([np.zeros(20), np.full(20, 0.08)])  # 8 standard errors
    found = diagnose(curves(train=gap), columns=COLUMNS)[0]
    assert found.rule == "memorising"
    assert found.since == 21
    assert "56%" in found.words  # Phi(.08 / .4 / sqrt 2) = Phi(.1414) = .556


@pytest.mark.parametrize("gap", [0.02, -0.08, np.concatenate([np.zeros(38), np.full(2, 0.08)])])
def test_a_gap_within_its_error_or_below_zero_or_of_two_probes_is_not_memorising(gap):
    assert "memorising" not in rules(curves(train=gap))


def test_more_probes_need_a_larger_gap():
    """Of many looks one exceeds two standard errors by chance: 2.5 of them are enough for 3 probes, not for 40."""
    assert "memorising" in rules(curves(3, train=0.025))
    assert "memorising" not in rules(curves(40, train=0.025))


def test_without_control_rows_memorising_is_not_judged():
    records = [
        dataclasses.replace(one, probe=dataclasses.replace(one.probe, train_score=None, control_score=None))
        for one in curves(train=1.0)
    ]
    assert "memorising" not in [one.rule for one in diagnose(records)]


def test_losses_that_run_away_or_are_not_numbers_diverged_and_nothing_else_is_said():
    away = np.concatenate([np.full(38, 0.5), np.full(2, 400.0)])
    found = diagnose(curves(gap=away))
    assert [one.rule for one in found] == ["diverged"]
    assert found[0].since == 39
    assert found[0].settings == {"learning_rate": "0.00025"}
    broken = curves()
    broken[-1] = dataclasses.replace(broken[-1], generator_loss=float("nan"))
    assert [one.rule for one in diagnose(broken)] == ["diverged"]
    assert rules(curves(), diverged_epoch=41) == ["diverged"]


def test_one_wild_epoch_has_not_diverged():
    assert "diverged" not in rules(curves(gap=np.concatenate([np.full(39, 0.5), [400.0]])))
    assert "diverged" not in rules(curves(gap=np.concatenate([[400.0], np.full(39, 0.5)])))


def test_trouble_is_divergence_and_collapse_only_where_asked_for():
    collapse = curves(entropy=np.concatenate([np.full(30, 0.98), np.full(10, 0.2)]))
    assert trouble(collapse, collapse=False) is None
    assert trouble(collapse, collapse=True).rule == "mode collapse"
    assert trouble(curves(), collapse=True) is None
    assert trouble(curves(gap=np.concatenate([np.full(38, 0.5), np.full(2, 400.0)])), collapse=False).since == 39


def test_stretches_of_an_epoch_are_joined_by_steps_and_a_begun_epoch_is_left_out():
    first, second, third = curves(3)
    records = [
        dataclasses.replace(first, step=100, epoch_done=False, discriminator_loss=-1.0, probe=None),
        dataclasses.replace(second, epoch=1, step=400, discriminator_loss=-3.0),
        dataclasses.replace(third, epoch=2, step=500, epoch_done=False),
    ]
    history = history_of(records)
    assert history.epochs.tolist() == [1]
    assert history.gap.tolist() == [2.5]  # (100 * 1 + 300 * 3) / 400


def test_trend_by_hand():
    # 1 3 2: slopes 2, .5, -1: median .5; S = 1 + 1 - 1 = 1, variance 3 * 2 * 11 / 18, z = (1 - 1) / ... = 0
    found = trend(np.arange(3), np.array([1.0, 3.0, 2.0]))
    assert (found.slope, found.z) == (0.5, 0.0)
    assert trend(np.arange(10), np.arange(10.0)).z == pytest.approx(44 / np.sqrt(125))
    assert trend(np.arange(2), np.arange(2.0)).slope == 0


def test_turns_by_hand():
    assert turns(np.array([0.0, 1, 0, 1, 0]), 0.5) == 3
    assert turns(np.array([0.0, 1, 0.8, 2]), 0.5) == 0
    assert turns(np.array([]), 0.5) == 0


def test_noise_alone_rarely_looks_like_anything_else_than_settled():
    wrong = 0
    for seed in range(40):
        noise = np.random.default_rng(seed)
        records = curves(60, shape=0.95 + noise.normal(0, 0.001, 60), gap=0.5 + noise.normal(0, 0.02, 60),
                         train=noise.normal(0, 0.01))  # fmt: skip
        wrong += rules(records) != ["converged"]
    assert wrong <= 4
