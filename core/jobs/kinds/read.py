"""Reading: a file, or the demo table, becomes `table.parquet` with diagnosis, schema, summary and preview."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from core.errors import DoppelError
from core.jobs.context import JobContext
from core.jobs.protocol import JobState
from core.profiling.aggregate import ColumnFacts, column_facts
from core.profiling.choice import with_safe_defaults
from core.profiling.infer import inferred
from core.profiling.summary import summary_of
from core.reading.addresses import fetch
from core.reading.read import ReadOptions, read_table
from core.reading.result import Progress
from core.schema import ColumnType, Schema, Storage
from core.synthesis.width import as_work_numbers, number_width

PREVIEW_ROWS = 100
FETCHED = "fetched"


def run(context: JobContext) -> JobState:
    """Write `table.parquet`, `diagnosis.json`, `schema.json`, `summary.json` and `preview.parquet` into the job."""
    table = context.folder / "table.parquet"
    demo = context.config.get("demo")
    fetched = context.folder / FETCHED

    def tell(share: float, message: str = "") -> None:
        context.step(0.7 * share, message or "Reading the table")

    try:
        with context.reading_settings():
            options = ReadOptions.from_json(context.config.get("options") or {})
        if demo is not None:
            source = _make_demo(context, demo)
        else:
            source = _source(context, fetched, tell)
        diagnosis = read_table(source, table, options, progress=tell)
    finally:
        shutil.rmtree(fetched, ignore_errors=True)
        if demo is not None:
            (context.folder / "demo.csv").unlink(missing_ok=True)
    context.step(0.7, "Finding out what the columns represent")
    facts = column_facts(table)
    schema, personal = inferred(facts, formats=diagnosis.formats)
    schema = with_safe_defaults(schema)
    context.step(0.85, "Summarising the columns")
    summary = summary_of(table, facts, schema)
    context.write_json("personal.json", {name: dataclasses.asdict(one) for name, one in personal.items()})
    context.write_json("widths.json", _number_widths(facts, schema))
    _write_preview(context)
    context.write_json("summary.json", summary.to_json())
    context.write_json("schema.json", schema.to_json())
    context.write_json("diagnosis.json", diagnosis.to_json())
    return JobState.DONE


def _source(context: JobContext, fetched: Path, tell: Progress) -> Path:
    """The file or pattern of files to read; what an address names is copied here first."""
    address = context.config.get("address")
    if address is not None:
        fetched.mkdir(mode=0o700, exist_ok=True)
        return fetch(str(address), fetched, tell, follow=bool(context.config.get("follow", True)))
    if context.config.get("pattern"):
        return Path(str(context.config.get("source")))  # the reader says it when nothing matches
    return context.existing(context.config.get("source"), "the file to read", inside=False)


def _make_demo(context: JobContext, demo: dict):
    """The demo table as a file, so that it takes the way of every other table."""
    from core.demo.card_payments import make_card_payments

    context.step(0.0, "Making the demo table")
    with context.reading_settings():
        frame = make_card_payments(int(demo["n_rows"]), seed=int(demo["seed"]))
    path = context.folder / "demo.csv"
    frame.to_csv(path, index=False)
    return path


def _number_widths(facts: list[ColumnFacts], schema: Schema) -> dict[str, int]:
    """Width of every column of numbers or dates in an encoded row, were it learned as such."""
    widths = {}
    for one in facts:
        kind = ColumnType.CONTINUOUS if one.is_number else ColumnType.DATETIME
        if len(one.sample) and (one.is_number or one.storage in (Storage.DATE, Storage.DATETIME)):
            numbers = as_work_numbers(one.sample)
            missing = [np.nan if one.is_number else np.datetime64("NaT")] * bool(one.n_missing)
            series = pd.concat([numbers, pd.Series(missing, dtype=numbers.dtype)], ignore_index=True)
            column = dataclasses.replace(schema[one.name], type=kind)
            widths[one.name] = number_width(series, column)
    return widths


def _write_preview(context: JobContext) -> None:
    with pq.ParquetFile(context.folder / "table.parquet") as file:
        first = next(file.iter_batches(batch_size=PREVIEW_ROWS), None)
        if first is None:
            raise DoppelError("The table has no rows.", "Bring a table with rows.")
        with pq.ParquetWriter(context.folder / "preview.parquet", first.schema) as writer:
            writer.write_batch(first)
