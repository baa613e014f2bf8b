"""The report of an evaluation while it grows: each finding is a record, and the records make a report at any time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from core.jobs.files import read_json
from core.jobs.protocol import JobState, JobView
from core.pictures import ProjectionPicture, SuspectRows
from core.records import ColumnPicture, CorrelationPicture, DistanceCurve, MetricResult, Report

REPORT = "report.json"
_TYPES = {
    "result": MetricResult,
    "column": ColumnPicture,
    "correlation": CorrelationPicture,
    "curve": DistanceCurve,
    "projection": ProjectionPicture,
    "suspects": SuspectRows,
}


def item_record(item: Any) -> dict[str, Any]:
    """A record of something that was found: its type beside its value."""
    name = next(name for name, kind in _TYPES.items() if isinstance(item, kind))
    return {"type": name, "value": item.to_json() if name == "result" else dataclasses.asdict(item)}


def items_of(records: Iterable[Mapping[str, Any]]) -> list[Any]:
    """What was found, from records; records of other kinds are passed over."""
    return [_TYPES[one["type"]].from_json(one["value"]) for one in records if one.get("type") in _TYPES]


def report_of(view: JobView) -> Report | None:
    """The report of an evaluation, or what it has found so far; None before the first finding."""
    if view.state is JobState.DONE:
        value = read_json(view.folder / REPORT)
        if value is not None:
            return Report.from_json(value)
    found = items_of(view.records())
    return Report.of(found, settings={}, versions={}) if found else None
