"""What the catalogue knows beyond the values of the lower layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.records import ConditionOutcome, SampleRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A training run. It only gains epochs, and its state follows its job's.

    `config` is the training's configuration as plain JSON; `n_epochs` counts the whole epochs among the records.
    Times are UTC.
    """

    id: str
    dataset_id: str
    state: str
    config: Mapping[str, Any]
    n_epochs: int
    device: str | None
    versions: Mapping[str, str]
    error: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """The end of an epoch that was kept; `folder` is relative to the session folder."""

    run_id: str
    epoch: int
    step: int | None
    folder: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """A synthetic table: `path` is relative to the session folder, `content_hash` the digest of that file."""

    id: str
    run_id: str
    epoch: int | None
    request: SampleRequest
    n_rows: int
    n_unconditioned: int
    outcomes: tuple[ConditionOutcome, ...]
    path: str
    content_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvaluation:
    """That a sample was judged, and how; the report itself comes from `Store.find_report`."""

    id: str
    sample_id: str
    parts: tuple[str, ...]
    plan: str
    content_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job and the state in which it was last taken in."""

    id: str
    kind: str
    state: str
    config: Mapping[str, Any]
    error_id: str
    error: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit: what was done, when, with which ids and settings. It never holds values of a table."""

    number: int
    at: datetime
    action: str
    ids: tuple[str, ...]
    settings: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something stored that no longer is what it was when it was stored."""

    id: str
    message: str
