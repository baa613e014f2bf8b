"""From file to bundle: what was made from what, and the audit of one line of descent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.jobs.protocol import JobView, list_jobs
from core.store.serial import utc
from core.workbench.sessions import Session

LINKS = ("parent_id", "version_of", "sample_id", "run_id", "dataset_id")
"""Settings that name what a thing was made from, the nearest first."""
KIND_NAMES = {
    "reading": "table read",
    "dataset": "dataset",
    "run": "run",
    "sample": "sample",
    "evaluation": "evaluation",
    "export": "export",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One made thing.

    Parameters
    ----------
    id, kind, label : str
        `label` is one short line of our own words and numbers, with at most one name of the analyst.
    state : str
    at : datetime or None
        When it was started, UTC.
    parents : tuple of str
        Ids that it was made from.
    """

    id: str
    kind: str
    label: str
    state: str
    at: datetime | None
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Everything between the file and one thing, and what was made from that thing."""

    nodes: tuple[Node, ...]

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the line."""
        return frozenset(one.id for one in self.nodes)

    def entries(self, session: Session) -> list[dict[str, Any]]:
        """Entries of the audit that touch the line, oldest first, as plain JSON."""
        ids = self.ids
        return [
            {
                "number": one.number,
                "at": utc(one.at).isoformat(timespec="seconds"),
                "action": one.action,
                "ids": list(one.ids),
                "settings": dict(one.settings),
                "hash": one.hash,
            }
            for one in session.store.list_audit()
            if ids & set(one.ids) or not one.ids
        ]


def lineage(session: Session) -> Line:
    """Everything that was made in the session, oldest first."""
    return Line(nodes=tuple(sorted((_node(view) for view in list_jobs(session.folder)), key=_when)))


def line_of(session: Session, key: str) -> Line:
    """One thing with all it was made from and all that was made from it."""
    nodes = {one.id: one for one in lineage(session).nodes}
    kept, front = {key}, {key}
    while front:
        front = {parent for one in front if one in nodes for parent in nodes[one].parents} - kept
        kept |= front
    below = {key}
    while more := {one.id for one in nodes.values() if set(one.parents) & below} - below:
        below |= more
    return Line(nodes=tuple(node for one, node in nodes.items() if one in kept | below))


def _when(node: Node) -> tuple[float, str]:
    return (node.at.timestamp() if node.at else 0.0, node.id)


def _node(view: JobView) -> Node:
    config = view.config
    kind = view.id.partition("-")[0]
    queued = view.status.queued_at
    at = datetime.fromtimestamp(queued) if isinstance(queued, (int, float)) and queued else None
    return Node(
        id=view.id,
        kind=KIND_NAMES.get(kind, kind),
        label=_label(kind, config),
        state=str(view.state),
        at=at,
        parents=tuple(dict.fromkeys(_parents(view.id, config))),
    )


def _parents(key: str, config: Mapping[str, Any]) -> list[str]:
    """Ids that the settings of a job name."""
    found = [config.get(name) for name in LINKS]
    found.append((config.get("warm_start") or {}).get("run_id"))
    table = str(config.get("table", "")).split("/")
    if len(table) == 3 and table[0] == "jobs":
        found.append(table[1])
    if config.get("sample_id"):
        found = [config["sample_id"]]  # a sample's own run and dataset are behind it
    elif config.get("run_id") and key.startswith("sample-"):
        found = [config["run_id"]]
    return [str(one) for one in found if isinstance(one, str) and one and one != key]


def _label(kind: str, config: Mapping[str, Any]) -> str:
    if kind in ("reading", "dataset"):
        return str(config.get("name", ""))
    if kind == "run":
        settings = config.get("config") or {}
        return f"{settings.get('epochs', '?')} epochs, seed {settings.get('seed', '?')}"
    if kind == "sample":
        request = config.get("request") or {}
        return f"{request.get('n_rows', 0):,} rows, epoch {config.get('epoch', '?')}"
    if kind == "evaluation":
        return ", ".join(config.get("parts") or ()) + f" ({config.get('plan', '')})"
    return " ".join(str(one) for one in (config.get("what", ""), config.get("format", "")) if one)
