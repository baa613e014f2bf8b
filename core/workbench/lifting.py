"""The rare-class studio: rows that are missing, tables that have them, and whether they help."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InvalidConfig, UnknownId
from core.jobs.ids import check_id
from core.jobs.protocol import JobState, JobView
from core.lift import ARMS, LEARNERS, LiftReport
from core.records import Condition, SampleRequest
from core.schema import Schema, Treatment
from core.tables import read_frames, to_arrow, to_csv_frame
from core.workbench.data import control_paths, dataset, levels, start_for, table_path
from core.workbench.sampling import SampleView, chosen_epoch, drawing_config
from core.workbench.sessions import Session, job_folder
from core.workbench.training import run

RATIOS = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Rare rows for each other row that a study tries by default."""
N_SEEDS = 5
RESULT = "lift.json"
ORIGIN = "origin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Rows of a level: in the train rows, beside all others, and those that are missing for a ratio."""

    n_level: int
    n_other: int
    n_missing: int

    @property
    def ratio(self) -> float:
        """Rows of the level for each other row."""
        return self.n_level / self.n_other if self.n_other else 0.0


def missing(session: Session, dataset_id: str, column: str, level: str, ratio: float) -> Missing:
    """Rows of a level that are missing until there are `ratio` of them for each other train row.

    Raises
    ------
    InvalidConfig
        If the ratio is not above 0.
    """
    if not 0 < ratio <= 100:
        raise InvalidConfig(f"The ratio is {ratio:g}; it must be above 0 and at most 100.", field="ratio")
    counts = dict(levels(session, dataset_id, column))
    n_level = counts.get(level, 0)
    n_other = dataset(session, dataset_id).n_train - n_level
    return Missing(n_level=n_level, n_other=n_other, n_missing=max(0, round(ratio * n_other) - n_level))


def missing_request(
    session: Session, dataset_id: str, column: str, level: str, ratio: float, seed: int = 0
) -> SampleRequest:
    """The request that draws just the missing rows.

    Raises
    ------
    InvalidConfig
        If none is missing.
    """
    found = missing(session, dataset_id, column, level, ratio)
    if not found.n_missing:
        raise InvalidConfig(
            f"No row is missing: the train rows have {found.ratio:.2g} rows with {level} for each other row.",
            "Choose a larger ratio.",
            field="ratio",
        )
    condition = Condition(column=column, level=level, n_rows=found.n_missing)
    return SampleRequest(n_rows=0, seed=seed, conditions=(condition,))


def augmented_file(session: Session, sample: SampleView, kind: str) -> Path:
    """The real train rows followed by a sample's rows, with a column that says where each comes from.

    It holds real rows, so it may only go where the real table may be.

    Raises
    ------
    InvalidConfig
        If the sample is not drawn, or the format is unknown.
    """
    if sample.job.state != JobState.DONE:
        raise InvalidConfig("The sample is not drawn yet.", "Wait until it is.")
    if kind not in ("csv", "parquet"):
        raise InvalidConfig(f"{kind!r} is not a format of tables.", "Choose csv or parquet.", field="format")
    schema = dataset(session, sample.dataset_id).schema
    kept = Schema(columns=tuple(one for one in schema if one.treatment is not Treatment.LEAVE_OUT))
    origin = ORIGIN
    while origin in kept.names:
        origin = f"_{origin}"
    session.store.audit("export real rows", ids=(sample.id,), settings={"parts": ["train"], "format": kind})
    path = session.folder / "tables" / f"{sample.id}-augmented.{kind}"
    if path.exists():
        return path
    sources = (
        ("real", table_path(session, sample.dataset_id, "train")),
        ("synthetic", session.folder / sample.job.config["output"]),
    )
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write = _write_csv if kind == "csv" else _write_parquet
        write(aside, kept, origin, sources)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def _write_csv(aside: Path, schema: Schema, origin: str, sources: Sequence[tuple[str, Path]]) -> None:
    head = True
    with aside.open("w", encoding="utf-8", newline="") as file:
        for name, path in sources:
            for frame in read_frames(path, schema):
                to_csv_frame(frame, schema).assign(**{origin: name}).to_csv(
                    file, index=False, header=head, lineterminator="\n"
                )
                head = False


def _write_parquet(aside: Path, schema: Schema, origin: str, sources: Sequence[tuple[str, Path]]) -> None:
    writer = None
    try:
        for name, path in sources:
            for frame in read_frames(path, schema):
                table = to_arrow(frame, schema)
                table = table.append_column(origin, pa.array([name] * len(frame), type=pa.string()))
                if writer is None:
                    writer = pq.ParquetWriter(aside, table.schema, compression="zstd")
                writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()


# Lift studies


def start_lift(
    session: Session,
    run_id: str,
    level: str,
    *,
    epoch: int | None = None,
    ratios: Sequence[float] = RATIOS,
    n_seeds: int = N_SEEDS,
    learners: Sequence[str] = LEARNERS,
    precision: float = 0.5,
    seed: int = 0,
) -> str:
    """Start a lift study of one level of the target; returns its id.

    Raises
    ------
    InvalidConfig
        Without a target with levels, or with settings that say nothing.
    """
    trained = run(session, run_id)
    real = dataset(session, trained.dataset_id)
    if real.target is None or not real.schema[real.target].is_levels:
        raise InvalidConfig(
            "A lift study needs a target with levels.",
            "Save the table as a dataset with such a target.",
            field="target",
        )
    if n_seeds < 2 or not ratios or any(not 0 < one <= 10 for one in ratios):
        raise InvalidConfig("A lift study needs at least 2 seeds, and ratios above 0 and at most 10.", field="ratios")
    if not 0 < precision < 1:
        raise InvalidConfig("The precision at which recall is measured lies between 0 and 1.", field="precision")
    chosen = chosen_epoch(trained, epoch)
    config = drawing_config(session, trained, chosen, SampleRequest(n_rows=0)) | {
        "study": "lift",
        "sample_id": None,
        "parts": [],
        "plan": {
            "level": level, "ratios": sorted(ratios), "seeds": list(range(n_seeds)), "learners": list(learners),
            "arms": list(ARMS), "precision": precision,
        },
        "target": real.target,
        "group": real.split.group,
        "control": [str(path.relative_to(session.folder)) for path in control_paths(session, real.id)],
        "seed": seed,
    }  # fmt: skip
    return start_for(session, "evaluate", config)


def lifts(session: Session, run_id: str) -> list[JobView]:
    """Lift studies of a run, newest first."""
    views = [JobView(folder) for folder in session.folder.glob("jobs/evaluation-*")]
    views = [view for view in views if view.config.get("study") == "lift" and view.config.get("run_id") == run_id]
    return sorted(views, key=lambda view: view.status.queued_at, reverse=True)


def lift_report(session: Session, lift_id: str) -> LiftReport:
    """The report of an ended study.

    Raises
    ------
    UnknownId
        If there is none.
    """
    path = job_folder(session, check_id(lift_id, "evaluation")) / RESULT
    if not path.exists():
        raise UnknownId("This study has no report yet.", "Wait until it has ended.")
    return LiftReport.from_json(json.loads(path.read_text(encoding="utf-8")))
