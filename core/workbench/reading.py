"""Readings: a file, pattern or address on its way to a table, with what was found in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import InvalidConfig, UnknownId, UserError
from core.jobs.ids import check_id
from core.jobs.launch import start_job
from core.jobs.protocol import JobState, JobView
from core.profiling.personal import Personal
from core.profiling.summary import TableSummary
from core.reading.addresses import is_address
from core.reading.delimited import rejects_path
from core.reading.options import ReadOptions
from core.reading.read import Diagnosis, files_of
from core.schema import Schema
from core.workbench.sessions import Session, job_folder, mode

LATER = ("personal.json", "widths.json")
"""Files that readings of earlier versions lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A table being read or read; what is not there yet is None."""

    id: str
    name: str
    view: JobView
    diagnosis: Diagnosis | None = None
    schema: Schema | None = None
    summary: TableSummary | None = None
    preview: pd.DataFrame | None = None
    personal: Mapping[str, Personal] = field(default_factory=dict)
    number_widths: Mapping[str, int] = field(default_factory=dict)

    @property
    def asked(self) -> ReadOptions:
        """The options that the analyst settled; everything else is found out."""
        return ReadOptions.from_json(self.view.config.get("options") or {})

    @property
    def options(self) -> ReadOptions:
        """The options that were used, or were asked for where reading failed."""
        return self.diagnosis.options if self.diagnosis else self.asked

    @property
    def choices(self) -> Mapping[str, tuple[str, ...]]:
        """Sheets, tables or members that the file holds, by the option that chooses one."""
        return self.diagnosis.choices if self.diagnosis else {}


def refuse_in_demo_mode() -> None:
    """Only the demo table may be used in demo mode."""
    if mode() == "demo":
        raise UserError("This is a demo: only the demo table can be used here.", "Run Doppel on your own machine.")


def start_reading(session: Session, source: Path | str, *, name: str, options: ReadOptions | None = None) -> str:
    """Start reading a file of this machine, the files of a pattern, or what an address names; returns the reading's id.

    Raises
    ------
    UnreadableFile
        If there is no such file.
    UserError
        In demo mode.
    """
    refuse_in_demo_mode()
    settings = {"name": name, "options": (options or ReadOptions()).to_json()}
    if is_address(str(source)):
        return start_for(session, "read", {"address": str(source), **settings})
    source = Path(source)
    if source.is_file():
        return start_for(session, "read", {"source": str(source.resolve()), **settings})
    found = files_of(source)  # refuses what names no file
    return start_for(session, "read", {"source": str(Path.cwd() / source), "pattern": len(found), **settings})


def start_reading_again(session: Session, reading_id: str, options: ReadOptions) -> str:
    """Start reading the same source with other options; returns the new reading's id.

    Raises
    ------
    UnreadableFile
        If the source is gone.
    """
    refuse_in_demo_mode()
    before = JobView(job_folder(session, check_id(reading_id, "reading"))).config
    if before.get("demo") is not None:
        raise UserError("The demo table is made anew and has no reading options.", "Bring a file of your own.")
    return start_for(session, "read", {**before, "options": options.to_json()})


def start_demo(session: Session, *, n_rows: int, seed: int) -> str:
    """Start making the demo table; returns the reading's id."""
    if not 1 <= n_rows <= 5_000_000:
        raise InvalidConfig(f"The demo table cannot have {n_rows:,} rows.", "Choose 1 to 5,000,000.", field="n_rows")
    config = {"demo": {"n_rows": n_rows, "seed": seed}, "name": "card payments (demo)"}
    return start_for(session, "read", config)


def start_for(
    session: Session, kind: str, config: dict, *, job_id: str | None = None, after: Sequence[str] = ()
) -> str:
    """Put a job into the queue and into the catalogue; returns its id, which is that of what it makes."""
    job_id = start_job(session.folder, kind, config, job_id=job_id, after=after)
    session.store.save_job(job_id, kind=kind, config=config)
    return job_id


def reading(session: Session, reading_id: str) -> Reading:
    """A reading and, once it is done, what it found."""
    folder = job_folder(session, check_id(reading_id, "reading"))
    if not folder.is_dir():
        raise UnknownId("There is no such reading in this session.", "Bring the file again.")
    view = JobView(folder)
    name = str(view.config.get("name", ""))
    if view.state != JobState.DONE:
        return Reading(id=reading_id, name=name, view=view)
    return Reading(
        id=reading_id,
        name=name,
        view=view,
        diagnosis=Diagnosis.from_json(_json(folder / "diagnosis.json")),
        schema=Schema.from_json(_json(folder / "schema.json")),
        summary=TableSummary.from_json(_json(folder / "summary.json")),
        preview=pd.read_parquet(folder / "preview.parquet", dtype_backend="pyarrow").astype("string"),
        personal={name: Personal(**one) for name, one in _json(folder / "personal.json").items()},
        number_widths=_json(folder / "widths.json"),
    )


def rejected_file(session: Session, reading_id: str) -> Path | None:
    """The file of all rejected lines of a reading, where there are any."""
    path = rejects_path(job_folder(session, check_id(reading_id, "reading")) / "table.parquet")
    return path if path.is_file() else None


def with_settings(options: ReadOptions, settings: Mapping[str, Any]) -> ReadOptions:
    """Options with some settings replaced.

    Raises
    ------
    InvalidConfig
        If a value is impossible.
    """
    return ReadOptions.from_json(options.to_json() | dict(settings))


def readings(session: Session) -> list[Reading]:
    """Readings of this session, newest first."""
    found = sorted(session.folder.glob("jobs/reading-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [reading(session, path.name) for path in found]


def _json(path: Path) -> dict:
    if path.name in LATER and not path.exists():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))
