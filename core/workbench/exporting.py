"""Exports: what leaves the workbench, made by jobs and kept with the session."""

from __future__ import annotations

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
from core.workbench import checklist, signing
from core.workbench.data import dataset, released_schema, start_for
from core.workbench.frontier import tape
from core.workbench.judging import evaluation, evaluations, thresholds
from core.workbench.lineage import line_of
from core.workbench.repeating import replay_settings, sides_behind, steps_behind
from core.workbench.sampling import SampleView, sample
from core.workbench.sessions import Session, job_folder
from core.workbench.training import RunView, run

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
        warm=_warm(trained),
        records=tuple(one for one in trained.records if one.epoch <= drawn.epoch),
        request=drawn.request,
        recipe=tuple(steps_behind(session, drawn.dataset_id)),
        constraints=tuple(config.get("constraints") or ()),
        sign_off=tuple(one.to_json() for one in signing.sign_offs(session, sample_id)),
        checklist=tuple(one.to_json() for one in checklist.checklist(session, sample_id)),
        audit=tuple(line_of(session, sample_id).entries(session)),
        tape=(*judged.points, *judged.anchors.values()),
        decision=judged.decision,
    )


def _warm(trained: RunView) -> str:
    """Where the weights of a warm start are from, in a sentence; empty where training began with fresh ones."""
    start = trained.warm_start
    if not start.get("run_id"):
        return ""
    told = f"Training began with the weights of run {start['run_id']} after epoch {start.get('epoch', '?')}."
    return " ".join(filter(None, [told, start.get("control_note")]))


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
        config |= {
            "replay": replay_settings(session, sample_id, outside=outside),
            "sides": sides_behind(session, real.id),
        }
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
