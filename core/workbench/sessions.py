"""Sessions: a folder each, opened by one process at a time, and the jobs that run inside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import DoppelError, UnknownId, UserError
from core.jobs.launch import control, end_jobs, ensure_runner
from core.jobs.protocol import JobState, JobView
from core.store.store import Store

SESSION_ID = re.compile(r"[0-9a-f]{32}")
APP_FOLDER = Path(__file__).resolve().parent.parent.parent
TICK_SECONDS = 0.25
REMOVALS = 60
"""Times that a folder is tried to be removed, with a tick between."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: its folder and its catalogue. A context manager that closes it."""

    id: str
    folder: Path
    store: Store

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        close_session(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """What is known of a session without opening it."""

    id: str
    name: str
    created_at: str
    n_bytes: int


_open: dict[Path, Session] = {}
_lock = threading.Lock()


def home_folder() -> Path:
    """Where sessions lie: `DOPPEL_HOME`, or `.doppel` beside the app. Readable by this user alone."""
    home = Path(os.environ.get("DOPPEL_HOME") or APP_FOLDER / ".doppel")
    if not home.exists():
        home.mkdir(mode=0o700, parents=True)
    return home


def mode() -> str:
    """`demo` where only the demo table may be used, else `local`.

    Raises
    ------
    UserError
        If `DOPPEL_MODE` is anything else: a misspelt word must not open the upload.
    """
    asked = os.environ.get("DOPPEL_MODE", "local") or "local"
    if asked not in ("local", "demo"):
        raise UserError(f"DOPPEL_MODE is {asked!r}, but can only be local or demo.", "Correct it and start again.")
    return asked


def create_session(home: Path, name: str = "") -> Session:
    """A new session with an id of 128 random bits."""
    session_id = secrets.token_hex(16)
    folder = home / session_id
    folder.mkdir(mode=0o700)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    (folder / "session.json").write_text(json.dumps({"id": session_id, "name": name, "created_at": created}))
    return open_session(home, session_id)


def open_session(home: Path, session_id: str) -> Session:
    """The session with this id; the same object for everybody in this process.

    Raises
    ------
    UnknownId
        If the id is malformed or there is no such session.
    StoreLocked
        If another process has it open.
    """
    folder = _folder(home, session_id)
    with _lock:
        if folder not in _open:
            _open[folder] = Session(session_id, folder, Store.open(folder))
        return _open[folder]


def close_session(session: Session) -> None:
    """Close its catalogue; jobs go on."""
    with _lock:
        _open.pop(session.folder, None)
        session.store.close()


def list_sessions(home: Path) -> list[SessionInfo]:
    """Sessions, newest first; none in demo mode, where nobody may see another's.

    Damaged folders are skipped: one of them must not hide the others.
    """
    if mode() == "demo":
        return []
    found = []
    for path in home.glob("*/session.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            info = json.loads(path.read_text())
            size = sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
            found.append(SessionInfo(id=info["id"], name=info["name"], created_at=info["created_at"], n_bytes=size))
    return sorted(found, key=lambda info: info.created_at, reverse=True)


def delete_session(home: Path, session_id: str) -> None:
    """End its jobs and remove every file of it."""
    folder = _folder(home, session_id)
    end_jobs(folder)
    with _lock:
        session = _open.pop(folder, None)
        if session is not None:
            session.store.close()
    remove_folder(folder)


@contextlib.contextmanager
def temporary_session() -> Iterator[Session]:
    """A session of its own that is gone, files and all, when the block ends."""
    home = Path(tempfile.mkdtemp(prefix="doppel-"))
    try:
        with create_session(home) as session:
            yield session
    finally:
        remove_folder(home)


def remove_folder(folder: Path) -> None:
    """Remove a folder in which a queue may still be at its last look: it ends when its jobs are gone.

    What the queue writes while files are being removed makes the removal fail half way, so it is tried again.
    """
    for _ in range(REMOVALS):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if not folder.exists():
                return
        except OSError:
            pass
        else:
            return
        time.sleep(TICK_SECONDS)
    shutil.rmtree(folder)


def _folder(home: Path, session_id: str) -> Path:
    if not isinstance(session_id, str) or not SESSION_ID.fullmatch(session_id):
        raise UnknownId("This is not the id of a session.", "Start a new one.")
    folder = home.resolve() / session_id
    if not (folder / "session.json").is_file():
        raise UnknownId("There is no such session here; it may have been deleted.", "Start a new one.")
    return folder


def job_folder(session: Session, job_id: str) -> Path:
    """Folder of a job whose id has been checked."""
    return session.folder / "jobs" / job_id


def follow(session: Session, job_id: str, *, clock_tick: float = TICK_SECONDS) -> Iterator[JobView]:
    """Yield a job's view until it is over; being interrupted stops the job.

    Raises
    ------
    UserError
        If the job failed for a reason that the analyst can mend.
    DoppelError
        If it failed otherwise, crashed or was stopped.
    """
    view = JobView(job_folder(session, job_id))
    try:
        while not view.state.is_over:
            ensure_runner(session.folder)
            yield view
            time.sleep(clock_tick)
    except (KeyboardInterrupt, GeneratorExit):
        if not view.state.is_over:
            control(view.folder, "stop")
        raise
    raise_if_failed(view)
    yield view


def keep_going(session: Session) -> None:
    """See to it that what waits in the session is started."""
    ensure_runner(session.folder)


def raise_if_failed(view: JobView) -> None:
    """Turn a failed or crashed job into the error that it met."""
    state = view.state
    if state == JobState.CRASHED:
        raise DoppelError("The work was killed from outside or ran out of memory.", "Start it again; nothing is lost.")
    if state == JobState.FAILED:
        status = view.status
        if status.error_id:
            raise DoppelError(status.error, f"{status.hint} Error {status.error_id}.".strip())
        raise UserError(status.error, status.hint)
