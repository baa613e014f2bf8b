"""Treated real tables: the de-identified alternative to synthetic rows, exported and judged for what it gives away."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidConfig, UnknownId
from core.jobs.ids import check_id, new_id
from core.jobs.protocol import JobState, JobView
from core.profiling.choice import choice_of
from core.profiling.treatment import MIN_KEY_BYTES
from core.schema import Schema
from core.workbench.data import TABLES, control_paths, dataset, start_for, table_path
from core.workbench.sessions import Session, job_folder

KEY = "pseudonym.key"
ROWS = ("train", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """A treated table; what is not there yet is None.

    Parameters
    ----------
    rows : str
        `train`: the rows that generators learn from; `all`: control rows as well.
    """

    id: str
    dataset_id: str
    rows: str
    job: JobView
    n_rows: int | None = None
    schema: Schema | None = None


def key_path(session: Session) -> Path:
    """The session's key of pseudonyms, drawn at random at its first use, readable by this user alone.

    It lies in the session's folder and is part of no export: whoever has it can check a guess about a person.
    """
    path = session.folder / KEY
    if not path.exists():
        use_key(session, secrets.token_bytes(32))
    return path


def use_key(session: Session, key: bytes) -> None:
    """Take this key for the session's pseudonyms.

    Raises
    ------
    InvalidConfig
        If it is short enough to be guessed, or the session has another one.
    """
    if len(key) < MIN_KEY_BYTES:
        raise InvalidConfig(
            f"The key has {len(key)} bytes, but must have at least {MIN_KEY_BYTES}.", "Draw it at random.", field="key"
        )
    path = session.folder / KEY
    if path.exists() and path.read_bytes() != key:
        raise InvalidConfig("This session has another key of pseudonyms.", "Use a new session.", field="key")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key)


def start_treating(session: Session, dataset_id: str, *, rows: str = "train", locale: str | None = None) -> str:
    """Start making the treated table of a dataset; returns its id.

    Raises
    ------
    InvalidConfig
        If `rows` is neither train nor all.
    """
    if rows not in ROWS:
        raise InvalidConfig(f"{rows!r} are no rows of a dataset.", "Choose train or all.", field="rows")
    real = dataset(session, dataset_id)
    paths = [table_path(session, real.id, "train"), *(control_paths(session, real.id) if rows == "all" else ())]
    treated_id = new_id("treated")
    key_path(session)
    config = {
        "treated_id": treated_id, "dataset_id": real.id, "rows": rows, "schema": real.schema.to_json(),
        "sources": [str(path.relative_to(session.folder)) for path in paths], "key": KEY, "locale": locale,
    }  # fmt: skip
    return start_for(session, "treat", config, job_id=treated_id)


def treated(session: Session, treated_id: str) -> Treated:
    """A treated table as it stands.

    Raises
    ------
    UnknownId
        If there is none.
    """
    folder = job_folder(session, check_id(treated_id, "treated"))
    if not folder.is_dir():
        raise UnknownId("There is no such treated table in this session.", "Make it again.")
    view = JobView(folder)
    one = Treated(id=treated_id, dataset_id=view.config["dataset_id"], rows=view.config["rows"], job=view)
    if view.state != JobState.DONE:
        return one
    found = json.loads((folder / "treated.json").read_text(encoding="utf-8"))
    return Treated(
        id=one.id, dataset_id=one.dataset_id, rows=one.rows, job=view, n_rows=found["n_rows"],
        schema=Schema.from_json(found["schema"]),
    )  # fmt: skip


def treated_tables(session: Session, dataset_id: str) -> list[Treated]:
    """Treated tables of a dataset, newest first."""
    folders = [folder for folder in session.folder.glob("jobs/treated-*") if folder.is_dir()]
    found = [treated(session, folder.name) for folder in folders]
    found = [one for one in found if one.dataset_id == dataset_id]
    return sorted(found, key=lambda one: one.job.status.queued_at, reverse=True)


def treated_file(session: Session, treated_id: str, kind: str) -> Path:
    """CSV or Parquet of a treated table, as it may leave where de-identified real rows may."""
    if kind == "parquet":
        return session.folder / TABLES / f"{check_id(treated_id, 'treated')}.parquet"
    return job_folder(session, check_id(treated_id, "treated")) / "treated.csv"


def export_treated(session: Session, treated_id: str, target: Path) -> None:
    """Copy a treated table to a file: CSV, or Parquet where its name ends so."""
    kind = "parquet" if target.suffix.lower() == ".parquet" else "csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(treated_file(session, treated_id, kind), target)
    note_export(session, treated_id)


def note_export(session: Session, treated_id: str) -> None:
    """Write into the audit that a treated table was taken out."""
    session.store.audit("export treated rows", ids=(treated_id,))


def start_judging_treated(session: Session, treated_id: str, *, plan: str = "standard", seed: int = 0) -> str:
    """Start judging a treated table of train rows for what it gives away; returns the evaluation's id.

    The rows are judged as if they were synthetic ones: attacked, and compared with the train and the control rows.
    """
    one = treated(session, treated_id)
    real = dataset(session, one.dataset_id)
    if one.rows != "train" or one.n_rows is None:
        raise InvalidConfig(
            "Only a treated table of train rows can be judged: control rows must not be in it.",
            "Make the treated table of the train rows.",
        )
    if real.n_control == 0:
        raise InvalidConfig("Without control rows nothing tells what is normal.", "Make a dataset with control rows.")
    config = {
        "sample_id": None, "treated_id": treated_id,
        "train": f"{TABLES}/{real.id}-train.parquet",
        "control": [str(path.relative_to(session.folder)) for path in control_paths(session, real.id)],
        "synthetic": f"{TABLES}/{treated_id}.parquet", "n_unconditioned": one.n_rows,
        "schema": real.schema.to_json(), "target": real.target, "group": real.split.group,
        "parts": ["privacy", "utility"], "plan": plan, "seed": seed, "threads": 0,
    }  # fmt: skip
    return start_for(session, "evaluate", config)


def judgement(session: Session, treated_id: str) -> str | None:
    """The id of the newest evaluation of a treated table, or None."""
    views = [JobView(folder) for folder in session.folder.glob("jobs/evaluation-*")]
    views = [view for view in views if view.config.get("treated_id") == treated_id]
    return max(views, key=lambda view: view.status.queued_at).id if views else None


def treatments(schema: Schema) -> dict[str, str]:
    """What happens to every column in the treated table, in words."""
    words = {
        "model": "kept as it is", "generalise": "kept, made coarser", "regenerate": "replaced by made-up values",
        "pseudonym": "keyed pseudonyms", "leave out": "left out",
    }  # fmt: skip
    return {column.name: words[str(choice_of(column))] for column in schema}
