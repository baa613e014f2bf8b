"""Summaries of columns as rows of a table and as pictures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from core.figures.text import is_clock, moment, number, percent, short
from core.records import ColumnPicture
from core.schema import Column, Schema

LONGEST_NAME = 200
SPARK_BARS = 24
"""Bars of the small histogram in a table cell."""


def summary_table(summary: Any, schema: Schema) -> pd.DataFrame:
    """One row per column of the schema, in its order.

    Parameters
    ----------
    summary : TableSummary
    schema : Schema
    """
    found = {one.name: one for one in summary.columns}
    columns = [(column, found[column.name]) for column in schema if column.name in found]
    return pd.DataFrame(
        {
            "Column": [short(column.name, LONGEST_NAME) for column, _ in columns],
            "Type": [str(column.type) for column, _ in columns],
            "Distribution": [spark(one, column) for column, one in columns],
            "Values": [values_in_words(column, one, summary.n_rows) for column, one in columns],
            "Missing": [100 * one.n_missing / max(summary.n_rows, 1) for _, one in columns],
            "Levels": [one.n_levels for _, one in columns],
            "Personal": [column.personal or "–" for column, _ in columns],
            "Treatment": [str(column.treatment) for column, _ in columns],
            "Why this type": [column.reason for column, _ in columns],
        }
    )


def in_order(one: Any, column: Column) -> list[tuple[str, int]]:
    """Levels with their numbers of rows: in the order of their scale, or without one the most frequent first."""
    place = {level: at for at, level in enumerate(column.order)}
    if not place or any(level not in place for level, _ in one.top_levels):
        return list(one.top_levels)
    return sorted(one.top_levels, key=lambda level: place[level[0]])


def spark(one: Any, column: Column) -> list[int]:
    """Heights of a small histogram: neighbouring bins joined, or the levels."""
    if not one.counts:
        return [count for _, count in in_order(one, column)[:SPARK_BARS]]
    step = -(-len(one.counts) // SPARK_BARS)
    return [sum(one.counts[start : start + step]) for start in range(0, len(one.counts), step)]


def values_in_words(column: Column, one: Any, n_rows: int) -> str:
    """Range of a number or date; the most frequent level of the others."""
    if one.low is not None:
        if str(column.type) == "datetime":
            clock = is_clock(one.low, one.high)
            return f"{moment(one.low, clock=clock)} to {moment(one.high, clock=clock)}"
        return f"{number(one.low)} to {number(one.high)}, mean {number(one.mean)}"
    if one.top_levels:
        level, count = one.top_levels[0]
        return f"{short(level, 40)} ({percent(count / max(n_rows, 1))})"
    return "not shown"


def as_picture(summary: Any, column: Column) -> ColumnPicture:
    """The column's distribution in the real table, to be drawn."""
    one = next(found for found in summary.columns if found.name == column.name)
    if one.counts:
        return ColumnPicture(
            column=column.name, type=str(column.type), edges=one.bins, real=one.counts, real_missing=one.n_missing
        )
    levels = in_order(one, column)
    labels, counts = [level for level, _ in levels], [count for _, count in levels]
    rest = summary.n_rows - one.n_missing - sum(counts)
    if labels and rest > 0:
        labels.append(f"other ({one.n_levels - len(labels):,} levels)")
        counts.append(rest)
    return ColumnPicture(
        column=column.name, type=str(column.type), labels=tuple(labels), real=tuple(counts), real_missing=one.n_missing
    )
