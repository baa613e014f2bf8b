"""Gaps between groups: zero without bias, found where it was put, inherited or made."""

import numpy as np
import pytest

from core.evaluation.groups import GROUPS, gap_interval, gap_of
from core.evaluation.scoring import bootstrap_weights
from core.records import Scope, Status
from tests.evaluation.made import schema_of, tables_of

SCHEMA = schema_of(sex="categorical", skill="continuous", hired="categorical", noise="continuous")


def applicants(n_rows: int, seed: int, bias: float) -> dict:
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n_rows)
    skill = rng.normal(size=n_rows)
    chance = 1 / (1 + np.exp(-(2 * skill - 0.5 + bias * (sex == "m") - bias * (sex == "f"))))
    return {
        "sex": sex,
        "skill": skill,
        "hired": np.where(rng.random(n_rows) < chance, "yes", "no"),
        "noise": rng.normal(size=n_rows),
    }


def found(real_bias: float, synthetic_bias: float) -> dict:
    tables = tables_of(
        SCHEMA,
        applicants(2_500, 0, real_bias),
        applicants(2_500, 1, synthetic_bias),
        applicants(1_500, 2, real_bias),
        target="hired",
        sensitive=("sex",),
    )
    return {(one.metric, *one.subject[1:]): one for one in GROUPS.measure(tables)}


def test_the_gap_by_hand():
    # group a: 1 of 2, group b: 3 of 4; weights 2 for the first row: 2 of 3 against 3 of 4
    says = np.array([True, False, True, True, True, False])
    member = np.array([[1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1]], dtype=bool)
    assert gap_of(says, member, np.array([[1, 1, 1, 1, 1, 1], [2, 1, 1, 1, 1, 1]])) == pytest.approx([0.25, 1 / 12])


@pytest.mark.parametrize("rates", [[0.3] * 2, [0.3] * 4, [0.3] * 12, [0.3, 0.3, 0.3, 0.45], [0.2, 0.3, 0.4, 0.5]])
def test_the_interval_of_the_gap_holds_the_true_gap_also_where_groups_are_equal(rates):
    rng = np.random.default_rng(len(rates))
    group = np.arange(1_200) % len(rates)
    member = np.stack([group == one for one in range(len(rates))])
    held = 0
    for _ in range(60):
        says = rng.random(1_200) < np.array(rates)[group]
        low, high = gap_interval(says, member, bootstrap_weights(1_200, 200, rng))
        held += low <= max(rates) - min(rates) <= high
    # percentiles of redrawn gaps never held 0; fewer than 52 of 60 happen once in 100 times at 95 %
    assert held >= 52


def test_groups_that_are_told_apart_have_an_interval_without_0_and_few_samples_none():
    rng = np.random.default_rng(0)
    member = np.stack([np.arange(800) % 2 == one for one in range(2)])
    says = rng.random(800) < np.where(member[0], 0.2, 0.6)
    low, high = gap_interval(says, member, bootstrap_weights(800, 200, rng))
    # the standard error of a difference of shares .2 and .6 of 400 rows each is .032
    assert (high - low) / 2 == pytest.approx(1.96 * 0.032, rel=0.15)
    assert 0 < low < 0.4 < high
    assert gap_interval(says, member, np.empty((0, 800))) == (None, None)


def test_a_bias_of_the_generator_is_made_and_one_of_the_real_rows_inherited():
    made = found(real_bias=0.0, synthetic_bias=1.5)
    assert made["tstr_parity_gap", "sex"].low > made["trtr_parity_gap", "sex"].high
    assert made["tstr_opportunity_gap", "sex"].value > made["trtr_opportunity_gap", "sex"].value + 0.1
    assert made["synthetic_label_gap", "sex"].value > 0.25 > 0.1 > made["real_label_gap", "sex"].value
    inherited = found(real_bias=1.5, synthetic_bias=1.5)
    assert inherited["trtr_parity_gap", "sex"].low > 0.2
    assert abs(inherited["tstr_parity_gap", "sex"].value - inherited["trtr_parity_gap", "sex"].value) < 0.1
    rates = [inherited["tstr_selection_rate", "sex", one].value for one in "fm"]
    assert rates[1] - rates[0] == pytest.approx(inherited["tstr_parity_gap", "sex"].value)
    assert all(inherited[f"{one}_group_auc", "sex", "f"].value > 0.8 for one in ("tstr", "trtr"))


def test_numbers_are_split_at_quartiles_and_a_target_of_its_own_is_a_reason():
    tables = tables_of(
        SCHEMA,
        applicants(800, 0, 0.0),
        applicants(800, 1, 0.0),
        applicants(600, 2, 0.0),
        target="hired",
        sensitive=("noise", "hired", "absent"),
    )
    results = list(GROUPS.measure(tables))
    assert {one.scope for one in results} == {Scope.MODEL}
    assert len({one.subject[2] for one in results if one.metric == "tstr_group_auc"}) == 4
    assert [one.subject[1] for one in results if one.status is Status.NOT_MEASURED] == ["hired", "absent"]
