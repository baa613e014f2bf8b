"""Singling out with statements about one column: null, copies, by hand, and where it does not apply."""

import dataclasses

import numpy as np
import pandas as pd
import polars as pl
import pytest
from anonymeter.evaluators import singling_out_evaluator as library

from core.errors import NotApplicable
from core.evaluation.attacks import adapter, singling_out, statements
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
    assert found.counts["guesses requested"] == 2000
    assert "14 of the 2,000 guesses" in found.explanation


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


def levels_of_zipf(n_rows: int, generator: np.random.Generator, schema: Schema) -> pd.DataFrame:
    """Two independent columns of twenty levels, of shares as 1, 1/2, 1/3, ...: the common pairs repeat."""
    shares = 1.0 / np.arange(1, 21)
    drawn = generator.choice(20, (n_rows, 2), p=shares / shares.sum())
    return frame({name: [f"v{code}" for code in drawn[:, at]] for at, name in enumerate("ab")}, schema)


def test_many_train_rows_that_repeat_each_other_move_fresh_rows_to_neither_side() -> None:
    # 4,000 train rows show nearly all of the 400 pairs and 200 control rows the common ones. Without repetitions, and
    # only then equally many, train rows would hold rare pairs, and the mean of these seeds be -.39
    schema = Schema(columns=(column("a", ColumnType.CATEGORICAL), column("b", ColumnType.CATEGORICAL)))
    signed = []
    for seed in range(8):
        generator = np.random.default_rng(seed)
        train, control, synthetic = (levels_of_zipf(n, generator, schema) for n in (4_000, 200, 200))
        prepared = singling_out.prepare(
            Tables(schema=schema, train=train, control=control, synthetic=synthetic, seed=seed)
        )
        assert len(prepared.train) == len(prepared.control)
        made = singling_out.attack_multivariate(prepared, n_attacks=200, n_columns=2, max_attempts=2_000, seed=seed)
        signed.append(adapter.residual_risk(made).signed.value)
    # one seed's standard deviation is .1, that of the mean .035
    assert abs(np.mean(signed)) < 0.12


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
    theirs = library.univariate_singling_out_queries(frame_of_polars, 10**6, np.random.default_rng(5))
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


def test_what_the_largest_of_several_could_have_seen_is_said_at_the_level_of_its_interval() -> None:
    guesses = adapter.Guesses(
        n_requested=2000, n_attack=2000, n_control=2000, n_baseline=2000, attack=1000, control=1000, baseline=600
    )
    found = adapter.risk_result("some_attack", guesses, sentence="", n_rows=10, level=1 - 0.05 / 16)
    # standard error of the risk: hypot of two rates' .5 / sqrt(2000) = .01118, over 1 - .5: .03162; quantiles: 2.9552
    # at .996875, .8416 for four times in five: .03162 * 3.7968 = .12006, where 95 % would say .08859
    assert found.anchors["detectable"] == pytest.approx(0.12006, rel=0.01)


def test_statements_about_several_columns_hold_once_by_the_librarys_own_count() -> None:
    prepared = singling_out.prepare(case(300, 300, 500, seed=2))
    evaluator = singling_out.SeededEvaluator(prepared, n_attacks=200, n_columns=3, seed=1)
    made = evaluator.multivariate(prepared.synthetic, 20_000)
    assert len({str(one) for one in made}) == len(made) == 200
    assert set(library._evaluate_queries(pl.DataFrame(prepared.synthetic), made)) == {1}


def test_every_drawn_statement_is_judged_as_the_library_judges_it() -> None:
    prepared = singling_out.prepare(case(300, 300, 400, seed=3))
    synthetic = prepared.synthetic
    polars = pl.DataFrame(synthetic)
    generator = np.random.default_rng(0)
    rows = generator.integers(len(synthetic), size=300)
    columns = np.sort(np.argsort(generator.random((300, 4)), axis=1)[:, :2], axis=1)
    stretches = statements.Stretches.of(synthetic)
    parts = (stretches.order, stretches.place, stretches.begin, stretches.end)
    ours = statements._holds_once(rows, columns, *parts)
    kinds, medians = {name: polars[name].dtype for name in polars.columns}, polars.median().to_dicts()[0]
    records = polars[rows].to_dicts()
    theirs = [
        library._query_from_record(record, kinds, [polars.columns[at] for at in picked], medians, generator)
        for record, picked in zip(records, columns, strict=True)
    ]
    counts = np.array(library._evaluate_queries(polars, theirs))
    assert np.array_equal(ours, counts == 1)
    assert 5 < ours.sum() < 295


def test_fresh_rows_are_at_the_null_with_several_columns() -> None:
    found = results(singling_out.MULTIVARIATE, case(600, 600, 600, seed=4))["singling_out_multivariate"]
    assert found.anchors["signed low"] <= 0 <= found.anchors["signed high"]


def test_copied_rows_are_at_the_worst_with_several_columns() -> None:
    found = results(singling_out.MULTIVARIATE, case(copied=1.0))["singling_out_multivariate"]
    assert found.anchors["attack"] > 0.99
    assert found.value > 0.9


def test_statements_about_two_columns_by_hand() -> None:
    # four synthetic rows (1, a) (1, b) (2, a) (2, b): median 1.5; every row and its two columns hold once: 4 statements
    # "x <= 1 and l = a" holds for train rows (1, a), (0, a): twice, wrong; "x <= 1 and l = b" for (1, b): right;
    # "x >= 2 and l = a" for (3, a): right; "x >= 2 and l = b" for none: wrong. Fillers have other levels: 2 of 4
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS), column("l", ColumnType.CATEGORICAL)))
    filler = [(float(at), "z") for at in range(10)]
    train = [(1.0, "a"), (0.0, "a"), (1.0, "b"), (3.0, "a"), *filler]
    control = [(float(at), "y") for at in range(14)]
    synthetic = [(1.0, "a"), (1.0, "b"), (2.0, "a"), (2.0, "b")]
    made = [
        frame({"x": [x for x, _ in rows], "l": [level for _, level in rows]}, schema)
        for rows in (train, control, synthetic)
    ]
    tables = Tables(schema=schema, train=made[0], control=made[1], synthetic=made[2])
    guesses = singling_out.attack_multivariate(
        singling_out.prepare(tables), n_attacks=50, n_columns=2, max_attempts=1000, seed=0
    )
    assert (guesses.n_attack, guesses.attack, guesses.control) == (4, 2, 0)
    assert "4 of the 50 guesses" in guesses.notes[0]


def test_one_column_is_refused_for_statements_about_several() -> None:
    with pytest.raises(NotApplicable, match="one modelled column"):
        results(singling_out.MULTIVARIATE, numbers(list(range(20)), list(range(20)), list(range(20))))
