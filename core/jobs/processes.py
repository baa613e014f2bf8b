"""Detached processes: starting a worker or a queue, and ending a worker that does not listen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from core.jobs.protocol import LOG, JobView

ROOT = Path(__file__).resolve().parents[2]
"""Folder that holds the package `core`."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
THREADS = "DOPPEL_THREADS"
QUEUE_LOG = "queue.log"

_started: list[subprocess.Popen] = []


def all_cores() -> int:
    """Processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1


def spawn_worker(job_folder: Path, threads: int) -> subprocess.Popen:
    """Start the worker of a job, detached, with its thread pools bounded to `threads`."""
    return _spawn("core.jobs.worker", job_folder, job_folder / LOG, threads)


def spawn_queue(session_folder: Path) -> subprocess.Popen:
    """Start a queue for a session, detached. Where one lives already, the new one ends by itself."""
    return _spawn("core.jobs.queue", session_folder, session_folder / "jobs" / QUEUE_LOG, 1)


def _spawn(module: str, folder: Path, log: Path, threads: int) -> subprocess.Popen:
    """Run a module of ours with one folder as argument.

    A session of its own keeps Ctrl-C and the end of the server away. The working folder is ours, never the session's:
    `-m` imports from it. The hash seed is fixed so that no order of a set can differ between a run and its resumption.
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    env = os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", THREADS: str(threads)}
    env |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    # A thread that waits for another must soon sleep: spinning, two threads on two busy cores were 25 times slower.
    # Sleeping at once wastes the second thread of a machine at rest, so GNU's OpenMP looks a thousand times before.
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    env.setdefault("GOMP_SPINCOUNT", "1000")
    # A training step frees and asks again for megabytes; handing them back each time costs a page fault per 4 KiB.
    env.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 << 20))
    env.setdefault("MALLOC_TRIM_THRESHOLD_", str(64 << 20))
    detached = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=env,
            close_fds=True,
            **detached,
        )
    # Whoever starts a process buries it: those that ended are taken off the process table at the next start.
    _started[:] = [one for one in _started if one.poll() is None]
    _started.append(process)
    return process


def signal_worker(view: JobView, *, kill: bool) -> bool:
    """Ask a worker to end (SIGTERM), or kill its whole group.

    Only a process that holds the job's lock and leads a group of its own is touched, so an id that the system has
    given to another process since is left alone.

    Returns
    -------
    bool
        Whether a signal was sent.
    """
    pid = view.status.pid
    if not pid or not view.is_alive:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(pid, signal.SIGTERM)
            return True
        if os.getpgid(pid) == pid and view.is_alive:
            os.killpg(pid, signal.SIGKILL) if kill else os.kill(pid, signal.SIGTERM)
            return True
    return False


def lower_priority() -> None:
    """Give way to the page: nice 10, and first in line when the kernel has to kill something for memory."""
    with contextlib.suppress(OSError, AttributeError):
        nice = max(10, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    # Where the kernel groups processes by session, a nice value counts only inside the worker's own session, which is
    # new: the group has a nice value of its own (sched(7), "The autogroup feature").
    with contextlib.suppress(OSError, UnboundLocalError):
        Path("/proc/self/autogroup").write_text(str(nice))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def resident_bytes() -> int | None:
    """Most memory that this process has had resident so far; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def machine_bytes() -> int | None:
    """Memory of this machine; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def memory_kills() -> int:
    """Processes that the kernel has killed for want of memory since it started; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            name, _, number = line.partition(" ")
            if name == "oom_kill":
                return int(number)
    return 0
