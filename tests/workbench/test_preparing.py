"""Recipes through a session: a new dataset with its parent, sides kept, nothing learned from control rows, undone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig
from core.schema import ColumnType
from core.workbench import anonymising, data, preparing, sessions


def done(session, job_id):
    for _ in sessions.follow(session, job_id):
        pass
    return job_id


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    rng = np.random.default_rng(0)
    n_rows = 1_000
    table = pd.DataFrame(
        {
            "row": np.arange(n_rows) * 2 + 1_000_000,
            "age": pd.Series(rng.normal(40, 10, n_rows).round(1)).where(rng.random(n_rows) > 0.2),
            "city": rng.choice(["Bern", "bern ", "Basel", "Ulm", "Chur"], n_rows, p=[0.5, 0.2, 0.2, 0.07, 0.03]),
            "pay": rng.normal(0, 1, n_rows).round(3),
        }
    )
    home = tmp_path_factory.mktemp("home")
    table.to_csv(home / "table.csv", index=False)
    with sessions.create_session(home) as session:
        reading = done(session, data.start_reading(session, home / "table.csv", name="table"))
        schema = data.corrected(data.reading(session, reading).schema, {"row": "continuous"})
        dataset = done(session, data.save_dataset(session, reading, schema=schema, name="table", target="city"))
        yield session, dataset


STEPS = [
    {"kind": "fill-missing", "column": "age", "how": "median"},
    {"kind": "unify-levels", "column": "city"},
    {"kind": "merge-tail", "column": "city", "keep": 2},
    {"kind": "keep-rows", "column": "pay", "operator": ">", "value": -1},
    {"kind": "derive", "name": "sum", "how": "sum", "columns": ["age", "pay"]},
]


def parts(session, dataset_id):
    train = pd.read_parquet(data.table_path(session, dataset_id, "train"))
    control = pd.concat(pd.read_parquet(path) for path in data.control_paths(session, dataset_id))
    return train, control


@pytest.fixture(scope="module")
def child(made):
    session, dataset_id = made
    return done(session, preparing.start_preparing(session, dataset_id, preparing.make_recipe(STEPS)))


def test_a_recipe_makes_a_new_dataset_with_its_parent_and_leaves_the_parent_alone(made, child):
    session, dataset_id = made
    before, after = data.dataset(session, dataset_id), data.dataset(session, child)
    assert after.parent_id == dataset_id
    assert before.n_rows == 1_000
    assert after.n_rows < 1_000
    assert after.schema.names == ("row", "age", "city", "pay", "sum")
    assert after.schema["city"].type is ColumnType.CATEGORICAL
    assert after.schema["row"].type is ColumnType.CONTINUOUS, "the analyst's word on a column stands"
    assert after.schema["age"].n_missing == 0
    assert after.target == "city"
    assert session.store.verify() == []


def test_rows_keep_their_side_though_their_cells_changed(made, child):
    session, dataset_id = made
    train, control = parts(session, dataset_id)
    new_train, new_control = parts(session, child)
    assert set(new_train["row"]) <= set(train["row"])
    assert set(new_control["row"]) <= set(control["row"])
    assert len(new_train) + len(new_control) == data.dataset(session, child).n_rows
    again = done(
        session,
        preparing.start_preparing(
            session, child, preparing.make_recipe([{"kind": "drop-columns", "columns": ["pay"]}])
        ),
    )
    assert set(parts(session, again)[1]["row"]) == set(new_control["row"]), "also of a dataset made by a recipe"


def test_what_steps_learn_they_learn_from_train_rows(made, child):
    session, dataset_id = made
    train, _ = parts(session, dataset_id)
    fill, unify, merge, *_ = preparing.recipe_of(session, child).steps
    assert fill.value == train["age"].median()
    assert set(merge.kept) == {"Bern", "Basel"}
    assert unify.spellings["bern"] == "Bern"
    assert set(data.dataset(session, child).schema.names) == {"row", "age", "city", "pay", "sum"}


def test_every_step_says_what_it_did(made, child):
    session, _ = made
    outcomes = preparing.outcomes_of(session, child)
    assert [one.rows_after < one.rows_before for one in outcomes] == [False, False, False, True, False]
    assert 150 < outcomes[0].cells_changed < 250
    assert "rows" in outcomes[3].in_words
    assert outcomes[4].columns_after == 5


def test_undo_is_the_way_back_to_the_parent(made, child):
    session, dataset_id = made
    assert preparing.parent_of(session, child) == dataset_id
    assert preparing.parent_of(session, dataset_id) is None
    assert preparing.recipe_of(session, dataset_id) is None


def test_a_preview_stores_nothing_and_names_the_step_that_does_not_fit(made):
    session, dataset_id = made
    tried = preparing.preview(session, dataset_id, preparing.make_recipe(STEPS[:2]))
    assert tried.n_rows == data.dataset(session, dataset_id).n_train
    assert len(tried.outcomes) == 2
    n_datasets = len(data.datasets(session))
    wrong = preparing.make_recipe([*STEPS[:1], {"kind": "clip", "column": "city"}])
    with pytest.raises(InvalidConfig, match="Step 2"):
        preparing.preview(session, dataset_id, wrong)
    assert len(data.datasets(session)) == n_datasets


def test_a_recipe_comes_back_from_its_file(made, child, tmp_path):
    session, _ = made
    recipe = preparing.recipe_of(session, child)
    (tmp_path / "recipe.json").write_text(preparing.recipe_text(recipe), encoding="utf-8")
    assert preparing.read_recipe(tmp_path / "recipe.json") == recipe
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidConfig, match="no JSON"):
        preparing.read_recipe(tmp_path / "broken.json")
    with pytest.raises(InvalidConfig, match="no recipe"):
        preparing.read_recipe(tmp_path / "nowhere.json")


def test_a_recipe_that_leaves_no_row_fails_with_a_sentence_and_loses_nothing(made):
    from core.errors import UserError

    session, dataset_id = made
    step = {"kind": "keep-rows", "column": "pay", "operator": ">", "value": 99}
    job = preparing.start_preparing(session, dataset_id, preparing.make_recipe([step]))
    with pytest.raises(UserError, match="leaves no row"):
        done(session, job)
    assert data.dataset(session, dataset_id).n_rows == 1_000


def test_a_search_for_k_becomes_a_dataset_with_groups_of_k(made):
    session, dataset_id = made
    names = ["age", "city"]
    before = anonymising.anonymity(session, dataset_id, names, "pay").found
    assert before.k == 1
    assert before.t_closeness > 0.3
    with pytest.raises(InvalidConfig, match="must lie between 2 and"):
        anonymising.start_coarsening(session, dataset_id, names, 5_000, suppress_share=0)
    done(session, anonymising.start_coarsening(session, dataset_id, names, 5, suppress_share=0.02))
    found = anonymising.coarsening(session, dataset_id)
    assert found.steps
    child = done(session, anonymising.apply_coarsening(session, dataset_id, found))
    left = [name for name in names if name in data.dataset(session, child).schema]
    assert not left or anonymising.anonymity(session, child, left).found.k >= 5


def test_a_large_table_is_measured_in_a_job_with_the_same_numbers(made, monkeypatch):
    session, dataset_id = made
    at_once = anonymising.anonymity(session, dataset_id, ["city"], "pay").found
    monkeypatch.setattr(anonymising, "ROWS_AT_ONCE", 10)
    started = anonymising.anonymity(session, dataset_id, ["city"], "pay")
    done(session, started.job.id)
    assert anonymising.anonymity(session, dataset_id, ["city"], "pay").found == at_once
