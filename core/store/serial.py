"""Values as rows of the catalogue and back, and the digests by which stored things are recognised."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.dataset import Dataset, SplitSpec, canonical_json, content_id
from core.records import ConditionOutcome, EpochRecord, MetricResult, Report, SampleRequest
from core.schema import Column, Schema
from core.store.queries import RESULT_COLUMNS
from core.store.values import AuditEntry, StoredCheckpoint, StoredEvaluation, StoredJob, StoredRun, StoredSample

_BLOCK = 1 << 20
_JSON_COLUMNS = ("subject", "anchors", "counts")


def file_hash(path: Path) -> str:
    """`sha256:` and the digest of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def folder_hash(folder: Path) -> str:
    """One digest over the names and bytes of the files of a folder."""
    return content_id({path.name: file_hash(path) for path in sorted(folder.iterdir()) if path.is_file()})


def dataset_files(session: Path, dataset_id: str) -> dict[str, str]:
    """Tables of a dataset and their digests, by path relative to the session folder."""
    paths = sorted((session / "tables").glob(f"{dataset_id}*.parquet"))
    return {path.relative_to(session).as_posix(): file_hash(path) for path in paths}


def dataset_hash(schema: Schema, split: SplitSpec, target: str | None, files: Mapping[str, str]) -> str:
    """The content id of a dataset: what its columns mean, how it was divided, and the bytes of its tables."""
    tables = {name.rpartition("/")[2].partition(".")[0][24:]: digest for name, digest in files.items()}
    return content_id({"schema": schema.to_json(), "split": split.to_json(), "target": target, "tables": tables})


def utc(stamp: datetime) -> datetime:
    """A time of the catalogue, which is UTC without saying so, with its zone."""
    return stamp.replace(tzinfo=UTC)


def row_to_dataset(row: Sequence[Any], columns: Sequence[str]) -> Dataset:
    """A dataset from its row and the definitions of its columns."""
    key, name, parent_id, target, n_rows, n_train, n_control, split, content_hash = row
    return Dataset(
        id=key,
        name=name,
        schema=Schema(columns=tuple(Column.from_json(json.loads(text)) for text in columns)),
        split=SplitSpec.from_json(json.loads(split)),
        n_rows=n_rows,
        n_train=n_train,
        n_control=n_control,
        target=target,
        parent_id=parent_id,
        content_hash=content_hash,
    )


def column_rows(dataset: Dataset) -> list[tuple[Any, ...]]:
    """Rows of `dataset_column`."""
    return [
        (
            dataset.id, place, column.name, column.type.value, column.storage.value, column.treatment.value,
            column.reason, canonical_json(column.to_json()),
        )
        for place, column in enumerate(dataset.schema)
    ]  # fmt: skip


def row_to_run(row: Sequence[Any]) -> StoredRun:
    """A run from its row."""
    key, dataset_id, state, config, device, versions, error, created_at, updated_at, n_epochs = row
    return StoredRun(
        id=key,
        dataset_id=dataset_id,
        state=state,
        config=json.loads(config),
        n_epochs=n_epochs,
        device=device,
        versions=json.loads(versions) if versions else {},
        error=error,
        created_at=utc(created_at),
        updated_at=utc(updated_at),
    )


def epoch_lists(records: Sequence[EpochRecord]) -> list[list[Any]]:
    """Columns of `epoch` after the run's id."""
    return [
        [record.step for record in records],
        [record.epoch for record in records],
        [record.epoch_done for record in records],
        [canonical_json(record.to_json()) for record in records],
    ]


def row_to_checkpoint(row: Sequence[Any]) -> StoredCheckpoint:
    """A checkpoint from its row."""
    names = [one.name for one in dataclasses.fields(StoredCheckpoint)]
    return StoredCheckpoint(**dict(zip(names, row, strict=True)))


def outcomes_to_json(outcomes: Sequence[ConditionOutcome]) -> str:
    """Outcomes as canonical JSON."""
    return canonical_json([outcome.to_json() for outcome in outcomes])


def outcome_from_json(value: Mapping[str, Any]) -> ConditionOutcome:
    """An outcome from its `to_json`."""
    return ConditionOutcome.from_json(value)


def row_to_sample(row: Sequence[Any]) -> StoredSample:
    """A sample from its row."""
    key, run_id, epoch, request, n_rows, n_unconditioned, outcomes, path, content_hash, created_at = row
    return StoredSample(
        id=key,
        run_id=run_id,
        epoch=epoch,
        request=SampleRequest.from_json(json.loads(request)),
        n_rows=n_rows,
        n_unconditioned=n_unconditioned,
        outcomes=tuple(outcome_from_json(one) for one in json.loads(outcomes)),
        path=path,
        content_hash=content_hash,
        created_at=utc(created_at),
    )


def row_to_evaluation(row: Sequence[Any]) -> StoredEvaluation:
    """An evaluation from its row."""
    key, sample_id, parts, plan, content_hash, created_at = row
    return StoredEvaluation(
        id=key,
        sample_id=sample_id,
        parts=tuple(json.loads(parts)),
        plan=plan,
        content_hash=content_hash,
        created_at=utc(created_at),
    )


def result_row(evaluation_id: str, place: int, result: MetricResult) -> list[Any]:
    """A row of `metric_result`."""
    value = result.to_json() | {"evaluation_id": evaluation_id, "place": place}
    value |= {name: canonical_json(value[name]) for name in _JSON_COLUMNS}
    return [value[name] if not hasattr(value[name], "value") else value[name].value for name in RESULT_COLUMNS]


def row_to_result(row: Sequence[Any]) -> MetricResult:
    """A metric result from its row."""
    value = dict(zip(RESULT_COLUMNS[2:], row, strict=True))
    return MetricResult.from_json(value | {name: json.loads(value[name]) for name in _JSON_COLUMNS})


def report_from(rows: Sequence[Sequence[Any]], settings: str, versions: str, pictures: str) -> Report:
    """A report from its rows and the texts beside them."""
    results = [row_to_result(row).to_json() for row in rows]
    return Report.from_json(
        {
            "results": results,
            "settings": json.loads(settings),
            "versions": json.loads(versions),
            "pictures": json.loads(pictures),
        }
    )


def row_to_job(row: Sequence[Any]) -> StoredJob:
    """A job from its row."""
    key, kind, state, config, error_id, error, created_at, updated_at = row
    return StoredJob(
        id=key,
        kind=kind,
        state=state,
        config=json.loads(config),
        error_id=error_id,
        error=error,
        created_at=utc(created_at),
        updated_at=utc(updated_at),
    )


def row_to_audit(row: Sequence[Any]) -> AuditEntry:
    """An audit entry from its row."""
    number, at, action, ids, settings, digest = row
    return AuditEntry(
        number=number,
        at=utc(at),
        action=action,
        ids=tuple(json.loads(ids)),
        settings=json.loads(settings),
        hash=digest,
    )


def audit_hash(before: str, number: int, at: datetime, action: str, ids: str, settings: str) -> str:
    """The digest of an audit entry, which covers the digest of the entry before it."""
    return content_id([before, number, at.replace(tzinfo=None).isoformat(), action, ids, settings])
