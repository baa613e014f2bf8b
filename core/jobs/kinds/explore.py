"""Exploring a dataset: findings, associations and missing cells; constraints that hold; groups made coarser."""

from __future__ import annotations

import json
from pathlib import Path

from core.errors import InvalidConfig
from core.jobs.context import JobContext
from core.jobs.protocol import JobState
from core.profiling.explore import FACTS, MATRICES, exploration_to_json, explore_table, save_matrices
from core.profiling.summary import TableSummary, summarise_table
from core.schema import Schema


def run(context: JobContext) -> JobState:
    """Do the part of exploring that the settings name, and write what it found into the job."""
    parts = {"overview": _overview}
    part = context.config.get("part")
    if part not in parts:
        raise InvalidConfig(f"There is no part of exploring called {part!r}.", "Start it again.", field="part")
    with context.reading_settings():
        schema = Schema.from_json(context.config["schema"])
    parts[part](context, schema)
    return JobState.DONE


def _overview(context: JobContext, schema: Schema) -> None:
    table = context.existing(context.config.get("table"), "the table to explore")
    context.step(0.0, "Reading the table")
    summary = _summary(context, table, schema)
    found = explore_table(table, schema, summary, target=context.config.get("target"), progress=context.step)
    save_matrices(found, context.folder / MATRICES)
    context.write_json(FACTS, exploration_to_json(found))


def _summary(context: JobContext, table: Path, schema: Schema) -> TableSummary:
    """The dataset's own summary; where it is gone, made again."""
    known = context.path(context.config.get("summary"))
    if known.is_file():
        return TableSummary.from_json(json.loads(known.read_text(encoding="utf-8")))
    return summarise_table(table, schema)
