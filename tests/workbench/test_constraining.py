"""Constraints through a session: suggested from train rows, accepted, kept by every row that a run draws."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from core.constraints import Constraint, combinations_of, rows_keeping
from core.errors import InvalidConfig
from core.records import Condition, SampleRequest
from core.schema import Treatment
from core.synthesis.config import TrainingConfig
from core.synthesis.preflight import Remedy
from core.tables import read_frame
from core.workbench import canaries, constraining, data, preflight, preparing, sampling, sessions, training
from core.workbench.canary_plan import CanaryPlan
from core.workbench.exploring import exploration, explore, pair


def done(session, job_id):
    for _ in sessions.follow(session, job_id):
        pass
    return job_id


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    rng = np.random.default_rng(0)
    n_rows = 600
    city = rng.choice(["Lyon", "Paris", "Ulm", "Bonn"], n_rows)
    low = rng.integers(0, 500, n_rows)
    table = pd.DataFrame(
        {
            "city": city,
            "country": np.where(np.isin(city, ["Lyon", "Paris"]), "France", "Germany"),
            "low": low,
            "high": low + rng.integers(0, 20, n_rows),
        }
    )
    home = tmp_path_factory.mktemp("home")
    table.to_csv(home / "table.csv", index=False)
    with sessions.create_session(home) as session:
        reading = done(session, data.start_reading(session, home / "table.csv", name="table"))
        dataset = done(
            session, data.save_dataset(session, reading, schema=data.reading(session, reading).schema, name="table")
        )
        yield session, dataset


def test_suggestions_are_accepted_and_every_drawn_row_keeps_them(made):
    session, dataset_id = made
    assert constraining.suggestions(session, dataset_id) is None
    done(session, constraining.start_suggesting(session, dataset_id))
    found = {one.constraint.label: one for one in constraining.suggestions(session, dataset_id).found}
    assert set(found) == {"only known combinations of city, country", "low ≤ high"}
    assert {one.checked for one in found.values()} == {"checked with SDV"}
    rules = [one.constraint for one in found.values()]
    constraining.accept(session, dataset_id, *rules)
    assert constraining.accepted(session, dataset_id) == rules

    config = TrainingConfig(epochs=1, batch_size=100, threads=1)
    run_id = done(session, training.start_training(session, dataset_id, config))
    conditions = (Condition(column="country", level="Germany", n_rows=100),)
    request = SampleRequest(n_rows=500, seed=1, conditions=conditions)
    sample_id = done(session, sampling.start_sampling(session, run_id, request))
    schema = data.dataset(session, dataset_id).schema
    real = read_frame(data.table_path(session, dataset_id, "train"), schema)
    drawn = read_frame(sampling.sample_file(session, sample_id, "parquet"), schema)
    assert len(drawn) == 600
    for rule in rules:
        known = set(combinations_of(real, rule.columns)) if rule.kind == "fixed combinations" else None
        assert rows_keeping(drawn, rule, known).all(), rule.label
    assert (drawn["country"].iloc[500:] == "Germany").all()


def test_what_train_rows_break_is_refused_and_a_constraint_can_be_given_up(made):
    session, dataset_id = made
    for one in constraining.accepted(session, dataset_id):
        constraining.withdraw(session, dataset_id, one)
    with pytest.raises(InvalidConfig, match="train rows break"):
        constraining.accept(session, dataset_id, Constraint(kind="inequality", columns=("high", "low")))
    own = Constraint(kind="inequality", columns=("low", "high"))
    constraining.accept(session, dataset_id, own)
    constraining.accept(session, dataset_id, own)
    assert constraining.accepted(session, dataset_id).count(own) == 1
    constraining.withdraw(session, dataset_id, own)
    assert own not in constraining.accepted(session, dataset_id)


def test_an_exploration_is_started_once_and_pairs_are_counted(made):
    session, dataset_id = made
    first = explore(session, dataset_id)
    assert explore(session, dataset_id).id == first.id
    done(session, first.id)
    found = exploration(session, first.id).found
    assert found.n_rows == found.n_sample == 600
    assert found.associations.names == ("city", "country", "low", "high")
    assert sum(map(sum, pair(session, dataset_id, "city", "country").counts)) == 600
    with pytest.raises(InvalidConfig, match="two different columns"):
        pair(session, dataset_id, "city", "city")


def test_a_child_takes_over_the_constraints_that_still_hold_and_says_which_do_not(made):
    session, dataset_id = made
    order = Constraint(kind="inequality", columns=("low", "high"))
    places = Constraint(kind="fixed combinations", columns=("city", "country"))
    constraining.accept(session, dataset_id, order, places)
    taken = constraining.accepted(session, dataset_id)

    def child(*steps, of=dataset_id):
        recipe = preparing.make_recipe(list(steps))
        return done(session, preparing.start_preparing(session, of, recipe))

    def dropped(key):
        return {one.label: reason for one, reason in constraining.inherited(session, key).dropped}

    without = child({"kind": "keep-columns", "columns": ["low", "high", "city"]})
    assert constraining.accepted(session, without) == [order]
    assert dropped(without) == {places.label: "country is no longer there"}
    broken = child({"kind": "clip", "column": "high", "low": None, "high": 400})
    assert constraining.accepted(session, broken) == [places]
    assert re.fullmatch(r"[0-9]+ of [0-9]+ train rows break it now", dropped(broken)[order.label])
    whole = child({"kind": "drop-duplicates"})
    assert constraining.accepted(session, whole) == taken
    assert dropped(whole) == {}
    constraining.withdraw(session, whole, order)
    assert constraining.accepted(session, dataset_id) == taken, "the parent keeps its own"
    assert constraining.inherited(session, dataset_id).dropped == ()


def test_a_remedy_keeps_constraints_and_the_rows_of_a_prepared_dataset(made):
    session, dataset_id = made
    order = Constraint(kind="inequality", columns=("low", "high"))
    places = Constraint(kind="fixed combinations", columns=("city", "country"))
    constraining.accept(session, dataset_id, order, places)
    recipe = preparing.make_recipe([{"kind": "keep-rows", "column": "low", "operator": ">", "value": 100}])
    prepared = done(session, preparing.start_preparing(session, dataset_id, recipe))
    remedy = Remedy(label="Leave out", column="city", change="leave out")
    for key in (dataset_id, prepared):
        mended = done(session, preflight.apply_remedy(session, key, remedy))
        before, after = data.dataset(session, key), data.dataset(session, mended)
        assert (after.n_rows, after.n_train, after.parent_id) == (before.n_rows, before.n_train, key)
        assert after.schema["city"].treatment is Treatment.LEAVE_OUT
        assert constraining.accepted(session, mended) == [order]
        assert [reason for _, reason in constraining.inherited(session, mended).dropped] == [
            "city cannot be in a constraint: not modelled"
        ]


def test_canaries_and_constraints_go_together(made):
    session, dataset_id = made
    order = Constraint(kind="inequality", columns=("low", "high"))
    places = Constraint(kind="fixed combinations", columns=("city", "country"))
    constraining.accept(session, dataset_id, order, places)
    config = TrainingConfig(epochs=1, batch_size=100, threads=1)
    plan = CanaryPlan(n=20, copies=2, seed=3)
    run_id = done(session, training.start_training(session, dataset_id, config, canaries=plan))
    drawn = done(session, sampling.start_sampling(session, run_id, SampleRequest(n_rows=400, seed=0)))
    schema = data.dataset(session, dataset_id).schema
    rows = read_frame(sampling.sample_file(session, drawn, "parquet"), schema)
    known = set(combinations_of(read_frame(data.table_path(session, dataset_id, "train"), schema), places.columns))
    assert len(rows) == 400, "whatever the canaries are"
    assert rows_keeping(rows, order).all()
    assert rows_keeping(rows, places, known).all(), "a canary adds no combination of levels"
    look = done(session, canaries.start_following(session, run_id))
    assert canaries.canaries(session, run_id).job.id == look
    assert canaries.canaries(session, run_id).report is not None
