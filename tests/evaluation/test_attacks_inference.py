"""Inference: null, copies, by hand, the library's hook, and where it does not apply."""

import dataclasses

import numpy as np
import pytest
from anonymeter.evaluators import InferenceEvaluator

from core.errors import NotApplicable
from core.evaluation.attacks.inference import INFERENCE, NearestRowModel, Secret, attack_secret
from core.evaluation.attacks.knowledge import draw_targets
from core.evaluation.metric import Plan, Tables
from core.records import MetricResult, Scope
from core.schema import ColumnType, Schema
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame, results


def test_fresh_rows_are_at_the_null_for_every_secret_and_the_largest() -> None:
    found = [one for one in INFERENCE.measure(case(800, 800, 800, seed=1)) if isinstance(one, MetricResult)]
    of_secrets = [one.subject for one in found if one.scope is Scope.SECRET]
    assert [subject for subject in of_secrets if len(subject) == 1] == [
        ("eyes",),
        ("town",),
        ("height",),
        ("weight",),
    ]
    assert found[-1].scope is Scope.TABLE
    assert found[-1].anchors["signed low"] <= 0 <= found[-1].anchors["signed high"]


def test_copied_rows_are_at_the_worst() -> None:
    generator = np.random.default_rng(0)
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS), column("code", ColumnType.CATEGORICAL)))
    tables = [
        frame({"x": generator.random(300), "code": generator.choice([f"c{at}" for at in range(50)], 300)}, schema)
        for _ in range(2)
    ]
    found = results(INFERENCE, Tables(schema=schema, train=tables[0], control=tables[1], synthetic=tables[0]))
    assert found["inference"].anchors["attack"] == 1.0
    assert found["inference"].value > 0.9
    assert "“code”" in found["inference"].explanation


def test_guesses_by_hand() -> None:
    # synthetic (1, a) (2, b) (3, c); nearest x decides the guess
    # train x 1.1 a: a right; 2.1 a: b wrong; 2.9 c: c right; seven more rows at 1 with b: a wrong: 2 of 10
    # control ten rows at 3 with c: right, 10 of 10
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS), column("l", ColumnType.CATEGORICAL)))
    synthetic = frame({"x": [1.0, 2.0, 3.0], "l": ["a", "b", "c"]}, schema)
    train = frame({"x": [1.1, 2.1, 2.9, *[1.0] * 7], "l": ["a", "a", "c", *["b"] * 7]}, schema)
    control = frame({"x": [3.0] * 10, "l": ["c"] * 10}, schema)
    tables = Tables(schema=schema, train=train, control=control, synthetic=synthetic)
    targets = draw_targets(tables, 10, np.random.default_rng(0))
    guesses = attack_secret(tables, targets, "l", ("x",), 10)
    assert (guesses.attack, guesses.control, guesses.n_attack) == (2, 10, 10)


@pytest.mark.parametrize("n_synthetic", [20, 300, 5000])
def test_baseline_is_its_closed_form_whatever_the_number_of_synthetic_rows(n_synthetic: int) -> None:
    # synthetic secrets: 3/4 a, 1/4 b; train secrets 2/5 a, 3/5 b: .75 * .4 + .25 * .6 = .45
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS), column("l", ColumnType.CATEGORICAL)))

    def made(n: int, share: float) -> object:
        return frame({"x": np.arange(float(n)), "l": ["a"] * round(n * share) + ["b"] * (n - round(n * share))}, schema)

    tables = Tables(schema=schema, train=made(4000, 0.4), control=made(4000, 0.4), synthetic=made(n_synthetic, 0.75))
    targets = draw_targets(tables, 4000, np.random.default_rng(0))
    guesses = attack_secret(tables, targets, "l", ("x",), 4000)
    assert guesses.baseline / guesses.n_baseline == pytest.approx(0.45, abs=0.025)


def test_signed_and_positive_secrets_agree() -> None:
    # Anonymeter calls every negative guess right; here -100 and -104 are as close as 100 and 104
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS),))
    rows = frame({"x": [1.0]}, schema)
    secret = Secret.of(Tables(schema=schema, train=rows, control=rows, synthetic=rows), schema["x"])
    guesses, truth = np.array([100.0, 100.0, 0.0, np.nan, np.nan]), np.array([104.0, 106.0, 0.0, np.nan, 1.0])
    expected = [True, False, True, True, False]
    assert secret.right(guesses, truth).tolist() == expected
    assert secret.right(-guesses, -truth).tolist() == expected


def test_dates_may_be_off_by_a_share_of_their_range_and_not_of_the_calendar() -> None:
    schema = Schema(columns=(column("when", ColumnType.DATETIME),))
    days = np.arange(101).astype("timedelta64[D]") + np.datetime64("2024-01-01")
    rows = frame({"when": days}, schema)
    secret = Secret.of(Tables(schema=schema, train=rows, control=rows, synthetic=rows), schema["when"])
    day = 86_400.0
    # the middle 98 % span 98 days; 5 % of it is 4.9 days
    assert secret.right(np.zeros(2), np.array([4.8 * day, 5.0 * day])).tolist() == [True, False]


def test_the_model_fits_the_hook_of_the_library_and_guesses_the_same() -> None:
    tables = case(200, 200, 300, seed=3)
    model = NearestRowModel(
        schema=SCHEMA, synthetic=tables.synthetic, known=("height", "weight", "town"), secret="eyes"
    )
    targets = tables.train.iloc[:50]
    evaluator = InferenceEvaluator(
        ori=targets,
        syn=tables.synthetic,
        aux_cols=list(model.known),
        secret="eyes",
        n_attacks=50,
        inference_model=model,
    ).evaluate()
    ours = model.predict(targets)
    theirs = evaluator._guesses_success.loc[targets.index]
    assert (ours.astype(object).fillna("") == theirs.astype(object).fillna("")).all()


def test_braces_in_names_do_not_break_the_sentence() -> None:
    schema = Schema(columns=(column("{x}", ColumnType.CONTINUOUS), column("l", ColumnType.CATEGORICAL)))
    rows = frame({"{x}": np.arange(30.0), "l": ["a", "b"] * 15}, schema)
    found = [one for one in INFERENCE.measure(Tables(schema=schema, train=rows, control=rows, synthetic=rows))]
    assert "{x}" in found[1].explanation


def test_the_full_plan_also_tries_smaller_sets_of_known_columns() -> None:
    tables = dataclasses.replace(case(), plan=Plan.FULL)
    subjects = [one.subject for one in INFERENCE.measure(tables) if one.scope is Scope.SECRET]
    assert sum(one[0] == "eyes" for one in subjects) == 3


def test_without_control_rows_with_one_column_or_constants_it_is_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="control rows"):
        results(INFERENCE, dataclasses.replace(case(), control=None))
    with pytest.raises(NotApplicable, match="10"):
        results(INFERENCE, case(3, 3, 3))
    schema = Schema(columns=(column("a", ColumnType.CONTINUOUS),))
    line = frame({"a": np.arange(20.0)}, schema)
    with pytest.raises(NotApplicable, match="one modelled column"):
        results(INFERENCE, Tables(schema=schema, train=line, control=line, synthetic=line))
    same = frame({"height": [1.0] * 20, "weight": 1.0, "eyes": "blue", "town": "x"})
    with pytest.raises(NotApplicable, match="varies"):
        results(INFERENCE, Tables(schema=SCHEMA, train=same, control=same, synthetic=same))


def test_knowing_little_is_attacked_beside_knowing_all_others() -> None:
    tables = dataclasses.replace(case(copied=1.0), known=(("height", "eyes"),), secrets=("town", "eyes"))
    found = [one for one in INFERENCE.measure(tables) if one.scope is Scope.SECRET]
    by_subject = {one.subject: one for one in found}
    assert {one.subject[0] for one in found} == {"town", "eyes"}
    # of a secret that is itself among the known columns, the others are known
    assert by_subject["town", "height", "eyes"].counts["chosen set"] == 1
    assert ("eyes", "height") in by_subject
    assert by_subject["town", "height", "eyes"].value <= by_subject["town",].value + 0.05
    telling = [one for one in found if one.counts.get("chosen set") == 0]
    assert {one.counts["columns known"] for one in telling} == {1}  # three others are all others here


def test_secrets_that_do_not_exist_or_vary_are_left_to_the_suggestions() -> None:
    tables = dataclasses.replace(case(), secrets=("nobody",))
    found = {one.subject[0] for one in INFERENCE.measure(tables) if one.scope is Scope.SECRET}
    assert found == set(tables.schema.names)
