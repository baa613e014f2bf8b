"""What readers make of a job's files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.errors import InvalidConfig, StoreError, UnknownId
from core.jobs.files import held
from core.jobs.ids import new_id
from core.jobs.launch import control, resume_job, start_job
from core.jobs.protocol import JobState, JobView, Status, list_jobs, read_control, read_status, write_status
from core.jobs.reports import item_record, items_of, report_of
from core.records import ColumnPicture, CorrelationPicture, DistanceCurve, MetricResult
from tests.jobs.making import train_config


@pytest.fixture
def view(session: Path, by_hand) -> JobView:
    return JobView(session / "jobs" / start_job(session, "train", train_config()))


def written(view: JobView, state: JobState) -> None:
    write_status(view.folder, dataclasses.replace(read_status(view.folder), state=state))


def test_a_new_job_waits_with_its_settings_for_this_user_alone(view, session) -> None:
    assert view.state is JobState.WAITING
    assert view.kind == "train"
    assert view.config["threads"] == 1
    assert view.folder.stat().st_mode & 0o777 == 0o700
    assert [one.id for one in list_jobs(session)] == [view.id]


def test_threads_are_settled_at_the_start_since_a_resumption_needs_as_many(session, by_hand) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config(threads=0)))
    assert view.config["threads"] >= 1


def test_running_with_a_free_lock_is_crashed_and_with_a_held_one_it_runs(view) -> None:
    written(view, JobState.RUNNING)
    assert view.state is JobState.CRASHED
    assert view.status.error
    assert view.status.hint
    with held(view.folder / "lock"):
        assert view.state is JobState.RUNNING


@pytest.mark.parametrize(("asked", "alive", "dead"), [("pause", "pausing", "crashed"), ("stop", "stopping", "stopped")])
def test_what_was_asked_of_a_running_job_shows_in_its_state(view, asked, alive, dead) -> None:
    written(view, JobState.RUNNING)
    control(view.folder, asked)
    with held(view.folder / "lock"):
        assert view.state == alive
    assert view.state == dead


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.STOPPED, JobState.DONE, JobState.FAILED])
def test_a_state_that_is_over_stands_whatever_the_lock_says(view, state) -> None:
    written(view, state)
    assert view.state is state
    with held(view.folder / "lock"):
        assert view.state is state


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state":"flying"}', b'{"progress":1}', b"\xff"])
def test_a_status_that_cannot_be_read_is_a_crash_and_can_be_resumed(view, content) -> None:
    (view.folder / "status.json").write_bytes(content)
    assert view.state is JobState.CRASHED
    resume_job(view.folder)
    assert view.state is JobState.WAITING


@pytest.mark.parametrize(
    "asked", ["", "quit", "extend:", "extend:0", "extend:-1", "extend:1e3", "extend:9999999", "stop\n"]
)
def test_requests_that_there_are_not_are_refused(view, asked) -> None:
    with pytest.raises(InvalidConfig):
        control(view.folder, asked)
    assert read_control(view.folder) == "run"


def test_a_control_file_with_anything_else_in_it_means_run(view) -> None:
    (view.folder / "control").write_bytes(b"\xff\xfe")
    assert view.control == "run"
    (view.folder / "control").write_text("rm -rf")
    assert view.control == "run"


def test_extensions_add_up(view) -> None:
    control(view.folder, "extend:3")
    control(view.folder, "extend:4")
    assert view.target_epochs == 6 + 7
    (view.folder / "extension").write_text("many")
    assert view.target_epochs == 6


def test_a_job_is_started_once(session, by_hand) -> None:
    job_id = new_id("run")
    start_job(session, "train", train_config(), job_id=job_id)
    with pytest.raises(StoreError, match="has been started before"):
        start_job(session, "train", train_config(epochs=9), job_id=job_id)
    assert JobView(session / "jobs" / job_id).target_epochs == 6
    assert [path.name for path in (session / "jobs").iterdir()] == [job_id]


def test_a_job_of_one_kind_takes_no_id_of_another(session, by_hand) -> None:
    with pytest.raises(UnknownId):
        start_job(session, "train", train_config(), job_id=new_id("sample"))
    with pytest.raises(UnknownId):
        start_job(session, "train", train_config(), after=["../../etc"])
    with pytest.raises(InvalidConfig):
        start_job(session, "bake", {})
    assert list_jobs(session) == []


def test_resuming_what_waits_or_works_changes_nothing(view) -> None:
    resume_job(view.folder)
    assert view.state is JobState.WAITING
    written(view, JobState.RUNNING)
    with held(view.folder / "lock"):
        resume_job(view.folder)
        assert view.state is JobState.RUNNING
        control(view.folder, "pause")
        resume_job(view.folder)  # thought better of it
        assert view.state is JobState.RUNNING


def test_a_status_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    assert Status.from_json({"state": "done", "progress": 1.0, "weather": "fine"}).state is JobState.DONE


ITEMS = [
    MetricResult(metric="column_shapes", value=0.9, anchors={"control": 0.99}, counts={"n": 4}),
    ColumnPicture(column="age", type="continuous", edges=(0.0, 1.0), real=(3,), synthetic=(4,)),
    CorrelationPicture(
        columns=("a", "b"), kind="r", real=((1.0, None), (None, 1.0)), synthetic=((1.0, 0.5), (0.5, 1.0))
    ),
    DistanceCurve(name="dcr", label="distance", grid=(0.0, 0.5), series={"train": (0.1, 1.0)}),
]


def test_what_an_evaluation_finds_survives_its_records(session, by_hand) -> None:
    assert items_of([item_record(item) for item in ITEMS]) == ITEMS
    assert items_of([{"step": 1}, {"type": "unknown", "value": {}}]) == []
    view = JobView(session / "jobs" / start_job(session, "evaluate", {}))
    assert report_of(view) is None
