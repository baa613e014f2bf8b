"""Constraints through a session: suggested from train rows, accepted, kept by every row that a run draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.constraints import Constraint, combinations_of, rows_keeping
from core.errors import InvalidConfig
from core.records import Condition, SampleRequest
from core.synthesis.config import TrainingConfig
from core.tables import read_frame
from core.workbench import constraining, data, sampling, sessions, training
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
