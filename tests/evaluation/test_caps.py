"""Rules of a risk cap: reading, widening, deciding."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.errors import InvalidConfig
from core.evaluation import rates
from core.evaluation.attacks.adapter import Guesses, residual_risk
from core.evaluation.caps import (
    BEYOND_QUICK,
    RULABLE,
    broken,
    decide,
    describe,
    parse_rule,
    parse_rules,
)
from core.evaluation.judge import judge
from core.evaluation.metric import Part, Plan
from core.evaluation.plateau import plateau
from core.evaluation.registry import load_metrics
from core.evaluation.simultaneous import at_level
from core.evaluation.simultaneous import residual_risk as widened_risk
from core.records import MetricResult, Scope
from core.tape import CONTROL, Decision, Outcome, Rule, TapePoint
from tests.evaluation.made import MIXED, people, tables_of


def point(epoch: int, run_id: str = "run-1", **values: tuple[float, float, float]) -> TapePoint:
    results = tuple(
        MetricResult(metric=name, value=value, low=low, high=high, counts={"train rows scored": 250}, n_rows=5000)
        for name, (value, low, high) in values.items()
    )
    return TapePoint(run_id=run_id, epoch=epoch, step=1000 * epoch, n_rows=5000, results=results)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("singling_out_univariate <= 0.05", Rule(metric="singling_out_univariate", at_most=True, limit=0.05)),
        ("upper bound of singling out <= 5 %", Rule(metric="singling_out_univariate", at_most=True, limit=0.05)),
        ("DCR share<=52%", Rule(metric="dcr_share", at_most=True, limit=0.52)),
        ("the lower bound of utility_kept >= 90 %", Rule(metric="utility_kept", at_most=False, limit=0.9)),
        ("Membership ≤ .55", Rule(metric="membership_auc", at_most=True, limit=0.55)),
    ],
)
def test_a_rule_is_read_as_an_analyst_writes_it(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("singling out", "has no limit"),
        ("wealth <= 3", "names no metric"),
        ("utility_kept <= 0.9", "better when higher"),
        ("membership_auc >= 0.5", "better when lower"),
        ("dcr_share <= 52", "percentages need a % sign"),
        ("dcr_share <= nan", "not a number"),
        ("dcr_share <= 1e999", "not a number"),
        ("dcr_share <= five", "not a number"),
        ("linkability <= 0.1", "needs the standard plan"),
        ("<= 0.1", "names no metric"),
        ("membership_auc == 0.5", "better when lower"),
        ("x" * 5000 + "<=1", "names no metric"),
    ],
)
def test_what_is_wrong_with_a_rule_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidConfig, match=said) as caught:
        parse_rule(text)
    assert caught.value.field == "rule"
    assert len(caught.value.message) < 250
    assert caught.value.hint


def test_all_problems_of_a_set_of_rules_are_told_together() -> None:
    with pytest.raises(InvalidConfig) as caught:
        parse_rules(["wealth <= 3", "", "dcr_share <= 0.52", "DCR share <= 51 %"])
    assert "wealth" in caught.value.message
    assert "More than one rule limits dcr_share" in caught.value.message


def test_every_metric_of_a_rule_is_measured_by_the_quick_plan_or_said_not_to_be() -> None:
    quick = {name for metric in load_metrics() if Plan.QUICK.includes(metric.plan) for name in metric.names}
    assert set(RULABLE) - set(BEYOND_QUICK) - {"tstr_r2"} <= quick
    assert not set(BEYOND_QUICK) & quick


def test_at_its_own_level_every_interval_stays_what_it_was() -> None:
    tables = tables_of(MIXED, people(300, 0), people(300, 1), people(200, 2), target="buys", plan=Plan.QUICK, seed=5)
    found = [one for one in judge(tables, set(Part)) if isinstance(one, MetricResult)]
    seen = 0
    for result in found:
        if result.scope is not Scope.TABLE or result.metric not in RULABLE:
            continue
        same = at_level(result, found, rates.LEVEL)
        wider = at_level(result, found, 1 - 0.05 / 12)
        if same is None:
            continue
        seen += 1
        assert wider.low <= same.low
        assert wider.high >= same.high
        assert wider.high - wider.low > 1.2 * (same.high - same.low) or same.high == same.low
        if "signed" in result.anchors:
            ends = [result.anchors[name] for name in ("signed", "signed low", "signed high")]
            assert [same.value, same.low, same.high] == pytest.approx(ends, abs=1e-9)
        elif result.low > 0 and result.high < 1:
            assert [same.value, same.low, same.high] == pytest.approx([result.value, result.low, result.high], abs=1e-9)
    assert seen >= 10


@pytest.mark.parametrize("counted", [(500, 90, 500, 60), (2000, 3, 2000, 3), (40, 40, 40, 1)])
@pytest.mark.parametrize("level", [0.95, 0.99, 1 - 0.05 / 12])
def test_an_attack_counted_again_at_another_level_is_what_anonymeter_computes(counted, level: float) -> None:
    n_attack, attack, n_control, control = counted
    guesses = Guesses(
        n_requested=n_attack, n_attack=n_attack, n_control=n_control, n_baseline=n_attack, attack=attack,
        control=control, baseline=0,
    )  # fmt: skip
    theirs = residual_risk(guesses, level=level).signed
    ours = widened_risk(guesses.counts(), level)
    assert [ours.value, ours.low, ours.high] == pytest.approx([theirs.value, theirs.low, theirs.high], abs=1e-6)


CAP = (Rule(metric="membership_auc", at_most=True, limit=0.6),)


def test_the_last_epoch_inside_is_found_with_intervals_for_all_candidates() -> None:
    # 95 % half-width .05 is a standard error of .02551; at 1 - .05/4 = .9875 the quantile is 2.4977, half .0637
    points = [point(e, membership_auc=(v, v - 0.05, v + 0.05)) for e, v in ((1, 0.5), (2, 0.53), (4, 0.545), (8, 0.7))]
    found = decide(points, CAP, n_candidates=4)
    assert found.level == pytest.approx(0.9875)
    assert found.checks[1].high == pytest.approx(0.53 + 0.0637, abs=1e-4)
    assert [one.outcome for one in found.checks] == ["inside", "inside", "too small to decide", "outside"]
    assert found.epoch == 2
    assert broken(found).epoch == 8
    assert "Epoch 2 is the last" in found.sentence
    # at 95 % alone epoch 4 would have passed: .595 <= .6; choosing among four is what forbids it
    assert decide(points[2:3], CAP, n_candidates=1).epoch == 4


def test_undecided_says_how_many_attacks_would_do() -> None:
    one = point(4, membership_auc=(0.55, 0.45, 0.65))
    found = decide([one], CAP, n_candidates=1).checks[0]
    # half-width .1 has to become .05: four times as many of the 250 rows
    assert found.outcome is Outcome.UNDECIDED
    assert found.enough in (1000, 1001)
    assert "would do where there were 250" in describe(found)
    beyond = decide([point(4, membership_auc=(0.62, 0.52, 0.72))], CAP, n_candidates=1).checks[0]
    assert beyond.enough is None
    assert "would not put it inside" in describe(beyond)


def test_what_would_decide_is_counted_in_what_narrows_the_interval() -> None:
    def kept(metric: str, counts: dict[str, int], value: float) -> TapePoint:
        half = 0.1
        result = MetricResult(
            metric=metric, value=value, low=value - half, high=value + half, counts=counts, n_rows=5000
        )
        return TapePoint(run_id="run-1", epoch=1, n_rows=5000, results=(result,))

    rule = (Rule(metric="utility_kept", at_most=False, limit=0.9),)
    found = decide([kept("utility_kept", {"rows tested on": 120}, 0.95)], rule, n_candidates=1).checks[0]
    assert found.enough in (480, 481)
    assert "control rows would do where there were 120" in describe(found)
    for metric, counted in (("dcr_share", "rows per block"), ("memorised_share", "control rows")):
        one = kept(metric, {counted: 240}, 0.5)
        found = decide([one], (Rule(metric=metric, at_most=True, limit=0.55),), n_candidates=1).checks[0]
        assert found.enough in (960, 961)
        assert "control rows (and train rows in proportion) would do where there were 240" in describe(found)


def test_a_quality_that_is_not_reached_yet_breaks_nothing() -> None:
    rules = (Rule(metric="utility_kept", at_most=False, limit=0.9),)
    found = decide([point(1, utility_kept=(0.2, 0.1, 0.3))], rules, n_candidates=3)
    assert found.checks[0].outcome is Outcome.OUTSIDE
    assert broken(found) is None


def test_anchors_are_no_candidates_and_a_metric_without_number_decides_nothing() -> None:
    anchor = dataclasses.replace(point(0, membership_auc=(0.5, 0.49, 0.51)), anchor=CONTROL)
    found = decide([anchor, point(3)], CAP, n_candidates=2)
    assert [(one.epoch, one.outcome) for one in found.checks] == [(3, Outcome.NOT_MEASURED)]
    assert found.epoch is None
    assert decide([], CAP, n_candidates=2).sentence == "No checkpoint has been judged yet."
    assert decide([point(3)], (), n_candidates=2).sentence == "No rule was set."


def test_an_epoch_is_inside_when_it_is_for_every_seed() -> None:
    low, high = (0.5, 0.49, 0.51), (0.58, 0.53, 0.63)
    points = [
        point(1, "a", membership_auc=low), point(1, "b", membership_auc=low),
        point(2, "a", membership_auc=low), point(2, "b", membership_auc=high),
        point(4, "a", membership_auc=low),
    ]  # fmt: skip
    assert decide(points, CAP, n_candidates=6).epoch == 1


def test_a_decision_survives_json() -> None:
    found = decide([point(1, membership_auc=(0.5, 0.45, 0.55))], CAP, n_candidates=3)
    assert Decision.from_json(found.to_json()) == found
    one = point(1, membership_auc=(0.5, 0.45, 0.55))
    assert TapePoint.from_json(one.to_json()) == one


def test_the_interval_of_the_last_inside_covers_in_95_of_100_tapes() -> None:
    """Twelve checkpoints whose true value is just beyond the limit: picking the last inside must rarely happen."""
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(400):
        values = generator.normal(0.6001, 0.02, 12)
        points = [
            point(at, membership_auc=(v, v - 1.959964 * 0.02, v + 1.959964 * 0.02)) for at, v in enumerate(values, 1)
        ]
        wrong += decide(points, CAP, n_candidates=12).epoch is not None
    assert wrong <= 400 * 0.05


def test_a_plateau_is_seen_after_the_patience_and_slow_growth_is_none() -> None:
    grows = [point(e, utility_kept=(0.5 + 0.02 * e, 0, 1)) for e in range(1, 9)]
    assert plateau(grows, "utility_kept", patience=3, gain=0.03) is None
    flat = [point(e, utility_kept=(v, 0, 1)) for e, v in enumerate((0.5, 0.7, 0.71, 0.705, 0.69, 0.9), 1)]
    assert plateau(flat, "utility_kept", patience=3, gain=0.02) == 5
    falling = [point(e, detection_auc=(v, 0, 1)) for e, v in enumerate((0.9, 0.8, 0.8, 0.8), 1)]
    assert plateau(falling, "detection_auc", patience=2, gain=0.01) == 4
    # nothing has been learned yet: standing still is no plateau
    early = [dataclasses.replace(one, step=20 * one.epoch) for one in flat]
    assert plateau(early, "utility_kept", patience=3, gain=0.02) is None
