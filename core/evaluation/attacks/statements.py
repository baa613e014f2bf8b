"""Fast search for statements about several columns that hold for just one synthetic row.

Anonymeter draws a row and some columns, says "these columns have these values, or more extreme ones", and counts the
rows for which that holds; on a large table one statement in some hundreds holds for one row only, and its counting
takes half a minute. Here every condition is a stretch of one sorted column, so only the shortest stretch is walked, and
only until a second row is met. The statements found are the ones that the library would have kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
import pandas as pd

BATCH = 20_000
TRIES_PER_STATEMENT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Statements that hold for just one row.

    Parameters
    ----------
    rows : int64 array of shape (n,), the row that each statement was read from
    columns : int64 array of shape (n, n_columns), increasing
    n_attempts : int
        Statements tried.
    """

    rows: np.ndarray
    columns: np.ndarray
    n_attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """Per column and row, the stretch of the sorted column in which the condition read from that row holds.

    Parameters
    ----------
    order : int64 array of shape (n_columns, n_rows), rows in the order of the column, missing last
    place : int64 array of the same shape, where each row stands in that order
    begin, end : int64 arrays of the same shape
    """

    order: np.ndarray
    place: np.ndarray
    begin: np.ndarray
    end: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Stretches:
        """Conditions of every cell: at least as extreme for numbers, equal for levels, missing for missing."""
        made = [cls._column(frame[name]) for name in frame]
        order, place, begin, end = (np.array(part) for part in zip(*made, strict=True))
        return cls(order=order, place=place, begin=begin, end=end)

    @staticmethod
    def _column(series: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        n_rows = len(series)
        is_number = isinstance(series.dtype, pd.Float64Dtype)
        if is_number:
            values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            codes = pd.factorize(series)[0].astype(np.float64)
            values = np.where(codes < 0, np.nan, codes)
        order = np.argsort(values, kind="stable")
        place = np.empty(n_rows, dtype=np.int64)
        place[order] = np.arange(n_rows)
        present = n_rows - int(np.isnan(values).sum())
        ordered = values[order[:present]]
        begin = np.searchsorted(ordered, values, side="left")
        end = np.searchsorted(ordered, values, side="right")
        if is_number and present:
            above = values > np.median(ordered)
            begin, end = np.where(above, begin, 0), np.where(above, present, end)
        missing = np.isnan(values)
        return order, place, np.where(missing, present, begin), np.where(missing, n_rows, end)


def find_statements(
    frame: pd.DataFrame, *, n_wanted: int, n_columns: int, max_attempts: int, generator: np.random.Generator
) -> Found:
    """Draw statements until `n_wanted` different ones hold for just one row, or the attempts are used up.

    A small table has few different statements; after `TRIES_PER_STATEMENT` draws for each of them the search ends.
    """
    stretches = Stretches.of(frame)
    n_rows, width = len(frame), frame.shape[1]
    max_attempts = min(max_attempts, TRIES_PER_STATEMENT * n_rows * math.comb(width, n_columns))
    known: set[tuple] = set()
    rows, columns = [], []
    attempts = 0
    while attempts < max_attempts and len(rows) < n_wanted:
        batch = min(BATCH, max_attempts - attempts)
        drawn = generator.integers(n_rows, size=batch)
        chosen = np.sort(np.argsort(generator.random((batch, width)), axis=1)[:, :n_columns], axis=1)
        alone = _holds_once(drawn, chosen, stretches.order, stretches.place, stretches.begin, stretches.end)
        attempts += batch
        for at in np.flatnonzero(alone):
            row, picked = int(drawn[at]), chosen[at]
            key = tuple((int(c), int(stretches.begin[c, row]), int(stretches.end[c, row])) for c in picked)
            if key not in known and len(rows) < n_wanted:
                known.add(key)
                rows.append(row)
                columns.append(picked)
    return Found(
        rows=np.array(rows, dtype=np.int64),
        columns=np.array(columns, dtype=np.int64).reshape(len(rows), n_columns),
        n_attempts=attempts,
    )


@numba.njit(nogil=True, cache=True)
def _holds_once(rows, columns, order, place, begin, end):  # pragma: no cover - compiled
    alone = np.zeros(len(rows), dtype=np.bool_)
    n_columns = columns.shape[1]
    for at in range(len(rows)):
        row = rows[at]
        shortest = columns[at, 0]
        for j in range(1, n_columns):
            column = columns[at, j]
            if end[column, row] - begin[column, row] < end[shortest, row] - begin[shortest, row]:
                shortest = column
        count = 0
        for position in range(begin[shortest, row], end[shortest, row]):
            other = order[shortest, position]
            holds = True
            for j in range(n_columns):
                column = columns[at, j]
                stands = place[column, other]
                if stands < begin[column, row] or stands >= end[column, row]:
                    holds = False
                    break
            if holds:
                count += 1
                if count > 1:
                    break
        alone[at] = count == 1
    return alone
