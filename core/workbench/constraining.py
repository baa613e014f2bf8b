"""Constraints of a dataset: those that hold in its train rows, and those that drawn rows have to keep."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.constraints import Constraint, check_constraints, rows_keeping
from core.errors import InvalidConfig
from core.jobs.inheriting import INHERITED, Inheritance
from core.jobs.protocol import JobState, JobView
from core.profiling.suggesting import Suggestion
from core.tables import read_frame
from core.workbench.absorb import absorb
from core.workbench.data import dataset, table_path
from core.workbench.exploring import find_job, start_part
from core.workbench.sessions import Session, job_folder

SUGGESTIONS = "suggestions.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionsView:
    """The search for constraints under way or done; `found` is None until it is."""

    job: JobView
    found: tuple[Suggestion, ...] | None = None


def suggestions(session: Session, dataset_id: str) -> SuggestionsView | None:
    """The newest search for constraints of a dataset; None where none was started."""
    known = find_job(session, dataset_id, "constraints")
    if known is None:
        return None
    view = JobView(job_folder(session, known))
    if view.state != JobState.DONE:
        return SuggestionsView(job=view)
    value = json.loads((view.folder / SUGGESTIONS).read_text(encoding="utf-8"))
    return SuggestionsView(job=view, found=tuple(map(Suggestion.from_json, value)))


def start_suggesting(session: Session, dataset_id: str) -> str:
    """Start looking for constraints that hold in the train rows."""
    return start_part(session, dataset_id, "constraints")


def accepted(session: Session, dataset_id: str) -> list[Constraint]:
    """Constraints that runs of this dataset started from now on will keep."""
    absorb(session)
    return [Constraint.from_json(one) for one in session.store.list_constraints(dataset_id)]


def accept(session: Session, dataset_id: str, *constraints: Constraint) -> None:
    """Take constraints on, besides those accepted already.

    Raises
    ------
    InvalidConfig
        If a column cannot serve its constraint, train rows break it, or it does not go with the others.
    """
    known = accepted(session, dataset_id)
    wanted = known + [one for one in constraints if one not in known]
    schema = dataset(session, dataset_id).schema
    check_constraints(wanted, schema)
    for one in constraints:
        frame = read_frame(table_path(session, dataset_id, "train"), schema, one.columns)
        n_broken = int((~rows_keeping(frame, one)).sum())
        if n_broken:
            raise InvalidConfig(
                f"{n_broken:,} of {len(frame):,} train rows break the constraint {one.label}.",
                "Correct them with a step of preparation, or leave the constraint out.",
                field="constraint",
            )
    session.store.save_constraints(dataset_id, [one.to_json() for one in wanted])


def inherited(session: Session, dataset_id: str) -> Inheritance:
    """What became of the constraints of the parent when a dataset was made from it."""
    path = job_folder(session, dataset_id) / INHERITED
    return Inheritance.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else Inheritance()


def withdraw(session: Session, dataset_id: str, constraint: Constraint) -> None:
    """Give up a constraint; runs that were started with it keep it."""
    left = [one for one in accepted(session, dataset_id) if one != constraint]
    session.store.save_constraints(dataset_id, [one.to_json() for one in left])
