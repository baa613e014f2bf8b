"""A sweep: asks for settings, starts a run with its tape for each through the queue, and keeps what came of it."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from core.errors import InvalidConfig, UnknownId
from core.evaluation.caps import RULABLE
from core.jobs.context import Interrupted, JobContext
from core.jobs.files import whole_lines
from core.jobs.ids import new_id
from core.jobs.launch import control, resume_job, start_job
from core.jobs.protocol import METRICS, JobState, JobView
from core.jobs.tapes import points_of, standing
from core.jobs.trials import FAILED, RUNNING, TRIAL, Search, Trial, outcome, trials_of
from core.synthesis.config import TrainingConfig
from core.tape import Rule

LOOK_SECONDS = 0.5
ROW_SHARE = "row_share"
"""The one name of a sweep that is no setting of a training: the share of train rows that are used."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a sweep was asked for; `train` and `tape` are settings of the jobs of a trial."""

    search: Search
    objective: str
    rules: tuple[Rule, ...]
    n_trials: int
    budget_seconds: float
    n_checkpoints: int
    train: dict[str, Any]
    tape: dict[str, Any]


def run(context: JobContext) -> JobState:
    """Try settings until there are enough or the budget of minutes is spent; resumed, it goes on where it was."""
    config = context.config
    with context.reading_settings():
        objective = str(config["objective"])
        terms = Terms(
            search=Search(
                space=config["space"], sampler=config["sampler"], seed=int(config.get("seed") or 0),
                higher=not RULABLE[objective].at_most,
            ),
            objective=objective,
            rules=tuple(Rule.from_json(one) for one in config.get("rules") or ()),
            n_trials=int(config["n_trials"]),
            budget_seconds=60.0 * float(config["budget_minutes"]),
            n_checkpoints=len(config["tape"]["epochs"]),
            train=config["train"],
            tape=config["tape"],
        )  # fmt: skip
    context.keep_records(whole_lines(context.folder / METRICS))
    n_trials = min(terms.n_trials, terms.search.n_combinations or terms.n_trials)
    while True:
        trials = trials_of(JobView(context.folder))
        spent = sum(trial.seconds for trial in trials)
        open_ones = [trial for trial in trials if trial.state == RUNNING]
        if not open_ones and (len(trials) >= n_trials or spent >= terms.budget_seconds):
            return JobState.DONE
        trial = open_ones[0] if open_ones else _begin(context, terms, trials)
        context.step(len(trials) / n_trials, f"Trial {trial.number + 1} of at most {n_trials}")
        _finish(context, terms, trial, terms.budget_seconds - spent, n_trials)


def _begin(context: JobContext, terms: Terms, trials: list[Trial]) -> Trial:
    """Ask for settings and note them before anything is started, so that a kill in between loses no run."""
    params = terms.search.ask(trials)
    trial = Trial(number=len(trials), params=params, run_id=new_id("run"), tape_id=new_id("tape"))
    context.record({"type": TRIAL, "value": trial.to_json()})
    return trial


def _finish(context: JobContext, terms: Terms, trial: Trial, left: float, n_trials: int) -> None:
    """See a trial through: started if it was not, resumed if it was cut off, stopped when the budget is spent."""
    try:
        _start_jobs(context, terms, trial)
    except InvalidConfig as error:  # settings that are fine alone and contradict each other
        failed = dataclasses.replace(trial, state=FAILED, why=str(error))
        context.record({"type": TRIAL, "value": failed.to_json()})
        return
    clock = _Clock()
    views = [JobView(context.session / "jobs" / one) for one in (trial.run_id, trial.tape_id)]
    try:
        _wait(context, views, left, clock)
    except Interrupted as interruption:
        request = "stop" if interruption.state is JobState.STOPPED else "pause"
        _ask(context, trial, request)
        cut = dataclasses.replace(trial, seconds=_sum(trial, clock), is_interrupted=True)
        context.record({"type": TRIAL, "value": cut.to_json()})
        raise
    failed = next((view.status.error for view in views if view.state is JobState.FAILED), "")
    trial = dataclasses.replace(trial, seconds=_sum(trial, clock), why=failed, is_interrupted=False)
    points = standing(points_of(views[1]), views[0].folder)
    ended = outcome(trial, points, terms.objective, terms.rules, n_trials * terms.n_checkpoints)
    context.record({"type": TRIAL, "value": ended.to_json()})


class _Clock:
    """Seconds in which a trial works; those in which it waits for its turn in the queue do not count."""

    def __init__(self) -> None:
        self.seconds, self.last = 0.0, time.monotonic()

    def tick(self, *, works: bool) -> None:
        """Count the time since the last look."""
        now = time.monotonic()
        self.seconds += (now - self.last) if works else 0.0
        self.last = now


def _sum(trial: Trial, clock: _Clock) -> float:
    return round(trial.seconds + clock.seconds, 2)


def _start_jobs(context: JobContext, terms: Terms, trial: Trial) -> None:
    """The run and the tape of a trial, unless they are there; those that were paused or cut off go on."""
    train, tape = dict(terms.train), dict(terms.tape)
    params = dict(trial.params)
    share = params.pop(ROW_SHARE, None)
    if share is not None and float(share) < 1.0:
        train["train"] = tape["train"] = _part_of_rows(context, train["train"], float(share))
        train["row_share"] = float(share)
    if "pac" in params and "batch_size" not in params:
        pac, size = int(params["pac"]), int(train["config"]["batch_size"])
        params["batch_size"] = max(pac, size // pac * pac)
    train["config"] = TrainingConfig.from_json(train["config"] | params).to_json()
    for kind, config, job_id in (("train", train, trial.run_id), ("tape", tape, trial.tape_id)):
        folder = context.session / "jobs" / job_id
        if not folder.exists():
            more = {"run_id": trial.run_id, "sweep_id": context.folder.name}
            start_job(context.session, kind, config | more, job_id=job_id)
        elif (state := JobView(folder).state) in (JobState.PAUSED, JobState.CRASHED) or (
            state is JobState.STOPPED and trial.is_interrupted
        ):
            resume_job(folder)


def _part_of_rows(context: JobContext, path: str, share: float) -> str:
    """A share of the train rows, the same for every trial with that share; relative to the session."""
    target = context.folder / f"train-{round(share * 10_000):05d}.parquet"
    if not target.exists():
        table = pq.read_table(context.existing(path, "the train rows"))
        rows = np.random.default_rng(7).permutation(table.num_rows)[: max(1, round(share * table.num_rows))]
        aside = target.with_suffix(".part")
        pq.write_table(table.take(np.sort(rows)), aside)
        aside.replace(target)
    return str(target.relative_to(context.session))


def _wait(context: JobContext, views: list[JobView], left: float, clock: _Clock) -> None:
    """Until the run and its tape are over; when the time left is spent, the run is asked to stop."""
    run = views[0]
    while any(view.state.is_active for view in views):
        clock.tick(works=run.state is not JobState.WAITING)
        if clock.seconds > left and run.state.is_active and run.control != "stop":
            control(run.folder, "stop")
        context.step(None, None)
        time.sleep(LOOK_SECONDS)
    clock.tick(works=True)


def _ask(context: JobContext, trial: Trial, request: str) -> None:
    """Hand a request on to the run and the tape of a trial."""
    for job_id in (trial.run_id, trial.tape_id):
        try:
            view = JobView(context.session / "jobs" / job_id)
        except UnknownId:
            continue
        if view.state.is_active:
            control(view.folder, request)
