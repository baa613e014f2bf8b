"""Drawn values of coarse columns on the same grid as the real ones: first days of months, multiples of a step."""

from __future__ import annotations

import re

import pandas as pd

from core.schema import Column

PERIODS = {"year": "Y", "quarter": "Q", "month": "M", "day": "D"}
ROUNDED = re.compile(r"rounded to (\d+(?:\.\d+)?)")


def keep_coarse(series: pd.Series, column: Column) -> pd.Series:
    """Drawn values of a column, as coarse as the values it was learned from; bands and beginnings are levels anyway.

    A date goes back to the beginning of its period and so never leaves the bounds of the train rows.
    """
    period = PERIODS.get(column.coarser or "")
    if period and series.dtype.kind == "M":
        return series.dt.to_period(period).dt.start_time.astype(series.dtype)
    step = ROUNDED.fullmatch(column.coarser or "")
    if step and series.dtype.kind == "f":
        size = float(step.group(1))
        return ((series / size).round() * size).round(12)
    return series
