"""The tape: a run's checkpoints judged as they come, by a niced job beside training, and rules that may end it."""

from __future__ import annotations

import dataclasses
import shutil
import time
from pathlib import Path
from typing import Any

from core.errors import CheckpointRejected, UnknownId
from core.evaluation.caps import broken, decide
from core.evaluation.metric import Plan, Tables
from core.evaluation.plateau import plateau
from core.jobs.checkpoints import checkpoint_folder, drop_partial, list_checkpoints
from core.jobs.context import JobContext
from core.jobs.files import whole_lines
from core.jobs.ids import check_id
from core.jobs.kinds.evaluate import read_rows, together
from core.jobs.launch import control
from core.jobs.probing import Bench, Judged, bench_of
from core.jobs.protocol import METRICS, JobState, JobView
from core.jobs.tapes import (
    BACK,
    DECISION,
    decision_record,
    decisions_of,
    n_rollbacks,
    point_record,
    points_of,
    report_name,
    standing,
)
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
    rolls_back : bool
        Whether a training that was ended by a rule goes back to the last checkpoint that keeps all of them.
    plateau : mapping with metric, patience and gain; empty without early stopping
    earlier : tuple of paths
        Folders of the run's earlier tapes, whose points take part in decisions.
    """

    run: Path
    epochs: frozenset[int] | None
    rules: tuple[Rule, ...]
    n_candidates: int
    stops: bool
    plateau: dict[str, Any]
    rolls_back: bool = False
    earlier: tuple[Path, ...] = ()


def run(context: JobContext) -> JobState:
    """Judge every wanted checkpoint of a run once, until the run is over; what was judged before a kill is kept.

    Done when the run is done, or every checkpoint asked for is judged. Where the run was paused, stopped or failed, the
    tape pauses and is resumed with it.
    """
    config = context.config
    jobs = context.session / "jobs"
    with context.reading_settings():
        terms = Terms(
            run=jobs / check_id(config["run_id"], "run"),
            epochs=frozenset(int(one) for one in config["epochs"]) if config.get("epochs") else None,
            rules=tuple(Rule.from_json(one) for one in config.get("rules") or ()),
            n_candidates=int(config.get("n_candidates") or 0),
            stops=bool(config.get("stops")),
            plateau=dict(config.get("plateau") or {}),
            rolls_back=bool(config.get("rolls_back")),
            earlier=tuple(jobs / check_id(one, "tape") for one in config.get("earlier") or ()),
        )
    points = _points(context)
    bench = _bench(context)
    rejected: set[int] = set()
    while True:
        state = _state(terms.run)
        points[:] = standing(points, terms.run)
        if state is JobState.STOPPED:
            _roll_back(context, terms)
        judged = _judged_epochs(points)
        waiting = [epoch for epoch in _wanted(terms) if epoch not in rejected | judged]
        if waiting:
            _judge(context, bench, terms, waiting, points, rejected)
        elif config.get("anchors", True) and not any(point.anchor for point in points):
            _judge_anchors(context, bench, points)  # between checkpoints, so that no point waits for them
        elif terms.epochs is not None and terms.epochs <= judged and state is not JobState.STOPPING:
            return JobState.DONE  # one checkpoint by a larger plan: nobody has to wait for the end of the training
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
    point = dataclasses.replace(judged.point, n_rollbacks=n_rollbacks(terms.run, epoch))
    _keep(context, dataclasses.replace(judged, point=point), points)
    _decide(context, terms, points)


def _keep(context: JobContext, judged: Judged, points: list[TapePoint]) -> None:
    """The report first, then the point that says it is there."""
    context.write_json(report_name(judged.point), judged.report.to_json())
    context.record(point_record(judged.point))
    points.append(judged.point)
    context.progress(details={"points": len(_judged_epochs(points))})


def _decide(context: JobContext, terms: Terms, points: list[TapePoint]) -> None:
    """Record what the rules make of the tape so far, and stop the training where they say so.

    A training is stopped once: whoever resumes it wants it to go on.
    """
    if not terms.rules and not terms.plateau:
        return
    points = [*_earlier(terms), *points]
    decision = decide(points, terms.rules, n_candidates=terms.n_candidates)
    before = next((one for one in _decisions(context, terms) if one.why), None)
    reason = _reason(terms, decision, points)
    state = _state(terms.run)
    is_training = state.is_active and state is not JobState.STOPPING
    if reason is not None and before is None and is_training:
        control(terms.run, "stop")
        decision = _stopped(terms, decision, reason)
    elif reason is not None and before is not None and not is_training:
        decision = _stopped(terms, decision, reason)  # checkpoints that waited while the training was being stopped
    elif reason is not None and before is None:
        sentence = f"Training was over before a rule could stop it: {reason.words} {decision.sentence}"
        decision = dataclasses.replace(decision, sentence=sentence)
    context.record(decision_record(decision))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a training is to be stopped: `why` and the epoch for the record, `words` for the analyst."""

    why: str
    epoch: int
    words: str


def _reason(terms: Terms, decision: Decision, points: list[TapePoint]) -> Reason | None:
    """The first privacy rule broken for certain, else a plateau; None while there is neither."""
    over = broken(decision) if terms.stops else None
    if over is not None:
        words = f"at epoch {over.epoch} the whole interval of {over.rule.metric} broke the rule {over.rule}."
        return Reason(why="cap", epoch=over.epoch, words=words)
    flat = _flat(terms, points)
    if flat is None:
        return None
    words = f"at epoch {flat} {terms.plateau['metric']} had not gained {terms.plateau['gain']:g}"
    words += f" in {terms.plateau['patience']} checkpoints."
    return Reason(why="plateau", epoch=flat, words=words)


def _earlier(terms: Terms) -> list[TapePoint]:
    """Checkpoints that earlier tapes of the run have judged; one that was deleted has none."""
    found = [point for folder in terms.earlier if folder.is_dir() for point in points_of(JobView(folder))]
    return checkpoints_of(standing(found, terms.run))


def _decisions(context: JobContext, terms: Terms) -> list[Decision]:
    folders = [folder for folder in terms.earlier if folder.is_dir()]
    return [one for folder in (*folders, context.folder) for one in decisions_of(JobView(folder))]


def _stopped(terms: Terms, decision: Decision, reason: Reason) -> Decision:
    sentence, to_epoch = f"Training was stopped: {reason.words} {decision.sentence}", None
    if terms.rolls_back and reason.why == "cap":
        to_epoch = decision.epoch
        sentence += (
            " No checkpoint keeps every rule for certain, so there was none to go back to."
            if to_epoch is None
            else f" The run went back to epoch {to_epoch}: later checkpoints were deleted."
        )
    return dataclasses.replace(
        decision, stopped_at=reason.epoch, why=reason.why, rolled_back_to=to_epoch, sentence=sentence
    )


def _roll_back(context: JobContext, terms: Terms) -> None:
    """Delete the checkpoints behind the epoch that the run goes back to; numbers of judged ones stay on the tape.

    Done once for a decision, and noted: what a training makes that somebody resumes later is not for this rule to take.
    """
    last = next((one for one in reversed(JobView(context.folder).records()) if one["type"] in (DECISION, BACK)), None)
    to_epoch = last["value"]["rolled_back_to"] if last is not None and last["type"] == DECISION else None
    if to_epoch is None or not checkpoint_folder(terms.run, to_epoch).exists():
        return
    for epoch in list_checkpoints(terms.run):
        if epoch > to_epoch:
            shutil.rmtree(checkpoint_folder(terms.run, epoch), ignore_errors=True)
    drop_partial(terms.run)
    context.record({"type": BACK, "value": to_epoch})


def _flat(terms: Terms, points: list[TapePoint]) -> int | None:
    if not terms.plateau:
        return None
    return plateau(
        points, terms.plateau["metric"], patience=int(terms.plateau["patience"]), gain=float(terms.plateau["gain"])
    )
