"""What becomes of a whole session: comparing, drift, moving, retention, deleting with proof."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig, UnreadableFile, UserError
from core.records import MetricResult, SampleRequest
from core.workbench import (
    comparing,
    console,
    data,
    exporting,
    lineage,
    moving,
    retention,
    sampling,
    sessions,
    signing,
    stored,
)
from tests.export.conftest import Made, done


def test_the_line_of_a_sample_leads_from_the_file_to_its_exports(made: Made):
    line = lineage.line_of(made.session, made.sample)
    assert [one.kind for one in line.nodes][:4] == ["table read", "dataset", "run", "sample"]
    assert {made.dataset, made.run, made.sample} <= line.ids
    actions = [one["action"] for one in line.entries(made.session)]
    assert "save dataset" in actions
    assert "draw sample" in actions


def test_samples_are_compared_by_settings_and_by_metrics_beyond_noise(made: Made):
    second = done(made.session, sampling.start_sampling(made.session, made.run, SampleRequest(n_rows=400, seed=9)))
    found = comparing.compare_samples(made.session, [made.sample, second])
    assert {"draw: seed", "draw: conditions"} <= {one.name for one in found.settings}
    assert not any(one.name.startswith("training") for one in found.settings)
    assert found.metrics == ()  # the second was not judged
    with pytest.raises(InvalidConfig):
        comparing.compare_samples(made.session, [made.sample])


def test_numbers_are_apart_only_beyond_what_their_intervals_explain():
    one = MetricResult(metric="m", value=0.50, low=0.48, high=0.52)
    near, far = (dataclasses.replace(one, value=v, low=v - 0.02, high=v + 0.02) for v in (0.52, 0.60))
    assert not comparing.apart(one, near, 1)
    assert comparing.apart(one, far, 1)
    # half-widths .02 are errors of .0102; their difference has .0144, and .0335 is 2.32 of it: beyond 1.96, within 2.5
    between = dataclasses.replace(one, value=0.5335, low=0.5135, high=0.5535)
    assert comparing.apart(one, between, 1)
    assert not comparing.apart(one, between, 10)


def test_the_console_sees_real_and_synthetic_rows_and_the_catalogue(made: Made):
    rows = console.ask(
        made.session,
        "select (select count(*) from real_train) + (select count(*) from real_control) as real, "
        "(select count(*) from synthetic) as made, (select count(*) from training_run) as runs",
        dataset_id=made.dataset,
        sample_id=made.sample,
    ).frame.iloc[0]
    assert (rows.real, rows.made, rows.runs) == (600, 430, 1)
    console.save_query(made.session, "mine", "select 1")
    assert console.queries(made.session) == {"mine": "select 1"}
    console.delete_query(made.session, "mine")
    assert console.queries(made.session) == {}
    with pytest.raises(UserError):
        console.ask(made.session, "select * from read_csv('x.csv')")


def test_a_session_moves_as_one_file_and_a_changed_one_is_refused(made: Made, tmp_path: Path):
    path = tmp_path / "session.zip"
    moving.export_session(made.session, path)
    home = tmp_path / "elsewhere"
    home.mkdir()
    with moving.import_session(home, path) as again:
        assert [one.id for one in again.store.list_datasets()] == [made.dataset]
        assert made.sample in {one.id for one in again.store.list_samples()}
        assert again.store.verify() == []
        assert not (again.folder / "jobs" / made.run / "worker.log").exists()
    before = set(home.iterdir())
    for bad in _changed(path, tmp_path):
        with pytest.raises(UnreadableFile) as error:
            moving.import_session(home, bad)
        assert "\n" not in str(error.value)
        assert set(home.iterdir()) == before, "a refused session left something behind"


def _changed(path: Path, folder: Path) -> list[Path]:
    """Archives that are not whole: a changed table, a name that leads outside, no archive at all."""
    found = []
    for name, change in (("changed", "table"), ("outside", "name"), ("database", "file")):
        bad = folder / f"{name}.zip"
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(bad, "w") as sink:
            manifest = json.loads(source.read(moving.MANIFEST))
            for member in manifest["files"]:
                content = source.read(member)
                sink.writestr(member, content + b"x" if change == "table" and member.startswith("tables") else content)
            if change == "name":
                sink.writestr("../escaped.txt", b"x")
                manifest["files"]["../escaped.txt"] = "0" * 64
            if change == "file":
                sink.writestr("session.duckdb", b"x")
                manifest["files"]["session.duckdb"] = "0" * 64
            sink.writestr(moving.MANIFEST, json.dumps(manifest))
        found.append(bad)
    nothing = folder / "nothing.zip"
    nothing.write_bytes(b"not an archive")
    return [*found, nothing]


def test_a_retention_rule_says_when_and_deletes_what_is_due(made: Made):
    assert retention.rule(made.session) is None
    retention.set_rule(made.session, 30)
    assert retention.due(made.session) == []
    later = datetime.now(UTC) + timedelta(days=31)
    assert retention.due(made.session, later) == [made.dataset]
    with pytest.raises(InvalidConfig):
        retention.set_rule(made.session, 0)
    retention.set_rule(made.session, None)


def test_nothing_of_twenty_planted_secrets_is_left_after_deleting(tmp_path: Path):
    secrets = [f"Zq{at:02d}xenon{at * 7919}" for at in range(20)]
    table = pd.DataFrame({"level": secrets * 15, "number": range(300), "target": ["yes", "no"] * 150})
    session = sessions.create_session(tmp_path)
    try:
        source = tmp_path / "plain.csv"
        table.to_csv(source, index=False)
        with source.open("rb") as stream:
            upload = data.receive_upload(session, stream, "plain.csv")
        source.unlink()
        reading = done(session, data.start_reading(session, upload, name="plain"))
        schema = data.reading(session, reading).schema
        dataset = done(session, data.save_dataset(session, reading, schema=schema, name="plain", target="target"))
        answer = console.ask(session, "select level from real_train limit 1", dataset_id=dataset)
        assert len(answer.frame) == 1
        assert found_in(session.folder, session, secrets) == set(secrets)
        proof = stored.delete(session, dataset)
        assert proof.left == ()
        assert proof.n_files > 3
        assert found_in(session.folder, session, secrets) == set()
        last = session.store.list_audit()[-1]
        assert last.action == "tombstone"
        assert dataset in last.ids
        with pytest.raises(InvalidConfig, match="goes with"):
            stored.delete(session, reading)
    finally:
        sessions.close_session(session)
        shutil.rmtree(session.folder)


def found_in(folder: Path, session, secrets: list[str]) -> set[str]:
    """Secrets that any file of a session holds: bytes as they lie, Parquet and the catalogue decoded."""
    texts = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        texts.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            texts.append(json.dumps(pq.read_table(path).to_pylist(), default=str))
    with session.store._cursor() as cursor:
        names = [name for (name,) in cursor.execute("select table_name from information_schema.tables").fetchall()]
        texts += [str(cursor.execute(f'select * from "{name}"').fetchall()) for name in names]
    return {secret for secret in secrets if any(secret in text for text in texts)}


def test_the_checklist_speaks_of_what_was_measured_and_recorded(made: Made):
    from core.workbench.checklist import checklist

    items = {one.item: one for one in checklist(made.session, made.sample)}
    assert items["Is there a rule for how long the real table is kept?"].state == "not met"
    signing.sign_off(made.session, made.sample, purpose="A demo")
    items = {one.item: one for one in checklist(made.session, made.sample)}
    assert items["Is the purpose recorded?"].state == "met"
    assert any(one.state in ("met", "look", "not met") for item, one in items.items() if "Exact copies" in item)
    assert items["Are the rows anonymous in the sense of the law?"].state == "unknown"
    with pytest.raises(InvalidConfig):
        signing.sign_off(made.session, made.sample, decision="release")


def test_an_export_of_what_was_made_is_listed_and_goes_with_its_sample(made: Made):
    second = done(made.session, sampling.start_sampling(made.session, made.run, SampleRequest(n_rows=50, seed=4)))
    export_id = done(made.session, exporting.start_export(made.session, "data", second, format="csv"))
    path = exporting.export(made.session, export_id).path
    assert path.exists()
    proof = stored.delete(made.session, second)
    assert export_id in proof.ids
    assert not path.exists()


def test_a_catalogue_file_is_never_taken_for_a_session(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    foreign = tmp_path / "foreign.zip"
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("create table t as select 1")
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.write(tmp_path / "x.duckdb", "session.duckdb")
    with pytest.raises(UnreadableFile):
        moving.import_session(home, foreign)
    assert list(home.iterdir()) == []
