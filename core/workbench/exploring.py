"""Exploring a dataset: what was found in it, pairs of its columns, and groups of its rows."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.errors import InvalidConfig
from core.exploration import PairPicture
from core.jobs.protocol import JobState, JobView
from core.profiling.associations import SIGNED, Measure
from core.profiling.crossed import pair_picture
from core.profiling.explore import FACTS, MATRICES, Exploration, exploration_from_json
from core.schema import Treatment
from core.workbench.data import TABLES, dataset, start_for
from core.workbench.sessions import Session, job_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorationView:
    """The exploration of a dataset under way or done; `found` is None until it is."""

    id: str
    job: JobView
    found: Exploration | None = None


def explore(session: Session, dataset_id: str) -> ExplorationView:
    """The exploration of a dataset; it is started where there is none yet."""
    known = find_job(session, dataset_id, "overview")
    return exploration(session, known or start_exploring(session, dataset_id))


def start_exploring(session: Session, dataset_id: str) -> str:
    """Start exploring a dataset; returns the exploration's id."""
    return start_part(session, dataset_id, "overview")


def start_part(session: Session, dataset_id: str, part: str, **settings: object) -> str:
    """Start a part of exploring a dataset."""
    real = dataset(session, dataset_id)
    config = {
        "part": part,
        "dataset_id": dataset_id,
        "table": f"{TABLES}/{dataset_id}.parquet",
        "train": f"{TABLES}/{dataset_id}-train.parquet",
        "summary": f"jobs/{dataset_id}/summary.json",
        "schema": real.schema.to_json(),
        "target": real.target,
    }
    return start_for(session, "explore", config | settings)


def find_job(session: Session, dataset_id: str, part: str, **settings: object) -> str | None:
    """The newest job of a part of exploring a dataset, with these settings; None where there is none."""
    found = []
    for path in session.folder.glob("jobs/exploration-*"):
        view = JobView(path)
        config = view.config
        same = all(config.get(name) == value for name, value in settings.items())
        if config.get("dataset_id") == dataset_id and config.get("part") == part and same:
            found.append((view.status.queued_at or 0, view.id))
    return max(found)[1] if found else None


def exploration(session: Session, exploration_id: str) -> ExplorationView:
    """An exploration as it stands now."""
    view = JobView(job_folder(session, exploration_id))
    if view.state != JobState.DONE:
        return ExplorationView(id=exploration_id, job=view)
    value = json.loads((view.folder / FACTS).read_text(encoding="utf-8"))
    return ExplorationView(id=exploration_id, job=view, found=exploration_from_json(value, view.folder / MATRICES))


def pair(session: Session, dataset_id: str, first: str, second: str) -> PairPicture:
    """Two columns of a dataset together, counted in all of its rows.

    Raises
    ------
    InvalidConfig
        If they are one column, or one of them is not modelled.
    """
    schema = dataset(session, dataset_id).schema
    columns = [schema[first], schema[second]]
    if first == second or any(column.treatment is not Treatment.MODEL for column in columns):
        raise InvalidConfig("Choose two different columns that are modelled.", field="columns")
    return pair_picture(session.folder / TABLES / f"{dataset_id}.parquet", *columns)


def is_signed(measure: Measure) -> bool:
    """Whether a measure of association goes from -1 to 1 instead of from 0 to 1."""
    return measure in SIGNED
