"""A session per test, with nothing left running behind it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import core.jobs.launch
import core.jobs.worker
from tests.jobs.making import kill_everything, make_session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Path]:
    folder = make_session(tmp_path / "session")
    yield folder
    kill_everything(folder)


@pytest.fixture
def by_hand(session: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], int]]:
    """No queue lives; the function given does a job in this process and returns the worker's exit code."""
    torch = pytest.importorskip("torch")
    threads, terminate = torch.get_num_threads(), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(core.jobs.launch, "spawn_queue", lambda session: None)
    monkeypatch.setattr(core.jobs.worker, "lower_priority", lambda: None)
    monkeypatch.setattr(core.jobs.worker.faulthandler, "enable", lambda: None)
    monkeypatch.setenv("DOPPEL_THREADS", "1")
    yield lambda job_id: core.jobs.worker.main([str(session / "jobs" / job_id)])
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)
    signal.signal(signal.SIGTERM, terminate)
