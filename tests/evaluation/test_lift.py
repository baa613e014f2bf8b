"""The lift study: measures by hand, oversampling that does what it says, and tables where the answer is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from core.errors import NotApplicable
from core.evaluation.lift import LiftPlan, has, measure_lift, sentence
from core.evaluation.lift_scores import best_threshold, row_weights, scores_of
from core.evaluation.oversampling import Learning, missing_rows, oversampled
from core.evaluation.rare_rows import measure_rare_rows
from core.lift import ARMS, BOOSTING, CTGAN, LINEAR, PR_AUC, REAL_ONLY, SMOTE, WEIGHTS, LiftChoice, LiftReport
from core.schema import Column, ColumnType, Schema, Storage

SCHEMA = Schema(
    columns=(
        Column(name="x", type=ColumnType.CONTINUOUS, reason="t", storage=Storage.DECIMAL),
        Column(name="z", type=ColumnType.CONTINUOUS, reason="t", storage=Storage.DECIMAL),
        Column(name="shop", type=ColumnType.CATEGORICAL, reason="t", storage=Storage.TEXT),
        Column(name="fraud", type=ColumnType.BOOLEAN, reason="t", storage=Storage.TEXT),
    )
)


def table(n: int, seed: int, share: float = 0.04) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    fraud = rng.random(n) < share
    x = rng.normal(0, 1, n) + 1.5 * fraud
    x[rng.random(n) < 0.03] = np.nan
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(0, 1, n),
            "shop": pd.Categorical(np.where(rng.random(n) < 0.3 + 0.4 * fraud, "web", "desk")),
            "fraud": pd.Categorical(np.where(fraud, "yes", "no")),
        }
    )


def study(train, control, pool, **changes):
    plan = LiftPlan(target="fraud", level="yes", ratios=(0.2, 1.0), seeds=(0, 1, 2), learners=(LINEAR,), bootstraps=100)
    return measure_lift(dataclasses.replace(plan, **changes), SCHEMA, train=train, control=control, pool=pool)


def test_measures_equal_those_of_scikit_learn_ties_included():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.2
    chance = np.round(rng.random(300) * 0.5 + 0.3 * truth, 2)
    found = scores_of(chance, truth, np.ones((1, 300)), threshold=0.4, precision=0.5)
    assert found.pr_auc[0] == pytest.approx(average_precision_score(truth, chance))
    assert found.roc_auc[0] == pytest.approx(roc_auc_score(truth, chance))
    assert found.f1_rare[0] == pytest.approx(f1_score(truth, chance >= 0.4))
    assert found.f1_rest[0] == pytest.approx(f1_score(~truth, chance < 0.4))


def test_weights_are_repetitions():
    rng = np.random.default_rng(1)
    truth, chance = rng.random(80) < 0.3, rng.random(80)
    weights = row_weights(np.arange(80), 5, rng)
    found = scores_of(chance, truth, weights, threshold=0.5, precision=0.4)
    for at, row in enumerate(weights.astype(int)):
        again, score = np.repeat(truth, row), np.repeat(chance, row)
        assert found.pr_auc[at] == pytest.approx(average_precision_score(again, score))
        assert found.roc_auc[at] == pytest.approx(roc_auc_score(again, score))


def test_a_ranking_by_hand():
    # ranked: rare, other, rare, other; precision 1, 1/2, 2/3, 1/2 at recall .5, .5, 1, 1
    chance, truth = np.array([0.9, 0.8, 0.7, 0.1]), np.array([True, False, True, False])
    found = scores_of(chance, truth, np.ones((1, 4)), threshold=0.75, precision=0.66)
    assert found.pr_auc[0] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert found.roc_auc[0] == pytest.approx(0.75)
    assert found.recall[0] == 1
    assert found.f1_rare[0] == pytest.approx(0.5)  # one right, one missed, one wrongly called
    assert best_threshold(chance, truth) == 0.7  # F1 4/5


def test_rows_of_one_entity_are_drawn_together():
    whose = np.array([0, 0, 0, 1, 2, 2])
    weights = row_weights(whose, 50, np.random.default_rng(0))
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 4] == weights[:, 5]).all()
    assert np.allclose(weights[:, [0, 3, 4]].sum(axis=1), 3)


@pytest.mark.parametrize("arm", ARMS)
def test_every_way_reaches_the_ratio_and_keeps_the_real_rows(arm):
    rng = np.random.default_rng(0)
    levels = [rng.integers(0, 3, 200).astype(float) for _ in range(2)]
    matrix = np.column_stack([rng.normal(size=200), *levels])
    matrix[5, 0] = matrix[7, 2] = np.nan
    rows = Learning.plain(matrix, np.arange(200) < 20)
    pool = np.column_stack([rng.normal(9, 1, 30), np.ones((30, 2))])
    made = oversampled(arm, rows, 0.5, is_level=np.array([False, True, True]), pool=pool, seed=1)
    weight = made.weights[made.is_rare].sum()
    assert weight == (20 if arm == REAL_ONLY else 90)
    assert made.weights[~made.is_rare].sum() == 180
    real = made.matrix[:200]
    assert np.array_equal(real, matrix, equal_nan=True)
    if arm == SMOTE:
        new = made.matrix[200:]
        assert set(np.unique(new[:, 1])) <= {0.0, 1.0, 2.0}
        assert new[:, 0].min() >= np.nanmin(matrix[:20, 0])
        assert new[:, 0].max() <= np.nanmax(matrix[:20, 0])
    assert missing_rows(rows.is_rare, 0.05) == 0


def test_rows_that_bring_new_knowledge_lift_and_wrong_rows_do_not():
    """Few rare train rows: ten times as many true rare rows must help, rare rows that look like the rest must not."""
    train, control = table(1_500, 1, 0.015), table(6_000, 2)
    fresh = table(60_000, 3)
    right = fresh[has(fresh, "fraud", "yes")].reset_index(drop=True)
    wrong = fresh[~has(fresh, "fraud", "yes")].head(2_000).assign(fraud=pd.Categorical(["yes"] * 2_000))
    wrong = wrong.assign(x=-wrong["x"] - 1.5).reset_index(drop=True)
    good = study(train, control, right, arms=(REAL_ONLY, CTGAN))
    bad = study(train, control, wrong, arms=(REAL_ONLY, CTGAN))
    assert good.choices[0].difference > 0
    assert bad.choices[0].difference_high < 0
    assert "no gain here" in bad.sentences[0]
    assert "lowered it" in bad.sentences[0]


def test_a_whole_report_survives_json_and_says_what_was_studied():
    train, control, pool = table(800, 1, 0.06), table(800, 2, 0.06), table(4_000, 3)
    pool = pool[has(pool, "fraud", "yes")].reset_index(drop=True)
    seen = []
    plan = LiftPlan(
        target="fraud", level="yes", ratios=(0.02, 0.5), seeds=(0, 1), learners=(BOOSTING, LINEAR), bootstraps=40
    )
    report = measure_lift(
        plan, SCHEMA, train=train, control=control, pool=pool, progress=lambda share, text: seen.append(share)
    )
    assert LiftReport.from_json(report.to_json()) == report
    assert report.settings["ratios"] == [0.5]  # the level has more than 0.02 rows for each other row already
    assert len(report.points) == 2 * 5 * 5
    base = report.curve(BOOSTING, REAL_ONLY, PR_AUC)[0]
    assert (base.difference, base.difference_low, base.difference_high) == (0, 0, 0)
    assert base.low <= base.value <= base.high
    assert len(report.sentences) == 2
    assert seen == sorted(seen)


def test_too_few_rare_rows_are_refused_with_the_number():
    with pytest.raises(NotApplicable, match="There are 0 control rows with fraud = yes"):
        study(table(500, 1), table(300, 2, 0.0), table(50, 3))


def test_the_sentence_follows_the_intervals():
    def choice(arm: str, middle: float, half: float) -> LiftChoice:
        return LiftChoice(
            learner=LINEAR, arm=arm, ratio=0.5, difference=middle, difference_low=middle - half,
            difference_high=middle + half,
        )  # fmt: skip

    gain = sentence(LINEAR, [choice(CTGAN, 0.05, 0.02), choice(SMOTE, 0.04, 0.01), choice(WEIGHTS, 0.0, 0.02)])
    assert gain.startswith("Logistic regression: CTGAN rows at 0.5 rare rows for each other row raises PR-AUC")
    assert "So does SMOTE." in gain
    assert "no gain here" in sentence(LINEAR, [choice(CTGAN, 0.05, 0.06), choice(SMOTE, -0.1, 0.01)])


def test_copies_of_the_rare_rows_show_and_fresh_rows_do_not():
    train, control, more = table(4_000, 1, 0.1), table(4_000, 2, 0.1), table(4_000, 3, 0.1)
    copied = train[has(train, "fraud", "yes")].reset_index(drop=True)
    how = {"target": "fraud", "level": "yes", "train": train, "control": control}
    fresh = {one.metric: one for one in measure_rare_rows(SCHEMA, drawn=more, **how)}
    worst = {one.metric: one for one in measure_rare_rows(SCHEMA, drawn=copied, **how)}
    assert fresh["memorised_share"].low <= 0 <= fresh["memorised_share"].high
    assert worst["memorised_share"].value == pytest.approx(1, abs=0.05)
    assert worst["rare_dcr"].counts["exact copies of train rows"] == len(copied)
    anchor = fresh["rare_dcr"].anchors["control rows of the level"]
    assert fresh["rare_dcr"].value == pytest.approx(anchor, rel=0.2)
    assert 0 <= fresh["rare_nndr"].value <= 1


def test_without_drawn_rows_of_the_level_nothing_is_measured():
    rows = table(300, 3, 0.0)
    found = list(
        measure_rare_rows(SCHEMA, target="fraud", level="yes", train=table(300, 1), control=table(300, 2), drawn=rows)
    )
    assert {one.value for one in found} == {None}
