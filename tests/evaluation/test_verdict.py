import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig
from core.evaluation.constraints import CONSTRAINTS
from core.evaluation.copies import beyond_coincidence
from core.evaluation.metric import Tables, not_measured
from core.evaluation.privacy_distances import DISTANCES
from core.evaluation.rates import wilson
from core.evaluation.three_way import THREE_WAY_MARGINALS
from core.evaluation.verdict import (
    DEFAULT_THRESHOLDS,
    SMALL_SHIFT,
    Threshold,
    parse_thresholds,
    with_verdict,
    with_verdicts,
)
from core.evaluation.whole import WHOLE_TABLE
from core.records import Direction, MetricResult, Scope, Verdict
from core.schema import ColumnType, Schema
from core.tables import as_work_frame
from tests.evaluation.made import MIXED, people, shuffled, tables_of
from tests.evaluation.privacy_cases import column

SHAPES = Threshold(metric="column_shapes", pass_at=0.95, caution_at=0.85)
DETECTION = Threshold(metric="detection_auc", direction=Direction.LOWER, pass_at=0.6, caution_at=0.9)


@pytest.mark.parametrize(
    ("threshold", "value", "low", "high", "verdict"),
    [
        (SHAPES, 0.97, None, None, Verdict.PASS),
        (SHAPES, 0.95, None, None, Verdict.PASS),
        (SHAPES, 0.96, 0.94, 0.98, Verdict.CAUTION),  # the value passes, its interval does not
        (SHAPES, 0.96, 0.95, 0.98, Verdict.PASS),
        (SHAPES, 0.86, 0.84, 0.88, Verdict.CAUTION),
        (SHAPES, 0.85, None, None, Verdict.CAUTION),
        (SHAPES, 0.84, 0.82, 0.86, Verdict.FAIL),
        (DETECTION, 0.55, 0.5, 0.6, Verdict.PASS),
        (DETECTION, 0.58, 0.5, 0.61, Verdict.CAUTION),
        (DETECTION, 0.95, 0.9, 1.0, Verdict.FAIL),
    ],
)
def test_the_verdict_follows_the_value_and_the_unfavourable_end(threshold, value, low, high, verdict):
    result = MetricResult(metric=threshold.metric, value=value, low=low, high=high)
    found = with_verdict(result, threshold)
    assert found.verdict is verdict
    assert found.rule.startswith(f"{value:.3f}")
    assert f"{threshold.pass_at:g}" in found.rule


RISK = Threshold(metric="linkability", direction=Direction.LOWER, pass_at=0.02, caution_at=0.10)


@pytest.mark.parametrize(
    ("value", "low", "high", "detectable", "attack", "baseline", "verdict"),
    [
        (0.0, 0.0, 0.01, 0.02, 0.30, 0.10, Verdict.PASS),
        (0.0, 0.0, 0.09, 0.12, 0.30, 0.10, Verdict.TOO_WEAK),  # a failing value would not have shown
        (0.15, 0.0, 0.30, 0.22, 0.30, 0.10, Verdict.TOO_WEAK),  # nor can this one be told from nothing
        (0.15, 0.05, 0.25, 0.12, 0.30, 0.10, Verdict.FAIL),  # found something after all
        (0.0, 0.0, 0.01, 0.02, 0.10, 0.10, Verdict.TOO_WEAK),  # no better than blind guessing
        (0.2, 0.15, 0.25, 0.02, 0.10, 0.30, Verdict.FAIL),
    ],
)
def test_a_test_that_could_not_see_is_too_weak_to_say(value, low, high, detectable, attack, baseline, verdict):
    anchors = {"detectable": detectable, "attack": attack, "baseline": baseline, "fresh rows": 0.0}
    counts = {"guesses at train rows": 500}
    result = MetricResult(metric="linkability", value=value, low=low, high=high, anchors=anchors, counts=counts)
    found = with_verdict(result, RISK)
    assert found.verdict is verdict
    if verdict is Verdict.TOO_WEAK and detectable > 0.10:
        # the visible effect shrinks with the root of the guesses: 500 (.12 / .10)^2 = 720
        assert f"about {math.ceil(500 * (detectable / 0.10) ** 2 - 1e-9):,} guesses" in found.rule


def test_lines_can_be_shares_of_an_anchor():
    threshold = Threshold(metric="beta_recall", pass_at=0.8, caution_at=0.4, relative_to="control rows")
    result = MetricResult(metric="beta_recall", value=0.41, anchors={"control rows": 0.5})
    found = with_verdict(result, threshold)
    assert found.verdict is Verdict.PASS  # 0.8 of 0.5 is 0.4
    assert "pass at least 0.4, fail below 0.2 (0.8 and 0.4 of control rows)" in found.rule
    alone = with_verdict(dataclasses.replace(result, anchors={}), threshold)
    assert alone.verdict is Verdict.NOT_MEASURED
    assert "was not measured" in alone.rule


@pytest.mark.parametrize(
    ("real", "value", "verdict"),
    [
        (0.53, 0.500, Verdict.FAIL),  # a coin; .94 of the AUC itself would be .498
        (0.92, 0.850, Verdict.FAIL),  # .85 of the gain .42 is .357
        (0.92, 0.880, Verdict.CAUTION),
        (0.92, 0.900, Verdict.PASS),  # .95 of the gain is .399
        (0.50, 0.500, Verdict.NOT_MEASURED),
        (0.48, 0.470, Verdict.NOT_MEASURED),
    ],
)
def test_an_auc_is_judged_by_what_real_rows_gain_over_chance(real, value, verdict):
    anchors = {"chance": 0.5, "real rows": real}
    found = with_verdicts([MetricResult(metric="tstr_auc", value=value, anchors=anchors)])[0]
    assert found.verdict is verdict, found.rule
    if verdict is Verdict.NOT_MEASURED:
        assert found.rule.endswith(f"nothing to share ({real:.3f}, with chance at 0.500).")
    else:
        assert "of real rows over chance" in found.rule


def test_real_rows_that_explain_nothing_are_told_from_real_rows_that_were_not_measured():
    rules = [
        with_verdicts([MetricResult(metric="tstr_r2", value=-0.5, anchors=anchors)])[0].rule
        for anchors in ({"chance": 0.0, "real rows": -0.02}, {"chance": 0.0})
    ]
    assert "nothing to share (-0.020)" in rules[0]
    assert "was not measured" in rules[1]


def test_lines_that_were_saved_as_shares_of_the_auc_keep_their_meaning():
    saved = Threshold.from_json(
        {"metric": "tstr_auc", "scope": "table", "direction": str(Direction.HIGHER), "pass_at": 0.98,
         "caution_at": 0.94, "relative_to": "real rows"}
    )  # fmt: skip
    result = MetricResult(metric="tstr_auc", value=0.91, anchors={"chance": 0.5, "real rows": 0.92})
    assert with_verdict(result, saved).verdict is Verdict.PASS  # .98 of .92 is .9016


def test_what_was_not_measured_or_has_no_threshold_gets_no_verdict():
    found = with_verdicts([not_measured("column_shapes", "No rows."), MetricResult(metric="unheard_of", value=1.0)])
    assert [(one.verdict, one.rule) for one in found] == [(Verdict.NOT_MEASURED, "")] * 2


def test_changing_a_threshold_changes_the_verdict_and_no_number():
    result = MetricResult(metric="column_shapes", value=0.9)
    strict = dataclasses.replace(SHAPES, pass_at=0.99, caution_at=0.95)
    loose = dataclasses.replace(SHAPES, pass_at=0.5, caution_at=0.4)
    first, second = (with_verdicts([result], [one])[0] for one in (strict, loose))
    assert (first.verdict, second.verdict) == (Verdict.FAIL, Verdict.PASS)
    assert dataclasses.replace(first, verdict=second.verdict, rule=second.rule) == second


def test_a_column_has_lines_of_its_own():
    table = MetricResult(metric="column_shapes", value=0.91)
    column = dataclasses.replace(table, scope=Scope.COLUMN, subject=("age",))
    assert [one.verdict for one in with_verdicts([table, column])] == [Verdict.CAUTION, Verdict.PASS]


def test_an_edited_table_comes_back_whole_or_with_every_problem():
    rows = [one.to_json() for one in DEFAULT_THRESHOLDS]
    assert parse_thresholds(rows) == DEFAULT_THRESHOLDS
    rows[0]["pass_at"], rows[0]["caution_at"] = 0.5, 0.9
    rows[2]["pass_at"] = float("nan")
    with pytest.raises(InvalidConfig) as caught:
        parse_thresholds(rows)
    assert "column_shapes: higher is better, so caution at 0.9 cannot be better" in str(caught.value)
    assert "pair_trends must be numbers" in str(caught.value)


def test_every_default_threshold_is_the_only_one_of_its_metric_and_scope():
    keys = [(one.metric, one.scope) for one in DEFAULT_THRESHOLDS]
    assert len(keys) == len(set(keys))


def ruled(seed, *, n_rows=2_000):
    """People of whom the job decides another column, which is a rule."""
    made = people(n_rows, seed)
    return made | {"sex": np.where(made["job"] == "pilot", "True", "False")}


def default_verdicts(synthetic, *, n_control=2_000):
    tables = tables_of(MIXED, ruled(0), synthetic, ruled(2, n_rows=n_control))
    metrics = (THREE_WAY_MARGINALS, WHOLE_TABLE, CONSTRAINTS)
    found = [one for metric in metrics for one in metric.measure(tables) if isinstance(one, MetricResult)]
    return {one.metric: one for one in with_verdicts(found) if one.scope is Scope.TABLE}


def test_fresh_rows_pass_the_lines_that_are_relative():
    found = default_verdicts(ruled(1))
    for name in ("mahalanobis_distance", "constraint_satisfaction"):
        assert found[name].verdict is Verdict.PASS, found[name].rule
    assert found["three_way_marginals"].verdict is not Verdict.FAIL


@pytest.mark.parametrize("n_control", [2_000, 60])
def test_lost_relations_and_moved_means_fail_however_few_control_rows_there_are(n_control):
    lost = default_verdicts(shuffled(ruled(1), 3), n_control=n_control)
    assert lost["three_way_marginals"].verdict is Verdict.FAIL
    assert lost["constraint_satisfaction"].verdict is Verdict.FAIL
    assert lost["mahalanobis_distance"].verdict is Verdict.PASS  # means are kept
    other = ruled(1)
    moved = default_verdicts(other | {"age": other["age"] + 12}, n_control=n_control)
    # age and what goes with it are no longer together: further than two small shifts
    assert moved["mahalanobis_distance"].verdict is Verdict.FAIL


def test_a_small_shift_adds_up_over_the_directions():
    found = default_verdicts(ruled(1))["mahalanobis_distance"]
    assert found.anchors[SMALL_SHIFT] == pytest.approx(0.1 * math.sqrt(found.counts["directions"]))


def copied(copies, equal=None, control=None, n_rows=5_000, **counts):
    """A result of exact copies; by default of a table without control rows."""
    share = wilson(copies, n_rows)
    anchors = {} if equal is None else {"train rows at equal number": equal, "control rows": control}
    return MetricResult(
        metric="exact_copies", value=share.value, low=share.low, high=share.high, anchors=anchors, counts=counts,
        n_rows=n_rows,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("result", "verdict", "said"),
    [
        (copied(0, 0.0, 0.0), Verdict.PASS, "control rows explain: 0.000"),
        (copied(100, 0.02, 0.0), Verdict.FAIL, "control rows explain: 0.020"),
        (copied(0), Verdict.PASS, "There are no control rows, so copies by coincidence count too"),
        (copied(100), Verdict.FAIL, "There are no control rows, so copies by coincidence count too"),
        # a quarter of the rows equals a control row, and as many a train row: coincidence, seen too coarsely for a pass
        (copied(1_300, 0.26, 0.26), Verdict.TOO_WEAK, "control rows explain: 0.000"),
        (copied(2_100, 0.42, 0.26), Verdict.FAIL, "control rows explain: 0.160"),
    ],
)
def test_copies_are_judged_by_what_control_rows_do_not_explain(result, verdict, said):
    found = with_verdicts([result])[0]
    assert found.verdict is verdict, found.rule
    assert said in found.rule
    assert (found.value, found.anchors) == (result.value, result.anchors)


def test_copies_beyond_coincidence_by_hand():
    # of .40 copies, at equal numbers .25 equal a train row and .20 a control row: a fifth, .08, is no coincidence.
    # Wilson of 2,000 of 5,000: .386497 to .413656; of 1,000 of 5,000: .189145 to .211316, and k = .4 / .25 = 1.6:
    # low .08 - sqrt(.013503^2 + (1.6 * .011316)^2) = .057418, high .08 + sqrt(.013656^2 + (1.6 * .010855)^2) = .102095
    found = beyond_coincidence(copied(2_000, 0.25, 0.20))
    assert [found.value, found.low, found.high] == pytest.approx([0.08, 0.057418, 0.102095], abs=1e-5)
    # 4 blocks of 400 rows: 1.96^2 * .20 * 1.25 / (2.71828 * 400) = .000883, times k^2 = .002261
    # .057418 was .022582 away: sqrt(.022582^2 + .002261) = .052639
    split = beyond_coincidence(copied(2_000, 0.25, 0.20, **{"blocks": 4, "rows per block": 400}))
    assert split.value - split.low == pytest.approx(0.052639, abs=1e-5)


def test_fresh_rows_of_few_different_rows_do_not_fail_by_their_copies():
    names = np.array([f"v{at}" for at in range(200)])
    shares = 1.0 / np.arange(1, 201)
    schema = Schema(columns=(column("a", ColumnType.CATEGORICAL), column("b", ColumnType.CATEGORICAL)))
    generator = np.random.default_rng(5)

    def rows(n_rows):
        drawn = generator.choice(names, (n_rows, 2), p=shares / shares.sum())
        return as_work_frame(pd.DataFrame({"a": drawn[:, 0], "b": drawn[:, 1]}), schema)

    def judged(synthetic):
        tables = Tables(schema=schema, train=train, control=control, synthetic=synthetic)
        measured = next(one for one in DISTANCES.measure(tables) if getattr(one, "metric", "") == "exact_copies")
        return with_verdicts([measured])[0]

    train, control = rows(1_000), rows(1_000)
    fresh = judged(rows(1_000))
    assert fresh.value > 0.3
    assert fresh.verdict is Verdict.TOO_WEAK, fresh.rule
    assert judged(train).verdict is Verdict.FAIL
