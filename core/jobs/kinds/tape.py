"""The tape: a run's checkpoints judged as they come, by a niced job beside training, and rules that may end it."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

from core.errors import CheckpointRejected, UnknownId
from core.evaluation.caps import broken, decide, plateau
from core.evaluation.metric import Plan, Tables
from core.jobs.checkpoints import checkpoint_folder, list_checkpoints
from core.jobs.context import JobContext
from core.jobs.files import whole_lines
from core.jobs.ids import check_id
from core.jobs.kinds.evaluate import read_rows, together
from core.jobs.launch import control
from core.jobs.probing import Bench, Judged, bench_of
from core.jobs.protocol import METRICS, JobState, JobView
from core.jobs.tapes import decision_record, decisions_of, point_record, points_of, report_name
from core.jobs.versions import library_versions
from core.schema import Schema
from core.tape import Decision, Rule, TapePoint, checkpoints_of

LOOK_SECONDS = 0.5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a tape was asked for.

    Parameters
    ----------
    run : path of the run's folder
    epochs : frozenset of int, or None for every checkpoint
    rules : tuple of Rule
    n_candidates : int
        Checkpoints among which the rules choose.
    stops : bool
        Whether a privacy rule that is broken for certain ends the training.
    plateau : mapping with metric, patience and gain; empty without early stopping
    """

    run: Path
    epochs: frozenset[int] | None
    rules: tuple[Rule, ...]
    n_candidates: int
    stops: bool
    plateau: dict[str, Any]


def run(context: JobContext) -> JobState:
    """Judge every wanted checkpoint of a run once, until the run is over; what was judged before a kill is kept.

    Done when the run is done. Where the run was paused, stopped or failed, the tape pauses and is resumed with it.
    """
    config = context.config
    with context.reading_settings():
        terms = Terms(
            run=context.session / "jobs" / check_id(config["run_id"], "run"),
            epochs=frozenset(int(one) for one in config["epochs"]) if config.get("epochs") else None,
            rules=tuple(Rule.from_json(one) for one in config.get("rules") or ()),
            n_candidates=int(config.get("n_candidates") or 0),
            stops=bool(config.get("stops")),
            plateau=dict(config.get("plateau") or {}),
        )
    points = _points(context)
    if any(one.why for one in decisions_of(JobView(context.folder))):
        # Whoever resumed a training that a rule had stopped wants it to go on.
        terms = dataclasses.replace(terms, stops=False, plateau={})
    bench = _bench(context)
    rejected: set[int] = set()
    while True:
        state = _state(terms.run)
        waiting = [epoch for epoch in _wanted(terms) if epoch not in rejected | _judged_epochs(points)]
        if waiting:
            _judge(context, bench, terms, waiting, points, rejected)
        elif config.get("anchors", True) and not any(point.anchor for point in points):
            _judge_anchors(context, bench, points)  # between checkpoints, so that no point waits for them
        elif state.is_over:
            return JobState.DONE if state is JobState.DONE else JobState.PAUSED
        else:
            context.step(None, "Waiting for the next checkpoint")
            time.sleep(LOOK_SECONDS)


def _points(context: JobContext) -> list[TapePoint]:
    """Points of an earlier worker; a line that a kill has left half written is cut off."""
    context.keep_records(whole_lines(context.folder / METRICS))
    return points_of(JobView(context.folder))


def _bench(context: JobContext) -> Bench:
    config = context.config
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        plan, seed = Plan(config.get("plan") or "quick"), int(config.get("seed") or 0)
        target, group = config.get("target"), config.get("group")
    context.step(0.0, "Reading the real rows")
    train = read_rows(context.existing(config.get("train"), "the train rows"), schema, "train rows")
    selection, fresh = (
        together([read_rows(context.existing(path, "the control rows"), schema, "control rows")]) if path else None
        for path in (config.get("control"), config.get("fresh"))
    )
    tables = Tables(
        schema=schema,
        train=train,
        synthetic=train.iloc[:0],
        control=selection,
        target=target,
        group=group,
        seed=seed,
        threads=context.threads,
        plan=plan,
    )
    with context.reading_settings():
        return bench_of(context, tables, fresh, library_versions())


def _state(run: Path) -> JobState:
    try:
        return JobView(run).state
    except UnknownId:  # the run was deleted
        return JobState.STOPPED


def _wanted(terms: Terms) -> list[int]:
    return [epoch for epoch in list_checkpoints(terms.run) if terms.epochs is None or epoch in terms.epochs]


def _judged_epochs(points: list[TapePoint]) -> set[int]:
    return {point.epoch for point in points if not point.anchor}


def _judge_anchors(context: JobContext, bench: Bench, points: list[TapePoint]) -> None:
    for judged in bench.anchors(lambda share, message: context.step(None, f"Judging anchors: {message}")):
        _keep(context, judged, points)


def _judge(
    context: JobContext, bench: Bench, terms: Terms, waiting: list[int], points: list[TapePoint], rejected: set[int]
) -> None:
    """Judge the oldest checkpoint that waits, then let the rules speak."""
    epoch = waiting[0]
    done = len(_judged_epochs(points))

    def tell(share: float, message: str) -> None:
        total = max(terms.n_candidates, done + len(waiting))
        context.step((done + share) / total, f"Judging epoch {epoch}: {message}")

    folder = checkpoint_folder(terms.run, epoch)
    try:
        judged = bench.checkpoint(folder, whole_lines(terms.run / METRICS), tell)
    except (CheckpointRejected, FileNotFoundError):
        rejected.add(epoch)  # damaged, or given up for disk space while it waited
        return
    _keep(context, judged, points)
    _decide(context, terms, points)


def _keep(context: JobContext, judged: Judged, points: list[TapePoint]) -> None:
    """The report first, then the point that says it is there."""
    context.write_json(report_name(judged.point), judged.report.to_json())
    context.record(point_record(judged.point))
    points.append(judged.point)
    context.progress(details={"points": len(_judged_epochs(points))})


def _decide(context: JobContext, terms: Terms, points: list[TapePoint]) -> None:
    """Record what the rules make of the tape so far, and stop the training where they say so."""
    if not terms.rules and not terms.plateau:
        return
    decision = decide(points, terms.rules, n_candidates=terms.n_candidates)
    over, flat = broken(decision), _flat(terms, points)
    last = checkpoints_of(points)[-1].epoch
    if terms.stops and over is not None:
        decision = _stopped(decision, over.epoch, "cap", f"Training was stopped: at epoch {over.epoch} the whole "
                            f"interval of {over.rule.metric} broke the rule {over.rule}.")  # fmt: skip
    elif flat is not None:
        words = f"{terms.plateau['metric']} had not gained {terms.plateau['gain']:g} in {terms.plateau['patience']}"
        decision = _stopped(decision, last, "plateau", f"Training was stopped at epoch {flat}: {words} checkpoints.")
    context.record(decision_record(decision))
    if decision.why and _state(terms.run).is_active:
        control(terms.run, "stop")


def _stopped(decision: Decision, epoch: int, why: str, sentence: str) -> Decision:
    return dataclasses.replace(decision, stopped_at=epoch, why=why, sentence=f"{sentence} {decision.sentence}")


def _flat(terms: Terms, points: list[TapePoint]) -> int | None:
    if not terms.plateau:
        return None
    return plateau(
        points, terms.plateau["metric"], patience=int(terms.plateau["patience"]), gain=float(terms.plateau["gain"])
    )
