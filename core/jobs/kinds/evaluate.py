"""Judging: metrics of a synthetic table against train and control rows, each told as soon as it is found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InvalidConfig, SchemaMismatch, UnreadableFile, listed
from core.evaluation.anchors import BOOTSTRAP, INDEPENDENT
from core.evaluation.judge import judge
from core.evaluation.metric import Part, Plan, Tables
from core.jobs import canaries, lift
from core.jobs.anchors import AnchorShelf
from core.jobs.context import JobContext
from core.jobs.files import read_json
from core.jobs.insiders import with_insiders
from core.jobs.protocol import JobState
from core.jobs.quarantine import OUTCOMES
from core.jobs.reports import REPORT, item_record
from core.jobs.rows_found import keep_near_copies
from core.jobs.versions import library_versions
from core.records import Condition, ConditionOutcome, MetricResult, Report
from core.schema import Schema
from core.synthesis.peers import GAUSSIAN_COPULA, draw_gaussian_copula
from core.tables import read_frame, together


def run(context: JobContext) -> JobState:
    """Append every finding to the records, and write them all as `report.json` at the end."""
    config = context.config
    if config.get("canaries_of"):
        return canaries.follow(context)
    if config.get("study") == "lift":
        return lift.run(context)
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        parts = {Part(part) for part in config["parts"]}
        plan = Plan(config.get("plan") or "standard")
        seed = int(config.get("seed") or 0)
        # None: the sample was still to be made when this was asked for
        drawn = config["n_unconditioned"]
        made = _made(context) if drawn is None else {}
        n_unconditioned = int(made["n_unconditioned"] if drawn is None else drawn)
        control_paths = list(config.get("control") or [])
    target = config.get("target")
    if target is not None and target not in schema:
        raise InvalidConfig(f"The target {target!r} is not a column of the table.", field="target")
    context.keep_records([])
    context.step(0.0, "Reading the tables")
    train = read_rows(context.existing(config.get("train"), "the train rows"), schema, "train rows")
    synthetic = read_rows(context.existing(config.get("synthetic"), "the synthetic rows"), schema, "synthetic rows")
    controls = [read_rows(context.existing(path, "the control rows"), schema, "control rows") for path in control_paths]
    tables = Tables(
        schema=schema,
        train=train,
        synthetic=synthetic.iloc[:n_unconditioned],
        control=together(controls),
        conditioned=synthetic.iloc[n_unconditioned:].reset_index(drop=True)
        if len(synthetic) > n_unconditioned
        else None,
        target=target,
        further_targets=tuple(config.get("further_targets") or ()),
        sensitive=tuple(config.get("sensitive") or ()),
        group=config.get("group"),
        known=tuple(tuple(names) for names in config.get("known") or ()),
        secrets=tuple(config.get("secrets") or ()),
        conditions=_conditions(made)
        if made
        else tuple(Condition.from_json(one) for one in config.get("conditions") or ()),
        seed=seed,
        threads=context.threads,
        plan=plan,
    )

    if Part.PRIVACY in parts:
        tables = with_insiders(context, tables)

    def tell(share: float, message: str = "") -> None:
        context.step(0.05 + 0.95 * share, f"Measuring {message}" if message else "Measuring")

    shelf, way = _shelf(context, schema), _way(config, tables)
    if plan.includes(Plan.STANDARD):
        context.step(0.02, f"Fitting a {GAUSSIAN_COPULA} to compare with")
        drawn = shelf.table(GAUSSIAN_COPULA, lambda: draw_gaussian_copula(train, schema, len(train), seed=seed))
        anchors = {} if drawn is None else {GAUSSIAN_COPULA: drawn}
        tables = dataclasses.replace(tables, anchors=anchors, known_anchors=shelf.known(way))
    found = []
    for item in judge(tables, parts, progress=tell):
        context.record(item_record(item))
        found.append(item)
    keep_near_copies(context, tables, parts)
    if plan.includes(Plan.STANDARD):
        results = [item for item in found if isinstance(item, MetricResult)]
        shelf.keep(way, results, (BOOTSTRAP, INDEPENDENT, GAUSSIAN_COPULA))
    settings = {
        "target": target,
        "further_targets": list(tables.further_targets),
        "sensitive": list(tables.sensitive),
        "group": config.get("group"),
        "known": [list(names) for names in tables.known],
        "secrets": list(tables.secrets),
        "critic": bool(tables.scores),
        "shadows": len(tables.shadows),
        "parts": sorted(part.value for part in parts),
        "plan": plan.value,
        "seed": seed,
        "threads": context.threads,
        "n_train": len(train),
        "n_control": 0 if tables.control is None else len(tables.control),
        "n_synthetic": len(tables.synthetic),
        "n_conditioned": 0 if tables.conditioned is None else len(tables.conditioned),
    }
    context.write_json(REPORT, Report.of(found, settings=settings, versions=library_versions()).to_json())
    return JobState.DONE


def _made(context: JobContext) -> dict[str, Any]:
    """What the job that made the sample wrote about it."""
    return read_json(context.folder.parent / context.config["sample_id"] / OUTCOMES) or {}


def _conditions(made: Mapping[str, Any]) -> tuple[Condition, ...]:
    """What conditioned rows were asked for, where they lie in that order: rows of a target mix are shuffled."""
    if made.get("n_mixed"):
        return ()
    outcomes = [ConditionOutcome.from_json(one) for one in made.get("outcomes", ())]
    return tuple(dataclasses.replace(one.condition, n_rows=one.n_obtained) for one in outcomes)


def _shelf(context: JobContext, schema: Schema) -> AnchorShelf:
    return AnchorShelf(context.existing(context.config.get("train"), "the train rows"), schema)


def _way(config: dict, tables: Tables) -> dict:
    """Everything that an anchor's value depends on beside the train rows: equal ways have equal anchors."""
    return {
        "plan": tables.plan.value,
        "seed": tables.seed,
        "target": tables.target,
        "control": list(config.get("control") or []),
        "n_synthetic": len(tables.synthetic),
    }


def read_rows(path: Path, schema: Schema, what: str) -> pd.DataFrame:
    """A work frame of the columns of the schema that the file has; the modelled ones must be there.

    Synthetic tables have no left-out columns, and judging looks at modelled columns only.
    """
    try:
        there = set(pq.read_schema(path).names)
    except (OSError, pa.ArrowInvalid) as error:
        raise UnreadableFile(f"The {what} cannot be read as Parquet: {error}.", "Make them again.") from error
    lacking = [column.name for column in schema.modelled if column.name not in there]
    if lacking:
        raise SchemaMismatch(
            f"The {what} lack columns of the table: {listed(lacking)}.", "Bring tables with the same columns."
        )
    return read_frame(path, schema, columns=[name for name in schema.names if name in there])
