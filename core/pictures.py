"""Pictures of pairs, of whole tables and of suspicious rows: counts and texts that figures draw; values, no behaviour.

Pictures of columns, correlations and distances are in `core.records`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Counts = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One side of a table of counts.

    Parameters
    ----------
    name : str
    edges : tuple of float
        Bin edges (datetimes in seconds since 1970), one more than bins; empty for levels.
    labels : tuple of str
        Level texts; for bins empty, or "(missing)" alone where a last cell counts missing values.
    is_date : bool
    """

    name: str
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    is_date: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Axis:
        """Rebuild from `dataclasses.asdict`."""
        return cls(**{**value, "edges": tuple(value["edges"]), "labels": tuple(value["labels"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPicture:
    """Two columns together, counted on cells that both tables share.

    Parameters
    ----------
    x, y : Axis
    real, synthetic : counts of shape (cells of y, cells of x)
    """

    x: Axis
    y: Axis
    real: Counts
    synthetic: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionPicture:
    """Whole rows seen along two directions, counted on a grid that the tables share.

    Parameters
    ----------
    label : str
        What the directions are.
    x_edges, y_edges : tuple of float
    explained : tuple of float
        Share of the train rows' variance along each direction.
    counts : mapping of table name ("real", "synthetic", "control") to counts of shape (cells of y, cells of x)
    """

    label: str
    x_edges: tuple[float, ...]
    y_edges: tuple[float, ...]
    explained: tuple[float, float]
    counts: Mapping[str, Counts]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ProjectionPicture:
        """Rebuild from `dataclasses.asdict`."""
        return cls(
            label=value["label"],
            x_edges=tuple(value["x_edges"]),
            y_edges=tuple(value["y_edges"]),
            explained=tuple(value["explained"]),
            counts={name: tuple(tuple(row) for row in rows) for name, rows in value["counts"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectRow:
    """A synthetic row that a detector finds hardly real.

    Parameters
    ----------
    place : int
        Row of the sample, from 0.
    score : float
        Probability of being synthetic that the detector gives it, having learned from other rows.
    values : tuple of str, one per column
    reasons : tuple of (column, loss)
        Columns whose value gives the row away, and how far the log-odds of being synthetic fall when it is replaced by
        those of real rows.
    """

    place: int
    score: float
    values: tuple[str, ...]
    reasons: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectRows:
    """The least real rows of a sample.

    Parameters
    ----------
    columns : tuple of str
    rows : tuple of SuspectRow, the most suspicious first
    n_scored : int
        Synthetic rows among which they were found.
    typical : float
        Median score of real rows.
    """

    columns: tuple[str, ...]
    rows: tuple[SuspectRow, ...]
    n_scored: int
    typical: float

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SuspectRows:
        """Rebuild from `dataclasses.asdict`."""
        rows = tuple(
            SuspectRow(
                place=one["place"],
                score=one["score"],
                values=tuple(one["values"]),
                reasons=tuple((name, loss) for name, loss in one["reasons"]),
            )
            for one in value["rows"]
        )
        return cls(**{**value, "columns": tuple(value["columns"]), "rows": rows})
