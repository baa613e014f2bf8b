"""What a job's folder holds, and a view of it for everybody who only watches.

::

    jobs/<id>/config.json     written once by the starter
              control         run | pause | stop | extend:<epochs>, the last request
              extension       epochs asked for beyond the configuration
              lock            held by the worker for its whole life: the truth about liveness
              status.json     replaced whole by the worker, and by the queue where no worker lives
              metrics.jsonl   one record per line, appended; readers use whole lines only
              checkpoint-*/   at an epoch's end;  partial-*/  in the middle of one, until the next checkpoint
              worker.log      output, tracebacks and faults of every worker of this job
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, UnknownId
from core.fields import known_fields
from core.jobs.checkpoints import latest_checkpoint, list_checkpoints
from core.jobs.files import dump_json, is_locked, read_json, replace_file, whole_lines
from core.jobs.ids import JOB_ID_KINDS, check_id

CONFIG = "config.json"
CONTROL = "control"
EXTENSION = "extension"
LOCK = "lock"
STEER_LOCK = "steer.lock"
"""Held for the moment in which a request and the end of a job could miss each other."""
STATUS = "status.json"
METRICS = "metrics.jsonl"
LOG = "worker.log"

JOB_KINDS = tuple(JOB_ID_KINDS)
_REQUEST = re.compile(r"run|pause|stop|extend:[1-9][0-9]{0,5}")


class JobState(StrEnum):
    """Where a job stands. Pausing, stopping and, where a kill left no word, crashed are derived, never written."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    CRASHED = "crashed"

    @property
    def is_active(self) -> bool:
        """Whether a worker works, or will without anybody asking again."""
        return self in (JobState.WAITING, JobState.RUNNING, JobState.PAUSING, JobState.STOPPING)

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen before somebody asks."""
        return not self.is_active

    @property
    def can_resume(self) -> bool:
        """Whether `resume_job` continues it."""
        return self in (JobState.PAUSED, JobState.STOPPED, JobState.FAILED, JobState.CRASHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The last word of a worker.

    Parameters
    ----------
    state : JobState
    progress : float, 0 to 1
    message : str
        What is being done, for the analyst.
    eta_seconds : float or None
        Seconds until the end, where they can be told.
    error, hint : str
        What went wrong and what to do, complete sentences; empty without an error.
    error_id : str
        Eight hexadecimal digits that the log has too, for errors that the analyst cannot mend; empty otherwise.
    field : str
        The setting that was wrong; empty otherwise.
    details : mapping
        Small facts of a kind: epoch, epochs, step, device, rows_per_second of a training.
    queued_at, started_at, updated_at, ended_at : float or None
        Seconds since 1970. Workers update theirs at least every five seconds.
    pid : int or None
        Process id of the last worker.
    """

    state: JobState = JobState.WAITING
    progress: float = 0.0
    message: str = ""
    eta_seconds: float | None = None
    error: str = ""
    hint: str = ""
    error_id: str = ""
    field: str = ""
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    queued_at: float = 0.0
    started_at: float | None = None
    updated_at: float | None = None
    ended_at: float | None = None
    pid: int | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Status:
        """Rebuild a status from `dataclasses.asdict`; unknown fields are ignored."""
        return known_fields(cls, {**value, "state": JobState(value["state"])})


DAMAGED = Status(
    state=JobState.CRASHED,
    error="The job's status cannot be read.",
    hint="Resume it, or start it again.",
)


_over: dict[Path, tuple[tuple[int, int, int], Status]] = {}
"""Statuses of jobs that are over, with the file that said so: a page looks at all jobs of a session every second."""

_OVER_KEPT = 4_096


def read_status(folder: Path) -> Status:
    """The status of a job as it was last written, or `DAMAGED`."""
    path = folder / STATUS
    try:
        seen = path.stat()
        mark = (seen.st_ino, seen.st_mtime_ns, seen.st_size)
        known = _over.get(path)
        if known is not None and known[0] == mark:
            return known[1]
        status = Status.from_json(read_json(path))
    except (OSError, TypeError, KeyError, ValueError, AttributeError):
        return DAMAGED
    if status.state.is_over:
        # Between two ends of a job lie a start and seconds, so an equal mark means the same end. Other states change
        # faster than the file system's clock may tell, and are always read.
        if len(_over) >= _OVER_KEPT:
            _over.clear()
        _over[path] = (mark, status)
    return status


def write_status(folder: Path, status: Status, *, sync: bool = True) -> None:
    """Replace the status of a job."""
    replace_file(folder / STATUS, dump_json(dataclasses.asdict(status)), sync=sync)


def read_control(folder: Path) -> str:
    """The last request; `run` where nobody asked for anything."""
    try:
        text = (folder / CONTROL).read_text("utf-8").strip()
    except (OSError, ValueError):
        return "run"
    return text if _REQUEST.fullmatch(text) else "run"


def write_control(folder: Path, request: str) -> None:
    """Ask a job for something; see `core.jobs.launch.control`, which also sees to it that it happens.

    Raises
    ------
    InvalidConfig
        If the request is none of run, pause, stop and extend:<epochs from 1 to 999999>.
    """
    if not _REQUEST.fullmatch(request):
        raise InvalidConfig(
            f"A job cannot be asked for {request!r}.",
            "Requests are run, pause, stop and extend:<epochs>.",
            field="control",
        )
    replace_file(folder / CONTROL, request.encode())


def read_extension(folder: Path) -> int:
    """Epochs asked for beyond the configuration, in all."""
    value = read_json(folder / EXTENSION)
    return value if isinstance(value, int) and value > 0 else 0


class JobView:
    """A job seen from outside: reads files at each question, keeps nothing, changes nothing.

    Parameters
    ----------
    folder : path of the job's folder

    Raises
    ------
    UnknownId
        If the folder's name is not an id or there is no such job.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.id = check_id(self.folder.name)
        if not (self.folder / CONFIG).exists():
            raise UnknownId(f"There is no job {self.id} in this session.", "It may have been deleted.")

    def __repr__(self) -> str:
        return f"JobView({self.id}, {self.state})"

    @property
    def config(self) -> dict[str, Any]:
        """The settings that the job was started with; empty where they cannot be read."""
        value = read_json(self.folder / CONFIG)
        return value if isinstance(value, dict) else {}

    @property
    def kind(self) -> str:
        """One of `JOB_KINDS`, as the configuration says; empty where it cannot be read."""
        kind = self.config.get("kind")
        return kind if kind in JOB_KINDS else ""

    @property
    def is_alive(self) -> bool:
        """Whether a worker holds the job's lock."""
        return is_locked(self.folder / LOCK)

    @property
    def control(self) -> str:
        """The last request."""
        return read_control(self.folder)

    @property
    def status(self) -> Status:
        """The last written status, with the state as it is now and a sentence for a crash that nobody wrote down."""
        status = read_status(self.folder)
        if status.state is not JobState.RUNNING:
            return status
        if not self.is_alive:
            status = read_status(self.folder)  # it may have ended between the two looks
            if status.state is not JobState.RUNNING:
                return status
            if self.control == "stop":
                return dataclasses.replace(status, state=JobState.STOPPED)
            return dataclasses.replace(status, state=JobState.CRASHED, **crash_text(self.folder))
        derived = {"pause": JobState.PAUSING, "stop": JobState.STOPPING}.get(self.control, JobState.RUNNING)
        return dataclasses.replace(status, state=derived)

    @property
    def state(self) -> JobState:
        """Where the job stands now; `running` means that a living worker holds the lock."""
        return self.status.state

    @property
    def progress(self) -> float:
        """Share of the work done, 0 to 1."""
        return self.status.progress

    @property
    def message(self) -> str:
        """What is being done."""
        return self.status.message

    def records(self) -> list[dict[str, Any]]:
        """Records of all whole lines so far, in order. Only lines that are new since the last call are parsed."""
        return whole_lines(self.folder / METRICS)

    @property
    def checkpoints(self) -> list[int]:
        """Epochs whose end was kept, in order."""
        return list_checkpoints(self.folder)

    @property
    def latest_checkpoint(self) -> Path | None:
        """The newest checkpoint, also one from the middle of an epoch; None before the first."""
        return latest_checkpoint(self.folder)

    @property
    def target_epochs(self) -> int | None:
        """Epochs to train in all, extensions included; None for other kinds than training."""
        settings = self.config.get("config")
        epochs = settings.get("epochs") if isinstance(settings, dict) else None
        return epochs + read_extension(self.folder) if isinstance(epochs, int) else None


KILLED = "The worker ended without a word: it was killed, or memory ran out."


def crash_text(folder: Path, why: str = KILLED) -> dict[str, str]:
    """Error and hint for a worker that is gone, with what is left to continue from."""
    checkpoint = latest_checkpoint(folder)
    if checkpoint is None:
        return {"error": why, "hint": "Resume it to start over."}
    epoch = int(checkpoint.name.split("-")[1])
    return {"error": why, "hint": f"Nothing before it is lost: resume to go on from epoch {epoch}."}


def list_jobs(session_folder: Path | str) -> list[JobView]:
    """Jobs of a session in the order in which they were made, so that what others were made from comes first."""
    found = []
    for folder in (Path(session_folder) / "jobs").glob("*-*"):
        try:
            view = JobView(folder)
            made = (folder / CONFIG).stat().st_mtime_ns
            # files of a session that was moved here are all equally old; when a job was queued has come along
            found.append((view.status.queued_at, made, view.id, view))
        except (UnknownId, OSError):
            continue
    return [view for *_, view in sorted(found, key=lambda one: one[:3])]


def now() -> float:
    """Seconds since 1970."""
    return time.time()
