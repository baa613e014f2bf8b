"""Canaries: planted on request before training, followed through the checkpoints of their run."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import InvalidConfig
from core.jobs.protocol import JobView
from core.jobs.reports import report_of
from core.records import Report
from core.workbench.absorb import absorb
from core.workbench.canary_plan import CanaryPlan
from core.workbench.data import dataset, start_for
from core.workbench.sessions import Session
from core.workbench.training import run


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryView:
    """The canaries of a run: their plan, and the newest look at them."""

    plan: CanaryPlan
    job: JobView | None
    report: Report | None


def canaries(session: Session, run_id: str) -> CanaryView | None:
    """The canaries of a run; None for a run without."""
    settings = run(session, run_id).job.config.get("canaries")
    if not settings:
        return None
    absorb(session)
    looks = [JobView(folder) for folder in session.folder.glob("jobs/evaluation-*")]
    looks = [view for view in looks if view.config.get("canaries_of") == run_id]
    newest = max(looks, key=lambda view: view.status.queued_at, default=None)
    return CanaryView(plan=CanaryPlan(**settings), job=newest, report=None if newest is None else report_of(newest))


def start_following(session: Session, run_id: str, *, seed: int = 0) -> str:
    """Start looking for the canaries in rows drawn from every checkpoint; returns the job's id.

    Raises
    ------
    InvalidConfig
        If the run has no canaries.
    """
    trained = run(session, run_id)
    if not trained.job.config.get("canaries"):
        raise InvalidConfig("This run was trained without canaries.", "Train another one with canaries.")
    real = dataset(session, trained.dataset_id)
    return start_for(
        session,
        "evaluate",
        {
            "sample_id": None,
            "canaries_of": run_id,
            "train": trained.job.config["train"],
            "schema": real.schema.to_json(),
            "parts": ["privacy"],
            "plan": "full",
            "seed": seed,
            "threads": 0,
        },
    )
