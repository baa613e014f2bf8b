"""How long a million rows take from CSV to stored Parquet with types and summary, beside what else would read them.

Prints JSON. Paired in one process: every round runs all contestants, so that a busy machine is busy for all. Times are
of the wall; `cpu` beside them is the process's own time, which a busy machine changes less.

    python -m tests.benchmarks.reading [--rows 1000000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from core.profiling.aggregate import column_facts
from core.profiling.infer import schema_of
from core.profiling.summary import summary_of
from core.reading.read import read_table


def write_table(path: Path, n: int) -> None:
    """A table of 13 columns of all kinds, about 100 bytes per row."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "id": np.arange(n) + 1_000_000,
            "age": rng.integers(18, 90, n),
            "income": np.round(rng.lognormal(10, 0.6, n), 2),
            "balance": np.round(rng.normal(0, 5_000, n), 2),
            "score": np.round(rng.normal(0, 1, n), 4),
            "visits": rng.poisson(2, n),
            "job": rng.choice(["clerk", "engineer", "teacher", "nurse", "driver"], n),
            "city": rng.choice([f"Town number {k}" for k in range(400)], n),
            "married": rng.choice(["yes", "no"], n),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1_500, n), "D"),
            "code": np.char.add("AB-", rng.integers(10_000, 99_999, n).astype(str)),
            "gain": np.where(rng.random(n) < 0.9, 0, rng.integers(1, 99_999, n)),
            "label": rng.integers(0, 2, n),
        }
    )
    frame.to_csv(path, index=False)


def ours(source: Path, folder: Path) -> None:
    target = folder / "ours.parquet"
    diagnosis = read_table(source, target)
    facts = column_facts(target)
    summary_of(target, facts, schema_of(facts, formats=diagnosis.formats))


def reading_alone(source: Path, folder: Path) -> None:
    read_table(source, folder / "alone.parquet")


def plain_copy(source: Path, folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY (FROM read_csv('{source}')) TO '{folder / 'copy.parquet'}' (COMPRESSION zstd)")


def with_pandas(source: Path, folder: Path) -> None:
    pd.read_csv(source).describe(include="all")


CONTESTANTS: dict[str, Callable[[Path, Path], None]] = {
    "ours: Parquet, types, summary": ours,
    "ours: Parquet alone": reading_alone,
    "duckdb: copy to Parquet": plain_copy,
    "pandas: read_csv and describe": with_pandas,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "table.csv"
        write_table(source, settings.rows)
        wall: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
        cpu: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
        for _ in range(settings.rounds):
            for contestant, work in CONTESTANTS.items():
                begin, begin_cpu = time.perf_counter(), time.process_time()
                work(source, folder)
                wall[contestant].append(time.perf_counter() - begin)
                cpu[contestant].append(time.process_time() - begin_cpu)
        print(
            json.dumps(
                {
                    "rows": settings.rows,
                    "megabytes": round(source.stat().st_size / 1e6, 1),
                    "rounds": settings.rounds,
                    "median_seconds": {name: round(statistics.median(times), 2) for name, times in wall.items()},
                    "median_cpu_seconds": {name: round(statistics.median(times), 2) for name, times in cpu.items()},
                    "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
                },
                indent=2,
            )
        )


if __name__ == "__main__":
    main()
