"""Peak memory of training on a large made-up table: `python -m tests.benchmarks.training_memory [--rows 1000000]`.

Twenty columns, one of them with 50,000 levels; one-hot rows would take more than 400 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

import numpy as np
import pandas as pd

from core.schema import Column, ColumnType, Schema, Storage
from core.synthesis.config import TrainingConfig
from core.synthesis.preflight import foresee
from core.synthesis.train import one_step, prepare


def made_up(n_rows: int, n_levels: int) -> tuple[pd.DataFrame, Schema]:
    """Ten number columns, nine small level columns and one with `n_levels` levels of falling frequency."""
    rng = np.random.default_rng(0)
    columns, frame = [], {}
    for at in range(10):
        frame[f"number {at}"] = rng.lognormal(size=n_rows)
        columns.append((f"number {at}", ColumnType.CONTINUOUS, Storage.DECIMAL))
    for at in range(10):
        n = n_levels if at == 9 else 2 + 5 * at
        share = 1 / np.arange(1, n + 1)
        codes = rng.choice(n, n_rows, p=share / share.sum()).astype(np.int32)
        codes[: min(n, n_rows)] = np.arange(n)[:n_rows]
        names = pd.Index([f"level {code}" for code in range(n)], dtype=object)
        frame[f"levels {at}"] = pd.Categorical.from_codes(codes, categories=names)
        columns.append((f"levels {at}", ColumnType.CATEGORICAL, Storage.TEXT))
    made = (Column(name=name, type=kind, reason="made up", storage=storage) for name, kind, storage in columns)
    return pd.DataFrame(frame), Schema(columns=tuple(made))


def peak() -> float:
    """Largest resident memory of this process so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--levels", type=int, default=50_000)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    frame, schema = made_up(options.rows, options.levels)
    config = TrainingConfig()
    before = peak()
    ahead = foresee(frame, schema, config)
    begun = time.perf_counter()
    training = prepare(frame, schema, config)
    encoding = time.perf_counter() - begun
    for at in range(options.steps):
        one_step(training, at)
    results = {
        "peak_gib": peak(),
        "peak_before_gib": before,
        "foreseen_gib": ahead.n_bytes / 2**30,
        "tails": ahead.tails,
        "width": training.encoder.layout.width,
        "encoding_seconds": encoding,
    }
    print(f"peak {results['peak_gib']:.2f} GiB, {before:.2f} before training began", file=sys.stderr)
    print(json.dumps({"benchmark": "memory", "rows": options.rows, "levels": options.levels, "results": results}))


if __name__ == "__main__":
    main()
