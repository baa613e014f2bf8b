"""Shadow models: parts that share no row, a leak that shadows teach, no leak where there is none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.evaluation import rates
from core.evaluation.membership import MEMBERSHIP
from core.evaluation.metric import Tables
from core.evaluation.shadows import SHADOW_MEMBERSHIP, attack_by_shadows, plan_shadows
from core.records import Scope
from tests.evaluation.privacy_cases import case, frame, people


def leaky(rows: pd.DataFrame, n: int, seed: int, share: float = 0.5) -> pd.DataFrame:
    """A generator that repeats a share of its rows and draws the others afresh."""
    draw = np.random.default_rng(seed)
    n_copied = int(share * n)
    copied = rows.iloc[draw.integers(len(rows), size=n_copied)]
    fresh = people(n - n_copied, draw)
    return frame({name: [*copied[name].astype(object), *fresh[name].astype(object)] for name in rows})


def with_shadows(tables: Tables, share: float, n_shadows: int = 4) -> Tables:
    plan = plan_shadows(tables, n_shadows)
    pool = tables.control.iloc[plan.pool].reset_index(drop=True)
    made = tuple(leaky(pool[inside], 300, at, share) for at, inside in enumerate(plan.inside))
    return dataclasses.replace(tables, shadows=made)


def test_the_parts_of_the_control_rows_share_no_row_and_halves_are_inside() -> None:
    plan = plan_shadows(case(300, 601, 300), 5)
    parts = [set(plan.pool), set(plan.reference), set(plan.scored)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 601
    assert plan.inside.shape == (5, len(plan.pool))
    assert (plan.inside.sum(axis=1) == len(plan.pool) // 2).all()
    again = plan_shadows(case(300, 601, 300), 5)
    assert np.array_equal(plan.pool, again.pool)
    assert np.array_equal(plan.inside, again.inside)


def test_shadows_teach_what_a_leak_looks_like() -> None:
    tables = case(400, 900, 400, copied=0.6, seed=2)
    one = next(SHADOW_MEMBERSHIP.measure(with_shadows(tables, 0.6)))
    assert (one.scope, one.subject, one.metric) == (Scope.MODEL, ("shadow models",), "membership_auc")
    assert one.low > 0.5
    assert one.counts["shadow models"] == 4


def test_without_a_leak_shadows_find_none() -> None:
    held = 0
    for seed in range(5):
        tables = with_shadows(case(300, 450, 300, seed=seed), 0.0, 2)
        estimate = rates.area_under_curve(*attack_by_shadows(tables, plan_shadows(tables, 2)))
        held += estimate.low <= 0.5 <= estimate.high
    assert held >= 3  # fewer than 3 of 5 happen once in 860 times at 95 %


def test_the_rows_of_a_sorted_table_that_are_scored_are_any_of_them() -> None:
    # in table order the 300 scored beside 300 train rows were the first 900 of 6,000: mean .07 of the way, not .5
    plan = plan_shadows(case(300, 6_000, 300), 2)
    first = plan.scored[:300] / 6_000
    # the mean of 300 uniform places has a standard error of .0167
    assert first.mean() == pytest.approx(0.5, abs=4 * 0.0167)
    assert np.array_equal(plan.scored, plan_shadows(case(300, 6_000, 300), 2).scored)


def test_without_shadows_nothing_is_said_and_too_few_control_rows_are_a_reason() -> None:
    assert list(SHADOW_MEMBERSHIP.measure(case())) == []
    with pytest.raises(NotApplicable, match="control rows"):
        plan_shadows(case(200, 100, 200), 2)


def test_scores_made_elsewhere_are_judged_beside_the_attacks_and_not_in_their_maximum() -> None:
    tables = case(400, 400, 400, seed=1)
    scores = (np.arange(400) + 400.0, np.arange(400.0))
    found = list(MEMBERSHIP.measure(dataclasses.replace(tables, scores={"critic, white box": scores})))
    critic = next(one for one in found if one.subject == ("critic, white box",))
    table = next(one for one in found if one.metric == "membership_auc" and one.scope is Scope.TABLE)
    assert critic.value == 1.0
    assert table.value < 0.7
    assert table.counts["attacks"] == 6
