"""Going back to a good checkpoint when a training goes wrong, so that a kill at any moment changes nothing.

What was done lies in `rollbacks.json` of the job, written before anything else happens. From it and a checkpoint's step
alone follow the learning rate to go on with, and whether a rollback is still to come.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from core.jobs.checkpoints import checkpoint_folder, drop_partial, list_checkpoints
from core.jobs.files import dump_json, read_json, replace_file
from core.records import EpochRecord, Rollback

ROLLBACKS = "rollbacks.json"
MOST_ROLLBACKS = 5
"""After so many the learning rate is a thirty-second of what was asked for, and it is not what is wrong."""
ABANDONED_POINTS = 200


def read_rollbacks(folder: Path) -> list[Rollback]:
    """Rollbacks of a run so far, in order; none where nothing is written or it cannot be read."""
    value = read_json(folder / ROLLBACKS)
    try:
        return [Rollback.from_json(one) for one in value["rollbacks"]]
    except (TypeError, KeyError):
        return []


def rate_at(learning_rate: float, rollbacks: Sequence[Rollback], step: int) -> float:
    """The rate to go on with from a checkpoint: halved for every rollback that led to it or to an earlier one."""
    return learning_rate * 0.5 ** sum(one.to_step <= step for one in rollbacks)


def keep_rollbacks(folder: Path, step: int) -> list[Rollback]:
    """Keep the rollbacks that lie behind a run that goes on from `step`; those ahead of it will come again."""
    found = read_rollbacks(folder)
    kept = [one for one in found if one.to_step <= step]
    if len(kept) < len(found):
        _write(folder, kept)
    return kept


def note_rollback(
    folder: Path,
    records: Sequence[EpochRecord],
    *,
    epoch: int,
    to_epoch: int,
    to_step: int,
    learning_rate: float,
    reason: str,
    words: str,
) -> None:
    """Write a rollback down, then give up the checkpoints of the stretch that it abandons.

    Parameters
    ----------
    records : sequence of EpochRecord
        All of the run, the abandoned ones among them.
    """
    lost = [one for one in records if one.step > to_step]
    every = max(1, -(-len(lost) // ABANDONED_POINTS))
    shown = tuple((one.epoch, one.generator_loss, one.discriminator_loss) for one in lost[::every])
    entry = Rollback(
        epoch=epoch, step=max((one.step for one in lost), default=to_step), to_epoch=to_epoch, to_step=to_step,
        learning_rate=learning_rate, reason=reason, words=words, abandoned=shown,
    )  # fmt: skip
    _write(folder, [*read_rollbacks(folder), entry], pending=True)
    drop_abandoned(folder)


def drop_abandoned(folder: Path) -> None:
    """Delete the checkpoints that the last rollback abandoned, if that has not been done; also said after a kill."""
    value = read_json(folder / ROLLBACKS)
    if not isinstance(value, dict) or not value.get("pending"):
        return
    found = read_rollbacks(folder)
    to_epoch = found[-1].to_epoch if found else 0
    for epoch in list_checkpoints(folder):
        if epoch > to_epoch:
            shutil.rmtree(checkpoint_folder(folder, epoch), ignore_errors=True)
    drop_partial(folder)
    _write(folder, found)


def _write(folder: Path, entries: Sequence[Rollback], *, pending: bool = False) -> None:
    replace_file(folder / ROLLBACKS, dump_json({"pending": pending, "rollbacks": [one.to_json() for one in entries]}))
