"""Small stored things for the tests of the store."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from core.dataset import Dataset, SplitSpec
from core.jobs.ids import new_id
from core.records import (
    ColumnPicture,
    Condition,
    ConditionOutcome,
    DistanceCurve,
    EpochRecord,
    MetricResult,
    ProbeRecord,
    Report,
    SampleRequest,
    Scope,
    Status,
)
from core.schema import Column, ColumnType, Schema, Storage
from core.store.serial import dataset_files, dataset_hash
from core.store.store import Store

NASTY = ['a"; drop table dataset; --', "Robert'); --", "名前", "with \n line end", "%s", "{}", "?", "select"]

SCHEMA = Schema(
    columns=(
        Column(name="age", type=ColumnType.CONTINUOUS, reason="numbers", storage=Storage.INTEGER, decimals=0),
        Column(name="size", type=ColumnType.ORDINAL, reason="levels", storage=Storage.TEXT, order=("S", "M", "L")),
        *(Column(name=name, type=ColumnType.TEXT, reason="texts", storage=Storage.TEXT) for name in NASTY),
    )
)

RESULTS = (
    MetricResult(metric="column_shapes", value=0.91, low=0.9, high=0.92, interval="95 %", anchors={"control": 0.99}),
    MetricResult(metric="dcr_share", value=0.5, counts={"nearer": 10, "rows": 20}, n_rows=20, seconds=1.5),
    MetricResult(metric="pair", scope=Scope.PAIR, subject=("age", NASTY[0]), value=0.25),
    MetricResult(metric="tstr_auc", status=Status.NOT_MEASURED, explanation="There is no target."),
)
REPORT = Report(
    results=RESULTS,
    columns=(ColumnPicture(column=NASTY[0], type="text", labels=("a", "b"), real=(1, 2), synthetic=(2, 1)),),
    curves=(DistanceCurve(name="dcr", label="distance", grid=(0.0, 1.0), series={"train": (0.5, 1.0)}),),
    settings={"seed": 0, "target": None},
    versions={"python": "3.11"},
)


def record(epoch: int) -> EpochRecord:
    """An epoch's record."""
    names = [one.name for one in dataclasses.fields(EpochRecord)]
    numbers = dict.fromkeys(names, 0.5) | {"epoch": epoch, "step": 10 * epoch, "epoch_done": True}
    probe = ProbeRecord(n_rows=9, shapes=(0.5, None), entropies=(1.0, None), lost=(0, None), train_score=0.25)
    numbers["probe"] = probe if epoch % 2 else None
    return EpochRecord(**numbers)


def make_dataset(store: Store, **changes: Any) -> Dataset:
    """A dataset with its table in the session, saved."""
    dataset_id = changes.pop("id", None) or new_id("dataset")
    (store.folder / "tables" / f"{dataset_id}.parquet").write_bytes(b"all rows")
    (store.folder / "tables" / f"{dataset_id}-train.parquet").write_bytes(b"train rows")
    split = SplitSpec(key="0" * 32, thresholds={"a": 2**63, "": 7})
    digest = dataset_hash(SCHEMA, split, "size", dataset_files(store.folder, dataset_id))
    dataset = Dataset(
        id=dataset_id, name="people", schema=SCHEMA, split=split, n_rows=10, n_train=8, n_control=2, target="size",
        content_hash=digest,
    )  # fmt: skip
    dataset = dataclasses.replace(dataset, **changes)
    store.save_dataset(dataset)
    store.save_job(dataset.id, kind="profile", config={"dataset_id": dataset.id, "table": "jobs/none/table.parquet"})
    return dataset


def make_run(store: Store, dataset_id: str) -> str:
    """A run with three epochs and a checkpoint."""
    run_id = new_id("run")
    store.save_run(run_id, dataset_id=dataset_id, config={"epochs": 3, "seed": 0})
    store.save_job(run_id, kind="train", config={"dataset_id": dataset_id})
    store.save_epochs(run_id, [record(epoch) for epoch in (1, 2, 3)])
    folder = job_folder(store, run_id) / "checkpoint-000003"
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text("{}")
    store.save_checkpoint(run_id, epoch=3, folder=f"jobs/{run_id}/checkpoint-000003")
    return run_id


def make_sample(store: Store, run_id: str) -> str:
    """A sample with its table."""
    sample_id = new_id("sample")
    (store.folder / "tables" / f"{sample_id}.parquet").write_bytes(b"synthetic rows")
    condition = Condition(column="size", level="a secret level", n_rows=2)
    store.save_sample(
        sample_id,
        run_id=run_id,
        epoch=3,
        request=SampleRequest(n_rows=5, seed=1, conditions=(condition,)),
        n_rows=7,
        n_unconditioned=5,
        outcomes=[ConditionOutcome(condition=condition, n_obtained=2, n_drawn=4, n_matched_natively=1)],
        path=f"tables/{sample_id}.parquet",
    )
    store.save_job(sample_id, kind="sample", config={"run_id": run_id})
    job_folder(store, sample_id).mkdir(parents=True)
    return sample_id


def make_evaluation(store: Store, sample_id: str) -> str:
    """An evaluation with its report."""
    evaluation_id = new_id("evaluation")
    store.save_evaluation(evaluation_id, sample_id=sample_id, parts=("fidelity",), plan="quick", report=REPORT)
    store.save_job(evaluation_id, kind="evaluate", config={"sample_id": sample_id})
    return evaluation_id


def job_folder(store: Store, job_id: str) -> Path:
    """Where a job's files lie."""
    return store.folder / "jobs" / job_id
