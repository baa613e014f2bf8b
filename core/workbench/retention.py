"""How long a session keeps real rows, and what is done when that time is over."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.errors import InvalidConfig
from core.workbench.sessions import Session

FILE = "retention.json"
MAX_DAYS = 3_650


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Keep for `days` days from `since`; both the table and everything made from it go after that."""

    days: int
    since: datetime

    @property
    def until(self) -> datetime:
        """The last moment."""
        return self.since + timedelta(days=self.days)

    def is_over(self, now: datetime | None = None) -> bool:
        """Whether that moment has passed."""
        return (now or datetime.now(UTC)) > self.until


def rule(session: Session) -> Rule | None:
    """The session's rule, if it has one."""
    path = session.folder / FILE
    if not path.exists():
        return None
    value = json.loads(path.read_text(encoding="utf-8"))
    return Rule(days=int(value["days"]), since=datetime.fromisoformat(value["since"]))


def set_rule(session: Session, days: int | None) -> None:
    """Keep real rows for so many days from now; None takes the rule away.

    Raises
    ------
    InvalidConfig
        If the number of days is not 1 to `MAX_DAYS`.
    """
    path = session.folder / FILE
    if days is None:
        path.unlink(missing_ok=True)
        session.store.audit("remove retention rule")
        return
    if not 1 <= days <= MAX_DAYS:
        raise InvalidConfig(f"{days} days cannot be kept.", f"Choose 1 to {MAX_DAYS:,}.", field="days")
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps({"days": days, "since": datetime.now(UTC).isoformat()}), encoding="utf-8")
    os.replace(aside, path)
    session.store.audit("set retention rule", settings={"days": days})


def due(session: Session, now: datetime | None = None) -> list[str]:
    """Ids of datasets that the rule asks to delete now."""
    found = rule(session)
    if found is None or not found.is_over(now):
        return []
    return [one.id for one in session.store.list_datasets()]


def apply(session: Session, now: datetime | None = None) -> int:
    """Delete what is due, with all that was made from it; gives the number of datasets."""
    ids = due(session, now)
    for key in ids:
        session.store.delete_dataset(key)
    return len(ids)
