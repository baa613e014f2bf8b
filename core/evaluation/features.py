"""Tables as matrices for learners: the same preparation for every model and every table.

Levels become codes by their rank in the train rows, the rarest sharing one code; missing stays NaN. Nothing is fitted
on control rows: a level that only they have is "other".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import NotApplicable
from core.evaluation.coded import Coded, CodedColumn, CodedTable

MAX_LEVELS_LEARNED = 250
"""Levels of a column that learners tell apart; histogram gradient boosting can hold 255."""

MAX_LEVELS_HOT = 30
"""Levels of a column that get an indicator of their own in linear models and distances; the rest share one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpace:
    """How rows become vectors, fitted on the train rows.

    Parameters
    ----------
    names : tuple of str, d columns
    is_level : bool array of shape (d,)
    lookups : mapping of level column name to float array of shape (n_codes,)
        New code of every code of `CodedColumn`; NaN for missing.
    centre, scale : float arrays of shape (d,)
        Mean and standard deviation of numbers in the train rows; 0 and 1 for levels.
    """

    names: tuple[str, ...]
    is_level: np.ndarray
    lookups: Mapping[str, np.ndarray]
    centre: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, data: Coded, *, without: str | None = None) -> FeatureSpace:
        """The space of all modelled columns but `without`.

        Raises
        ------
        NotApplicable
            If no column is left.
        """
        columns = [column for column in data.columns if column.name != without]
        if not columns:
            raise NotApplicable("There is no column beside the target to learn from.")
        centre, scale = np.zeros(len(columns)), np.ones(len(columns))
        for place, column in enumerate(columns):
            if column.is_number:
                present = data.train.numbers[column.name]
                present = present[~np.isnan(present)]
                if len(present):
                    with np.errstate(over="ignore"):
                        centre[place], spread = present.mean(), present.std()
                    scale[place] = spread if 0 < spread < np.inf else 1.0
        return cls(
            names=tuple(column.name for column in columns),
            is_level=np.array([not column.is_number for column in columns]),
            lookups={column.name: ranked_codes(column, data.train) for column in columns if not column.is_number},
            centre=centre,
            scale=scale,
        )

    def matrix(self, table: CodedTable) -> np.ndarray:
        """Numbers as they are and levels as codes, float64 array of shape (n_rows, d); NaN is missing."""
        matrix = np.empty((table.n_rows, len(self.names)))
        for place, name in enumerate(self.names):
            if self.is_level[place]:
                matrix[:, place] = self.lookups[name][table.codes[name]]
            else:
                matrix[:, place] = table.numbers[name]
        return matrix

    def vectors(self, matrix: np.ndarray) -> np.ndarray:
        """Scaled numbers and indicators, float64 array of shape (n_rows, width), without missing values.

        A missing number is the train mean and has an indicator; a level has one of at most `MAX_LEVELS_HOT` + 2
        (rarer levels share one, missing has one), scaled so that two different levels are a distance of 1 apart.
        """
        parts = []
        for place, name in enumerate(self.names):
            values = matrix[:, place]
            missing = np.isnan(values)
            if self.is_level[place]:
                n_hot = min(int(np.nanmax(self.lookups[name], initial=0)), MAX_LEVELS_HOT) + 1
                codes = np.where(missing, n_hot, np.minimum(np.nan_to_num(values), n_hot - 1)).astype(np.int64)
                parts.append(np.eye(n_hot + 1)[codes] * np.sqrt(0.5))
            else:
                scaled = np.clip((values - self.centre[place]) / self.scale[place], -10, 10)
                parts.append(np.column_stack([np.where(missing, 0.0, scaled), missing]))
        return np.hstack(parts)


def ranked_codes(column: CodedColumn, train: CodedTable) -> np.ndarray:
    """New code of every old one: levels by falling count in the train rows, the rest one code, missing NaN."""
    counts = np.bincount(train.codes[column.name], minlength=column.n_codes)[:-1]
    order = np.argsort(-counts, kind="stable")
    kept = order[: min(MAX_LEVELS_LEARNED, int((counts > 0).sum()))]
    lookup = np.full(column.n_codes, float(len(kept)))
    lookup[kept] = np.arange(len(kept))
    lookup[-1] = np.nan
    return lookup
