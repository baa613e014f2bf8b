"""Drawing: seeds, blocks, conditions met exactly, types and bounds of the real table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import ImpossibleCondition, InvalidConfig
from core.records import Condition, SampleRequest
from core.schema import ColumnType, Schema
from core.synthesis.checkpoint import model_of
from core.synthesis.sample import BLOCK_ROWS, draw_sample
from core.synthesis.train import prepare, train
from core.tables import as_work_frame
from tests.synthesis.tables import column, small_config


@pytest.fixture
def trained(learned):
    return learned


def _draw(trained, n_rows, seed=1, *conditions):
    _, schema, model = trained
    wishes = tuple(Condition.parse(text) for text in conditions)
    return draw_sample(model, SampleRequest(n_rows=n_rows, seed=seed, conditions=wishes), schema)


def test_the_same_seed_gives_the_same_rows_and_another_seed_gives_others(trained):
    assert _draw(trained, 300).frame.equals(_draw(trained, 300).frame)
    assert not _draw(trained, 300).frame.equals(_draw(trained, 300, 2).frame)


def test_row_i_is_the_same_however_many_rows_are_asked_for(trained):
    few, many = _draw(trained, 100).frame, _draw(trained, BLOCK_ROWS + 10).frame
    modelled = [one.name for one in trained[1].modelled]
    assert few[modelled].equals(many[modelled].iloc[:100])
    assert len(many) == BLOCK_ROWS + 10
    assert not many[modelled].iloc[:10].equals(many[modelled].iloc[BLOCK_ROWS:].reset_index(drop=True))


def test_drawn_frames_have_the_real_columns_in_order_without_those_left_out(trained):
    frame = _draw(trained, 20).frame
    assert list(frame.columns) == [name for name in trained[1].names if name != "note"]
    for name in ("kind", "amount", "day", "flag"):
        assert frame[name].dtype.kind == trained[0][name].dtype.kind
    assert list(frame.index) == list(range(20))


@pytest.mark.parametrize("name", ["kind", "flag", "grade", "country"])
def test_conditions_are_met_exactly_for_every_level_of_every_level_column(trained, name):
    levels = [str(level) for level in trained[0][name].cat.categories]
    drawn = _draw(trained, 5, 1, *[f"{name}={level}:40" for level in levels])
    assert len(drawn.frame) == 5 + 40 * len(levels)
    for at, level in enumerate(levels):
        rows = drawn.frame.iloc[5 + 40 * at : 45 + 40 * at]
        assert (rows[name].astype(str) == level).all()
        outcome = drawn.outcomes[at]
        assert (outcome.n_obtained, outcome.shortfall) == (40, 0)
        assert outcome.n_drawn >= 40 >= outcome.n_matched_natively


def test_missing_is_a_level_that_can_be_asked_for(trained):
    assert _draw(trained, 0, 1, "grade=(missing):25").frame["grade"].isna().all()


def test_the_condition_steers_the_generator_before_any_rejection(trained):
    share = float((trained[0]["kind"] == "blue").mean())
    outcome = _draw(trained, 0, 1, "kind=blue:500").outcomes[0]
    assert outcome.n_matched_natively / 500 > 4 * share


def test_other_columns_of_conditioned_rows_follow_the_level(trained):
    frame = _draw(trained, 0, 1, "kind=red:400", "kind=green:400").frame
    red, green = frame["amount"].iloc[:400], frame["amount"].iloc[400:]
    # real means are 10 and 50
    assert green.median() - red.median() > 10


def test_no_rows_at_all_is_an_empty_frame_with_all_columns(trained):
    drawn = _draw(trained, 0)
    assert len(drawn.frame) == 0
    assert "kind" in drawn.frame


def test_a_level_that_no_train_row_has_is_impossible_and_named(trained):
    with pytest.raises(ImpossibleCondition, match=r"'violet'.*'kind'.*red, green, blue"):
        _draw(trained, 1, 1, "kind=violet:5")


def test_conditions_on_unmodelled_and_unknown_columns_are_impossible(trained):
    with pytest.raises(ImpossibleCondition, match="not modelled"):
        _draw(trained, 1, 1, "id=C-00001:5")
    with pytest.raises(InvalidConfig, match="no column called"):
        _draw(trained, 1, 1, "nothing=1:5")


def test_a_condition_that_rejection_cannot_find_within_its_budget_reports_the_shortfall(trained, monkeypatch):
    monkeypatch.setattr(
        "core.synthesis.conditions.Wish.met", lambda self, encoded, encoder: np.zeros(len(encoded), bool)
    )
    _, schema, model = trained
    wish = Condition.parse("kind=blue:20")
    drawn = draw_sample(model, SampleRequest(n_rows=3, conditions=(wish,), draws_per_row=1), schema)
    outcome = drawn.outcomes[0]
    assert (outcome.n_obtained, outcome.shortfall, outcome.n_matched_natively) == (0, 20, 0)
    assert outcome.n_drawn >= 20
    assert len(drawn.frame) == 3


def test_numbers_stay_inside_the_train_rows_bounds_with_their_decimals_and_missing_values(trained):
    real, frame = trained[0], _draw(trained, 3_000).frame
    for name in ("amount", "visits"):
        assert frame[name].min() >= real[name].min()
        assert frame[name].max() <= real[name].max()
    assert np.allclose(frame["amount"].dropna() * 100, (frame["amount"].dropna() * 100).round())
    assert (frame["visits"] == frame["visits"].round()).all()
    assert abs(frame["amount"].isna().mean() - real["amount"].isna().mean()) < 0.1
    assert frame["visits"].notna().all()


def test_datetimes_keep_their_resolution_and_bounds(trained):
    real, frame = trained[0]["day"], _draw(trained, 2_000).frame["day"]
    assert (frame.dropna() == frame.dropna().dt.normalize()).all()
    assert real.min() <= frame.min() <= frame.max() <= real.max()
    assert 0 < frame.isna().mean() < 0.3


def test_members_of_a_tail_bucket_are_drawn_from_their_frequencies_and_can_be_asked_for():
    rng = np.random.default_rng(0)
    levels = [f"v{at:03d}" for at in range(60)]
    weights = 1 / np.arange(1, 61)
    values = np.concatenate([rng.choice(levels, 2_000, p=weights / weights.sum()), levels])
    schema = Schema(columns=(column("v", ColumnType.CATEGORICAL), column("w", ColumnType.CATEGORICAL)))
    frame = as_work_frame(pd.DataFrame({"v": values, "w": rng.choice(["a", "b"], len(values))}), schema)
    training = prepare(frame, schema, small_config(max_levels=20))
    code = training.encoder.by_column["v"]
    assert (len(code.levels), len(code.tail), code.span_width) == (19, 41, 20)
    list(train(training, until_epoch=1))
    request = SampleRequest(n_rows=5_000, seed=1, conditions=(Condition(column="v", level=code.tail[-1], n_rows=30),))
    drawn = draw_sample(model_of(training), request, schema).frame["v"].astype(str)
    assert (drawn.iloc[5_000:] == code.tail[-1]).all()
    seen = drawn.iloc[:5_000][drawn.iloc[:5_000].isin(code.tail)].value_counts()
    expected = np.array(code.tail_counts) / sum(code.tail_counts)
    got = seen.reindex(code.tail).fillna(0).to_numpy() / seen.sum()
    assert np.abs(got - expected).max() < 4 * np.sqrt(expected.max() / seen.sum())


def test_progress_rises_to_one(trained):
    shares: list[float] = []
    _, schema, model = trained
    red = Condition(column="kind", level="red", n_rows=5)
    request = SampleRequest(n_rows=BLOCK_ROWS + 1, seed=0, conditions=(red,))
    draw_sample(model, request, schema, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
