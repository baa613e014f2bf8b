"""The queue of trainings: what works, what waits, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UnknownId, UserError
from core.jobs.launch import reorder_jobs
from core.jobs.protocol import JobState, list_jobs, read_status
from core.jobs.queue import lane
from core.synthesis.config import TrainingConfig
from core.workbench.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A training that works or waits.

    Parameters
    ----------
    id, dataset_id, dataset_name : str
    config : TrainingConfig
    state : JobState
    progress : float, 0 to 1
    epochs : int
        Epochs in all, extensions included.
    lane : str
        Device that it works on; one training at a time works on each.
    place : int
        Turns before it in its lane; 0 works or comes next.
    """

    id: str
    dataset_id: str
    dataset_name: str
    config: TrainingConfig
    state: JobState
    progress: float
    epochs: int
    lane: str
    place: int


def training_queue(session: Session) -> list[Queued]:
    """Trainings of this session that work or wait, lane by lane in the order of their turns."""
    views = [view for view in list_jobs(session.folder) if view.kind == "train" and view.state.is_active]
    views.sort(key=lambda view: (view.state is JobState.WAITING, read_status(view.folder).queued_at, view.id))
    names = {dataset.id: dataset.name for dataset in session.store.list_datasets()} if views else {}
    found: list[Queued] = []
    for view in views:
        settings, status = view.config, view.status
        own = lane(settings)
        config = TrainingConfig.from_json(settings["config"])
        found.append(
            Queued(
                id=view.id,
                dataset_id=settings["dataset_id"],
                dataset_name=names.get(settings["dataset_id"], ""),
                config=config,
                state=status.state,
                progress=status.progress,
                epochs=view.target_epochs or config.epochs,
                lane=own.removeprefix("train on "),
                place=sum(one.lane == own.removeprefix("train on ") for one in found),
            )
        )
    return sorted(found, key=lambda one: (one.lane, one.place))


def move_up(session: Session, run_id: str) -> None:
    """Let a waiting training have its turn one place earlier.

    Raises
    ------
    UserError
        If it does not wait, or nothing that waits is before it.
    """
    waiting = [one for one in training_queue(session) if one.state is JobState.WAITING]
    at = next((at for at, one in enumerate(waiting) if one.id == run_id), None)
    if at is None:
        raise UserError("This training does not wait any more.", "Look at the queue again.")
    if at == 0 or waiting[at - 1].lane != waiting[at].lane:
        raise UserError("This training is already the next one.")
    order = [one.id for one in waiting if one.lane == waiting[at].lane]
    place = order.index(run_id)
    order[place - 1], order[place] = order[place], order[place - 1]
    try:
        reorder_jobs(session.folder, order)
    except UnknownId as error:
        raise UserError("A training of the queue was deleted meanwhile.", "Look at the queue again.") from error
    session.store.audit("reorder queue", ids=tuple(order))
