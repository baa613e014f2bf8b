"""A whole fit beside `CTGANSynthesizer.fit`, in one process: `python -m tests.benchmarks.fit_total`.

Both encode the same train rows and train as many epochs, each with its own defaults. `--epochs` is 60 as in the brief;
fewer give an earlier answer with more weight on encoding. `--clock processor --threads 1` counts the seconds of one
core instead, for a machine that has other work.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable

import torch

from core.synthesis.config import TrainingConfig
from core.synthesis.train import prepare, train
from tests.benchmarks.real_tables import TARGETS, RealTable, load_table


def ours(table: RealTable, epochs: int, clock: Callable[[], float]) -> float:
    """Seconds of our encoding and training."""
    begun = clock()
    training = prepare(table.train, table.schema, TrainingConfig(epochs=epochs), target=table.target)
    for _ in train(training, until_epoch=epochs):
        pass
    return clock() - begun


def theirs(table: RealTable, epochs: int, clock: Callable[[], float]) -> float:
    """Seconds of SDV's synthesizer on the same rows."""
    from sdv.metadata import Metadata
    from sdv.single_table import CTGANSynthesizer

    frame = table.plain_train()
    columns = {
        name: {"sdtype": "categorical" if name in table.level_columns else "numerical"} for name in frame.columns
    }
    metadata = Metadata.load_from_dict({"tables": {"table": {"columns": columns}}, "relationships": []})
    begun = clock()
    CTGANSynthesizer(metadata, epochs=epochs, enable_gpu=False).fit({"table": frame})
    return clock() - begun


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="census", choices=sorted(TARGETS))
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    table = load_table(options.table)
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    mine, peer = ours(table, options.epochs, clock), theirs(table, options.epochs, clock)
    print(f"sdv {peer:.1f} s  doppel {mine:.1f} s  ratio {peer / mine:.2f}", file=sys.stderr)
    results = {"sdv_seconds": peer, "doppel_seconds": mine, "ratio": peer / mine}
    print(json.dumps({"benchmark": "fit_total", "table": table.name, "epochs": options.epochs, "results": results}))


if __name__ == "__main__":
    main()
