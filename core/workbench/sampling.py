"""Samples: drawing rows from a checkpoint, and handing them over as files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from core.errors import ImpossibleCondition, InvalidConfig, UnknownId, listed
from core.jobs.ids import check_id, new_id
from core.jobs.launch import control, resume_job
from core.jobs.protocol import JobState, JobView
from core.limits import MAX_SAMPLE_ROWS
from core.reading.read import read_table
from core.records import ConditionOutcome, SampleRequest
from core.schema import Schema
from core.store.serial import file_hash
from core.tables import as_work_frame, read_frame, read_frames, to_csv_frame, write_parquet
from core.workbench.absorb import absorb
from core.workbench.data import check_choices, dataset, levels, released_schema, start_for
from core.workbench.sessions import Session, job_folder
from core.workbench.training import RunView, run

PREVIEW_ROWS = 100
LEVELS_KEPT = 1_000
"""Levels that a dataset lists for each column; a rarer one of a longer list is looked up when rows are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """A sample being drawn or drawn; `preview` is None and `outcomes` empty until it is.

    Parameters
    ----------
    outcomes : tuple of ConditionOutcome
        Those of the target mix first, then those of the conditions.
    found : mapping
        What else the drawing found: completed rows, copies, rows per second.
    """

    id: str
    run_id: str
    dataset_id: str
    request: SampleRequest
    epoch: int
    job: JobView
    n_rows: int = 0
    n_unconditioned: int = 0
    outcomes: tuple[ConditionOutcome, ...] = ()
    found: Mapping[str, Any] = field(default_factory=dict)
    preview: pd.DataFrame | None = None

    @property
    def mix_outcomes(self) -> tuple[ConditionOutcome, ...]:
        """How the target mix went, in its order; nothing where rows were held back since."""
        return self.outcomes[: max(0, len(self.outcomes) - len(self.request.conditions))]

    @property
    def condition_outcomes(self) -> tuple[ConditionOutcome, ...]:
        """How the conditions went, in their order."""
        return self.outcomes[max(0, len(self.outcomes) - len(self.request.conditions)) :]

    @property
    def outcomes_in_order(self) -> tuple[ConditionOutcome, ...]:
        """Conditions whose rows lie one after the other behind the unconditioned rows; none behind a mix."""
        return () if self.request.mix is not None else self.condition_outcomes


def check_request(session: Session, dataset_id: str, request: SampleRequest) -> None:
    """Refuse a request that no run of this dataset can meet; worth asking before training.

    Raises
    ------
    InvalidConfig
        If the request is empty or too large.
    ImpossibleCondition
        If a column is not modelled, or a level is not among those of the train rows.
    """
    wanted = request.n_wanted
    if request.n_rows < 0 or wanted > MAX_SAMPLE_ROWS or (wanted == 0 and request.given is None):
        raise InvalidConfig(f"{wanted:,} rows were asked for; it must be 1 to {MAX_SAMPLE_ROWS:,}.", field="n_rows")
    if request.draws_per_row < 1:
        raise InvalidConfig("The budget of draws for each row must be at least 1.", field="draws_per_row")
    real = dataset(session, dataset_id)
    conditions = (*request.conditions, *(request.mix.conditions(request.n_rows) if request.mix else ()))
    check_choices(real.schema, target=None, group=None, conditions=conditions)
    known: dict[str, list[str]] = {}
    for clause in (clause for condition in conditions for clause in condition.clauses):
        if not real.schema[clause.column].is_levels:
            continue
        if clause.column not in known:
            known[clause.column] = [level for level, _ in levels(session, dataset_id, clause.column)]
        there = known[clause.column]
        if clause.level not in there and len(there) < LEVELS_KEPT:
            raise ImpossibleCondition(
                f"The train rows have no {clause.column} = {clause.level}.", f"Levels are: {listed(there)}."
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

    A request that was met before, or is being met, is answered with that sample.

    Parameters
    ----------
    more : mapping, optional
        Further settings of the job; such a sample is always drawn.

    Raises
    ------
    InvalidConfig
        If there is no such checkpoint, or the request is empty or too large.
    ImpossibleCondition
        If a level is not among those of the train rows.
    """
    trained = run(session, run_id)
    chosen = chosen_epoch(trained, epoch)
    check_request(session, trained.dataset_id, request)
    same = find_same(session, run_id, chosen, request) if not more else None
    if same is not None:
        return same
    sample_id = new_id("sample")
    config = drawing_config(session, trained, chosen, request) | {"output": f"tables/{sample_id}.parquet"}
    return start_for(session, "sample", config | dict(more or {}), job_id=sample_id)


def drawing_config(session: Session, trained: RunView, epoch: int, request: SampleRequest) -> dict[str, Any]:
    """Settings that every job which draws has in common."""
    real = dataset(session, trained.dataset_id)
    return {
        "run_id": trained.id,
        "dataset_id": trained.dataset_id,
        "epoch": epoch,
        "checkpoint": f"jobs/{trained.id}/checkpoint-{epoch:06d}",
        "train": trained.job.config["train"],
        "schema": real.schema.to_json(),
        "request": request.to_json(),
        "device": trained.config.device,
        "threads": trained.config.threads,
    }


def chosen_epoch(trained: RunView, epoch: int | None) -> int:
    """An epoch of which there is a checkpoint; the last one by default.

    Raises
    ------
    InvalidConfig
    """
    if not trained.checkpoints:
        raise InvalidConfig("This run has no checkpoint yet.", "Let it train for a while, or stop it to keep one.")
    chosen = trained.checkpoints[-1] if epoch is None else epoch
    if chosen not in trained.checkpoints:
        kept = listed(trained.checkpoints)
        raise InvalidConfig(f"There is no checkpoint of epoch {chosen}.", f"Kept are: {kept}.", field="epoch")
    return chosen


def find_same(session: Session, run_id: str, epoch: int, request: SampleRequest) -> str | None:
    """The newest sample, drawn or being drawn, of the very same request."""
    absorb(session)
    for stored in session.store.list_samples(run_id)[::-1]:
        same = stored.epoch == epoch and stored.request == request and (session.folder / stored.path).exists()
        if same and _is_plain(JobView(job_folder(session, stored.id)).config):
            return stored.id
    for folder in session.folder.glob("jobs/sample-*"):
        view = JobView(folder)
        config = view.config
        same = config.get("run_id") == run_id and config.get("epoch") == epoch and _is_plain(config)
        if same and view.state.is_active and SampleRequest.from_json(config["request"]) == request:
            return view.id
    return None


def _is_plain(config: Mapping[str, Any]) -> bool:
    """Whether a sample is what its request says and nothing more: not a trial, promoted, or without held-back rows."""
    return not any(config.get(name) for name in ("quarantine", "trial", "promoted"))


def keep_given(session: Session, source: Path, schema: Schema) -> str:
    """Bring a file of partly given rows into the session; gives what `SampleRequest.given` needs.

    Columns are matched by their names; empty cells are those that are to be made, and columns of the table that are not
    modelled are made anew.

    Raises
    ------
    UnreadableFile, InvalidConfig
        If it cannot be read, has no column of the table, or has one that the table does not have.
    """
    with tempfile.TemporaryDirectory(prefix="doppel-") as folder:
        table = Path(folder) / "given.parquet"
        read_table(source, table)
        there = set(pq.read_schema(table).names)
        usable = [column.name for column in schema.modelled if column.name in there]
        if not usable:
            raise InvalidConfig(
                "The file of partly given rows has no modelled column of the table.",
                f"Modelled columns are: {listed(column.name for column in schema.modelled)}.",
                field="given",
            )
        strange = [name for name in pq.read_schema(table).names if name not in schema.names]
        if strange:
            raise InvalidConfig(
                f"The file of partly given rows has columns that the table does not have: {listed(strange)}.",
                "Columns are matched by their names: rename these, or leave them out.",
                field="given",
            )
        frame = read_frame(table, Schema(columns=tuple(schema[name] for name in usable)))
        write_parquet(frame, schema, table)
        name = f"tables/given-{file_hash(table)[:16]}.parquet"
        shutil.move(table, session.folder / name)
    session.store.audit("bring partly given rows", settings={"n_rows": len(frame), "columns": usable})
    return name


def pause_sample(session: Session, sample_id: str) -> None:
    """Keep the row groups drawn so far and end the worker; `resume_sample` goes on behind them."""
    _ask(session, sample_id, "pause")


def stop_sample(session: Session, sample_id: str) -> None:
    """End the drawing; nothing of it is kept."""
    _ask(session, sample_id, "stop")


def _ask(session: Session, sample_id: str, request: str) -> None:
    control(sample(session, sample_id).job.folder, request)
    session.store.audit(f"{request} sample", ids=(sample_id,))


def resume_sample(session: Session, sample_id: str) -> None:
    """Go on drawing; the rows are those of a drawing that was never interrupted."""
    resume_job(sample(session, sample_id).job.folder)
    session.store.audit("resume sample", ids=(sample_id,))


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
        found=json.loads((folder / "outcomes.json").read_text(encoding="utf-8")),
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


def copy_as_csv(table: Path, schema: Schema, path: Path) -> None:
    """Write a Parquet table as CSV in the layout of the schema, a row group at a time; the file is whole or absent."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="") as file:
            for number, frame in enumerate(read_frames(table, schema)):
                to_csv_frame(frame, schema).to_csv(file, index=False, header=number == 0, lineterminator="\n")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _preview(session: Session, view: JobView) -> pd.DataFrame:
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
        copy_as_csv(table, _schema(view), path)
    return path
