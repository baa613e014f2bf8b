"""The queue: order, lanes, dependencies, escalation, and that it needs nobody to watch it."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import core.jobs.queue
from core.jobs.files import held, is_locked
from core.jobs.launch import control, end_jobs, ensure_runner, resume_job, start_job, wait
from core.jobs.processes import ROOT, all_cores, signal_worker
from core.jobs.protocol import STEER_LOCK, JobState, JobView, now, read_status, write_status
from core.jobs.queue import QUEUE_LOCK, Queue, lane, threads_for
from tests.jobs.making import eventually, queue_pids, train_config

DEAF = """
import signal, sys, time
from pathlib import Path
import dataclasses, os
from core.jobs.files import held
from core.jobs.protocol import JobState, read_status, write_status
signal.signal(signal.SIGTERM, signal.SIG_IGN if {deaf} else signal.SIG_DFL)
folder = Path({folder!r})
with held(folder / "lock"):
    write_status(folder, dataclasses.replace(read_status(folder), state=JobState.RUNNING, pid=os.getpid()))
    print("here", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Ids of jobs for which a queue of this process started a worker; what it starts only sleeps."""
    ids: list[str] = []

    def spawn(folder: Path, threads: int) -> subprocess.Popen:
        ids.append(folder.name)
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    monkeypatch.setattr(core.jobs.queue, "spawn_worker", spawn)
    monkeypatch.setattr("core.jobs.launch.spawn_queue", lambda session: None)
    return ids


@pytest.fixture
def queue(session, started):
    """A queue of this process; the workers it has started are killed at the end."""
    queue = Queue(session, stop_seconds=0.3)
    yield queue
    for child in queue.children.values():
        child.process.kill()
        child.process.wait()


def sleeper(view: JobView, *, deaf: bool) -> subprocess.Popen:
    """A worker that holds the lock and works on nothing."""
    program = DEAF.format(deaf=deaf, folder=str(view.folder))
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert process.stdout.readline().strip() == "here"
    process.stdout.close()
    return process


def test_one_training_at_a_time_and_other_lanes_beside_it(session, queue, started) -> None:
    first = start_job(session, "train", train_config())
    second = start_job(session, "train", train_config())
    evaluation = start_job(session, "evaluate", {})
    reading = start_job(session, "read", {})
    assert queue.look()
    assert started == [first, evaluation, reading]
    assert queue.look()
    assert second not in started
    child = queue.children.pop(session / "jobs" / first)
    child.process.kill()
    child.process.wait()
    write_status(
        session / "jobs" / first, dataclasses.replace(read_status(session / "jobs" / first), state=JobState.DONE)
    )
    queue.look()
    assert started[-1] == second


def test_a_job_waits_for_those_it_needs_and_fails_with_them(session, queue, started) -> None:
    run = start_job(session, "train", train_config())
    sample = start_job(session, "sample", {}, after=[run])
    queue.look()
    assert started == [run]
    folder = session / "jobs" / run
    write_status(folder, dataclasses.replace(read_status(folder), state=JobState.DONE))
    queue.look()
    assert started == [run, sample]
    orphan = start_job(session, "evaluate", {}, after=["sample-0123456789abcdef"])
    queue.look()
    view = JobView(session / "jobs" / orphan)
    assert view.state is JobState.FAILED
    assert "sample-0123456789abcdef" in view.status.error


def test_a_job_stopped_or_paused_while_it_waits_never_starts(session, queue, started) -> None:
    stopped = JobView(session / "jobs" / start_job(session, "train", train_config()))
    control(stopped.folder, "stop")
    paused = JobView(session / "jobs" / start_job(session, "evaluate", {}))
    control(paused.folder, "pause")
    assert not queue.look()
    assert started == []
    assert stopped.state is JobState.STOPPED
    assert paused.state is JobState.PAUSED
    resume_job(stopped.folder)
    assert queue.look()
    assert started == [stopped.id]


def test_a_worker_that_dies_before_it_begins_is_not_started_for_ever(session, queue, started, monkeypatch) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config()))
    monkeypatch.setattr(
        core.jobs.queue,
        "spawn_worker",
        lambda folder, threads: subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]),
    )
    queue.look()
    eventually(lambda: queue.look() is False, seconds=120)
    assert view.state is JobState.CRASHED
    assert "log" in view.status.error


def test_a_run_resumed_while_its_end_is_being_written_down_stays_resumed(session, queue, started) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config()))
    queue.look()
    child = queue.children[view.folder].process
    write_status(view.folder, dataclasses.replace(read_status(view.folder), state=JobState.RUNNING, pid=child.pid))
    child.kill()
    child.wait()
    burial = threading.Thread(target=queue._bury)
    with held(view.folder / STEER_LOCK, timeout=10):
        burial.start()
        burial.join(timeout=0.5)
        assert read_status(view.folder).state is JobState.RUNNING
        resumed = dataclasses.replace(read_status(view.folder), state=JobState.WAITING, pid=None, queued_at=now() + 1)
        write_status(view.folder, resumed)
    burial.join()
    assert read_status(view.folder) == resumed


def test_a_kill_is_written_down_by_the_queue_that_sees_it(session, queue, started) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config()))
    queue.look()
    child = queue.children[view.folder].process
    write_status(view.folder, dataclasses.replace(read_status(view.folder), state=JobState.RUNNING, pid=child.pid))
    child.kill()
    eventually(lambda: queue.look() is False, seconds=120)
    assert read_status(view.folder).state is JobState.CRASHED
    assert "killed" in read_status(view.folder).error


@pytest.mark.parametrize(
    ("deaf", "signal_"), [(False, signal.SIGTERM), (True, signal.SIGKILL)], ids=["SIGTERM", "kill"]
)
def test_a_stop_that_is_not_heeded_escalates(session, queue, deaf, signal_) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config()))
    process = sleeper(view, deaf=deaf)
    assert view.state is JobState.RUNNING
    control(view.folder, "stop")
    assert view.state is JobState.STOPPING
    eventually(lambda: queue.look() is False or process.poll() is not None, seconds=120)
    assert process.wait(5) == -signal_
    assert view.state is JobState.STOPPED


def test_a_process_id_that_belongs_to_another_process_is_left_alone(session, queue) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config()))
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        status = dataclasses.replace(read_status(view.folder), state=JobState.RUNNING, pid=stranger.pid)
        write_status(view.folder, status)
        assert not signal_worker(view, kill=True)  # nobody holds the lock
        holder = sleeper(view, deaf=False)
        write_status(view.folder, status)
        assert not signal_worker(view, kill=True)  # it leads no group of its own
        assert stranger.poll() is None
        holder.kill()
        holder.wait()
    finally:
        stranger.kill()
        stranger.wait()


def test_all_jobs_of_a_session_can_be_ended_before_it_is_deleted(session, started) -> None:
    view = JobView(session / "jobs" / start_job(session, "train", train_config()))
    waiting = JobView(session / "jobs" / start_job(session, "train", train_config()))
    process = sleeper(view, deaf=True)
    end_jobs(session, grace=0.2)
    assert process.wait(5) == -signal.SIGKILL
    assert waiting.control == "stop"


def test_jobs_go_on_when_whoever_started_them_is_gone_and_queues_were_killed(session, tmp_path) -> None:
    """The tab is closed, then the queue killed: the next look at the session brings the rest to its end."""
    (tmp_path / "table.csv").write_text("a,b\n" + "".join(f"{n},{n % 3}\n" for n in range(50)))
    config = {"source": str(tmp_path / "table.csv"), "name": "t", "options": {}}
    program = f"""
from core.jobs.launch import start_job
for _ in range(2):
    print(start_job({str(session)!r}, "read", {config!r}))
"""
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    views = [JobView(session / "jobs" / job_id) for job_id in answer.stdout.split()]
    assert len(views) == 2
    eventually(lambda: all(view.state is JobState.DONE for view in views), seconds=300)
    ended = [view.status.ended_at for view in views]
    assert views[1].status.started_at >= ended[0]  # one after the other

    eventually(lambda: queue_pids(session), seconds=120)
    for pid in queue_pids(session):
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_locked(session / "jobs" / QUEUE_LOCK), seconds=5)
    assert not ensure_runner(session)  # nothing waits
    resumed = dataclasses.replace(read_status(views[0].folder), state=JobState.WAITING, queued_at=time.time())
    write_status(views[0].folder, resumed)
    assert ensure_runner(session)
    assert wait(views[0].folder, timeout=300) is JobState.DONE


def test_of_several_queues_one_serves(session) -> None:
    start_job(session, "evaluate", {})
    for _ in range(3):
        core.jobs.launch.spawn_queue(session)
    eventually(lambda: is_locked(session / "jobs" / QUEUE_LOCK), seconds=120)
    eventually(lambda: len(queue_pids(session)) <= 1, seconds=20)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"kind": "train", "config": {"device": "cpu"}}, "train on cpu"),
        ({"kind": "train", "config": {"device": "cuda"}}, "train on cuda"),
        ({"kind": "train", "config": None}, lane({"kind": "train", "config": {"device": "auto"}})),
        ({"kind": "evaluate"}, "judge"),
        ({"kind": "sample"}, "draw"),
        ({"kind": "read"}, "tables"),
        ({"kind": "profile"}, "tables"),
        ({}, "tables"),
    ],
)
def test_lanes(config, expected) -> None:
    assert lane(config) == expected


def test_a_judge_beside_a_training_gets_one_thread_and_all_cores_otherwise() -> None:
    assert threads_for({"kind": "evaluate", "threads": 0}, {"train on cpu"}) == 1
    assert threads_for({"kind": "evaluate", "threads": 0}, {"draw"}) == all_cores()
    assert threads_for({"kind": "train", "threads": 3}, {"judge"}) == 3
