"""Membership inference: null, copies, by hand, and where it does not apply."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.evaluation.distance import row_space
from core.evaluation.membership import MEMBERSHIP, best_result, epsilon_result, strongest, true_positives
from core.evaluation.membership_densities import NEAREST_LIKELY, local_likelihood, points_of
from core.evaluation.membership_held import Held
from core.evaluation.membership_scores import ATTACKS, Scored, make_folds, score_targets
from core.evaluation.metric import Tables
from core.records import MetricResult, Scope, Status
from core.schema import Column, ColumnType, Schema, Storage, Treatment
from tests.evaluation.privacy_cases import case, results


def scored(members: list, others: list) -> Scored:
    return Scored(members={"one": np.array(members)}, others={"one": np.array(others)}, groups={})


def test_fresh_rows_are_at_the_null() -> None:
    found = results(MEMBERSHIP, case(600, 600, 600, seed=1))
    assert found["membership_auc"].low <= 0.5 <= found["membership_auc"].high
    assert found["membership_tpr_10"].low <= 0.1 <= found["membership_tpr_10"].high
    assert found["membership_epsilon"].value == 0.0


def test_copied_rows_are_at_the_worst() -> None:
    found = results(MEMBERSHIP, case(400, 400, 400, copied=1.0))
    assert found["membership_auc"].value > 0.98
    assert found["membership_tpr_1"].value > 0.95
    assert found["membership_epsilon"].value > 2.0
    assert "not differentially private" in found["membership_epsilon"].explanation


def test_copies_with_a_tenth_of_cells_changed_are_caught() -> None:
    found = results(MEMBERSHIP, case(800, 800, 800, copied=1.0, changed=0.1))
    assert found["membership_auc"].value >= 0.65
    assert found["membership_auc"].low > 0.5


def test_every_attack_is_above_chance_on_copied_rows() -> None:
    found = [one for one in MEMBERSHIP.measure(case(copied=1.0)) if isinstance(one, MetricResult)]
    by_attack = {one.subject[0]: one.value for one in found if one.scope is Scope.MODEL}
    assert set(by_attack) == set(ATTACKS)
    assert min(by_attack.values()) > 0.5


def test_area_and_true_positives_by_hand() -> None:
    # members .9 .8 .4, others .7 .3 .1: pairs won 3 + 3 + 2 of 9 = .889
    # at 10 % of three others none may pass: the threshold is .7, above it .9 and .8: 2 of 3
    one = scored([0.9, 0.8, 0.4], [0.7, 0.3, 0.1])
    assert best_result(one, 5).value == pytest.approx(8 / 9)
    assert true_positives(one, 0.1, 5).value == pytest.approx(2 / 3)


def test_epsilon_of_a_perfect_attack_by_hand() -> None:
    # half of 400 rows each: TPR low = (.025)^(1/200) = .98172, FPR high = 1 - (.025)^(1/200) = .01828
    # log(.98172 / .01828) = 3.9837
    one = scored(list(np.linspace(0.6, 1, 400)), list(np.linspace(0, 0.4, 400)))
    found = epsilon_result(one, np.random.default_rng(0), 5)
    assert found.value == pytest.approx(3.9837, abs=1e-3)
    assert found.anchors["could have shown"] == pytest.approx(3.9837, abs=1e-3)


def test_local_likelihood_by_hand() -> None:
    # one column whose points are whitened by the same line, so the ratio can be counted from the points themselves:
    # sum over the k nearest synthetic s of log((n f(s) + K(s - x)) / ((n + 1) f(s))), f(s) = mean of K(s - r)
    tables = case(80, 80, 80, seed=4)
    fold = make_folds(80, 80, 80, np.random.default_rng(0))[0]
    space = row_space(tables)
    rows = space.tables["train"].rows(fold.members)
    reference = space.tables["control"].rows(fold.reference)
    seen = [Held.of(space, rows, reference, np.random.default_rng(1), 1) for _ in range(2)]
    points, found = points_of(seen[0]), local_likelihood(seen[1])

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-np.square(a - b).sum() / (2 * points.bandwidth**2)))

    n = len(points.reference)
    target = points.targets[3]
    near = np.argsort([np.square(s - target).sum() for s in points.synthetic])[:NEAREST_LIKELY]
    by_hand = 0.0
    for s in points.synthetic[near]:
        density = sum(kernel(s, r) for r in points.reference) / n
        by_hand += np.log((n * density + kernel(s, target)) / ((n + 1) * density))
    assert found[3] == pytest.approx(by_hand)


def test_the_maximum_has_a_wider_interval_than_one_attack() -> None:
    generator = np.random.default_rng(0)
    members, others = generator.random(200), generator.random(200)
    alone = strongest({"a": members}, {"a": others}).estimate
    among = strongest(dict.fromkeys("abcde", members), dict.fromkeys("abcde", others)).estimate
    assert among.low < alone.low < alone.high < among.high


def test_folds_score_no_row_that_the_attacker_holds() -> None:
    first, second = make_folds(500, 101, 1000, np.random.default_rng(0))
    assert not set(first.others) & set(first.reference)
    assert not set(first.others) & set(second.others)
    assert not set(first.members) & set(second.members)
    assert len(first.members) == len(first.others) == 50


def test_groups_are_judged_on_their_own_or_say_how_many_rows_they_have() -> None:
    found = [one for one in MEMBERSHIP.measure(case(200, 200, 200)) if one.scope is Scope.LEVEL]
    assert [one.subject[0] for one in found] == ["outliers", "rows with a rare level"]
    assert all(one.status is Status.NOT_MEASURED and "it needs 30" in one.explanation for one in found)


def test_scores_repeat_for_a_seed() -> None:
    one, other = (score_targets(case(seed=3), 200) for _ in range(2))
    for name in ATTACKS:
        assert np.array_equal(one.members[name], other.members[name])


def test_without_control_rows_or_with_three_rows_it_is_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="control rows"):
        results(MEMBERSHIP, dataclasses.replace(case(), control=None))
    with pytest.raises(NotApplicable, match="20"):
        results(MEMBERSHIP, case(3, 3, 3))


def test_constant_tables_are_at_chance() -> None:
    tables = case(50, 50, 50)
    same = dataclasses.replace(
        tables, **{name: getattr(tables, name).iloc[[0] * 50].reset_index(drop=True) for name in ("train",)}
    )
    same = dataclasses.replace(same, control=same.train, synthetic=same.train, cache={})
    assert results(MEMBERSHIP, same)["membership_auc"].value == 0.5
    assert len(row_space(same).tables) == 3


def test_folds_of_entities_share_nobody_and_score_one_row_of_each() -> None:
    draw = np.random.default_rng(0)
    of_train, of_control = draw.integers(0, 300, 5_000), draw.integers(300, 400, 1_500)
    first, second = make_folds(5_000, 1_500, 1_000, np.random.default_rng(0), (of_train, of_control))
    for fold in (first, second):
        assert not set(of_control[fold.others]) & set(of_control[fold.reference])
        assert len(set(of_control[fold.others])) == len(fold.others)
        assert len(set(of_train[fold.members])) == len(fold.members)
    assert not set(of_train[first.members]) & set(of_train[second.members])


def persons(seed: int) -> pd.DataFrame:
    """Ten rows each of 120 persons that no other seed has, with an income that stays with the person."""
    draw = np.random.default_rng(seed)
    who = np.repeat(np.arange(120), 10)
    return pd.DataFrame(
        {
            "who": pd.Categorical([f"{seed}-{one}" for one in who]),
            "income": draw.lognormal(8, 0.5, 120)[who],
            "amount": draw.lognormal(3, 1, len(who)),
        }
    )


def test_persons_are_not_members_only_because_control_rows_of_the_same_person_are_known() -> None:
    # Scored as single rows, control rows lie near reference rows of the same person, and train rows do not.
    about = {"storage": Storage.DECIMAL, "reason": "Set by the test."}
    who = Column(name="who", type=ColumnType.IDENTIFIER, treatment=Treatment.REGENERATE, **about)
    numbers = tuple(Column(name=name, type=ColumnType.CONTINUOUS, **about) for name in ("income", "amount"))
    tables = Tables(
        schema=Schema(columns=(who, *numbers)), train=persons(1), control=persons(2), synthetic=persons(3), group="who"
    )
    assert results(MEMBERSHIP, tables)["membership_auc"].low <= 0.5
    alone = dataclasses.replace(tables, group=None, cache={})
    assert results(MEMBERSHIP, alone)["membership_auc"].low > 0.6
