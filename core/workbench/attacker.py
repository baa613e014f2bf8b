"""What an attacker is taken to know and to want: suggested from the profile, chosen by the analyst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InvalidConfig, listed
from core.profiling.anonymity import suggest_quasi_identifiers
from core.schema import Schema

MOST_KNOWN = 8
"""Suggested columns at most: a set that tells every row apart says no more than all columns do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacker:
    """Sets of columns that somebody may know of a person, and columns that he wants to learn.

    Parameters
    ----------
    known : tuple of tuples of str
    secrets : tuple of str
        Empty: every column that varies, the target first.
    """

    known: tuple[tuple[str, ...], ...] = ()
    secrets: tuple[str, ...] = ()


def suggest_attacker(schema: Schema) -> Attacker:
    """Columns that an outsider may know, by their names and kinds of personal data; secrets are left open.

    Nothing is suggested where no column is known by its name, or where all of them would be.
    """
    known = suggest_quasi_identifiers(schema)[:MOST_KNOWN]
    return Attacker(known=(known,) if 0 < len(known) < len(schema.modelled) else ())


def chosen_attacker(schema: Schema, known: Sequence[Sequence[str]], secrets: Sequence[str]) -> Attacker:
    """The attacker of these choices, where no known columns mean the suggested ones.

    Raises
    ------
    InvalidConfig
        As `check_attacker`.
    """
    suggested = suggest_attacker(schema).known
    chosen = Attacker(known=tuple(map(tuple, known)) or suggested, secrets=tuple(secrets))
    if not known and secrets and set(secrets) <= {name for names in suggested for name in names}:
        chosen = Attacker(secrets=chosen.secrets)  # the suggestion is no objection to what was asked for
    check_attacker(schema, chosen)
    return chosen


def check_attacker(schema: Schema, attacker: Attacker) -> None:
    """Refuse columns that are not modelled, and knowledge that leaves nothing to learn.

    Raises
    ------
    InvalidConfig
        With every problem at once.
    """
    modelled = [column.name for column in schema.modelled]
    problems = []
    unknown = sorted({name for names in (*attacker.known, attacker.secrets) for name in names} - set(modelled))
    if unknown:
        problems.append(f"Not modelled, so nothing can be known or learned of them: {listed(unknown)}.")
    for names in attacker.known:
        wanted = attacker.secrets or tuple(modelled)
        if names and not set(wanted) - set(names):
            problems.append(f"Who knows {listed(names)} has no secret left to learn.")
    if problems:
        raise InvalidConfig(" ".join(problems), "Choose fewer known columns or other secrets.", field="known")


def settings_of(schema: Schema, attacker: Attacker | None) -> dict[str, Sequence]:
    """Settings of an evaluation for a chosen attacker, or for the suggested one."""
    chosen = suggest_attacker(schema) if attacker is None else attacker
    check_attacker(schema, chosen)
    return {"known": [list(names) for names in chosen.known if names], "secrets": list(chosen.secrets)}
