"""Whether what is stored still is what it was: every digest computed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.dataset import content_id
from core.errors import DoppelError
from core.store import queries, serial
from core.store.values import Problem

if TYPE_CHECKING:
    from core.store.store import Store


def problems(store: Store) -> list[Problem]:
    """What no longer matches its digest, or is gone."""
    return [*_datasets(store), *_runs(store), *_checkpoints(store), *_samples(store), *_reports(store), *_audit(store)]


def _datasets(store: Store) -> Iterator[Problem]:
    for key, text in store._rows("select id, files from dataset order by created_at, id"):
        files = json.loads(text)
        for name, digest in files.items():
            path = store.folder / name
            if not path.exists():
                yield Problem(id=key, message=f"Its table {name} is gone.")
            elif serial.file_hash(path) != digest:
                yield Problem(id=key, message=f"Its table {name} was changed.")
        dataset = store.find_dataset(key)
        if serial.dataset_hash(dataset.schema, dataset.split, dataset.target, files) != dataset.content_hash:
            yield Problem(id=key, message="Its columns, split or target are not those that it was made with.")


def _runs(store: Store) -> Iterator[Problem]:
    for key, text, digest in store._rows("select id, config, config_hash from training_run order by created_at, id"):
        if content_id(json.loads(text)) != digest:
            yield Problem(id=key, message="Its configuration was changed.")


def _checkpoints(store: Store) -> Iterator[Problem]:
    """Checkpoints that are gone were given up for disk space; only changed ones are a problem."""
    for run_id, epoch, folder, digest in store._rows(
        "select run_id, epoch, folder, content_hash from checkpoint order by run_id, epoch"
    ):
        path = store.folder / folder
        if path.is_dir() and serial.folder_hash(path) != digest:
            yield Problem(id=run_id, message=f"Its checkpoint of epoch {epoch} was changed.")


def _samples(store: Store) -> Iterator[Problem]:
    for sample in store.list_samples():
        path = store.folder / sample.path
        if not path.exists():
            yield Problem(id=sample.id, message=f"Its table {sample.path} is gone.")
        elif serial.file_hash(path) != sample.content_hash:
            yield Problem(id=sample.id, message=f"Its table {sample.path} was changed.")


def _reports(store: Store) -> Iterator[Problem]:
    for evaluation in store.list_evaluations():
        try:
            same = content_id(store.find_report(evaluation.id).to_json()) == evaluation.content_hash
        except (DoppelError, ValueError, KeyError, TypeError):
            same = False
        if not same:
            yield Problem(id=evaluation.id, message="Its report was changed.")


def _audit(store: Store) -> Iterator[Problem]:
    before = ""
    for place, entry in enumerate(store._rows(queries.LIST_AUDIT)):
        number, *rest, digest = entry
        if number != place + 1 or serial.audit_hash(before, number, *rest) != digest:
            yield Problem(id="audit", message=f"The audit was changed at or before entry {place + 1}.")
            return
        before = digest
