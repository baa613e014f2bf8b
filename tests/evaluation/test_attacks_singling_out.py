"""Singling out with statements about one column: null, copies, by hand, and where it does not apply."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from anonymeter.evaluators.singling_out_evaluator import univariate_singling_out_queries

from core.errors import NotApplicable
from core.evaluation.attacks import adapter, singling_out
from core.evaluation.metric import Tables
from core.schema import ColumnType, Schema
from tests.evaluation.privacy_cases import case, column, frame, results


def numbers(train: list, control: list, synthetic: list, kind: ColumnType = ColumnType.CONTINUOUS) -> Tables:
    schema = Schema(columns=(column("x-y 'q'", kind),))
    made = [frame({"x-y 'q'": values}, schema) for values in (train, control, synthetic)]
    return Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2])


def test_fresh_rows_are_at_the_null() -> None:
    found = results(singling_out.UNIVARIATE, case(600, 600, 600, seed=4))["singling_out_univariate"]
    assert found.anchors["signed low"] <= 0 <= found.anchors["signed high"]


def test_copied_rows_are_at_the_worst() -> None:
    generator = np.random.default_rng(0)
    train, control = generator.normal(size=200), generator.normal(size=200)
    found = results(singling_out.UNIVARIATE, numbers(train, control, train))["singling_out_univariate"]
    assert found.anchors["attack"] == 1.0
    assert found.value > 0.95


def test_statements_of_ten_values_by_hand() -> None:
    # synthetic 1..12; statements: x <= 1, x >= 12, and x == v for each of 12 values: 14, of which none repeats
    # train holds 1..6 and 101..106: x == 1..6 and x <= 1 hold once; x >= 12 holds 6 times: 7 of 14
    # control holds 201..212: x >= 12 holds 12 times, nothing else holds: 0 of 14
    tables = numbers([1, 2, 3, 4, 5, 6, 101, 102, 103, 104, 105, 106.0], list(range(201, 213)), list(range(1, 13)))
    found = results(singling_out.UNIVARIATE, tables)["singling_out_univariate"]
    assert found.counts["guesses at train rows"] == 14
    assert found.counts["right at train rows"] == 7
    assert found.counts["right at control rows"] == 0
    assert found.counts["guesses requested"] == 1000
    assert "14 of the 1,000 guesses" in found.explanation


def test_quotes_in_levels_and_operators_in_names_do_not_break_a_statement() -> None:
    levels = [f'it\'s "{at}"' for at in range(20)]
    other = [f"o{at}" for at in range(20)]
    found = results(singling_out.UNIVARIATE, numbers(levels, other, levels, ColumnType.CATEGORICAL))
    assert found["singling_out_univariate"].anchors["attack"] == 1.0
    assert found["singling_out_univariate"].anchors["control"] == 0.0


def test_train_rows_are_cut_to_the_number_of_different_control_rows() -> None:
    tables = case(600, 100, 300)
    doubled = dataclasses.replace(
        tables, control=tables.control.iloc[np.repeat(np.arange(100), 3)].reset_index(drop=True)
    )
    prepared = singling_out.prepare(doubled)
    assert len(prepared.train) == len(prepared.control) == 100


def test_datetimes_and_ordinal_levels_become_numbers_and_missing_stays_missing() -> None:
    schema = Schema(
        columns=(
            column("when", ColumnType.DATETIME),
            column("size", ColumnType.ORDINAL, order=("small", "middle", "large")),
        )
    )
    rows = frame({"when": ["2024-01-01"] * 11 + [None], "size": ["large"] * 11 + [None]}, schema)
    rows = rows.assign(when=rows["when"] + np.arange(12).astype("timedelta64[D]"))
    prepared = singling_out.prepare(Tables(schema=schema, train=rows, control=rows, synthetic=rows))
    assert prepared.synthetic["c1"].max() == 2
    assert prepared.synthetic["c0"].isna().sum() == 1
    assert prepared.synthetic["c0"].min() == 1704067200.0


def test_seeds_decide_the_statements() -> None:
    prepared = singling_out.prepare(case())
    one, again, other = (singling_out.attack_univariate(prepared, n_attacks=50, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_without_control_rows_or_with_three_rows_it_is_not_measured() -> None:
    with pytest.raises(NotApplicable, match="control rows"):
        results(singling_out.UNIVARIATE, dataclasses.replace(case(), control=None))
    with pytest.raises(NotApplicable, match="10"):
        results(singling_out.UNIVARIATE, case(3, 3, 3))


def test_constant_tables_are_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="different"):
        results(singling_out.UNIVARIATE, numbers([1.0] * 50, [1.0] * 50, [1.0] * 50))


def test_no_statement_at_all_is_refused_with_the_reason() -> None:
    # every level of the synthetic rows occurs twice, so nothing about one column holds once
    schema = Schema(columns=(column("a", ColumnType.CATEGORICAL), column("b", ColumnType.CATEGORICAL)))
    real = frame({"a": [f"a{at}" for at in range(20)], "b": "x"}, schema)
    synthetic = frame({"a": ["a1", "a1", "a2", "a2"], "b": ["x", "y", "x", "y"]}, schema)
    with pytest.raises(NotApplicable, match="No statement"):
        results(singling_out.UNIVARIATE, Tables(schema=schema, train=real, control=real, synthetic=synthetic))


def test_statements_are_those_that_the_library_makes() -> None:
    prepared = singling_out.prepare(case(300, 300, 300))
    evaluator = singling_out.SeededEvaluator(prepared, n_attacks=10**6, n_columns=1, seed=1)
    frame_of_polars = pl.DataFrame(prepared.synthetic)
    theirs = univariate_singling_out_queries(frame_of_polars, 10**6, np.random.default_rng(5))
    assert sorted(map(str, evaluator.univariate())) == sorted(map(str, theirs))


def test_residual_risk_by_hand() -> None:
    # Wilson centres at z^2 = 3.8415: attack (60 + 1.9207) / 103.8415 = .596301, control (20 + 1.9207) / 103.8415
    # = .211098; (.596301 - .211098) / (1 - .211098) = .488277
    guesses = adapter.Guesses(
        n_requested=100, n_attack=100, n_control=100, n_baseline=100, attack=60, control=20, baseline=5
    )
    risk = adapter.residual_risk(guesses)
    assert risk.signed.value == pytest.approx(0.488277, abs=1e-5)
    assert risk.warnings == ()


def test_an_attack_that_guessing_matches_is_said_to_be_too_weak() -> None:
    guesses = adapter.Guesses(
        n_requested=100, n_attack=100, n_control=100, n_baseline=100, attack=5, control=5, baseline=9
    )
    found = adapter.risk_result("some_attack", guesses, sentence="{attack} and {control}.", n_rows=10)
    assert "too weak to say anything" in found.explanation
    assert adapter.residual_risk(guesses).warnings
