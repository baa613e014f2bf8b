"""A worker: `python -m core.jobs.worker JOB_FOLDER` does one job and ends.

Exit codes: 0 done, paused or stopped; 1 failed; 3 another worker is at work on it.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import importlib
import logging
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from core.errors import DoppelError, InvalidConfig, TrainingDiverged, UserError
from core.jobs.context import Interrupted, JobContext
from core.jobs.files import held
from core.jobs.processes import THREADS, lower_priority
from core.jobs.protocol import JOB_KINDS, LOCK, JobState, Status, now, read_status, write_status

REFUSED = 3
RESERVE = ".reserve"
RESERVE_BYTES = 65_536
"""Space held back and given up on a full disk, so that the worker can still say that it is full."""

log = logging.getLogger("doppel.worker")


def main(arguments: list[str] | None = None) -> int:
    """Do the job of a folder; gives the exit code."""
    folder = Path((arguments if arguments is not None else sys.argv[1:])[0]).resolve()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    if not folder.is_dir():
        log.error("there is no job in %s", folder)
        return 1
    with held(folder / LOCK) as mine:
        if not mine:
            log.error("another worker is at work on %s", folder.name)
            return REFUSED
        faulthandler.enable()
        lower_priority()
        return _work(folder)


def _work(folder: Path) -> int:
    ended = threading.Event()
    context = None
    try:
        context = JobContext(folder, threads=int(os.environ.get(THREADS, "1")))
        kind = context.config["kind"]
        if kind not in JOB_KINDS:
            raise InvalidConfig(f"There is no kind of job called {kind!r}.", "Start it again.", field="kind")
        _reserve(folder)
        context.begin("Starting.")
        _listen(context)
        threading.Thread(target=context.beat, args=(ended,), daemon=True).start()
        state = importlib.import_module(f"core.jobs.kinds.{kind}").run(context)
    except Interrupted as interruption:
        state = interruption.state
    except BaseException as error:
        ended.set()
        _give_up_reserve(folder)
        log.exception("failed")
        _say_failed(folder, context, failure(error))
        return 1
    ended.set()
    try:
        context.end(state, message={JobState.DONE: "Done."}.get(state, f"{state.capitalize()}."))
    except OSError:
        _give_up_reserve(folder)
        context.end(state)
    _give_up_reserve(folder)
    log.info("ended: %s", state)
    return 0


def _listen(context: JobContext) -> None:
    """SIGTERM asks for a clean end instead of cutting the work off."""

    def terminate(*_: object) -> None:
        context.terminated = True

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminate)


def _reserve(folder: Path) -> None:
    (folder / RESERVE).write_bytes(b"\0" * RESERVE_BYTES)


def _give_up_reserve(folder: Path) -> None:
    with contextlib.suppress(OSError):
        (folder / RESERVE).unlink(missing_ok=True)


def _say_failed(folder: Path, context: JobContext | None, said: dict[str, str]) -> None:
    try:
        if context is not None:
            context.end(JobState.FAILED, **said)
        else:
            last: Status = read_status(folder)
            fields = {"queued_at": last.queued_at, "started_at": last.started_at, "pid": os.getpid(), "ended_at": now()}
            write_status(folder, Status(state=JobState.FAILED, **fields, **said))
    except OSError:
        # Not even this fits on the disk. The free lock makes readers say that the worker is gone.
        log.exception("cannot write the status")


def failure(error: BaseException) -> dict[str, str]:
    """What the analyst reads about an error: its own words where it was made for reading, else words and an id.

    Returns
    -------
    dict with `error`, `hint`, `error_id` and `field` of `core.jobs.protocol.Status`
    """
    if isinstance(error, DoppelError):
        told = {"error": error.message, "hint": error.hint, "field": getattr(error, "field", "")}
        if isinstance(error, UserError | TrainingDiverged):
            return told
        return told | {"error_id": _error_id(error)}
    if _is_memory(error):
        return {
            "error": "The work needs more memory than there is.",
            "hint": "Close other programs, take fewer rows or columns, or a smaller batch size; then resume.",
            "error_id": _error_id(error),
        }
    if _is_full_disk(error):
        return {
            "error": "The disk is full.",
            "hint": "Free some space and resume; what was finished before is kept.",
            "error_id": _error_id(error),
        }
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        name = Path(str(error.filename)).name if error.filename else "a file of the session"
        return {
            "error": f"{name} cannot be written or read: {error.strerror}.",
            "hint": "Check who owns the session's folder.",
            "error_id": _error_id(error),
        }
    return {
        "error": "Something unexpected went wrong.",
        "hint": "The details are in the job's log under this error's number.",
        "error_id": _error_id(error),
    }


def _is_memory(error: BaseException) -> bool:
    """Whether memory ran out; torch says it with classes and words of its own, and is not imported for asking."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in words or "can't allocate memory" in words)


def _is_full_disk(error: BaseException) -> bool:
    """Whether the disk is full; safetensors, Arrow and DuckDB say so in words, under error classes of their own."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    words = str(error).lower()
    return "no space left on device" in words or "disk quota exceeded" in words


def _error_id(error: BaseException) -> str:
    number = secrets.token_hex(4)
    log.error("error %s: %s", number, type(error).__name__)
    return number


if __name__ == "__main__":
    sys.exit(main())
