"""Exporting a million rows: seconds and peak memory of every format, beside pandas writing the same CSV in one piece.

Each writer runs in a process of its own, so that its peak memory is its own.

    python -m tests.benchmarks.exporting --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import resource
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


def one(kind: str, source: Path, folder: Path) -> dict:
    """Write one format in this process; seconds and peak memory beyond what importing takes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    if kind == "pandas csv":
        pd.read_parquet(source).to_csv(folder / "pandas.csv", index=False)
    else:
        schema = infer_schema(source)
        write_release(source, schema, folder / f"out.{FORMATS[kind].ending}", kind, stamp=Stamp(), guard=kind == "csv")
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"kind": kind, "seconds": round(seconds, 2), "peak_growth_mb": round(peak / 1024, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--one", nargs=3, metavar=("KIND", "SOURCE", "FOLDER"))
    asked = parser.parse_args()
    if asked.one:
        kind, source, folder = asked.one
        print(json.dumps(one(kind, Path(source), Path(folder))))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        make_table(source, asked.rows)
        found = []
        for kind in ("pandas csv", *FAST):
            command = [sys.executable, "-m", "tests.benchmarks.exporting", "--one", kind, str(source), folder]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(answer.stdout.strip().splitlines()[-1]))
    peer = found[0]["seconds"]
    for row in found:
        row["times_pandas"] = round(row["seconds"] / peer, 2)
    print(json.dumps({"rows": asked.rows, "columns": 15, "results": found}, indent=2))


if __name__ == "__main__":
    main()
