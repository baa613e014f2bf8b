"""The study of epochs against privacy: where a test leaves its null, on made-up judgments."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.epochs_findings import curve, findings, onset, picture

STEPS = (50, 100, 200, 400)


def judged(means, *, n_seeds=5, spread=0.005, metric="dcr_share", n_train=250, pac=1):
    """Lines of one setting: a mean per step, and what seeds differ by."""
    rng = np.random.default_rng(3)

    def one(mean):
        return {metric: {"value": mean + spread * rng.standard_normal(), "low": mean - 0.1, "high": mean + 0.1}}

    return [
        {
            "n_train": n_train, "pac": pac, "seed": seed, "copied": None, "step": step, "epoch": step,
            "metrics": one(mean),
        }
        for seed in range(n_seeds)
        for step, mean in zip(STEPS, means, strict=True)
    ]  # fmt: skip


def test_a_test_leaves_its_null_where_its_mean_stays_above_for_certain():
    found = onset(curve(judged((0.5, 0.5, 0.56, 0.6)), 250, 1, "dcr_share"), 0.5)
    assert found.epoch == 200
    assert found.n_seeds == 5
    # one step above that is not followed is no onset
    assert onset(curve(judged((0.5, 0.56, 0.5, 0.5)), 250, 1, "dcr_share"), 0.5) is None


def test_one_seed_says_nothing_and_a_noisy_mean_is_not_for_certain():
    assert onset(curve(judged((0.5, 0.5, 0.56, 0.6), n_seeds=1), 250, 1, "dcr_share"), 0.5) is None
    assert onset(curve(judged((0.5, 0.5, 0.51, 0.51), spread=0.05), 250, 1, "dcr_share"), 0.5) is None


def test_steps_that_only_some_seeds_have_reached_do_not_hide_an_onset():
    lines = judged((0.5, 0.5, 0.56, 0.6))
    lines = [line for line in lines if line["step"] < 400 or line["seed"] == 0]
    found = curve(lines, 250, 1, "dcr_share")
    assert [band.epoch for band in found] == [50, 100, 200]
    assert onset(found, 0.5).epoch == 200


def test_without_a_leak_an_onset_is_as_rare_as_the_level_says():
    rng = np.random.default_rng(8)
    seen = 0
    for _ in range(400):
        lines = judged((0.5,) * 4, spread=0.0)
        for line in lines:
            line["metrics"]["dcr_share"]["value"] += 0.02 * rng.standard_normal()
        seen += onset(curve(lines, 250, 1, "dcr_share"), 0.5) is not None
    # only the last step can be a first one that stays; it is above by chance in half of 1 - level
    assert seen <= 12


def test_the_table_and_the_picture_show_every_setting():
    lines = judged((0.5, 0.5, 0.56, 0.6), metric="memorised_share") + judged(
        (0.5, 0.5, 0.5, 0.5), metric="memorised_share", n_train=4_000, pac=10
    )
    rows = list(findings(lines))[2:]
    assert len(rows) == 2
    assert rows[0].startswith("| 250 | 1 | 5 | 400 | memorised share | 50 steps")
    assert rows[1].startswith("| 4,000 | 10 | 5 |")
    figure = picture(lines)
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["250 train rows", "4,000 train rows"]
    assert figure.axes[0].get_ylim()[0] < 1 == pytest.approx(1)
