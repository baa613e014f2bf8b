"""The study of epochs against privacy: small train sets of census, trained far beyond need, judged on the way.

    python -m tests.benchmarks.epochs_against_privacy --budget 180
    python -m tests.benchmarks.epochs_against_privacy --report

A cell is a number of train rows, a pack size and a seed. It is trained to `STEPS` generator steps (or `MAX_EPOCHS`
epochs, where that is less) and judged at `CHECKPOINTS` log-spaced steps by the quick plan, against 5,000 control rows.
Every judgment is a line of the results file, so the program can be killed and started again at any time: cells go on
from the last judged step. All cells are trained to the first of `PASSES`, then all of them on to the next, and cells
of the first seed come first, so that a short budget gives a whole picture, if a noisy one that ends early.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# threads that wait must sleep (docs/what-we-learned.md); said before torch is imported
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from core.evaluation.judge import judge
from core.evaluation.metric import Part, Plan, Tables
from core.evaluation.repetition import bands
from core.limits import PROBE_ROWS
from core.records import MetricResult, SampleRequest, Scope
from core.synthesis.checkpoint import model_of, resume, save_checkpoint
from core.synthesis.presets import preset_for
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from core.tables import joined
from core.tape import TapePoint
from tests.benchmarks.real_tables import RealTable, load_table

STEPS = 20_000
CHECKPOINTS = 8
PASSES = (3_615, 8_504, STEPS)
"""Steps to which all cells are trained before any goes further."""

MAX_EPOCHS = 300
"""Of the largest train set only."""

CONTROL_ROWS = 5_000
SMALL, LARGE = (250, 1_000, 4_000), 24_000
PACS = (1, 10)
SEEDS, LARGE_SEEDS = 5, 2
COPIED = (0.0, 0.05, 0.2, 1.0)
"""Shares of copied train rows in the positive controls; 0 is the null: fresh real rows alone."""

TABLE_METRICS = (
    "column_shapes", "pair_trends", "detection_auc", "tstr_auc", "trtr_auc", "utility_kept", "dcr_share",
    "memorised_share", "nndr_p05_train", "nndr_p05_control", "exact_copies", "membership_auc",
    "singling_out_univariate", "singling_out_multivariate",
)  # fmt: skip
RESULTS = Path(__file__).resolve().parents[2] / "docs" / "studies" / "epochs-against-privacy.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One training, or one positive control where `copied` is given."""

    n_train: int
    pac: int
    seed: int
    copied: float | None = None

    @property
    def name(self) -> str:
        """Folder of its working files."""
        return f"n{self.n_train}-pac{self.pac}-seed{self.seed}"


def cells() -> list[Cell]:
    """Controls first, then trainings seed by seed, small train sets first."""
    controls = [Cell(n_train=n, pac=0, seed=0, copied=share) for n in (*SMALL, LARGE) for share in COPIED]
    grid = [
        Cell(n_train=n, pac=pac, seed=seed)
        for seed in range(SEEDS)
        for n in (*SMALL, *((LARGE,) if seed < LARGE_SEEDS else ()))
        for pac in PACS
    ]
    return controls + grid


def judged_steps(last: int, n: int = CHECKPOINTS, first: int = 50) -> list[int]:
    """Log-spaced steps from `first` to `last`.

    >>> judged_steps(20_000)
    [50, 118, 277, 653, 1536, 3615, 8504, 20000]
    """
    if last <= first:
        return [last]
    return sorted({round(first * (last / first) ** (at / (n - 1))) for at in range(n)})


class Study:
    """Runs cells and appends what they show.

    Parameters
    ----------
    results : path of a file with one JSON value per line
    work : folder for states of cells that were cut off
    ends_at : float
        When to stop, in seconds of the monotonic clock.
    """

    def __init__(
        self, table: RealTable, results: Path, work: Path, ends_at: float, steps: int = STEPS, threads: int = 1
    ) -> None:
        self.table, self.results, self.work, self.ends_at, self.steps = table, results, work, ends_at, steps
        self.lines = read_lines(results)
        rows = np.random.default_rng(8).permutation(len(table.control))
        self.control = table.control.iloc[rows[:CONTROL_ROWS]].reset_index(drop=True)
        self.fresh = table.control.iloc[rows[CONTROL_ROWS : CONTROL_ROWS + PROBE_ROWS]].reset_index(drop=True)
        self.threads = threads

    def run(self, cell: Cell, until: int) -> bool:
        """Do what is left of a cell up to a step; whether it is done."""
        train_rows = self.train_rows(cell)
        base = Tables(
            schema=self.table.schema, train=train_rows, synthetic=train_rows.iloc[:0], control=self.control,
            target=self.table.target, seed=cell.seed, threads=self.threads, plan=Plan.QUICK,
        )  # fmt: skip
        if cell.copied is not None:
            if not self.known(cell):
                self.keep(cell, base, self.mixed(train_rows, cell.copied), epoch=0, step=0)
            return True
        return self.train(cell, base, train_rows, until)

    def train_rows(self, cell: Cell) -> pd.DataFrame:
        """Train rows of a cell: the same for every pack size, others for every seed."""
        order = np.random.default_rng([cell.seed, cell.n_train]).permutation(len(self.table.train))
        return self.table.train.iloc[order[: cell.n_train]].reset_index(drop=True)

    def mixed(self, train_rows: pd.DataFrame, share: float) -> pd.DataFrame:
        """Fresh real rows of which a share is replaced by copies of train rows."""
        n_copied = round(share * len(self.fresh))
        copies = train_rows.iloc[np.arange(n_copied) % len(train_rows)]
        return joined([copies, self.fresh.iloc[n_copied:]])

    def train(self, cell: Cell, base: Tables, train_rows: pd.DataFrame, until: int) -> bool:
        settings = {
            "epochs": 100_000, "seed": cell.seed, "pac": cell.pac, "dropout": 0.5 if cell.pac > 1 else 0.0,
            "device": "cpu", "threads": self.threads,
        }  # fmt: skip
        config = preset_for("balanced", cell.n_train, {name: str(value) for name, value in settings.items()})
        folder = self.work / cell.name
        done = max((line["step"] for line in self.known(cell)), default=0)
        if done >= 0.95 * until:  # whole epochs make steps differ a little from the planned ones
            return True
        if folder.exists() and done:
            training = resume(folder, train_rows, self.table.schema)
        else:
            training = prepare(train_rows, self.table.schema, config, target=self.table.target)
        per_epoch = training.steps_per_epoch
        last = min(self.steps, MAX_EPOCHS * per_epoch) if cell.n_train == LARGE else self.steps
        epochs = sorted({max(1, round(step / per_epoch)) for step in judged_steps(last) if step <= until})
        begun = time.perf_counter()
        for epoch in epochs:
            if epoch * per_epoch <= done:
                continue
            for _ in train(training, until_epoch=epoch):
                if time.monotonic() > self.ends_at:
                    return False
            seconds = round(time.perf_counter() - begun, 1)
            drawn = draw_sample(
                model_of(training), SampleRequest(n_rows=PROBE_ROWS, seed=1), self.table.schema, device="cpu",
                threads=self.threads,
            ).frame  # fmt: skip
            self.keep(cell, base, drawn, epoch=training.epoch, step=training.step, training_seconds=seconds)
            shutil.rmtree(folder, ignore_errors=True)
            self.work.mkdir(parents=True, exist_ok=True)
            save_checkpoint(training, folder)
        return True

    def known(self, cell: Cell) -> list[dict[str, Any]]:
        """Lines of a cell."""
        wanted = asdict(cell)
        return [line for line in self.lines if all(line[name] == value for name, value in wanted.items())]

    def keep(self, cell: Cell, base: Tables, synthetic: pd.DataFrame, **about: Any) -> None:
        """Judge a sample and append its line."""
        begun = time.perf_counter()
        tables = Tables(
            schema=base.schema, train=base.train, synthetic=synthetic, control=base.control, target=base.target,
            seed=base.seed, threads=base.threads, plan=base.plan, shared=base.shared,
        )  # fmt: skip
        found = {}
        for one in judge(tables, set(Part)):
            if not isinstance(one, MetricResult) or one.value is None:
                continue
            if one.scope is Scope.TABLE and one.metric in TABLE_METRICS:
                found[one.metric] = _numbers(one)
            elif one.scope is Scope.MODEL and one.metric == "membership_auc":
                found[f"membership_auc by {one.subject[0]}"] = _numbers(one)
        line = asdict(cell) | about | {"metrics": found, "judging_seconds": round(time.perf_counter() - begun, 1)}
        self.results.parent.mkdir(parents=True, exist_ok=True)
        with self.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")
        self.lines.append(line)
        auc, kept = (found.get(name, {}).get("value") for name in ("membership_auc", "utility_kept"))
        print(cell.name, cell.copied, about, f"membership {auc}, utility kept {kept}", flush=True)


def _numbers(one: MetricResult) -> dict[str, Any]:
    return {"value": round(one.value, 5), "low": _rounded(one.low), "high": _rounded(one.high)} | (
        {"signed": round(one.anchors["signed"], 5)} if "signed" in one.anchors else {}
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Whole lines of the results; one that a kill cut off is left out."""
    if not path.exists():
        return []
    found = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return found


# What the lines say


def points(lines: list[dict[str, Any]], n_train: int, pac: int) -> list[TapePoint]:
    """Judgments of one setting as points, for the statistics that the product uses."""
    return [
        TapePoint(
            run_id=f"seed {line['seed']}", seed=line["seed"], epoch=line["step"], step=line["step"],
            n_rows=PROBE_ROWS,
            results=tuple(
                MetricResult(metric=name, value=one["value"], low=one["low"], high=one["high"])
                for name, one in line["metrics"].items()
            ),
        )
        for line in lines
        if (line["n_train"], line["pac"], line["copied"]) == (n_train, pac, None)
    ]  # fmt: skip


def report(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Tables in Markdown: positive controls, then every setting at every judged step."""
    shown = ("utility_kept", "column_shapes", "membership_auc", "dcr_share", "singling_out_univariate")
    yield "| train rows | copied share | " + " | ".join(shown[2:]) + " |\n|---|---|" + "---|" * len(shown[2:])
    for line in lines:
        if line["copied"] is not None:
            cells_shown = [_cell(line["metrics"].get(name)) for name in shown[2:]]
            yield f"| {line['n_train']:,} | {line['copied']:.0%} | " + " | ".join(cells_shown) + " |"
    yield "\n| train rows | pac | steps | seeds | " + " | ".join(shown) + " |\n|---|---|---|---|" + "---|" * len(shown)
    for n_train in (*SMALL, LARGE):
        for pac in PACS:
            ones = points(lines, n_train, pac)
            found = {name: {band.epoch: band for band in bands(ones, name)} for name in shown}
            for step in sorted({one.epoch for one in ones}):
                n_seeds = len({one.seed for one in ones if one.epoch == step})
                texts = [_band(found[name].get(step)) for name in shown]
                yield f"| {n_train:,} | {pac} | {step:,} | {n_seeds} | " + " | ".join(texts) + " |"


def _cell(one: dict[str, Any] | None) -> str:
    return "–" if one is None else f"{one['value']:.3f} ({_text(one['low'])} to {_text(one['high'])})"


def _band(band) -> str:
    return "–" if band is None else f"{band.value:.3f} ({_text(band.low)} to {_text(band.high)})"


def _text(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.3f}"


def main() -> None:
    """Run for a budget, or say what is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=3.0, help="Minutes to run at most.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--work", type=Path, help="Folder for cells that were cut off; beside the results by default.")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1, help="Of training and judging; one is enough for few rows.")
    parser.add_argument("--only", metavar="N", type=int, nargs="*", help="Train rows to study; all by default.")
    parser.add_argument("--report", action="store_true", help="Print tables of what is there, and run nothing.")
    chosen = parser.parse_args()
    if chosen.report:
        for text in report(read_lines(chosen.results)):
            print(text)
        return
    ends_at = time.monotonic() + 60 * chosen.budget
    work = chosen.work or chosen.results.with_suffix(".work")
    # half of the rows are control rows: 5,000 to judge by and as many for the controls
    study = Study(load_table("census", control_share=0.4), chosen.results, work, ends_at, chosen.steps, chosen.threads)
    wanted = [cell for cell in cells() if not chosen.only or cell.n_train in chosen.only]
    done = 0
    for until in (*(one for one in PASSES if one < chosen.steps), chosen.steps):
        done = 0
        for cell in wanted:
            if time.monotonic() > ends_at or not study.run(cell, until):
                break
            done += 1
        found = {"steps": until, "cells": len(wanted), "cells done or found done": done}
        print(json.dumps(found | {"results": chosen.results.name}), flush=True)


if __name__ == "__main__":
    main()
