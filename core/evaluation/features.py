"""Tables as matrices for learners: the same preparation for every model and every table.

Levels become codes by their rank in the train rows, the rarest sharing one code; missing stays NaN. Nothing is fitted
on control rows: a level that only they have is "other".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import NotApplicable
from core.evaluation.coded import Coded, CodedColumn

MAX_LEVELS_LEARNED = 250
"""Levels of a column that learners tell apart; histogram gradient boosting can hold 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Feature columns and one matrix per table.

    Parameters
    ----------
    names : tuple of str, d columns
    is_level : bool array of shape (d,)
    n_codes : int array of shape (d,)
        Codes of a level column are 0..n_codes - 1; 0 for numbers.
    tables : mapping of table name to float64 array of shape (n_rows, d); NaN is missing
    """

    names: tuple[str, ...]
    is_level: np.ndarray
    n_codes: np.ndarray
    tables: Mapping[str, np.ndarray]


def features_of(data: Coded, *, without: str | None = None) -> Features:
    """Matrices of all modelled columns but `without`.

    Raises
    ------
    NotApplicable
        If no column is left.
    """
    columns = [column for column in data.columns if column.name != without]
    if not columns:
        raise NotApplicable("There is no column beside the target to learn from.")
    matrices = {name: np.empty((table.n_rows, len(columns))) for name, table in data.tables.items()}
    n_codes = np.zeros(len(columns), dtype=np.int64)
    for place, column in enumerate(columns):
        if column.is_number:
            for name, table in data.tables.items():
                matrices[name][:, place] = table.numbers[column.name]
        else:
            lookup = ranked_codes(column, data)
            n_codes[place] = int(np.nanmax(lookup, initial=0)) + 1
            for name, table in data.tables.items():
                matrices[name][:, place] = lookup[table.codes[column.name]]
    return Features(
        names=tuple(column.name for column in columns),
        is_level=np.array([not column.is_number for column in columns]),
        n_codes=n_codes,
        tables=matrices,
    )


def ranked_codes(column: CodedColumn, data: Coded) -> np.ndarray:
    """New code of every old one: levels by falling count in the train rows, the rest one code, missing NaN."""
    counts = np.bincount(data.train.codes[column.name], minlength=column.n_codes)[:-1]
    order = np.argsort(-counts, kind="stable")
    kept = order[: min(MAX_LEVELS_LEARNED, int((counts > 0).sum()))]
    lookup = np.full(column.n_codes, float(len(kept)))
    lookup[kept] = np.arange(len(kept))
    lookup[-1] = np.nan
    return lookup
