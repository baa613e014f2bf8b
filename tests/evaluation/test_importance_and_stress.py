"""Importance of columns and extreme rows."""

import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.coded import coded
from core.evaluation.importance import IMPORTANCE
from core.evaluation.stress import STRESS, extreme_rows
from core.evaluation.utility import FURTHER_TARGETS, UTILITY
from core.records import Scope, Status
from tests.evaluation.made import MIXED, people, result, schema_of, shuffled, tables_of


def importance(synthetic: dict) -> dict:
    tables = tables_of(MIXED, people(1_200, 0), synthetic, people(600, 2), target="buys")
    return {(one.metric, *one.subject[1:]): one.value for one in IMPORTANCE.measure(tables)}


def test_fresh_rows_rank_columns_as_real_rows_do_and_shuffled_rows_find_nothing_important():
    fresh, lost = importance(people(1_200, 1)), importance(shuffled(people(1_200, 1), 3))
    assert fresh["trtr_importance", "income"] == max(
        value for (name, *_), value in fresh.items() if name == "trtr_importance"
    )
    assert fresh["importance_agreement",] > 0.5
    assert lost["tstr_importance", "income"] < 0.1 < fresh["tstr_importance", "income"]


def test_extreme_rows_by_hand():
    # 1st to 99th percentile of 0..199 is 1.99 to 197.01; "rare" has 1 of 200 rows
    schema = schema_of(x="continuous", c="categorical", y="categorical")
    real = {"x": np.arange(200.0), "c": ["often"] * 199 + ["rare"], "y": ["a", "b"] * 100}
    rows = {"x": [1.0, 50.0, 199.0, 50.0, np.nan], "c": ["often", "often", "often", "rare", "often"], "y": ["a"] * 5}
    data = coded(tables_of(schema, real, rows))
    assert extreme_rows(data, data.synthetic, "y").tolist() == [True, False, True, True, False]


def test_stress_tells_extreme_rows_apart_and_says_when_there_are_too_few():
    tables = tables_of(MIXED, people(1_500, 0), people(1_500, 1), people(1_500, 2), target="buys")
    found = {(one.metric, one.subject[1]): one for one in STRESS.measure(tables)}
    assert set(found) == {
        (f"stress_{setting}", kind)
        for setting in ("tstr", "trtr")
        for kind in ("extreme rows", "rows without extremes")
    }
    assert all(one.low <= one.value <= one.high for one in found.values())
    few = tables_of(MIXED, people(200, 0), people(200, 1), people(60, 2), target="buys")
    with pytest.raises(NotApplicable, match="extreme control rows"):
        list(STRESS.measure(few))


def test_further_targets_have_numbers_or_reasons_at_scope_column():
    tables = tables_of(
        MIXED, people(300, 0), people(300, 1), people(200, 2), target="buys", further_targets=("income", "buys", "no")
    )
    items = list(FURTHER_TARGETS.measure(tables))
    assert result(items, "tstr_r2", "income", scope=Scope.COLUMN).value > 0.5
    assert result(items, "utility_kept", "no", scope=Scope.COLUMN).status is Status.NOT_MEASURED
    assert {one.subject for one in items} == {("income",), ("no",)}


def test_models_are_fitted_once_for_all_that_ask():
    tables = tables_of(MIXED, people(300, 0), people(300, 1), people(300, 2), target="buys")
    list(UTILITY.measure(tables))
    models = dict(tables.cache["boosted models"])
    list(IMPORTANCE.measure(tables))
    assert tables.cache["boosted models"] == models
