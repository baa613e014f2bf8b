"""Target mixes: what shares levels have in the train rows, and other shares to begin with."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from core.errors import InvalidConfig
from core.records import MixShare, TargetMix
from core.schema import Schema
from core.tables import MISSING_LABEL, read_frame
from core.workbench.data import dataset, table_path
from core.workbench.sessions import Session

MOST_CELLS = 200
"""Levels, or pairs of levels, that a mix tells apart; the rarest beyond them get no rows."""


class Prior(StrEnum):
    """Where the shares of a mix begin."""

    TRUE = "As in the data"
    LOG = "Log-frequency"
    BALANCED = "Balanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A level, or a pair of levels, with its train rows and its share of them, 0 to 1."""

    levels: tuple[str, ...]
    n_train: int
    share: float

    @property
    def label(self) -> str:
        """The levels in words."""
        return " × ".join(self.levels)


def cells(session: Session, dataset_id: str, columns: Sequence[str]) -> tuple[Cell, ...]:
    """Levels of one column, or pairs that occur of two, the most frequent first.

    Raises
    ------
    InvalidConfig
        If it is not one column or two different ones with levels.
    """
    schema = dataset(session, dataset_id).schema
    if not 1 <= len(columns) <= 2 or len(set(columns)) < len(columns):
        raise InvalidConfig("A target mix is of one column, or of two different ones.", field="mix")
    if any(not schema[name].is_levels for name in columns):
        raise InvalidConfig("A target mix needs columns with levels.", field="mix")
    return _counted(table_path(session, dataset_id, "train"), schema, tuple(columns))


@functools.lru_cache(maxsize=64)
def _counted(path: Path, schema: Schema, columns: tuple[str, ...]) -> tuple[Cell, ...]:
    frame = read_frame(path, schema, columns=columns)
    keys = [frame[name].astype(object).fillna(MISSING_LABEL).astype(str) for name in columns]
    counts = frame.groupby(keys, sort=False).size().sort_values(ascending=False, kind="stable")
    total = max(1, len(frame))
    return tuple(
        Cell(levels=key if isinstance(key, tuple) else (key,), n_train=int(n), share=int(n) / total)
        for key, n in counts.head(MOST_CELLS).items()
    )


def begin_shares(found: Sequence[Cell], prior: Prior, balance: float = 0.0) -> list[float]:
    """Shares to begin with: those of a prior, moved towards equal shares.

    Parameters
    ----------
    prior : Prior
        True shares; shares by the logarithm of one more than the train rows; or equal shares.
    balance : float, 0 to 1
        How far they are moved towards equal shares.
    """
    counts = np.array([one.n_train for one in found], dtype=np.float64)
    if not len(counts):
        return []
    weight = {Prior.TRUE: counts, Prior.LOG: np.log1p(counts), Prior.BALANCED: np.ones_like(counts)}[prior]
    shares = weight / weight.sum()
    return list((1 - balance) * shares + balance / len(shares))


def mix_of(columns: Sequence[str], found: Sequence[Cell], shares: Sequence[float]) -> TargetMix:
    """The mix of these cells; shares are scaled to sum to 1.

    Raises
    ------
    InvalidConfig
        If all shares are 0.
    """
    parts = tuple(MixShare(levels=one.levels, share=float(share)) for one, share in zip(found, shares, strict=True))
    return TargetMix(columns=tuple(columns), shares=parts)
