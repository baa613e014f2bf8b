"""Checkpoints of a run by name: which there are, which is newest, which to give up when the disk budget is spent."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

CHECKPOINT_BYTES = 2_000_000_000
"""Disk budget for the checkpoints of one run; some forty of them for a table as wide as census."""

_NAME = re.compile(r"(?P<kind>checkpoint|partial)-(?P<epoch>[0-9]{6,})(-(?P<step>[0-9]{9,}))?")
META = "meta.json"
"""Written with every checkpoint; a folder without it is none."""


def checkpoint_folder(run: Path, epoch: int) -> Path:
    """Where the end of `epoch` is kept."""
    return run / f"checkpoint-{epoch:06d}"


def partial_folder(run: Path, epochs_done: int, step: int) -> Path:
    """Where a place in the middle of an epoch is kept, after `epochs_done` whole epochs."""
    return run / f"partial-{epochs_done:06d}-{step:09d}"


def list_checkpoints(run: Path) -> list[int]:
    """Epochs whose end was kept, in order."""
    return sorted(epoch for epoch, step, _ in _found(run) if step < 0)


def candidates(run: Path) -> list[Path]:
    """Checkpoints and partial ones, newest first."""
    return [path for *_, path in sorted(_found(run), key=lambda found: found[:2], reverse=True)]


def latest_checkpoint(run: Path) -> Path | None:
    """The newest checkpoint, also one from the middle of an epoch; None when there is none."""
    return next(iter(candidates(run)), None)


def _found(run: Path) -> list[tuple[int, int, Path]]:
    """Epochs done, step (-1 for an epoch's end, which comes before the middle of the next) and path of each."""
    found = []
    for path in run.glob("*-*"):
        match = _NAME.fullmatch(path.name)
        if match and (path / META).exists() and (match["kind"] == "partial") == (match["step"] is not None):
            found.append((int(match["epoch"]), int(match["step"] or -1), path))
    return found


def drop_partial(run: Path, *, keep: Path | None = None) -> None:
    """Delete partial checkpoints, which the next checkpoint makes superfluous, except `keep`."""
    for path in run.glob("partial-*"):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)


def rank(epoch: int, every: int, spacing: str = "even") -> int | None:
    """Place of an epoch in the row of epochs to keep, from 1 (even) or 0 (log); None for an epoch not to keep.

    Even: every `every`-th epoch. Log: the first epoch at or above each power of the square root of 2.

    >>> [epoch for epoch in range(1, 40) if rank(epoch, 10, "log") is not None]
    [1, 2, 3, 4, 6, 8, 12, 16, 23, 32]
    """
    if spacing == "log":
        place = math.floor(2 * math.log2(epoch))
        return place if epoch == 1 or place > math.floor(2 * math.log2(epoch - 1)) else None
    return epoch // every if epoch % every == 0 else None


def surplus(
    sizes: Mapping[int, int], every: int, budget: int = CHECKPOINT_BYTES, spacing: str = "even",
    chosen: Collection[int] = (),
) -> list[int]:  # fmt: skip
    """Epochs to give up so that the checkpoints fit the budget: the last stays, and every k-th of the row.

    k doubles until they fit, so what is kept stays spread over the run in the same way however long it gets. Chosen
    epochs, which somebody waits to judge, go last: every second of them, then every fourth.

    Parameters
    ----------
    sizes : mapping of epoch to bytes
    every : int
        Epochs between two checkpoints.
    budget : int, bytes
    spacing : "even" or "log"
    chosen : epochs that were asked for one by one

    >>> surplus({10: 5, 20: 5, 30: 5, 40: 5, 45: 5}, every=10, budget=15)
    [10, 30]
    >>> surplus({3: 5, 10: 5, 20: 5, 30: 5, 45: 5}, every=10, budget=15, chosen=[3, 45])
    [10, 30]
    """
    if not sizes:
        return []
    last = max(sizes)
    ranks = {epoch: rank(epoch, max(1, every), spacing) for epoch in sizes}
    kept = _thinned(sizes, ranks, budget, always={last, *chosen})
    if sum(kept.values()) > budget:
        places = {epoch: place for place, epoch in enumerate(sorted(chosen), start=1)}
        kept = _thinned(kept, {epoch: places.get(epoch) for epoch in kept}, budget, always={last})
    return sorted(set(sizes) - set(kept))


def _thinned(
    sizes: Mapping[int, int], ranks: Mapping[int, int | None], budget: int, always: Collection[int]
) -> dict[int, int]:
    """Every k-th of a row, with the smallest power of two for k that fits the budget."""
    kept, step = dict(sizes), 1
    highest = max((one for one in ranks.values() if one is not None), default=0)
    while sum(kept.values()) > budget and step <= highest + 1:
        step *= 2
        kept = {
            epoch: size
            for epoch, size in sizes.items()
            if epoch in always or (ranks[epoch] is not None and ranks[epoch] % step == 0)
        }
    return kept


def keep_budget(
    run: Path, every: int, budget: int = CHECKPOINT_BYTES, spacing: str = "even", chosen: Collection[int] = ()
) -> list[int]:
    """Delete what `surplus` names; gives those epochs."""
    sizes = {epoch: _bytes(checkpoint_folder(run, epoch)) for epoch in list_checkpoints(run)}
    gone = surplus(sizes, every, budget, spacing, chosen)
    for epoch in gone:
        shutil.rmtree(checkpoint_folder(run, epoch), ignore_errors=True)
    return gone


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
