"""Intervals of fidelity and utility cover what they promise. Full counts belong to `make slow`.

Near the noise floor they cover more than 95 %: a total variation is a sum of absolute values, and where the true
differences are near 0 its spread is smaller than that of the redrawn rows, whose differences are not. At "same", 99 to
100 % of the intervals cover, with widths of about five standard deviations where four are needed.
"""

import pytest

from tests.calibration.fidelity import DETECTION, DISTANCES, QUICK, SUPPORTS, auc_coverage, coverage, lowest_share


def test_the_lowest_share_at_400_repetitions_is_that_of_the_requirement() -> None:
    assert lowest_share(400) == pytest.approx(0.9125)


def test_intervals_over_drawing_again_cover_their_mean() -> None:
    found = coverage(QUICK, "near", 25, n_real=400, n_synthetic=300)
    assert {"column_shapes", "pair_trends", "correlation_difference", "three_way_marginals"} <= set(found)
    assert {name: one for name, one in found.items() if one.share < lowest_share(25)} == {}
    assert all(one.width < 10 * one.spread for one in found.values())  # wide enough is not the same as honest


def test_the_bootstrap_of_test_rows_covers_the_true_auc() -> None:
    assert auc_coverage(1.0, 60, n_rows=200).share >= lowest_share(60)


@pytest.mark.slow
@pytest.mark.parametrize("distance", DISTANCES)
def test_intervals_cover_at_every_distance_in_400_repetitions(distance: str) -> None:
    found = coverage(QUICK, distance, 400)
    print(distance, found)
    assert {name: one for name, one in found.items() if one.share < lowest_share(400)} == {}


@pytest.mark.slow
@pytest.mark.parametrize("distance", DISTANCES)
def test_detection_and_support_cover_in_400_repetitions(distance: str) -> None:
    found = coverage((*DETECTION, *SUPPORTS), distance, 400)
    print(distance, found)
    assert {name: one for name, one in found.items() if one.share < lowest_share(400)} == {}


@pytest.mark.slow
@pytest.mark.parametrize("separation", [0.0, 1.0, 2.5])
def test_auc_intervals_cover_in_400_repetitions(separation: float) -> None:
    found = auc_coverage(separation, 400)
    print(separation, found)
    assert found.share >= lowest_share(400)
