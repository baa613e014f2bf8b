"""What makes the rows of a sample again from the real table: settings and seeds, and no cell of the table.

A dataset is made of a read table, and then perhaps prepared by recipes, one dataset from the other. A replay goes the
same way: the first dataset with its own columns and split, then a stage per recipe.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig
from core.jobs.files import read_json
from core.jobs.preparing import SIDES
from core.schema import ColumnType, Schema
from core.store.serial import file_hash
from core.workbench.data import dataset, dataset_job, reading
from core.workbench.preparing import forerunners
from core.workbench.sampling import sample
from core.workbench.sessions import Session, job_folder
from core.workbench.training import run

TO_THE_END = "to the end"


def steps_behind(session: Session, dataset_id: str) -> list[Mapping[str, Any]]:
    """Steps of the recipes that made a dataset, those of its forerunners first; of deleted ones there are none."""
    found: list[Mapping[str, Any]] = []
    key: str | None = dataset_id
    while key and (recipe := (config := dataset_job(session, key).config).get("recipe")) is not None:
        found = [*recipe.get("steps", ()), *found]
        key = config.get("parent_id")
    return found


def sides_behind(session: Session, dataset_id: str) -> str | None:
    """The file with the side of every row of the read table, where it does not follow from the key of the split.

    Rows keep the side that they had in an older version of the table, which no bundle holds. The file has a number per
    row and nothing of the row; whoever has the table and the key of another split knows as much.
    """
    try:
        first = forerunners(session, dataset_id)[0]
    except InvalidConfig:
        return None
    path = f"jobs/{first}/{SIDES}"
    return path if (session.folder / path).is_file() else None


def dataset_settings(session: Session, dataset_id: str, *, outside: bool) -> dict[str, Any]:
    """What makes a dataset again from the real table, as far as its forerunners are still there.

    For outside, without digest of the real table, reasons of types, and orders of levels, which are found again.
    """
    try:
        line = forerunners(session, dataset_id)
    except InvalidConfig:
        line = [dataset_id]
    first = dataset(session, line[0])
    source = _reading_of(session, first.id)
    read_from = Path(str(source.get("source", "")))
    settings = {
        "name": first.name,
        "options": source.get("options") or {},
        "demo": source.get("demo"),
        "schema": _shown(first.schema, outside=outside),
        "target": first.target,
        "split": {**first.split.to_json(), "thresholds": {}},
        "stages": [_stage(session, key, outside=outside) for key in line[1:]],
        "table": {"name": read_from.name},
    }
    if not outside and read_from.is_file():
        settings["table"]["sha256"] = file_hash(read_from)
    return settings


def replay_settings(session: Session, sample_id: str, *, outside: bool) -> dict[str, Any]:
    """What `python -m core replay` needs to make the rows again: settings of dataset, run and sample."""
    drawn = sample(session, sample_id)
    trained = run(session, drawn.run_id)
    config = trained.job.config
    return dataset_settings(session, drawn.dataset_id, outside=outside) | {
        "training": trained.config.to_json(),
        "threads": config.get("threads"),
        "constraints": list(config.get("constraints") or ()),
        "checkpoint_epochs": list(config.get("checkpoint_epochs") or ()),
        "canaries": config.get("canaries"),
        "epochs": trained.target_epochs,
        "epoch": drawn.epoch,
        "request": drawn.request.to_json(),
        "device": trained.device,
        "repeatable": why_not(session, sample_id, outside=outside),
    }


def _stage(session: Session, dataset_id: str, *, outside: bool) -> dict[str, Any]:
    """One recipe on the way; without steps, it is the columns that were changed."""
    recipe = dataset_job(session, dataset_id).config["recipe"]
    made = dataset(session, dataset_id)
    schema = None if recipe.get("steps") else _shown(made.schema, outside=outside)
    return {"steps": list(recipe.get("steps", ())), "schema": schema, "target": made.target}


def _shown(schema: Schema, *, outside: bool) -> dict[str, Any]:
    """The columns; for outside without anything that was counted or quoted from the real table."""
    if not outside:
        return schema.to_json()
    plain = {"reason": "", "n_missing": 0, "n_levels": 0, "order": ()}
    return Schema(columns=tuple(dataclasses.replace(column, **plain) for column in schema)).to_json()


def _reading_id(session: Session, dataset_id: str) -> str | None:
    """The reading whose table a dataset was made of."""
    parts = str(dataset_job(session, dataset_id).config.get("table", "")).split("/")
    return parts[1] if parts[0] == "jobs" and len(parts) == 3 else None


def _reading_of(session: Session, dataset_id: str) -> Mapping[str, Any]:
    key = _reading_id(session, dataset_id)
    return (read_json(job_folder(session, key) / "config.json") if key else None) or {}


def why_not(session: Session, sample_id: str, *, outside: bool) -> str:
    """Why the rows cannot be made again from the real table and settings alone; empty where they can."""
    drawn = sample(session, sample_id)
    trained = run(session, drawn.run_id)
    if trained.job.config.get("warm_start"):
        return "The run began from the weights of another run, which are not part of the bundle."
    if trained.config.schedule == TO_THE_END and drawn.epoch > trained.config.epochs:
        return "The run was trained on beyond the end that its learning rate was planned for."
    if drawn.job.config.get("quarantine"):
        return "Rows of the sample were held back after looking at real rows."
    if drawn.request.given is not None:
        return "Rows were completed from a file, which is not part of the bundle."
    try:
        first = forerunners(session, drawn.dataset_id)[0]
    except InvalidConfig as error:
        return error.message
    return _own_orders(session, first) if outside else ""


def _own_orders(session: Session, dataset_id: str) -> str:
    """Why an outside bundle cannot be replayed: an order of levels that is not the table's own was left out of it."""
    key = _reading_id(session, dataset_id)
    found = reading(session, key).schema if key else None
    for column in dataset(session, dataset_id).schema:
        known = found is not None and column.name in found and found[column.name].order == column.order
        if column.type is ColumnType.ORDINAL and column.order and not known:
            return f"The order of the levels of {column.name!r} is not in the table and was left out of this version."
    return ""
