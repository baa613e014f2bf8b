"""A newer version of a table: a dataset like the older one, and a run that goes on from an older run's weights.

The newer dataset inherits everything that was decided about the older one: types and treatments of columns, the split,
the target, the entity column, and the recipe, which is learned anew from the newer train rows.
"""

from __future__ import annotations

from core.dataset import SplitSpec
from core.errors import InvalidConfig
from core.jobs.ids import new_id
from core.jobs.preparing import kept_spec, newer_schema
from core.jobs.protocol import JobView, list_jobs
from core.schema import Schema, Treatment
from core.workbench.constraining import inherited
from core.workbench.data import TABLES, dataset, dataset_job, reading, start_for
from core.workbench.preparing import forerunners
from core.workbench.sessions import Session
from core.workbench.training import run, start_training


def start_version(session: Session, dataset_id: str, reading_id: str) -> str:
    """Start making a read table the newer version of a dataset; returns the newer dataset's id.

    A dataset that recipes made needs its forerunners too: they are made first, one from the other.

    Raises
    ------
    InvalidConfig
        If the table is not read yet, or shares no column that is modelled with the older one.
    """
    older, newer = dataset(session, dataset_id), reading(session, reading_id)
    if newer.schema is None:
        raise InvalidConfig("The newer table has not been read yet.", "Wait until reading has ended.")
    chain = forerunners(session, dataset_id)
    base = dataset_job(session, chain[0]).config
    schema = newer_schema(newer.schema, Schema.from_json(base["schema"]))
    if not {one.name for one in schema.modelled} & {one.name for one in dataset(session, chain[0]).schema.modelled}:
        raise InvalidConfig(
            f"The newer table shares no modelled column with {older.name}.", "Bring a table with the same columns."
        )
    number = _next_number(session, dataset_id)
    settings = {
        "table": f"jobs/{reading_id}/table.parquet",
        "schema": schema.to_json(),
        "split": kept_spec(dataset(session, chain[0]).split, schema).to_json(),
        "inherit": chain[0],
        "parent_id": None,
    }
    made = _start(session, chain[0], settings, number, schema=schema, after=())
    for one in chain[1:]:
        config = dataset_job(session, one).config
        settings = {
            "table": f"{TABLES}/{made}.parquet",
            "schema": None,
            "split": SplitSpec.from_json(config["split"]).to_json(),
            "recipe": config["recipe"],
            "like": None if config["recipe"].get("steps") else config["schema"],
            "parent_id": made,
        }
        made = _start(session, one, settings, number, schema=None, after=(made,))
    session.store.audit("bring newer version", ids=(made, dataset_id, reading_id), settings={"version": number})
    return made


def _start(
    session: Session, older_id: str, settings: dict, number: int, *, schema: Schema | None, after: tuple[str, ...]
) -> str:
    config = dataset_job(session, older_id).config
    target = config.get("target")
    if schema is not None and (target not in schema or schema[target].treatment is not Treatment.MODEL):
        target = None
    made = new_id("dataset")
    name = str(config["name"]).rpartition(", version ")[0] or str(config["name"])
    settings |= {
        "dataset_id": made,
        "target": target,
        "name": f"{name[:100]}, version {number}",
        "version_of": older_id,
        "version": number,
        "constraints": session.store.list_constraints(older_id),
    }
    return start_for(session, "profile", settings, job_id=made, after=after)


def _next_number(session: Session, dataset_id: str) -> int:
    """Versions of one table are numbered from 1, the one that came first."""
    family = versions_of(session, dataset_id)
    return max([1, *(int(view.config.get("version") or 1) for view in family)]) + 1


def versions_of(session: Session, dataset_id: str) -> list[JobView]:
    """Jobs of the datasets that are versions of one table, newest first; those still being made included."""
    views = {view.id: view for view in list_jobs(session.folder) if view.kind == "profile"}
    older = {key: view.config.get("version_of") for key, view in views.items()}
    family, grown = set(), {dataset_id}
    while grown - family:
        family |= grown
        grown |= {older[key] for key in family if older.get(key)}
        grown |= {key for key, before in older.items() if before in family}
    found = [views[key] for key in family if key in views]
    return sorted(found, key=lambda view: view.status.queued_at, reverse=True)


def retrain(session: Session, newer_id: str, run_id: str) -> str:
    """Start a run on a newer version with an older run's settings, from its weights; returns the new run's id.

    Constraints that the older dataset had are kept where they hold in the newer train rows; the others are named.

    Raises
    ------
    InvalidConfig
        If the older run has no checkpoint.
    """
    before = run(session, run_id)
    if not before.checkpoints:
        raise InvalidConfig("The older run has no checkpoint to start from.", "Choose another run.", field="run")
    dropped = [f"The constraint {one.label} was left out: {why}" for one, why in inherited(session, newer_id).dropped]
    started = start_training(session, newer_id, before.config, warm_from=run_id, warm_notes=dropped)
    settings = {"from run": run_id, "constraints left out": len(dropped)}
    session.store.audit("retrain on newer version", ids=(started, newer_id, run_id), settings=settings)
    return started
