"""Preflight: what it says of a table, the job that times it, and remedies that change settings or the dataset."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig
from core.schema import ColumnType, Schema, Treatment
from core.synthesis.config import TrainingConfig
from core.synthesis.preflight import Advice, Preflight, Remedy, foresee
from core.tables import as_work_frame
from core.workbench import data, preflight, sessions
from tests.synthesis.tables import column, mixed_table, small_config


def named_table(n_rows: int = 300) -> tuple[pd.DataFrame, Schema]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"name": [f"person {at}" for at in range(n_rows)], "town": rng.choice(["a", "b"], n_rows)})
    schema = Schema(columns=(column("name", ColumnType.CATEGORICAL), column("town", ColumnType.CATEGORICAL)))
    return as_work_frame(table, schema), schema


def kinds(advice: Advice) -> list[str]:
    return [one.change or next(iter(one.settings)) for one in advice.remedies]


def test_a_column_with_a_level_per_row_is_named_with_both_ways_out():
    frame, schema = named_table()
    first = foresee(frame, schema, small_config()).advice[0]
    assert "'name' has 300 levels in 300 rows" in first.message
    assert kinds(first) == ["identifier", "leave out"]
    assert not foresee(frame, schema.replacing(), small_config()).tails


def test_a_tail_is_announced_with_the_settings_and_the_column_as_remedies():
    frame, schema = named_table()
    ahead = foresee(frame, schema, small_config(max_levels=50))
    tail = next(one for one in ahead.advice if "share a bucket" in one.message)
    assert kinds(tail) == ["max_levels", "identifier", "leave out"]
    mended = foresee(frame, schema, small_config().with_settings(tail.remedies[0].settings))
    assert mended.tails == {}
    assert mended.widths["name"] == 300


def test_much_memory_counts_against_the_machine_and_offers_smaller_ways():
    frame, schema = mixed_table(400)
    ahead = foresee(frame, schema, small_config(), memory_bytes=200_000)
    assert "GB in this machine" in ahead.advice[0].message
    assert kinds(ahead.advice[0]) == ["max_levels", "batch_size"]
    smaller = small_config().with_settings(ahead.advice[0].remedies[1].settings)
    assert foresee(frame, schema, smaller, memory_bytes=200_000).n_bytes < ahead.n_bytes
    assert foresee(frame, schema, small_config(), memory_bytes=64_000_000_000).advice == ()


def test_a_batch_larger_than_the_table_is_said_with_a_smaller_one():
    frame, schema = mixed_table(40)
    first = foresee(frame, schema, small_config()).advice[0]
    assert "fewer train rows (40)" in first.message
    assert first.remedies[0].settings == {"batch_size": "10"}


def test_a_preflight_comes_back_from_json():
    frame, schema = named_table()
    ahead = foresee(frame, schema, small_config(max_levels=50))
    assert Preflight.from_json(dataclasses.asdict(ahead)) == ahead


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preflight")
    rng = np.random.default_rng(1)
    n_rows = 300
    pd.DataFrame(
        {
            "who": [f"w{at % 160}" for at in range(n_rows)],
            "age": rng.integers(18, 90, n_rows),
            "good": rng.choice(["yes", "no"], n_rows),
        }
    ).to_csv(folder / "table.csv", index=False)
    with sessions.create_session(folder) as session:
        reading = data.start_reading(session, folder / "table.csv", name="table")
        list(sessions.follow(session, reading))
        schema = data.corrected(data.reading(session, reading).schema, {"who": "categorical"})
        dataset = data.save_dataset(session, reading, schema=schema, name="table", target="good", split_seed=1)
        list(sessions.follow(session, dataset))
        yield session, dataset


def test_the_job_times_every_configuration_once_and_is_found_again(worked):
    session, dataset = worked
    config = TrainingConfig(batch_size=50, generator_layers=(16, 16), discriminator_layers=(16, 16), threads=1)
    configs = {
        "one": config,
        "longer": dataclasses.replace(config, epochs=90),
        "refused": dataclasses.replace(config, pac=50, batch_size=1000),
    }
    first = preflight.preflight(session, dataset, configs)
    assert first.checks == {}
    list(sessions.follow(session, first.job.id))
    again = preflight.preflight(session, dataset, {**configs, "one": dataclasses.replace(config, epochs=7)})
    assert again.job.id == first.job.id
    one = again.checks["one"]
    assert again.checks["longer"].seconds_per_epoch == one.seconds_per_epoch
    assert one.seconds_per_epoch > 0
    assert one.ahead.batch_size == 50
    assert one.device == "processor, 1 threads"
    assert any("'who'" in advice.message for advice in one.advice)
    other = preflight.preflight(session, dataset, {"one": dataclasses.replace(config, batch_size=60)})
    assert other.job.id != first.job.id
    list(sessions.follow(session, other.job.id))


def test_a_remedy_of_a_column_makes_a_version_of_the_dataset_with_the_same_split(worked):
    session, dataset = worked
    for change, treatment in (("identifier", Treatment.REGENERATE), ("leave out", Treatment.LEAVE_OUT)):
        made = preflight.apply_remedy(session, dataset, Remedy(label="x", column="who", change=change))
        list(sessions.follow(session, made))
        new, old = data.dataset(session, made), data.dataset(session, dataset)
        assert new.parent_id == dataset
        assert new.schema["who"].treatment is treatment
        assert new.split.key == old.split.key
        parts = [
            [pd.read_parquet(data.table_path(session, one, part)) for part in ("train", "control-report")]
            for one in (made, dataset)
        ]
        assert all(len(mine) == len(theirs) for mine, theirs in zip(*parts, strict=True))
        assert (parts[0][0]["age"].to_numpy() == parts[1][0]["age"].to_numpy()).all()


def test_the_target_cannot_be_taken_away(worked):
    session, dataset = worked
    with pytest.raises(InvalidConfig, match="target"):
        preflight.apply_remedy(session, dataset, Remedy(label="x", column="good", change="leave out"))
