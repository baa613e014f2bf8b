"""Judging tables made elsewhere: read, compared in their columns, and judged without any run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import InvalidConfig, UnknownId, listed
from core.jobs.protocol import JobState, JobView
from core.workbench.absorb import absorb
from core.workbench.attacker import chosen_attacker, settings_of
from core.workbench.data import Reading, check_choices, corrected, reading, start_for, start_reading
from core.workbench.judging import PARTS, EvaluationView, check_columns, check_plan, check_shadows, evaluation
from core.workbench.sessions import Session, follow
from core.workbench.training import configured

ROLES = {
    "real": "the real rows that the generator was trained on",
    "synthetic": "the rows to judge",
    "control": "real rows that the generator never saw",
}


def start_judging_files(
    session: Session,
    *,
    real: Path,
    synthetic: Path,
    control: Path | None = None,
    **choices: object,
) -> str:
    """Read tables made anywhere, wait for that, and start judging them; returns the evaluation's id.

    `choices` are those of `start_judging_tables`.
    """
    check_plan(choices.get("parts", PARTS), choices.get("plan", "standard"))
    check_shadows(choices.get("shadows", 0))
    readings = {}
    for role, path in (("real", real), ("synthetic", synthetic), ("control", control)):
        if path is not None:
            readings[role] = start_reading(session, path, name=role)
            for _ in follow(session, readings[role]):
                pass
    return start_judging_tables(session, readings, **choices)


def start_judging_tables(
    session: Session,
    readings: Mapping[str, str],
    *,
    target: str | None = None,
    group: str | None = None,
    further_targets: Sequence[str] = (),
    sensitive: Sequence[str] = (),
    known: Sequence[Sequence[str]] = (),
    secrets: Sequence[str] = (),
    shadows: int = 0,
    types: Mapping[str, str] | None = None,
    parts: Sequence[str] = PARTS,
    plan: str = "standard",
    seed: int = 0,
) -> str:
    """Start judging tables that have been read; returns the evaluation's id.

    Parameters
    ----------
    readings : mapping of "real", "synthetic" and, where there are any, "control" to the id of a finished reading
    target, group, further_targets, sensitive : columns of the real table
    known, secrets : sets of columns that an attacker knows, and columns that he wants to learn
        Suggested from the schema where empty.
    shadows : int
        Generators to train on control rows for an attack by shadow models, with the preset "quick": an attacker who
        does not know what made the table.
    types : mapping of column to type, optional
        Corrections of the types inferred from the real table; the others are read by them.
    parts, plan, seed : as in `judging.start_evaluation`

    Raises
    ------
    InvalidConfig
        If a table lacks columns of the real one, or a choice does not fit them.
    UnknownId
        If a reading is unknown or has not ended.
    """
    check_plan(parts, plan)
    check_shadows(shadows)
    found = {role: _read(session, key) for role, key in readings.items()}
    schema = corrected(found["real"].schema, types or {})
    check_choices(schema, target=target, group=group)
    check_columns(schema, (*further_targets, *sensitive))
    _check_same_columns(found, schema.names)

    def table(role: str) -> str:
        return f"jobs/{found[role].id}/table.parquet"

    config = {
        "sample_id": None,
        "names": {role: one.name for role, one in found.items()},
        "train": table("real"),
        "control": [table("control")] if "control" in found else [],
        "synthetic": table("synthetic"),
        "n_unconditioned": found["synthetic"].diagnosis.n_rows,
        "schema": schema.to_json(),
        "target": target,
        "further_targets": list(further_targets),
        "sensitive": list(sensitive),
        "group": group,
        "parts": list(parts),
        "plan": plan,
        "seed": seed,
        "threads": 0,
        **settings_of(schema, chosen_attacker(schema, known, secrets)),
    }
    if shadows and "privacy" in parts:
        if "control" not in found:
            raise InvalidConfig(
                "Shadow models are trained on control rows, and there are none.",
                "Bring rows that the generator never saw.",
                field="shadows",
            )
        n_rows = found["control"].diagnosis.n_rows // 6
        config["shadows"] = {"n": shadows, "config": configured("quick", {}, n_train=n_rows).to_json()}
    return start_for(session, "evaluate", config)


def judged_tables(session: Session) -> list[EvaluationView]:
    """Evaluations of tables made elsewhere, newest first."""
    absorb(session)
    views = [JobView(folder) for folder in session.folder.glob("jobs/evaluation-*")]
    views = [view for view in views if view.config.get("sample_id") is None]
    views.sort(key=lambda view: view.status.queued_at, reverse=True)
    return [evaluation(session, view.id) for view in views]


def _read(session: Session, reading_id: str) -> Reading:
    found = reading(session, reading_id)
    if found.view.state != JobState.DONE:
        raise UnknownId("A table has not been read yet.", "Wait until it has.")
    return found


def _check_same_columns(found: Mapping[str, Reading], names: Sequence[str]) -> None:
    for role, table in found.items():
        lacking = [name for name in names if name not in table.schema]
        if lacking:
            raise InvalidConfig(
                f"The {role} table lacks columns of the real one: {listed(lacking)}.",
                "Bring tables with the same columns.",
            )
