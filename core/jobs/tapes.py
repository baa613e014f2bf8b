"""What the job of a tape keeps, for everybody who reads it: points and decisions as records, reports as files."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.jobs.files import read_json
from core.jobs.protocol import JobView
from core.jobs.recovery import read_rollbacks
from core.records import Report
from core.tape import Decision, TapePoint

POINT, DECISION, BACK = "point", "decision", "rolled back"


def report_name(point: TapePoint) -> str:
    """File of the report behind a point; anchors are named by their place."""
    return _named(f"anchor-{point.anchor.replace(' ', '-')}" if point.anchor else f"epoch-{point.epoch:06d}")


def _named(place: str) -> str:
    return f"report-{place}.json"


def point_record(point: TapePoint) -> dict[str, Any]:
    """The record of a point."""
    return {"type": POINT, "value": point.to_json()}


def decision_record(decision: Decision) -> dict[str, Any]:
    """The record of a decision."""
    return {"type": DECISION, "value": decision.to_json()}


def points_of(view: JobView) -> list[TapePoint]:
    """Points of a tape in the order in which they were judged, anchors included."""
    return [TapePoint.from_json(one["value"]) for one in view.records() if one.get("type") == POINT]


def standing(points: Iterable[TapePoint], run: Path) -> list[TapePoint]:
    """Points without those of checkpoints that a rollback of the run has given up since."""
    return [point for point in points if point.anchor or point.n_rollbacks == n_rollbacks(run, point.epoch)]


def n_rollbacks(run: Path, epoch: int) -> int:
    """Rollbacks of a run that led behind the end of `epoch`."""
    return sum(one.to_epoch < epoch for one in read_rollbacks(run))


def decisions_of(view: JobView) -> list[Decision]:
    """Decisions of a tape in order, one for each judged checkpoint."""
    return [Decision.from_json(one["value"]) for one in view.records() if one.get("type") == DECISION]


def report_of_epoch(folder: Path, epoch: int) -> Report | None:
    """The binned report behind the point of a checkpoint; None where it was not kept."""
    path = folder / _named(f"epoch-{epoch:06d}")
    try:
        found = path.stat()
    except OSError:
        return None
    return _report(path, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=64)
def _report(path: Path, _changed: int, _size: int) -> Report | None:
    """A slider asks for the same reports again and again; a file that was written anew is read anew."""
    value = read_json(path)
    return None if value is None else Report.from_json(value)
