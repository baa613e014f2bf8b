"""Steps per second beside ctgan, paired in one process: `python -m tests.benchmarks.training_step [--steps 40]`.

ctgan trains with its defaults; ours with the same batch, pac, dropout, layers and learning rate, on the same rows (some
thousands: a step costs the same on any number). After every few of ctgan's steps, told by PyTorch's own hook after an
optimiser's step, a block of ours runs in the same thread, so whatever else the machine does falls on both alike. Ratios
are of neighbouring blocks; their median is the result. Beside wall time stands the processor time of this process,
which other programs on the machine disturb far less.
"""

from __future__ import annotations

import argparse
import dataclasses
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
SETTINGS = {
    "equal settings": LIKE_CTGAN,
    "equal, fast": dataclasses.replace(LIKE_CTGAN, precision="fast"),
    "our defaults": TrainingConfig(),
}

N_ROWS = 5_000


class Enough(Exception):
    """Ends ctgan's fit when all blocks are done."""


def measure(table: RealTable, config: TrainingConfig, *, blocks: int, steps: int, threads: int) -> dict[str, float]:
    """Seconds per step of both, and the median ratio of neighbouring blocks."""
    from ctgan import CTGAN

    torch.set_num_threads(threads)
    training = prepare(table.train.head(N_ROWS), table.schema, config, target=table.target)
    state = {"ours": False, "count": 0, "begun": _now()}
    pairs: list[tuple[tuple[float, float], tuple[float, float]]] = []

    def after_step(*_) -> None:
        if state["ours"]:
            return
        state["count"] += 1
        if state["count"] % (2 * steps):  # ctgan steps its critic and its generator once each
            return
        theirs = _since(state["begun"], steps)
        state["ours"] = True
        begun = _now()
        with arithmetic(config.precision):
            for at in range(steps):
                one_step(training, at)
        ours = _since(begun, steps)
        state["ours"] = False
        if state["count"] > 2 * steps:  # the first pair warms up
            pairs.append((theirs, ours))
        if len(pairs) == blocks:
            raise Enough
        state["begun"] = _now()

    hook = register_optimizer_step_post_hook(after_step)
    try:
        CTGAN(epochs=1_000, verbose=False, enable_gpu=False).fit(table.plain_train().head(N_ROWS), table.level_columns)
    except Enough:
        pass
    finally:
        hook.remove()
    found: dict[str, float] = {"blocks": len(pairs)}
    for at, clock in enumerate(("wall", "processor")):
        ratios = [theirs[at] / ours[at] for theirs, ours in pairs]
        found |= {
            f"{clock}_ctgan_ms": 1e3 * statistics.median(theirs[at] for theirs, _ in pairs),
            f"{clock}_doppel_ms": 1e3 * statistics.median(ours[at] for _, ours in pairs),
            f"{clock}_ratio_median": statistics.median(ratios),
            f"{clock}_ratio_low": min(ratios),
            f"{clock}_ratio_high": max(ratios),
        }
    return found


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float], steps: int) -> tuple[float, float]:
    """Wall and processor seconds per step since `begun`."""
    wall, processor = _now()
    return (wall - begun[0]) / steps, (processor - begun[1]) / steps


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS), choices=list(SETTINGS))
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    results = {}
    for name in options.tables.split(","):
        table = load_table(name)
        for label, config in SETTINGS.items():
            if label not in options.settings:
                continue
            found = measure(table, config, blocks=options.blocks, steps=options.steps, threads=options.threads)
            results[f"{name}, {label}"] = found
            for clock in ("wall", "processor"):
                theirs, ours, ratio, low, high = (
                    found[f"{clock}_{one}"]
                    for one in ("ctgan_ms", "doppel_ms", "ratio_median", "ratio_low", "ratio_high")
                )
                print(
                    f"{name:20} {label:15} {clock:10} ctgan {theirs:6.1f} ms  doppel {ours:6.1f} ms  "
                    f"ratio {ratio:.2f} ({low:.2f} to {high:.2f})",
                    file=sys.stderr,
                )
    print(json.dumps({"benchmark": "training_step", "threads": options.threads, "results": results}))


if __name__ == "__main__":
    main()
