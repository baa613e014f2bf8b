"""What has to go together with something that is deleted, and its removal from the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import StoreError, listed
from core.jobs.files import is_locked
from core.jobs.protocol import LOCK
from core.store.values import StoredJob

TABLES = (
    ("tape_point", "run_id"),
    ("decision", "run_id"),
    ("sweep_trial", "sweep_id"),
    ("metric_result", "evaluation_id"),
    ("evaluation", "id"),
    ("sample", "id"),
    ("checkpoint", "run_id"),
    ("epoch", "run_id"),
    ("training_run", "id"),
    ("dataset_column", "dataset_id"),
    ("dataset_constraint", "dataset_id"),
    ("dataset", "id"),
    ("job", "id"),
)
"""Tables with the column that says to which thing a row belongs."""

_PARENTS = ("dataset_id", "run_id", "sample_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """Ids of everything that goes, and uploaded files that nothing else was made from (relative to the session)."""

    ids: tuple[str, ...]
    uploads: tuple[str, ...]


def doomed_by(key: str, jobs: Iterable[StoredJob], links: Iterable[tuple[str, str]]) -> Doomed:
    """What was made from `key`, as far as it goes, and what only `key` was made from.

    Parameters
    ----------
    key : id of the thing to delete
    jobs : all jobs of the catalogue
        A made thing has the id of its job, and the job's settings name what it was made from, also before it is done.
    links : pairs of the id of a made thing and the id of what it was made from, of all that is catalogued
    """
    jobs = list(jobs)
    made = {*links, *((job.id, parent) for job in jobs for parent in _parents(job))}
    gone = {key}
    while more := {child for child, parent in made if parent in gone} - gone:
        gone |= more
    readings = {_reading(job) for job in jobs if job.id in gone} - {None}
    readings -= {_reading(job) for job in jobs if job.id not in gone}
    gone |= {reading for reading in readings if reading is not None}
    uploads = {_source(job) for job in jobs if job.id in gone} - {_source(job) for job in jobs if job.id not in gone}
    return Doomed(ids=tuple(sorted(gone)), uploads=tuple(sorted(name for name in uploads if name)))


def _parents(job: StoredJob) -> set[Any]:
    weights = job.config.get("warm_start") or {}  # a run that began from another's weights knows what that one learned
    return {*(job.config.get(name) for name in _PARENTS), weights.get("run_id")} - {None, job.id}


def _reading(job: StoredJob) -> str | None:
    """The reading whose table a dataset was made from."""
    pieces = str(job.config.get("table", "")).split("/")
    return pieces[1] if job.kind == "profile" and len(pieces) == 3 and pieces[0] == "jobs" else None


def _source(job: StoredJob) -> str | None:
    source = job.config.get("source")
    return source if job.kind == "read" and isinstance(source, str) else None


def remove_files(session: Path, doomed: Doomed) -> None:
    """Remove tables, job folders and uploads.

    Raises
    ------
    StoreError
        If a job of any of them still works; nothing is removed then.
    """
    working = [key for key in doomed.ids if is_locked(session / "jobs" / key / LOCK)]
    if working:
        raise StoreError(f"Still at work: {listed(working)}.", "Stop it first, then delete.")
    for key in doomed.ids:
        for path in (session / "tables").glob(f"{key}*"):
            path.unlink(missing_ok=True)
        folder = session / "jobs" / key
        if folder.exists():
            # The status goes with the first step, so a queue does not start what is half gone.
            aside = folder.with_name(f".gone-{key}")
            shutil.rmtree(aside, ignore_errors=True)
            folder.rename(aside)
            shutil.rmtree(aside)
    uploads = (session / "uploads").resolve()
    for name in doomed.uploads:
        path = (session / name).resolve()
        # A table read where it lay on the analyst's disk is theirs; only copies in the session are ours to remove.
        if path.is_relative_to(uploads) and path.is_file():
            path.unlink()
