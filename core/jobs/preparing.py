"""A dataset made from its parent by a recipe: rows keep their side of the split, train rows alone are learned from."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.dataset import SplitSpec, split_rows
from core.errors import InvalidConfig, TooFewRows
from core.jobs.context import JobContext
from core.jobs.files import sync_folder
from core.profiling.infer import infer_schema, retype
from core.profiling.recipe import Recipe, StepOutcome
from core.profiling.summary import summarise_table
from core.schema import Column, ColumnType, Schema, Treatment
from core.store.serial import dataset_files, dataset_hash
from core.tables import read_frame

SIDES = "sides.npy"
"""Side of every row of a prepared dataset: 0 train, 1 selection half, 2 report half of the control rows."""
PARTS = ("-train", "-control-selection", "-control-report")
KEEP_TYPES = frozenset({"fill-missing", "fill-by-model", "unify-levels", "merge-tail", "clip", "trim"})
"""Kinds of steps after which a column still represents what it did."""


def prepare_dataset(context: JobContext, dataset_id: str, spec: SplitSpec, target: str | None) -> dict[str, Any]:
    """Write the tables of a dataset made by the recipe of the settings; returns what `dataset.json` holds.

    Also writes the fitted recipe and what every step did into the job. They are of the real table and stay there.
    """
    config = context.config
    with context.reading_settings():
        recipe = Recipe.from_json(config["recipe"])
        parent_id = str(config["parent_id"])
        # None: the parent was still to be made when this was asked for
        parent_schema = Schema.from_json(config["schema"] or _facts(context.session, parent_id)["schema"])
        if config.get("like"):
            parent_schema = newer_schema(parent_schema, Schema.from_json(config["like"]))
    source = context.existing(config.get("table"), "the table to prepare")
    context.step(0.05, "Reading the table")
    frame = pd.read_parquet(source, dtype_backend="numpy_nullable")
    sides = rows_sides(context.session, parent_id, source, parent_schema, spec)
    context.step(0.2, "Learning from the train rows")
    keys = read_keys(context.session, recipe)
    fitted = recipe.fitted(frame[sides == 0], keys=keys)
    context.step(0.4, "Doing the steps")
    made, outcomes, rows = fitted.apply_keeping(frame, keys=keys)
    sides = sides[rows]
    if not (sides == 0).any():
        raise TooFewRows("The recipe leaves no train row.", "Take out the step that drops rows.")
    table = pa.Table.from_pandas(made, preserve_index=False).replace_schema_metadata(None)
    whole = context.session / "tables" / f"{dataset_id}.parquet"
    context.step(0.6, "Storing the rows")
    _store(table, whole)
    for side, part in enumerate(PARTS):
        _store(table.filter(pa.array(sides == side)), whole.with_name(f"{dataset_id}{part}.parquet"))
    np.save(context.folder / SIDES, sides.astype(np.int8))
    sync_folder(context.session / "tables")
    context.step(0.8, "Finding out what the columns represent")
    schema = prepared_schema(whole, parent_schema, fitted)
    if target is not None and (target not in schema or schema[target].treatment is not Treatment.MODEL):
        target = None
    context.write_json("summary.json", summarise_table(whole, schema).to_json())
    context.write_json("recipe.json", fitted.to_json())
    context.write_json("outcomes.json", [dataclasses.asdict(one) for one in outcomes])
    spec = kept_spec(spec, schema)
    files = dataset_files(context.session, dataset_id)
    return {
        "n_rows": len(sides),
        "n_train": int((sides == 0).sum()),
        "n_control": int((sides > 0).sum()),
        "split": spec.to_json(),
        "files": files,
        "schema": schema.to_json(),
        "target": target,
        "content_hash": dataset_hash(schema, spec, target, files),
    }


def kept_spec(spec: SplitSpec, schema: Schema) -> SplitSpec:
    """The split as it was, less the names of columns that are gone. Sides of rows are stored, not computed again."""
    return dataclasses.replace(
        spec,
        group=spec.group if spec.group is not None and spec.group in schema else None,
        stratify=spec.stratify if spec.stratify is not None and spec.stratify in schema else None,
    )


def rows_sides(session: Path, dataset_id: str, table: Path, schema: Schema, spec: SplitSpec) -> np.ndarray:
    """Side of every row of a dataset: stored where a recipe made it, else by the hash that divided it.

    The hash is of a row's cells; a step changes them, and a row must not change sides for that.
    """
    stored = session / "jobs" / dataset_id / SIDES
    if stored.is_file():
        return np.load(stored, allow_pickle=False)
    split = split_rows(read_frame(table, schema), spec)
    return np.where(split.is_control, np.where(split.is_report_half, 2, 1), 0)


def read_keys(session: Path, recipe: Recipe) -> dict[str, bytes]:
    """Keys of pseudonyms that the recipe names, from the session's own folder of keys."""
    folder = session / "keys"
    found = {}
    for step in recipe.steps:
        key = getattr(step, "key", None)
        if key is not None and (folder / f"{key}.key").is_file():
            found[key] = (folder / f"{key}.key").read_bytes()
    return found


def prepared_schema(table: Path, parent: Schema, recipe: Recipe) -> Schema:
    """The schema of a prepared table: the parent's word on a column stands as long as its values allow."""
    found = infer_schema(table)
    remade = {
        name
        for step in recipe.steps
        if step.kind not in KEEP_TYPES
        for name in [getattr(step, "column", None), getattr(step, "name", None)]
        if name is not None and step.kind != "keep-rows"
    }
    return Schema(columns=tuple(_column(one, parent, remade) for one in found))


def newer_schema(found: Schema, older: Schema) -> Schema:
    """The schema of a newer version of a table: the older one's word on a column stands as long as its values allow.

    A column that was kept from the generator is left out where its values no longer go with what it was.
    """
    return Schema(columns=tuple(_newer(one, older[one.name]) if one.name in older else one for one in found))


def _newer(found: Column, before: Column) -> Column:
    if before.coarser is not None:
        return dataclasses.replace(before, n_missing=found.n_missing)
    column = _column(found, Schema(columns=(before,)), set())
    if column.type is not before.type:
        kept = before.treatment is Treatment.MODEL
        treatment = column.treatment if kept else Treatment.LEAVE_OUT
        return dataclasses.replace(column, personal=before.personal or found.personal, treatment=treatment)
    digits = (before.decimals, found.decimals)
    later = tuple(level for level in found.order if level not in before.order)
    return dataclasses.replace(
        column,
        decimals=None if None in digits else max(digits),
        order=(*before.order, *later) if before.order else before.order,
        format=found.format,
    )


def _facts(session: Path, dataset_id: str) -> dict[str, Any]:
    return json.loads((session / "jobs" / dataset_id / "dataset.json").read_text(encoding="utf-8"))


def _column(found: Column, parent: Schema, remade: set[str]) -> Column:
    if found.name not in parent:
        return found
    before = parent[found.name]
    if found.name in remade and before.storage != found.storage:
        return dataclasses.replace(found, personal=before.personal, treatment=_treatment(before, found))
    if found.type is ColumnType.CONSTANT and before.type is not ColumnType.CONSTANT:
        return found
    try:
        column = found if found.type is before.type else retype(found, before.type)
    except InvalidConfig:
        return found
    return dataclasses.replace(
        before, storage=column.storage, n_missing=found.n_missing, n_levels=found.n_levels, decimals=before.decimals
    )


def _treatment(before: Column, found: Column) -> Treatment:
    """A column that was left out stays out, however it was changed."""
    return Treatment.LEAVE_OUT if before.treatment is Treatment.LEAVE_OUT else found.treatment


def _store(table: pa.Table, path: Path) -> None:
    """Write a table aside, then give it its name: a table under its name is whole."""
    aside = path.with_name(f".{path.name}.part")
    try:
        pq.write_table(table, aside, compression="zstd")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def outcomes_from(path: Path) -> list[StepOutcome]:
    """What every step of a stored recipe did."""
    return [StepOutcome(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
