"""The training job: records, checkpoints, pausing, extending; whatever interrupts it, the result is the same."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

import core.jobs.kinds.train as kind
import core.jobs.launch
from core.errors import CheckpointRejected, InvalidConfig, UserError
from core.jobs.launch import control, extend_job, resume_job, start_job, wait
from core.jobs.processes import spawn_queue
from core.jobs.protocol import JobState, JobView, write_control
from core.synthesis.checkpoint import load_model
from tests.jobs.making import eventually, make_session, measured, train_config, weights, worker_pids


@pytest.fixture
def run(session, by_hand):
    """A function that trains in this process and gives the job's view."""

    def trained(**settings) -> JobView:
        view = JobView(session / "jobs" / start_job(session, "train", train_config(**settings)))
        assert by_hand(view.id) == 0
        return view

    return trained


def interrupt_after(monkeypatch, n_records: int, request: str, view: JobView) -> None:
    """Make a request of a job once it has written its next `n_records` records."""
    record, count = kind.JobContext.record, iter(range(n_records - 1, -1, -1))

    def recorded(self, value) -> None:
        record(self, value)
        if next(count, None) == 0:
            write_control(view.folder, request)

    monkeypatch.setattr(kind.JobContext, "record", recorded)


def test_a_training_writes_a_record_per_epoch_and_keeps_the_epochs_that_it_was_asked_to(run) -> None:
    view = run(epochs=7, checkpoint_every=3)
    assert view.state is JobState.DONE
    assert [record["epoch"] for record in view.records()] == [1, 2, 3, 4, 5, 6, 7]
    assert view.checkpoints == [3, 6, 7]
    status = view.status
    assert status.progress == 1
    assert status.details["epochs_done"] == 7
    assert status.details["device"] == "processor, 1 threads"
    assert {"python", "torch", "pandas"} <= set(status.details["versions"])
    assert view.target_epochs == 7


@pytest.mark.parametrize("request_and_state", [("pause", JobState.PAUSED), ("stop", JobState.STOPPED)])
def test_paused_or_stopped_and_resumed_equals_never_interrupted(
    run, session, by_hand, monkeypatch, request_and_state
) -> None:
    request, state = request_and_state
    whole = run(epochs=6)
    view = JobView(session / "jobs" / start_job(session, "train", train_config(epochs=6)))
    with monkeypatch.context() as patch:
        interrupt_after(patch, 3, request, view)
        assert by_hand(view.id) == 0
    assert view.state is state
    assert view.state.can_resume
    assert view.checkpoints == [2, 3]
    resume_job(view.folder)
    assert view.state is JobState.WAITING
    assert by_hand(view.id) == 0
    assert view.state is JobState.DONE
    assert measured(view) == measured(whole)
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)


def test_an_interruption_in_the_middle_of_an_epoch_loses_no_step(tmp_path: Path, by_hand, session, monkeypatch) -> None:
    make_session(session, n_rows=420)  # 210 steps of 2 rows an epoch: records at 200, 210, 410, 420
    settings = train_config(epochs=2, batch_size=2, checkpoint_every=1)
    whole = JobView(session / "jobs" / start_job(session, "train", settings))
    assert by_hand(whole.id) == 0
    view = JobView(session / "jobs" / start_job(session, "train", settings))
    with monkeypatch.context() as patch:
        interrupt_after(patch, 3, "pause", view)
        assert by_hand(view.id) == 0
    assert view.state is JobState.PAUSED
    assert view.latest_checkpoint.name == "partial-000001-000000410"
    assert view.checkpoints == [1]
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert measured(view) == measured(whole)
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)
    assert not list(view.folder.glob("partial-*"))


def test_extending_a_finished_run_equals_having_asked_for_more(run, session, by_hand) -> None:
    whole = run(epochs=6)
    view = run(epochs=4)
    with pytest.raises(UserError, match="nothing to resume"):
        resume_job(view.folder)
    extend_job(view.folder, 2)
    assert view.state is JobState.WAITING
    assert view.target_epochs == 6
    assert by_hand(view.id) == 0
    assert view.state is JobState.DONE
    assert measured(view) == measured(whole)
    model, other = (path.latest_checkpoint / "model.safetensors" for path in (view, whole))
    assert model.read_bytes() == other.read_bytes()


def test_extending_a_run_that_still_trains_lengthens_it(session, by_hand, monkeypatch) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config(epochs=3)))
    record = kind.JobContext.record

    def recorded(self, value) -> None:
        record(self, value)
        if value["epoch"] in (2, 3):
            control(view.folder, "extend:1")

    monkeypatch.setattr(kind.JobContext, "record", recorded)
    assert by_hand(view.id) == 0
    assert [one["epoch"] for one in view.records()] == [1, 2, 3, 4, 5]
    assert view.target_epochs == 5


@pytest.mark.parametrize("epochs", [0, -1, 1_000_000, "3", None])
def test_an_extension_by_anything_but_a_number_of_epochs_is_refused(run, epochs) -> None:
    view = run(epochs=1)
    with pytest.raises(InvalidConfig):
        extend_job(view.folder, epochs)
    assert view.target_epochs == 1


def test_an_extension_is_never_lost_whenever_it_comes(session, by_hand) -> None:
    """Asked for at random moments around the end of a training, it is either trained or the job waits to train it."""
    view = JobView(session / "jobs" / start_job(session, "train", train_config(epochs=2)))
    generator = random.Random(1)
    worker = threading.Thread(target=by_hand, args=(view.id,))
    worker.start()
    for _ in range(4):
        time.sleep(generator.uniform(0, 0.3))
        extend_job(view.folder, 1)
    worker.join()
    while view.state is JobState.WAITING:
        assert by_hand(view.id) == 0
    assert view.state is JobState.DONE
    assert [one["epoch"] for one in view.records()] == [1, 2, 3, 4, 5, 6]


def test_records_beyond_the_checkpoint_and_half_a_line_are_dropped_before_going_on(
    run, session, by_hand, monkeypatch
) -> None:
    whole = run(epochs=6)
    view = JobView(session / "jobs" / start_job(session, "train", train_config(epochs=6)))
    with monkeypatch.context() as patch:
        interrupt_after(patch, 4, "pause", view)
        assert by_hand(view.id) == 0
    with open(view.folder / "metrics.jsonl", "ab") as file:  # what a kill leaves behind
        file.write(json.dumps(view.records()[-1] | {"epoch": 5, "step": 75}).encode() + b'\n{"epoch":6,"st')
    (view.folder / ".checkpoint-000006.77.tmp").mkdir()
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert measured(view) == measured(whole)
    assert not list(view.folder.glob(".checkpoint*"))


def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_it_taken(run, by_hand) -> None:
    whole = run(epochs=6)
    view = run(epochs=4)
    (view.folder / "checkpoint-000004" / "state.safetensors").write_bytes(b"damaged")
    extend_job(view.folder, 2)
    assert by_hand(view.id) == 0
    assert view.state is JobState.DONE
    assert measured(view) == measured(whole)
    assert (view.folder / "rejected-checkpoint-000004").is_dir()
    assert view.checkpoints == [2, 4, 6]


def test_when_no_checkpoint_can_be_used_the_run_says_so_and_keeps_its_curves(run, by_hand) -> None:
    view = run(epochs=2)
    before = measured(view)
    (view.folder / "checkpoint-000002" / "meta.json").write_text("{}")
    extend_job(view.folder, 2)
    assert by_hand(view.id) == 1
    status = view.status
    assert status.state is JobState.FAILED
    assert status.error.startswith("No checkpoint of this run can be used.")
    assert measured(view) == before


def test_checkpoints_keep_to_their_disk_budget(session, by_hand) -> None:
    config = train_config(epochs=12, checkpoint_every=1) | {"checkpoint_bytes": 1}
    view = JobView(session / "jobs" / start_job(session, "train", config))
    assert by_hand(view.id) == 0
    assert view.checkpoints == [12]
    assert load_model(view.latest_checkpoint).epoch == 12


def test_a_checkpoint_of_another_table_is_refused_in_words(run, session, by_hand) -> None:
    view = run(epochs=2)
    make_session(session, n_rows=200)
    extend_job(view.folder, 1)
    assert by_hand(view.id) == 1
    assert "200" in view.status.error or "300 rows" in view.status.error


@pytest.mark.parametrize(("n_kills", "epochs"), [(3, 40), pytest.param(50, 300, marks=pytest.mark.slow)])
def test_killed_at_random_moments_it_is_seen_at_once_and_resumes_to_the_same_result(
    session, run, monkeypatch, n_kills, epochs
) -> None:
    """Kills of a real, detached worker; each is seen within two seconds, and nothing of them remains."""
    generator = random.Random(int(os.environ.get("DOPPEL_TEST_SEED", "20261122")))
    settings = {"epochs": epochs, "checkpoint_every": 5, "batch_size": 60}
    whole = run(**settings)
    # `run` trained in this process with the queue switched off; from here on the real one works.
    monkeypatch.setattr(core.jobs.launch, "spawn_queue", spawn_queue)
    view = JobView(session / "jobs" / start_job(session, "train", train_config(**settings)))
    for kill_at in sorted(generator.sample(range(1, epochs - 5), n_kills)):
        eventually(lambda n=kill_at: len(view.records()) >= n or view.state.is_over, seconds=300, poll=0.002)
        assert view.state is JobState.RUNNING
        os.kill(view.status.pid, signal.SIGKILL)
        killed = time.monotonic()
        eventually(lambda: view.state is JobState.CRASHED, seconds=2, poll=0.01)
        assert time.monotonic() - killed < 2
        assert "resume" in view.status.hint.lower()
        resume_job(view.folder)
    assert wait(view.folder, timeout=300, poll=0.05) is JobState.DONE
    assert measured(view) == measured(whole)
    assert view.checkpoints == whole.checkpoints
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)


def test_sigterm_is_a_clean_pause_with_a_checkpoint(session) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config(epochs=5000)))
    eventually(lambda: len(view.records()) >= 3, seconds=300)
    os.kill(view.status.pid, signal.SIGTERM)
    eventually(lambda: view.state is JobState.PAUSED, seconds=120)
    eventually(lambda: not worker_pids(view), seconds=120)
    assert view.latest_checkpoint is not None
    assert view.latest_checkpoint.name == f"checkpoint-{view.records()[-1]['epoch']:06d}"


def test_a_checkpoint_made_for_other_columns_is_rejected() -> None:
    with pytest.raises(CheckpointRejected):
        load_model(Path("nowhere"))


def test_a_warm_start_begins_with_the_weights_of_an_earlier_run_and_resumes_like_any_other(
    run, session, by_hand, monkeypatch
) -> None:
    earlier = run(epochs=6)
    config = train_config(epochs=4) | {
        "warm_start": {"checkpoint": f"jobs/{earlier.id}/checkpoint-000006", "run_id": earlier.id, "epoch": 6}
    }
    whole = JobView(session / "jobs" / start_job(session, "train", config))
    assert by_hand(whole.id) == 0
    assert whole.status.details["warm_start"] == {"notes": []}
    assert whole.records()[0]["conditional_loss"] < earlier.records()[0]["conditional_loss"]
    view = JobView(session / "jobs" / start_job(session, "train", config))
    with monkeypatch.context() as patch:
        interrupt_after(patch, 2, "pause", view)
        assert by_hand(view.id) == 0
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert measured(view) == measured(whole)
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)


def test_a_warm_start_from_a_checkpoint_that_is_gone_says_so(session, by_hand) -> None:
    config = train_config() | {"warm_start": {"checkpoint": "jobs/run-0123456789abcdef/checkpoint-000001"}}
    view = JobView(session / "jobs" / start_job(session, "train", config))
    assert by_hand(view.id) == 1
    assert view.status.error.startswith("The checkpoint that this run starts from")
