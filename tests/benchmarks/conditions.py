"""Conditions on every level of every level column: `python -m tests.benchmarks.conditions --models FOLDER`.

For each level of both shared tables:

* the share of rows that have it in the first draw (native match rate), and after rejection (which must be 1);
* for levels with enough train rows, column shapes of the other columns against the real rows of that level, for rows
  drawn under the condition, for the same without the offsets that steered rows get, and for rows that were drawn
  without a condition and kept because they have the level (rejection). All are of equally many rows, and fidelity is 1
  minus the mean distance over the columns, higher is better. Against train rows, and against control rows where there
  are enough, which neither the networks nor the offsets have seen.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.coded import code_frames
from core.evaluation.shapes import column_shapes
from core.records import Condition, SampleRequest
from core.synthesis.checkpoint import Model
from core.synthesis.offsets import Offsets
from core.synthesis.sample import draw_sample
from core.tables import MISSING_LABEL
from tests.benchmarks.models import our_model
from tests.benchmarks.real_tables import TARGETS, RealTable, load_table

ENOUGH_TRAIN_ROWS = 20
CLASSES = (100, 400, 2_000, 8_000, 10**9)
"""Train rows of a level: results are shown from each to the next."""


def has_level(frame: pd.DataFrame, column: str, level: str) -> np.ndarray:
    """Which rows have a level."""
    return (frame[column].isna() if level == MISSING_LABEL else frame[column].astype(object) == level).to_numpy()


def shapes(table: RealTable, column: str, real: pd.DataFrame, drawn: pd.DataFrame) -> float:
    """Mean column shape of the other columns."""
    others = tuple(one for one in table.schema.modelled if one.name != column)
    data = code_frames(others, {"train": real, "drawn": drawn})
    return float(column_shapes(data.columns, data.train, data.tables["drawn"], None).values.mean())


def measure(table: RealTable, model: Model, *, n_rows: int, pool_rows: int, least: int) -> list[dict]:
    """One record for every level."""
    without = dataclasses.replace(model, offsets=Offsets.none(model.encoder.layout))
    pool = draw_sample(model, SampleRequest(n_rows=pool_rows, seed=11), table.schema).frame
    found = []
    for name in table.level_columns:
        series = table.train[name]
        counts = series.astype(object).fillna(MISSING_LABEL).value_counts()
        if len(counts) < 2:
            continue
        for level, count in counts.items():
            request = SampleRequest(n_rows=0, seed=5, conditions=(Condition(column=name, level=level, n_rows=n_rows),))
            drawn = draw_sample(model, request, table.schema)
            one = drawn.outcomes[0]
            record = {
                "column": name, "level": level, "train_rows": int(count),
                "native": one.n_matched_natively / n_rows, "delivered": one.n_obtained / n_rows,
                "right": float(has_level(drawn.frame, name, level).mean()) if len(drawn.frame) else None,
            }  # fmt: skip
            waited = pool[has_level(pool, name, level)].reset_index(drop=True)
            if count >= least and len(waited) >= least:
                n = min(len(waited), len(drawn.frame))
                record["rows_compared"] = n
                ways = {
                    "conditioned": drawn.frame,
                    "without_offsets": draw_sample(without, request, table.schema).frame,
                    "rejection": waited,
                }
                for rows, prefix in ((table.train, "shapes"), (table.control, "control_shapes")):
                    real = rows[has_level(rows, name, level)].reset_index(drop=True)
                    if len(real) >= least / 2:
                        for way, frame in ways.items():
                            record[f"{prefix}_{way}"] = shapes(table, name, real, frame.iloc[:n].reset_index(drop=True))
            found.append(record)
    return found


def summary(records: list[dict]) -> dict:
    """What the must-shows ask."""
    common = [one for one in records if one["train_rows"] >= ENOUGH_TRAIN_ROWS]
    rare = [one for one in records if one["train_rows"] < ENOUGH_TRAIN_ROWS]
    compared = [one for one in records if "shapes_rejection" in one]
    return {
        "levels": len(records),
        "native_least": min(one["native"] for one in common),
        "native_mean": float(np.mean([one["native"] for one in common])),
        "native_below_99": [[one["column"], one["level"], one["train_rows"], one["native"]]
                            for one in common if one["native"] < 0.99],
        "native_of_rarer": [[one["column"], one["level"], one["train_rows"], one["native"]] for one in rare],
        "delivered_least": min(one["delivered"] for one in records),
        "right_least": min(one["right"] or 0 for one in records),
        "levels_compared": len(compared),
        "conditioned_better": sum(one["shapes_conditioned"] > one["shapes_rejection"] for one in compared),
        "all": means(compared),
        "by_train_rows": {
            f"{low} to {high}": means([one for one in compared if low <= one["train_rows"] < high])
            for low, high in itertools.pairwise(CLASSES)
        },
    }  # fmt: skip


def means(records: list[dict]) -> dict:
    """Mean shapes of every way, and mean differences to rejection with their standard errors."""
    found: dict = {"levels": len(records)}
    for prefix in ("shapes", "control_shapes"):
        rows = [one for one in records if f"{prefix}_rejection" in one]
        for way in ("conditioned", "without_offsets", "rejection"):
            values = np.array([one[f"{prefix}_{way}"] for one in rows])
            if not len(values):
                continue
            found[f"{prefix}_{way}"] = float(values.mean())
            gaps = values - np.array([one[f"{prefix}_rejection"] for one in rows])
            if way != "rejection" and len(gaps) > 1:
                error = float(gaps.std(ddof=1) / np.sqrt(len(gaps)))
                found[f"{prefix}_{way}_less_rejection"] = [float(gaps.mean()), error]
    return found


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default=",".join(TARGETS))
    parser.add_argument("--models", type=Path, default=Path("bench"))
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--pool", type=int, default=200_000)
    parser.add_argument("--least", type=int, default=100, help="train rows of a level for its fidelity to be compared")
    parser.add_argument("--details", action="store_true")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    results, records = {}, {}
    for name in options.tables.split(","):
        table = load_table(name)
        begun = time.perf_counter()
        model = our_model(table, options.models, epochs=options.epochs)
        records[name] = measure(table, model, n_rows=options.rows, pool_rows=options.pool, least=options.least)
        results[name] = summary(records[name]) | {"seconds": time.perf_counter() - begun}
        print(name, json.dumps(results[name]), file=sys.stderr)
    value = {"benchmark": "conditions", "epochs": options.epochs, "results": results}
    print(json.dumps(value | ({"records": records} if options.details else {})))


if __name__ == "__main__":
    main()
