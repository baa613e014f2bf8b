"""How quick pages stay while a training works: reruns of pages, paired in blocks with the worker stopped and at work.

A run of census-like rows trains in a worker of its own, niced as always. Blocks alternate between the worker held by
SIGSTOP (at rest) and going on (training); the ratio of a pair's medians is what is reported, so that whatever else
the machine does hits both sides. `python -m tests.benchmarks.page_reruns [--pairs 8] [--reruns 5]`
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from core.jobs.protocol import JobView
from core.synthesis.config import TrainingConfig
from core.workbench import data, sessions, training
from core.workbench.sessions import Session

APP = str(Path(__file__).resolve().parents[2] / "app.py")
PAGES = ("data", "train", "sample")
TARGET = 1.3
"""Median rerun while training over that at rest, at most."""


def begin(session: Session, epochs: int) -> tuple[str, str, JobView]:
    """A dataset of the demo table and a run on it that has written its first records."""
    reading = data.start_demo(session, n_rows=8_000, seed=1)
    list(sessions.follow(session, reading))
    schema = data.reading(session, reading).schema
    dataset = data.save_dataset(session, reading, schema=schema, name="payments", split_seed=1)
    list(sessions.follow(session, dataset))
    run = training.start_training(session, dataset, TrainingConfig(epochs=epochs))
    view = training.run(session, run).job
    while len(view.records()) < 3 and not view.state.is_over:
        time.sleep(0.2)
    return dataset, run, view


def opened(page: str, ids: dict[str, str]) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=120)
    for name, value in ids.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def block(apps: dict[str, AppTest], reruns: int) -> dict[str, float]:
    """Median seconds of a rerun of every page, pages interleaved."""
    seconds: dict[str, list[float]] = {page: [] for page in apps}
    for _ in range(reruns):
        for page, app in apps.items():
            begun = time.perf_counter()
            app.run()
            seconds[page].append(time.perf_counter() - begun)
    return {page: statistics.median(values) for page, values in seconds.items()}


def measure(pairs: int, reruns: int, epochs: int) -> dict:
    """Ratios of all pairs for every page, with the medians behind them."""
    made = PagesManager.__init__

    def patched(self: PagesManager, *args: object, **kwargs: object) -> None:
        made(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    PagesManager.__init__ = patched
    with tempfile.TemporaryDirectory(prefix="doppel-") as home:
        os.environ["DOPPEL_HOME"] = home
        with sessions.create_session(Path(home)) as session:
            dataset, run, view = begin(session, epochs)
            ids = {"session": session.id, "dataset": dataset, "run": run}
            apps = {page: opened(page, ids) for page in PAGES}
            block(apps, 1)
            pid, found = view.status.pid, []
            for at in range(pairs):
                sides = ("rest", "training") if at % 2 == 0 else ("training", "rest")
                pair = {}
                for side in sides:
                    os.kill(pid, signal.SIGCONT if side == "training" else signal.SIGSTOP)
                    time.sleep(0.5)
                    pair[side] = block(apps, reruns)
                found.append(pair)
            os.kill(pid, signal.SIGCONT)
            still = view.is_alive
            training.stop_run(session, run)
            while not training.run(session, run).job.state.is_over:
                time.sleep(0.2)
    return {
        "pairs": pairs,
        "reruns": reruns,
        "worker_alive_to_the_end": still,
        "target": TARGET,
        "pages": {
            page: {
                "seconds_at_rest": statistics.median(one["rest"][page] for one in found),
                "seconds_training": statistics.median(one["training"][page] for one in found),
                "ratios": [round(one["training"][page] / one["rest"][page], 3) for one in found],
                "median_ratio": statistics.median(one["training"][page] / one["rest"][page] for one in found),
            }
            for page in PAGES
        },
    }


def main() -> None:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--reruns", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20_000)
    given = parser.parse_args()
    result = measure(given.pairs, given.reruns, given.epochs)
    print(f"{'page':10} {'rest':>8} {'training':>9} {'ratio':>6}   at most {TARGET}")
    for page, one in result["pages"].items():
        print(f"{page:10} {one['seconds_at_rest']:8.3f} {one['seconds_training']:9.3f} {one['median_ratio']:6.2f}")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
