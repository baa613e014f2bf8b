"""Sweeps: settings that are tried one after the other, each with a tape, and the best that keeps the cap."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidConfig, UnknownId, listed
from core.evaluation.caps import RULABLE, parse_rules
from core.jobs.ids import check_id, new_id
from core.jobs.launch import control, resume_job
from core.jobs.protocol import JobView, list_jobs
from core.synthesis.config import TrainingConfig
from core.workbench.data import dataset, start_for
from core.workbench.frontier import TapeView, tape, tape_job
from core.workbench.sessions import Session, job_folder
from core.workbench.tape_settings import TapeSettings, chosen_epochs
from core.workbench.training import training_job

SAMPLERS = ("grid", "random", "tpe")
ROW_SHARE = "row_share"
MAX_TRIALS = 500
OBJECTIVES = ("utility_kept", "tstr_auc", "tstr_r2", "column_shapes", "pair_trends", "detection_auc")
OF_TARGET = ("utility_kept", "tstr_auc", "tstr_r2")
FIXED = ("epochs", "device", "threads", "checkpoint_every", "locale")
"""Settings that a sweep does not vary: the tape gives epochs for free, the others are about running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """What a sweep is asked for.

    Parameters
    ----------
    space : sequence of str
        Lines such as `pac = 1, 10` or `learning_rate = 1e-4 .. 1e-3 log`.
    sampler : str
    n_trials : int
    budget_minutes : float
    objective : str
        Utility to be best at among the checkpoints that keep every rule of the tape.
    tape : TapeSettings
    """

    space: Sequence[str]
    sampler: str = "grid"
    n_trials: int = 12
    budget_minutes: float = 60.0
    objective: str = "utility_kept"
    tape: TapeSettings = dataclasses.field(default_factory=TapeSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """One trial as a table shows it."""

    number: int
    params: Mapping[str, Any]
    state: str
    run_id: str
    epoch: int | None
    value: float | None
    seconds: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepView:
    """A sweep as it stands.

    Parameters
    ----------
    n_candidates : int
        Checkpoints of all trials together, among which the best one is looked for.
    best : TrialView or None
        The best trial that keeps the cap.
    """

    id: str
    job: JobView
    space: Mapping[str, Mapping[str, Any]]
    objective: str
    rules: tuple[str, ...]
    n_trials: int
    budget_minutes: float
    trials: tuple[TrialView, ...]
    n_candidates: int
    best: TrialView | None


def parse_space(lines: Iterable[str], base: TrainingConfig, *, sampler: str = "grid") -> dict[str, dict[str, Any]]:
    """A space to search, from lines as the analyst writes them.

    >>> parse_space(["pac = 1, 10"], TrainingConfig())
    {'pac': {'values': [1, 10]}}

    Raises
    ------
    InvalidConfig
        With every problem at once.
    """
    space, problems = {}, []
    for line in lines:
        if not line.strip():
            continue
        try:
            name, one = _parse_line(line, base, sampler)
            if name in space:
                raise _refused(f"{name} is named twice.")
            space[name] = one
        except InvalidConfig as error:
            problems.append(str(error))
    if not space and not problems:
        problems.append("A sweep needs at least one setting to vary. Write a line such as pac = 1, 10.")
    if problems:
        raise _refused(" ".join(problems))
    return space


def _refused(message: str, hint: str = "") -> InvalidConfig:
    return InvalidConfig(message, hint, field="space")


def _parse_line(line: str, base: TrainingConfig, sampler: str) -> tuple[str, dict[str, Any]]:
    shown = " ".join(line.split())[:80]
    name, equals, text = line.partition("=")
    name = name.strip()
    kinds = {field.name: type(field.default) for field in dataclasses.fields(TrainingConfig)} | {ROW_SHARE: float}
    if not equals or not text.strip():
        raise _refused(f"The line {shown!r} names no values.", "Write it like pac = 1, 10.")
    if name not in kinds or name in FIXED:
        known = [one for one in kinds if one not in FIXED]
        raise _refused(f"The line {shown!r} names no setting that a sweep varies.", f"It can be: {listed(known, 30)}.")
    if ".." in text:
        return name, _parse_range(text, name, kinds[name], shown, sampler)
    # layer sizes have commas of their own, so their values stand apart by semicolons
    apart = ";" if kinds[name] is tuple or ";" in text else ","
    values = [_value(part.strip(), name, base) for part in text.split(apart) if part.strip()]
    unique = [value for at, value in enumerate(values) if value not in values[:at]]
    return name, {"values": unique}


def _value(text: str, name: str, base: TrainingConfig) -> Any:
    """One value, checked by the training's own rules."""
    if name == ROW_SHARE:
        try:
            share = float(text)
        except ValueError:
            share = math.nan
        if not 0 < share <= 1:
            raise _refused(f"row_share is {text!r}, but must lie above 0 and at most at 1.")
        return share
    changed = {name: text}
    if name == "pac":  # a batch that fits it is found when the trial starts
        changed["batch_size"] = str(_fitting(base.batch_size, text))
    value = base.with_settings(changed).to_json()[name]
    return value


def _fitting(batch_size: int, pac: str) -> int:
    size = int(pac) if pac.isdecimal() and int(pac) > 0 else 1
    return max(size, batch_size // size * size)


def _parse_range(text: str, name: str, kind: type, shown: str, sampler: str) -> dict[str, Any]:
    if sampler == "grid":
        raise _refused(f"The line {shown!r} is a range, which a grid cannot try.", "List values, or search at random.")
    if kind not in (int, float):
        raise _refused(f"The line {shown!r} is a range, but {name} is no number.", "List its values.")
    low_text, _, rest = text.partition("..")
    words = rest.split()
    try:
        low, high = kind(low_text.strip()), kind(words[0])
    except (ValueError, IndexError):
        raise _refused(f"The range in {shown!r} cannot be read.", "Write it like 1e-4 .. 1e-3 log.") from None
    log = "log" in words[1:]
    if not low < high or (log and low <= 0):
        raise _refused(f"The range in {shown!r} must rise, and from above 0 where it is log.")
    if name == ROW_SHARE:
        _value(str(low), name, TrainingConfig())
        _value(str(high), name, TrainingConfig())
    else:
        for end in (low, high):
            TrainingConfig().with_settings({name: str(end)})
    return {"low": low, "high": high, "log": log, "whole": kind is int}


def start_sweep(session: Session, dataset_id: str, base: TrainingConfig, settings: SweepSettings) -> str:
    """Start a sweep; returns its id.

    Raises
    ------
    InvalidConfig
        If a line of the space, a rule or a number is wrong; nothing is started then.
    """
    if settings.sampler not in SAMPLERS:
        raise InvalidConfig(f"There is no sampler {settings.sampler!r}.", f"Choose of {listed(SAMPLERS)}.")
    if settings.objective not in OBJECTIVES:
        raise InvalidConfig(
            f"{settings.objective!r} is no objective.", f"Choose of {listed(OBJECTIVES)}.", field="objective"
        )
    if not 1 <= settings.n_trials <= MAX_TRIALS or not settings.budget_minutes > 0:
        raise InvalidConfig(f"A sweep takes 1 to {MAX_TRIALS} trials and a budget above 0 minutes.", field="n_trials")
    _check_measurable(session, dataset_id, settings.objective)
    space = parse_space(settings.space, base, sampler=settings.sampler)
    rules = parse_rules(settings.tape.rules)
    epochs = chosen_epochs(base.epochs, settings.tape.n_checkpoints, settings.tape.spacing)
    every = min(100_000, max(base.checkpoint_every, base.epochs))
    base = dataclasses.replace(base, checkpoint_every=every)
    sweep_id = new_id("sweep")
    config = {
        "dataset_id": dataset_id,
        "space": space,
        "sampler": settings.sampler,
        "seed": base.seed,
        "n_trials": settings.n_trials,
        "budget_minutes": settings.budget_minutes,
        "objective": settings.objective,
        "rules": [rule.to_json() for rule in rules],
        "train": training_job(session, dataset_id, base, checkpoint_epochs=epochs),
        "tape": tape_job(session, dataset_id, settings.tape, epochs=epochs, rules=rules, device=base.device),
    }
    started = start_for(session, "sweep", config, job_id=sweep_id)
    about = {"space": space, "sampler": settings.sampler, "n_trials": settings.n_trials}
    session.store.audit("start sweep", ids=(sweep_id, dataset_id), settings=about)
    return started


def _check_measurable(session: Session, dataset_id: str, objective: str) -> None:
    """Refuse an objective that no checkpoint of this dataset can have, before hours are spent on it.

    Raises
    ------
    InvalidConfig
    """
    real, need = dataset(session, dataset_id), ""
    if objective in OF_TARGET and real.target is None:
        need = "predicts a target, and this dataset has none"
    elif objective in OF_TARGET and not real.n_control:
        need = "is tested on control rows, and this dataset has none"
    elif objective in ("tstr_auc", "tstr_r2") and (objective == "tstr_r2") != (not real.schema[real.target].is_levels):
        need = f"does not fit the target {real.target!r}"
    if need:
        raise InvalidConfig(
            f"The sweep cannot be best at {objective}: it {need}.", "Choose another objective, such as pair_trends.",
            field="objective",
        )  # fmt: skip


def sweep(session: Session, sweep_id: str) -> SweepView:
    """A sweep as it stands; trials appear as they are asked for."""
    folder = job_folder(session, check_id(sweep_id, "sweep"))
    if not folder.is_dir():
        raise UnknownId("There is no such sweep in this session.", "Choose one of the list.")
    view = JobView(folder)
    config = view.config
    last: dict[int, Mapping[str, Any]] = {}
    for record in view.records():
        if record.get("type") == "trial":
            last[record["value"]["number"]] = record["value"]
    known = {field.name for field in dataclasses.fields(TrialView)}
    trials = tuple(
        TrialView(**{name: item for name, item in value.items() if name in known}) for _, value in sorted(last.items())
    )
    sign = -1.0 if RULABLE[config["objective"]].at_most else 1.0
    complete = [trial for trial in trials if trial.state == "complete" and trial.value is not None]
    n_trials = int(config["n_trials"])
    if config["sampler"] == "grid":
        n_trials = min(n_trials, math.prod(len(one["values"]) for one in config["space"].values()))
    return SweepView(
        id=sweep_id,
        job=view,
        space=config["space"],
        objective=config["objective"],
        rules=tuple(f"{one['metric']} {'<=' if one['at_most'] else '>='} {one['limit']:g}" for one in config["rules"]),
        n_trials=n_trials,
        budget_minutes=float(config["budget_minutes"]),
        trials=trials,
        n_candidates=n_trials * len(config["tape"]["epochs"]),
        best=max(complete, key=lambda trial: sign * trial.value, default=None),
    )


def sweeps(session: Session, dataset_id: str) -> list[SweepView]:
    """Sweeps of a dataset, newest first."""
    found = [
        view.id
        for view in list_jobs(session.folder)
        if view.kind == "sweep" and view.config.get("dataset_id") == dataset_id
    ]
    return [sweep(session, sweep_id) for sweep_id in reversed(found)]


def tapes(session: Session, view: SweepView) -> list[TapeView]:
    """Tapes of all trials of a sweep that were started."""
    found = []
    for trial in view.trials:
        try:
            found.append(tape(session, trial.run_id))
        except UnknownId:
            continue
    return found


def stop_sweep(session: Session, sweep_id: str) -> None:
    """Stop a sweep and the run that it waits for; what was tried is kept, and it can be resumed."""
    control(sweep(session, sweep_id).job.folder, "stop")
    session.store.audit("stop sweep", ids=(sweep_id,))


def resume_sweep(session: Session, sweep_id: str) -> None:
    """Go on with a sweep that was stopped or cut off."""
    resume_job(sweep(session, sweep_id).job.folder)
    session.store.audit("resume sweep", ids=(sweep_id,))
