"""Taking what jobs made into the catalogue: at the next page or start, any number of times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.dataset import Dataset, SplitSpec
from core.jobs.inheriting import INHERITED
from core.jobs.launch import ensure_runner
from core.jobs.protocol import JobState, JobView, list_jobs
from core.jobs.recovery import read_rollbacks
from core.jobs.tapes import decisions_of, points_of, standing
from core.records import ConditionOutcome, EpochRecord, Report, SampleRequest
from core.schema import Schema

if TYPE_CHECKING:
    from core.workbench.sessions import Session


def absorb(session: Session) -> None:
    """Bring the catalogue up to date with the jobs, and see to it that waiting jobs have a runner."""
    ensure_runner(session.folder)
    known = {job.id: job.state for job in session.store.list_jobs()}
    for view in list_jobs(session.folder):
        state = view.state
        if known.get(view.id) == state and not (view.kind == "train" and state.is_active):
            continue
        if view.id not in known:
            session.store.save_job(view.id, kind=view.kind, config=view.config)
        take = TAKERS.get(view.kind)
        if take is not None:
            take(session, view, state)
        status = view.status
        if known.get(view.id) != state:
            session.store.update_job(view.id, state=state, error_id=status.error_id, error=status.error)


def _take_dataset(session: Session, view: JobView, state: JobState) -> None:
    if state != JobState.DONE:
        return
    config, found = view.config, _json(view.folder / "dataset.json")
    dataset = Dataset(
        id=view.id,
        name=config["name"],
        schema=Schema.from_json(found.get("schema") or config["schema"]),
        split=SplitSpec.from_json(found["split"]),
        n_rows=found["n_rows"],
        n_train=found["n_train"],
        n_control=found["n_control"],
        target=found.get("target", config.get("target")),
        parent_id=config.get("parent_id"),
        content_hash=found["content_hash"],
    )
    session.store.save_dataset(dataset)
    inherited = view.folder / INHERITED
    if inherited.is_file():
        session.store.save_constraints(dataset.id, _json(inherited)["kept"])


def _take_run(session: Session, view: JobView, state: JobState) -> None:
    details = view.status.details
    session.store.save_run(view.id, dataset_id=view.config["dataset_id"], config=view.config["config"])
    session.store.update_run(
        view.id,
        state=state,
        device=details.get("device"),
        versions=details.get("versions"),
        error=view.status.error or None,
    )
    if state.is_over:
        past = read_rollbacks(view.folder)
        if past:
            back = min(past, key=lambda one: one.to_step)
            session.store.drop_run_tail(view.id, epoch=back.to_epoch, step=back.to_step)
        session.store.save_epochs(view.id, [EpochRecord.from_json(line) for line in view.records()])
        for epoch in view.checkpoints:
            folder = f"jobs/{view.id}/checkpoint-{epoch:06d}"
            session.store.save_checkpoint(view.id, epoch=epoch, folder=folder)


def _take_sample(session: Session, view: JobView, state: JobState) -> None:
    if state != JobState.DONE or view.config.get("trial"):
        return
    config, found = view.config, _json(view.folder / "outcomes.json")
    session.store.save_sample(
        view.id,
        run_id=config["run_id"],
        epoch=config["epoch"],
        request=SampleRequest.from_json(config["request"]),
        n_rows=found["n_rows"],
        n_unconditioned=found["n_unconditioned"],
        outcomes=[ConditionOutcome.from_json(one) for one in found["outcomes"]],
        path=config["output"],
    )


def _take_evaluation(session: Session, view: JobView, state: JobState) -> None:
    if state != JobState.DONE or view.config.get("sample_id") is None:
        return
    report = Report.from_json(_json(view.folder / "report.json"))
    session.store.save_evaluation(
        view.id,
        sample_id=view.config["sample_id"],
        parts=tuple(view.config["parts"]),
        plan=view.config["plan"],
        report=report,
    )


def _take_tape(session: Session, view: JobView, state: JobState) -> None:
    if state.is_over:
        run_id = view.config["run_id"]
        points = standing(points_of(view), session.folder / "jobs" / run_id)
        session.store.save_tape(view.id, run_id=run_id, points=points, decisions=decisions_of(view))


def _take_sweep(session: Session, view: JobView, state: JobState) -> None:
    if state.is_over:
        trials = {one["value"]["number"]: one["value"] for one in view.records() if one.get("type") == "trial"}
        session.store.save_trials(view.id, trials.values())


TAKERS = {
    "profile": _take_dataset,
    "train": _take_run,
    "sample": _take_sample,
    "evaluate": _take_evaluation,
    "tape": _take_tape,
    "sweep": _take_sweep,
}


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
