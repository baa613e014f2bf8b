"""The store: what goes in comes out, once, and nothing under a wrong id."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import StoreError, UnknownId
from core.jobs.ids import new_id
from core.records import Report
from core.schema import ColumnType
from core.store.store import Store
from tests.store.making import (
    REPORT,
    SCHEMA,
    job_folder,
    make_dataset,
    make_evaluation,
    make_run,
    make_sample,
    record,
)


def test_a_dataset_comes_back_as_it_was_saved_whatever_its_columns_are_called(store) -> None:
    dataset = make_dataset(store)
    assert store.find_dataset(dataset.id) == dataset
    assert store.list_datasets() == [dataset]
    assert store.find_dataset(dataset.id).schema == SCHEMA


def test_everything_comes_back_after_the_store_was_closed_and_opened_again(store) -> None:
    dataset = make_dataset(store)
    run_id = make_run(store, dataset.id)
    sample_id = make_sample(store, run_id)
    evaluation_id = make_evaluation(store, sample_id)
    store.update_run(run_id, state="done", device="processor", versions={"torch": "2"})
    before = (
        store.find_run(run_id), store.find_sample(sample_id), store.find_evaluation(evaluation_id),
        store.list_epochs(run_id), store.list_checkpoints(run_id), store.list_jobs(), store.list_audit(),
    )  # fmt: skip
    store.close()
    with Store.open(store.folder) as again:
        after = (
            again.find_run(run_id), again.find_sample(sample_id), again.find_evaluation(evaluation_id),
            again.list_epochs(run_id), again.list_checkpoints(run_id), again.list_jobs(), again.list_audit(),
        )  # fmt: skip
        assert after == before
        assert again.find_report(evaluation_id) == REPORT
        assert again.verify() == []


def test_a_report_comes_back_as_it_was_saved(store) -> None:
    evaluation_id = make_evaluation(store, make_sample(store, make_run(store, make_dataset(store).id)))
    assert store.find_report(evaluation_id) == REPORT
    assert store.find_evaluation(evaluation_id).parts == ("fidelity",)


def test_a_report_with_thousands_of_results_comes_back_in_order(store) -> None:
    sample_id = make_sample(store, make_run(store, make_dataset(store).id))
    one = REPORT.results[0]
    results = tuple(dataclasses.replace(one, subject=(f"column {n}",), value=n / 1500) for n in range(1500))
    evaluation_id = new_id("evaluation")
    report = Report(results=results)
    store.save_evaluation(evaluation_id, sample_id=sample_id, parts=("fidelity",), plan="full", report=report)
    assert store.find_report(evaluation_id) == report


def test_a_run_gains_epochs_and_keeps_those_it_has(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    assert store.save_epochs(run_id, [record(epoch) for epoch in (2, 3, 4, 5)]) == 2
    assert store.save_epochs(run_id, []) == 0
    assert [one.epoch for one in store.list_epochs(run_id)] == [1, 2, 3, 4, 5]
    assert store.find_run(run_id).n_epochs == 5


def test_device_and_versions_of_a_run_stay_where_none_are_given(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    store.update_run(run_id, state="running", device="processor", versions={"torch": "2"})
    store.update_run(run_id, state="failed", error="The disk is full.")
    run = store.find_run(run_id)
    assert (run.state, run.device, run.versions, run.error) == (
        "failed", "processor", {"torch": "2"}, "The disk is full.",
    )  # fmt: skip


def test_lists_can_be_narrowed_to_what_something_was_made_from(store) -> None:
    first, second = make_dataset(store), make_dataset(store)
    run, other = make_run(store, first.id), make_run(store, second.id)
    sample = make_sample(store, run)
    evaluation = make_evaluation(store, sample)
    assert [one.id for one in store.list_runs()] == [run, other]
    assert [one.id for one in store.list_runs(first.id)] == [run]
    assert [one.id for one in store.list_samples(run)] == [sample]
    assert store.list_samples(other) == []
    assert [one.id for one in store.list_evaluations(sample)] == [evaluation]


def test_taking_the_same_results_again_changes_nothing(store) -> None:
    dataset = make_dataset(store)
    run_id = make_run(store, dataset.id)
    sample_id = make_sample(store, run_id)
    evaluation_id = make_evaluation(store, sample_id)
    audit, sample = store.list_audit(), store.find_sample(sample_id)
    for _ in range(2):
        store.save_dataset(dataset)
        store.save_run(run_id, dataset_id=dataset.id, config={"epochs": 3, "seed": 0})
        store.save_epochs(run_id, [record(epoch) for epoch in (1, 2, 3)])
        store.save_checkpoint(run_id, epoch=3, folder=f"jobs/{run_id}/checkpoint-000003")
        store.save_sample(
            sample_id, run_id=run_id, epoch=3, request=sample.request, n_rows=7, n_unconditioned=5,
            outcomes=sample.outcomes, path=sample.path,
        )  # fmt: skip
        store.save_evaluation(evaluation_id, sample_id=sample_id, parts=("fidelity",), plan="quick", report=REPORT)
        store.save_job(run_id, kind="train", config={"another": "form"})
    assert store.list_audit() == audit
    assert store.list_jobs()[1].config == {"dataset_id": dataset.id}
    assert len(store.list_datasets()) == len(store.list_runs()) == len(store.list_samples()) == 1
    assert store.verify() == []


def test_another_content_under_a_known_id_is_refused(store) -> None:
    dataset = make_dataset(store)
    run_id = make_run(store, dataset.id)
    evaluation_id = make_evaluation(store, make_sample(store, run_id))
    with pytest.raises(StoreError, match="another content"):
        store.save_dataset(dataclasses.replace(dataset, content_hash="sha256:other"))
    with pytest.raises(StoreError, match="another content"):
        store.save_run(run_id, dataset_id=dataset.id, config={"epochs": 4})
    with pytest.raises(StoreError, match="another content"):
        store.save_evaluation(
            evaluation_id, sample_id=store.list_samples()[0].id, parts=(), plan="quick", report=Report()
        )
    assert store.find_dataset(dataset.id) == dataset


@pytest.mark.parametrize(
    "key",
    [
        "", "x", "../../etc/passwd", "run-0123456789abcdef' or '1'='1", "run-0123456789ABCDEF",
        "run-0123456789abcdef\n", None, 3,
    ],
)  # fmt: skip
def test_malformed_ids_are_refused_everywhere(store, key) -> None:
    calls = [
        store.find_dataset, store.find_run, store.find_sample, store.find_evaluation, store.find_report, store.find_job,
        store.delete_dataset, store.delete_run, store.delete_sample, store.list_epochs,
        lambda key: store.save_run(key, dataset_id=key, config={}),
        lambda key: store.save_epochs(key, []),
        lambda key: store.update_run(key, state="done"),
        lambda key: store.save_job(key, kind="train", config={}),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(UnknownId):
            call(key)


def test_ids_that_are_well_formed_and_not_there_are_refused(store) -> None:
    dataset, run, sample = new_id("dataset"), new_id("run"), new_id("sample")
    for call in (
        lambda: store.find_dataset(dataset),
        lambda: store.find_run(run),
        lambda: store.find_sample(sample),
        lambda: store.find_report(new_id("evaluation")),
        lambda: store.find_job(run),
        lambda: store.delete_run(run),
        lambda: store.save_run(run, dataset_id=dataset, config={}),
        lambda: store.save_epochs(run, [record(1)]),
        lambda: store.update_job(run, state="done"),
    ):
        with pytest.raises(UnknownId, match="There is no"):
            call()
    with pytest.raises(UnknownId, match="is not the id of a run"):
        store.find_run(dataset)
    assert store.list_runs() == []
    assert store.list_audit() == []


def test_a_state_that_there_is_not_is_refused_by_the_database_and_leaves_everything_as_it_was(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    before = store.find_run(run_id)
    with pytest.raises(StoreError, match="did not take"):
        store.update_run(run_id, state="flying")
    with pytest.raises(StoreError):
        store.save_job(new_id("run"), kind="bake", config={})
    assert store.find_run(run_id) == before


def test_paths_that_lead_out_of_the_session_are_refused(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    for path in ("../secret", "/etc/passwd", ""):
        with pytest.raises(StoreError, match="outside"):
            store.save_checkpoint(run_id, epoch=9, folder=path)


def test_a_run_that_went_back_forgets_what_lay_beyond_and_takes_it_in_anew(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    store.save_epochs(run_id, [record(epoch) for epoch in (1, 2, 3, 4)])
    store.drop_run_tail(run_id, epoch=2, step=20)
    assert [one.epoch for one in store.list_epochs(run_id)] == [1, 2]
    assert all(one.epoch <= 2 for one in store.list_checkpoints(run_id))
    again = [dataclasses.replace(record(epoch), generator_loss=7.0) for epoch in (1, 2, 3, 4)]
    store.save_epochs(run_id, again)
    assert [one.generator_loss for one in store.list_epochs(run_id)] == [0.5, 0.5, 7.0, 7.0]


def test_a_checkpoint_that_the_disk_budget_has_given_up_is_not_recorded(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    store.save_checkpoint(run_id, epoch=1, folder=f"jobs/{run_id}/checkpoint-000001")
    assert [one.epoch for one in store.list_checkpoints(run_id)] == [3]


def test_deleting_a_dataset_deletes_everything_made_from_it_and_nothing_else(store) -> None:
    doomed, kept = make_dataset(store), make_dataset(store)
    evaluations = [make_evaluation(store, make_sample(store, make_run(store, one.id))) for one in (doomed, kept)]
    gone = [store.list_samples()[0].id, store.list_runs()[0].id]
    store.delete_dataset(doomed.id)
    assert [one.id for one in store.list_datasets()] == [kept.id]
    assert len(store.list_runs()) == len(store.list_samples()) == 1
    assert [one.id for one in store.list_evaluations()] == [evaluations[1]]
    assert len(store.list_jobs()) == 4
    names = {path.name for path in store.folder.rglob("*")}
    assert not any(key in name for key in [doomed.id, *gone] for name in names)
    assert store.verify() == []
    assert store.list_audit()[-1].action == "delete dataset"
    with pytest.raises(UnknownId):
        store.find_report(evaluations[0])


def test_deleting_a_sample_keeps_its_run(store) -> None:
    run_id = make_run(store, make_dataset(store).id)
    first, second = make_sample(store, run_id), make_sample(store, run_id)
    make_evaluation(store, first)
    store.delete_sample(first)
    assert [one.id for one in store.list_samples()] == [second]
    assert store.list_evaluations() == []
    assert not (store.folder / "tables" / f"{first}.parquet").exists()
    store.delete_run(run_id)
    assert store.list_samples() == store.list_runs() == []
    assert len(store.list_datasets()) == 1


def test_the_reading_and_upload_behind_a_dataset_go_with_the_last_one_made_from_them(store, tmp_path: Path) -> None:
    reading = new_id("reading")
    (store.folder / "uploads" / "people.csv").write_text("a")
    job_folder(store, reading).mkdir()
    (job_folder(store, reading) / "table.parquet").write_bytes(b"real rows")
    store.save_job(reading, kind="read", config={"source": "uploads/people.csv"})
    datasets = [new_id("dataset"), new_id("dataset")]
    for key in datasets:
        config = {"dataset_id": key, "table": f"jobs/{reading}/table.parquet"}
        store.save_job(key, kind="profile", config=config)
        make_dataset(store, id=key)
    store.delete_dataset(datasets[0])
    assert job_folder(store, reading).exists()
    assert (store.folder / "uploads" / "people.csv").exists()
    store.delete_dataset(datasets[1])
    assert not job_folder(store, reading).exists()
    assert not (store.folder / "uploads" / "people.csv").exists()
    assert store.list_jobs() == []


def test_a_table_read_where_it_lay_is_never_deleted(store, tmp_path: Path) -> None:
    reading, key = new_id("reading"), new_id("dataset")
    (tmp_path / "theirs.csv").write_text("a")
    store.save_job(reading, kind="read", config={"source": str(tmp_path / "theirs.csv")})
    store.save_job(key, kind="profile", config={"dataset_id": key, "table": f"jobs/{reading}/table.parquet"})
    make_dataset(store, id=key)
    store.delete_dataset(key)
    assert (tmp_path / "theirs.csv").exists()


def test_nothing_is_deleted_while_a_job_of_it_works(store) -> None:
    from core.jobs.files import held

    dataset = make_dataset(store)
    run_id = make_run(store, dataset.id)
    with held(job_folder(store, run_id) / "lock"), pytest.raises(StoreError, match=f"Still at work: {run_id}"):
        store.delete_dataset(dataset.id)
    assert store.find_run(run_id)
    assert (store.folder / "tables" / f"{dataset.id}.parquet").exists()
    store.delete_dataset(dataset.id)


def test_the_audit_names_every_action_and_holds_no_value_of_a_table(store) -> None:
    dataset = make_dataset(store)
    run_id = make_run(store, dataset.id)
    sample_id = make_sample(store, run_id)
    make_evaluation(store, sample_id)
    store.audit("export sample", [sample_id], {"format": "csv"})
    entries = store.list_audit()
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.action for entry in entries] == [
        "save dataset", "start profile", "start run", "start train", "draw sample", "start sample", "judge sample",
        "start evaluate", "export sample",
    ]  # fmt: skip
    assert all(entry.at.tzinfo is UTC for entry in entries)
    assert entries[4].settings["conditions"] == [{"column": "size", "n_rows": 2}]
    assert "a secret level" not in str(entries)


def test_times_come_from_the_clock_that_is_passed_in(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5)
    with Store.open(tmp_path, now=lambda: moment) as store:
        run_id = make_run(store, make_dataset(store).id)
        assert store.find_run(run_id).created_at == moment.replace(tzinfo=UTC)


def test_many_threads_read_and_write_at_once_without_losing_or_mixing_anything(store) -> None:
    dataset = make_dataset(store)
    runs = [make_run(store, dataset.id) for _ in range(4)]
    wrong: list[object] = []

    def work(run_id: str) -> None:
        try:
            for turn in range(8):
                store.save_epochs(run_id, [record(epoch) for epoch in range(1, 4 + turn)])
                store.update_run(run_id, state="running", device=run_id)
                store.audit("look", [run_id])
                if store.find_run(run_id).device != run_id or store.find_dataset(dataset.id) != dataset:
                    wrong.append(run_id)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(run_id,)) for run_id in runs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(len(store.list_epochs(run_id)) == 10 for run_id in runs)
    assert sum(entry.action == "look" for entry in store.list_audit()) == 8 * 8
    assert store.verify() == []


def test_types_that_the_schema_has_are_types_that_the_catalogue_takes(store) -> None:
    columns = tuple(dataclasses.replace(SCHEMA.columns[0], name=kind.value, type=kind) for kind in ColumnType)
    make_dataset(store, schema=dataclasses.replace(SCHEMA, columns=columns))
    assert len(store.list_datasets()[0].schema) == len(ColumnType)


def test_constraints_of_a_dataset_are_replaced_as_a_whole_and_go_with_it(store) -> None:
    dataset = make_dataset(store)
    assert store.list_constraints(dataset.id) == []
    first = {"kind": "inequality", "columns": ["a", "b"]}
    second = {"kind": "fixed increments", "columns": ["a"], "increment": 5}
    store.save_constraints(dataset.id, [first, second])
    assert store.list_constraints(dataset.id) == [first, second]
    store.save_constraints(dataset.id, [second])
    assert store.list_constraints(dataset.id) == [second]
    store.delete_dataset(dataset.id)
    assert store.list_constraints(dataset.id) == []
    with pytest.raises(UnknownId):
        store.save_constraints("dataset-" + "0" * 16, [first])


def test_a_rewritten_catalogue_says_the_same_and_holds_nothing_of_what_was_deleted(store):
    secret = "Zq9-planted-name"
    store.audit("upload", settings={"name": "kept"})
    with store._transaction() as cursor:
        cursor.execute("create table planted as select ? as name", [secret])
    with store._cursor() as cursor:
        cursor.execute("checkpoint")
    file = store.folder / "session.duckdb"
    assert secret.encode() in file.read_bytes()
    before = [entry.hash for entry in store.list_audit()]
    with store._transaction() as cursor:
        cursor.execute("drop table planted")
    assert store.compact()
    assert secret.encode() not in file.read_bytes()
    assert not file.with_name("session.duckdb.wal").exists()
    assert [entry.hash for entry in store.list_audit()] == before
    store.audit("upload", settings={"name": "after"})
    assert len(store.list_audit()) == len(before) + 1
    assert store.verify() == []


def test_rewriting_waits_for_readers_and_gives_up_unchanged(store, monkeypatch):
    monkeypatch.setattr("core.store.connection.COMPACT_SECONDS", 0.2)
    with store._cursor() as cursor:
        cursor.execute("select 1")
        assert store.compact() is False
    assert store.compact() is True
