"""Conditions on several columns and ranges: what can be asked for, what is delivered, what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.errors import ImpossibleCondition, InvalidConfig
from core.records import Condition, Knobs, MixShare, SampleRequest, TargetMix
from core.schema import Treatment
from core.synthesis.conditions import wish_of
from core.synthesis.fill import _until
from core.synthesis.sample import draw_sample


@pytest.fixture
def learned(learned):
    """Without the column of made-up e-mails, which takes longer than all the others."""
    frame, schema, model = learned
    return frame, schema.replacing(dataclasses.replace(schema["mail"], treatment=Treatment.LEAVE_OUT)), model


def draw(learned, *conditions, seed=1, n_rows=0, **more):
    _, schema, model = learned
    wishes = tuple(Condition.parse(text) for text in conditions)
    return draw_sample(model, SampleRequest(n_rows=n_rows, seed=seed, conditions=wishes, **more), schema)


def test_several_levels_at_once_are_met_exactly(learned):
    drawn = draw(learned, "kind=green & flag=True & grade=high:60", "kind=blue & grade=(missing):7")
    first, second = drawn.frame.iloc[:60], drawn.frame.iloc[60:]
    assert (first["kind"] == "green").all()
    assert (first["flag"] == "True").all()
    assert (first["grade"] == "high").all()
    assert (second["kind"] == "blue").all()
    assert second["grade"].isna().all()
    assert [one.shortfall for one in drawn.outcomes] == [0, 0]


def test_ranges_of_numbers_and_datetimes_hold_with_both_ends(learned):
    drawn = draw(
        learned, "visits=290..310:50", "day=2024-03-01..2024-03-31 & kind=red:30", "amount=..12:20", "amount=40..:20"
    )
    visits, days = drawn.frame["visits"].iloc[:50], drawn.frame["day"].iloc[50:80]
    assert visits.between(290, 310).all()
    assert days.between("2024-03-01", "2024-03-31").all()
    assert (drawn.frame["kind"].iloc[50:80] == "red").all()
    assert (drawn.frame["amount"].iloc[80:100] <= 12).all()
    assert (drawn.frame["amount"].iloc[100:] >= 40).all()


def test_one_value_of_a_whole_number_and_a_missing_number_can_be_asked_for(learned):
    drawn = draw(learned, "visits=300:10", "amount=(missing):10")
    assert (drawn.frame["visits"].iloc[:10] == 300).all()
    assert drawn.frame["amount"].iloc[10:].isna().all()


def test_the_rarest_level_steers_and_the_others_wait(learned):
    _, schema, model = learned
    wish = wish_of(model, schema, Condition.parse("kind=red & flag=True & visits=300..310:1"))
    spans = {span.column: span for span in model.encoder.layout.spans}
    assert model.conditions.slots[wish.native] == spans["flag"].start + model.encoder.by_column["flag"].slot("True")
    assert len(wish.slots) == 2
    assert len(wish.intervals) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind=red & kind=blue:5", "both 'red' and 'blue' are asked"),
        ("visits=400..300:5", "wrong way round"),
        ("visits=100000..200000:5", "No train row has 'visits' within"),
        ("day=1999-01-01..1999-12-31:5", "They lie between 2024-"),
        ("visits=(missing):5", "no train row lacks"),
        ("country=DE:5", "No train row has 'DE'"),
    ],
)
def test_what_no_row_can_be_is_refused_before_anything_is_drawn(learned, text, words):
    with pytest.raises(ImpossibleCondition, match=words):
        draw(learned, text)


@pytest.mark.parametrize(("text", "words"), [("visits=many:5", "is not a number"), ("day=soon:5", "is not a date")])
def test_values_that_cannot_be_read_are_named(learned, text, words):
    with pytest.raises(InvalidConfig, match=words):
        draw(learned, text)


def test_a_constant_column_meets_its_own_value(learned):
    assert (draw(learned, "country=FR & kind=blue:12").frame["kind"] == "blue").all()


def test_a_hopeless_condition_ends_within_its_budget_with_the_rate(learned, monkeypatch):
    monkeypatch.setattr("core.synthesis.fill.FRUITLESS_DRAWS", 3_000)
    drawn = draw(learned, "visits=300 & amount=50.01 & day=2024-02-29 & kind=blue:30000", "kind=red:5", n_rows=4)
    hopeless, easy = drawn.outcomes
    assert hopeless.shortfall > 29_000
    assert hopeless.n_drawn < 30_000
    assert (easy.shortfall, len(drawn.frame)) == (0, 4 + 5 + hopeless.n_obtained)


def test_waiting_leaves_the_generator_alone_and_delivers_the_same_numbers(learned):
    waited = draw(learned, "kind=blue:30", knobs=Knobs(steering="waiting"))
    steered = draw(learned, "kind=blue:30")
    assert (waited.frame["kind"] == "blue").all()
    assert (waited.outcomes[0].shortfall, steered.outcomes[0].shortfall) == (0, 0)
    assert waited.outcomes[0].n_drawn > 3 * steered.outcomes[0].n_drawn


def test_a_target_mix_is_met_exactly_and_in_any_part(learned):
    mix = TargetMix(columns=("kind",), shares=tuple(
        MixShare(levels=(level,), share=share) for level, share in (("red", 0.2), ("green", 0.3), ("blue", 0.5))
    ))  # fmt: skip
    drawn = draw(learned, "kind=red:3", n_rows=1_001, mix=mix)
    rows = drawn.frame.iloc[:1_001]["kind"].value_counts()
    assert (rows["red"], rows["green"], rows["blue"]) == tuple(one.n_obtained for one in drawn.outcomes[:3])
    assert mix.rows(1_001) == (200, 300, 501)
    assert [one.shortfall for one in drawn.outcomes] == [0, 0, 0, 0]
    assert 0.3 < (drawn.frame.iloc[:300]["kind"] == "blue").mean() < 0.7


def test_two_crossed_columns_have_the_shares_asked_for(learned):
    mix = TargetMix.parse("kind*flag=red*True:0.25,blue*True:0.25,blue*False:0.5")
    drawn = draw(learned, n_rows=400, mix=mix)
    cells = drawn.frame.groupby(["kind", "flag"], observed=True).size()
    assert cells.to_dict() == {("red", "True"): 100, ("blue", "True"): 100, ("blue", "False"): 200}


def test_a_condition_of_no_rows_gives_none(learned):
    drawn = draw(learned, "kind=red:0", n_rows=3)
    assert len(drawn.frame) == 3
    assert drawn.outcomes[0].acceptance_rate is None


def test_partly_given_rows_are_completed_and_keep_their_cells(learned):
    _, schema, model = learned
    given = pd.DataFrame(
        {
            "kind": pd.Categorical(["blue", None, "green", "red"]),
            "flag": pd.Categorical(["True", "True", None, None]),
            "amount": [51.5, np.nan, 49.99, np.nan],
            "day": pd.to_datetime([None, "2024-05-05", None, None]).astype("datetime64[us]"),
        }
    )
    drawn = draw_sample(model, SampleRequest(n_rows=2, given="x"), schema, given=given).frame.iloc[2:]
    assert list(drawn["kind"].astype(str).iloc[[0, 2, 3]]) == ["blue", "green", "red"]
    assert list(drawn["flag"].astype(str).iloc[:2]) == ["True", "True"]
    assert (drawn["amount"].iloc[0], drawn["amount"].iloc[2]) == (51.5, 49.99)
    assert drawn["day"].iloc[1] == pd.Timestamp("2024-05-05")
    assert drawn["visits"].notna().all()


def test_given_levels_that_no_train_row_has_are_named_together(learned):
    _, schema, model = learned
    given = pd.DataFrame({"kind": pd.Categorical(["violet", "red"]), "grade": pd.Categorical(["low", "best"])})
    with pytest.raises(ImpossibleCondition, match=r"kind = violet, grade = best"):
        draw_sample(model, SampleRequest(n_rows=0, given="x"), schema, given=given)


def test_draws_are_counted_up_to_the_row_that_completes_a_wish():
    """Candidates of wishes 0 1 0 0 1, of which the first, third and last are met; two rows of 0 and one of 1 lack.

    Wish 0 is complete with its second candidate, wish 1 with its second; a third wish that lacks a row has none.
    """
    candidates, at = np.array([0, 1, 0, 0, 1]), np.array([0, 2, 4])
    assert _until(at, candidates[at], candidates, np.array([2, 1, 1])).tolist() == [2, 2, 0]
    assert _until(at, candidates[at], candidates, np.array([3, 1, 1])).tolist() == [0, 2, 0]
