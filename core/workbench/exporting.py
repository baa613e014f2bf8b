"""Exports: what leaves the workbench, made by jobs and kept with the session."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import InvalidConfig, UnknownId, listed
from core.export.facts import Facts
from core.export.marks import Stamp
from core.export.tables import FORMATS
from core.jobs.files import read_json
from core.jobs.ids import check_id
from core.jobs.protocol import JobState, JobView
from core.jobs.versions import library_versions
from core.schema import Schema, Treatment
from core.store.serial import file_hash
from core.workbench import checklist, signing
from core.workbench.data import dataset, released_schema, start_for
from core.workbench.frontier import tape
from core.workbench.judging import evaluation, evaluations, thresholds
from core.workbench.lineage import line_of
from core.workbench.sampling import SampleView, sample
from core.workbench.sessions import Session, job_folder
from core.workbench.training import run

WHATS = ("data", "report", "pictures", "bundle", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """An export being made or made.

    Parameters
    ----------
    id, what, sample_id : str
    job : JobView
    about : mapping
        What the job said of its file: `file`, `n_bytes`, and more by kind.
    path : Path or None
        The file, once it is there.
    """

    id: str
    what: str
    sample_id: str
    job: JobView
    about: Mapping[str, Any]
    path: Path | None


def facts_of(session: Session, sample_id: str) -> Facts:
    """Everything known of a sample but its reports, which an export job reads itself."""
    drawn = sample(session, sample_id)
    if drawn.job.state is not JobState.DONE:
        raise InvalidConfig("The sample is not drawn yet.", "Wait until it is.")
    trained, real = run(session, drawn.run_id), dataset(session, drawn.dataset_id)
    config = trained.job.config
    judged = tape(session, drawn.run_id)
    return Facts(
        title=real.name,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        stamp=stamp_of(drawn),
        schema=released_schema(real.schema),
        left_out=tuple(one.name for one in real.schema if one.treatment is Treatment.LEAVE_OUT),
        n_train=real.n_train,
        n_control=real.n_control,
        target=real.target,
        group=real.split.group,
        control_share=real.split.control_share,
        training=trained.config.to_json(),
        epochs_trained=drawn.epoch,
        device=trained.device,
        versions=library_versions(),
        records=tuple(one for one in trained.records if one.epoch <= drawn.epoch),
        request=drawn.request,
        recipe=tuple(recipe_of(session, drawn.dataset_id)),
        constraints=tuple(config.get("constraints") or ()),
        sign_off=tuple(one.to_json() for one in signing.sign_offs(session, sample_id)),
        checklist=tuple(one.to_json() for one in checklist.checklist(session, sample_id)),
        audit=tuple(line_of(session, sample_id).entries(session)),
        tape=(*judged.points, *judged.anchors.values()),
        decision=judged.decision,
    )


def stamp_of(drawn: SampleView) -> Stamp:
    """Where the rows of a sample come from."""
    return Stamp(
        dataset=drawn.dataset_id,
        run=drawn.run_id,
        sample=drawn.id,
        epoch=drawn.epoch,
        n_rows=drawn.n_rows,
        seed=drawn.request.seed,
    )


def recipe_of(session: Session, dataset_id: str) -> list[Mapping[str, Any]]:
    """Preparation steps that made a dataset, those of its parents first."""
    found: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    key: str | None = dataset_id
    while key and key not in seen:
        seen.add(key)
        config = read_json(job_folder(session, key) / "config.json") or {}
        steps = config.get("recipe") or []
        found = [*(steps.get("steps", []) if isinstance(steps, dict) else steps), *found]
        key = config.get("parent_id")
    return found


def root_of(session: Session, dataset_id: str) -> str:
    """The dataset that was read from a file, from which recipes made this one; itself where there was no recipe."""
    key = dataset_id
    while parent := (read_json(job_folder(session, key) / "config.json") or {}).get("parent_id"):
        if not (job_folder(session, parent) / "config.json").is_file():
            break
        key = parent
    return key


def replay_settings(session: Session, sample_id: str, *, outside: bool) -> dict[str, Any]:
    """What `python -m core replay` needs to make the rows again from the real table.

    For outside, without digest of the real table, reasons of types, and orders of levels, which are found again.
    """
    drawn = sample(session, sample_id)
    trained, real = run(session, drawn.run_id), dataset(session, root_of(session, drawn.dataset_id))
    made = dataset_config(session, real.id)
    reading_id = str(made.get("table", "")).split("/")[1] if str(made.get("table", "")).startswith("jobs/") else ""
    reading = read_json(job_folder(session, reading_id) / "config.json") if reading_id else None
    source = Path(str((reading or {}).get("source", "")))
    config = trained.job.config
    settings = {
        "name": real.name,
        "options": (reading or {}).get("options") or {},
        "demo": (reading or {}).get("demo"),
        "schema": real.schema.to_json() if not outside else _bare(real.schema).to_json(),
        "target": real.target,
        "split": {**real.split.to_json(), "thresholds": {}},
        "recipe": list(recipe_of(session, drawn.dataset_id)),
        "training": trained.config.to_json(),
        "threads": config.get("threads"),
        "constraints": list(config.get("constraints") or ()),
        "epochs": trained.target_epochs,
        "epoch": drawn.epoch,
        "request": drawn.request.to_json(),
        "device": trained.device,
        "table": {"name": source.name},
        "repeatable": _repeatable(config, drawn, made),
    }
    if not outside and source.is_file():
        settings["table"]["sha256"] = file_hash(source)
    return settings


def dataset_config(session: Session, dataset_id: str) -> Mapping[str, Any]:
    """Settings of the job that made a dataset."""
    return read_json(job_folder(session, check_id(dataset_id, "dataset")) / "config.json") or {}


def _repeatable(config: Mapping[str, Any], drawn: SampleView, made: Mapping[str, Any]) -> str:
    """Why the rows cannot be made again from the real table and these settings alone; empty where they can."""
    if config.get("warm_start"):
        return "The run began from the weights of another run, which are not part of the bundle."
    if made.get("inherit"):
        return "The split was inherited from an older version of the table, which is not part of the bundle."
    if drawn.job.config.get("quarantine"):
        return "Rows of the sample were held back after looking at real rows."
    if drawn.request.given is not None:
        return "Rows were completed from a file, which is not part of the bundle."
    return ""


def _bare(schema: Schema) -> Schema:
    """The columns without anything that was counted or quoted from the real table."""
    plain = {"reason": "", "n_missing": 0, "n_levels": 0, "order": ()}
    return Schema(columns=tuple(dataclasses.replace(column, **plain) for column in schema))


def start_export(
    session: Session,
    what: str,
    sample_id: str,
    *,
    format: str = "csv",
    guard: bool = False,
    outside: bool = False,
    scrub: bool = False,
) -> str:
    """Start making an export of a sample; returns its id.

    Parameters
    ----------
    what : str, one of `WHATS`
    format : str
        Of `data`: one of `core.export.tables.FORMATS`.
    guard : bool
        Of `data`: whether text cells that a spreadsheet would run are guarded.
    outside : bool
        Of `report`, `pictures` and `bundle`: whether what could identify a real record is taken out.
    scrub : bool
        Of `model`: whether levels and numbers with few rows behind them are merged and rounded.

    Raises
    ------
    InvalidConfig
        If there is no such export or format, or the sample is not drawn yet.
    """
    if what not in WHATS:
        raise InvalidConfig(f"{what!r} is not a kind of export.", f"Choose of {listed(WHATS)}.", field="what")
    if what == "data" and format not in FORMATS:
        raise InvalidConfig(f"{format!r} is not a format of tables.", f"Choose of {listed(FORMATS)}.", field="format")
    facts = facts_of(session, sample_id)
    drawn, real = sample(session, sample_id), dataset(session, facts.stamp.dataset)
    config: dict[str, Any] = {
        "what": what,
        "sample_id": sample_id,
        "facts": facts.to_json(),
        "table": drawn.job.config["output"],
        "outside": outside,
    }
    if what == "data":
        config |= {"schema": facts.schema.to_json(), "format": format, "guard": guard}
    elif what == "model":
        config |= {
            "checkpoint": f"jobs/{drawn.run_id}/checkpoint-{drawn.epoch:06d}",
            "train": f"tables/{real.id}-train.parquet",
            "schema": real.schema.to_json(),
            "released": facts.schema.to_json(),
            "scrub": scrub,
            "about": {"Table": real.name, "Run": drawn.run_id, "Epoch": drawn.epoch, "Train rows": real.n_train},
        }
    else:
        done = [one for one in evaluations(session, sample_id) if one.job.state is JobState.DONE][::-1]
        config |= {
            "reports": [f"jobs/{one.id}/report.json" for one in done],
            "thresholds": [one.to_json() for one in thresholds(session)],
        }
    if what == "bundle":
        config["replay"] = replay_settings(session, sample_id, outside=outside)
    export_id = start_for(session, "export", config)
    settings = {"what": what, "format": format if what == "data" else "", "outside": outside, "scrub": scrub}
    session.store.audit("export", ids=(export_id, sample_id), settings=settings)
    return export_id


def start_report_of_files(session: Session, evaluation_id: str, *, title: str, outside: bool = False) -> str:
    """Start making the report of tables that were made elsewhere; returns the export's id."""
    view = evaluation(session, evaluation_id)
    config = view.job.config
    settings = view.report.settings if view.report is not None else {}
    facts = Facts(
        title=title,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        stamp=Stamp(n_rows=int(settings.get("n_synthetic", 0))),
        schema=released_schema(Schema.from_json(config["schema"])),
        n_train=int(settings.get("n_train", 0)),
        n_control=int(settings.get("n_control", 0)),
        target=config.get("target"),
        group=config.get("group"),
        versions=library_versions(),
    )
    export_config = {
        "what": "report",
        "facts": facts.to_json(),
        "outside": outside,
        "reports": [f"jobs/{evaluation_id}/report.json"],
        "thresholds": [one.to_json() for one in thresholds(session)],
    }
    export_id = start_for(session, "export", export_config)
    session.store.audit("export", ids=(export_id, evaluation_id), settings={"what": "report", "outside": outside})
    return export_id


def export(session: Session, export_id: str) -> ExportView:
    """An export as it stands now."""
    folder = job_folder(session, check_id(export_id, "export"))
    if not folder.is_dir():
        raise UnknownId("There is no such export in this session.", "Make it again.")
    view = JobView(folder)
    about = read_json(folder / "export.json") if view.state is JobState.DONE else None
    path = folder / "files" / about["file"] if about else None
    return ExportView(
        id=export_id,
        what=str(view.config.get("what", "")),
        sample_id=str(view.config.get("sample_id", "")),
        job=view,
        about=about or {},
        path=path if path is not None and path.is_file() else None,
    )


def exports(session: Session, sample_id: str | None = None) -> list[ExportView]:
    """Exports of the session or of one sample, newest first."""
    found = [export(session, folder.name) for folder in session.folder.glob("jobs/export-*")]
    found = [one for one in found if sample_id is None or one.sample_id == sample_id]
    return sorted(found, key=lambda one: one.job.status.queued_at, reverse=True)
