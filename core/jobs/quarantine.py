"""Holding back: a sample without the rows that stand out as near copies of one train row, as a sample of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.errors import TooFewRows
from core.evaluation.forensics import quarantine
from core.evaluation.metric import Plan, Tables
from core.jobs.context import JobContext
from core.jobs.files import read_json, sync_folder
from core.jobs.protocol import JobState
from core.records import ConditionOutcome
from core.schema import Schema, Treatment
from core.store.serial import file_hash
from core.tables import read_frame, together, write_parquet

OUTCOMES = "outcomes.json"


def run(context: JobContext) -> JobState:
    """Search all rows of the parent sample, drop those below the thresholds, and write the rest to `output`.

    Rows that were asked for by a condition are searched and held back like all others; their shortfall grows by it.
    """
    config = context.config
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        wanted = config["quarantine"]
        ratio, distance = float(wanted["ratio"]), float(wanted["distance"])
    parent = context.existing(config.get("parent"), "the sample to hold rows back from")
    rows = context.existing(config.get("train"), "the train rows")
    found = read_json(context.folder.parent / str(config.get("parent_id")) / OUTCOMES) or {}
    controls = [read_frame(context.existing(path, "the control rows"), schema) for path in config.get("control") or []]
    output = context.path(config.get("output"))
    context.step(0.05, "Reading the tables")
    names = [column.name for column in schema if column.treatment is not Treatment.LEAVE_OUT]
    synthetic = read_frame(parent, schema, columns=names)
    tables = Tables(
        schema=schema,
        train=read_frame(rows, schema),
        # the range of a column comes from train and control rows together: without these, other rows would stand out
        # than the evaluation showed
        control=together(controls),
        synthetic=synthetic,
        threads=context.threads,
        plan=Plan.FULL,
    )
    context.step(0.2, "Looking for rows that stand out")
    kept = ~quarantine(tables, ratio=ratio, distance=distance)
    if not kept.any():
        raise TooFewRows("No row would be left: all of them stand out below the threshold.", "Choose a lower one.")
    context.step(0.9, "Writing the rows that are left")
    _write(synthetic[kept].reset_index(drop=True), schema, output)
    n_unconditioned = int(found.get("n_unconditioned", len(synthetic)))
    outcomes = [ConditionOutcome.from_json(one) for one in found.get("outcomes", ())]
    # rows of a target mix are shuffled, so they and what follows them are not told apart any more
    mixed = int(found.get("n_mixed") or 0)
    context.write_json(
        OUTCOMES,
        {
            "n_rows": int(kept.sum()),
            "n_unconditioned": int(kept[:n_unconditioned].sum()),
            "outcomes": [] if mixed else [one.to_json() for one in left_of(outcomes, kept[n_unconditioned:])],
            "n_mixed": mixed,
            "n_held_back": int((~kept).sum()),
            "constraints": found.get("constraints", []),
            "checkpoint": found.get("checkpoint"),
            "content_hash": file_hash(output),
        },
    )
    return JobState.DONE


def left_of(outcomes: list[ConditionOutcome], kept: np.ndarray) -> list[ConditionOutcome]:
    """The outcomes of conditions whose rows lie one after the other, with the rows that are kept of each."""
    left, at = [], 0
    for one in outcomes:
        n_left = int(kept[at : at + one.n_obtained].sum())
        at += one.n_obtained
        left.append(
            ConditionOutcome(
                condition=one.condition,
                n_obtained=n_left,
                n_drawn=one.n_drawn,
                n_matched_natively=one.n_matched_natively,
            )
        )
    return left


def _write(frame: object, schema: Schema, output: Path) -> None:
    aside = output.with_name(f".{output.name}.part")
    try:
        write_parquet(frame, schema, aside)
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(output.parent)
