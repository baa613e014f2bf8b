"""Intervals of stored results at another level: what was counted again is what measuring at that level gives."""

import pytest

from core.evaluation import rates
from core.evaluation.membership_scores import ATTACKS
from core.evaluation.simultaneous import ATTACKS as NAMES
from core.evaluation.simultaneous import at_level
from core.records import MetricResult

LEVEL = 1 - 0.05 / 12


@pytest.mark.parametrize("copies", [0, 1, 5, 5_000])
def test_copies_have_the_wilson_interval_of_the_level(copies):
    share = rates.wilson(copies, 5_000)
    stored = MetricResult(
        metric="exact_copies", value=share.value, low=share.low, high=share.high, n_rows=5_000,
        counts={"copies of train rows": copies},
    )  # fmt: skip
    found = at_level(stored, [], LEVEL)
    assert found == rates.wilson(copies, 5_000, level=LEVEL)
    if copies == 0:
        # z = 2.8653 at this level: z^2 / (n + z^2) = 8.210 / 5,008.21 = .00164, not .00077 * 2.8653 / 1.96 = .00112
        assert found.high == pytest.approx(0.00164, abs=1e-5)


@pytest.mark.parametrize("recognised", [0, 1, 20])
def test_recognised_members_have_the_exact_interval_of_the_level_over_the_attacks(recognised):
    def exact(level):
        return rates.clopper_pearson(recognised, 500, level=rates.simultaneous_level(len(ATTACKS), level))

    stored = MetricResult(
        metric="membership_tpr_1", value=exact(0.95).value, low=exact(0.95).low, high=exact(0.95).high,
        counts={"train rows scored": 500, "recognised": recognised},
    )  # fmt: skip
    assert at_level(stored, [], 0.95) == exact(0.95)
    assert at_level(stored, [], LEVEL) == exact(LEVEL)


def test_the_names_of_the_attacks_in_the_maximum_are_those_that_are_made():
    assert tuple(ATTACKS) == NAMES
