"""A newer version of a table: what it inherits, which rows stay control rows, and training on from older weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.constraints import Constraint
from core.dataset import SplitSpec, split_rows
from core.errors import InvalidConfig, UnknownId
from core.jobs.keeping_sides import known_rows
from core.jobs.preparing import newer_schema
from core.profiling.infer import infer_schema
from core.schema import Column, ColumnType, Storage, Treatment
from core.tables import read_frame
from core.workbench import (
    constraining,
    data,
    drifting,
    lineage,
    preparing,
    renewing,
    repeating,
    sampling,
    sessions,
    stored,
    training,
    versions,
)
from tests.export.conftest import TARGET, Made, done, hostile_table


def stored_table(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_parquet(path, index=False)
    return path


def control_cells(session, dataset_id: str, columns: list[str]) -> set[tuple]:
    paths = data.control_paths(session, dataset_id)
    return {tuple(row) for path in paths for row in pd.read_parquet(path, columns=columns).astype(str).to_numpy()}


def train_cells(session, dataset_id: str, columns: list[str]) -> set[tuple]:
    path = data.table_path(session, dataset_id, "train")
    return set(map(tuple, pd.read_parquet(path, columns=columns).astype(str).to_numpy()))


def test_rows_keep_their_side_when_columns_come_and_go(tmp_path: Path):
    random = np.random.default_rng(1)
    older = pd.DataFrame(
        {"a": random.normal(size=500).round(6), "b": random.choice(["x", "y"], 500), "gone": range(500)}
    )
    table = stored_table(older, tmp_path / "older.parquet")
    older_schema = infer_schema(table)
    spec = split_rows(read_frame(table, older_schema), SplitSpec(key="0" * 32)).spec
    before = split_rows(read_frame(table, older_schema), spec)
    sides = np.where(before.is_control, np.where(before.is_report_half, 2, 1), 0)
    shuffled = older.drop(columns="gone").assign(new=random.integers(0, 9, 500)).sample(frac=1, random_state=2)
    extra = shuffled.assign(a=lambda frame: frame["a"] + 1)
    newer = pd.concat([shuffled, extra], ignore_index=True)
    path = stored_table(newer, tmp_path / "newer.parquet")
    schema = infer_schema(path)
    frame = read_frame(path, schema)
    by_hash = split_rows(frame, spec)
    split, kept = known_rows(frame, schema, table, older_schema, sides, by_hash)
    assert (kept.n_known, kept.n_changed, kept.n_gone_train) == (500, 0, 0)
    assert kept.n_new_control == split.is_control[500:].sum()
    order = shuffled.index.to_numpy()
    assert (split.is_control[:500] == before.is_control[order]).all()
    assert (split.is_report_half[:500] == before.is_report_half[order]).all()
    # the hash alone, of other cells, would have moved about 2 * .2 * .8 of the rows
    assert (by_hash.is_control[:500] != before.is_control[order]).mean() > 0.2
    assert 0.1 < split.is_control[500:].mean() < 0.3


def divided(older: pd.DataFrame, newer: pd.DataFrame, folder: Path, **settings):
    """Both tables divided, the newer one with the sides of the older one; and what was recognised."""
    paths = [stored_table(frame, folder / f"{name}.parquet") for name, frame in (("older", older), ("newer", newer))]
    schemas = [infer_schema(path) for path in paths]
    spec = SplitSpec(key="0" * 32, control_share=0.3, **settings)
    before = split_rows(read_frame(paths[0], schemas[0]), spec)
    sides = np.where(before.is_control, np.where(before.is_report_half, 2, 1), 0)
    frame = read_frame(paths[1], schemas[1])
    by_hash = split_rows(frame, before.spec)
    split, kept = known_rows(frame, schemas[1], paths[0], schemas[0], sides, by_hash)
    return sides, np.where(split.is_control, np.where(split.is_report_half, 2, 1), 0), kept


def people(n_rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "income": random.normal(40_000, 9_000, n_rows).round(2),
            "debt": random.normal(9_000, 900, n_rows).round(2),
            "town": random.choice(["Ulm", "Jena", "Bonn"], n_rows),
        }
    )


def test_a_row_of_which_one_cell_changed_stays_on_its_side(tmp_path: Path):
    older = people()
    newer = older.copy()
    newer.loc[:99, "income"] += 0.01
    newer.loc[100:149, "town"] = "Trier"
    before, after, kept = divided(older, newer, tmp_path)
    assert (before == after).all()
    assert (kept.n_known, kept.n_changed, kept.n_gone_train, kept.n_new_control) == (250, 150, 0, 0)


def test_rows_without_an_entity_keep_their_sides_each_by_itself(tmp_path: Path):
    who = [f"P-{row // 4:03d}" if row < 200 else None for row in range(400)]
    older = people().assign(who=who)
    newer = older.copy()
    newer.loc[:249, "income"] += 1  # all rows of entities, and 50 that name none
    newer = newer.sample(frac=1, random_state=5)
    before, after, kept = divided(older, newer, tmp_path, group="who", lone=True)
    assert (before[newer.index] == after).all()
    assert (kept.n_known, kept.n_changed, kept.n_gone_train, kept.n_new_control) == (350, 50, 0, 0)
    assert 0.2 < (before[200:] > 0).mean() < 0.4


def test_entities_keep_their_sides_where_only_the_newer_version_has_rows_without_one(tmp_path: Path):
    older = people(200).assign(who=[f"P-{row // 4:03d}" for row in range(200)], id=[f"A-{n:04d}" for n in range(200)])
    newer = pd.concat([older, people(50).assign(who=None, id=[f"B-{n:04d}" for n in range(50)])], ignore_index=True)
    before, after, kept = divided(older, newer, tmp_path, group="who", lone=True)
    assert (before == after[:200]).all()
    assert (kept.n_known, kept.n_changed) == (200, 0)
    assert 0 < (after[200:] > 0).mean() < 1


def test_a_row_like_several_older_ones_is_not_taken_for_one_of_them(tmp_path: Path):
    older = pd.DataFrame({"town": ["Ulm", "Jena"] * 100, "size": [1, 2, 3, 4, 5] * 40})
    newer = pd.concat([older, pd.DataFrame({"town": ["Bonn"] * 50, "size": [1] * 50})]).iloc[20:]
    _, _, kept = divided(older, newer, tmp_path)
    assert (kept.n_known, kept.n_changed) == (180, 0)


def test_a_row_with_a_known_identifier_stays_on_its_side_whatever_else_changed(tmp_path: Path):
    numbers = np.random.default_rng(8).permutation(400)
    older = people().assign(id=[f"C-{number:05d}" for number in numbers])
    newer = older.assign(income=older["income"] + 1, debt=older["debt"] + 1).sample(frac=1, random_state=3)
    before, after, kept = divided(older, newer, tmp_path)
    assert (before[newer.index] == after).all()
    assert (kept.n_known, kept.n_changed, kept.n_gone_train) == (0, 400, 0)


def test_an_entity_stays_on_its_side_where_its_stratum_changes(tmp_path: Path):
    older = people().assign(who=[f"P-{at // 4:04d}" for at in range(400)], good="yes")
    older.loc[:19, "good"] = "no"
    newer = older.assign(good=np.where(np.arange(400) % 9 == 0, "no", "yes"), income=older["income"] * 2)
    before, after, kept = divided(older, newer, tmp_path, group="who", stratify="good")
    assert (before == after).all()
    assert (kept.n_known, kept.n_gone_train, kept.n_new_control) == (400, 0, 0)


def test_rows_changed_beyond_recognition_are_counted(tmp_path: Path):
    older = people()
    newer = older.assign(income=older["income"] + 1, debt=older["debt"] + 1)
    before, after, kept = divided(older, newer, tmp_path)
    assert (kept.n_known, kept.n_changed, kept.n_gone_train) == (0, 0, (before == 0).sum())
    assert kept.n_new_control == (after > 0).sum() > 80
    assert ((before == 0) & (after > 0)).any()  # the hash alone moves rows across, which has to be said


def column(**settings) -> Column:
    return Column(**{"name": "c", "reason": "", "type": ColumnType.CATEGORICAL, "storage": Storage.TEXT} | settings)


def schema_of(*columns: Column):
    from core.schema import Schema

    return Schema(columns=columns)


@pytest.mark.parametrize(
    ("before", "found", "kind", "treatment"),
    [
        # the analyst's word stands
        (column(), column(type=ColumnType.IDENTIFIER, treatment=Treatment.REGENERATE), "categorical", "model"),
        # three values are no boolean any longer
        (column(type=ColumnType.BOOLEAN), column(n_levels=3), "categorical", "model"),
        # numbers became words: the column was kept out and stays out
        (
            column(type=ColumnType.CONTINUOUS, storage=Storage.INTEGER, treatment=Treatment.LEAVE_OUT),
            column(n_levels=5), "categorical", "leave out",
        ),
        (
            column(type=ColumnType.CONTINUOUS, storage=Storage.INTEGER, treatment=Treatment.REGENERATE),
            column(n_levels=5), "categorical", "leave out",
        ),
    ],
)  # fmt: skip
def test_a_newer_column_is_what_the_older_one_was_where_it_can_be(before, found, kind, treatment):
    made = newer_schema(schema_of(found), schema_of(before))["c"]
    assert (str(made.type), str(made.treatment)) == (kind, treatment)


def test_digits_and_orders_grow_with_a_newer_version():
    before = column(type=ColumnType.CONTINUOUS, storage=Storage.DECIMAL, decimals=1)
    found = column(type=ColumnType.CONTINUOUS, storage=Storage.DECIMAL, decimals=3)
    assert newer_schema(schema_of(found), schema_of(before))["c"].decimals == 3
    before, found = (column(type=ColumnType.ORDINAL, order=order) for order in (("low", "high"), ("high", "top")))
    assert newer_schema(schema_of(found), schema_of(before))["c"].order == ("low", "high", "top")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """A dataset with hostile names and a run on it."""
    folder = tmp_path_factory.mktemp("newer")
    session = sessions.create_session(folder)
    source = folder / "hostile.csv"
    hostile_table().to_csv(source, index=False)
    reading = done(session, data.start_reading(session, source, name="hostile"))
    schema = data.reading(session, reading).schema
    dataset = done(
        session, data.save_dataset(session, reading, schema=schema, name="hostile", target=TARGET, split_seed=1)
    )
    config = training.TrainingConfig(epochs=2, batch_size=100, threads=1, checkpoint_every=1, seed=1)
    run = done(session, training.start_training(session, dataset, config))
    yield Made(session=session, source=source, dataset=dataset, run=run, sample="")
    sessions.close_session(session)


@pytest.fixture(scope="module")
def renewed(made: Made, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A newer version with a new level, a new column and a lost one, and its comparison with the older one."""
    table = hostile_table()
    newer = pd.concat([table, hostile_table(900).tail(300)], ignore_index=True)
    newer.iloc[600:, 2] = "a level that is new"
    newer = newer.drop(columns="when").assign(added=np.arange(900) % 7)
    path = tmp_path_factory.mktemp("newer") / "newer.csv"
    newer.to_csv(path, index=False)
    assert drifting.stage(made.session, made.dataset) is None
    drifting.start_reading_newer(made.session, made.dataset, path)
    found = []
    for _ in range(3):
        stage = drifting.stage(made.session, made.dataset)
        found.append(stage.name)
        done(made.session, stage.job.id)
        if stage.next is None:
            break
        key = stage.next()
    assert found == ["Reading the newer table", "Storing the newer version", "Comparing the tables"]
    return drifting.drift(made.session, key).newer_id, key


def test_a_newer_version_inherits_types_split_and_target(made: Made, renewed: tuple[str, str]):
    before, after = data.dataset(made.session, made.dataset), data.dataset(made.session, renewed[0])
    assert after.target == before.target
    assert after.split.key == before.split.key
    assert after.name.endswith(", version 2")
    shared = [name for name in before.schema.names if name in after.schema]
    assert [after.schema[name].type for name in shared] == [before.schema[name].type for name in shared]
    assert after.n_rows == after.n_train + after.n_control == 900
    controls = control_cells(made.session, made.dataset, shared)
    trained = train_cells(made.session, renewed[0], shared)
    assert not controls & trained
    assert controls <= control_cells(made.session, renewed[0], shared)
    facts = json.loads((made.session.folder / "jobs" / renewed[0] / "dataset.json").read_text(encoding="utf-8"))
    inherited = facts["inherited"]
    n_new_control = inherited.pop("n_new_control")
    assert inherited == {"from": made.dataset, "n_known": 600, "n_changed": 0, "n_gone_train": 0}
    assert n_new_control == after.n_control - before.n_control
    assert made.session.store.verify() == []


def test_drift_names_columns_that_came_and_went_and_compares_the_others(made: Made, renewed: tuple[str, str]):
    found = drifting.drift(made.session, renewed[1])
    told = drifting.changes(made.session, made.dataset, renewed[0])
    assert told[:2] == ["Gone: when.", "New: added."]
    assert told[2].startswith("600 rows are as they were and keep their side of the split; ")
    assert "gone" not in told[2]
    assert "when" not in {one.column for one, _ in found.columns}
    moved = {one.column: one.moved for one, _ in found.columns}
    changed = found.columns[0][0].column
    assert changed == hostile_table(1).columns[2]
    assert moved.pop(changed) == "much"  # a third of the rows have the new level
    assert set(moved.values()) <= {"within chance", "little", "some"}
    assert "Train again" in found.sentence
    assert found.detection.value > 0.6
    assert "an older and a newer row" in found.detection.explanation
    assert set(found.detection.anchors) <= {"chance", "control rows"}
    assert [one.id for one in drifting.drifts(made.session, made.dataset)] == [renewed[1]]


def test_one_click_trains_on_from_the_older_weights_with_the_same_settings(made: Made, renewed: tuple[str, str]):
    before = training.run(made.session, made.run)
    started = done(made.session, renewing.retrain(made.session, renewed[0], made.run))
    after = training.run(made.session, started)
    assert after.config == before.config
    assert after.dataset_id == renewed[0]
    assert after.warm_start["run_id"] == made.run
    told = " ".join(after.warm_start["notes"])
    assert "New, and learned from the start: added." in told
    assert "New levels or modes" in told
    assert "Columns that are gone: when." in told
    assert "divided otherwise" not in told  # control rows stayed control rows
    assert after.epochs_done == before.epochs_done
    assert {made.run, made.dataset, renewed[0]} <= lineage.line_of(made.session, started).ids
    request = sampling.SampleRequest(n_rows=50, seed=1)
    sample = done(made.session, sampling.start_sampling(made.session, started, request))
    assert "weights of another run" in repeating.why_not(made.session, sample, outside=False)
    assert after.warm_start["control_note"] == ""  # every older train row was found again


def test_versions_of_one_table_are_listed_with_their_origin_and_can_be_gone_back_to(
    made: Made, renewed: tuple[str, str]
):
    found = versions.versions(made.session, renewed[0])
    assert versions.versions(made.session, made.dataset) == found
    tables = {one.id: one for one in found if one.kind == "dataset"}
    assert tables[made.dataset].origin == "Read from a file"
    assert tables[renewed[0]].origin == f"Newer table in place of dataset {made.dataset[-4:]}"
    assert tables[renewed[0]].number > tables[made.dataset].number == 1
    run = next(one for one in found if one.id == made.run)
    assert run.line == {"dataset": made.dataset, "run": made.run}
    back = versions.go_back(made.session, made.run, leaving={"dataset": renewed[0], "run": None})
    assert back == {"dataset": made.dataset, "run": made.run, "sample": None}
    last = made.session.store.list_audit()[-1]
    assert (last.action, last.ids) == ("go back to version", (made.run, renewed[0]))
    for bad in ("dataset-0000000000000000", "run-0000000000000000", "reading-0000000000000000", "../x"):
        with pytest.raises(UnknownId):
            versions.go_back(made.session, bad, leaving={})


def test_a_prepared_dataset_is_renewed_by_its_own_recipe(made: Made, tmp_path: Path):
    number = hostile_table().columns[0]
    steps = [{"kind": "clip", "column": number, "low": -5, "high": 5}]
    prepared = done(made.session, preparing.start_preparing(made.session, made.dataset, preparing.make_recipe(steps)))
    path = tmp_path / "newer.csv"
    hostile_table(800).to_csv(path, index=False)
    reading = done(made.session, drifting.start_reading_newer(made.session, prepared, path))
    newer = done(made.session, renewing.start_version(made.session, prepared, reading))
    found = data.dataset(made.session, newer)
    assert found.n_rows == 800
    assert preparing.recipe_of(made.session, newer) is not None
    frame = pd.read_parquet(data.table_path(made.session, newer, "train"))
    assert frame[number].abs().max() == 5
    assert found.split.key == data.dataset(made.session, made.dataset).split.key
    assert [view.id for view in renewing.versions_of(made.session, newer)] == [newer, prepared]


def test_constraints_go_along_where_they_hold_and_are_named_where_not(made: Made, tmp_path: Path):
    table = pd.DataFrame({"low": np.arange(300) % 50, "target": ["yes", "no"] * 150})
    table["high"] = table["low"] + 1 + np.arange(300) % 3
    path = tmp_path / "plain.csv"
    table.to_csv(path, index=False)
    session = made.session
    reading = done(session, data.start_reading(session, path, name="plain"))
    schema = data.corrected(data.reading(session, reading).schema, {"low": "continuous", "high": "continuous"})
    older = done(session, data.save_dataset(session, reading, schema=schema, name="plain", split_seed=1))
    rule = Constraint(kind="inequality", columns=("low", "high"))
    constraining.accept(session, older, rule)
    for broken in (False, True):
        if broken:
            table["high"] = table["low"] - 1
        path = tmp_path / f"newer-{broken}.csv"
        table.to_csv(path, index=False)
        reading = done(session, drifting.start_reading_newer(session, older, path))
        newer = done(session, renewing.start_version(session, older, reading))
        left_out = constraining.inherited(session, newer).dropped
        assert constraining.accepted(session, newer) == ([] if broken else [rule])
        assert [one for one, _ in left_out] == ([rule] if broken else [])


def test_a_table_that_shares_nothing_is_refused(made: Made, tmp_path: Path):
    path = tmp_path / "other.csv"
    pd.DataFrame({"elsewhere": range(50), "unknown": ["a", "b"] * 25}).to_csv(path, index=False)
    reading = done(made.session, drifting.start_reading_newer(made.session, made.dataset, path))
    with pytest.raises(InvalidConfig, match="shares no modelled column"):
        renewing.start_version(made.session, made.dataset, reading)


def test_deleting_the_older_rows_deletes_the_weights_that_learned_them(made: Made, renewed: tuple[str, str]):
    runs = [one.id for one in training.runs(made.session, renewed[0])]
    assert runs
    proof = stored.delete(made.session, made.run)
    assert set(runs) <= set(proof.ids)
    assert renewed[0] in {one.id for one in data.datasets(made.session)}
