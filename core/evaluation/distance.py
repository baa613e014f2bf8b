"""Distance between rows: one definition for DCR, NNDR, membership, linkability and forensics.

The distance of two rows is the mean over columns of |a - b| / range for numbers and datetimes, each term capped at 1,
and of 0 (equal) or 1 (different) for levels. A missing cell is a level of its own: 0 from another missing cell, 1 from
anything else. The range of a column runs from the 1st to the 99th percentile of train and control rows together, so
that a handful of extreme values does not make everybody else look close. Identifiers and regenerated columns are left
out, because they carry nothing of a person through the generator.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.metric import Tables
from core.schema import Column
from core.tables import as_numbers, level_codes

RANGE_PERCENTILES = (1.0, 99.0)
TIE = 1e-9
"""Distances are rounded to multiples of this before they are compared: sums of the same terms in another order differ
by 1e-15, which must not decide a tie."""

EXACT_COPY = TIE / 2
"""A distance below this is a row equal in every modelled column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Rows ready for the distance.

    Parameters
    ----------
    numbers : float64 array of shape (n_number_columns, n_rows)
        Values in the column's own unit; missing cells hold a value beyond every present one by more than a range.
    levels : int32 array of shape (n_level_columns, n_rows)
        Codes that all tables of one space share.
    """

    numbers: np.ndarray
    levels: np.ndarray

    def __len__(self) -> int:
        return self.levels.shape[1]

    def rows(self, chosen: np.ndarray) -> Encoded:
        """The chosen rows, by index or mask."""
        return Encoded(
            numbers=np.ascontiguousarray(self.numbers[:, chosen]), levels=np.ascontiguousarray(self.levels[:, chosen])
        )

    def columns(self, numbers: Sequence[int], levels: Sequence[int]) -> Encoded:
        """The same rows with some of the columns, by position among the numbers and among the levels."""
        return Encoded(
            numbers=np.ascontiguousarray(self.numbers[list(numbers)]),
            levels=np.ascontiguousarray(self.levels[list(levels)]),
        )

    @classmethod
    def stack(cls, *parts: Encoded) -> Encoded:
        """The rows of several encoded tables of one space, one after the other."""
        return cls(
            numbers=np.concatenate([part.numbers for part in parts], axis=1),
            levels=np.concatenate([part.levels for part in parts], axis=1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Encoded tables with what the distance needs to know of their columns.

    Parameters
    ----------
    number_names, level_names : tuple of str
        Columns in the order of the arrays.
    inverse_range : float64 array of shape (n_number_columns,)
        1 / range; where the range is 0, so large that any difference counts 1.
    n_levels : tuple of int
        Levels per level column, missing and levels of other tables included.
    number_weights, level_weights : float64 arrays
        Weights of the columns in the mean; they sum to the number of columns, and are 1 unless said otherwise.
    tables : mapping of "train", "synthetic" and, where there are any, "control" to Encoded
    """

    number_names: tuple[str, ...]
    level_names: tuple[str, ...]
    inverse_range: np.ndarray
    n_levels: tuple[int, ...]
    number_weights: np.ndarray
    level_weights: np.ndarray
    tables: dict[str, Encoded]

    @property
    def n_columns(self) -> int:
        """Columns that the mean is taken over."""
        return len(self.number_names) + len(self.level_names)

    def only(self, names: Sequence[str]) -> Space:
        """The space of some of the columns, equally weighted."""
        numbers, levels = self.positions(names)
        return Space(
            number_names=tuple(self.number_names[at] for at in numbers),
            level_names=tuple(self.level_names[at] for at in levels),
            inverse_range=self.inverse_range[numbers],
            n_levels=tuple(self.n_levels[at] for at in levels),
            number_weights=np.ones(len(numbers)),
            level_weights=np.ones(len(levels)),
            tables={name: table.columns(numbers, levels) for name, table in self.tables.items()},
        )

    def weighted(self, weights: Mapping[str, float]) -> Space:
        """The space with other weights, of which not all may be 0; they are scaled to sum to the number of columns."""
        numbers = np.array([weights[name] for name in self.number_names], dtype=np.float64)
        levels = np.array([weights[name] for name in self.level_names], dtype=np.float64)
        scale = self.n_columns / (numbers.sum() + levels.sum())
        return dataclasses.replace(self, number_weights=numbers * scale, level_weights=levels * scale)

    def positions(self, names: Sequence[str]) -> tuple[list[int], list[int]]:
        """Positions of columns among the numbers and among the levels."""
        numbers = [at for at, name in enumerate(self.number_names) if name in set(names)]
        levels = [at for at, name in enumerate(self.level_names) if name in set(names)]
        return numbers, levels


def row_space(tables: Tables) -> Space:
    """The space of one evaluation: ranges from train and control rows, codes shared by all three tables; made once.

    Raises
    ------
    NotApplicable
        If no column is modelled or a table has no rows.
    """
    if "row_space" not in tables.cache:
        frames = {"train": tables.train, "synthetic": tables.synthetic}
        if tables.control is not None and len(tables.control):
            frames["control"] = tables.control
        tables.cache["row_space"] = encode_frames(frames, tables.schema.modelled)
    return tables.cache["row_space"]


def encode_frames(
    frames: dict[str, pd.DataFrame],
    columns: Sequence[Column],
    *,
    percentiles: tuple[float, float] = RANGE_PERCENTILES,
    range_from: Sequence[str] = ("train", "control"),
) -> Space:
    """Encode work frames for the distance; see the module's text for the definition.

    Parameters
    ----------
    frames : work frames by name
    columns : columns that the distance is the mean over
    percentiles : tuple of two floats, 0 to 100
        Ends of a column's range; attacks use 0 and 100, as Anonymeter does.
    range_from : names of the frames that decide the ranges, where they are given

    Raises
    ------
    NotApplicable
        If no column is given or a table has no rows.
    """
    if not columns:
        raise NotApplicable("There is no modelled column, so rows have no distance.")
    empty = [name for name, frame in frames.items() if len(frame) == 0]
    if empty:
        raise NotApplicable(f"The {empty[0]} table has no rows.")
    numbers = [column for column in columns if column.is_number]
    levels = [column for column in columns if not column.is_number]
    number_rows = {name: np.empty((len(numbers), len(frame))) for name, frame in frames.items()}
    level_rows = {name: np.empty((len(levels), len(frame)), dtype=np.int32) for name, frame in frames.items()}
    inverse = np.empty(len(numbers))
    for at, column in enumerate(numbers):
        values = {name: _finite(as_numbers(frame[column.name])) for name, frame in frames.items()}
        deciding = np.concatenate([values[name] for name in range_from if name in values])
        inverse[at] = _inverse_range(deciding, percentiles)
        for name, filled in _fill_missing(values, inverse[at]).items():
            number_rows[name][at] = filled
    sizes = []
    for at, column in enumerate(levels):
        codes, names = level_codes(*(frame[column.name] for frame in frames.values()))
        sizes.append(len(names))
        for name, code in zip(frames, codes, strict=True):
            level_rows[name][at] = code
    return Space(
        number_names=tuple(column.name for column in numbers),
        level_names=tuple(column.name for column in levels),
        inverse_range=inverse,
        n_levels=tuple(sizes),
        number_weights=np.ones(len(numbers)),
        level_weights=np.ones(len(levels)),
        tables={name: Encoded(numbers=number_rows[name], levels=level_rows[name]) for name in frames},
    )


def _finite(values: np.ndarray) -> np.ndarray:
    # zero added: -0.0 and 0.0 are one value, also where rows are compared as bytes
    return np.where(np.isfinite(values), values, np.nan) + 0.0


def _inverse_range(real: np.ndarray, percentiles: tuple[float, float]) -> float:
    present = real[~np.isnan(real)]
    if not len(present):
        return 1e12
    low, high = np.percentile(present, percentiles)
    return 1.0 / (high - low) if high > low else 1e12


def _fill_missing(values: dict[str, np.ndarray], inverse: float) -> dict[str, np.ndarray]:
    """Missing cells as one value that lies more than a range beyond every present value of every table."""
    highest = max((np.nanmax(one) for one in values.values() if not np.isnan(one).all()), default=0.0)
    beyond = highest + 2.0 * max(1.0 / inverse, abs(highest) * 1e-6, 1e-6)
    return {name: np.where(np.isnan(one), beyond, one) for name, one in values.items()}


def rounded(sums: np.ndarray, n_columns: int) -> np.ndarray:
    """Sums over columns as distances 0 to 1, rounded so that equal distances compare equal."""
    return np.round(sums / n_columns / TIE) * TIE


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """The different rows of an encoded table.

    Parameters
    ----------
    rows : Encoded
    member : int64 array of shape (n_rows,)
        Position among `rows` of every row of the table.
    """

    rows: Encoded
    member: np.ndarray


def distinct_rows(table: Encoded) -> Distinct:
    """Rows without their repetitions."""
    width = 8 * len(table.numbers) + 4 * len(table.levels)
    cells = np.concatenate(
        [np.ascontiguousarray(table.numbers.T).view(np.uint8).reshape(len(table), -1),
         np.ascontiguousarray(table.levels.T).view(np.uint8).reshape(len(table), -1)],
        axis=1,
    )  # fmt: skip
    keys = np.ascontiguousarray(cells).view(np.dtype((np.void, width))).ravel()
    _, first, member = np.unique(keys, return_index=True, return_inverse=True)
    return Distinct(rows=table.rows(first), member=member.ravel())
