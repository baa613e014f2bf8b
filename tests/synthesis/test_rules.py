"""Constraints in drawing: every drawn row keeps every one of them, with conditions too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.constraints import Constraint, ConstraintKind, combinations_of, number_order, rows_keeping
from core.errors import InvalidConfig
from core.records import Condition, SampleRequest
from core.schema import ColumnType, Schema, Storage
from core.synthesis.checkpoint import load_model, model_of, resume, save_checkpoint
from core.synthesis.rules import Rules, fit_rules
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from core.tables import as_work_frame, read_frame, write_csv, write_parquet
from tests.synthesis.tables import column, small_config

CITIES = {"Lyon": "France", "Paris": "France", "Berlin": "Germany", "Ulm": "Germany", "Paris TX": "USA"}
RULES = (
    Constraint(kind="inequality", columns=("start", "end")),
    Constraint(kind="range", columns=("low", "middle", "high"), strict=True),
    Constraint(kind="fixed combinations", columns=("country", "city")),
    Constraint(kind="fixed increments", columns=("pack",), increment=6),
    Constraint(kind="one-hot", columns=("red", "green", "blue")),
    Constraint(kind="fixed sum", columns=("total", "net", "tax")),
)


def table(n_rows: int = 900, seed: int = 0) -> tuple[pd.DataFrame, Schema]:
    """Columns that keep all of `RULES`, with missing cells on both sides of inequalities and sums."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, n_rows), unit="D")
    end = start + pd.to_timedelta(rng.geometric(0.3, n_rows) - 1, unit="D")
    low = rng.normal(0, 50, n_rows).round(1)
    city = rng.choice([*CITIES], n_rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    colour = rng.integers(0, 3, n_rows)
    net = rng.gamma(2, 40, n_rows).round(2)
    tax = (net * 0.2).round(2)
    frame = pd.DataFrame(
        {
            "start": pd.Series(start).where(rng.random(n_rows) > 0.05),
            "end": pd.Series(end).where(rng.random(n_rows) > 0.05),
            "low": low,
            "middle": (low + rng.gamma(1, 2, n_rows) + 0.1).round(1),
            "country": [CITIES[one] for one in city],
            "city": pd.Series(city).where(rng.random(n_rows) > 0.03),
            "pack": rng.integers(1, 30, n_rows) * 6,
            "red": (colour == 0).astype(int),
            "green": (colour == 1).astype(int),
            "blue": (colour == 2).astype(int),
            "net": net,
            "tax": pd.Series(tax).where(rng.random(n_rows) > 0.05),
            "total": (net + tax).round(2),
        }
    )
    frame["high"] = (frame["middle"] + rng.gamma(1, 2, n_rows) + 0.1).round(1)
    level, number = ColumnType.CATEGORICAL, ColumnType.CONTINUOUS
    kinds = dict.fromkeys(("start", "end"), (ColumnType.DATETIME, Storage.DATE, None))
    kinds |= dict.fromkeys(("low", "middle", "high"), (number, Storage.DECIMAL, 1))
    kinds |= dict.fromkeys(("country", "city"), (level, Storage.TEXT, None))
    kinds |= dict.fromkeys(("red", "green", "blue"), (level, Storage.INTEGER, None))
    kinds |= {"pack": (number, Storage.INTEGER, None)}
    kinds |= dict.fromkeys(("net", "tax", "total"), (number, Storage.DECIMAL, 2))
    schema = Schema(
        columns=tuple(column(name, kind, storage, decimals=digits) for name, (kind, storage, digits) in kinds.items())
    )
    return as_work_frame(frame, schema), schema


def broken(frame: pd.DataFrame, real: pd.DataFrame) -> dict[str, int]:
    """Rows that break each rule; combinations are those of the real rows."""
    found = {}
    for rule in RULES:
        known = set(combinations_of(real, rule.columns)) if rule.kind is ConstraintKind.COMBINATIONS else None
        found[rule.label] = int((~rows_keeping(frame, rule, known)).sum())
    return {label: n for label, n in found.items() if n}


@pytest.fixture(scope="module")
def trained():
    frame, schema = table()
    training = prepare(frame, schema, small_config(), constraints=RULES)
    list(train(training, until_epoch=2))
    return frame, schema, training


def test_hiding_and_showing_gives_the_train_rows_back():
    frame, schema = table()
    rules = fit_rules(frame, schema, RULES)
    again = rules.show(rules.hide(frame).reset_index(drop=True))
    for name in frame.columns:
        if name == "total":  # added up again where all parts are there
            assert np.allclose(again[name], frame[name], equal_nan=True, atol=1e-9)
        else:
            pd.testing.assert_series_equal(again[name], frame[name], check_names=False, check_dtype=False)
    assert broken(frame, frame) == {}


def test_a_fresh_model_breaks_no_constraint_and_says_how_often_it_would_have(trained):
    frame, schema, training = trained
    drawn = draw_sample(model_of(training), SampleRequest(n_rows=3_000, seed=3), schema)
    assert len(drawn.frame) == 3_000
    assert broken(drawn.frame, frame) == {}
    rates = {one.label: one.acceptance_rate for one in drawn.constraints}
    assert rates["start ≤ end"] == 1
    assert rates["total = net + tax"] == 1
    assert rates["only known combinations of country, city"] < 0.9, "a fresh model knows nothing of geography"


def test_conditioned_rows_keep_condition_and_constraints(trained):
    frame, schema, training = trained
    wishes = [("country", "USA"), ("city", "Ulm"), ("red", "1"), ("red", "0"), ("blue", "1")]
    conditions = tuple(Condition(column=name, level=level, n_rows=150) for name, level in wishes)
    drawn = draw_sample(model_of(training), SampleRequest(n_rows=10, seed=1, conditions=conditions), schema)
    assert [outcome.shortfall for outcome in drawn.outcomes] == [0] * 5
    assert broken(drawn.frame, frame) == {}
    for at, (name, level) in enumerate(wishes):
        assert set(drawn.frame[name].iloc[10 + 150 * at : 160 + 150 * at]) == {level}


def test_what_is_written_to_files_keeps_them_as_well(trained, tmp_path):
    frame, schema, training = trained
    drawn = draw_sample(model_of(training), SampleRequest(n_rows=1_000, seed=5), schema).frame
    write_parquet(drawn, schema, tmp_path / "drawn.parquet")
    assert broken(read_frame(tmp_path / "drawn.parquet", schema), frame) == {}
    write_csv(drawn, schema, tmp_path / "drawn.csv")
    assert broken(as_work_frame(pd.read_csv(tmp_path / "drawn.csv"), schema), frame) == {}


def test_a_saved_model_draws_the_same_rows_and_a_resumed_run_goes_on_the_same(trained, tmp_path):
    frame, schema, training = trained
    save_checkpoint(training, tmp_path / "one")
    request = SampleRequest(n_rows=200, seed=2)
    ours = draw_sample(model_of(training), request, schema).frame
    assert ours.equals(draw_sample(load_model(tmp_path / "one"), request, schema).frame)
    again = resume(tmp_path / "one", frame, schema)
    list(train(again, until_epoch=3))
    list(train(training, until_epoch=3))
    assert model_of(again).generator.state_dict().keys() == model_of(training).generator.state_dict().keys()
    for one, other in zip(again.averaged, training.averaged, strict=True):
        assert one.equal(other)


def test_gaps_are_learned_as_they_are_and_not_as_two_independent_dates():
    """Days between start and end are geometric with mean 2.3; drawn apart they would be hundreds of days apart."""
    frame, schema = table()
    training = prepare(frame, schema, small_config(learning_rate=2e-3, averaging=0.9), constraints=RULES)
    list(train(training, until_epoch=25))
    drawn = draw_sample(model_of(training), SampleRequest(n_rows=2_000), schema).frame
    gap = (drawn["end"] - drawn["start"]).dt.days.dropna()
    assert gap.min() >= 0
    assert gap.quantile(0.9) <= 15


def test_rules_survive_json():
    frame, schema = table()
    rules = fit_rules(frame, schema, RULES)
    assert Rules.from_json(rules.to_json()) == rules
    assert Rules.from_json(None) == Rules()
    assert not Rules()


def test_two_levels_that_are_both_asked_for_and_never_meet_are_turned_down():
    frame, schema = table()
    rules = fit_rules(frame, schema, RULES)
    asked = frame.head(20).assign(country=pd.Categorical(["USA"] * 20), city=pd.Categorical(["Ulm"] * 20))
    kept = rules.keep(asked, np.random.default_rng(0), fixed=("country", "city"))
    assert not kept.keeps.any()


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        ([("inequality", "end", "start")], "train rows break"),
        ([("inequality", "low", "high"), ("inequality", "high", "low")], "circle"),
        ([("inequality", "low", "start")], "all be numbers or all be dates"),
        ([("fixed combinations", "low", "city")], "must have levels"),
        ([("fixed sum", "total", "net", "tax"), ("fixed sum", "total", "low", "high")], "Two sums"),
        ([("one-hot", "red", "green")], "train rows break"),
    ],
)
def test_what_cannot_be_kept_is_said_before_training(constraints, words):
    frame, schema = table()
    with pytest.raises(InvalidConfig, match=words):
        fit_rules(frame, schema, [Constraint(kind=kind, columns=columns) for kind, *columns in constraints])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "equality", "columns": ("a", "b")},
        {"kind": "inequality", "columns": ("a", "a")},
        {"kind": "range", "columns": ("a", "b")},
        {"kind": "fixed increments", "columns": ("a",)},
        {"kind": "fixed increments", "columns": ("a",), "increment": 0},
    ],
)
def test_a_constraint_of_the_wrong_shape_is_refused(wrong):
    with pytest.raises(InvalidConfig):
        Constraint(**wrong)


def test_columns_come_after_those_that_they_are_made_from():
    order = number_order([*RULES, Constraint(kind="inequality", columns=("total", "low"))])
    assert order.index("net") < order.index("total") < order.index("low") < order.index("middle") < order.index("high")


def test_each_kind_knows_a_row_that_breaks_it_and_lets_missing_cells_pass():
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [1.0, 1.0, 5.0], "c": [2.0, 9.0, 1.0]})
    assert rows_keeping(frame, Constraint(kind="inequality", columns=("a", "b"))).tolist() == [True, False, True]
    strict = Constraint(kind="inequality", columns=("a", "b"), strict=True)
    assert rows_keeping(frame, strict).tolist() == [False, False, True]
    assert rows_keeping(frame, Constraint(kind="fixed sum", columns=("c", "a", "b"))).tolist() == [True, False, True]
    even = Constraint(kind="fixed increments", columns=("c",), increment=2)
    assert rows_keeping(frame, even).tolist() == [True, False, False]
    hot = pd.DataFrame({"a": pd.Categorical(["1", "0", None]), "b": [0.0, 0.0, 1.0]})
    assert rows_keeping(hot, Constraint(kind="one-hot", columns=("a", "b"))).tolist() == [True, False, False]
