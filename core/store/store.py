"""The catalogue of one session: what is stored, found and deleted in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from core.dataset import Dataset, canonical_json, content_id
from core.jobs.ids import check_id
from core.records import ConditionOutcome, EpochRecord, Report, SampleRequest
from core.store import deletion, queries, serial, verification
from core.store.connection import unknown
from core.store.tapes import TapeStore
from core.store.values import Problem, StoredCheckpoint, StoredEvaluation, StoredJob, StoredRun, StoredSample

Found = TypeVar("Found")


class Store(TapeStore):
    """The open catalogue of a session; made by `Store.open(folder)`.

    Saving the same thing twice is silent, saving another thing under a known id is refused with a `StoreError`, and an
    id that is malformed or not there with `UnknownId`. Whatever touches real data or makes synthetic data is audited.
    """

    # Datasets

    def save_dataset(self, dataset: Dataset, *, files: Mapping[str, str] | None = None) -> None:
        """Record a dataset whose tables lie in `tables/`.

        Parameters
        ----------
        files : mapping of path (relative to the session folder) to digest, optional
            Digests of the tables; computed here by default.
        """
        check_id(dataset.id, "dataset")
        if dataset.parent_id is not None:
            check_id(dataset.parent_id, "dataset")
        files = serial.dataset_files(self.folder, dataset.id) if files is None else files
        row = {
            "id": dataset.id, "name": dataset.name, "parent_id": dataset.parent_id, "target": dataset.target,
            "n_rows": dataset.n_rows, "n_train": dataset.n_train, "n_control": dataset.n_control,
            "split": canonical_json(dataset.split.to_json()), "files": canonical_json(dict(files)),
            "content_hash": dataset.content_hash, "created_at": self._now(),
        }  # fmt: skip
        with self._transaction() as cursor:
            if not self._add(cursor, "dataset", row):
                return
            columns = ("dataset_id", "place", "name", "type", "storage", "treatment", "reason", "definition")
            self._insert_rows(cursor, "dataset_column", columns, serial.column_rows(dataset))
            self._audit(
                cursor, "save dataset", [dataset.id], {"n_rows": dataset.n_rows, "n_control": dataset.n_control}
            )

    def list_datasets(self) -> list[Dataset]:
        """Datasets, oldest first."""
        return self._datasets(None)

    def find_dataset(self, dataset_id: str) -> Dataset:
        """The dataset with this id, or `UnknownId`."""
        return _only(self._datasets(check_id(dataset_id, "dataset")), dataset_id)

    def _datasets(self, dataset_id: str | None) -> list[Dataset]:
        with self._cursor() as cursor:
            rows = cursor.execute(queries.LIST_DATASETS, [dataset_id, dataset_id]).fetchall()
            columns = [cursor.execute(queries.LIST_COLUMNS, [row[0]]).fetchall() for row in rows]
        return [
            serial.row_to_dataset(row, [text for (text,) in definitions])
            for row, definitions in zip(rows, columns, strict=True)
        ]

    def save_constraints(self, dataset_id: str, constraints: Iterable[Mapping[str, Any]]) -> None:
        """Replace the accepted constraints of a dataset, plain JSON values. Runs keep those that they started with."""
        key, definitions = check_id(dataset_id, "dataset"), [canonical_json(dict(one)) for one in constraints]
        with self._transaction() as cursor:
            self._need(cursor, "dataset", key)
            cursor.execute(queries.delete("dataset_constraint", "dataset_id"), [[key]])
            rows = [[key, place, text] for place, text in enumerate(definitions)]
            self._insert_rows(cursor, "dataset_constraint", ("dataset_id", "place", "definition"), rows)
            self._audit(cursor, "set constraints", [key], {"constraints": [json.loads(one) for one in definitions]})

    def list_constraints(self, dataset_id: str) -> list[dict[str, Any]]:
        """The accepted constraints of a dataset, in the order in which they were accepted."""
        rows = self._rows(queries.LIST_CONSTRAINTS, check_id(dataset_id, "dataset"))
        return [json.loads(text) for (text,) in rows]

    # Runs

    def save_run(self, run_id: str, *, dataset_id: str, config: Mapping[str, Any]) -> None:
        """Record that a training was started. `config` is the training's configuration as plain JSON."""
        check_id(run_id, "run")
        text, now = canonical_json(dict(config)), self._now()
        with self._transaction() as cursor:
            self._need(cursor, "dataset", check_id(dataset_id, "dataset"))
            row = {
                "id": run_id, "dataset_id": dataset_id, "state": "waiting", "config": text,
                "config_hash": content_id(dict(config)), "created_at": now, "updated_at": now,
            }  # fmt: skip
            if self._add(cursor, "training_run", row, same=("dataset_id", "config_hash")):
                self._audit(cursor, "start run", [run_id, dataset_id], dict(config))

    def update_run(
        self,
        run_id: str,
        *,
        state: str,
        device: str | None = None,
        versions: Mapping[str, str] | None = None,
        error: str | None = None,
    ) -> None:
        """Note where a run stands; device and versions stay as they are where None is given."""
        with self._transaction() as cursor:
            self._need(cursor, "training_run", check_id(run_id, "run"))
            known = canonical_json(dict(versions)) if versions else None
            cursor.execute(queries.UPDATE_RUN, [str(state), device, known, error, self._now(), run_id])

    def find_run(self, run_id: str) -> StoredRun:
        """The run with this id, or `UnknownId`."""
        key = check_id(run_id, "run")
        return _only([serial.row_to_run(row) for row in self._rows(queries.LIST_RUNS, key, key, None, None)], run_id)

    def list_runs(self, dataset_id: str | None = None) -> list[StoredRun]:
        """Runs, oldest first; those of one dataset where it is given."""
        key = None if dataset_id is None else check_id(dataset_id, "dataset")
        return [serial.row_to_run(row) for row in self._rows(queries.LIST_RUNS, None, None, key, key)]

    def save_epochs(self, run_id: str, records: Iterable[EpochRecord]) -> int:
        """Take in the records of a run, leaving those whose step is known as they are; gives the number of new ones."""
        lists = serial.epoch_lists(list(records))
        with self._transaction() as cursor:
            self._need(cursor, "training_run", check_id(run_id, "run"))
            cursor.execute(queries.ADD_EPOCHS, [run_id, *lists])
            return cursor.fetchone()[0]

    def list_epochs(self, run_id: str) -> list[EpochRecord]:
        """Records of a run in the order of training."""
        rows = self._rows(queries.LIST_EPOCHS, check_id(run_id, "run"))
        return [EpochRecord.from_json(json.loads(text)) for (text,) in rows]

    def drop_run_tail(self, run_id: str, *, epoch: int, step: int) -> None:
        """Forget records and checkpoints beyond a place that a run went back to; it has trained that stretch anew."""
        with self._transaction() as cursor:
            self._need(cursor, "training_run", check_id(run_id, "run"))
            cursor.execute(queries.DROP_EPOCHS, [run_id, step])
            cursor.execute(queries.DROP_CHECKPOINTS, [run_id, epoch])

    def save_checkpoint(self, run_id: str, *, epoch: int, folder: str, step: int | None = None) -> None:
        """Record a checkpoint. A folder that the disk budget has given up meanwhile is not recorded."""
        path = self._inside(folder)
        if not path.is_dir():
            return
        digest = serial.folder_hash(path)
        with self._transaction() as cursor:
            self._need(cursor, "training_run", check_id(run_id, "run"))
            columns = ("run_id", "epoch", "step", "folder", "content_hash", "created_at")
            row = [run_id, epoch, step, folder, digest, self._now()]
            cursor.execute(queries.insert("checkpoint", columns), row)

    def list_checkpoints(self, run_id: str) -> list[StoredCheckpoint]:
        """Checkpoints of a run by epoch."""
        key = check_id(run_id, "run")
        return [serial.row_to_checkpoint(row) for row in self._rows(queries.LIST_CHECKPOINTS, key, key)]

    # Samples

    def save_sample(
        self,
        sample_id: str,
        *,
        run_id: str,
        epoch: int | None,
        request: SampleRequest,
        n_rows: int,
        n_unconditioned: int,
        outcomes: Sequence[ConditionOutcome],
        path: str,
        content_hash: str | None = None,
    ) -> None:
        """Record a sample whose rows lie in the Parquet file `path`; its digest is computed here by default."""
        check_id(sample_id, "sample")
        digest = content_hash or serial.file_hash(self._inside(path))
        with self._transaction() as cursor:
            self._need(cursor, "training_run", check_id(run_id, "run"))
            row = {
                "id": sample_id, "run_id": run_id, "epoch": epoch, "request": canonical_json(request.to_json()),
                "n_rows": n_rows, "n_unconditioned": n_unconditioned, "outcomes": serial.outcomes_to_json(outcomes),
                "path": path, "content_hash": digest, "created_at": self._now(),
            }  # fmt: skip
            if self._add(cursor, "sample", row):
                settings = {"epoch": epoch, "n_rows": request.n_rows, "seed": request.seed}
                settings["conditions"] = [{"column": one.column, "n_rows": one.n_rows} for one in request.conditions]
                self._audit(cursor, "draw sample", [sample_id, run_id], settings)

    def find_sample(self, sample_id: str) -> StoredSample:
        """The sample with this id, or `UnknownId`."""
        key = check_id(sample_id, "sample")
        rows = self._rows(queries.LIST_SAMPLES, key, key, None, None)
        return _only([serial.row_to_sample(row) for row in rows], sample_id)

    def list_samples(self, run_id: str | None = None) -> list[StoredSample]:
        """Samples, oldest first; those of one run where it is given."""
        key = None if run_id is None else check_id(run_id, "run")
        return [serial.row_to_sample(row) for row in self._rows(queries.LIST_SAMPLES, None, None, key, key)]

    # Evaluations

    def save_evaluation(
        self, evaluation_id: str, *, sample_id: str, parts: Sequence[str], plan: str, report: Report
    ) -> None:
        """Record what judging a sample found."""
        check_id(evaluation_id, "evaluation")
        value = report.to_json()
        row = {
            "id": evaluation_id, "sample_id": sample_id, "parts": canonical_json([str(part) for part in parts]),
            "plan": str(plan), "settings": canonical_json(value["settings"]),
            "versions": canonical_json(value["versions"]), "pictures": canonical_json(value["pictures"]),
            "content_hash": content_id(value), "created_at": self._now(),
        }  # fmt: skip
        results = [serial.result_row(evaluation_id, place, one) for place, one in enumerate(report.results)]
        with self._transaction() as cursor:
            self._need(cursor, "sample", check_id(sample_id, "sample"))
            if self._add(cursor, "evaluation", row):
                self._insert_rows(cursor, "metric_result", queries.RESULT_COLUMNS, results)
                settings = {"parts": [str(part) for part in parts], "plan": str(plan)}
                self._audit(cursor, "judge sample", [evaluation_id, sample_id], settings)

    def find_evaluation(self, evaluation_id: str) -> StoredEvaluation:
        """The evaluation with this id, or `UnknownId`."""
        key = check_id(evaluation_id, "evaluation")
        rows = self._rows(queries.LIST_EVALUATIONS, key, key, None, None)
        return _only([serial.row_to_evaluation(row) for row in rows], evaluation_id)

    def list_evaluations(self, sample_id: str | None = None) -> list[StoredEvaluation]:
        """Evaluations, oldest first; those of one sample where it is given."""
        key = None if sample_id is None else check_id(sample_id, "sample")
        return [serial.row_to_evaluation(row) for row in self._rows(queries.LIST_EVALUATIONS, None, None, key, key)]

    def find_report(self, evaluation_id: str) -> Report:
        """The report of an evaluation, or `UnknownId`."""
        self.find_evaluation(evaluation_id)
        settings, versions, pictures = self._rows(queries.FIND_REPORT, evaluation_id)[0]
        return serial.report_from(self._rows(queries.LIST_RESULTS, evaluation_id), settings, versions, pictures)

    # Jobs

    def save_job(self, job_id: str, *, kind: str, config: Mapping[str, Any]) -> None:
        """Record that a job was started; later calls for the same job change nothing."""
        now = self._now()
        row = {
            "id": check_id(job_id), "kind": kind, "state": "waiting", "config": canonical_json(dict(config)),
            "error_id": "", "error": "", "created_at": now, "updated_at": now,
        }  # fmt: skip
        with self._transaction() as cursor:
            if self._add(cursor, "job", row, same=("kind",)):
                self._audit(cursor, f"start {kind}", [job_id], {})

    def update_job(self, job_id: str, *, state: str, error_id: str = "", error: str = "") -> None:
        """Note where a job stands."""
        with self._transaction() as cursor:
            self._need(cursor, "job", check_id(job_id))
            cursor.execute(queries.UPDATE_JOB, [str(state), error_id, error, self._now(), job_id])

    def find_job(self, job_id: str) -> StoredJob:
        """The job with this id, or `UnknownId`."""
        key = check_id(job_id)
        return _only([serial.row_to_job(row) for row in self._rows(queries.LIST_JOBS, key, key)], job_id)

    def list_jobs(self) -> list[StoredJob]:
        """Jobs, oldest first."""
        return [serial.row_to_job(row) for row in self._rows(queries.LIST_JOBS, None, None)]

    # Deletion and verification

    def delete_dataset(self, dataset_id: str) -> None:
        """Delete a dataset with its runs, samples and evaluations: rows, tables, job folders.

        The reading and the upload that it was made from go too, unless another dataset was made from them.

        Raises
        ------
        UnknownId
        StoreError
            If a job of any of them still works.
        """
        self.find_dataset(dataset_id)
        self._delete("dataset", dataset_id)

    def delete_run(self, run_id: str) -> None:
        """Delete a run with its checkpoints, samples and evaluations; as `delete_dataset`."""
        self.find_run(run_id)
        self._delete("run", run_id)

    def delete_sample(self, sample_id: str) -> None:
        """Delete a sample with its evaluations; as `delete_dataset`."""
        self.find_sample(sample_id)
        self._delete("sample", sample_id)

    def _delete(self, kind: str, key: str) -> None:
        with self._writing:
            doomed = deletion.doomed_by(key, self.list_jobs(), self._rows(queries.LIST_LINKS))
            # Files first: cut off in between, the thing is still listed and can be deleted again; the other way round
            # real rows would lie in a folder that nothing names.
            deletion.remove_files(self.folder, doomed)
            with self._transaction() as cursor:
                for table, column in deletion.TABLES:
                    cursor.execute(queries.delete(table, column), [list(doomed.ids)])
                self._audit(cursor, f"delete {kind}", [key], {"n_deleted": len(doomed.ids)})
            with self._cursor() as cursor:
                cursor.execute("checkpoint")

    def verify(self) -> list[Problem]:
        """Compute every stored digest again; gives what no longer matches, missing files included."""
        return verification.problems(self)


def _only(found: Sequence[Found], key: str) -> Found:
    if not found:
        raise unknown(key)
    return found[0]
