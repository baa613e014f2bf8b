"""The queue of a session: `python -m core.jobs.queue SESSION_FOLDER`, detached, one at a time.

It starts what waits when the lane is free, so that a closed tab stalls nothing, and ends what does not heed a stop.
Lanes let short work pass a training: one training per device, and beside it one job each of judging, drawing and
reading, the tape that judges a run's checkpoints as they come, and the sweep that asks for runs. It ends when nothing
is left to do; `core.jobs.launch` starts it again.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from core.errors import UnknownId
from core.jobs.files import held
from core.jobs.processes import all_cores, memory_kills, signal_worker, spawn_worker
from core.jobs.protocol import (
    CONTROL,
    LOCK,
    STEER_LOCK,
    JobState,
    JobView,
    Status,
    crash_text,
    list_jobs,
    now,
    read_status,
    write_status,
)

QUEUE_LOCK = "queue.lock"
TICK_SECONDS = 0.2
LINGER_SECONDS = 5.0
"""How long a queue without work stays, and how long a second one waits before it leaves the field to the first.

Both at once make the hand-over safe: whoever adds a job starts a queue after writing it, so either that one gets the
lock, or the one that has it has looked again since."""

STOP_SECONDS = 10.0
"""Patience before SIGTERM, and again before the kill."""

WORKER_REFUSED = 3
"""Exit code of a worker that found another one at work."""

log = logging.getLogger("doppel.queue")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A worker that this queue started, and the moment at which its job had been put into the queue."""

    process: subprocess.Popen
    queued_at: float


class Queue:
    """Decides what to start and what to end, one look at a time.

    Parameters
    ----------
    session : path of the session folder
    stop_seconds : float
        Patience with a worker that was asked to stop.
    """

    def __init__(self, session: Path, *, stop_seconds: float = STOP_SECONDS) -> None:
        self.session = session
        self.stop_seconds = stop_seconds
        self.children: dict[Path, _Child] = {}
        self._memory_kills = memory_kills()

    def look(self) -> bool:
        """One round; gives whether anything works or could be started, now or when a lane becomes free."""
        self._bury()
        views = self._unfinished()
        alive = [view for view in views if view.folder in self.children or view.is_alive]
        for view in alive:
            self._insist(view)
        lanes = {lane(view.config) for view in alive}
        busy = bool(alive)
        for view in views:
            if view.folder in self.children or read_status(view.folder).state is not JobState.WAITING or view.is_alive:
                continue
            config = view.config
            if view.control in ("stop", "pause"):
                state = JobState.STOPPED if view.control == "stop" else JobState.PAUSED
                self._write(view, state, message=f"{state.capitalize()} before it started.")
            elif not config:
                # The worker says what is wrong with it, in the place where all errors are said.
                self._start(view, 1)
            elif self._may_start(view, config):
                busy = True
                if lane(config) not in lanes:
                    self._start(view, threads_for(config, lanes))
                    lanes.add(lane(config))
        return busy or bool(self.children)

    def _unfinished(self) -> list[JobView]:
        """Jobs that are not over, in the order in which they were last put into the queue."""
        found = []
        for view in list_jobs(self.session):
            status = read_status(view.folder)
            if status.state in (JobState.WAITING, JobState.RUNNING):
                found.append((status.queued_at, view.id, view))
        return [view for *_, view in sorted(found, key=lambda one: one[:2])]

    def _start(self, view: JobView, threads: int) -> None:
        log.info("starting %s with %d threads", view.id, threads)
        try:
            queued_at = read_status(view.folder).queued_at
            self.children[view.folder] = _Child(process=spawn_worker(view.folder, threads), queued_at=queued_at)
        except OSError as error:
            log.exception("cannot start %s", view.id)
            self._write(view, JobState.FAILED, error=f"The worker cannot be started: {error.strerror}.")

    def _may_start(self, view: JobView, config: dict) -> bool:
        """Whether everything that the job waits for is done; a job whose forerunner failed fails too."""
        for one in config.get("after") or []:
            try:
                state = JobView(self.session / "jobs" / str(one)).state
            except UnknownId:
                state = JobState.FAILED
            if state is JobState.FAILED:
                self._write(view, JobState.FAILED, error=f"It needed {one}, which failed or was deleted.")
                return False
            if state is not JobState.DONE:
                return False
        return True

    def _insist(self, view: JobView) -> None:
        """Escalate a stop that was not heeded: SIGTERM, then the kill of the process group."""
        if view.control != "stop":
            return
        try:
            waited = now() - (view.folder / CONTROL).stat().st_mtime
        except OSError:
            return
        if waited > self.stop_seconds and signal_worker(view, kill=waited > 2 * self.stop_seconds):
            log.info("signalled %s after %.1f s", view.id, waited)

    def _bury(self) -> None:
        """Take note of workers that ended, and write down the end of those that could not do it themselves."""
        for folder, child in list(self.children.items()):
            code = child.process.poll()
            if code is None:
                continue
            del self.children[folder]
            log.info("%s ended with %s", folder.name, code)
            if code == WORKER_REFUSED:
                continue
            try:
                view = JobView(folder)
            except UnknownId:
                continue
            # Somebody may have resumed it between its end and this look; then the status is about the next worker.
            # The lock keeps others from resuming it between this look and the word about its end.
            with held(folder / STEER_LOCK, timeout=10):
                self._write_end(view, child, code)

    def _write_end(self, view: JobView, child: _Child, code: int) -> None:
        """Write down the end of a worker that could not do it itself, if the status is still about that worker."""
        last = read_status(view.folder)
        if last.state is JobState.RUNNING and last.pid == child.process.pid:
            if view.control == "stop":
                self._write(view, JobState.STOPPED, message="Stopped.")
            else:
                self._write(view, JobState.CRASHED, **crash_text(view.folder, self._why(code)))
        elif last.state is JobState.WAITING and last.queued_at == child.queued_at:
            why = self._why(code) if code < 0 else "The worker could not begin; its log says why."
            self._write(view, JobState.CRASHED, **crash_text(view.folder, why))

    def _why(self, code: int) -> str:
        kills, self._memory_kills = self._memory_kills, memory_kills()
        if code == -9:
            if self._memory_kills > kills:
                return "The machine ran out of memory, and the system killed the worker."
            return "The worker was killed from outside."
        if code < 0:
            return f"The worker was ended by signal {-code}."
        return "The worker ended and could not write down why; its log may say more."

    def _write(self, view: JobView, state: JobState, **fields: str) -> None:
        """Write the status of a job without a worker, unless one has come to life meanwhile."""
        with held(view.folder / LOCK, timeout=0) as mine:
            if not mine:
                return
            last: Status = read_status(view.folder)
            if last.state not in (JobState.WAITING, JobState.RUNNING):
                return
            try:
                write_status(
                    view.folder, dataclasses.replace(last, state=state, ended_at=now(), eta_seconds=None, **fields)
                )
            except OSError:  # a full disk: the free lock tells readers the same
                log.exception("cannot write the status of %s", view.id)


def lane(config: dict) -> str:
    """Where a job queues: one job of each lane works at a time.

    >>> lane({"kind": "train", "config": {"device": "cpu"}})
    'train on cpu'
    """
    kind = config.get("kind")
    if kind == "train":
        settings = config.get("config")
        device = settings.get("device") if isinstance(settings, dict) else None
        return f"train on {device if device in ('cpu', 'cuda') else _best_device()}"
    if kind == "tape" and config.get("plan", "quick") != "quick":
        return "judge"  # of one checkpoint, on demand: the tape that follows the run must not make it wait
    return {"evaluate": "judge", "sample": "draw", "tape": "tape", "sweep": "sweep", "preflight": "preflight"}.get(
        str(kind), "tables"
    )


def _best_device() -> str:
    """What `auto` comes to, told without importing torch."""
    return "cuda" if os.path.exists("/dev/nvidiactl") or os.path.exists("/dev/dxg") else "cpu"


def threads_for(config: dict, lanes: set[str]) -> int:
    """Threads of a job: those of its settings; without any, one beside a training and all cores otherwise."""
    asked = config.get("threads")
    if isinstance(asked, int) and asked > 0:
        return asked
    return 1 if any(one.startswith("train") for one in lanes) else all_cores()


def main(arguments: list[str] | None = None) -> int:
    """Serve a session until nothing is left to do."""
    session = Path((arguments if arguments is not None else sys.argv[1:])[0]).resolve()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    with held(session / "jobs" / QUEUE_LOCK, timeout=LINGER_SECONDS) as mine:
        if not mine:
            return 0
        queue = Queue(session)
        idle_since = time.monotonic()
        while (session / "jobs").exists() and time.monotonic() - idle_since < LINGER_SECONDS:
            if queue.look():
                idle_since = time.monotonic()
            time.sleep(TICK_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
