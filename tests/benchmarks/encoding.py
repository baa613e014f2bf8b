"""Fitting and applying the encoder beside ctgan's, paired in one process: `python -m tests.benchmarks.encoding`."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings

import numpy as np

from core.synthesis.encode import fit_encoder
from tests.benchmarks.real_tables import TARGETS, RealTable, load_table


def ours(table: RealTable, n_rows: int) -> float:
    """Seconds to fit and apply our encoder."""
    frame = table.train.head(n_rows)
    begun = time.perf_counter()
    fit_encoder(frame, table.schema).encode(frame, np.random.default_rng(0))
    return time.perf_counter() - begun


def theirs(table: RealTable, n_rows: int) -> float:
    """Seconds to fit and apply ctgan's transformer."""
    from ctgan.data_transformer import DataTransformer

    frame = table.plain_train().head(n_rows)
    begun = time.perf_counter()
    transformer = DataTransformer()
    transformer.fit(frame, table.level_columns)
    transformer.transform(frame)
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print JSON and a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10**9, help="at most so many train rows")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    results = {}
    for name in options.tables.split(","):
        table = load_table(name)
        pairs = [(theirs(table, options.rows), ours(table, options.rows)) for _ in range(options.repetitions)]
        ratio = statistics.median(one / other for one, other in pairs)
        results[name] = {
            "rows": min(options.rows, len(table.train)),
            "ctgan_seconds": statistics.median(one for one, _ in pairs),
            "doppel_seconds": statistics.median(other for _, other in pairs),
            "ratio_median": ratio,
        }
        found = results[name]
        print(
            f"{name:20} ctgan {found['ctgan_seconds']:6.2f} s  doppel {found['doppel_seconds']:6.2f} s  "
            f"ratio {ratio:.1f}",
            file=sys.stderr,
        )
    print(json.dumps({"benchmark": "encoding", "results": results}))


if __name__ == "__main__":
    main()
