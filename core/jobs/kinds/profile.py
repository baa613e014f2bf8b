"""Profiling: a table that was read becomes a dataset, divided into train and control rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from core.constraints import Constraint
from core.dataset import SplitSpec, split_rows
from core.errors import TooFewRows
from core.jobs.context import JobContext
from core.jobs.files import sync_folder
from core.jobs.ids import check_id
from core.jobs.inheriting import INHERITED, inherit
from core.jobs.keeping_sides import settled_sides
from core.jobs.preparing import prepare_dataset
from core.jobs.protocol import JobState
from core.profiling.coarsen import coarsened_table
from core.profiling.summary import summarise_table
from core.schema import Schema
from core.store.serial import dataset_files, dataset_hash
from core.tables import read_frame, write_parquet

MAX_LEVELS = 1_000
"""Levels listed per column, the most frequent first."""


def run(context: JobContext) -> JobState:
    """Write the dataset's four tables into `tables/`, and `dataset.json` and `summary.json` into the job."""
    config = context.config
    with context.reading_settings():
        dataset_id = check_id(config["dataset_id"], "dataset")
        spec = SplitSpec.from_json(config["split"])
        target = config.get("target")
        rules = [Constraint.from_json(one) for one in config.get("constraints", ())]
    if config.get("recipe") is not None:
        found = _prepared(context, dataset_id, spec, target)
        _inherit(context, dataset_id, rules, Schema.from_json(found["schema"]))
        context.write_json("dataset.json", found)
        return JobState.DONE
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
    source = context.existing(config.get("table"), "the table to make a dataset of")
    coarse = context.folder / "coarse.parquet"
    if any(column.coarser for column in schema):
        context.step(0.02, "Making columns coarser")
        schema = coarsened_table(source, coarse, schema)
        source = coarse
    context.step(0.05, "Reading the table")
    frame = read_frame(source, schema)
    context.step(0.3, "Dividing the rows")
    split = split_rows(frame, spec)
    split, inherited = settled_sides(context, frame, schema, split)
    n_control = int(split.is_control.sum())
    n_train = len(frame) - n_control
    if n_train == 0:
        raise TooFewRows(
            f"No train row is left: all {len(frame):,} rows would be control rows.",
            "Choose a smaller control share, or an entity column with more entities.",
        )
    sides = {
        "": np.ones(len(frame), dtype=bool),
        "-train": ~split.is_control,
        "-control-selection": split.is_control & ~split.is_report_half,
        "-control-report": split.is_control & split.is_report_half,
    }
    for place, (name, rows) in enumerate(sides.items()):
        context.step(0.4 + 0.1 * place, "Storing the rows")
        _store(frame if name == "" else frame[rows], schema, context.session / "tables" / f"{dataset_id}{name}.parquet")
    sync_folder(context.session / "tables")
    context.step(0.8, "Summarising the columns")
    context.write_json("summary.json", summarise_table(source, schema).to_json())
    _inherit(context, dataset_id, rules, schema)
    files = dataset_files(context.session, dataset_id)
    context.write_json(
        "dataset.json",
        {
            "n_rows": len(frame),
            "n_train": n_train,
            "n_control": n_control,
            "split": split.spec.to_json(),
            "files": files,
            "content_hash": dataset_hash(schema, split.spec, target, files),
            "schema": schema.to_json(),
            "levels": train_levels(frame[~split.is_control], schema),
            **inherited,
        },
    )
    coarse.unlink(missing_ok=True)
    return JobState.DONE


def _inherit(context: JobContext, dataset_id: str, rules: list[Constraint], schema: Schema) -> None:
    """Settle which constraints of its parent the dataset takes over, where the parent has any."""
    if rules:
        train = context.session / "tables" / f"{dataset_id}-train.parquet"
        context.write_json(INHERITED, inherit(rules, train, schema).to_json())


def _prepared(context: JobContext, dataset_id: str, spec: SplitSpec, target: str | None) -> dict:
    """The dataset that the recipe of the settings makes from its parent."""
    found = prepare_dataset(context, dataset_id, spec, target)
    schema = Schema.from_json(found["schema"])
    train = read_frame(context.session / "tables" / f"{dataset_id}-train.parquet", schema)
    return found | {"levels": train_levels(train, schema)}


def _store(frame: pd.DataFrame, schema: Schema, path: Path) -> None:
    """Write a table aside, then give it its name: a table under its name is whole."""
    aside = path.with_name(f".{path.name}.part")
    try:
        write_parquet(frame, schema, aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def train_levels(train: pd.DataFrame, schema: Schema) -> dict[str, list[list]]:
    """Levels of every level column with their numbers of train rows, the most frequent first."""
    found = {}
    for column in schema:
        if column.is_levels:
            counts = train[column.name].value_counts()
            counts = counts[counts > 0].head(MAX_LEVELS)
            found[column.name] = [[str(level), int(count)] for level, count in counts.items()]
    return found
