"""How wide a column is in an encoded row, before a run is planned: from its levels, or from a sample of its numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.schema import Column
from core.synthesis.columns import fit_code
from core.synthesis.config import TrainingConfig

SAMPLED = 4_000
"""Numbers on which modes are fitted to foresee a width."""


def level_width(n_levels: int, *, has_missing: bool, max_levels: int | None = None) -> int:
    """Slots of a column of levels; a column with one value has none."""
    most = TrainingConfig().max_levels if max_levels is None else max_levels
    total = min(n_levels, most) + has_missing
    return total if n_levels + has_missing > 1 else 0


def number_width(series: pd.Series, column: Column, *, max_modes: int | None = None) -> int:
    """Slots and normalised value of a column of numbers or dates.

    Parameters
    ----------
    series : Series in the dtype of a work frame
        A sample is enough; missing values count for a slot of their own.
    column : Column of a number type
    """
    modes = TrainingConfig().max_modes if max_modes is None else max_modes
    step = max(1, len(series) // SAMPLED)
    missing = bool(series.isna().any())
    sample = series.iloc[::step]
    if missing and not sample.isna().any():
        sample = pd.concat([sample, series[series.isna()].iloc[:1]])
    code = fit_code(sample.reset_index(drop=True), column, max_modes=modes, max_levels=2)
    return code.span_width + int(code.has_scalar)


def as_work_numbers(values: pd.Series) -> pd.Series:
    """Stored numbers or dates as a series of a work frame."""
    if values.dtype.kind == "M" or values.dtype == object:
        return pd.Series(pd.to_datetime(values, errors="coerce")).astype("datetime64[us]").reset_index(drop=True)
    return pd.Series(values.astype(np.float64)).reset_index(drop=True)
