"""Ids of stored things: `<kind>-<16 hexadecimal digits>`; nothing else ever becomes part of a path."""

from __future__ import annotations

import re
import secrets

from core.errors import UnknownId

ID_KINDS = ("reading", "dataset", "run", "sample", "evaluation", "export", "tape", "sweep", "exploration", "treated",
            "preflight")  # fmt: skip
"""What ids are given to. A made thing has the id of the job that makes it."""

JOB_ID_KINDS = {
    "read": "reading",
    "profile": "dataset",
    "train": "run",
    "sample": "sample",
    "evaluate": "evaluation",
    "export": "export",
    "tape": "tape",
    "sweep": "sweep",
    "explore": "exploration",
    "treat": "treated",
    "preflight": "preflight",
}
"""Kind of the id that a job of each kind carries."""

_ID = re.compile(r"(?P<kind>[a-z]+)-[0-9a-f]{16}")
_SHOWN = 40


def new_id(kind: str) -> str:
    """A fresh id of one of `ID_KINDS`, from 64 random bits.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    if kind not in ID_KINDS:
        raise ValueError(f"no such kind of id: {kind}")
    return f"{kind}-{secrets.token_hex(8)}"


def check_id(text: object, kind: str | None = None) -> str:
    """The id itself, if it has the form of an id (of `kind`, where given).

    Raises
    ------
    UnknownId
        Otherwise; the message shows at most 40 characters of it.

    >>> check_id("run-0123456789abcdef", "run")
    'run-0123456789abcdef'
    """
    found = _ID.fullmatch(text) if isinstance(text, str) else None
    if found is None or found["kind"] not in ID_KINDS or (kind is not None and found["kind"] != kind):
        shown = str(text)[:_SHOWN]
        raise UnknownId(f"{shown!r} is not the id of {_a(kind)}.", "Take it from the list of this session.")
    return found.string


def _a(kind: str | None) -> str:
    if kind is None:
        return "anything stored"
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
