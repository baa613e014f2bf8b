"""Single rows of an evaluation: the low tail beside the real rows it resembles, and samples without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from core.errors import InvalidConfig, UnknownId
from core.jobs.files import read_json
from core.jobs.ids import check_id, new_id
from core.jobs.launch import start_job
from core.jobs.protocol import JobState, JobView
from core.near_copies import Forensics, NearCopy
from core.schema import Schema
from core.tables import as_work_frame, to_csv_frame
from core.workbench.absorb import absorb
from core.workbench.data import start_for
from core.workbench.judging import is_promoted, judged_against
from core.workbench.sampling import sample
from core.workbench.sessions import Session, job_folder

FORENSICS = "forensics.json"
LABELS = ("synthetic row", "nearest train row", "second nearest train row", "nearest control row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """How a sample was made from another by holding rows back.

    Parameters
    ----------
    parent_id : str
    ratio, distance : float
        Thresholds: rows whose nearest train row stands out below `ratio` and lies within `distance` were held back.
    n_held_back : int or None
        None until it is made.
    """

    parent_id: str
    ratio: float
    distance: float
    n_held_back: int | None


def near_copies(session: Session, evaluation_id: str) -> Forensics | None:
    """The low tail of an evaluation; None where distances were not judged or it has not ended."""
    value = read_json(_evaluation(session, evaluation_id).folder / FORENSICS)
    return None if value is None else Forensics.from_json(value)


def side_by_side(session: Session, evaluation_id: str, near_copy: NearCopy) -> pd.DataFrame:
    """The synthetic row and its neighbours as texts, a row each (see `LABELS`), every modelled column.

    Looking at real rows is written to the audit.
    """
    view = _evaluation(session, evaluation_id)
    config, schema = view.config, Schema.from_json(view.config["schema"])
    files = {
        "synthetic row": ([config["synthetic"]], near_copy.synthetic),
        "nearest train row": ([config["train"]], near_copy.train),
        "second nearest train row": ([config["train"]], near_copy.second),
        "nearest control row": (config.get("control") or [], near_copy.control),
    }
    names = [column.name for column in schema.modelled]
    rows = {
        label: _row([session.folder / path for path in paths], at, schema, names)
        for label, (paths, at) in files.items()
        if at >= 0 and paths
    }
    session.store.audit("look at real rows", ids=(view.id,), settings={"rows": len(rows) - 1})
    return pd.DataFrame(rows).T


def _row(paths: list[Path], at: int, schema: Schema, names: list[str]) -> pd.Series:
    """One row, by its place in the files one after the other, laid out as in the file."""
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                n_rows = file.metadata.row_group(group).num_rows
                if at < n_rows:
                    table = file.read_row_group(group, columns=names).slice(at, 1)
                    return _texts(table.to_pandas(integer_object_nulls=True), schema, names)
                at -= n_rows
    raise UnknownId("This row is no longer there.", "Judge the sample again.")


def _texts(frame: pd.DataFrame, schema: Schema, names: list[str]) -> pd.Series:
    part = Schema(columns=tuple(schema[name] for name in names))
    shown = to_csv_frame(as_work_frame(frame, part), part).iloc[0]
    return shown.astype(object).where(shown.notna(), "").map(str)


def start_quarantine(
    session: Session, sample_id: str, *, ratio: float, distance: float = 1.0, judge_as: str | None = None
) -> tuple[str, str | None]:
    """Start making a sample without the rows that stand out; returns its id, and that of its evaluation.

    Parameters
    ----------
    ratio : float, 0 to 1
        Rows of which the nearest train row is nearer than this share of the second nearest are held back, and copies.
    distance : float, 0 to 1
        Only rows within this distance of a train row are held back.
    judge_as : id of an evaluation, optional
        The new sample is judged by the same parts, plan and seed as soon as it is made.

    Raises
    ------
    InvalidConfig
        If a threshold lies outside 0 to 1.
    """
    for name, value in (("ratio", ratio), ("distance", distance)):
        if not 0.0 <= value <= 1.0:
            raise InvalidConfig(f"The {name} is {value:g}; it must lie between 0 and 1.", field=name)
    parent = sample(session, sample_id)
    if parent.job.state != JobState.DONE:
        raise InvalidConfig("The sample is not drawn yet.", "Wait until it is.")
    drawn, held_id = parent.job.config, new_id("sample")
    like = None if judge_as is None else _evaluation(session, judge_as).config
    promoted = is_promoted(parent)
    control = like.get("control") or [] if like else judged_against(session, parent.dataset_id, promoted=promoted)
    keep = ("run_id", "dataset_id", "epoch", "checkpoint", "schema", "request", "device", "threads")
    config = {name: drawn[name] for name in keep if name in drawn} | {
        "output": f"tables/{held_id}.parquet",
        "parent_id": sample_id,
        "parent": drawn["output"],
        "parent_promoted": promoted,
        "train": parent.job.config["train"],
        "control": control,
        "quarantine": {"ratio": float(ratio), "distance": float(distance)},
    }
    start_for(session, "sample", config, job_id=held_id)
    session.store.audit("hold rows back", ids=(sample_id, held_id), settings=config["quarantine"])
    if like is None:
        return held_id, None
    again = {name: value for name, value in like.items() if name not in ("kind", "after")} | {
        "sample_id": held_id,
        "synthetic": config["output"],
        "n_unconditioned": None,
        "conditions": [],
    }
    evaluation_id = start_job(session.folder, "evaluate", again, after=(held_id,))
    absorb(session)
    return held_id, evaluation_id


def lineage(session: Session, sample_id: str) -> Lineage | None:
    """What a sample was made from by holding rows back; None for one that was drawn."""
    view = JobView(job_folder(session, check_id(sample_id, "sample")))
    wanted = view.config.get("quarantine")
    if not wanted:
        return None
    found = read_json(view.folder / "outcomes.json") or {}
    return Lineage(parent_id=view.config["parent_id"], n_held_back=found.get("n_held_back"), **wanted)


def _evaluation(session: Session, evaluation_id: str) -> JobView:
    folder = job_folder(session, check_id(evaluation_id, "evaluation"))
    if not folder.is_dir():
        raise UnknownId("There is no such evaluation in this session.", "Choose one of the list.")
    return JobView(folder)
