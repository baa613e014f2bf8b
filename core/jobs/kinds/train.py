"""Training: epochs, records and checkpoints; paused, stopped or killed, it goes on bit for bit where it was."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pandas as pd

from core.constraints import Constraint
from core.errors import CheckpointRejected, DoppelError, TrainingDiverged, TrainingTrouble
from core.jobs.canaries import planted
from core.jobs.checkpoints import candidates, checkpoint_folder, drop_partial, keep_budget, partial_folder, rank
from core.jobs.context import JobContext
from core.jobs.files import held, whole_lines
from core.jobs.launch import STEER_LOCK
from core.jobs.processes import resident_bytes
from core.jobs.protocol import METRICS, JobState
from core.jobs.recovery import MOST_ROLLBACKS, drop_abandoned, keep_rollbacks, note_rollback, rate_at, read_rollbacks
from core.jobs.versions import library_versions
from core.records import EpochRecord
from core.schema import Schema
from core.synthesis.checkpoint import resume, save_checkpoint
from core.synthesis.config import TrainingConfig
from core.synthesis.diagnose import trouble
from core.synthesis.probe import Probe, device_bytes, is_finite, make_probe
from core.synthesis.train import Training, prepare, train
from core.synthesis.warm import carry_over
from core.tables import read_frame


@dataclasses.dataclass(slots=True, kw_only=True)
class _Run:
    """What a training needs to begin again: its settings, its rows, and what was measured so far."""

    context: JobContext
    frame: pd.DataFrame
    schema: Schema
    config: TrainingConfig
    budget: int
    training: Training | None = None
    probe: Probe | None = None
    records: list[EpochRecord] = dataclasses.field(default_factory=list)


def run(context: JobContext) -> JobState:
    """Train until the configured epochs and their extensions are done, or somebody asks for an end.

    A checkpoint is made where the settings say so, at the `checkpoint_epochs` of the job's settings, and at every end:
    in the middle of an epoch as `partial-<epochs done>-<step>`, else as `checkpoint-<epoch>`. Records that a kill has
    left beyond the checkpoint are dropped before going on, since the same steps will write them again.
    """
    with context.reading_settings():
        schema = Schema.from_json(context.config["schema"])
        config = TrainingConfig.from_json(context.config["config"])
        budget = int(context.config.get("checkpoint_bytes") or config.checkpoint_disk * 1_000_000)
    config = dataclasses.replace(config, threads=context.threads)
    rows = context.existing(context.config.get("train"), "the train rows of this run")
    context.progress(message="Reading the train rows")
    run = _Run(
        context=context,
        frame=planted(context.config, read_frame(rows, schema), schema),
        schema=schema,
        config=config,
        budget=budget,
    )
    run.training = _begun(run)
    run.probe = _probe(run)
    details = {"versions": library_versions(), "device": run.training.device_name, "epochs_done": run.training.epoch}
    context.progress(message="Training", details=details)
    while True:
        try:
            return _train(run)
        except TrainingDiverged as error:
            _go_back(run, error)


def _begun(run: _Run) -> Training:
    """The run as its newest usable checkpoint knows it, or at its start; records beyond that are dropped."""
    context = run.context
    _drop_halves(context)
    drop_abandoned(context.folder)
    rejected: CheckpointRejected | None = None
    for folder in candidates(context.folder):
        context.progress(message=f"Going on from epoch {int(folder.name.split('-')[1])}")
        try:
            training = resume(folder, run.frame, run.schema)
        except CheckpointRejected as error:
            rejected = error
            shutil.rmtree(folder.with_name(f"rejected-{folder.name}"), ignore_errors=True)
            folder.rename(folder.with_name(f"rejected-{folder.name}"))
            continue
        return _at_step(run, training)
    if rejected is not None and (context.folder / METRICS).exists():
        # Every checkpoint is damaged. To begin again unasked would throw the curves away.
        raise DoppelError(f"No checkpoint of this run can be used. {rejected.message}", "Start a new run.")
    context.progress(message="Encoding the train rows")
    return _at_step(run, _fresh(run))


def _fresh(run: _Run) -> Training:
    """The run at its start."""
    config = run.context.config
    with run.context.reading_settings():
        constraints = [Constraint.from_json(one) for one in config.get("constraints") or ()]
    training = prepare(run.frame, run.schema, run.config, target=config.get("target"), constraints=constraints)
    warm = config.get("warm_start")
    if warm:
        folder = run.context.existing(warm.get("checkpoint"), "the checkpoint that this run starts from")
        notes = [*(warm.get("notes") or ()), *carry_over(training, folder)]
        run.context.progress(details={"warm_start": {"notes": notes}})
    return training


def _at_step(run: _Run, training: Training) -> Training:
    """Bring records and learning rate in line with where a training stands; drops half a line that a kill has left."""
    context = run.context
    kept = [one for one in whole_lines(context.folder / METRICS) if one.get("step", 0) <= training.step]
    context.keep_records(kept)
    run.records = [EpochRecord.from_json(one) for one in kept]
    rate = rate_at(run.config.learning_rate, keep_rollbacks(context.folder, training.step), training.step)
    training.config = dataclasses.replace(training.config, learning_rate=rate)
    return training


def _drop_halves(context: JobContext) -> None:
    """Delete checkpoints that a kill or an error cut off while they were written."""
    for half in context.folder.glob(".*.tmp"):
        shutil.rmtree(half, ignore_errors=True)


def _probe(run: _Run) -> Probe:
    """The probe, with the selection half of the control rows where there is one."""
    named = run.context.config.get("control")
    control = run.context.path(named) if named else None
    rows = read_frame(control, run.schema) if control is not None and control.exists() else None
    return make_probe(run.training, run.frame, rows, group=run.context.config.get("group"))


def _train(run: _Run) -> JobState:
    context, training, pace = run.context, run.training, _Pace()
    while True:
        for record in train(training, until_epoch=_target(context, training)):
            if record.epoch_done and run.probe.is_due(record.epoch):
                record = dataclasses.replace(record, probe=run.probe.measure(training))
            context.record(record.to_json())
            run.records.append(record)
            if record.epoch_done:
                _refuse_trouble(run)
            wanted = context.wanted()
            if wanted is not None:
                _save(run)
                return wanted
            if record.epoch_done:
                _save_if_due(run, record.epoch)
            _tell(run, record, pace)
        _save(run)
        # Held against an extension that would come between this look and the last word.
        with held(context.folder / STEER_LOCK, timeout=10):
            if training.epoch >= _target(context, training):
                context.end(JobState.DONE, message="Done.")
                return JobState.DONE


def _target(context: JobContext, training: Training) -> int:
    return training.config.epochs + context.more_epochs()


def _refuse_trouble(run: _Run) -> None:
    """Raise where the curves show what the settings want to be recovered from."""
    if run.config.recovery == "off":
        return
    found = trouble(run.records, collapse=run.config.recovery == "divergence or collapse")
    if found is not None:
        raise TrainingTrouble(found.words, found.advice, epoch=run.training.epoch, since=found.since, reason=found.rule)


def _go_back(run: _Run, error: TrainingDiverged) -> None:
    """Go back to the last good checkpoint and on with half the learning rate; else say what went wrong.

    Good is a checkpoint from before the trouble was seen, with finite weights; where there is none, the start.
    """
    context, past = run.context, read_rollbacks(run.context.folder)
    context.progress(details={"diverged_epoch": error.epoch})
    if run.config.recovery == "off":
        raise error
    if len(past) >= MOST_ROLLBACKS:
        rate = past[-1].learning_rate
        message = f"{error.message} Going back {MOST_ROLLBACKS} times, in the end with a learning rate of {rate:.3g},"
        raise TrainingDiverged(f"{message} did not mend it.", error.hint, epoch=error.epoch) from error
    since = getattr(error, "since", error.epoch)
    reason = getattr(error, "reason", "diverged")
    for folder in candidates(context.folder):
        epoch = int(folder.name.split("-")[1])
        if epoch >= since or (folder.name.startswith("partial") and epoch >= since - 1):
            continue
        try:
            training = resume(folder, run.frame, run.schema)
        except CheckpointRejected:
            continue
        if is_finite(training):
            break
    else:
        training = _fresh(run)
    rate = rate_at(run.config.learning_rate, past, training.step) / 2
    note_rollback(
        context.folder, run.records, epoch=error.epoch, to_epoch=training.epoch, to_step=training.step,
        learning_rate=rate, reason=reason, words=error.message,
    )  # fmt: skip
    run.training = _at_step(run, training)
    words = f"Went back to epoch {training.epoch}; going on with a learning rate of {rate:.3g}"
    context.progress(message=words, details={"epochs_done": training.epoch, "diverged_epoch": None})


def _save_if_due(run: _Run, epoch: int) -> None:
    """Keep an epoch that the settings want kept; between those of a log spacing, keep the latest place alone."""
    config = run.training.config
    chosen = run.context.config.get("checkpoint_epochs") or ()
    if epoch in chosen or rank(epoch, config.checkpoint_every, config.checkpoint_spacing) is not None:
        _save(run)
    elif config.checkpoint_spacing == "log" and epoch % config.checkpoint_every == 0:
        _keep(run, partial_folder(run.context.folder, epoch, run.training.step))


def _save(run: _Run) -> None:
    """Keep the run as it is now, unless that has been kept; then give up what exceeds the disk budget."""
    training, folder = run.training, run.context.folder
    whole = training.step % training.steps_per_epoch == 0
    _keep(
        run,
        checkpoint_folder(folder, training.epoch) if whole else partial_folder(folder, training.epoch, training.step),
    )


def _keep(run: _Run, folder: Path) -> None:
    context, config = run.context, run.training.config
    if not run.training.step or folder.exists():
        return
    context.sync_records()
    try:
        save_checkpoint(run.training, folder)
    except BaseException:
        _drop_halves(context)  # on a full disk, half a checkpoint would take the room that is needed to say so
        raise
    drop_partial(context.folder, keep=folder)
    chosen = context.config.get("checkpoint_epochs") or ()
    keep_budget(context.folder, config.checkpoint_every, run.budget, config.checkpoint_spacing, chosen)


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


def _tell(run: _Run, record: EpochRecord, pace: _Pace) -> None:
    context, training = run.context, run.training
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
            "memory_bytes": resident_bytes(),
            "device_bytes": device_bytes(training),
        },
    )
