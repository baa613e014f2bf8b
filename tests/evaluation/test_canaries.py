"""Canaries: made of values that occur, found when copied, bounded by hand, silent where nothing was learned."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.errors import InvalidConfig, NotApplicable
from core.evaluation.canaries import (
    Canaries,
    canary_results,
    epsilon_bound,
    error_of_mean_exposure,
    exposure_by_chance,
    exposures,
    largest_epsilon,
    make_canaries,
    nearness,
)
from tests.evaluation.privacy_cases import SCHEMA, frame, people


def made(n: int = 60, copies: int = 1, seed: int = 0) -> tuple[pd.DataFrame, Canaries]:
    train = people(800, np.random.default_rng(1))
    return train, make_canaries(train, SCHEMA, n_candidates=n, copies=copies, seed=seed)


def test_every_cell_of_a_canary_occurs_among_the_train_rows_but_hardly_together() -> None:
    train, canaries = made()
    for name in train:
        assert set(canaries.rows[name].dropna().astype(object)) <= set(train[name].dropna().astype(object))
    # green eyes are the rarest level of the population, and numbers lie in the tails
    assert (canaries.rows["eyes"] == "green").mean() > (train["eyes"] == "green").mean() * 2
    low, high = train["height"].quantile([0.06, 0.94])
    assert ((canaries.rows["height"] <= low) | (canaries.rows["height"] >= high)).all()


def test_planting_adds_copies_and_leaves_the_train_rows_as_they_are() -> None:
    train, canaries = made(copies=3)
    grown = canaries.put_among(train)
    assert len(grown) == len(train) + 3 * canaries.planted.sum()
    pd.testing.assert_frame_equal(
        grown.iloc[: len(train)].astype(object), train.astype(object), check_column_type=False
    )


def test_canaries_repeat_for_a_seed_and_differ_between_seeds() -> None:
    (_, one), (_, same), (_, other) = made(seed=1), made(seed=1), made(seed=2)
    pd.testing.assert_frame_equal(one.rows, same.rows)
    assert np.array_equal(one.planted, same.planted)
    assert not one.rows.astype(object).equals(other.rows.astype(object))


def test_a_generator_that_repeats_the_planted_rows_is_caught_and_a_fresh_one_is_not() -> None:
    train, canaries = made(n=100)
    fresh = people(2_000, np.random.default_rng(5))
    planted = canaries.rows[canaries.planted]
    leaked = frame({name: [*fresh[name].astype(object), *planted[name].astype(object)] for name in fresh})
    for table, found in ((leaked, True), (fresh, False)):
        scores = nearness(canaries, train, table, SCHEMA)
        results = {one.metric: one for one in canary_results(canaries, scores, "epoch 1", n_looks=1, n_rows=2_000)}
        assert (results["canary_auc"].low > 0.5) is found
        assert (results["canary_epsilon"].value > 0) is found
        assert (results["canary_exposure"].low > results["canary_exposure"].anchors["fresh rows"]) is found
        for one in results.values():
            assert one.explanation.endswith(".")
            assert one.unit


def test_exposure_by_hand() -> None:
    # three others at 1, 2, 3: a planted 4 ranks first: log2(4 / 1) = 2; a planted 2.5 second: log2(4 / 2) = 1;
    # a planted 2 ties with one other: rank 1 + 1 + 1/2: log2(4 / 2.5)
    scores, planted = np.array([1.0, 2, 3, 4, 2.5, 2]), np.array([False] * 3 + [True] * 3)
    assert exposures(scores, planted) == pytest.approx([2.0, 1.0, math.log2(4 / 2.5)])


def test_the_exposure_of_a_row_without_trace_is_that_of_a_uniform_rank() -> None:
    draw = np.random.default_rng(0)
    seen = [exposures(draw.random(21), np.arange(21) == 0)[0] for _ in range(4_000)]
    mean, spread = exposure_by_chance(20)
    assert np.mean(seen) == pytest.approx(mean, abs=4 * spread / math.sqrt(4_000))


@pytest.mark.parametrize(("m", "k"), [(50, 50), (20, 80), (80, 20)])
def test_the_interval_of_the_mean_exposure_covers_as_often_as_it_says(m: int, k: int) -> None:
    draw = np.random.default_rng(m)
    planted = np.arange(m + k) < k
    seen = np.array([exposures(draw.random(m + k), planted).mean() for _ in range(2_000)])
    error = error_of_mean_exposure(m, k)
    assert seen.std() == pytest.approx(error, rel=0.07)
    missed = np.abs(seen - exposure_by_chance(m)[0]) > 1.96 * error
    # ranks taken as independent missed 16 % (50 of 50) to 34 % (20 others); .05 + 3 sqrt(.05 .95 / 2000) = .0646
    assert missed.mean() <= 0.0646


def test_the_exposure_of_an_evaluation_has_that_error() -> None:
    _, canaries = made(n=100)
    scores = np.random.default_rng(0).random(100)
    one = canary_results(canaries, scores, "epoch 1", n_looks=1, n_rows=9)[0]
    k = int(canaries.planted.sum())
    assert one.high - one.low == pytest.approx(2 * 1.96 * error_of_mean_exposure(100 - k, k), rel=1e-3)


def test_the_bound_is_the_largest_epsilon_that_the_guesses_rule_out() -> None:
    # 26 of 26 right: q^26 = .05, q = .8912, log(q / (1 - q)) = 2.1028
    assert largest_epsilon(26, 26, 0.05) == pytest.approx(2.1028, abs=1e-3)
    for right, guesses in ((20, 26), (40, 60)):
        epsilon = largest_epsilon(right, guesses, 0.05)
        q = math.exp(epsilon) / (1 + math.exp(epsilon))
        assert stats.binom.sf(right - 1, guesses, q) == pytest.approx(0.05)
    assert largest_epsilon(13, 26, 0.05) == 0.0
    assert largest_epsilon(0, 26, 0.05) == 0.0


def test_copies_divide_the_bound() -> None:
    scores, planted = np.arange(60.0), np.arange(60) >= 30
    once, _, _ = epsilon_bound(scores, planted, 1, level=0.95)
    thrice, guesses, right = epsilon_bound(scores, planted, 3, level=0.95)
    assert guesses == right == 40
    assert thrice == pytest.approx(once / 3)


def test_the_bound_holds_without_a_trace_as_often_as_it_says() -> None:
    draw = np.random.default_rng(3)
    wrong = sum(epsilon_bound(draw.random(60), draw.random(60) < 0.5, 1, level=0.95)[0] > 0 for _ in range(2_000))
    # at most 5 %: the guesses are whole numbers, so it is less; .05 + 3 sqrt(.05 .95 / 2000) = .0646
    assert wrong / 2_000 <= 0.0646


@pytest.mark.parametrize(("n", "copies"), [(5, 1), (501, 1), (50, 0), (50, 101)])
def test_impossible_numbers_are_refused(n: int, copies: int) -> None:
    with pytest.raises(InvalidConfig, match="Choose 10 to 500"):
        made(n=n, copies=copies)


def test_a_coin_that_planted_all_is_said() -> None:
    train, canaries = made(n=10)
    every = Canaries(rows=canaries.rows, planted=np.ones(10, dtype=bool), copies=1)
    with pytest.raises(NotApplicable, match="nothing to compare"):
        canary_results(every, nearness(every, train, train, SCHEMA), "epoch 1", n_looks=1, n_rows=10)
