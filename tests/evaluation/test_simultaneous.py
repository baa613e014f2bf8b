"""Intervals of stored results at another level: what was counted again is what measuring at that level gives."""

import pytest

from core.evaluation import rates
from core.evaluation.attacks.adapter import Guesses
from core.evaluation.attacks.inference import largest_risk
from core.evaluation.membership_scores import ATTACKS
from core.evaluation.simultaneous import ATTACKS as NAMES
from core.evaluation.simultaneous import at_level
from core.records import MetricResult, Scope
from tests.evaluation.privacy_cases import case

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


def test_the_largest_of_several_secrets_stays_simultaneous_over_them():
    tried = {
        f"s{at}": Guesses(
            n_requested=2_000, n_attack=2_000, n_control=2_000, n_baseline=2_000, attack=1_000 + at, control=1_000,
            baseline=600,
        )
        for at in range(16)
    }  # fmt: skip
    stored = largest_risk(case(), tried)
    same = at_level(stored, [], 0.95)
    ends = [stored.anchors[name] for name in ("signed", "signed low", "signed high")]
    assert [same.value, same.low, same.high] == pytest.approx(ends, abs=1e-6)
    wider = at_level(stored, [], LEVEL)
    assert wider.low < same.low
    assert wider.high > same.high


def test_attackers_who_hold_more_than_rows_stay_out_of_the_best_attack():
    def auc(value, *subject):
        scope = Scope.MODEL if subject else Scope.TABLE
        return MetricResult(
            metric="membership_auc", scope=scope, subject=subject, value=value, low=value - 0.02, high=value + 0.02
        )

    best, distance = auc(0.505), auc(0.505, "distance")
    alone = at_level(best, [best, distance], LEVEL)
    for name in ("critic, white box", "shadow models"):
        assert at_level(best, [best, distance, auc(0.70, name)], LEVEL) == alone


def test_the_names_of_the_attacks_in_the_maximum_are_those_that_are_made():
    assert tuple(ATTACKS) == NAMES
