"""Versions of one table's datasets, runs and samples, and going back to one of them.

Stored things are immutable, so going back changes nothing: it makes an earlier one the one that is worked on. The audit
keeps what was left and what was taken up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import DoppelError, UnknownId
from core.jobs.protocol import JobView, list_jobs
from core.workbench.data import dataset, datasets
from core.workbench.sampling import sample, samples
from core.workbench.sessions import Session
from core.workbench.training import run, runs

KINDS = ("dataset", "run", "sample")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One stored dataset, run or sample.

    Parameters
    ----------
    id, kind : str
    number : int
        1 for the oldest of its kind.
    label : str
        What it is, with at most one name of the analyst.
    origin : str
        What it was made from and how.
    at : float
        When it was asked for, in seconds since 1970.
    line : mapping of kind to id
        Itself and what it was made from: what a page has to choose to work on it.
    """

    id: str
    kind: str
    number: int
    label: str
    origin: str
    at: float
    line: Mapping[str, str]


def versions(session: Session, dataset_id: str) -> tuple[Version, ...]:
    """Every version of a dataset, with the runs and samples of all of them; newest first within each kind."""
    jobs = {view.id: view for view in list_jobs(session.folder)}
    family = family_of(jobs, dataset_id)
    tables = [one for one in datasets(session) if one.id in family]
    trained = [one for one in runs(session) if one.dataset_id in family]
    drawn = [one for one in samples(session) if one.dataset_id in family]
    found = []
    for place, one in enumerate(tables):
        about = f"{one.name}: {one.n_rows:,} rows, {len(one.schema)} columns"
        found.append(
            _version(jobs, one.id, "dataset", len(tables) - place, about, _origin(jobs[one.id]), {"dataset": one.id})
        )
    for place, one in enumerate(trained):
        about = f"{one.epochs_done:,} of {one.target_epochs:,} epochs, seed {one.config.seed}"
        warm = f", from the weights of run {one.warm_start['run_id'][-4:]}" if one.warm_start.get("run_id") else ""
        line = {"dataset": one.dataset_id, "run": one.id}
        origin = f"Trained on dataset {one.dataset_id[-4:]}{warm}"
        found.append(_version(jobs, one.id, "run", len(trained) - place, about, origin, line))
    for place, one in enumerate(drawn):
        about = f"{one.n_rows or 0:,} rows, seed {one.request.seed}"
        line = {"dataset": one.dataset_id, "run": one.run_id, "sample": one.id}
        origin = f"Drawn from run {one.run_id[-4:]}, epoch {one.epoch:,}"
        found.append(_version(jobs, one.id, "sample", len(drawn) - place, about, origin, line))
    return tuple(found)


def _version(
    jobs: Mapping[str, JobView], key: str, kind: str, number: int, label: str, origin: str, line: Mapping[str, str]
) -> Version:
    at = float(jobs[key].status.queued_at or 0.0)
    return Version(id=key, kind=kind, number=number, label=label, origin=origin, at=at, line=line)


def _origin(view: JobView) -> str:
    """How a dataset came to be."""
    config = view.config
    before, parent, recipe = config.get("version_of"), config.get("parent_id"), config.get("recipe") or {}
    steps = len(recipe.get("steps", ()))
    if before and not parent:
        return f"Newer table in place of dataset {before[-4:]}"
    if steps:
        return f"Prepared from dataset {str(parent)[-4:]} by {steps} step{'s' if steps > 1 else ''}"
    return f"Columns changed from dataset {parent[-4:]}" if parent else "Read from a file"


def family_of(jobs: Mapping[str, JobView], dataset_id: str) -> frozenset[str]:
    """Ids of all datasets that one was made from, that were made from it, or that are versions of one of these."""
    links = [
        (key, other)
        for key, view in jobs.items()
        if view.kind == "profile"
        for other in (view.config.get("parent_id"), view.config.get("version_of"))
        if other
    ]
    family = {dataset_id}
    while more := {one for pair in links if family & set(pair) for one in pair} - family:
        family |= more
    return frozenset(family)


def go_back(session: Session, version_id: str, *, leaving: Mapping[str, str | None]) -> dict[str, str | None]:
    """Take up an earlier version; returns the ids that a page has to choose, None for those that come after it.

    Parameters
    ----------
    leaving : mapping of kind to id
        What was worked on until now, for the audit.

    Raises
    ------
    UnknownId
        If it is no stored dataset, run or sample of this session.
    """
    line = _line(session, version_id)
    before = tuple(one for one in leaving.values() if one)
    session.store.audit("go back to version", ids=(version_id, *before), settings={"kind": list(line)[-1]})
    return {kind: line.get(kind) for kind in KINDS}


def _line(session: Session, key: str) -> dict[str, str]:
    kind = key.partition("-")[0]
    try:
        if kind == "dataset":
            return {"dataset": dataset(session, key).id}
        if kind == "run":
            return {"dataset": run(session, key).dataset_id, "run": key}
        if kind == "sample":
            one = sample(session, key)
            return {"dataset": one.dataset_id, "run": one.run_id, "sample": key}
    except DoppelError as error:
        raise UnknownId("There is no such version in this session.", "Choose one of the list.") from error
    raise UnknownId(f"A {kind} has no versions.", "Choose a dataset, a run or a sample.")
