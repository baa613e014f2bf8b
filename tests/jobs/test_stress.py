"""Everything at once: tabs that start, pause, stop, resume and extend, while workers and queues are killed."""

from __future__ import annotations

import os
import random
import signal
import threading
import time

import pytest

import core.jobs.launch
from core.jobs.launch import control, ensure_runner, extend_job, resume_job, start_job, wait
from core.jobs.processes import spawn_queue
from core.jobs.protocol import JobState, JobView
from tests.jobs.making import eventually, measured, queue_pids, train_config, weights, worker_pids

SECONDS = float(os.environ.get("DOPPEL_STRESS_SECONDS", "60"))
SEED = int(os.environ.get("DOPPEL_TEST_SEED", "20261122"))
EPOCHS = 100


@pytest.mark.slow
def test_two_tabs_and_a_killer_leave_the_result_of_a_run_that_nobody_touched(session, by_hand, monkeypatch) -> None:
    generator = random.Random(SEED)
    view = JobView(session / "jobs" / start_job(session, "train", train_config(epochs=EPOCHS, checkpoint_every=7)))
    monkeypatch.setattr(core.jobs.launch, "spawn_queue", spawn_queue)
    ended, wrong, extended = threading.Event(), [], []

    def tab(seed: int) -> None:
        own = random.Random(seed)
        while not ended.is_set():
            try:
                ensure_runner(session)
                state = view.state
                pick = own.random()
                if pick < 0.15:
                    control(view.folder, own.choice(["pause", "stop"]))
                elif pick < 0.2 and len(extended) < 5:
                    extended.append(1)
                    extend_job(view.folder, 1)
                elif state.can_resume:
                    resume_job(view.folder)
                steps = [one["step"] for one in view.records()]
                if steps != sorted(set(steps)):
                    wrong.append(f"records out of order: {steps}")
            except Exception as error:
                wrong.append(repr(error))
            time.sleep(own.uniform(0, 0.5))

    tabs = [threading.Thread(target=tab, args=(SEED + number,)) for number in range(2)]
    for one in tabs:
        one.start()
    end, kills = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        time.sleep(generator.uniform(0.5, 4))
        pids = worker_pids(view)
        if view.is_alive and generator.random() < 0.5:
            pid = view.status.pid
            if pid in pids:
                os.kill(pid, signal.SIGKILL)
                kills += 1
        elif generator.random() < 0.5:
            for pid in queue_pids(session):
                os.kill(pid, signal.SIGKILL)
                kills += 1
    ended.set()
    for one in tabs:
        one.join()
    assert wrong == []
    while view.state is not JobState.DONE:
        if view.state.can_resume or view.state in (JobState.PAUSING, JobState.STOPPING):
            resume_job(view.folder)
        wait(view.folder, timeout=120)
    eventually(lambda: not worker_pids(view), seconds=30)
    print(f"{kills} kills, {len(extended)} extensions, {len(view.records())} epochs")

    monkeypatch.setattr(core.jobs.launch, "spawn_queue", lambda session: None)
    epochs = EPOCHS + len(extended)
    assert view.target_epochs == epochs
    config = train_config(epochs=epochs, checkpoint_every=7)
    whole = JobView(session / "jobs" / start_job(session, "train", config))
    assert by_hand(whole.id) == 0
    assert measured(view) == measured(whole)
    model = "model.safetensors"
    assert weights(view.latest_checkpoint)[model] == weights(whole.latest_checkpoint)[model]
