"""Samples: drawing rows from a checkpoint, and handing them over as files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import ImpossibleCondition, InvalidConfig, UnknownId, listed
from core.jobs.ids import check_id, new_id
from core.jobs.protocol import JobState, JobView
from core.limits import MAX_SAMPLE_ROWS
from core.records import ConditionOutcome, SampleRequest
from core.schema import Schema
from core.tables import as_work_frame, read_frame, to_csv_frame, write_csv
from core.workbench.absorb import absorb
from core.workbench.data import check_choices, dataset, levels, released_schema, start_for
from core.workbench.sessions import Session, job_folder
from core.workbench.training import run

PREVIEW_ROWS = 100
LEVELS_KEPT = 1_000
"""Levels that a dataset lists for each column; a rarer one of a longer list is looked up when rows are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """A sample being drawn or drawn; `preview` is None and `outcomes` empty until it is."""

    id: str
    run_id: str
    dataset_id: str
    request: SampleRequest
    epoch: int
    job: JobView
    n_rows: int = 0
    n_unconditioned: int = 0
    outcomes: tuple[ConditionOutcome, ...] = ()
    preview: pd.DataFrame | None = None


def check_request(session: Session, dataset_id: str, request: SampleRequest) -> None:
    """Refuse a request that no run of this dataset can meet; worth asking before training.

    Raises
    ------
    InvalidConfig
        If the request is empty or too large.
    ImpossibleCondition
        If a column has no levels, or a level is not among those of the train rows.
    """
    wanted = request.n_rows + sum(condition.n_rows for condition in request.conditions)
    if request.n_rows < 0 or not 0 < wanted <= MAX_SAMPLE_ROWS:
        raise InvalidConfig(f"{wanted:,} rows were asked for; it must be 1 to {MAX_SAMPLE_ROWS:,}.", field="n_rows")
    real = dataset(session, dataset_id)
    check_choices(real.schema, target=None, group=None, conditions=request.conditions)
    for condition in request.conditions:
        known = [level for level, _ in levels(session, dataset_id, condition.column)]
        if condition.level not in known and len(known) < LEVELS_KEPT:
            raise ImpossibleCondition(
                f"The train rows have no {condition.column} = {condition.level}.", f"Levels are: {listed(known)}."
            )


def start_sampling(
    session: Session,
    run_id: str,
    request: SampleRequest,
    *,
    epoch: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Start drawing from a run's checkpoint (its last one by default); returns the sample's id.

    Raises
    ------
    InvalidConfig
        If there is no such checkpoint, or the request is empty or too large.
    ImpossibleCondition
        If a level is not among those of the train rows.
    """
    trained = run(session, run_id)
    if not trained.checkpoints:
        raise InvalidConfig("This run has no checkpoint yet.", "Let it train for a while, or stop it to keep one.")
    chosen = trained.checkpoints[-1] if epoch is None else epoch
    if chosen not in trained.checkpoints:
        kept = listed(trained.checkpoints)
        raise InvalidConfig(f"There is no checkpoint of epoch {chosen}.", f"Kept are: {kept}.", field="epoch")
    check_request(session, trained.dataset_id, request)
    real = dataset(session, trained.dataset_id)
    sample_id = new_id("sample")
    return start_for(
        session,
        "sample",
        {
            "output": f"tables/{sample_id}.parquet",
            "run_id": run_id,
            "dataset_id": trained.dataset_id,
            "epoch": chosen,
            "checkpoint": f"jobs/{run_id}/checkpoint-{chosen:06d}",
            "schema": real.schema.to_json(),
            "request": request.to_json(),
            "device": trained.config.device,
            "threads": trained.config.threads,
            **(more or {}),
        },
        job_id=sample_id,
    )


def sample(session: Session, sample_id: str) -> SampleView:
    """A sample as it stands now."""
    folder = job_folder(session, check_id(sample_id, "sample"))
    if not folder.is_dir():
        raise UnknownId("There is no such sample in this session.", "Choose one of the list.")
    view = JobView(folder)
    config = view.config
    request = SampleRequest.from_json(config["request"])
    about = {
        "id": sample_id, "run_id": config["run_id"], "dataset_id": config["dataset_id"],
        "request": request, "epoch": config["epoch"], "job": view,
    }  # fmt: skip
    if view.state != JobState.DONE:
        return SampleView(**about)
    absorb(session)
    stored = session.store.find_sample(sample_id)
    return SampleView(
        **about,
        n_rows=stored.n_rows,
        n_unconditioned=stored.n_unconditioned,
        outcomes=stored.outcomes,
        preview=_preview(session, view),
    )


def samples(session: Session, run_id: str | None = None) -> list[SampleView]:
    """Samples of the session or of one run, newest first."""
    absorb(session)
    return [sample(session, stored.id) for stored in session.store.list_samples(run_id)[::-1]]


def _schema(view: JobView) -> Schema:
    return released_schema(Schema.from_json(view.config["schema"]))


def _table(session: Session, view: JobView) -> Path:
    return session.folder / view.config["output"]


def _preview(session: Session, view: JobView) -> pd.DataFrame:
    import pyarrow.parquet as pq

    schema = _schema(view)
    with pq.ParquetFile(_table(session, view)) as file:
        batch = next(file.iter_batches(batch_size=PREVIEW_ROWS), None)
    head = pd.DataFrame(columns=list(schema.names)) if batch is None else batch.to_pandas(integer_object_nulls=True)
    return to_csv_frame(as_work_frame(head, schema), schema)


def sample_file(session: Session, sample_id: str, kind: str) -> Path:
    """The sample as a `csv` or `parquet` file in the layout of the real table."""
    view = JobView(job_folder(session, check_id(sample_id, "sample")))
    if view.state != JobState.DONE:
        raise InvalidConfig("The sample is not drawn yet.", "Wait until it is.")
    if kind not in ("csv", "parquet"):
        raise InvalidConfig(f"{kind!r} is not a format of samples.", "Choose csv or parquet.", field="format")
    session.store.audit("export sample", ids=(sample_id,), settings={"format": kind})
    table = _table(session, view)
    if kind == "parquet":
        return table
    path = table.with_suffix(".csv")
    if not path.exists():
        schema = _schema(view)
        aside = path.with_suffix(".part")
        write_csv(read_frame(table, schema), schema, aside)
        os.replace(aside, path)
    return path
