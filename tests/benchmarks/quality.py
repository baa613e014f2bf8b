"""Quality of a preset over tables and seeds: `python -m tests.benchmarks.quality --tables census,demo --seeds 1,2,3`.

Each run encodes, trains and draws as many rows as there are train rows; column shapes, pair trends and TSTR AUC are the
product's own. `--set` changes a setting, so that an idea is one run beside another. Every run is printed as one line of
JSON as soon as it is done; means and spreads over seeds come last.
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
from core.synthesis.presets import preset_for
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from tests.benchmarks.made_tables import MADE
from tests.benchmarks.real_tables import NAMES, TARGETS, RealTable, judged, load_table


def measure(table: RealTable, config: TrainingConfig, *, points: int) -> list[dict[str, float]]:
    """Quality at `points` evenly spaced epochs, with the seconds of encoding and training until then."""
    begun, worked = time.perf_counter(), time.process_time()
    training = prepare(table.train, table.schema, config, target=table.target)
    spent, used = time.perf_counter() - begun, time.process_time() - worked
    found = []
    for at in range(1, points + 1):
        begun, worked = time.perf_counter(), time.process_time()
        for _ in train(training, until_epoch=max(1, config.epochs * at // points)):
            pass
        spent, used = spent + time.perf_counter() - begun, used + time.process_time() - worked
        request = SampleRequest(n_rows=len(table.train), seed=config.seed)
        drawn = draw_sample(model_of(training), request, table.schema).frame
        known = {"epoch": training.epoch, "step": training.step, "seconds": spent, "processor_seconds": used}
        found.append(known | judged(table, drawn, threads=torch.get_num_threads()))
    return found


def summary(runs: list[dict]) -> dict[str, dict[str, float]]:
    """Mean and spread over the seeds at the last point."""
    names = [name for name in (*NAMES, "seconds", "processor_seconds") if all(name in run for run in runs)]
    return {
        name: {
            "mean": statistics.fmean(run[name] for run in runs),
            "spread": statistics.stdev(run[name] for run in runs) if len(runs) > 1 else 0.0,
        }
        for name in names
    }


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default=",".join([*TARGETS, *MADE]))
    parser.add_argument("--preset", default="balanced")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--points", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    settings = dict(one.split("=", 1) for one in options.settings)
    results = {}
    for name in options.tables.split(","):
        table = load_table(name)
        base = preset_for(options.preset, len(table.train), settings)
        ends = []
        for seed in options.seeds.split(","):
            config = base.with_settings({"seed": seed, "threads": str(options.threads)})
            for point in measure(table, config, points=options.points):
                print(json.dumps({"table": name, "seed": int(seed), "settings": settings, **point}), flush=True)
            ends.append(point)
        results[name] = summary(ends)
        shown = "  ".join(f"{key} {one['mean']:.3f} ({one['spread']:.3f})" for key, one in results[name].items())
        print(f"{name:20} {shown}", file=sys.stderr, flush=True)
    print(json.dumps({"benchmark": "quality", "preset": options.preset, "settings": settings, "results": results}))


if __name__ == "__main__":
    main()
