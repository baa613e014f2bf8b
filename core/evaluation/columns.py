"""Everything about single columns beside their shape: means, distances, tests, missing values, coverage and tails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from core.evaluation.coded import coded
from core.evaluation.details import Details
from core.evaluation.metric import Part, Plan, Tables
from core.records import Direction, MetricResult
from core.schema import Column, ColumnType


class ColumnDetails:
    """The list of comparisons for every column, at scope `column`; each with the real value beside it."""

    names = ()
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def measure(self, tables: Tables) -> Iterator[Any]:
        """Results for every modelled column, then for identifiers.

        Raises
        ------
        NotApplicable
            Without synthetic rows.
        """
        tables.need_synthetic()
        data = coded(tables)
        for column in data.columns:
            details = Details(column.name, data.synthetic.n_rows)
            details.both(column, data.train, data.synthetic)
            if column.is_number:
                details.number(column, data.train, data.synthetic)
            else:
                details.levels(column, data.train, data.synthetic)
            if column.column.type is ColumnType.DATETIME:
                details.calendar(data.train.numbers[column.name], data.synthetic.numbers[column.name])
            yield from details.found
        for column in tables.schema:
            if column.type is ColumnType.IDENTIFIER and column.name in tables.synthetic:
                yield from _identifier(column, tables.train.get(column.name), tables.synthetic[column.name])


def _identifier(column: Column, real: pd.Series | None, synthetic: pd.Series) -> Iterator[MetricResult]:
    """How many values of an identifier are unique, and how many are real ones."""
    details = Details(column.name, len(synthetic))
    present = synthetic.dropna().astype(str)
    if len(present):
        real = None if real is None else real.dropna().astype(str)
        details.add(
            "unique_share",
            present.nunique() / len(present),
            "Distinct values among the present ones.",
            real=real.nunique() / len(real) if real is not None and len(real) else None,
            direction=Direction.HIGHER,
        )
        if column.pattern:
            layout = _layout(column.pattern)
            details.add(
                "pattern_share",
                present.str.fullmatch(layout).mean(),
                f"Share of values laid out like {column.pattern!r}.",
                real=real.str.fullmatch(layout).mean() if real is not None and len(real) else None,
                direction=Direction.HIGHER,
            )
        if real is not None:
            details.add("reused_share", present.isin(set(real)).mean(), "Share of synthetic values that are real ones.")
    yield from details.found


def _layout(pattern: str) -> str:
    """The regular expression of a column's pattern: see `core.schema.Column.pattern`."""
    if pattern == "sequence":
        return r"\d+"
    kinds = {"9": r"\d", "A": "[A-Z]", "a": "[a-z]"}
    return "".join(kinds.get(character, re.escape(character)) for character in pattern)


COLUMN_DETAILS = ColumnDetails()
