"""Replays of more than a table and a run: remedies, recipes, inherited splits, schedules with an end, canaries."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.records import SampleRequest
from core.synthesis.preflight import Remedy
from core.workbench import (
    data,
    drifting,
    exporting,
    preflight,
    preparing,
    renewing,
    repeating,
    replaying,
    sampling,
    sessions,
    training,
)
from core.workbench.canary_plan import CanaryPlan
from core.workbench.replaying import replay
from core.workbench.sessions import Session
from tests.export.conftest import done

CONFIG = training.TrainingConfig(epochs=2, batch_size=100, threads=1)


def payments(n_rows: int, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "branch": random.integers(100, 180, n_rows),
            "amount": random.gamma(2, 30, n_rows).round(2),
            "city": random.choice(["Ulm", "Jena", "Bonn", "Trier"], n_rows, p=[0.5, 0.3, 0.15, 0.05]),
            "note": random.choice(["a", "b", "c"], n_rows),
            "late": random.choice(["yes", "no"], n_rows),
        }
    )


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, Path, list[str]]]:
    """A table, a dataset of it, and what a remedy, a recipe and another remedy made of that."""
    folder = tmp_path_factory.mktemp("replays")
    source = folder / "payments.csv"
    payments(500).to_csv(source, index=False)
    session = sessions.create_session(folder)
    reading = done(session, data.start_reading(session, source, name="payments"))
    schema = data.corrected(data.reading(session, reading).schema, {"branch": "continuous"})
    made = [done(session, data.save_dataset(session, reading, schema=schema, name="payments", target="late"))]
    made.append(
        done(session, preflight.apply_remedy(session, made[-1], Remedy(label="", column="branch", change="identifier")))
    )
    steps = [{"kind": "clip", "column": "amount", "low": 5, "high": 150}]
    made.append(done(session, preparing.start_preparing(session, made[-1], preparing.make_recipe(steps))))
    made.append(
        done(session, preflight.apply_remedy(session, made[-1], Remedy(label="", column="note", change="leave out")))
    )
    yield session, source, made
    sessions.close_session(session)


def bundle_of(session: Session, dataset_id: str, config=CONFIG, *, epoch: int | None = None, outside=False, **settings):
    run = done(session, training.start_training(session, dataset_id, config, **settings))
    request = SampleRequest(n_rows=80, seed=3)
    sample = done(session, sampling.start_sampling(session, run, request, epoch=epoch))
    return exporting.export(
        session, done(session, exporting.start_export(session, "bundle", sample, outside=outside))
    ).path


def settings_in(bundle: Path) -> tuple[dict, list[str]]:
    with zipfile.ZipFile(bundle) as archive:
        return json.loads(archive.read("settings.json")), archive.namelist()


def test_a_remedy_moves_no_row_to_the_other_side(worked):
    session, _, made = worked
    parts = [pd.read_parquet(data.table_path(session, one, "train"), columns=["amount"]) for one in made[:2]]
    assert parts[0].equals(parts[1])


def test_a_dataset_of_remedies_and_recipes_is_made_again_from_the_table_it_was_read_from(worked):
    session, source, made = worked
    settings = repeating.dataset_settings(session, made[-1], outside=True)
    sides = repeating.sides_behind(session, made[-1])
    again = replaying.dataset_again(session, settings, source, sides=(session.folder / sides).read_bytes())
    old, new = data.dataset(session, made[-1]), data.dataset(session, again)
    assert new.schema.names == old.schema.names
    for mine, theirs in zip(new.schema, old.schema, strict=True):
        assert (mine.type, mine.treatment, mine.order) == (theirs.type, theirs.treatment, theirs.order)
    for part in ("train", "control-selection", "control-report"):
        assert pd.read_parquet(data.table_path(session, again, part)).equals(
            pd.read_parquet(data.table_path(session, made[-1], part))
        )
    assert [one["kind"] for one in repeating.steps_behind(session, made[-1])] == ["clip"]


@pytest.mark.slow
@pytest.mark.parametrize("outside", [False, True])
def test_rows_of_remedies_and_recipes_are_made_again_to_the_byte(worked, tmp_path: Path, outside: bool):
    session, source, made = worked
    bundle = bundle_of(session, made[-1], outside=outside)
    settings, _ = settings_in(bundle)
    assert {one["name"]: one["treatment"] for one in settings["schema"]["columns"]}["branch"] == "regenerate"
    assert [len(stage["steps"]) for stage in settings["stages"]] == [1, 0]
    with zipfile.ZipFile(bundle) as archive:
        drawn = pd.read_csv(io.BytesIO(archive.read("data/synthetic.csv")))
        assert archive.read("split/sides.npy").startswith(b"\x93NUMPY")  # hashes of the retyped column are others
        assert "split/sides.npy" in archive.read("README.md").decode()
    assert "note" not in drawn
    outcome = replay(bundle, source, folder=tmp_path / "again")
    assert outcome.identical, outcome.differences


@pytest.mark.slow
def test_rows_of_a_newer_version_are_made_again_from_the_newer_table_alone(worked, tmp_path: Path):
    session, source, made = worked
    changed = payments(500)
    changed.loc[:49, "amount"] += 1
    newer = pd.concat([changed, payments(100, seed=2)], ignore_index=True)
    path = tmp_path / "newer.csv"
    newer.to_csv(path, index=False)
    reading = done(session, drifting.start_reading_newer(session, made[-1], path))
    version = done(session, renewing.start_version(session, made[-1], reading))
    bundle = bundle_of(session, version)
    outcome = replay(bundle, path, folder=tmp_path / "again")
    assert outcome.identical, outcome.differences
    with pytest.raises(Exception, match=r"The table has 500 rows, but the split is of 600"):
        replay(bundle, source, folder=tmp_path / "other")


@pytest.mark.slow
def test_a_schedule_with_an_end_and_canaries_are_made_again(worked, tmp_path: Path):
    session, source, made = worked
    config = dataclasses.replace(CONFIG, epochs=4, schedule="to the end", checkpoint_every=1)
    bundle = bundle_of(session, made[0], config, epoch=3, canaries=CanaryPlan(n=20))
    assert "split/sides.npy" not in settings_in(bundle)[1]  # the key alone divides this table
    outcome = replay(bundle, source, folder=tmp_path / "again")
    assert outcome.identical, outcome.differences
