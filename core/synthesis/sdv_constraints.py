"""Constraints as SDV declares them, and SDV's own check of rows against them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.constraints import Constraint, ConstraintKind

TABLE = "table"


def to_sdv(constraint: Constraint) -> Any | None:
    """The constraint as an object of `sdv.cag`; None for a kind that SDV does not have (a fixed sum)."""
    from sdv import cag

    columns = constraint.columns
    match constraint.kind:
        case ConstraintKind.INEQUALITY:
            return cag.Inequality(columns[0], columns[1], strict_boundaries=constraint.strict)
        case ConstraintKind.RANGE:
            return cag.Range(*columns, strict_boundaries=constraint.strict)
        case ConstraintKind.COMBINATIONS:
            return cag.FixedCombinations(list(columns))
        case ConstraintKind.INCREMENTS:
            return cag.FixedIncrements(columns[0], constraint.increment)
        case ConstraintKind.ONE_HOT:
            return cag.OneHotEncoding(list(columns))
    return None


def sdv_agrees(constraints: Sequence[Constraint], rows: pd.DataFrame, metadata: Mapping[str, Any]) -> list[str]:
    """What SDV says about rows and constraints, in words, one for each constraint.

    Parameters
    ----------
    rows : DataFrame in the types of the file
    metadata : SDV's metadata of the table, as plain JSON
    """
    from sdv.metadata import Metadata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = Metadata.load_from_dict(dict(metadata))
        return [_agrees(one, rows, known) for one in constraints]


def _agrees(constraint: Constraint, rows: pd.DataFrame, metadata: Any) -> str:
    declared = to_sdv(constraint)
    if declared is None:
        return "SDV has no such constraint"
    try:
        declared.validate({TABLE: rows}, metadata)
    except Exception as error:  # SDV raises many kinds, each with the reason as its first line
        lines = str(error).strip().splitlines()
        return f"SDV would not take it: {lines[0][:200] if lines else type(error).__name__}"
    return "checked with SDV"
