"""Drawing beside SDV, paired in one process: `python -m tests.benchmarks.drawing --models FOLDER`.

Three parts, chosen by `--parts`:

* `speed`: unconditional rows per second. Blocks of SDV's `CTGANSynthesizer.sample` and of ours alternate, each into
  memory and ours also into Parquet; ratios are of neighbouring blocks. Beside them the ratio of processor time, which
  other work on the machine hardly moves (one thread: `OMP_NUM_THREADS=1`).
* `rare`: rows of the five rarest levels of `native_country` below .1 % of the train rows. SDV draws by
  `sample_from_conditions` for a while (`--patience` seconds, or as many rows as it gives), ours draws all of them;
  ratio of seconds per delivered row.
* `memory`: peak resident memory of a process of its own that streams `--large` rows to Parquet.
* `shares`: share of every level in the drawn rows against the train rows, mean absolute error over all levels of all
  level columns, for ours and for `ctgan`'s `sample()`, both with default settings after as many epochs.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from core.records import Condition, SampleRequest
from core.synthesis.sample import draw_sample
from core.synthesis.stream import Stream
from core.tables import MISSING_LABEL, joined, to_arrow
from tests.benchmarks.models import our_model, their_model
from tests.benchmarks.real_tables import TARGETS, RealTable, load_table

GROUP_ROWS = 131_072


def sdv_model(table: RealTable, n_rows: int):
    """SDV's synthesizer with default settings, trained one epoch on a part of the rows: drawing costs the same."""
    from sdv.metadata import Metadata
    from sdv.single_table import CTGANSynthesizer

    frame = table.plain_train().sample(n_rows, random_state=0).reset_index(drop=True)
    columns = {
        column.name: {"sdtype": "numerical" if column.is_number else "categorical"} for column in table.schema.modelled
    }
    metadata = Metadata.load_from_dict({"tables": {"table": {"columns": columns}}, "relationships": []})
    model = CTGANSynthesizer(metadata, epochs=1, enable_gpu=False)
    model.fit({"table": frame})
    return model


def stream_to_parquet(table: RealTable, model, n_rows: int, path: Path, seed: int) -> None:
    """Draw into row groups as a job does."""
    stream = Stream(model, SampleRequest(n_rows=n_rows, seed=seed), table.schema)
    writer, waiting = None, []
    for block in stream.frames():
        waiting.append(block.frame)
        if sum(map(len, waiting)) >= GROUP_ROWS:
            writer = _written(waiting, table, path, writer)
            waiting = []
    if waiting:
        writer = _written(waiting, table, path, writer)
    writer.close()


def _written(waiting: list[pd.DataFrame], table: RealTable, path: Path, writer):
    arrow = to_arrow(joined(waiting), table.schema)
    writer = writer or pq.ParquetWriter(path, arrow.schema, compression="zstd")
    writer.write_table(arrow)
    return writer


def speed(table: RealTable, models: Path, options: argparse.Namespace) -> dict:
    """Rows per second of both, and the ratio of neighbouring blocks."""
    theirs, ours = sdv_model(table, options.sdv_rows), our_model(table, models, epochs=options.epochs)
    draw_sample(ours, SampleRequest(n_rows=10_000, seed=0), table.schema)
    theirs.sample(1_000)
    pairs, work = [], []
    with tempfile.TemporaryDirectory() as folder:
        for block in range(options.blocks):
            begun, busy = time.perf_counter(), time.process_time()
            theirs.sample(options.sdv_block)
            sdv, their_work = options.sdv_block / (time.perf_counter() - begun), time.process_time() - busy
            begun, busy = time.perf_counter(), time.process_time()
            draw_sample(ours, SampleRequest(n_rows=options.our_block, seed=block), table.schema)
            memory, our_work = options.our_block / (time.perf_counter() - begun), time.process_time() - busy
            work.append((their_work / options.sdv_block, our_work / options.our_block))
            begun = time.perf_counter()
            stream_to_parquet(table, ours, options.our_block, Path(folder) / "rows.parquet", block)
            file = options.our_block / (time.perf_counter() - begun)
            pairs.append((sdv, memory, file))
            print(f"SDV {sdv:9,.0f}  ours {memory:9,.0f}  to Parquet {file:9,.0f} rows/s", file=sys.stderr)
    ratios = [memory / sdv for sdv, memory, _ in pairs]
    return {
        "sdv_rows_per_second": statistics.median(one[0] for one in pairs),
        "our_rows_per_second": statistics.median(one[1] for one in pairs),
        "our_rows_per_second_to_parquet": statistics.median(one[2] for one in pairs),
        "ratio_median": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "ratio_to_parquet_median": statistics.median(file / sdv for sdv, _, file in pairs),
        "sdv_processor_microseconds_per_row": 1e6 * statistics.median(one[0] for one in work),
        "our_processor_microseconds_per_row": 1e6 * statistics.median(one[1] for one in work),
        "ratio_processor_time": statistics.median(sdv / own for sdv, own in work),
        "blocks": len(pairs),
    }


def rare(table: RealTable, models: Path, options: argparse.Namespace) -> dict:
    """Seconds per delivered row of rare levels."""
    from sdv.sampling import Condition as TheirCondition

    shares = table.train["native_country"].value_counts(normalize=True)
    levels = [str(level) for level in shares[(shares < 0.001) & (shares > 0)].index[:5]]
    ours = our_model(table, models, epochs=options.epochs)
    conditions = tuple(Condition(column="native_country", level=one, n_rows=options.rare_rows // 5) for one in levels)
    begun = time.perf_counter()
    drawn = draw_sample(ours, SampleRequest(n_rows=0, seed=1, conditions=conditions), table.schema)
    our_seconds = time.perf_counter() - begun
    theirs = sdv_model(table, options.sdv_rows)
    wanted = [TheirCondition(num_rows=options.sdv_rare_rows, column_values={"native_country": one}) for one in levels]
    begun, got = time.perf_counter(), 0
    for one in wanted:
        try:
            rows = theirs.sample_from_conditions([one], max_tries_per_batch=options.tries)
            got += sum(map(len, rows.values())) if isinstance(rows, dict) else len(rows)
        except ValueError as error:
            print(f"SDV: {error}"[:200], file=sys.stderr)
        if time.perf_counter() - begun > options.patience:
            break
    their_seconds = time.perf_counter() - begun
    each = their_seconds / max(got, 1)
    return {
        "levels": levels,
        "ours": {"rows": len(drawn.frame), "seconds": our_seconds,
                 "native": [one.n_matched_natively / one.condition.n_rows for one in drawn.outcomes],
                 "drawn": [one.n_drawn for one in drawn.outcomes]},
        "sdv": {"rows": got, "seconds": their_seconds, "at_least_seconds_per_row": each},
        "ratio_per_row": each / (our_seconds / max(len(drawn.frame), 1)),
        "ratio_is_a_lower_bound": got == 0,
    }  # fmt: skip


def memory(table: RealTable, models: Path, options: argparse.Namespace) -> dict:
    """Peak memory of a process that streams to Parquet, and its seconds."""
    our_model(table, models, epochs=options.epochs)
    found = {}
    for n_rows in (options.large // 10, options.large):
        answer = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.drawing", "--parts", "stream", "--tables", table.name,
             "--models", str(models), "--epochs", str(options.epochs), "--large", str(n_rows)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found[f"{n_rows:,} rows"] = json.loads(answer.stdout.strip().splitlines()[-1])["results"][table.name]["stream"]
    return found


def stream(table: RealTable, models: Path, options: argparse.Namespace) -> dict:
    """Stream rows to Parquet in this process."""
    model = our_model(table, models, epochs=options.epochs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        stream_to_parquet(table, model, options.large, path, 1)
        metadata = pq.read_metadata(path)
        size = path.stat().st_size / 2**20
    return {
        "rows": metadata.num_rows, "row_groups": metadata.num_row_groups, "file_mib": size,
        "seconds": time.perf_counter() - begun, "peak_mib_before_drawing": before,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def shares(table: RealTable, models: Path, options: argparse.Namespace) -> dict:
    """Mean absolute error of the shares of all levels."""
    ours = draw_sample(
        our_model(table, models, epochs=options.epochs), SampleRequest(n_rows=options.share_rows, seed=3), table.schema
    ).frame
    theirs = their_model(table, models, epochs=options.epochs).sample(options.share_rows)
    return {
        "epochs": options.epochs,
        "levels": int(sum(table.train[name].nunique(dropna=False) for name in table.level_columns)),
        "ours_mae": _share_error(table, ours),
        "ctgan_mae": _share_error(table, theirs),
    }


def _share_error(table: RealTable, drawn: pd.DataFrame) -> float:
    errors = []
    for name in table.level_columns:
        real, made = (
            frame[name].astype(object).fillna(MISSING_LABEL).astype(str).value_counts(normalize=True)
            for frame in (table.train, drawn)
        )
        errors += list((made.reindex(real.index).fillna(0) - real).abs())
    return float(sum(errors) / len(errors))


PARTS = {"speed": speed, "rare": rare, "memory": memory, "shares": shares, "stream": stream}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="speed,rare,memory,shares")
    parser.add_argument("--tables", default="census")
    parser.add_argument("--models", type=Path, default=Path("bench"))
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--sdv-rows", type=int, default=5_000)
    parser.add_argument("--sdv-block", type=int, default=50_000)
    parser.add_argument("--our-block", type=int, default=200_000)
    parser.add_argument("--rare-rows", type=int, default=20_000)
    parser.add_argument("--sdv-rare-rows", type=int, default=5)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--patience", type=float, default=120.0)
    parser.add_argument("--large", type=int, default=10_000_000)
    parser.add_argument("--share-rows", type=int, default=100_000)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    results: dict[str, dict] = {}
    for name in options.tables.split(","):
        assert name in TARGETS, f"no such table: {name}"
        table = load_table(name)
        results[name] = {part: PARTS[part](table, options.models, options) for part in options.parts.split(",")}
    print(json.dumps({"benchmark": "drawing", "results": results}))


if __name__ == "__main__":
    main()
