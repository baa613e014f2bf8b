"""Pictures of columns, pairs, distances, whole tables and suspicious rows: counts and texts that figures draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.fields import known_fields

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPicture:
    """One column of the real and the synthetic table, counted on shared bins or levels.

    Parameters
    ----------
    column : str
    type : str
        Column type.
    edges : tuple of float
        Bin edges (datetimes in seconds since 1970), one more than counts; empty for levels.
    labels : tuple of str
        Level texts; empty for bins. The last one may be "other (n levels)".
    real, synthetic : tuple of int
        Rows per bin or level.
    real_missing, synthetic_missing : int
    real_quantiles, synthetic_quantiles : tuple of float
        Quantiles of present values at equally spaced shares from 0 to 1, equally many; empty for levels.
    real_steps, synthetic_steps : tuple of int
        Rows per twentieth of the real values and beyond them, from the lowest, equally many; empty for levels. See
        `core.evaluation.drift`.
    real_once : int
        Levels that one real row alone has.
    synthetic_new : int
        Synthetic rows of "other" whose level no real row has.
    """

    column: str
    type: str
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    real: tuple[int, ...] = ()
    synthetic: tuple[int, ...] = ()
    real_missing: int = 0
    synthetic_missing: int = 0
    real_quantiles: tuple[float, ...] = ()
    synthetic_quantiles: tuple[float, ...] = ()
    real_steps: tuple[int, ...] = ()
    synthetic_steps: tuple[int, ...] = ()
    real_once: int = 0
    synthetic_new: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ColumnPicture:
        """Rebuild from `dataclasses.asdict`."""
        names = (
            "edges", "labels", "real", "synthetic", "real_quantiles", "synthetic_quantiles", "real_steps",
            "synthetic_steps",
        )  # fmt: skip
        return known_fields(cls, {**value, **{name: tuple(value.get(name, ())) for name in names}})


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationPicture:
    """Association of every pair of columns in the real and the synthetic table.

    Parameters
    ----------
    columns : tuple of str, n names
    kind : str
        What the numbers are, for the caption.
    real, synthetic : tuple of n tuples of n floats or None
        None where a pair has no association (a constant column).
    """

    columns: tuple[str, ...]
    kind: str
    real: tuple[tuple[float | None, ...], ...]
    synthetic: tuple[tuple[float | None, ...], ...]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CorrelationPicture:
        """Rebuild from `dataclasses.asdict`."""
        rows = {name: tuple(tuple(row) for row in value[name]) for name in ("real", "synthetic")}
        return known_fields(cls, {**value, **rows, "columns": tuple(value["columns"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceCurve:
    """Cumulative distribution of a row-wise distance for several pairs of tables.

    Parameters
    ----------
    name : str
        `dcr` or `nndr`.
    label : str
        Axis label with unit and direction.
    grid : tuple of float, m values
    series : mapping of name to tuple of m shares 0 to 1
        Share of rows at or below each grid value; "synthetic to train rows", "synthetic to control rows", ...
    """

    name: str
    label: str
    grid: tuple[float, ...]
    series: Mapping[str, tuple[float, ...]]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> DistanceCurve:
        """Rebuild from `dataclasses.asdict`."""
        series = {name: tuple(points) for name, points in value["series"].items()}
        return known_fields(cls, {**value, "grid": tuple(value["grid"]), "series": series})
