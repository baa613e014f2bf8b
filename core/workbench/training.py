"""Runs: starting, watching, pausing, stopping, going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidConfig, TooFewRows, UnknownId
from core.jobs.ids import check_id, new_id
from core.jobs.launch import control, extend_job, resume_job
from core.jobs.protocol import JobView, list_jobs
from core.limits import MIN_TRAIN_ROWS
from core.records import EpochRecord
from core.synthesis.config import PRESETS, TrainingConfig, preset_for
from core.workbench.absorb import absorb
from core.workbench.canary_plan import CanaryPlan
from core.workbench.data import dataset, start_for
from core.workbench.sessions import Session, job_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run as it stands now.

    Parameters
    ----------
    id, dataset_id : str
    config : TrainingConfig
        As started; `epochs` is what was asked for at first.
    target_epochs : int
        Epochs to train in all, extensions included.
    job : JobView
    records : list of EpochRecord
    checkpoints : list of int
        Epochs that rows can be drawn from.
    device : str
        Empty until training has begun.
    rows_per_second, eta_seconds : float or None
    """

    id: str
    dataset_id: str
    config: TrainingConfig
    target_epochs: int
    job: JobView
    records: list[EpochRecord]
    checkpoints: list[int]
    device: str
    rows_per_second: float | None
    eta_seconds: float | None


def configured(preset: str | None, settings: Mapping[str, str], *, n_train: int | None = None) -> TrainingConfig:
    """A preset, or the default settings, with texts as the analyst wrote them.

    With `n_train`, the number of train rows, a preset has as many epochs as its steps take there, unless they are set.

    Raises
    ------
    InvalidConfig
        If the preset or a setting is unknown, or a value outside its range.
    """
    name = preset or "balanced"
    if n_train is not None or name not in PRESETS:
        return preset_for(name, n_train or 0, settings)
    config = PRESETS[name]
    return config.with_settings(settings)


def start_training(
    session: Session,
    dataset_id: str,
    config: TrainingConfig,
    *,
    checkpoint_epochs: Sequence[int] = (),
    canaries: CanaryPlan | None = None,
) -> str:
    """Start a run; returns its id.

    Parameters
    ----------
    checkpoint_epochs : sequence of int
        Epochs that are kept beside those of `config.checkpoint_every`.
    canaries : CanaryPlan, optional
        Made-up rows that are planted among the train rows of this run alone (see `core.evaluation.canaries`).

    Raises
    ------
    TooFewRows
        If there are fewer train rows than a generator can be trained from.
    """
    run_id = new_id("run")
    settings = training_job(session, dataset_id, config, checkpoint_epochs=checkpoint_epochs)
    planted = None if canaries is None else canaries.to_json()
    return start_for(session, "train", settings | {"run_id": run_id, "canaries": planted}, job_id=run_id)


def training_job(
    session: Session, dataset_id: str, config: TrainingConfig, *, checkpoint_epochs: Sequence[int] = ()
) -> dict[str, Any]:
    """Settings of a training's job, but for the run's id; errors as `start_training` gives them."""
    real = dataset(session, dataset_id)
    if real.n_train < MIN_TRAIN_ROWS:
        raise TooFewRows(
            f"There are {real.n_train} train rows; training needs at least {MIN_TRAIN_ROWS}.",
            "Bring a larger table, or choose a smaller control share.",
        )
    if not real.schema.modelled:
        raise InvalidConfig("No column of this table is modelled.", "Give at least one column a type that is.")
    return {
        "dataset_id": dataset_id,
        "train": f"tables/{dataset_id}-train.parquet",
        "control": f"tables/{dataset_id}-control-selection.parquet",
        "group": real.split.group,
        "schema": real.schema.to_json(),
        "config": config.to_json(),
        "target": real.target,
        "constraints": session.store.list_constraints(dataset_id),
        "checkpoint_epochs": sorted(checkpoint_epochs),
    }


def run(session: Session, run_id: str) -> RunView:
    """A run as it stands now."""
    folder = job_folder(session, check_id(run_id, "run"))
    if not folder.is_dir():
        raise UnknownId("There is no such run in this session.", "Choose one of the list.")
    view = JobView(folder)
    status = view.status
    records = [EpochRecord.from_json(line) for line in view.records()]
    config = TrainingConfig.from_json(view.config["config"])
    return RunView(
        id=run_id,
        dataset_id=view.config["dataset_id"],
        config=config,
        target_epochs=view.target_epochs or config.epochs,
        job=view,
        records=records,
        checkpoints=view.checkpoints,
        device=str(status.details.get("device", "")),
        rows_per_second=records[-1].rows_per_second if records else None,
        eta_seconds=status.eta_seconds,
    )


def runs(session: Session, dataset_id: str | None = None) -> list[RunView]:
    """Runs of the session or of one dataset, newest first."""
    absorb(session)
    return [run(session, stored.id) for stored in session.store.list_runs(dataset_id)[::-1]]


def pause_run(session: Session, run_id: str) -> None:
    """Keep a checkpoint and let the worker end; `resume_run` goes on as if nothing had been."""
    _ask(session, run_id, "pause")


def stop_run(session: Session, run_id: str) -> None:
    """Keep what has been learned and end the run."""
    _ask(session, run_id, "stop")


def _ask(session: Session, run_id: str, request: str) -> None:
    control(run(session, run_id).job.folder, request)
    session.store.audit(f"{request} run", ids=(run_id,))


def resume_run(session: Session, run_id: str) -> None:
    """Go on from the last checkpoint, with the very numbers of a run that was never interrupted."""
    resume_job(run(session, run_id).job.folder)
    session.store.audit("resume run", ids=(run_id,))
    follow_tapes(session, run_id)


def follow_tapes(session: Session, run_id: str) -> None:
    """Let the tapes of a run go on where they were paused or cut off."""
    for view in list_jobs(session.folder):
        if view.kind == "tape" and view.config.get("run_id") == run_id and view.state.can_resume:
            resume_job(view.folder)


def extend_run(session: Session, run_id: str, epochs: int) -> None:
    """Train that many more epochs than asked for so far."""
    extend_job(run(session, run_id).job.folder, epochs)
    session.store.audit("extend run", ids=(run_id,), settings={"epochs": epochs})
