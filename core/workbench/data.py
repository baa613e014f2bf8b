"""From a file to a dataset: reading, correcting types, splitting."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from core.clauses import ends_of, refuse_contradictions
from core.dataset import DEFAULT_CONTROL_SHARE, Dataset, SplitSpec
from core.demo.card_payments import make_card_payments
from core.errors import ImpossibleCondition, InvalidConfig, UserError, listed
from core.jobs.ids import check_id, new_id
from core.jobs.protocol import JobView
from core.limits import MEGABYTE, UPLOAD_BYTES
from core.profiling.choice import with_safe_defaults
from core.profiling.infer import infer_schema, retype
from core.profiling.summary import TableSummary
from core.reading.addresses import fetch, is_address
from core.reading.options import ReadOptions
from core.reading.read import Diagnosis, Finding, read_table
from core.reading.remedies import remedy_label
from core.records import Condition
from core.schema import ColumnType, Schema, Treatment
from core.tables import MISSING_LABEL
from core.workbench.absorb import absorb
from core.workbench.reading import (
    Reading,
    reading,
    readings,
    refuse_in_demo_mode,
    rejected_file,
    start_demo,
    start_for,
    start_reading,
    start_reading_again,
    with_settings,
)
from core.workbench.sessions import Session, job_folder

__all__ = [
    "Finding", "Reading", "readings", "rejected_file", "remedy_label", "start_demo", "start_reading",
    "start_reading_again", "with_settings",
]  # fmt: skip

CHUNK_BYTES = 1 << 20
TABLES = "tables"
UPLOADS = "uploads"


def receive_upload(session: Session, stream: BinaryIO, filename: str) -> Path:
    """Copy an upload to disk in pieces, under a name of ours with the file's own ending.

    Raises
    ------
    UserError
        In demo mode, or when the file is larger than the limit.
    """
    refuse_in_demo_mode()
    folder = session.folder / UPLOADS
    folder.mkdir(mode=0o700, exist_ok=True)
    ending = "".join(
        character for character in Path(filename).suffix.lower() if character.isalnum() or character == "."
    )
    path = folder / f"{secrets.token_hex(8)}{ending[:16]}"
    size = 0
    try:
        with path.open("xb") as file:
            while piece := stream.read(CHUNK_BYTES):
                size += len(piece)
                if size > UPLOAD_BYTES:
                    raise UserError(
                        f"The file is larger than {UPLOAD_BYTES // MEGABYTE} MB.",
                        "Use the command line, which reads files of any size from where they are.",
                    )
                file.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    session.store.audit("upload", settings={"bytes": size})
    return path


def corrected(schema: Schema, types: Mapping[str, str]) -> Schema:
    """The schema with the analyst's types.

    Raises
    ------
    InvalidConfig
        With every problem at once: unknown columns, unknown types, types that a column's values rule out.
    """
    problems, columns = [], []
    for name, kind in types.items():
        try:
            columns.append(retype(schema[name], ColumnType(kind)))
        except ValueError:
            problems.append(f"{kind!r} is not a column type; choose one of {listed(ColumnType)}.")
        except InvalidConfig as error:
            problems.append(str(error))
    if problems:
        raise InvalidConfig(" ".join(problems), field="type")
    return schema.replacing(*columns)


def check_choices(
    schema: Schema, *, target: str | None, group: str | None, conditions: Sequence[Condition] = ()
) -> None:
    """Refuse a target, group or condition that the schema cannot serve, before any work starts.

    Raises
    ------
    InvalidConfig, ImpossibleCondition
    """
    if target is not None and schema[target].treatment is not Treatment.MODEL:
        raise InvalidConfig(
            f"The target {target!r} is {schema[target].type} and is not modelled.",
            f'Give it another type, as in --type "{target}=categorical", or choose another target.',
            field="target",
        )
    if group is not None:
        schema[group]
    for condition in conditions:
        refuse_contradictions(condition)
    for clause in (clause for condition in conditions for clause in condition.clauses):
        column = schema[clause.column]
        if column.treatment is not Treatment.MODEL:
            raise ImpossibleCondition(
                f"A condition on {column.name!r} is not possible: the column is {column.type} and is not modelled.",
                f"Modelled columns are: {listed(one.name for one in schema.modelled)}.",
            )
        if column.is_number and clause.level != MISSING_LABEL:
            ends_of(column, clause)


def save_dataset(
    session: Session,
    reading_id: str,
    *,
    schema: Schema,
    name: str,
    target: str | None = None,
    group: str | None = None,
    control_share: float = DEFAULT_CONTROL_SHARE,
    split_seed: int | None = None,
    parent_id: str | None = None,
) -> str:
    """Start making a dataset of a read table: apply the schema, split, store; returns the dataset's id.

    Parameters
    ----------
    split_seed : int, optional
        Makes the split repeatable; without it the key is drawn from the system's entropy.
    """
    check_choices(schema, target=target, group=group)
    source = reading(session, reading_id)
    if source.schema is None:
        raise InvalidConfig("The table has not been read yet.", "Wait until reading has ended.")
    key = (
        secrets.token_hex(16) if split_seed is None else hashlib.sha256(f"split {split_seed}".encode()).hexdigest()[:32]
    )
    stratify = target if target is not None and schema[target].is_levels else None
    split = SplitSpec(key=key, control_share=control_share, group=group, lone=group is not None, stratify=stratify)
    dataset_id = new_id("dataset")
    config = {
        "dataset_id": dataset_id,
        "table": f"jobs/{reading_id}/table.parquet",
        "schema": schema.to_json(),
        "target": target,
        "split": split.to_json(),
        "name": name,
        "parent_id": parent_id,
    }
    return start_for(session, "profile", config, job_id=dataset_id)


def datasets(session: Session) -> list[Dataset]:
    """Datasets of this session, newest first."""
    absorb(session)
    return session.store.list_datasets()[::-1]


def dataset(session: Session, dataset_id: str) -> Dataset:
    """A stored dataset.

    Raises
    ------
    UnknownId
        If there is none, or it is still being made.
    """
    absorb(session)
    return session.store.find_dataset(dataset_id)


def dataset_job(session: Session, dataset_id: str) -> JobView:
    """The job that makes a dataset."""
    return JobView(job_folder(session, check_id(dataset_id, "dataset")))


def dataset_summary(session: Session, dataset_id: str) -> TableSummary:
    """Summary of the whole real table as it was stored."""
    return TableSummary.from_json(_json(job_folder(session, check_id(dataset_id, "dataset")) / "summary.json"))


def levels(session: Session, dataset_id: str, column: str) -> list[tuple[str, int]]:
    """Levels of a column with their numbers of train rows, most frequent first."""
    found = _json(job_folder(session, check_id(dataset_id, "dataset")) / "dataset.json")["levels"]
    return [(level, int(count)) for level, count in found.get(column, [])]


def table_path(session: Session, dataset_id: str, part: str) -> Path:
    """Parquet of a part of a dataset: `train`, `control-selection` or `control-report`."""
    return session.folder / TABLES / f"{check_id(dataset_id, 'dataset')}-{part}.parquet"


def control_paths(session: Session, dataset_id: str) -> list[Path]:
    """Both halves of the control rows."""
    return [table_path(session, dataset_id, f"control-{half}") for half in ("selection", "report")]


def copy_split(session: Session, dataset_id: str, folder: Path) -> None:
    """Write `train.parquet` and `control.parquet` (both halves) to a folder that may hold real rows."""
    shutil.copyfile(table_path(session, dataset_id, "train"), folder / "train.parquet")
    halves = [pd.read_parquet(path, dtype_backend="pyarrow") for path in control_paths(session, dataset_id)]
    pd.concat(halves, ignore_index=True).to_parquet(folder / "control.parquet")
    session.store.audit("export real rows", ids=(dataset_id,), settings={"parts": ["train", "control"]})


def released_schema(schema: Schema) -> Schema:
    """The schema as it may leave: without counts of the real table and without left-out columns."""
    kept = [column for column in schema if column.treatment is not Treatment.LEAVE_OUT]
    return Schema(columns=tuple(dataclasses.replace(column, n_missing=0, n_levels=0) for column in kept))


def profile_file(source: Path | str, options: ReadOptions | None = None) -> tuple[Diagnosis, Schema]:
    """Read a file, the files of a pattern or an address, and infer the schema, leaving nothing behind."""
    with tempfile.TemporaryDirectory(prefix="doppel-") as folder:
        table = Path(folder) / "table.parquet"
        if is_address(str(source)):
            source = fetch(str(source), Path(folder), lambda share, message: None)
        diagnosis = read_table(Path(source), table, options)
        return diagnosis, with_safe_defaults(infer_schema(table, formats=diagnosis.formats))


def write_demo(path: Path, *, n_rows: int, seed: int) -> None:
    """Write the demo table as CSV or, where the name ends so, Parquet."""
    frame = make_card_payments(n_rows, seed=seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, lineterminator="\n")


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
