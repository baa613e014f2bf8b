"""SQL of the catalogue. Values are always bound; the only identifiers put into a text go through `quoted`."""

from __future__ import annotations

from collections.abc import Sequence

LIST_DATASETS = """
    select id, name, parent_id, target, n_rows, n_train, n_control, split, content_hash
    from dataset
    where ? is null or id = ?
    order by created_at, id
"""

LIST_COLUMNS = """
    select definition
    from dataset_column
    where dataset_id = ?
    order by place
"""

LIST_CONSTRAINTS = """
    select definition
    from dataset_constraint
    where dataset_id = ?
    order by place
"""

LIST_RUNS = """
    select id, dataset_id, state, config, device, versions, error, created_at, updated_at,
           (select count(*) from epoch where epoch.run_id = training_run.id and epoch_done) as n_epochs
    from training_run
    where (? is null or id = ?)
      and (? is null or dataset_id = ?)
    order by created_at, id
"""

UPDATE_RUN = """
    update training_run
    set state = ?, device = coalesce(?, device), versions = coalesce(?, versions), error = ?, updated_at = ?
    where id = ?
"""

ADD_EPOCHS = """
    insert or ignore into epoch (run_id, step, epoch, epoch_done, record)
    select ?, unnest(?::bigint[]), unnest(?::bigint[]), unnest(?::boolean[]), unnest(?::varchar[])
"""

DROP_EPOCHS = "delete from epoch where run_id = ? and step > ?"

DROP_CHECKPOINTS = "delete from checkpoint where run_id = ? and epoch > ?"

LIST_EPOCHS = """
    select record
    from epoch
    where run_id = ?
    order by step
"""

LIST_CHECKPOINTS = """
    select run_id, epoch, step, folder, content_hash
    from checkpoint
    where ? is null or run_id = ?
    order by run_id, epoch
"""

LIST_SAMPLES = """
    select id, run_id, epoch, request, n_rows, n_unconditioned, outcomes, path, content_hash, created_at
    from sample
    where (? is null or id = ?)
      and (? is null or run_id = ?)
    order by created_at, id
"""

LIST_EVALUATIONS = """
    select id, sample_id, parts, plan, content_hash, created_at
    from evaluation
    where (? is null or id = ?)
      and (? is null or sample_id = ?)
    order by created_at, id
"""

FIND_REPORT = """
    select settings, versions, pictures
    from evaluation
    where id = ?
"""

LIST_RESULTS = """
    select metric, scope, subject, value, low, high, interval, direction, unit, anchors, counts, verdict, rule, status,
           explanation, n_rows, seconds
    from metric_result
    where evaluation_id = ?
    order by place
"""

UPDATE_JOB = """
    update job
    set state = ?, error_id = ?, error = ?, updated_at = ?
    where id = ?
"""

LIST_JOBS = """
    select id, kind, state, config, error_id, error, created_at, updated_at
    from job
    where ? is null or id = ?
    order by created_at, id
"""

LIST_AUDIT = """
    select number, happened_at, action, ids, settings, hash
    from audit
    order by number
"""

LAST_AUDIT = """
    select number, hash
    from audit
    order by number desc
    limit 1
"""

LIST_LINKS = """
    select id, dataset_id from training_run
    union all
    select id, run_id from sample
    union all
    select id, sample_id from evaluation
"""

RESULT_COLUMNS = (
    "evaluation_id", "place", "metric", "scope", "subject", "value", "low", "high", "interval", "direction", "unit",
    "anchors", "counts", "verdict", "rule", "status", "explanation", "n_rows", "seconds",
)  # fmt: skip

AUDIT_COLUMNS = ("number", "happened_at", "action", "ids", "settings", "hash")


def quoted(identifier: str) -> str:
    """An identifier as SQL reads it, whatever characters it has.

    Raises
    ------
    ValueError
        If it is empty or contains a NUL, which no quoting helps against.

    >>> print(quoted('a "b" c'))
    "a ""b"" c"
    """
    if not identifier or "\0" in identifier:
        raise ValueError("an identifier is empty or contains NUL")
    return '"' + identifier.replace('"', '""') + '"'


def insert(table: str, columns: Sequence[str], n_rows: int = 1) -> str:
    """An insertion of `n_rows` rows with a place for every value; rows with a known key are left as they are."""
    row = "(" + ", ".join("?" * len(columns)) + ")"
    names = ", ".join(quoted(column) for column in columns)
    return f"insert or ignore into {quoted(table)} ({names}) values {', '.join([row] * n_rows)}"


def delete(table: str, column: str) -> str:
    """A deletion of the rows whose `column` is one of a bound list."""
    return f"delete from {quoted(table)} where list_contains(?::varchar[], {quoted(column)})"
