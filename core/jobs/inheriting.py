"""Constraints that a dataset takes over from its parent: columns are still there and the rule still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.constraints import Constraint, check_constraints, rows_keeping
from core.errors import InvalidConfig, listed
from core.schema import Schema
from core.tables import read_frame

INHERITED = "constraints.json"
"""In the job that made a dataset: constraints taken over, and those that were not with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """What became of the constraints of the parent.

    Parameters
    ----------
    kept : tuple of Constraint
    dropped : tuple of (Constraint, reason in words)
    """

    kept: tuple[Constraint, ...] = ()
    dropped: tuple[tuple[Constraint, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {
            "kept": [one.to_json() for one in self.kept],
            "dropped": [{"constraint": one.to_json(), "reason": reason} for one, reason in self.dropped],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Inheritance:
        """Rebuild it from `to_json`."""
        return cls(
            kept=tuple(Constraint.from_json(one) for one in value["kept"]),
            dropped=tuple((Constraint.from_json(one["constraint"]), one["reason"]) for one in value["dropped"]),
        )


def inherit(constraints: Sequence[Constraint], train: Path, schema: Schema) -> Inheritance:
    """Which constraints of the parent the train rows of its child can take over.

    Parameters
    ----------
    constraints : sequence of Constraint
        Of the parent, which keep one another.
    train : Parquet file of the child's train rows
    schema : Schema
        Of the child.
    """
    kept, dropped = [], []
    for one in constraints:
        reason = _obstacle(one, train, schema)
        if reason is None:
            kept.append(one)
        else:
            dropped.append((one, reason))
    return Inheritance(kept=tuple(kept), dropped=tuple(dropped))


def _obstacle(constraint: Constraint, train: Path, schema: Schema) -> str | None:
    """Why a constraint cannot be taken over; None where it can."""
    gone = [name for name in constraint.columns if name not in schema]
    if gone:
        return f"{listed(gone)} {'is' if len(gone) == 1 else 'are'} no longer there"
    try:
        check_constraints([constraint], schema)
    except InvalidConfig as error:
        return error.message.rstrip(".")
    kept = rows_keeping(read_frame(train, schema, constraint.columns), constraint)
    broken = int((~kept).sum())
    return f"{broken:,} of {len(kept):,} train rows break it now" if broken else None
