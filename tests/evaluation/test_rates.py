"""Intervals against numbers worked out by hand or simulated."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation import rates
from core.evaluation.metric import entity_codes


def test_wilson_interval_of_one_in_ten_by_hand() -> None:
    # z = 1.96, z^2 = 3.8415: centre (1 + 1.92073) / 13.8415 = .211014,
    # half 1.96 / 13.8415 * sqrt(10 * .1 * .9 + .960365) = .141601 * 1.363952 = .193138
    found = rates.wilson(1, 10)
    assert found.value == pytest.approx(0.1)
    assert found.low == pytest.approx(0.017876, abs=1e-5)
    assert found.high == pytest.approx(0.404152, abs=1e-5)


def test_wilson_refuses_more_successes_than_trials() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        rates.wilson(3, 2)


def test_exact_interval_without_successes_is_the_rule_of_three() -> None:
    # high: (1 - h)^100 = .025, h = 1 - .025^(1/100) = .036217
    found = rates.clopper_pearson(0, 100)
    assert (found.low, found.high) == (0.0, pytest.approx(1 - 0.025**0.01))


def test_exact_interval_covers_at_least_its_level() -> None:
    generator = np.random.default_rng(0)
    inside = [
        (found := rates.clopper_pearson(int(generator.binomial(40, 0.1)), 40)).low <= 0.1 <= found.high
        for _ in range(400)
    ]
    assert np.mean(inside) >= 0.94


def test_area_under_curve_counts_ties_half() -> None:
    # pairs: 2>1, 2=2 (.5), 3>1, 3>2: (1 + .5 + 1 + 1) / 4 = .875
    assert rates.area_under_curve(np.array([2.0, 3.0]), np.array([1.0, 2.0])).value == pytest.approx(0.875)


def test_area_under_curve_of_separated_scores_is_one_and_keeps_an_interval() -> None:
    found = rates.area_under_curve(np.arange(10, 20.0), np.arange(10.0))
    assert found.value == 1.0
    assert found.low < 1.0 < found.high


def test_area_under_curve_of_one_population_covers_one_half() -> None:
    generator = np.random.default_rng(1)
    inside = []
    for _ in range(300):
        found = rates.area_under_curve(generator.normal(size=60), generator.normal(size=80))
        inside.append(found.low <= 0.5 <= found.high)
    assert 0.91 <= np.mean(inside) <= 0.985


def test_quantile_interval_holds_the_true_quantile() -> None:
    generator = np.random.default_rng(2)
    inside = []
    for _ in range(300):
        found = rates.quantile_interval(generator.random(200), 0.05)
        inside.append(found.low <= 0.05 <= found.high)
    assert np.mean(inside) >= 0.93


def test_share_against_labels_by_hand() -> None:
    # weights 3, 1, 0, 0 of 4 real rows, the first two are train rows: share 1, p 1/2
    # mean weight 1, squares 4 + 0 + 1 + 1 = 6; variance .25 * 4/3 * 6 / 16 = .125
    share, mean, spread = rates.share_against_labels(np.array([3.0, 1, 0, 0]), np.array([True, True, False, False]))
    assert (share, mean, spread) == (1.0, 0.5, pytest.approx(0.125**0.5))


def test_share_against_labels_agrees_with_permuting_them() -> None:
    generator = np.random.default_rng(3)
    weights = generator.poisson(1.0, 60).astype(float)
    is_train = np.arange(60) < 40
    _, mean, spread = rates.share_against_labels(weights, is_train)
    drawn = [weights[generator.permutation(is_train)].sum() / weights.sum() for _ in range(4000)]
    assert np.mean(drawn) == pytest.approx(mean, abs=0.005)
    assert np.std(drawn) == pytest.approx(spread, rel=0.05)


def test_detectable_effect_is_found_four_times_in_five() -> None:
    generator = np.random.default_rng(4)
    spread = 0.1
    drawn = generator.normal(rates.detectable(spread), spread, 4000)
    assert np.mean(drawn - 1.96 * spread > 0) == pytest.approx(0.8, abs=0.02)


def test_simultaneous_level_divides_the_error() -> None:
    assert rates.simultaneous_level(5) == pytest.approx(0.99)


def test_labels_permuted_over_entities_of_one_row_are_labels_permuted_over_rows() -> None:
    weights, is_train = np.array([3.0, 1, 0, 2, 0]), np.array([True, True, False, True, False])
    alone = rates.share_against_labels(weights, is_train)
    assert rates.share_against_labels(weights, is_train, np.arange(5)) == pytest.approx(alone)


def test_entities_with_many_rows_widen_what_chance_does() -> None:
    # Two entities of two rows, one on each side. Shares of the weight: 3/4 and 1/4, of the rows 1/2 each, so that
    # r = +1/4 and -1/4; T (G - T) / (G (G - 1)) = 1 * 1 / (2 * 1) = 1/2; variance 1/2 * (1/16 + 1/16) = 1/16.
    weights, is_train = np.array([2.0, 1, 1, 0]), np.array([True, True, False, False])
    share, mean, spread = rates.share_against_labels(weights, is_train, np.array([7, 7, 9, 9]))
    assert (share, mean) == (0.75, 0.5)
    assert spread == pytest.approx(0.25)


def test_every_row_that_names_no_entity_is_an_entity_of_its_own() -> None:
    train, control = entity_codes(pd.Series(["a", None, "b", "a", None]), pd.Series(["b", None]))
    assert (train[0], train[2]) == (train[3], control[0])
    assert len({*train, *control}) == 5  # a, b and three rows without one
