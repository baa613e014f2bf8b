"""Sign-off: a purpose, and the decisions of reviewers, as entries of the audit that nobody can change afterwards."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidConfig
from core.jobs.ids import check_id
from core.store.serial import utc
from core.workbench.sessions import Session

ACTION = "sign off"
DECISIONS = ("release", "release inside only", "do not release", "look again")
MAX_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """One entry: a purpose, a decision, or both."""

    at: str
    purpose: str
    reviewer: str
    decision: str
    note: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def sign_off(
    session: Session, sample_id: str, *, purpose: str = "", reviewer: str = "", decision: str = "", note: str = ""
) -> None:
    """Record a purpose of a sample, or a reviewer's decision on it.

    Raises
    ------
    InvalidConfig
        If there is neither, a decision is unknown or has no reviewer, or a text is too long.
    """
    texts = {"purpose": purpose.strip(), "reviewer": reviewer.strip(), "decision": decision, "note": note.strip()}
    if not texts["purpose"] and not decision:
        raise InvalidConfig("There is nothing to record.", "Write a purpose or choose a decision.", field="purpose")
    if decision and decision not in DECISIONS:
        raise InvalidConfig(f"{decision!r} is not a decision.", f"Choose of {', '.join(DECISIONS)}.", field="decision")
    if decision and not texts["reviewer"]:
        raise InvalidConfig("A decision needs a name.", "Write who decides.", field="reviewer")
    long = [name for name, text in texts.items() if len(text) > MAX_CHARACTERS]
    if long:
        raise InvalidConfig(f"The {long[0]} has more than {MAX_CHARACTERS:,} characters.", "Shorten it.", field=long[0])
    session.store.audit(ACTION, ids=(check_id(sample_id, "sample"),), settings=texts)


def sign_offs(session: Session, sample_id: str) -> list[SignOff]:
    """What was recorded for a sample, oldest first."""
    return [
        SignOff(
            at=utc(one.at).strftime("%Y-%m-%d %H:%M"),
            **{name: str(one.settings.get(name, "")) for name in ("purpose", "reviewer", "decision", "note")},
        )
        for one in session.store.list_audit()
        if one.action == ACTION and sample_id in one.ids
    ]
