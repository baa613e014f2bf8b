"""The catalogue's tables, as ordered steps; each is applied once, in one transaction with its record.

Steps that were released are never changed: a new need is a new step at the end. There are no foreign keys: they block
deleting parent and child in one transaction, and renames. `core.store.store` checks parents instead.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import duckdb

from core.errors import MigrationFailed
from core.jobs.protocol import JobState
from core.records import Direction, Scope, Status, Verdict
from core.schema import ColumnType, Storage, Treatment

Step = Callable[[duckdb.DuckDBPyConnection], object]


RECORDS = """
    create table if not exists migration (
        name varchar primary key,
        applied_at timestamp not null
    )
"""


def _one_of(values: type[StrEnum] | tuple[str, ...]) -> str:
    """A list for `in (...)` in a check constraint; made of our own words only."""
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def _create_metric_result(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        f"""
        create table metric_result (
            evaluation_id varchar not null,
            place integer not null,
            metric varchar not null,
            scope varchar not null check (scope in {_one_of(Scope)}),
            subject varchar not null,
            value double,
            low double,
            high double,
            interval varchar not null,
            direction varchar not null check (direction in {_one_of(Direction)}),
            unit varchar not null,
            anchors varchar not null,
            counts varchar not null,
            verdict varchar not null check (verdict in {_one_of(Verdict)}),
            rule varchar not null,
            status varchar not null check (status in {_one_of(Status)}),
            explanation varchar not null,
            n_rows bigint not null,
            seconds double not null,
            primary key (evaluation_id, place),
            check ((status = 'measured') = (value is not null))
        )
        """
    )


def m001_catalogue(cursor: duckdb.DuckDBPyConnection) -> None:
    """Datasets, their columns, runs, samples and evaluations."""
    cursor.execute(
        """
        create table dataset (
            id varchar primary key,
            name varchar not null,
            parent_id varchar,
            target varchar,
            n_rows bigint not null check (n_rows >= 0),
            n_train bigint not null check (n_train >= 0),
            n_control bigint not null check (n_control >= 0),
            split varchar not null,
            files varchar not null,
            content_hash varchar not null,
            created_at timestamp not null
        )
        """
    )
    cursor.execute(
        f"""
        create table dataset_column (
            dataset_id varchar not null,
            place integer not null,
            name varchar not null check (name <> ''),
            type varchar not null check (type in {_one_of(ColumnType)}),
            storage varchar not null check (storage in {_one_of(Storage)}),
            treatment varchar not null check (treatment in {_one_of(Treatment)}),
            reason varchar not null,
            definition varchar not null,
            primary key (dataset_id, place)
        )
        """
    )
    cursor.execute(
        f"""
        create table training_run (
            id varchar primary key,
            dataset_id varchar not null,
            state varchar not null check (state in {_one_of(JobState)}),
            config varchar not null,
            config_hash varchar not null,
            device varchar,
            versions varchar,
            error varchar,
            created_at timestamp not null,
            updated_at timestamp not null
        )
        """
    )
    cursor.execute(
        """
        create table epoch (
            run_id varchar not null,
            step bigint not null check (step >= 0),
            epoch bigint not null check (epoch >= 0),
            epoch_done boolean not null,
            record varchar not null,
            primary key (run_id, step)
        )
        """
    )
    cursor.execute(
        """
        create table checkpoint (
            run_id varchar not null,
            epoch bigint not null check (epoch >= 0),
            step bigint,
            folder varchar not null,
            content_hash varchar not null,
            created_at timestamp not null,
            primary key (run_id, epoch)
        )
        """
    )
    cursor.execute(
        """
        create table sample (
            id varchar primary key,
            run_id varchar not null,
            epoch bigint,
            request varchar not null,
            n_rows bigint not null check (n_rows >= 0),
            n_unconditioned bigint not null check (n_unconditioned between 0 and n_rows),
            outcomes varchar not null,
            path varchar not null,
            content_hash varchar not null,
            created_at timestamp not null
        )
        """
    )
    cursor.execute(
        """
        create table evaluation (
            id varchar primary key,
            sample_id varchar not null,
            parts varchar not null,
            plan varchar not null,
            settings varchar not null,
            versions varchar not null,
            pictures varchar not null,
            content_hash varchar not null,
            created_at timestamp not null
        )
        """
    )
    _create_metric_result(cursor)


_FIRST_KINDS = ("read", "profile", "train", "sample", "evaluate", "export")


def m002_jobs(cursor: duckdb.DuckDBPyConnection) -> None:
    """Jobs and the state in which they were last taken in."""
    cursor.execute(
        f"""
        create table job (
            id varchar primary key,
            kind varchar not null check (kind in {_one_of(_FIRST_KINDS)}),
            state varchar not null check (state in {_one_of(JobState)}),
            config varchar not null,
            error_id varchar not null,
            error varchar not null,
            created_at timestamp not null,
            updated_at timestamp not null
        )
        """
    )


def m003_audit(cursor: duckdb.DuckDBPyConnection) -> None:
    """What was done, when; every entry's hash covers the one before, so none can be changed or taken out between."""
    cursor.execute(
        """
        create table audit (
            number bigint primary key check (number >= 1),
            happened_at timestamp not null,
            action varchar not null,
            ids varchar not null,
            settings varchar not null,
            hash varchar not null
        )
        """
    )


def m004_more_verdicts(cursor: duckdb.DuckDBPyConnection) -> None:
    """Verdicts that came later ("too weak to say"): a check cannot be widened, so the table is written anew."""
    cursor.execute("alter table metric_result rename to metric_result_before")
    _create_metric_result(cursor)
    cursor.execute("insert into metric_result by name select * from metric_result_before")
    cursor.execute("drop table metric_result_before")


def _allow_jobs_of(cursor: duckdb.DuckDBPyConnection, kinds: tuple[str, ...]) -> None:
    # a CHECK constraint cannot be changed, so the table is made anew around its rows
    cursor.execute("alter table job rename to job_before")
    cursor.execute(
        f"""
        create table job (
            id varchar primary key,
            kind varchar not null check (kind in {_one_of(kinds)}),
            state varchar not null check (state in {_one_of(JobState)}),
            config varchar not null,
            error_id varchar not null,
            error varchar not null,
            created_at timestamp not null,
            updated_at timestamp not null
        )
        """
    )
    cursor.execute("insert into job by name select * from job_before")
    cursor.execute("drop table job_before")


def m005_tapes(cursor: duckdb.DuckDBPyConnection) -> None:
    """Judged checkpoints, what rules decided, trials of sweeps; the kinds of jobs that make them."""
    _allow_jobs_of(cursor, (*_FIRST_KINDS, "tape", "sweep"))
    cursor.execute(
        """
        create table tape_point (
            tape_id varchar not null,
            run_id varchar not null,
            epoch bigint not null check (epoch >= 0),
            anchor varchar not null,
            plan varchar not null,
            value varchar not null,
            created_at timestamp not null,
            primary key (tape_id, epoch, anchor)
        )
        """
    )
    cursor.execute(
        """
        create table decision (
            tape_id varchar not null,
            run_id varchar not null,
            place integer not null,
            epoch bigint,
            why varchar not null check (why in ('', 'cap', 'plateau')),
            value varchar not null,
            primary key (tape_id, place)
        )
        """
    )
    cursor.execute(
        """
        create table sweep_trial (
            sweep_id varchar not null,
            number integer not null check (number >= 0),
            state varchar not null,
            value varchar not null,
            primary key (sweep_id, number)
        )
        """
    )


def m006_exploring(cursor: duckdb.DuckDBPyConnection) -> None:
    """Explorations among the kinds of jobs, and the constraints that were accepted for a dataset."""
    _allow_jobs_of(cursor, (*_FIRST_KINDS, "tape", "sweep", "explore"))
    cursor.execute(
        """
        create table dataset_constraint (
            dataset_id varchar not null,
            place integer not null,
            definition varchar not null,
            primary key (dataset_id, place)
        )
        """
    )


def m007_treating(cursor: duckdb.DuckDBPyConnection) -> None:
    """Treated real tables among what jobs make."""
    _allow_jobs_of(cursor, (*_FIRST_KINDS, "tape", "sweep", "explore", "treat"))


def m008_preflights(cursor: duckdb.DuckDBPyConnection) -> None:
    """Preflights among the kinds of jobs."""
    _allow_jobs_of(cursor, (*_FIRST_KINDS, "tape", "sweep", "explore", "treat", "preflight"))


MIGRATIONS: tuple[Step, ...] = (
    m001_catalogue, m002_jobs, m003_audit, m004_more_verdicts, m005_tapes, m006_exploring, m007_treating,
    m008_preflights,
)  # fmt: skip


def applied(cursor: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Names of the steps that the catalogue has, in order; never writes."""
    tables = {name for (name,) in cursor.execute("select table_name from information_schema.tables").fetchall()}
    if "migration" not in tables:
        return ()
    return tuple(name for (name,) in cursor.execute("select name from migration order by name").fetchall())


def migrate(
    cursor: duckdb.DuckDBPyConnection, now: Callable[[], object], steps: tuple[Step, ...] = MIGRATIONS
) -> tuple[str, ...]:
    """Apply the steps that are missing; gives their names.

    Parameters
    ----------
    now : callable
        Gives the time of each step's record, UTC without a zone.
    steps : tuple of functions
        In order; a name says its place.

    Raises
    ------
    MigrationFailed
        If the catalogue has steps that this version does not know, or a step fails. That step has changed nothing.
    """
    known = tuple(step.__name__ for step in steps)
    there = applied(cursor)
    if there != known[: len(there)]:
        newer = ", ".join(name for name in there if name not in known) or ", ".join(there)
        raise MigrationFailed(
            f"This session was written by another version of Doppel: its catalogue has {newer}.",
            "Open it with that version, or start a new session.",
        )
    done = []
    for step in steps[len(there) :]:
        cursor.begin()
        try:
            cursor.execute(RECORDS)
            step(cursor)
            cursor.execute("insert into migration values (?, ?)", [step.__name__, now()])
            cursor.commit()
        except duckdb.Error as error:
            cursor.rollback()
            raise MigrationFailed(
                f"The session's catalogue could not be brought to this version: step {step.__name__} failed ({error}).",
                "Nothing was changed. Start a new session, and keep this one's folder.",
            ) from error
        done.append(step.__name__)
    return tuple(done)
