"""Epochs against privacy: a run with its tape, the rules that cap it, and the checkpoint that is released."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, UnknownId, listed
from core.evaluation.caps import RULABLE, decide, parse_rules
from core.jobs.ids import check_id, new_id
from core.jobs.launch import extend_job
from core.jobs.protocol import JobState, JobView, list_jobs
from core.jobs.tapes import decisions_of, points_of, report_of_epoch, standing
from core.limits import PROBE_ROWS
from core.records import Report
from core.synthesis.config import TrainingConfig
from core.tape import Decision, Rule, TapePoint, checkpoints_of
from core.workbench.canary_plan import CanaryPlan
from core.workbench.data import dataset, start_for, table_path
from core.workbench.sessions import Session
from core.workbench.tape_settings import MAX_CHECKPOINTS, TapeSettings, chosen_epochs
from core.workbench.training import RunView, follow_tapes, resume_run, run, start_training


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeView:
    """The tape of one run as it stands.

    Parameters
    ----------
    run : RunView
    points : list of TapePoint
        Judged checkpoints by epoch, of the tape's own plan.
    anchors : mapping of anchor to TapePoint
    thorough : mapping of epoch to TapePoint
        Checkpoints that were judged again by a larger plan.
    decision : Decision or None
        The last one that the tape recorded.
    jobs : list of JobView
    n_planned : int
        Checkpoints that are or will be judged: the candidates of rules.
    kept : mapping of epoch, and whether by a larger plan, to folder
        Where the report behind each point lies.
    """

    run: RunView
    points: list[TapePoint]
    anchors: Mapping[str, TapePoint]
    thorough: Mapping[int, TapePoint]
    decision: Decision | None
    jobs: list[JobView]
    n_planned: int
    kept: Mapping[tuple[int, bool], Path]

    @property
    def is_active(self) -> bool:
        """Whether more is to come without anybody asking."""
        return self.run.job.state.is_active or any(one.state.is_active for one in self.jobs)


def start_run(
    session: Session, dataset_id: str, config: TrainingConfig, settings: TapeSettings,
    *, canaries: CanaryPlan | None = None,
) -> str:  # fmt: skip
    """Start a run and the tape that judges it while it trains; returns the run's id.

    Canaries are planted in the run, where they are asked for, and their exposure is on the tape.

    Raises
    ------
    InvalidConfig
        If a rule or a setting is wrong; nothing is started then.
    """
    rules = parse_rules(settings.rules)
    epochs = chosen_epochs(config.epochs, settings.n_checkpoints, settings.spacing)
    # other checkpoints stay for extending and resuming, but do not fill the disk on a long run
    config = dataclasses.replace(
        config, checkpoint_every=min(100_000, max(config.checkpoint_every, math.ceil(config.epochs / 40)))
    )
    run_id = start_training(session, dataset_id, config, checkpoint_epochs=epochs, canaries=canaries)
    start_tape(session, run_id, settings, epochs=epochs, rules=rules)
    return run_id


def start_tape(
    session: Session,
    run_id: str,
    settings: TapeSettings,
    *,
    epochs: Iterable[int],
    rules: Sequence[Rule] = (),
    plan: str = "quick",
    anchors: bool = True,
    n_candidates: int | None = None,
    earlier: Sequence[str] = (),
) -> str:
    """Start judging chosen checkpoints of a run, made or still to come; returns the tape's id.

    Parameters
    ----------
    earlier : ids of tapes
        Of the same run; their points take part in what rules decide.
    """
    trained = run(session, run_id)
    config = tape_job(
        session, trained.dataset_id, settings, epochs=epochs, rules=rules, plan=plan, anchors=anchors,
        n_candidates=n_candidates, device=trained.config.device,
    )  # fmt: skip
    config |= {"run_id": run_id, "train": trained.job.config["train"], "earlier": list(earlier)}
    return start_for(session, "tape", config, job_id=new_id("tape"))


def tape_job(
    session: Session,
    dataset_id: str,
    settings: TapeSettings,
    *,
    epochs: Iterable[int],
    rules: Sequence[Rule] = (),
    plan: str = "quick",
    anchors: bool = True,
    n_candidates: int | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Settings of the job of a tape, but for the run's id."""
    real = dataset(session, dataset_id)
    epochs = sorted(set(epochs))

    def part(name: str) -> str:
        return str(table_path(session, real.id, name).relative_to(session.folder))

    has_control = real.n_control > 0
    watched = {"metric": settings.plateau, "patience": settings.patience, "gain": settings.gain}
    return {
        "dataset_id": real.id,
        "train": part("train"),
        "control": part("control-selection") if has_control else None,
        "fresh": part("control-report") if has_control else None,
        "schema": real.schema.to_json(),
        "target": real.target,
        "group": real.split.group,
        "epochs": epochs,
        "plan": plan,
        "probe_rows": settings.probe_rows,
        "probe_seed": 1,
        "seed": 1,
        "rules": [rule.to_json() for rule in rules],
        "stops": settings.stops or settings.rolls_back,
        "rolls_back": settings.rolls_back,
        "plateau": watched if settings.plateau else {},
        "n_candidates": len(epochs) if n_candidates is None else n_candidates,
        "anchors": anchors,
        "device": device,
        "threads": 0,
    }


def tape(session: Session, run_id: str) -> TapeView:
    """The tape of a run, read from its jobs: points are there as soon as they are judged."""
    trained = run(session, run_id)
    jobs = [view for view in list_jobs(session.folder) if view.kind == "tape" and view.config.get("run_id") == run_id]
    points, thorough, anchors = [], {}, {}
    decision, planned, kept = None, set(), {}
    for view in jobs:
        quick = view.config.get("plan") == "quick"
        planned |= set(view.config.get("epochs") or ()) if quick else set()
        for point in standing(points_of(view), trained.job.folder):
            if point.anchor:
                anchors.setdefault(point.anchor, point)
                continue
            kept[point.epoch, not quick] = view.folder
            if quick:
                points.append(point)
            else:
                thorough[point.epoch] = point
        found = decisions_of(view)
        decision = found[-1] if found else decision
    judged = checkpoints_of(points)
    return TapeView(
        run=trained,
        points=judged,
        anchors=anchors,
        thorough=thorough,
        decision=decision,
        jobs=jobs,
        n_planned=max(len(planned), len(judged)),
        kept=kept,
    )


def report(view: TapeView, epoch: int, *, thorough: bool = False) -> Report | None:
    """The binned report that the tape stored for a checkpoint; nothing is measured. None where there is none."""
    folder = view.kept.get((epoch, thorough))
    return None if folder is None else report_of_epoch(folder, epoch)


def decided(views: Sequence[TapeView], rules: Sequence[Rule]) -> Decision:
    """What rules make of the stored points of one setting; nothing is measured again."""
    points = [point for view in views for point in view.points]
    return decide(points, rules, n_candidates=sum(view.n_planned for view in views))


def judge_thoroughly(session: Session, run_id: str, epoch: int, *, plan: str = "full") -> str:
    """Start judging one checkpoint of a tape by a larger plan, on the same probe sample and control rows."""
    view = tape(session, run_id)
    if epoch not in view.run.checkpoints:
        raise InvalidConfig(f"There is no checkpoint of epoch {epoch}.", f"Kept are: {listed(view.run.checkpoints)}.")
    session.store.audit("judge checkpoint", ids=(run_id,), settings={"epoch": epoch, "plan": plan})
    return start_tape(session, run_id, TapeSettings(), epochs=[epoch], plan=plan, anchors=False)


def resume(session: Session, run_id: str) -> None:
    """Go on training, and judging, from where both were."""
    if run(session, run_id).job.state.can_resume:
        resume_run(session, run_id)
    else:
        follow_tapes(session, run_id)


def train_more(session: Session, run_id: str, epochs: int) -> None:
    """Train more epochs than asked for, and judge the checkpoints that come of it.

    Raises
    ------
    InvalidConfig
        If the run was cut off before its planned end: then it is resumed.
    """
    view = tape(session, run_id)
    if view.run.job.state.can_resume:
        raise InvalidConfig(
            f"The run has not reached its {view.run.target_epochs:,} epochs yet.", "Resume it first.", field="epochs"
        )
    before = view.run.target_epochs
    extend_job(view.run.job.folder, epochs)
    session.store.audit("extend run", ids=(run_id,), settings={"epochs": epochs})
    every = view.run.config.checkpoint_every
    wanted = {epoch for epoch in range(before + 1, before + epochs + 1) if epoch % every == 0} | {before + epochs}
    wanted = sorted(wanted)[-MAX_CHECKPOINTS:]
    earlier = [one for one in view.jobs if one.config.get("plan") == "quick"]
    first = next((one.config for one in earlier), {})
    rules = [Rule.from_json(one) for one in first.get("rules") or ()]
    plateau: Mapping[str, Any] = first.get("plateau") or {}
    settings = TapeSettings(
        stops=bool(first.get("stops")),
        rolls_back=bool(first.get("rolls_back")),
        plateau=plateau.get("metric", ""),
        patience=plateau.get("patience", 3),
        gain=plateau.get("gain", 0.005),
        probe_rows=first.get("probe_rows", PROBE_ROWS),
    )
    start_tape(
        session, run_id, settings, epochs=wanted, rules=rules, anchors=not view.anchors,
        n_candidates=view.n_planned + len(wanted), earlier=[one.id for one in earlier],
    )  # fmt: skip


def frontier_runs(session: Session, dataset_id: str) -> list[TapeView]:
    """Tapes of all runs of a dataset, oldest first; runs without a tape are left out."""
    check_id(dataset_id, "dataset")
    ids = dict.fromkeys(
        str(view.config.get("run_id"))
        for view in list_jobs(session.folder)
        if view.kind == "tape" and view.config.get("dataset_id") == dataset_id
    )
    found = []
    for run_id in ids:
        try:
            found.append(tape(session, run_id))
        except UnknownId:
            continue
    return found


def parsed_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Rules from texts as the analyst writes them.

    Raises
    ------
    InvalidConfig
        With every problem at once.
    """
    return parse_rules(texts)


def rulable() -> Sequence[str]:
    """Metrics that rules can be made of."""
    return tuple(RULABLE)


def ended_well(view: TapeView) -> bool:
    """Whether every planned checkpoint was judged, or training was stopped by a rule."""
    stopped = view.decision is not None and bool(view.decision.why)
    return all(one.state is JobState.DONE for one in view.jobs) or stopped
