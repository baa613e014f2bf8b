"""Groups of rows that share what an outsider may know: measured, and made larger by coarser values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InvalidConfig
from core.jobs.protocol import JobState, JobView
from core.profiling.anonymity import Anonymity, Coarsening, measure_table, suggest_quasi_identifiers
from core.profiling.coarsening import coarsening_recipe
from core.workbench.data import TABLES, dataset
from core.workbench.exploring import find_job, start_part
from core.workbench.preparing import start_preparing
from core.workbench.sessions import Session, job_folder

ROWS_AT_ONCE = 300_000
"""Larger tables are measured in a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymityView:
    """Groups being measured or measured; `job` is None where it was done at once."""

    job: JobView | None
    found: Anonymity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarseningView:
    """A search for k under way or done.

    Parameters
    ----------
    steps : tuple of Coarsening, or None until it is done
    n_rows, n_left_out : int
        Train rows that it looked at, and those in groups that are still too small.
    """

    job: JobView
    k: int
    quasi_identifiers: tuple[str, ...]
    steps: tuple[Coarsening, ...] | None = None
    n_rows: int = 0
    n_left_out: int = 0


def suggested(session: Session, dataset_id: str) -> tuple[str, ...]:
    """Columns that an outsider may know of a person."""
    return suggest_quasi_identifiers(dataset(session, dataset_id).schema)


def anonymity(
    session: Session, dataset_id: str, quasi_identifiers: Sequence[str], sensitive: str | None = None
) -> AnonymityView:
    """How far these columns tell rows of the real table apart; at once, or by a job where the table is large."""
    real = dataset(session, dataset_id)
    names = list(quasi_identifiers)
    if real.n_rows <= ROWS_AT_ONCE:
        table = session.folder / TABLES / f"{dataset_id}.parquet"
        return AnonymityView(job=None, found=measure_table(table, real.schema, names, sensitive=sensitive))
    settings = {"quasi_identifiers": names, "sensitive": sensitive}
    known = find_job(session, dataset_id, "anonymity", **settings)
    view = JobView(job_folder(session, known or start_part(session, dataset_id, "anonymity", **settings)))
    if view.state != JobState.DONE:
        return AnonymityView(job=view)
    value = json.loads((view.folder / "anonymity.json").read_text(encoding="utf-8"))
    return AnonymityView(job=view, found=Anonymity.from_json(value))


def start_coarsening(
    session: Session, dataset_id: str, quasi_identifiers: Sequence[str], k: int, *, suppress_share: float
) -> str:
    """Start looking for the least coarse quasi-identifiers with groups of at least `k` train rows.

    Raises
    ------
    InvalidConfig
        If `k` or the share is out of range, or no column is named.
    """
    n_train = dataset(session, dataset_id).n_train
    if not quasi_identifiers:
        raise InvalidConfig("Choose at least one column.", field="quasi_identifiers")
    if not 2 <= k <= n_train:
        raise InvalidConfig(f"k is {k}, but must lie between 2 and the {n_train:,} train rows.", field="k")
    if not 0 <= suppress_share <= 0.5:
        raise InvalidConfig("At most half of the rows can be left out.", field="suppress_share")
    settings = {"quasi_identifiers": list(quasi_identifiers), "k": k, "suppress_share": suppress_share}
    return start_part(session, dataset_id, "generalise", **settings)


def coarsening(session: Session, dataset_id: str) -> CoarseningView | None:
    """The newest search for k of a dataset; None where there is none."""
    known = find_job(session, dataset_id, "generalise")
    if known is None:
        return None
    view = JobView(job_folder(session, known))
    about = {"k": view.config["k"], "quasi_identifiers": tuple(view.config["quasi_identifiers"])}
    if view.state != JobState.DONE:
        return CoarseningView(job=view, **about)
    value = json.loads((view.folder / "coarsening.json").read_text(encoding="utf-8"))
    steps = tuple(Coarsening(**one) for one in value["steps"])
    return CoarseningView(job=view, **about, steps=steps, n_rows=value["n_rows"], n_left_out=value["n_left_out"])


def apply_coarsening(session: Session, dataset_id: str, found: CoarseningView) -> str:
    """Start making the coarser dataset by a recipe; returns its id."""
    recipe = coarsening_recipe(found.steps or (), found.quasi_identifiers, found.k)
    name = f"{dataset(session, dataset_id).name} (groups of {found.k})"
    return start_preparing(session, dataset_id, recipe, name=name[:120])
