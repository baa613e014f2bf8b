"""Privacy metrics on tables of known leak: covered without one, rising with it. Full counts belong to `make slow`."""

import numpy as np
import pytest

from tests.calibration.privacy import DOSES, coverage, judged, power

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


@pytest.mark.slow
def test_means_rise_with_every_dose() -> None:
    means = [power([judged(seed, copied=dose) for seed in range(20)]) for dose in DOSES]
    for name in RISING:
        rising = [one[name]["mean"] for one in means]
        assert rising == sorted(rising), (name, rising)
