"""Synthetic rows that stand out as near copies of one train row: positions and distances, never values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCopy:
    """A synthetic row and the real rows nearest to it.

    Parameters
    ----------
    synthetic, train, second, control : int
        Rows of their tables; `second` and `control` are -1 where there is none.
    distance, second_distance, control_distance : float or None
        0 to 1; to the nearest train row, to the second nearest different one, to the nearest control row; None where
        there is none.
    ratio : float
        Nearest / second nearest distance, 0 to 1.
    equal : tuple of str
        Columns in which the synthetic row equals its nearest train row.
    """

    synthetic: int
    train: int
    second: int
    control: int
    distance: float
    second_distance: float | None
    control_distance: float | None
    ratio: float
    equal: tuple[str, ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> NearCopy:
        """Rebuild from `dataclasses.asdict`."""
        return cls(**{**value, "equal": tuple(value["equal"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Forensics:
    """The low tail of an evaluation.

    Parameters
    ----------
    near_copies : tuple of NearCopy, the most suspicious first
    n_searched : int
        Synthetic rows that were searched for.
    thresholds : tuple of float, increasing
    held : tuple of int
        Rows that holding back below each threshold would take, copies included.
    """

    near_copies: tuple[NearCopy, ...]
    n_searched: int
    thresholds: tuple[float, ...]
    held: tuple[int, ...]

    def held_below(self, threshold: float) -> int:
        """Rows held back at the largest known threshold that does not exceed this one."""
        known = [count for at, count in zip(self.thresholds, self.held, strict=True) if at <= threshold + 1e-9]
        return known[-1] if known else 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Forensics:
        """Rebuild from `to_json`."""
        return cls(
            near_copies=tuple(NearCopy.from_json(one) for one in value["near_copies"]),
            n_searched=int(value["n_searched"]),
            thresholds=tuple(value["thresholds"]),
            held=tuple(value["held"]),
        )
