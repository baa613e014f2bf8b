"""Runs: starting, watching, pausing, stopping, going on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, TooFewRows, UnknownId
from core.jobs.ids import check_id, new_id
from core.jobs.launch import control, extend_job, resume_job
from core.jobs.protocol import JobView, list_jobs
from core.jobs.recovery import read_rollbacks
from core.limits import MIN_TRAIN_ROWS
from core.records import EpochRecord, Rollback
from core.schema import Schema
from core.synthesis.config import TrainingConfig
from core.synthesis.diagnose import Finding, diagnose
from core.synthesis.presets import PRESETS, preset_for
from core.workbench.absorb import absorb
from core.workbench.canary_plan import CanaryPlan
from core.workbench.data import dataset, start_for
from core.workbench.sessions import Session, job_folder
from core.workbench.sides import control_note


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
    columns : tuple of str
        Modelled columns, in the order of the probe's numbers.
    rollbacks : list of Rollback
    memory_bytes, device_bytes : int or None
        Most memory that the worker, and the accelerator, have used so far.
    diverged_epoch : int or None
        Epoch in which training ended because numbers were no longer finite.
    warm_start : mapping
        Run and epoch that the weights came from, and what was carried over; empty without one.
    row_share : float
        Share of the dataset's train rows that the run saw; below 1 in some trials of sweeps.
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
    columns: tuple[str, ...] = ()
    rollbacks: list[Rollback] = dataclasses.field(default_factory=list)
    memory_bytes: int | None = None
    device_bytes: int | None = None
    diverged_epoch: int | None = None
    warm_start: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    row_share: float = 1.0

    @property
    def epochs_done(self) -> int:
        """Whole epochs behind it."""
        return next((one.epoch for one in reversed(self.records) if one.epoch_done), 0)


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
    warm_from: str | None = None,
    warm_notes: Sequence[str] = (),
) -> str:
    """Start a run; returns its id.

    Parameters
    ----------
    checkpoint_epochs : sequence of int
        Epochs that are kept beside those of `config.checkpoint_every`.
    canaries : CanaryPlan, optional
        Made-up rows that are planted among the train rows of this run alone (see `core.evaluation.canaries`).
    warm_from : id of a run, optional
        Its last checkpoint gives the weights to begin with.
    warm_notes : sequence of str
        What else is known not to be as it was in that run, in sentences.

    Raises
    ------
    TooFewRows
        If there are fewer train rows than a generator can be trained from.
    """
    run_id = new_id("run")
    settings = training_job(session, dataset_id, config, checkpoint_epochs=checkpoint_epochs)
    settings |= {
        "run_id": run_id,
        "canaries": None if canaries is None else canaries.to_json(),
        "warm_start": None if warm_from is None else _warm_start(session, dataset_id, config, warm_from, warm_notes),
    }
    return start_for(session, "train", settings, job_id=run_id)


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


def _warm_start(
    session: Session, dataset_id: str, config: TrainingConfig, run_id: str, notes: Sequence[str]
) -> dict[str, Any]:
    """Where the weights of a warm start come from, and what has to be known about it.

    Raises
    ------
    InvalidConfig
        If the earlier run has no checkpoint, or its generator other sizes.
    """
    earlier = run(session, run_id)
    if not earlier.checkpoints:
        raise InvalidConfig("The earlier run has no checkpoint to start from.", "Choose another one.", field="warm")
    for name in ("generator_layers", "noise_size"):
        if getattr(earlier.config, name) != getattr(config, name):
            raise InvalidConfig(
                f"The earlier run's {name} is {shown(getattr(earlier.config, name))}, and "
                f"{shown(getattr(config, name))} here: a warm start needs a generator of the same sizes.",
                "Take the earlier run's sizes, or start with fresh weights.",
                field=name,
            )
    epoch = earlier.checkpoints[-1]
    told = control_note(session, dataset_id, earlier.dataset_id)
    checkpoint = f"jobs/{run_id}/checkpoint-{epoch:06d}"
    notes = [*notes, *filter(None, [told])]
    return {"run_id": run_id, "epoch": epoch, "checkpoint": checkpoint, "notes": notes, "control_note": told}


def warm_sources(session: Session) -> list[RunView]:
    """Runs of this session that a warm start can begin from, newest first."""
    return [one for one in runs(session) if one.checkpoints]


def run(session: Session, run_id: str) -> RunView:
    """A run as it stands now."""
    folder = job_folder(session, check_id(run_id, "run"))
    if not folder.is_dir():
        raise UnknownId("There is no such run in this session.", "Choose one of the list.")
    view = JobView(folder)
    status = view.status
    records = _records(view)
    settings = view.config
    config = TrainingConfig.from_json(settings["config"])
    return RunView(
        id=run_id,
        dataset_id=settings["dataset_id"],
        config=config,
        target_epochs=view.target_epochs or config.epochs,
        job=view,
        records=records,
        checkpoints=view.checkpoints,
        device=str(status.details.get("device", "")),
        rows_per_second=records[-1].rows_per_second if records else None,
        eta_seconds=status.eta_seconds,
        columns=_modelled(folder, settings),
        rollbacks=read_rollbacks(folder),
        memory_bytes=status.details.get("memory_bytes"),
        device_bytes=status.details.get("device_bytes"),
        diverged_epoch=status.details.get("diverged_epoch"),
        warm_start={**(settings.get("warm_start") or {}), **(status.details.get("warm_start") or {})},
        row_share=float(settings.get("row_share") or 1.0),
    )


_seen: dict[Path, tuple[list[Any], list[EpochRecord]]] = {}
_names: dict[Path, tuple[str, ...]] = {}
_KEPT = 64
"""Runs whose records stay in memory as values: pages look at all runs of a dataset at every click."""


def _records(view: JobView) -> list[EpochRecord]:
    """Records of a run as values; only those that are new since the last look are made."""
    lines = view.records()
    raw, known = _seen.pop(view.folder, ([], []))
    # a replaced file is read anew, and its lines are then other objects
    if len(raw) > len(lines) or (raw and raw[-1] is not lines[len(raw) - 1]):
        known = []
    known = [*known, *map(EpochRecord.from_json, lines[len(known) :])]
    _seen[view.folder] = (lines, known)
    while len(_seen) > _KEPT:
        _seen.pop(next(iter(_seen)), None)
    return known


def _modelled(folder: Path, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a run's modelled columns; a run's schema never changes."""
    if folder not in _names:
        if len(_names) > 10 * _KEPT:
            _names.clear()
        _names[folder] = tuple(column.name for column in Schema.from_json(settings["schema"]).modelled)
    return _names[folder]


def findings(view: RunView) -> tuple[Finding, ...]:
    """What the run's curves say, the gravest first."""
    return diagnose(view.records, columns=view.columns, diverged_epoch=view.diverged_epoch)


def differing(first: TrainingConfig, second: TrainingConfig) -> list[tuple[str, str, str]]:
    """Settings in which two runs differ: label, and both values as texts."""
    found = []
    for one in dataclasses.fields(TrainingConfig):
        values = tuple(shown(getattr(config, one.name)) for config in (first, second))
        if values[0] != values[1]:
            found.append((one.metadata["label"], *values))
    return found


def shown(value: object) -> str:
    """A setting's value as the analyst writes it."""
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


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
