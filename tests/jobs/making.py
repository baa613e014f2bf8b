"""Small sessions for the tests of jobs: a real table, its schema, and settings of every kind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.jobs.protocol import JobView, list_jobs
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import write_parquet

SCHEMA = Schema(
    columns=(
        Column(name="age", type=ColumnType.CONTINUOUS, reason="numbers", storage=Storage.INTEGER),
        Column(name="pay", type=ColumnType.CONTINUOUS, reason="numbers", storage=Storage.DECIMAL, decimals=2),
        Column(name="town", type=ColumnType.CATEGORICAL, reason="levels", storage=Storage.TEXT),
        Column(name="rich", type=ColumnType.BOOLEAN, reason="two levels", storage=Storage.BOOLEAN),
    )
)


def small_table(n_rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """A work frame of `SCHEMA`."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n_rows).astype(float)
    pay = np.round(rng.gamma(2, 1000, n_rows) + 20 * age, 2)
    pay[rng.random(n_rows) < 0.05] = np.nan
    return pd.DataFrame(
        {
            "age": age,
            "pay": pay,
            "town": pd.Categorical(rng.choice(["Ulm", "Bern", "Graz"], n_rows, p=[0.7, 0.25, 0.05])),
            "rich": pd.Categorical(np.where(age * rng.random(n_rows) > 40, "True", "False")),
        }
    )


def make_session(folder: Path, n_rows: int = 300) -> Path:
    """A session folder with train rows in `tables/train.parquet`."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "jobs").mkdir(exist_ok=True)
    write_parquet(small_table(n_rows), SCHEMA, folder / "tables" / "train.parquet")
    return folder


def train_config(epochs: int = 6, **settings: Any) -> dict[str, Any]:
    """Settings of a training that takes milliseconds an epoch; one thread, so that runs can be compared."""
    config = {
        "epochs": epochs, "batch_size": 20, "pac": 2, "device": "cpu", "threads": 1, "checkpoint_every": 2,
        "generator_layers": [16, 16], "discriminator_layers": [16, 16], "noise_size": 8, "warm_up_steps": 3,
    }  # fmt: skip
    return {
        "train": "tables/train.parquet",
        "schema": SCHEMA.to_json(),
        "target": None,
        "config": config | settings,
        "dataset_id": "dataset-0000000000000000",
    }


def eventually(condition: Callable[[], Any], seconds: float = 120.0, poll: float = 0.02) -> Any:
    """Wait until a condition holds; gives its value, or fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(poll)
    raise AssertionError(f"it did not happen within {seconds} s")


def measured(view: JobView) -> list[dict[str, Any]]:
    """Records without what depends on the clock."""
    return [{key: one[key] for key in one if key not in ("seconds", "rows_per_second")} for one in view.records()]


def weights(folder: Path) -> dict[str, bytes]:
    """Bytes of everything that a checkpoint holds."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def queue_pids(session: Path) -> list[int]:
    """Process ids of queues that serve a session."""
    return _pids("core.jobs.queue", session)


def worker_pids(view: JobView) -> list[int]:
    """Process ids of workers of a job."""
    return _pids("core.jobs.worker", view.folder)


def _pids(module: str, folder: Path) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if module.encode() in words and str(folder.resolve()).encode() in words:
            found.append(int(path.parent.name))
    return found


def kill_everything(session: Path) -> None:
    """End what a test has left running, by process id."""
    for pid in queue_pids(session):
        _kill(pid)
    for view in list_jobs(session):
        for pid in worker_pids(view):
            _kill(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
