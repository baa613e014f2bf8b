"""Privacy metrics on tables of known leak: covered without one, rising with it. Full counts belong to `make slow`."""

import numpy as np
import pytest

from core.evaluation import rates
from tests.calibration.privacy import DOSES, Found, coverage, judged, orders, power

RISING = (
    "dcr_share",
    "memorised_share",
    "singling_out_multivariate",
    "linkability",
    "inference, largest",
    "membership_auc",
    "identifiability",
    "attribute_disclosure",
)
"""Attacks on single columns of this population have little to find: its values repeat in any sample."""


def test_intervals_cover_the_truth_where_there_is_no_leak() -> None:
    found = coverage([judged(seed, n_rows=200) for seed in range(8)])
    held = {name: one["holds"] for name, one in found.items()}
    # each may miss one or two of 8 by chance: fewer than 5 hold once in 3,000 times at 95 %
    assert min(held.values()) >= 5 / 8, held
    assert np.mean(list(held.values())) >= 0.88, held


def test_more_copied_rows_give_higher_numbers() -> None:
    means = [power([judged(seed, copied=dose, n_rows=200) for seed in range(2)]) for dose in (0.0, 0.4, 1.0)]
    for name in RISING:
        none, some, every = (one[name]["mean"] for one in means)
        assert none < some < every, (name, none, some, every)


def test_every_attack_sees_copies_of_all_rows() -> None:
    found = power([judged(0, copied=1.0, n_rows=200)])
    assert all(found[name]["seen"] == 1.0 for name in RISING)


@pytest.mark.slow
def test_intervals_cover_the_truth_in_400_repetitions() -> None:
    found = coverage([judged(seed) for seed in range(400)])
    assert {name: one["holds"] for name, one in found.items() if one["holds"] < 0.9125} == {}


def test_a_fall_counts_when_it_is_more_than_chance() -> None:
    def repetitions(*means: float) -> dict[float, list[list[Found]]]:
        noise = np.random.default_rng(0).normal(0, 0.01, (len(means), 20))
        return {
            float(dose): [
                [Found(name="one", truth=0.0, estimate=rates.Estimate(value=mean + more, low=0.0, high=1.0))]
                for more in noise[dose]
            ]
            for dose, mean in enumerate(means)
        }

    assert orders(repetitions(0.0, 0.1, 0.2, 0.3))["one"].rises
    within = orders(repetitions(0.0, 0.0, 0.0, 0.3))["one"]
    assert within.rises  # means change places by chance alone
    assert not orders(repetitions(0.0, 0.1, 0.05, 0.3))["one"].rises
    assert not orders(repetitions(0.0, 0.0, 0.0, 0.0))["one"].rises


@pytest.mark.slow
@pytest.mark.parametrize("changed", [0.0, 0.1])
def test_means_rise_with_the_dose(changed: float) -> None:
    found = orders({dose: [judged(seed, copied=dose, changed=changed) for seed in range(20)] for dose in DOSES})
    assert {name: one for name, one in found.items() if not one.rises} == {}
    # of exact copies strictly, but for attacks by densities, which copies hardly move
    assert changed or {name: found[name] for name in RISING if not found[name].in_order} == {}
