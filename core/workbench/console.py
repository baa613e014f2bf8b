"""Questions in SQL about the session: real beside synthetic, and everything that was measured."""

from __future__ import annotations

import json
import os

from core.errors import InvalidConfig
from core.jobs.protocol import JobState
from core.store.console import MAX_ROWS, MAX_SECONDS, Answer, run_query
from core.workbench.data import control_paths, dataset, table_path
from core.workbench.sampling import sample
from core.workbench.sessions import Session, mode

CATALOGUE = ("dataset", "dataset_column", "training_run", "epoch", "sample", "evaluation", "metric_result", "audit")
SAVED = "queries.json"
MAX_SAVED = 100
EXAMPLES = {
    "Rows, real and synthetic": "select 'real' as origin, count(*) as n_rows from real_train\n"
    "union all\nselect 'synthetic', count(*) from synthetic",
    "Metrics of the last evaluation": "select metric, value, low, high, verdict from metric_result\n"
    "where scope = 'table' order by metric",
    "Runs and their settings": "select id, state, device, json_extract_string(config, '$.epochs') as epochs\n"
    "from training_run order by created_at",
}
"""Queries to begin with."""

__all__ = ["CATALOGUE", "EXAMPLES", "MAX_ROWS", "MAX_SECONDS", "Answer", "ask", "delete_query", "queries", "save_query"]


def tables(session: Session, *, dataset_id: str | None, sample_id: str | None) -> dict[str, str]:
    """Names that a query can use, each with one sentence on what it is."""
    found = {}
    if dataset_id:
        found["real_train"] = "train rows of the chosen dataset"
        found["real_control"] = "control rows of the chosen dataset"
    if sample_id and sample(session, sample_id).job.state is JobState.DONE:
        found["synthetic"] = "rows of the chosen sample"
    return found | {name: "the session's catalogue" for name in CATALOGUE}


def ask(session: Session, sql: str, *, dataset_id: str | None = None, sample_id: str | None = None) -> Answer:
    """Answer one query.

    Raises
    ------
    UserError
        If it is refused or takes too long.
    """
    files = {}
    if dataset_id:
        real = dataset(session, dataset_id)
        files["real_train"] = table_path(session, real.id, "train")
        files["real_control"] = control_paths(session, real.id)
    if sample_id:
        drawn = sample(session, sample_id)
        if drawn.job.state is JobState.DONE:
            files["synthetic"] = session.folder / drawn.job.config["output"]
    answer = run_query(sql, files, session.store.arrow_tables(CATALOGUE))
    touched = [one for one in (dataset_id, sample_id) if one]
    session.store.audit("query", ids=touched, settings={"mode": mode(), "n_rows": len(answer.frame)})
    return answer


def queries(session: Session) -> dict[str, str]:
    """Saved queries by name."""
    path = session.folder / SAVED
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save_query(session: Session, name: str, sql: str) -> None:
    """Keep a query under a name; one of that name is replaced.

    Raises
    ------
    InvalidConfig
        If the name is empty or too long, or there are too many.
    """
    known, name = queries(session), name.strip()
    if not 0 < len(name) <= 80:
        raise InvalidConfig("A query needs a name of at most 80 characters.", field="name")
    if len(known) >= MAX_SAVED and name not in known:
        raise InvalidConfig(f"{MAX_SAVED} queries are saved already.", "Delete one first.", field="name")
    _write(session, known | {name: sql})


def delete_query(session: Session, name: str) -> None:
    """Forget a saved query."""
    _write(session, {one: sql for one, sql in queries(session).items() if one != name})


def _write(session: Session, value: dict[str, str]) -> None:
    path = session.folder / SAVED
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    os.replace(aside, path)
