"""Evaluations: of a sample, or of tables made elsewhere."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.dataset import Dataset
from core.errors import InvalidConfig, UnknownId, listed
from core.evaluation.joint import joint_picture
from core.evaluation.lowering import BenchmarkRow, Lowering, benchmark_rows, what_lowers
from core.evaluation.verdict import DEFAULT_THRESHOLDS, Threshold, parse_thresholds, with_verdicts
from core.jobs.ids import check_id
from core.jobs.protocol import JobView
from core.jobs.reports import report_of
from core.pictures import JointPicture
from core.records import Report, Scope
from core.schema import Schema
from core.tables import read_frame
from core.workbench.absorb import absorb
from core.workbench.attacker import Attacker, settings_of
from core.workbench.data import control_paths, dataset, start_for, table_path
from core.workbench.sampling import SampleView, sample
from core.workbench.sessions import Session, job_folder
from core.workbench.training import run

__all__ = [
    "BenchmarkRow",
    "Lowering",
    "Threshold",
    "benchmark_rows",
    "parse_thresholds",
    "what_lowers",
]

PARTS = ("fidelity", "utility", "privacy")
PLANS = ("quick", "standard", "full")
THRESHOLDS = "thresholds.json"
MAX_SHADOWS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationView:
    """An evaluation as it stands; the report grows while it runs."""

    id: str
    sample_id: str
    parts: tuple[str, ...]
    plan: str
    job: JobView
    report: Report | None


def start_evaluation(
    session: Session,
    sample_id: str,
    *,
    parts: Sequence[str] = PARTS,
    plan: str = "standard",
    seed: int = 0,
    attacker: Attacker | None = None,
    shadows: int = 0,
    further_targets: Sequence[str] = (),
    sensitive: Sequence[str] = (),
) -> str:
    """Start judging a sample against its dataset; returns the evaluation's id.

    Parameters
    ----------
    attacker : Attacker, optional
        What is known and wanted in attacks; suggested from the schema by default.
    shadows : int
        Generators to train for an attack by shadow models; each takes about a sixth of the control rows.
    further_targets : column names
        Predicted beside the dataset's target.
    sensitive : column names
        By whose groups results are told apart.

    Raises
    ------
    InvalidConfig
        If a part, the plan, the attacker, the number of shadows or a column is not possible.
    """
    check_plan(parts, plan)
    check_shadows(shadows)
    drawn = sample(session, sample_id)
    real = dataset(session, drawn.dataset_id)
    check_columns(real.schema, (*further_targets, *sensitive))
    config = evaluation_config(
        session,
        real,
        sample_id=sample_id,
        train=drawn.job.config["train"],
        output=drawn.job.config["output"],
        n_unconditioned=drawn.n_unconditioned,
        conditions=[
            dataclasses.replace(one.condition, n_rows=one.n_obtained).to_json() for one in drawn.outcomes_in_order
        ],
        parts=parts,
        plan=plan,
        seed=seed,
        promoted=is_promoted(drawn),
        more={
            **settings_of(real.schema, attacker),
            **_insiders(session, drawn, parts, plan, shadows),
            "further_targets": list(further_targets),
            "sensitive": list(sensitive),
        },
    )
    return start_for(session, "evaluate", config)


def evaluation_config(
    session: Session,
    real: Dataset,
    *,
    sample_id: str,
    train: str,
    output: str,
    n_unconditioned: int,
    parts: Sequence[str],
    plan: str,
    seed: int,
    promoted: bool,
    conditions: Sequence[Mapping[str, object]] = (),
    more: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Settings of the job that judges a sample.

    `train` are the rows that its run saw: a trial of a sweep may have seen a part of the dataset's train rows alone. A
    sample whose checkpoint was promoted is judged by the report half of the control rows alone, since the selection
    half took part in choosing it (`docs/decisions/0003`).
    """
    return {
        "sample_id": sample_id,
        "train": train,
        "control": judged_against(session, real.id, promoted=promoted),
        "synthetic": output,
        "n_unconditioned": n_unconditioned,
        "schema": real.schema.to_json(),
        "target": real.target,
        "group": real.split.group,
        "conditions": list(conditions),
        "parts": list(parts),
        "plan": plan,
        "seed": seed,
        "threads": 0,
        **(more or {}),
    }


def is_promoted(drawn: SampleView) -> bool:
    """Whether the sample, or the one that it was made from by holding rows back, is of a promoted checkpoint."""
    return any(drawn.job.config.get(name) for name in ("promoted", "parent_promoted"))


def judged_against(session: Session, dataset_id: str, *, promoted: bool) -> list[str]:
    """Control rows that judge a sample, as paths within the session."""
    halves = [table_path(session, dataset_id, "control-report")] if promoted else control_paths(session, dataset_id)
    return [str(path.relative_to(session.folder)) for path in halves]


def _insiders(session: Session, drawn: SampleView, parts: Sequence[str], plan: str, shadows: int) -> dict[str, object]:
    """Settings of attackers who hold the trained model, or train models like it."""
    if "privacy" not in parts:
        return {}
    trained = run(session, drawn.run_id)
    checkpoint = f"jobs/{drawn.run_id}/checkpoint-{drawn.epoch:06d}"
    return {
        "critic": checkpoint if plan != "quick" and drawn.epoch in trained.checkpoints else None,
        "shadows": {"n": shadows, "config": trained.config.to_json()} if shadows else None,
    }


def check_plan(parts: Sequence[str], plan: str) -> None:
    """Refuse parts and plans that there are not.

    Raises
    ------
    InvalidConfig
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        raise InvalidConfig(f"Unknown parts: {listed(unknown)}.", f"Choose of {listed(PARTS)}.", field="parts")
    if plan not in PLANS:
        raise InvalidConfig(f"There is no plan {plan!r}.", f"Choose one of {listed(PLANS)}.", field="plan")


def check_shadows(shadows: int) -> None:
    """Refuse numbers of shadow models that are not possible.

    Raises
    ------
    InvalidConfig
    """
    if not 0 <= shadows <= MAX_SHADOWS:
        raise InvalidConfig(f"{shadows} shadow models; it must be 0 to {MAX_SHADOWS}.", field="shadows")


def check_columns(schema: Schema, names: Sequence[str]) -> None:
    """Refuse names that are not modelled columns.

    Raises
    ------
    InvalidConfig
    """
    modelled = [column.name for column in schema.modelled]
    unknown = [name for name in names if name not in modelled]
    if unknown:
        raise InvalidConfig(
            f"Not modelled columns of this table: {listed(unknown)}.", f"Choose of {listed(modelled)}.", field="columns"
        )


def evaluation(session: Session, evaluation_id: str) -> EvaluationView:
    """An evaluation with everything found so far."""
    view = _view(session, evaluation_id)
    config = view.config
    return EvaluationView(
        id=evaluation_id,
        sample_id=config.get("sample_id") or "",
        parts=tuple(config["parts"]),
        plan=config["plan"],
        job=view,
        report=_judged(session, report_of(view)),
    )


def _judged(session: Session, report: Report | None) -> Report | None:
    """The report with the verdicts of this session's thresholds; nothing is measured again."""
    if report is None:
        return None
    return dataclasses.replace(report, results=with_verdicts(report.results, thresholds(session)))


def thresholds(session: Session) -> tuple[Threshold, ...]:
    """Thresholds of this session: the default ones until the analyst sets others."""
    path = session.folder / THRESHOLDS
    if not path.exists():
        return DEFAULT_THRESHOLDS
    chosen = [Threshold.from_json(one) for one in json.loads(path.read_text(encoding="utf-8"))]
    known = {(one.metric, one.scope): one for one in DEFAULT_THRESHOLDS}
    return tuple((known | {(one.metric, one.scope): one for one in chosen}).values())


def reset_thresholds(session: Session) -> None:
    """Go back to the default thresholds."""
    (session.folder / THRESHOLDS).unlink(missing_ok=True)
    session.store.audit("reset thresholds")


def thresholds_from_json(content: bytes, *, name: str) -> tuple[Threshold, ...]:
    """Thresholds from a file: a list of objects with `metric`, `pass_at` and `caution_at`, and `scope` if not table.

    Direction and what lines are shares of follow the default threshold of the same metric and scope.

    Raises
    ------
    InvalidConfig
        If the file holds something else, or a metric that no line is drawn for.
    """
    help_text = 'Write it like [{"metric": "column_shapes", "pass_at": 0.95, "caution_at": 0.9}].'
    try:
        rows = [dict(one) for one in json.loads(content)]
    except (ValueError, TypeError) as error:
        raise InvalidConfig(
            f"The file {name!r} holds no list of thresholds: {error}.", help_text, field="thresholds"
        ) from error
    known = {(one.metric, str(one.scope)): one.to_json() for one in DEFAULT_THRESHOLDS}
    found = []
    for row in rows:
        key = (str(row.get("metric")), str(row.get("scope", Scope.TABLE)))
        if key not in known:
            raise InvalidConfig(
                f"No verdict is given for {key[0]!r} at scope {key[1]!r}.",
                f"Metrics with lines: {listed(dict.fromkeys(metric for metric, _ in known))}.",
                field="thresholds",
            )
        lines = {line: row.get(line) for line in ("pass_at", "caution_at")}
        lacking = [
            line for line, value in lines.items() if isinstance(value, bool) or not isinstance(value, int | float)
        ]
        if lacking:
            raise InvalidConfig(
                f"The threshold of {key[0]!r} has no number as {listed(lacking)}.", help_text, field="thresholds"
            )
        found.append(known[key] | lines)
    return parse_thresholds(found)


def save_thresholds(session: Session, chosen: Sequence[Threshold]) -> None:
    """Judge by these thresholds from now on; verdicts of earlier evaluations change with them."""
    value = [one.to_json() for one in chosen]
    aside = session.folder / f"{THRESHOLDS}.part"
    aside.write_text(json.dumps(value), encoding="utf-8")
    os.replace(aside, session.folder / THRESHOLDS)
    session.store.audit("set thresholds", settings={"thresholds": value})


def _view(session: Session, evaluation_id: str) -> JobView:
    folder = job_folder(session, check_id(evaluation_id, "evaluation"))
    if not folder.is_dir():
        raise UnknownId("There is no such evaluation in this session.", "Judge the sample again.")
    return JobView(folder)


def evaluations(session: Session, sample_id: str) -> list[EvaluationView]:
    """Evaluations of a sample, newest first, running ones included."""
    absorb(session)
    views = [JobView(folder) for folder in session.folder.glob("jobs/evaluation-*")]
    views = [view for view in views if view.config.get("sample_id") == sample_id]
    views.sort(key=lambda view: view.status.queued_at, reverse=True)
    return [evaluation(session, view.id) for view in views]


def joint(session: Session, evaluation_id: str, first: str, second: str) -> JointPicture:
    """Two columns of an evaluation's train and synthetic rows together, counted now: only two columns are read.

    Raises
    ------
    InvalidConfig
        If a column is not modelled.
    UnreadableFile
        If a table is gone.
    """
    config = _view(session, evaluation_id).config
    schema = Schema.from_json(config["schema"])
    check_columns(schema, (first, second))
    names = list(dict.fromkeys((first, second)))
    frames = {
        "train": read_frame(session.folder / config["train"], schema, names),
        "synthetic": read_frame(session.folder / config["synthetic"], schema, names),
    }
    frames["synthetic"] = frames["synthetic"].iloc[: config["n_unconditioned"]].reset_index(drop=True)
    return joint_picture(schema[first], schema[second], frames)


def evaluation_report(session: Session, evaluation_id: str) -> Report:
    """The whole report of an ended evaluation."""
    report = report_of(_view(session, evaluation_id))
    if report is None:
        raise UnknownId("This evaluation has no report yet.", "Wait until it has ended.")
    return _judged(session, report)
