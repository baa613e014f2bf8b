"""Column shapes, pair trends and the diagnostic numbers against SDMetrics' two reports, paired in one process.

    python -m tests.benchmarks.fidelity [--rows 40000] [--columns 300] [--million 1000000] > fidelity.json

The same metrics without intervals and anchors; ours includes coding both tables from raw frames. SDMetrics' thresholds
on association are off, so that both measure every pair.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation import distributions as compare
from core.evaluation.coded import SYNTHETIC, TRAIN, code_frames
from core.evaluation.shapes import column_shapes
from core.evaluation.trends import pair_trends
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import as_work_frame
from tests.benchmarks.privacy import census


def ours(schema: Schema, real: pd.DataFrame, synthetic: pd.DataFrame) -> dict[str, Any]:
    """Shapes, trends and diagnostic coverage of two raw frames."""
    frames = {TRAIN: as_work_frame(real, schema), SYNTHETIC: as_work_frame(synthetic, schema)}
    data = code_frames(schema.modelled, frames)
    shapes = column_shapes(data.columns, data.train, data.synthetic)
    trends = pair_trends(data.columns, data.train, {SYNTHETIC: data.synthetic})[SYNTHETIC]
    validity = []
    for column in data.columns:
        if column.is_number:
            values = [table.numbers[column.name] for table in (data.train, data.synthetic)]
            present = [each[~np.isnan(each)] for each in values]
            validity.append(compare.share_within(present[1], present[0].min(), present[0].max()))
        else:
            counts = [
                np.bincount(table.codes[column.name], minlength=column.n_codes)
                for table in (data.train, data.synthetic)
            ]
            validity.append(float(counts[1][counts[0] > 0].sum() / counts[1].sum()))
    return {
        "column_shapes": float(shapes.values.mean()),
        "pair_trends": float(trends.values.mean()),
        "validity": float(np.mean(validity)),
        "pairs": len(trends.values),
    }


def theirs(schema: Schema, real: pd.DataFrame, synthetic: pd.DataFrame) -> dict[str, Any]:
    """SDMetrics' quality and diagnostic reports."""
    from sdmetrics.reports.single_table import DiagnosticReport, QualityReport

    metadata = {
        "columns": {column.name: {"sdtype": "numerical" if column.is_number else "categorical"} for column in schema}
    }
    quality, diagnostic = QualityReport(), DiagnosticReport()
    quality.real_correlation_threshold = quality.real_association_threshold = 0
    quality.generate(real, synthetic, metadata, verbose=False)
    diagnostic.generate(real, synthetic, metadata, verbose=False)
    scores = quality.get_properties().set_index("Property")["Score"]
    return {
        "column_shapes": float(scores["Column Shapes"]),
        "pair_trends": float(scores["Column Pair Trends"]),
        "validity": float(diagnostic.get_score()),
        "pairs": int(quality.get_details("Column Pair Trends")["Score"].notna().sum()),
    }


def drawn_again(frame: pd.DataFrame, n_rows: int, seed: int, share: float = 0.0) -> pd.DataFrame:
    """Rows drawn with replacement, a share of the cells replaced by another row's."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, len(frame), n_rows)
    columns = {}
    for name in frame:
        other = np.where(generator.random(n_rows) < share, generator.integers(0, len(frame), n_rows), rows)
        columns[name] = frame[name].to_numpy()[other]
    return pd.DataFrame(columns)


def wide(n_rows: int, n_columns: int, seed: int) -> tuple[Schema, pd.DataFrame]:
    """Half numbers, half levels."""
    generator = np.random.default_rng(seed)
    columns, values = [], {}
    for place in range(n_columns):
        name = f"c{place:03}"
        number = place % 2 == 0
        values[name] = generator.normal(size=n_rows) if number else generator.choice(list("abcdefgh"), n_rows)
        columns.append(
            Column(
                name=name,
                type=ColumnType.CONTINUOUS if number else ColumnType.CATEGORICAL,
                reason="Set by the benchmark.",
                storage=Storage.DECIMAL if number else Storage.TEXT,
            )
        )
    return Schema(columns=tuple(columns)), pd.DataFrame(values)


def timed(function, *arguments) -> tuple[dict[str, Any], float, float]:
    """The answer, wall seconds and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    answer = function(*arguments)
    return answer, time.perf_counter() - wall, time.process_time() - processor


def peak_megabytes() -> float:
    """Highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main() -> None:
    """Print everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--wide-rows", type=int, default=10_000)
    parser.add_argument("--million", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    schema, frame = census()
    raw = pd.DataFrame({name: frame[name].astype(object) if schema[name].is_levels else frame[name] for name in frame})
    real, synthetic = drawn_again(raw, options.rows, 0), drawn_again(raw, options.rows, 1, share=0.2)
    runs = {"ours": [], "sdmetrics": []}
    answers = {}
    for _ in range(options.repeats):  # in turns, so that a busy machine slows both
        for name, function in (("ours", ours), ("sdmetrics", theirs)):
            answers[name], wall, processor = timed(function, schema, real, synthetic)
            runs[name].append({"wall": round(wall, 3), "processor": round(processor, 3)})
    best = {name: min(one["processor"] for one in each) for name, each in runs.items()}
    found: dict[str, Any] = {
        "paired": {
            "rows": options.rows,
            "columns": len(schema),
            "runs": runs,
            "answers": answers,
            "processor_ratio": round(best["ours"] / best["sdmetrics"], 4),
        }
    }
    if not options.columns:
        print(json.dumps(found, indent=1))
        return
    wide_schema, wide_real = wide(options.wide_rows, options.columns, 2)
    answer, wall, processor = timed(ours, wide_schema, wide_real, wide(options.wide_rows, options.columns, 3)[1])
    found["wide"] = {**answer, "rows": options.wide_rows, "wall": round(wall, 2), "processor": round(processor, 2)}
    if options.million:
        large = [drawn_again(raw, options.million, seed, share=0.1) for seed in (4, 5)]
        before = peak_megabytes()
        answer, wall, processor = timed(ours, schema, *large)
        found["million"] = {
            **answer,
            "rows": options.million,
            "wall": round(wall, 2),
            "processor": round(processor, 2),
            "raw_tables_megabytes": round(sum(each.memory_usage().sum() for each in large) / 2**20),
            "peak_added_megabytes": round(peak_megabytes() - before),
        }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
