"""Exploring a dataset: findings, associations and missing cells; constraints that hold; groups made coarser."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from core.errors import InvalidConfig
from core.jobs.context import JobContext
from core.jobs.protocol import JobState
from core.profiling.anonymity import generalise_until, measure_table
from core.profiling.crossed import spread_sample
from core.profiling.explore import FACTS, MATRICES, exploration_to_json, explore_table, save_matrices
from core.profiling.sdv_metadata import to_sdv
from core.profiling.suggesting import suggest_constraints
from core.profiling.summary import TableSummary, summarise_table
from core.schema import Schema
from core.tables import to_arrow

CHECKED_ROWS = 20_000
"""Evenly spread train rows by which SDV checks a constraint; Doppel's own check is of all of them."""
COARSENED_ROWS = 200_000
"""Evenly spread train rows by which a search for k decides."""


def run(context: JobContext) -> JobState:
    """Do the part of exploring that the settings name, and write what it found into the job."""
    parts = {"overview": _overview, "constraints": _constraints, "anonymity": _anonymity, "generalise": _generalise}
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


def _constraints(context: JobContext, schema: Schema) -> None:
    """Look for constraints in the train rows, and let SDV check what was found."""
    train = context.existing(context.config.get("train"), "the train rows")
    context.step(0.05, "Comparing columns in the train rows")
    found = suggest_constraints(train, schema)
    if found:
        context.step(0.5, "Checking what was found with SDV")
        from core.synthesis.sdv_constraints import sdv_agrees

        names = {name for one in found for name in one.constraint.columns}
        sample = spread_sample(train, schema, CHECKED_ROWS, [name for name in schema.names if name in names])
        rows = to_arrow(sample, schema).to_pandas(date_as_object=False)
        part = Schema(columns=tuple(column for column in schema if column.name in names))
        said = sdv_agrees([one.constraint for one in found], rows, to_sdv(part))
        found = [dataclasses.replace(one, checked=words) for one, words in zip(found, said, strict=True)]
    context.write_json("suggestions.json", [one.to_json() for one in found])


def _anonymity(context: JobContext, schema: Schema) -> None:
    """Measure groups of rows that share the quasi-identifiers of the settings."""
    table = context.existing(context.config.get("table"), "the table to measure")
    context.step(0.1, "Counting groups of rows")
    names, sensitive = context.config.get("quasi_identifiers") or (), context.config.get("sensitive")
    found = measure_table(table, schema, names, sensitive=sensitive)
    context.write_json("anonymity.json", found.to_json())


def _generalise(context: JobContext, schema: Schema) -> None:
    """Make quasi-identifiers coarser until every group of train rows is large enough."""
    train = context.existing(context.config.get("train"), "the train rows")
    with context.reading_settings():
        names = [str(name) for name in context.config["quasi_identifiers"]]
        k, share = int(context.config["k"]), float(context.config["suppress_share"])
    context.step(0.1, "Reading the train rows")
    frame = spread_sample(train, schema, COARSENED_ROWS, names)
    context.step(0.2, "Making values coarser")
    left, steps = generalise_until(frame, schema, names, k, suppress_share=share)
    value = {"steps": [dataclasses.asdict(step) for step in steps], "n_rows": len(frame)}
    context.write_json("coarsening.json", value | {"n_left_out": len(frame) - len(left)})


def _summary(context: JobContext, table: Path, schema: Schema) -> TableSummary:
    """The dataset's own summary; where it is gone, made again."""
    known = context.path(context.config.get("summary"))
    if known.is_file():
        return TableSummary.from_json(json.loads(known.read_text(encoding="utf-8")))
    return summarise_table(table, schema)
