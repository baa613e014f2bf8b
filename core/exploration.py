"""Values of exploring a real table that travel between layers: patterns of missing cells, pairs of columns, groups."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPattern:
    """Rows in which exactly these columns are missing together.

    Parameters
    ----------
    columns : tuple of str
        Empty for complete rows.
    n_rows : int
    """

    columns: tuple[str, ...]
    n_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Numbers of one level in five quantiles (5, 25, 50, 75 and 95 %)."""

    label: str
    n_rows: int
    quantiles: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One column of a pair: bins on a line or levels.

    Parameters
    ----------
    column : str
    is_datetime : bool
        Whether edges are seconds since 1970.
    edges : tuple of float
        Bin edges, one more than bins; empty for levels.
    labels : tuple of str
        Levels, the most frequent first; the last may stand for all others.
    """

    column: str
    is_datetime: bool = False
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bins or levels."""
        return len(self.labels) if self.labels else max(len(self.edges) - 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPicture:
    """Two columns together: rows in every cell of a grid, or, for a level and a number, quantiles for every level.

    Parameters
    ----------
    x, y : Axis
    counts : tuple of rows (one for each bin or level of y) of tuples (x)
        Empty where `boxes` are given.
    boxes : tuple of Box
        Numbers of `y` for the levels of `x`.
    n_rows : int
        Rows in which both are present.
    """

    x: Axis
    y: Axis
    counts: tuple[tuple[int, ...], ...] = ()
    boxes: tuple[Box, ...] = ()
    n_rows: int = 0
