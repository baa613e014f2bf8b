"""Errors of Doppel.

The tree, and what the outside makes of each branch::

    DoppelError(message, hint)
      UserError              the analyst can mend it: shown as it is, exit code 2
        UnreadableFile
        SchemaMismatch
        InvalidConfig        names the field
        TooFewRows
        ImpossibleCondition
      NotApplicable          becomes the status of a metric, never a banner
      TrainingDiverged       names the epoch
        TrainingTrouble      found by a rule over the records
      CheckpointRejected
      StoreError
        StoreLocked
        UnknownId
        MigrationFailed

Messages say what happened with the user's own names and numbers, then the limit; the hint says what to do now.
"""

from __future__ import annotations

from collections.abc import Iterable

MAX_NAMES_SHOWN = 10


class DoppelError(Exception):
    """An error whose text is meant to be read by the analyst.

    Parameters
    ----------
    message : str
        What happened and the limit that was met, as one or more full sentences.
    hint : str
        What to do now; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UserError(DoppelError):
    """Something the analyst can mend."""


class UnreadableFile(UserError):
    """A file that cannot be read as a table."""


class SchemaMismatch(UserError):
    """Two tables, or a table and a schema, that do not belong together."""


class InvalidConfig(UserError):
    """A setting outside its range or that contradicts another.

    Parameters
    ----------
    field : str
        The setting's name as the analyst wrote or saw it.
    """

    def __init__(self, message: str, hint: str = "", *, field: str = "") -> None:
        super().__init__(message, hint)
        self.field = field


class TooFewRows(UserError):
    """A table with fewer rows than the work needs."""


class ImpossibleCondition(UserError):
    """A condition that no row can meet."""


class NotApplicable(DoppelError):
    """A metric that has no meaning here; its message is the reason that the report prints."""


class TrainingDiverged(DoppelError):
    """Losses or weights that are no longer finite.

    Parameters
    ----------
    epoch : int
        The epoch in which it was seen, counted from 1.
    """

    def __init__(self, message: str, hint: str = "", *, epoch: int) -> None:
        super().__init__(message, hint)
        self.epoch = epoch


class TrainingTrouble(TrainingDiverged):
    """Losses that run away, or rows that lose their variety, as a rule over the records found them.

    Parameters
    ----------
    since : int
        Epoch in which it began; a checkpoint from before it is a good one.
    reason : str
        The rule that fired.
    """

    def __init__(self, message: str, hint: str = "", *, epoch: int, since: int, reason: str) -> None:
        super().__init__(message, hint, epoch=epoch)
        self.since = since
        self.reason = reason


class CheckpointRejected(DoppelError):
    """A checkpoint that is damaged, of another version, or does not belong to its run."""


class StoreError(DoppelError):
    """The session store cannot do what was asked."""


class StoreLocked(StoreError):
    """Another process has the session's catalogue open."""


class UnknownId(StoreError):
    """An id that is malformed or not in the catalogue."""


class MigrationFailed(StoreError):
    """A catalogue that could not be brought to this version; nothing was changed."""


def listed(names: Iterable[object], limit: int = MAX_NAMES_SHOWN) -> str:
    """Names for a sentence: at most `limit` of them, then "and N more".

    >>> listed(["a", "b"])
    'a, b'
    >>> listed(range(12), limit=2)
    '0, 1 and 10 more'
    """
    shown = [str(name) for name in names]
    if len(shown) <= limit:
        return ", ".join(shown)
    return f"{', '.join(shown[:limit])} and {len(shown) - limit} more"
