"""What all jobs that draw rows have in common."""

from __future__ import annotations

from pathlib import Path

from core.errors import CheckpointRejected
from core.jobs.checkpoints import META, latest_checkpoint
from core.jobs.context import JobContext


def newest_checkpoint(context: JobContext) -> Path:
    """The checkpoint of the settings, or the newest one of the run that they name.

    Raises
    ------
    CheckpointRejected
        If there is none.
    """
    checkpoint = context.existing(context.config.get("checkpoint"), "the checkpoint to draw from")
    if (checkpoint / META).exists():
        return checkpoint
    newest = latest_checkpoint(checkpoint)
    if newest is None:
        raise CheckpointRejected("There is no checkpoint to draw from.", "Train at least one epoch first.")
    return newest
