"""Quality against seconds of training, encoding included: `python -m tests.benchmarks.time_to_quality`.

Prints, for each seed, the seconds until column shapes, pair trends and TSTR AUC are at least what ctgan 0.12.1 reaches
after 300 epochs. ctgan's own seconds come from one stored reference run on census on an undisturbed machine of two
cores; `--step-ms` is what one of its steps takes here (see `training_step`), by which the reference is scaled.
`--clock processor --threads 1` counts the seconds of one core instead, for a machine that has other work.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings

import torch

from core.records import SampleRequest
from core.synthesis.checkpoint import model_of
from core.synthesis.config import TrainingConfig
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from tests.benchmarks.real_tables import TARGETS, RealTable, judged, load_table

REFERENCE = {
    "column_shapes": 0.907,
    "pair_trends": 0.884,
    "tstr_auc": 0.895,
    "fit_seconds": 1278.0,
    "encoding_seconds": 27.0,
    "step_ms": 45.0,
}
"""ctgan 0.12.1, census, 300 epochs, two threads."""


def curve(table: RealTable, config: TrainingConfig, *, every: int) -> list[dict[str, float]]:
    """Epoch, seconds of work so far, and quality."""
    begun, worked = time.perf_counter(), time.process_time()
    training = prepare(table.train, table.schema, config, target=table.target)
    wall, processor = time.perf_counter() - begun, time.process_time() - worked
    points = []
    for epoch in range(every, config.epochs + 1, every):
        begun, worked = time.perf_counter(), time.process_time()
        for _ in train(training, until_epoch=epoch):
            pass
        wall, processor = wall + time.perf_counter() - begun, processor + time.process_time() - worked
        request = SampleRequest(n_rows=len(table.train), seed=config.seed)
        drawn = draw_sample(model_of(training), request, table.schema).frame
        points.append({"epoch": epoch, "wall": wall, "processor": processor, **judged(table, drawn)})
        print({name: round(value, 4) for name, value in points[-1].items()}, file=sys.stderr, flush=True)
    return points


def reached(points: list[dict[str, float]], names: tuple[str, ...], clock: str) -> float | None:
    """Seconds until all of `names` are at least the reference's, or None."""
    for point in points:
        if all(point[name] >= REFERENCE[name] for name in names):
            return point[clock]
    return None


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="census", choices=sorted(TARGETS))
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--step-ms", type=float, default=REFERENCE["step_ms"])
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    table = load_table(options.table)
    runs = {
        seed: curve(table, TrainingConfig(seed=int(seed), epochs=options.epochs), every=options.every)
        for seed in options.seeds.split(",")
    }
    scale = options.step_ms / REFERENCE["step_ms"]
    theirs = (REFERENCE["fit_seconds"] + REFERENCE["encoding_seconds"]) * scale
    summary = {"ctgan_seconds": theirs}
    for label, names in (("shapes and trends", ("column_shapes", "pair_trends")), ("utility", ("tstr_auc",))):
        found = [reached(points, names, options.clock) for points in runs.values()]
        known = [seconds for seconds in found if seconds is not None]
        summary[label] = {
            "seconds": found,
            "speed_up_median": theirs / statistics.median(known) if len(known) == len(found) else None,
        }
    print(json.dumps({"benchmark": "time_to_quality", "table": table.name, "summary": summary, "runs": runs}))


if __name__ == "__main__":
    main()
