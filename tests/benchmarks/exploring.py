"""The whole Explore summary beside ydata-profiling on 100,000 rows, and on a wide and a long table by itself.

    python -m tests.benchmarks.exploring [ROWS]

Prints JSON. ydata-profiling cannot be installed beside the pinned libraries: name the Python of an environment with
it in DOPPEL_YDATA_PYTHON, without which only Doppel is timed. Both sides read the same Parquet file and are timed by
the processor time of their own process, which other work on the machine disturbs least, and by the clock. The peer only
computes its description; drawing its report would come on top.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from core.demo.card_payments import make_card_payments
from core.profiling.crossed import pair_picture
from core.profiling.explore import explore_table
from core.profiling.infer import infer_schema
from core.profiling.suggesting import suggest_constraints
from core.profiling.summary import summarise_table

PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
from ydata_profiling import ProfileReport, __version__
frame = pd.read_parquet(sys.argv[1])
clock, spent = time.perf_counter(), time.process_time()
ProfileReport(frame, progress_bar=False).get_description()
found = {"seconds": time.perf_counter() - clock, "processor": time.process_time() - spent, "version": __version__}
print(json.dumps(found))
"""


def timed(work: Callable[[], object]) -> dict[str, float]:
    clock, spent = time.perf_counter(), time.process_time()
    work()
    return {"seconds": round(time.perf_counter() - clock, 2), "processor": round(time.process_time() - spent, 2)}


def explored(table: Path) -> None:
    """Everything that the Explore page shows: types, summary of every column, findings, pairs, missing cells."""
    schema = infer_schema(table)
    summary = summarise_table(table, schema)
    explore_table(table, schema, summary)


def beside_the_peer(folder: Path, n_rows: int) -> dict:
    table = folder / "payments.parquet"
    make_card_payments(n_rows, seed=0).to_parquet(table)
    found = {"rows": n_rows, "ours": timed(lambda: explored(table))}
    python = os.environ.get("DOPPEL_YDATA_PYTHON")
    if python:
        answer = subprocess.run([python, "-c", PEER, str(table)], capture_output=True, text=True, check=True)
        found["ydata-profiling"] = json.loads(answer.stdout.strip().splitlines()[-1])
        found["ours again"] = timed(lambda: explored(table))
        ours = min(found["ours"]["processor"], found["ours again"]["processor"])
        found["times as fast (processor)"] = round(found["ydata-profiling"]["processor"] / ours, 1)
        clock = min(found["ours"]["seconds"], found["ours again"]["seconds"])
        found["times as fast (clock)"] = round(found["ydata-profiling"]["seconds"] / clock, 1)
    return found


def wide(folder: Path, n_rows: int = 20_000) -> dict:
    """300 columns: 200 of numbers, 100 of levels."""
    rng = np.random.default_rng(0)
    columns = {f"number {at}": rng.normal(at, 1, n_rows) for at in range(200)}
    columns |= {f"level {at}": rng.choice(list("abcdefgh"), n_rows) for at in range(100)}
    table = folder / "wide.parquet"
    pd.DataFrame(columns).to_parquet(table)
    schema = infer_schema(table)
    summary = summarise_table(table, schema)
    return {
        "columns": 300,
        "rows": n_rows,
        "exploring": timed(lambda: explore_table(table, schema, summary)),
        "constraints": timed(lambda: suggest_constraints(table, schema)),
    }


def long(folder: Path, n_rows: int) -> dict:
    """Millions of rows by 13 columns."""
    piece = make_card_payments(250_000, seed=0)
    table = folder / "long.parquet"
    pd.concat([piece] * (n_rows // len(piece)), ignore_index=True).to_parquet(table)
    schema = infer_schema(table)
    summary = summarise_table(table, schema)
    numbers = [one for one in schema.modelled if one.is_number][:2]
    levels = [one for one in schema.modelled if one.is_levels][:1]
    return {
        "rows": n_rows,
        "columns": len(schema),
        "types and summary": timed(lambda: summarise_table(table, infer_schema(table))),
        "exploring": timed(lambda: explore_table(table, schema, summary)),
        "a pair of numbers": timed(lambda: pair_picture(table, *numbers)),
        "a level and a number": timed(lambda: pair_picture(table, levels[0], numbers[0])),
    }


def main() -> None:
    """Print all measurements as JSON."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {"100,000 rows": beside_the_peer(folder, 100_000), "wide": wide(folder), "long": long(folder, n_rows)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
