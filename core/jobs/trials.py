"""Trials of a sweep: what was tried, what came of it, and what optuna asks for next. Our records are the storage."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna

from core.evaluation.caps import RULABLE, decide
from core.fields import known_fields
from core.jobs.protocol import JobView
from core.tape import Rule, TapePoint, checkpoints_of

TRIAL = "trial"
RUNNING, COMPLETE, OUTSIDE, FAILED = "running", "complete", "outside the cap", "failed"
SAMPLERS = ("grid", "random", "tpe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One setting that a sweep tried.

    Parameters
    ----------
    number : int
        From 0.
    params : mapping of setting to value
    state : str
        `running`, `complete`, `outside the cap` (no checkpoint keeps the rules) or `failed`.
    run_id, tape_id : str
    epoch : int or None
        The best epoch that keeps the rules.
    value : float or None
        The objective there.
    seconds : float
        Wall time so far.
    why : str
        Why it failed.
    is_interrupted : bool
        Whether the sweep was stopped or paused in the middle of it: then its run goes on when the sweep does.
    """

    number: int
    params: Mapping[str, Any]
    state: str = RUNNING
    run_id: str = ""
    tape_id: str = ""
    epoch: int | None = None
    value: float | None = None
    seconds: float = 0.0
    why: str = ""
    is_interrupted: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Trial:
        """Rebuild a trial from `to_json`; unknown fields are ignored."""
        return known_fields(cls, value)


def trials_of(view: JobView) -> list[Trial]:
    """Trials of a sweep as last recorded, by number."""
    found = [Trial.from_json(one["value"]) for one in view.records() if one.get("type") == TRIAL]
    return [trial for _, trial in sorted({trial.number: trial for trial in found}.items())]


@dataclass(kw_only=True)
class Search:
    """What to try next, by optuna's ask and tell; rebuilt from recorded trials after a kill.

    Parameters
    ----------
    space : mapping of setting to `{"values": [...]}` or `{"low", "high", "log"}`
    sampler : str
        `grid` tries every combination of values, `random` draws, `tpe` learns from what came of earlier trials.
    seed : int
    higher : bool
        Whether more of the objective is better.
    """

    space: Mapping[str, Mapping[str, Any]]
    sampler: str
    seed: int
    higher: bool
    asked: dict[int, optuna.trial.Trial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study: optuna.Study | None = None

    @property
    def n_combinations(self) -> int | None:
        """Combinations of a grid; None for other samplers."""
        if self.sampler != "grid":
            return None
        found = 1
        for one in self.space.values():
            found *= len(one["values"])
        return found

    def ask(self, done: Sequence[Trial]) -> dict[str, Any]:
        """Settings of the next trial, given all trials so far."""
        if self.sampler == "grid":
            names = list(self.space)
            combinations = itertools.product(*(self.space[name]["values"] for name in names))
            values = next(itertools.islice(combinations, len(done), None))
            return dict(zip(names, values, strict=True))
        self.study = self._study(done)
        trial = self.study.ask(self._distributions())
        return {name: self._plain(name, value) for name, value in trial.params.items()}

    def _study(self, done: Sequence[Trial]) -> optuna.Study:
        """The study as the recorded trials left it; another seed for each trial, so that a resumption repeats none."""
        seed = self.seed + 1_000 * len(done)
        sampler = (
            optuna.samplers.RandomSampler(seed=seed)
            if self.sampler == "random"
            else optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)
        )
        study = optuna.create_study(direction="maximize" if self.higher else "minimize", sampler=sampler)
        distributions = self._distributions()
        for trial in done:
            if trial.state == COMPLETE and trial.value is not None:
                params = {name: self._coded(name, value) for name, value in trial.params.items()}
                study.add_trial(
                    optuna.trial.create_trial(params=params, distributions=distributions, value=trial.value)
                )
        return study

    def _distributions(self) -> dict[str, optuna.distributions.BaseDistribution]:
        found: dict[str, optuna.distributions.BaseDistribution] = {}
        for name, one in self.space.items():
            if "values" in one:
                # lists (layer sizes) are no choices for optuna, places in the list of values are
                found[name] = optuna.distributions.CategoricalDistribution(list(range(len(one["values"]))))
            elif one.get("whole"):
                found[name] = optuna.distributions.IntDistribution(int(one["low"]), int(one["high"]), log=one["log"])
            else:
                found[name] = optuna.distributions.FloatDistribution(one["low"], one["high"], log=one["log"])
        return found

    def _plain(self, name: str, value: Any) -> Any:
        one = self.space[name]
        return one["values"][value] if "values" in one else value

    def _coded(self, name: str, value: Any) -> Any:
        one = self.space[name]
        return one["values"].index(value) if "values" in one else value


def outcome(
    trial: Trial, points: Sequence[TapePoint], objective: str, rules: Sequence[Rule], n_candidates: int
) -> Trial:
    """The trial with its best epoch that keeps every rule.

    Parameters
    ----------
    n_candidates : int
        Checkpoints of all trials together, since the best one is looked for among all of them.
    """
    judged = [point for point in checkpoints_of(points) if point.find(objective) is not None]
    if not judged:
        reasons = [reason for point in checkpoints_of(points) if (reason := point.reason(objective))]
        why = trial.why or next(iter(reasons), "No checkpoint was judged before the time was up.")
        return dataclasses.replace(trial, state=FAILED, why=why)
    if rules:
        decision = decide(judged, rules, n_candidates=n_candidates)
        outside = {check.epoch for check in decision.checks if check.outcome != "inside"}
        judged = [point for point in judged if point.epoch not in outside]
    if not judged:
        return dataclasses.replace(trial, state=OUTSIDE)
    sign = -1.0 if RULABLE[objective].at_most else 1.0
    best = max(judged, key=lambda point: sign * point.find(objective).value)
    return dataclasses.replace(trial, state=COMPLETE, epoch=best.epoch, value=best.find(objective).value)


def best_of(trials: Sequence[Trial], objective: str) -> Trial | None:
    """The trial with the best value of the objective; None where none is complete."""
    complete = [trial for trial in trials if trial.state == COMPLETE and trial.value is not None]
    sign = -1.0 if RULABLE[objective].at_most else 1.0
    return max(complete, key=lambda trial: sign * trial.value, default=None)
