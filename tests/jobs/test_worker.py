"""The worker: what it says when something goes wrong, and that it never works beside another."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest

import core.jobs.kinds.train as kind
from core.errors import DoppelError, InvalidConfig, TrainingDiverged
from core.jobs.context import Interrupted, JobContext
from core.jobs.files import held
from core.jobs.launch import resume_job, start_job
from core.jobs.protocol import JobState, JobView, Status, read_status, write_control
from core.jobs.worker import REFUSED, failure, main
from tests.jobs.making import train_config


@pytest.fixture
def view(session: Path, by_hand) -> JobView:
    return JobView(session / "jobs" / start_job(session, "train", train_config(epochs=2)))


def failed(view: JobView, by_hand) -> Status:
    assert by_hand(view.id) == 1
    status = view.status
    assert status.state is JobState.FAILED
    assert status.state.can_resume
    assert status.ended_at is not None
    assert "Traceback" not in status.error + status.hint
    return status


def test_a_second_worker_of_the_same_job_is_refused_and_changes_nothing(view, by_hand) -> None:
    before = read_status(view.folder)
    with held(view.folder / "lock") as mine:
        assert mine
        assert by_hand(view.id) == REFUSED
    assert read_status(view.folder) == before


def test_a_folder_that_is_not_there_ends_at_once(session) -> None:
    assert main([str(session / "jobs" / "run-0123456789abcdef")]) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '"run"', '{"kind": 7}'])
def test_settings_that_cannot_be_read_are_one_sentence(view, by_hand, text) -> None:
    (view.folder / "config.json").write_text(text)
    status = failed(view, by_hand)
    assert status.error == f"The settings of the job {view.id} cannot be read."
    assert status.error_id == ""


def test_a_kind_that_does_not_exist_is_refused_without_importing_anything(view, by_hand) -> None:
    (view.folder / "config.json").write_text(json.dumps({"kind": "../../evil"}))
    assert "no kind of job called '../../evil'" in failed(view, by_hand).error


@pytest.mark.parametrize("field", ["schema", "config"])
def test_settings_with_a_part_missing_name_it(view, by_hand, field) -> None:
    config = view.config
    del config[field]
    (view.folder / "config.json").write_text(json.dumps(config))
    status = failed(view, by_hand)
    assert "incomplete or damaged" in status.error
    assert field in status.error


def test_a_setting_out_of_its_range_names_the_field(view, by_hand) -> None:
    config = view.config
    config["config"]["epochs"] = 0
    (view.folder / "config.json").write_text(json.dumps(config))
    assert failed(view, by_hand).field == "epochs"


def test_a_table_that_has_vanished_is_one_sentence_with_its_name(view, by_hand, session) -> None:
    (session / "tables" / "train.parquet").unlink()
    status = failed(view, by_hand)
    assert status.error == "The train rows of this run, tables/train.parquet, cannot be found."
    assert status.hint
    assert status.error_id == ""


def test_a_table_that_is_not_parquet_is_said_so(view, by_hand, session) -> None:
    (session / "tables" / "train.parquet").write_bytes(b"no")
    assert "cannot be read as Parquet" in failed(view, by_hand).error


@pytest.mark.parametrize("path", ["../outside.parquet", "/etc/passwd", "", None, 7, "tables/\0"])
def test_a_path_that_leads_out_of_the_session_is_refused(view, by_hand, path) -> None:
    config = view.config | {"train": path}
    (view.folder / "config.json").write_text(json.dumps(config))
    assert "outside" in (error := failed(view, by_hand).error) or "name no file" in error


def test_a_full_disk_is_said_in_words_loses_nothing_and_the_run_goes_on_when_there_is_space(
    view, by_hand, monkeypatch
) -> None:
    save = kind.save_checkpoint

    def full(*_: object) -> None:
        (view.folder / ".checkpoint-000004.1.tmp").mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    config = view.config
    config["config"] |= {"epochs": 4, "checkpoint_every": 2}
    (view.folder / "config.json").write_text(json.dumps(config))
    with monkeypatch.context() as patch:
        patch.setattr(
            kind, "save_checkpoint", lambda training, to: full() if training.epoch == 4 else save(training, to)
        )
        status = failed(view, by_hand)
    assert status.error == "The disk is full."
    assert "resume" in status.hint
    assert view.checkpoints == [2]
    assert not list(view.folder.glob(".*"))
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert view.checkpoints == [2, 4]


def test_a_disk_too_full_even_for_the_status_is_a_crash_to_readers(view, by_hand, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def began_then_full(context: JobContext) -> JobState:
        monkeypatch.setattr("core.jobs.context.write_status", full)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kind, "run", began_then_full)
    assert by_hand(view.id) == 1
    assert view.state is JobState.CRASHED


def test_an_unexpected_error_shows_an_id_and_keeps_the_traceback_for_the_log(
    view, by_hand, monkeypatch, caplog
) -> None:
    def broken(context: JobContext) -> JobState:
        raise ZeroDivisionError("secret cell 4711")

    monkeypatch.setattr(kind, "run", broken)
    status = failed(view, by_hand)
    assert re.fullmatch("[0-9a-f]{8}", status.error_id)
    assert "4711" not in status.error + status.hint
    assert "secret cell 4711" in caplog.text
    assert "Traceback" in caplog.text
    assert status.error_id in caplog.text


class OutOfMemoryError(RuntimeError):
    """As torch has one."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:119] DefaultCPUAllocator: can't allocate memory: you tried to ..."
        ),
    ],
    ids=["python", "cuda", "processor"],
)
def test_running_out_of_memory_is_said_in_words(error) -> None:
    said = failure(error)
    assert said["error"] == "The work needs more memory than there is."
    assert "batch size" in said["hint"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),  # safetensors
        OSError("[Errno 122] error writing bytes to file. Detail: Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_recognised_whoever_says_it(error) -> None:
    assert failure(error)["error"] == "The disk is full."


@pytest.mark.parametrize(
    ("error", "has_id"),
    [
        (InvalidConfig("Too small.", "Take more.", field="rows"), False),
        (TrainingDiverged("It diverged.", "Lower the rate.", epoch=3), False),
        (DoppelError("Ours, but not the analyst's.", "Look."), True),
        (ValueError("x"), True),
        (PermissionError(errno.EACCES, "Permission denied", "/somewhere/tables/a.parquet"), True),
    ],
)
def test_what_the_analyst_can_mend_is_shown_as_it_is_and_the_rest_gets_a_number(error, has_id) -> None:
    said = failure(error)
    assert bool(said.get("error_id")) is has_id
    if isinstance(error, DoppelError):
        assert said["error"] == error.message
        assert said["hint"] == error.hint
    assert said.get("field", "") == getattr(error, "field", "")
    assert "/somewhere" not in said["error"]


def test_a_stop_asked_for_before_the_work_began_ends_it_after_one_record(view, by_hand) -> None:
    write_control(view.folder, "stop")
    assert by_hand(view.id) == 0
    assert view.state is JobState.STOPPED
    assert len(view.records()) == 1


def test_work_without_checkpoints_ends_at_its_next_sign_of_progress(view) -> None:
    context = JobContext(view.folder)
    context.step(0.5, "Half")
    assert read_status(view.folder).message == "Half"
    write_control(view.folder, "pause")
    with pytest.raises(Interrupted) as interruption:
        context.step(0.6)
    assert interruption.value.state is JobState.PAUSED
    write_control(view.folder, "stop")
    with pytest.raises(Interrupted) as interruption:
        context.step(0.6)
    assert interruption.value.state is JobState.STOPPED


def test_the_last_word_stands_whoever_speaks_after_it(view) -> None:
    context = JobContext(view.folder)
    context.begin("Starting.")
    context.end(JobState.DONE)
    context.progress(0.1, "late")
    context.end(JobState.FAILED)
    assert read_status(view.folder).state is JobState.DONE
    assert read_status(view.folder).progress == 1
