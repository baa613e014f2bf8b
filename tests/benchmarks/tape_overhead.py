"""What a tape adds to a training: the same run on census with and without, one after the other.

    python -m tests.benchmarks.tape_overhead --epochs 30 --checkpoints 3 --repeats 2

Prints JSON with wall time from the start of training to the last judged checkpoint, and the processor time of the
training's and the tape's process. Wall times mean something on a machine that does nothing else; the ratio of the two
processor times does on any.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from core.jobs.protocol import JobView
from core.workbench import data, frontier, sessions, training
from tests.benchmarks.real_tables import FOLDER

LOOK_SECONDS = 0.2


def processor_seconds(pid: int | None) -> float | None:
    """User and system time of a living process and its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watched(session: sessions.Session, job_ids: list[str]) -> dict[str, float]:
    """Wait until all jobs are over; wall time, and processor time of each."""
    views = [JobView(session.folder / "jobs" / one) for one in job_ids]
    spent = dict.fromkeys(job_ids, 0.0)
    while True:
        for view in views:
            spent[view.id] = processor_seconds(view.status.pid) or spent[view.id]
        if all(view.state.is_over for view in views):
            break
        sessions.keep_going(session)
        time.sleep(LOOK_SECONDS)
    for view in views:
        sessions.raise_if_failed(view)
    started = min(view.status.started_at for view in views)
    ended = max(view.status.ended_at for view in views)
    found = {"wall": round(ended - started, 1)}
    return found | {f"{view.kind} processor": round(spent[view.id], 1) for view in views}


def main() -> None:
    """Run both ways as often as asked, interleaved."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--checkpoints", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=2)
    chosen = parser.parse_args()
    settings = frontier.TapeSettings(n_checkpoints=chosen.checkpoints)
    config = training.configured("balanced", {"epochs": str(chosen.epochs), "checkpoint_every": "100000"})
    alone, taped, points = [], [], []
    with tempfile.TemporaryDirectory() as folder, sessions.create_session(Path(folder)) as session:
        reading_id = data.start_reading(session, FOLDER / "census.csv", name="census")
        list(sessions.follow(session, reading_id))
        schema = data.reading(session, reading_id).schema
        dataset_id = data.save_dataset(session, reading_id, schema=schema, name="census", target="income", split_seed=1)
        list(sessions.follow(session, dataset_id))
        for _ in range(chosen.repeats):
            alone.append(watched(session, [training.start_training(session, dataset_id, config)]))
            run_id = frontier.start_run(session, dataset_id, config, settings)
            view = frontier.tape(session, run_id)
            taped.append(watched(session, [run_id, view.jobs[0].id]))
            view = frontier.tape(session, run_id)
            points += [point.seconds for point in (*view.points, *view.anchors.values())]
    ratios = [with_tape["wall"] / without["wall"] for with_tape, without in zip(taped, alone, strict=True)]
    processor = [one["tape processor"] / one["train processor"] for one in taped]
    print(
        json.dumps(
            {
                "epochs": chosen.epochs,
                "checkpoints": chosen.checkpoints,
                "alone": alone,
                "with tape": taped,
                "wall with tape / alone, median": round(statistics.median(ratios), 3),
                "processor time of tape / training, median": round(statistics.median(processor), 3),
                "seconds per judgment": points,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
