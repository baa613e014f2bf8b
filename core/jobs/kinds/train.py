"""Training: epochs, records and checkpoints; paused, stopped or killed, it goes on bit for bit where it was."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pandas as pd

from core.constraints import Constraint
from core.errors import CheckpointRejected, DoppelError
from core.jobs.checkpoints import (
    CHECKPOINT_BYTES,
    candidates,
    checkpoint_folder,
    drop_partial,
    keep_budget,
    partial_folder,
)
from core.jobs.context import JobContext
from core.jobs.files import held, whole_lines
from core.jobs.launch import STEER_LOCK
from core.jobs.protocol import METRICS, JobState
from core.jobs.versions import library_versions
from core.records import EpochRecord
from core.schema import Schema
from core.synthesis.checkpoint import resume, save_checkpoint
from core.synthesis.config import TrainingConfig
from core.synthesis.train import Training, prepare, train
from core.tables import read_frame


def run(context: JobContext) -> JobState:
    """Train until the configured epochs and their extensions are done, or somebody asks for an end.

    A checkpoint is made every `checkpoint_every` epochs, at the `checkpoint_epochs` of the job's settings, and at every
    end: in the middle of an epoch as `partial-<epochs done>-<step>`, else as `checkpoint-<epoch>`. Records that a kill
    has left beyond the checkpoint are dropped before going on, since the same steps will write them again.
    """
    with context.reading_settings():
        schema = Schema.from_json(context.config["schema"])
        config = TrainingConfig.from_json(context.config["config"])
        budget = int(context.config.get("checkpoint_bytes") or CHECKPOINT_BYTES)
    config = dataclasses.replace(config, threads=context.threads)
    rows = context.existing(context.config.get("train"), "the train rows of this run")
    context.progress(message="Reading the train rows")
    frame = read_frame(rows, schema)
    training = _begun(context, frame, schema, config)
    details = {"versions": library_versions(), "device": training.device_name, "epochs_done": training.epoch}
    context.progress(message="Training", details=details)
    return _train(context, training, budget)


def _begun(context: JobContext, frame: pd.DataFrame, schema: Schema, config: TrainingConfig) -> Training:
    """The run as its newest usable checkpoint knows it, or at its start; records beyond that are dropped."""
    _drop_halves(context)
    rejected: CheckpointRejected | None = None
    for folder in candidates(context.folder):
        context.progress(message=f"Going on from epoch {int(folder.name.split('-')[1])}")
        try:
            training = resume(folder, frame, schema)
        except CheckpointRejected as error:
            rejected = error
            shutil.rmtree(folder.with_name(f"rejected-{folder.name}"), ignore_errors=True)
            folder.rename(folder.with_name(f"rejected-{folder.name}"))
            continue
        _drop_records_beyond(context, training.step)
        return training
    if rejected is not None and (context.folder / METRICS).exists():
        # Every checkpoint is damaged. To begin again unasked would throw the curves away.
        raise DoppelError(f"No checkpoint of this run can be used. {rejected.message}", "Start a new run.")
    context.progress(message="Encoding the train rows")
    with context.reading_settings():
        constraints = [Constraint.from_json(one) for one in context.config.get("constraints") or ()]
    training = prepare(frame, schema, config, target=context.config.get("target"), constraints=constraints)
    _drop_records_beyond(context, 0)
    return training


def _drop_halves(context: JobContext) -> None:
    """Delete checkpoints that a kill or an error cut off while they were written."""
    for half in context.folder.glob(".*.tmp"):
        shutil.rmtree(half, ignore_errors=True)


def _drop_records_beyond(context: JobContext, step: int) -> None:
    """Keep the records up to a step; also cuts off a line that a kill has left half written."""
    context.keep_records([one for one in whole_lines(context.folder / METRICS) if one.get("step", 0) <= step])


def _train(context: JobContext, training: Training, budget: int) -> JobState:
    every, pace = training.config.checkpoint_every, _Pace()
    chosen = set(context.config.get("checkpoint_epochs") or ())
    while True:
        for record in train(training, until_epoch=_target(context, training)):
            context.record(record.to_json())
            wanted = context.wanted()
            if wanted is not None:
                _save(context, training, budget)
                return wanted
            if record.epoch_done and (record.epoch % every == 0 or record.epoch in chosen):
                _save(context, training, budget)
            _tell(context, training, record, pace)
        _save(context, training, budget)
        # Held against an extension that would come between this look and the last word.
        with held(context.folder / STEER_LOCK, timeout=10):
            if training.epoch >= _target(context, training):
                context.end(JobState.DONE, message="Done.")
                return JobState.DONE


def _target(context: JobContext, training: Training) -> int:
    return training.config.epochs + context.more_epochs()


def _save(context: JobContext, training: Training, budget: int) -> Path:
    """Keep the run as it is now, unless that has been kept; then give up what exceeds the disk budget."""
    whole = training.step % training.steps_per_epoch == 0
    folder = (
        checkpoint_folder(context.folder, training.epoch)
        if whole
        else partial_folder(context.folder, training.epoch, training.step)
    )
    if training.step and not folder.exists():
        context.sync_records()
        try:
            save_checkpoint(training, folder)
        except BaseException:
            _drop_halves(context)  # on a full disk, half a checkpoint would take the room that is needed to say so
            raise
        drop_partial(context.folder, keep=folder)
        keep_budget(context.folder, training.config.checkpoint_every, budget)
    return folder


class _Pace:
    """Seconds per step, as a running mean that forgets: the machine may be shared."""

    def __init__(self) -> None:
        self.step = 0
        self.seconds_per_step: float | None = None

    def after(self, record: EpochRecord) -> float:
        """Seconds per step including this record."""
        latest = record.seconds / max(1, record.step - self.step) if self.step else None
        self.step = record.step
        if latest is not None:
            known = self.seconds_per_step
            self.seconds_per_step = latest if known is None else 0.9 * known + 0.1 * latest
        return self.seconds_per_step or 0.0


def _tell(context: JobContext, training: Training, record: EpochRecord, pace: _Pace) -> None:
    epochs = _target(context, training)
    total = epochs * training.steps_per_epoch
    per_step = pace.after(record)
    context.progress(
        record.step / total,
        "Training",
        eta_seconds=round(per_step * (total - record.step), 1) if per_step else None,
        details={
            "epoch": record.epoch,
            "epochs": epochs,
            "epochs_done": training.epoch,
            "step": record.step,
            "steps_per_epoch": training.steps_per_epoch,
            "device": training.device_name,
            "rows_per_second": round(record.rows_per_second, 1),
        },
    )
