"""Steps per second beside ctgan, paired in one process: `python -m tests.benchmarks.training_step [--steps 40]`.

ctgan trains with its defaults; ours with the same batch, pac, dropout, layers and learning rate, on the same rows (some
thousands: a step costs the same on any number). After every few of ctgan's steps, told by PyTorch's own hook after an
optimiser's step, a block of ours runs in the same thread, so whatever else the machine does falls on both alike. Ratios
are of neighbouring blocks; their median is the result.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from core.synthesis.config import TrainingConfig
from core.synthesis.train import arithmetic, one_step, prepare
from tests.benchmarks.real_tables import TARGETS, RealTable, load_table

LIKE_CTGAN = TrainingConfig(pac=10, dropout=0.5, learning_rate=2e-4, batch_size=500)
"""The settings of the paper, which are ctgan's defaults."""


N_ROWS = 5_000


class Enough(Exception):
    """Ends ctgan's fit when all blocks are done."""


def measure(table: RealTable, config: TrainingConfig, *, blocks: int, steps: int, threads: int) -> dict[str, float]:
    """Seconds per step of both, and the median ratio of neighbouring blocks."""
    from ctgan import CTGAN

    torch.set_num_threads(threads)
    training = prepare(table.train.head(N_ROWS), table.schema, config, target=table.target)
    state = {"ours": False, "count": 0, "begun": 0.0}
    pairs: list[tuple[float, float]] = []

    def after_step(*_) -> None:
        if state["ours"]:
            return
        state["count"] += 1
        if state["count"] % (2 * steps):  # ctgan steps its critic and its generator once each
            return
        theirs = time.perf_counter() - state["begun"]
        state["ours"] = True
        begun = time.perf_counter()
        with arithmetic(config.precision):
            for at in range(steps):
                one_step(training, at)
        ours = time.perf_counter() - begun
        state["ours"] = False
        if state["count"] > 2 * steps:  # the first pair warms up
            pairs.append((theirs / steps, ours / steps))
        if len(pairs) == blocks:
            raise Enough
        state["begun"] = time.perf_counter()

    hook = register_optimizer_step_post_hook(after_step)
    try:
        CTGAN(epochs=1_000, verbose=False, enable_gpu=False).fit(table.plain_train().head(N_ROWS), table.level_columns)
    except Enough:
        pass
    finally:
        hook.remove()
    ratios = [theirs / ours for theirs, ours in pairs]
    return {
        "ctgan_ms": 1e3 * statistics.median(theirs for theirs, _ in pairs),
        "doppel_ms": 1e3 * statistics.median(ours for _, ours in pairs),
        "ratio_median": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "blocks": len(pairs),
    }


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    results = {}
    for name in options.tables.split(","):
        table = load_table(name)
        for label, config in (("equal settings", LIKE_CTGAN), ("our defaults", TrainingConfig())):
            found = measure(table, config, blocks=options.blocks, steps=options.steps, threads=options.threads)
            results[f"{name}, {label}"] = found
            print(
                f"{name:20} {label:15} ctgan {found['ctgan_ms']:6.1f} ms  doppel {found['doppel_ms']:6.1f} ms  "
                f"ratio {found['ratio_median']:.2f} ({found['ratio_low']:.2f} to {found['ratio_high']:.2f})",
                file=sys.stderr,
            )
    print(json.dumps({"benchmark": "training_step", "threads": options.threads, "results": results}))


if __name__ == "__main__":
    main()
