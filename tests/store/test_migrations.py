"""Migrations: from empty and from every earlier version, one transaction each, and never backwards."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from core.errors import MigrationFailed
from core.jobs.ids import JOB_ID_KINDS, new_id
from core.store.migrations import MIGRATIONS, applied, migrate
from core.store.store import Store
from tests.store.making import make_dataset, make_evaluation, make_run, make_sample

NAMES = tuple(step.__name__ for step in MIGRATIONS)


def now() -> datetime:
    return datetime(2026, 1, 1)


def tables(cursor: duckdb.DuckDBPyConnection) -> list[tuple]:
    return cursor.execute(
        "select table_name, column_name, data_type, is_nullable from information_schema.columns order by all"
    ).fetchall()


@pytest.fixture
def cursor():
    with duckdb.connect() as connection:
        yield connection


def test_names_say_their_order() -> None:
    assert list(NAMES) == sorted(NAMES)
    assert [name[:5] for name in NAMES] == [f"m{place:03d}_" for place in range(1, len(NAMES) + 1)]
    assert all(step.__doc__ for step in MIGRATIONS)


def test_a_catalogue_takes_jobs_of_every_kind(tmp_path) -> None:
    with Store.open(tmp_path) as store:
        for kind, id_kind in JOB_ID_KINDS.items():
            store.save_job(new_id(id_kind), kind=kind, config={})
        assert {job.kind for job in store.list_jobs()} == set(JOB_ID_KINDS)


def test_an_empty_catalogue_gets_every_step_once(cursor) -> None:
    assert applied(cursor) == ()
    assert migrate(cursor, now) == NAMES
    assert applied(cursor) == NAMES
    before = tables(cursor)
    assert migrate(cursor, now) == ()
    assert tables(cursor) == before
    assert {name for name, *_ in before} == {
        "dataset", "dataset_column", "training_run", "epoch", "checkpoint", "sample", "evaluation", "metric_result",
        "job", "audit", "migration", "tape_point", "decision", "sweep_trial",
        "dataset_constraint",
    }  # fmt: skip


@pytest.mark.parametrize("there", range(len(MIGRATIONS)))
def test_every_earlier_version_becomes_what_an_empty_one_becomes(cursor, there: int) -> None:
    migrate(cursor, now, MIGRATIONS[:there])
    if there:
        row = ["dataset-0123456789abcdef", "people", None, None, 1, 1, 0, "{}", "{}", "", now()]
        cursor.execute("insert into dataset values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    assert migrate(cursor, now) == NAMES[there:]
    with duckdb.connect() as other:
        migrate(other, now)
        assert tables(cursor) == tables(other)
    assert len(cursor.execute("select * from dataset").fetchall()) == bool(there)


@pytest.mark.parametrize("there", range(1, len(MIGRATIONS) + 1))
def test_a_store_of_any_earlier_version_opens_and_works(tmp_path: Path, there: int) -> None:
    with duckdb.connect(str(tmp_path / "session.duckdb")) as connection:
        migrate(connection, now, MIGRATIONS[:there])
    with Store.open(tmp_path) as store:
        make_evaluation(store, make_sample(store, make_run(store, make_dataset(store).id)))
        assert store.verify() == []


def test_asking_what_is_applied_writes_nothing(cursor) -> None:
    applied(cursor)
    assert tables(cursor) == []


def test_a_step_that_fails_changes_nothing_and_can_be_tried_again(cursor) -> None:
    def m998_broken(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("create table extra (a integer)")
        cursor.execute("insert into dataset (id) values ('half')")

    migrate(cursor, now)
    before = tables(cursor)
    with pytest.raises(MigrationFailed, match="m998_broken"):
        migrate(cursor, now, (*MIGRATIONS, m998_broken))
    assert tables(cursor) == before
    assert applied(cursor) == NAMES

    def m998_mended(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("create table extra (a integer)")

    assert migrate(cursor, now, (*MIGRATIONS, m998_mended)) == ("m998_mended",)


def test_a_catalogue_from_before_a_verdict_was_known_takes_it(cursor) -> None:
    migrate(cursor, now, MIGRATIONS[:3])
    # as the step was released: without the newer verdict
    cursor.execute("drop table metric_result")
    cursor.execute(
        "create table metric_result (evaluation_id varchar not null, place integer not null, metric varchar not null, "
        "scope varchar not null, subject varchar not null, value double, low double, high double, "
        "interval varchar not null, direction varchar not null, unit varchar not null, anchors varchar not null, "
        "counts varchar not null, verdict varchar not null check (verdict in ('pass', 'caution', 'fail', "
        "'not measured')), rule varchar not null, status varchar not null, explanation varchar not null, "
        "n_rows bigint not null, seconds double not null, primary key (evaluation_id, place))"
    )
    row = (
        "insert into metric_result values ('e', ?, 'linkability', 'table', '[]', .1, .0, .2, '', 'lower is better', "
        "'', '{}', '{}', ?, '', 'measured', '', 1, 0)"
    )
    cursor.execute(row, [0, "pass"])
    with pytest.raises(duckdb.ConstraintException):
        cursor.execute(row, [1, "too weak to say"])
    migrate(cursor, now)
    cursor.execute(row, [1, "too weak to say"])
    assert cursor.execute("select verdict from metric_result order by place").fetchall() == [
        ("pass",),
        ("too weak to say",),
    ]


def test_a_catalogue_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    def m999_future(cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("create table future (a integer)")

    with duckdb.connect(str(tmp_path / "session.duckdb")) as connection:
        migrate(connection, now, (*MIGRATIONS, m999_future))
    with pytest.raises(MigrationFailed, match="m999_future"):
        Store.open(tmp_path)
    with duckdb.connect(str(tmp_path / "session.duckdb")) as connection:
        assert "future" in {name for name, *_ in tables(connection)}
