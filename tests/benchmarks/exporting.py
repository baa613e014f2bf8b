"""Exporting a million rows: seconds, peak memory and steps of progress of every format, beside pandas writing the same
CSV in one piece.

Each writer runs in a process of its own, so that its peak memory is its own, and does a quarter of the rows as well:
memory that is flat does not grow from the one to the other.

    python -m tests.benchmarks.exporting --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from core.export.marks import Stamp
from core.export.tables import FORMATS, write_release
from core.profiling.infer import infer_schema

FAST = ("csv", "parquet", "jsonl", "sql", "duckdb")


def make_table(path: Path, n_rows: int) -> None:
    random = np.random.default_rng(0)
    levels = np.array(["north", "south", "east", "west", "=sum(A1)"])
    frame = pd.DataFrame({f"number {at}": random.normal(0, 100, n_rows).round(2) for at in range(5)})
    for at in range(5):
        frame[f"level {at}"] = levels[random.integers(0, 5, n_rows)]
        frame[f"count {at}"] = random.integers(0, 1000, n_rows)
    frame.to_parquet(path, index=False)


def peak_mb() -> float:
    """Most memory that this process has held since `forget_peak`, in MB; `getrusage` would give a parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def forget_peak() -> None:
    """Begin to count the peak anew from what is held now."""
    Path("/proc/self/clear_refs").write_text("5")


def one(kind: str, source: Path, folder: Path) -> dict:
    """Write one format in this process; seconds and peak memory beyond what importing takes."""
    forget_peak()
    before, steps = peak_mb(), []
    begun, worked = time.perf_counter(), time.process_time()
    if kind == "pandas csv":
        pd.read_parquet(source).to_csv(folder / "pandas.csv", index=False)
    else:
        schema = infer_schema(source)
        target = folder / f"out.{FORMATS[kind].ending}"
        forget_peak()
        before, begun, worked = peak_mb(), time.perf_counter(), time.process_time()
        write_release(source, schema, target, kind, stamp=Stamp(), guard=kind == "csv", progress=steps.append)
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    growth = round(peak_mb() - before, 1)
    return {"kind": kind, "seconds": round(seconds, 2), "processor_seconds": round(processor, 2),
            "peak_growth_mb": growth, "progress": len(steps)}  # fmt: skip


def run_one(kind: str, source: Path, folder: str) -> dict:
    """`one` in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.exporting", "--one", kind, str(source), folder]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--kinds", nargs="+", choices=list(FORMATS), default=FAST)
    parser.add_argument("--one", nargs=3, metavar=("KIND", "SOURCE", "FOLDER"))
    asked = parser.parse_args()
    if asked.one:
        kind, source, folder = asked.one
        print(json.dumps(one(kind, Path(source), Path(folder))))
        return
    with tempfile.TemporaryDirectory() as folder:
        whole, quarter = Path(folder) / "rows.parquet", Path(folder) / "quarter.parquet"
        make_table(whole, asked.rows)
        make_table(quarter, asked.rows // 4)
        found = []
        for kind in ("pandas csv", *asked.kinds):
            small, large = (run_one(kind, source, folder) for source in (quarter, whole))
            found.append({**large, "peak_growth_mb_of_a_quarter": small["peak_growth_mb"]})
    for row in found:
        row["times_pandas"] = round(row["processor_seconds"] / found[0]["processor_seconds"], 2)
    print(json.dumps({"rows": asked.rows, "columns": 15, "results": found}, indent=2))


if __name__ == "__main__":
    main()
