"""Everything that a session holds, with sizes; deletion with proof."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidConfig
from core.workbench.absorb import absorb
from core.workbench.lineage import lineage
from core.workbench.sessions import Session

DELETABLE = {"dataset": "delete_dataset", "run": "delete_run", "sample": "delete_sample"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One stored thing and its size on disk, tables and job folder together."""

    id: str
    kind: str
    label: str
    state: str
    at: str
    n_bytes: int
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a deletion did.

    Parameters
    ----------
    key : str
        What was to be deleted.
    ids : tuple of str
        Everything that went with it.
    n_files, n_bytes : int
        Files that were there before and are gone.
    left : tuple of str
        Files that are still there; empty where the deletion is complete.
    """

    key: str
    ids: tuple[str, ...]
    n_files: int
    n_bytes: int
    left: tuple[str, ...]


def items(session: Session) -> list[Item]:
    """What is stored, newest first."""
    absorb(session)
    return [
        Item(
            id=node.id,
            kind=node.kind,
            label=node.label,
            state=node.state,
            at="" if node.at is None else node.at.strftime("%Y-%m-%d %H:%M"),
            n_bytes=sum(path.stat().st_size for path in files_of(session, node.id)),
            parents=node.parents,
        )
        for node in lineage(session).nodes[::-1]
    ]


def files_of(session: Session, key: str) -> list[Path]:
    """Files of a stored thing."""
    found = [path for path in (session.folder / "tables").glob(f"{key}*") if path.is_file()]
    return found + [path for path in (session.folder / "jobs" / key).rglob("*") if path.is_file()]


def delete(session: Session, key: str) -> Proof:
    """Delete a dataset, a run or a sample with all that was made from it, and look whether it is gone.

    The catalogue keeps a tombstone: an entry of the audit with the ids and the number of files, never their content.

    Raises
    ------
    InvalidConfig
        If a thing of this kind goes only with what it belongs to.
    StoreError
        If a job of any of it still works.
    """
    kind = key.partition("-")[0]
    if kind not in DELETABLE:
        raise InvalidConfig(f"A {kind} goes with what it was made from.", "Delete that instead.", field="id")
    before = {one.id: files_of(session, one.id) for one in lineage(session).nodes}
    sizes = {path: path.stat().st_size for paths in before.values() for path in paths}
    getattr(session.store, DELETABLE[kind])(key)
    after = {one.id for one in lineage(session).nodes}
    gone = tuple(one for one in before if one not in after)
    files = [path for one in gone for path in before[one]]
    proof = Proof(
        key=key,
        ids=gone,
        n_files=len(files),
        n_bytes=sum(sizes[path] for path in files),
        left=tuple(path.name for path in files if path.exists()),
    )
    tombstone = {"n_files": proof.n_files, "n_bytes": proof.n_bytes, "complete": not proof.left}
    session.store.audit("tombstone", ids=gone, settings=tombstone)
    session.store.compact()
    return proof
