import numpy as np
import pytest
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from core.errors import NotApplicable
from core.evaluation.coded import coded
from core.evaluation.features import MAX_LEVELS_HOT, MAX_LEVELS_LEARNED, FeatureSpace
from core.evaluation.learners import task_of
from core.evaluation.metric import Plan
from core.evaluation.scorer import Scored, scoring_of
from core.evaluation.scoring import Ranking, bootstrap_weights, macro_auc, r2
from core.evaluation.utility import TRTS, UTILITY, kept_result
from core.records import Status
from tests.evaluation.made import MIXED, people, result, schema_of, shuffled, tables_of


def measured(train, synthetic, control, target="buys", schema=MIXED):
    return list(UTILITY.measure(tables_of(schema, train, synthetic, control, target=target)))


def test_real_rows_in_place_of_synthetic_ones_give_trtr():
    train = people(600, 0)
    items = measured(train, train, people(400, 1))
    assert result(items, "tstr_auc").value == result(items, "trtr_auc").value > 0.8
    kept = result(items, "utility_kept")
    assert kept.value == pytest.approx(1.0)
    assert (kept.low, kept.high) == pytest.approx((1.0, 1.0))


def test_rows_without_relations_teach_nothing():
    train = people(2_000, 0)
    items = measured(train, shuffled(train, 1), people(1_000, 2))
    tstr, kept = result(items, "tstr_auc"), result(items, "utility_kept")
    assert 0.3 < tstr.value < 0.7
    assert tstr.anchors["chance"] == 0.5
    assert kept.low <= kept.value <= kept.high < 0.6


def test_auc_and_utility_kept_equal_the_values_computed_by_hand():
    # scores .1 .4 .35 .8 of no, no, yes, yes: of the four pairs (yes, no) three are in order: AUC 3/4.
    # Real rows put all four pairs in order: AUC 1. Kept: (3/4 - 1/2) / (1 - 1/2) = 1/2.
    schema = schema_of(x="continuous", y="categorical")
    rows = {"x": [0.0, 0, 0, 0], "y": ["no", "no", "yes", "yes"]}
    data = coded(tables_of(schema, rows, rows, rows))
    task = task_of(data, "y")
    truth = task.rows(data.control).truth
    said_yes = np.array([0.1, 0.4, 0.35, 0.8])
    scores = np.column_stack([1 - said_yes, said_yes] if task.classes[1] == "yes" else [said_yes, 1 - said_yes])
    perfect = np.column_stack([truth == 0, truth == 1]).astype(float)
    values = [scoring_of(task, truth, one)(None) for one in (scores, perfect)]
    assert values == pytest.approx([3 / 4, 1.0])
    synthetic, real = (Scored(value=one, redrawn=np.full(9, one), n_learned=4) for one in values)
    assert kept_result(synthetic, real, task, 4, 4, "made").value == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("target", "control", "reason"),
    [
        (None, people(50, 1), "No target"),
        ("buys", None, "control rows"),
        ("buys", {**people(50, 1), "buys": ["yes"] * 50}, "one value in the control rows"),
        ("gone", people(50, 1), "not a modelled column"),
    ],
)
def test_utility_is_refused_with_the_reason(target, control, reason):
    with pytest.raises(NotApplicable, match=reason):
        measured(people(50, 0), people(50, 2), control, target)


def test_a_number_as_target_gives_r2():
    items = measured(people(800, 0), people(800, 1), people(300, 2), target="income")
    assert result(items, "tstr_r2").value > 0.6
    assert result(items, "trtr_r2").value > 0.6
    assert 0.8 < result(items, "utility_kept").value < 1.2
    assert not any(one.metric == "tstr_auc" for one in items)


def test_many_classes_give_the_macro_mean_even_when_the_synthetic_rows_lack_one():
    train, synthetic = people(900, 0), people(900, 1)
    keep = synthetic["job"] != "pilot"
    synthetic = {name: np.asarray(values)[keep] for name, values in synthetic.items()}
    items = measured(train, synthetic, people(400, 2), target="job")
    assert 0.5 < result(items, "tstr_auc").value < result(items, "trtr_auc").value
    assert "3 classes" in result(items, "tstr_auc").explanation


def test_a_synthetic_target_with_one_level_is_chance():
    items = measured(people(300, 0), {**people(300, 1), "buys": ["yes"] * 300}, people(200, 2))
    assert result(items, "tstr_auc").value == 0.5


def test_nothing_is_kept_where_real_rows_predict_no_better_than_chance():
    items = measured(shuffled(people(300, 0), 1), people(300, 1), shuffled(people(200, 2), 3), target="sex")
    assert result(items, "utility_kept").status is Status.NOT_MEASURED
    assert "no better than chance" in result(items, "utility_kept").explanation


def test_a_target_with_very_many_levels_is_refused():
    schema = schema_of(x="continuous", c="categorical")
    rows = {"x": np.arange(200.0), "c": [f"l{number}" for number in range(200)]}
    with pytest.raises(NotApplicable, match="200 levels"):
        measured(rows, rows, rows, "c", schema)


def test_weighted_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    truth, scores = rng.random(300) < 0.3, np.round(rng.random(300), 1)
    for weights in (None, *bootstrap_weights(300, 3, rng)):
        ranking = Ranking.of(scores, truth)
        assert ranking.auc(weights) == pytest.approx(roc_auc_score(truth, scores, sample_weight=weights), abs=1e-12)
        assert ranking.average_precision(weights) == pytest.approx(
            average_precision_score(truth, scores, sample_weight=weights), abs=1e-12
        )
        numbers = rng.normal(size=300)
        assert r2(numbers, scores, weights) == pytest.approx(
            r2_score(numbers, scores, sample_weight=weights), abs=1e-12
        )


def test_macro_auc_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    truth, scores = rng.integers(0, 4, 500), rng.dirichlet(np.ones(4), 500)
    rankings = [Ranking.of(scores[:, one], truth == one) for one in range(4)]
    assert macro_auc(rankings) == pytest.approx(roc_auc_score(truth, scores, multi_class="ovr"), abs=1e-12)


def test_intervals_of_the_share_kept_are_paired():
    rng = np.random.default_rng(2)
    common = rng.normal(0, 0.02, 500)
    task = task_of(coded(tables_of(MIXED, people(50, 0), people(50, 1), people(50, 2))), "buys")
    tstr = Scored(value=0.8, redrawn=0.8 + common, n_learned=1)
    trtr = Scored(value=0.9, redrawn=0.9 + common, n_learned=1)
    kept = kept_result(tstr, trtr, task, 1, 1, "made")
    assert kept.value == pytest.approx(0.75)
    assert kept.high - kept.low < 0.1  # unpaired it would be about 0.28


def test_rare_and_unknown_levels_share_a_code_that_boosting_can_hold():
    schema = schema_of(c="categorical", y="boolean")
    levels = [f"l{number:04}" for number in range(600)]
    real = {"c": [*levels, *levels[:50]], "y": ["True", "False"] * 325}
    unknown = {"c": ["never seen", None], "y": ["True", "False"]}
    data = coded(tables_of(schema, real, real, unknown))
    space = FeatureSpace.of(data, without="y")
    matrix = space.matrix(data.control)
    assert MAX_LEVELS_LEARNED < 255
    assert matrix[0, 0] == MAX_LEVELS_LEARNED
    assert np.isnan(matrix[1, 0])
    vectors = space.vectors(matrix)
    assert vectors.shape == (2, MAX_LEVELS_HOT + 2)
    assert np.linalg.norm(vectors[0] - vectors[1]) == pytest.approx(1.0)


def test_synthetic_rows_that_obey_the_real_rules_have_a_high_trts_and_broken_ones_chance():
    train = people(600, 0)
    good = list(TRTS.measure(tables_of(MIXED, train, people(400, 1), target="buys")))
    broken = list(TRTS.measure(tables_of(MIXED, train, shuffled(people(400, 1), 2), target="buys")))
    assert result(good, "trts_auc").value > 0.8
    assert 0.35 < result(broken, "trts_auc").value < 0.65


def test_the_full_plan_learns_again_for_its_intervals():
    tables = tables_of(MIXED, people(150, 0), people(150, 1), people(100, 2), target="buys", plan=Plan.FULL)
    items = list(UTILITY.measure(tables))
    assert "of the rows learned from" in result(items, "utility_kept").interval


def test_independent_columns_anchor_tstr_at_chance():
    items = measured(people(900, 0), people(900, 1), people(900, 2))
    anchors = result(items, "tstr_auc").anchors
    assert 0.3 < anchors["independent columns"] < 0.7
    assert anchors["real rows"] == result(items, "trtr_auc").value


def test_real_rows_with_rare_classes_are_no_false_ceiling():
    # without shrinkage, leaves of the rare classes diverge: this ceiling was near .6 where it should be near 1
    rng = np.random.default_rng(3)
    n = 6_000
    risk = rng.normal(size=n)
    blurred = risk + 0.3 * rng.normal(size=n)
    grades = np.searchsorted(np.quantile(blurred, [0.985, 0.993, 0.997, 0.999]), blurred)
    noise = {f"x{at}": rng.normal(size=n) for at in range(10)}
    table = {"risk": risk, **noise, "state": np.array(["current", "paid", "late", "grace", "off"])[grades]}
    schema = schema_of(**dict.fromkeys(("risk", *noise), "continuous"), state="categorical")
    train = {name: values[:4_000] for name, values in table.items()}
    control = {name: values[4_000:] for name, values in table.items()}
    found = measured(train, train, control, target="state", schema=schema)
    assert result(found, "trtr_auc").value > 0.9
