"""Starting and steering jobs, for everybody above."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, StoreError, UserError
from core.jobs.files import dump_json, held, is_locked, replace_file, sync_folder
from core.jobs.ids import JOB_ID_KINDS, check_id, new_id
from core.jobs.processes import all_cores, signal_worker, spawn_queue
from core.jobs.protocol import (
    CONFIG,
    EXTENSION,
    LOCK,
    STEER_LOCK,
    JobState,
    JobView,
    Status,
    list_jobs,
    now,
    read_extension,
    read_status,
    write_control,
    write_status,
)
from core.jobs.queue import QUEUE_LOCK


def start_job(
    session_folder: Path | str,
    kind: str,
    config: Mapping[str, Any],
    *,
    job_id: str | None = None,
    after: Iterable[str] = (),
) -> str:
    """Put a job into the queue of a session and see to it that a queue lives.

    Parameters
    ----------
    session_folder : path
    kind : one of read, profile, train, sample, evaluate, export
    config : mapping of plain JSON values
        Settings of the kind; paths inside are relative to the session folder. For a training, `threads` is filled in
        with the cores of this machine where neither it nor the training's own setting gives a number, because a
        resumption has to use as many.
    job_id : str, optional
        An id made beforehand with `new_id`, for settings that name it; a fresh one by default.
    after : job ids
        Jobs that must be done first. If one of them fails, so does this one.

    Returns
    -------
    str
        The job's id, which is also the id of what it makes.

    Raises
    ------
    UnknownId
        If `job_id` or one of `after` is not an id, or `job_id` one of another kind.
    StoreError
        If there is such a job already: a second starter is refused.
    UserError
        If the disk is full.
    """
    if kind not in JOB_ID_KINDS:
        raise InvalidConfig(f"There is no kind of job called {kind!r}.", field="kind")
    job_id = check_id(job_id, JOB_ID_KINDS[kind]) if job_id is not None else new_id(JOB_ID_KINDS[kind])
    settings = dict(config) | {"kind": kind, "after": [check_id(one) for one in after]}
    if kind == "train":
        settings["threads"] = _threads(settings)
    session = Path(session_folder)
    folder, aside = session / "jobs" / job_id, session / "jobs" / f".new-{job_id}-{os.getpid()}"
    try:
        (session / "jobs").mkdir(mode=0o700, parents=True, exist_ok=True)
        aside.mkdir(mode=0o700)
        replace_file(aside / CONFIG, dump_json(settings))
        write_status(aside, Status(queued_at=now(), message="Waiting to start."))
        # A rename onto a folder with anything in it fails, so of two starters one wins.
        os.rename(aside, folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if folder.exists():
            raise StoreError(f"The job {job_id} has been started before.", "Open it instead.") from error
        message = f"The job cannot be started: {error.strerror}."
        raise UserError(message, "Free some disk space and try again.") from error
    spawn_queue(session)
    return job_id


def _threads(settings: Mapping[str, Any]) -> int:
    own = settings.get("config")
    asked = settings.get("threads") or (own.get("threads") if isinstance(own, Mapping) else 0)
    return asked if isinstance(asked, int) and asked > 0 else all_cores()


def control(folder: Path | str, request: str) -> None:
    """Ask a job to `run`, `pause`, `stop` or `extend:<more epochs>`; returns at once.

    A training answers at the next record with a checkpoint. Other kinds end at their next sign of progress and start
    over when resumed. A stop that is not heeded within ten seconds becomes SIGTERM, after twenty the worker's process
    group is killed; the queue sees to that. An extension only lengthens; `extend_job` also continues what has ended.

    Raises
    ------
    InvalidConfig
        If the request is none of these.
    UnknownId
        If there is no such job.
    """
    view = JobView(folder)
    with held(view.folder / STEER_LOCK, timeout=10):
        write_control(view.folder, request)
        if request.startswith("extend:"):
            more = read_extension(view.folder) + int(request.partition(":")[2])
            replace_file(view.folder / EXTENSION, dump_json(more))
    ensure_runner(_session(view))


def resume_job(folder: Path | str) -> None:
    """Put a job that is over back into the queue: a training goes on from its newest checkpoint, others start over.

    Calling it for a job that waits or works is silent: a second starter changes nothing.

    Raises
    ------
    UserError
        If the job is done and was not extended.
    UnknownId
        If there is no such job.
    """
    view = JobView(folder)
    with held(view.folder / STEER_LOCK, timeout=10):
        state = view.state
        if state is JobState.DONE and not _is_extended(view):
            message = f"The job {view.id} is done; there is nothing to resume."
            raise UserError(message, "Extend it to train more epochs.")
        if state in (JobState.PAUSING, JobState.STOPPING):
            write_control(view.folder, "run")  # in time, and it never ends; too late, and the state says so
        elif state.is_over:
            write_control(view.folder, "run")
            last = read_status(view.folder)
            write_status(
                view.folder,
                dataclasses.replace(
                    last, state=JobState.WAITING, message="Waiting to continue.", error="", hint="", error_id="",
                    field="", queued_at=now(), eta_seconds=None, ended_at=None, pid=None,
                ),
            )  # fmt: skip
    spawn_queue(_session(view))


def extend_job(folder: Path | str, epochs: int) -> None:
    """Train `epochs` more, whether the training still works or ended long ago.

    Raises
    ------
    InvalidConfig
        If `epochs` is not a whole number from 1 to 999999, or the job is not a training.
    """
    view = JobView(folder)
    if view.kind != "train":
        raise InvalidConfig(f"The job {view.id} is not a training, so it has no epochs to extend.", field="epochs")
    if not isinstance(epochs, int) or not 1 <= epochs <= 999_999:
        raise InvalidConfig(f"{epochs} more epochs cannot be trained.", "Give a whole number from 1.", field="epochs")
    control(view.folder, f"extend:{epochs}")
    if view.state.is_over:
        resume_job(view.folder)


def reorder_jobs(session_folder: Path | str, order: Iterable[str]) -> None:
    """Give waiting jobs their turns in another order; what has begun meanwhile is left alone.

    Parameters
    ----------
    order : job ids
        Jobs that wait, in the order wanted. They share out the moments at which they were put into the queue.

    Raises
    ------
    UnknownId
        If one of them is not there.
    """
    views = [JobView(Path(session_folder) / "jobs" / check_id(one)) for one in order]
    waiting = [view for view in views if read_status(view.folder).state is JobState.WAITING]
    moments = sorted(read_status(view.folder).queued_at for view in waiting)
    for at in range(1, len(moments)):
        moments[at] = max(moments[at], moments[at - 1] + 1e-3)
    for view, moment in zip(waiting, moments, strict=True):
        # A worker that begins holds the lock: its status is its own from then on.
        with held(view.folder / STEER_LOCK, timeout=10), held(view.folder / LOCK, timeout=0) as mine:
            last = read_status(view.folder)
            if mine and last.state is JobState.WAITING:
                write_status(view.folder, dataclasses.replace(last, queued_at=moment))


def _is_extended(view: JobView) -> bool:
    done = read_status(view.folder).details.get("epochs_done")
    target = view.target_epochs
    return isinstance(done, int) and target is not None and done < target


def end_jobs(session_folder: Path | str, *, grace: float = 3.0) -> None:
    """Stop every job of a session and wait until no worker lives, killing after `grace` seconds what does not listen.

    The queue of the session ends by itself when nothing is left to do.
    """
    views = list_jobs(session_folder)
    for view in views:
        if view.state.is_active:
            write_control(view.folder, "stop")
    started = time.monotonic()
    while alive := [view for view in views if is_locked(view.folder / LOCK)]:
        waited = time.monotonic() - started
        if waited > grace:
            for view in alive:
                signal_worker(view, kill=waited > 2 * grace)
        time.sleep(0.1)


def ensure_runner(session_folder: Path | str) -> bool:
    """Start the queue of a session if something waits, or should be stopped, and no queue lives.

    Returns
    -------
    bool
        Whether a queue was started.
    """
    session = Path(session_folder)
    if is_locked(session / "jobs" / QUEUE_LOCK):
        return False
    if any(view.state.is_active for view in list_jobs(session)):
        spawn_queue(session)
        return True
    return False


def wait(
    folder: Path | str,
    *,
    timeout: float | None = None,
    on_tick: Callable[[JobView], None] | None = None,
    poll: float = 0.2,
) -> JobState:
    """Wait until a job is over, or `timeout` seconds have passed; gives its state then.

    Parameters
    ----------
    on_tick : callable, optional
        Called with the view at every look.
    """
    view = JobView(folder)
    started = time.monotonic()
    while True:
        state = view.state
        if on_tick is not None:
            on_tick(view)
        if state.is_over or (timeout is not None and time.monotonic() - started > timeout):
            return state
        ensure_runner(_session(view))
        time.sleep(poll)


def _session(view: JobView) -> Path:
    return view.folder.parent.parent
