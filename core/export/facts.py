"""Everything that a report or a bundle says, as one value: what was made, from what, how, and what was found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.export.marks import Stamp
from core.fields import known_fields
from core.records import EpochRecord, Report, SampleRequest
from core.schema import Schema
from core.tape import Decision, TapePoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one sample and its line of descent.

    Parameters
    ----------
    title : str
        Name of the dataset.
    made_at : str
        When this was written down, UTC.
    stamp : Stamp
    schema : Schema
        As it may leave: without left-out columns and counts of the real table.
    left_out : tuple of str
        Columns of the real table that no synthetic row has.
    n_train, n_control : int
    target, group : str or None
    control_share : float
    training : mapping
        The training configuration.
    epochs_trained : int
    device : str
    versions : mapping of library to version
    warm : str
        Where the weights that training began with are from, and what that means for control rows; empty without such.
    records : tuple of EpochRecord
        Records of the run, for the curves.
    request : SampleRequest or None
        None for tables that were made elsewhere.
    report : Report
        Everything that was measured, with verdicts.
    recipe, constraints : lists of mappings
        Preparation steps and constraints, as they were recorded.
    sign_off : tuple of mappings
        Purpose and decisions that people recorded, oldest first.
    checklist : tuple of mappings
        Items with `area`, `item`, `state`, `evidence`.
    audit : tuple of mappings
        Lines of the audit of this line of descent.
    tape : tuple of TapePoint
        Judged checkpoints of the run and the anchors judged like them; empty for a run without a tape.
    decision : Decision or None
        What rules made of the tape.
    outside : bool
        Whether everything that could identify somebody was taken out.
    """

    title: str
    made_at: str
    stamp: Stamp
    schema: Schema
    left_out: tuple[str, ...] = ()
    n_train: int = 0
    n_control: int = 0
    target: str | None = None
    group: str | None = None
    control_share: float = 0.0
    training: Mapping[str, Any] = field(default_factory=dict)
    epochs_trained: int = 0
    device: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    warm: str = ""
    records: tuple[EpochRecord, ...] = ()
    request: SampleRequest | None = None
    report: Report = field(default_factory=Report)
    recipe: tuple[Mapping[str, Any], ...] = ()
    constraints: tuple[Mapping[str, Any], ...] = ()
    sign_off: tuple[Mapping[str, Any], ...] = ()
    checklist: tuple[Mapping[str, Any], ...] = ()
    audit: tuple[Mapping[str, Any], ...] = ()
    tape: tuple[TapePoint, ...] = ()
    decision: Decision | None = None
    outside: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        plain = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return plain | {
            "stamp": self.stamp.to_json(),
            "schema": self.schema.to_json(),
            "records": [one.to_json() for one in self.records],
            "request": None if self.request is None else self.request.to_json(),
            "report": self.report.to_json(),
            **{name: [dict(one) for one in plain[name]] for name in _LISTS},
            **{name: dict(plain[name]) for name in ("training", "versions")},
            "left_out": list(self.left_out),
            "tape": [one.to_json() for one in self.tape],
            "decision": None if self.decision is None else self.decision.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Facts:
        """Rebuild from `to_json`."""
        parts = {
            "stamp": Stamp.from_json(value["stamp"]),
            "schema": Schema.from_json(value["schema"]),
            "records": tuple(EpochRecord.from_json(one) for one in value.get("records", ())),
            "request": None if value.get("request") is None else SampleRequest.from_json(value["request"]),
            "report": Report.from_json(value["report"]),
            "left_out": tuple(value.get("left_out", ())),
            "tape": tuple(TapePoint.from_json(one) for one in value.get("tape", ())),
            "decision": None if value.get("decision") is None else Decision.from_json(value["decision"]),
            **{name: tuple(value.get(name, ())) for name in _LISTS},
        }
        return known_fields(cls, {**value, **parts})


_LISTS = ("recipe", "constraints", "sign_off", "checklist", "audit")
