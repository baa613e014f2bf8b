"""Conditions as the model understands them: what steers the generator, and what is left to rejection.

Native is one level column for each row, through the conditional vector that the generator was trained with. Of several
level clauses the one whose level is rarest in the train rows steers: with A rarer than B, drawing under A and waiting
for B accepts p(A and B) / p(A) of the rows, more than the other way round. Everything else is rejection: further
levels, numbers, datetimes, missing values of numbers. A level that shares its slot with other rare levels is drawn as
that slot, and then written: inside the bucket, levels are drawn apart from everything else, so the law stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.clauses import Clause, Condition, as_text, ends_of, refuse_contradictions
from core.errors import ImpossibleCondition, listed
from core.schema import Column, Schema
from core.synthesis.checkpoint import Model
from core.synthesis.columns import ConstantCode, LevelCode, NumberCode
from core.synthesis.encode import Encoded, Encoder
from core.tables import MISSING_LABEL, as_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Numbers (seconds for datetimes) that a column may have, both ends included."""

    column: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What every row of a kind must meet.

    Parameters
    ----------
    native : int or None
        Condition id that steers the generator; None leaves it to the prior.
    slots : tuple of (int, int)
        Spans, by position in the layout, and the slot that each must have.
    members : tuple of (str, str)
        Columns whose slot is a bucket of rare levels, and the level to write there.
    intervals : tuple of Interval
    late : tuple of Interval
        Of columns that a constraint makes from others, so that they are known only when a row is whole.
    columns : tuple of str
        Columns of all clauses; constraints may not change them.
    """

    native: int | None = None
    slots: tuple[tuple[int, int], ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    intervals: tuple[Interval, ...] = ()
    late: tuple[Interval, ...] = ()
    columns: tuple[str, ...] = ()

    def met(self, encoded: Encoded, encoder: Encoder) -> np.ndarray:
        """Which encoded rows meet it; numbers are looked at as they would be written."""
        met = np.ones(len(encoded), dtype=bool)
        for at, slot in self.slots:
            met &= encoded.slots[:, at] == slot
        for interval in self.intervals:
            rows = np.flatnonzero(met)
            if len(rows):
                values = numbers_of(encoder, encoded, interval.column, rows)
                met[rows] = (values >= interval.low) & (values <= interval.high)
        return met

    def met_late(self, frame: pd.DataFrame) -> np.ndarray:
        """Which whole rows meet what could not be seen before."""
        met = np.ones(len(frame), dtype=bool)
        for interval in self.late:
            values = as_numbers(frame[interval.column])
            met &= (values >= interval.low) & (values <= interval.high)
        return met


FREE = Wish()


def numbers_of(encoder: Encoder, encoded: Encoded, column: str, rows: np.ndarray) -> np.ndarray:
    """Decoded numbers (seconds for datetimes) of some rows of one column; missing is NaN."""
    layout, code = encoder.layout, encoder.by_column[column]
    at = next(index for index, span in enumerate(layout.spans) if span.column == column)
    scalar = encoded.scalars[rows, layout.scalars.index(column)] if code.has_scalar else None
    return as_numbers(code.decode(encoded.slots[rows, at] - layout.spans[at].start, scalar))


def wish_of(model: Model, schema: Schema, condition: Condition, *, steering: str = "native") -> Wish:
    """The condition for this model; with `steering` "waiting" nothing steers, and all of it is rejection.

    Raises
    ------
    ImpossibleCondition
        If a level, value or range lies outside what the train rows have, clauses contradict one another, or a column
        is not modelled.
    InvalidConfig
        If a value cannot be read.
    """
    refuse_contradictions(condition)
    asked = {clause.column: clause for clause in condition.clauses}
    slots: list[tuple[int, int]] = []
    members: list[tuple[str, str]] = []
    intervals: list[Interval] = []
    late: list[Interval] = []
    made = {rule.column for rule in model.encoder.rules.numbers}
    rarest: tuple[int, int] | None = None
    for clause in asked.values():
        code = model.encoder.by_column.get(clause.column)
        if clause.column in made and clause.level != MISSING_LABEL:
            low, high = ends_of(schema[clause.column], clause)
            late.append(Interval(column=clause.column, low=low, high=high))
        elif code is None:
            _refuse_unmodelled(schema[clause.column], clause, model)
        elif isinstance(code, NumberCode):
            _number_clause(model, schema[clause.column], code, clause, slots, intervals)
        elif isinstance(code, ConstantCode):
            _constant_clause(code, schema[clause.column], clause)
        else:
            at, slot = _level_slot(model, code, clause)
            slots.append((at, slot))
            if code.tail and model.encoder.slot(code, clause.level) == len(code.levels):
                members.append((clause.column, clause.level))
            found = np.flatnonzero(model.conditions.slots == slot)
            if len(found):
                count = int(model.conditions.counts[found[0]])
                rarest = min(rarest or (count, int(found[0])), (count, int(found[0])))
    return Wish(
        native=rarest[1] if rarest and steering == "native" else None,
        slots=tuple(slots),
        members=tuple(members),
        intervals=tuple(intervals),
        late=tuple(late),
        columns=tuple(asked),
    )


def _refuse_unmodelled(column: Column, clause: Clause, model: Model) -> None:
    names = [one.column for one in model.encoder.codes if isinstance(one, LevelCode)]
    raise ImpossibleCondition(
        f"The column {column.name!r} is not modelled, so rows cannot be asked for by {clause.level!r}.",
        f"Columns with levels: {listed(names) or 'none'}.",
    )


def _level_slot(model: Model, code: LevelCode, clause: Clause) -> tuple[int, int]:
    slot = model.encoder.slot(code, clause.level)
    if slot is None:
        levels = (*code.labels[: len(code.levels)], *code.tail)
        raise ImpossibleCondition(
            f"No train row has {clause.level!r} in the column {clause.column!r}, so no such row can be drawn.",
            f"Its levels are: {listed(levels)}.",
        )
    at = _span_at(model, clause.column)
    return at, model.encoder.layout.spans[at].start + slot


def _span_at(model: Model, column: str) -> int:
    return next(index for index, span in enumerate(model.encoder.layout.spans) if span.column == column)


def _constant_clause(code: ConstantCode, column: Column, clause: Clause) -> None:
    if code.value is None:
        fits = clause.level == MISSING_LABEL
    elif column.is_number:
        low, high = ends_of(column, clause)
        fits = low <= float(code.value) <= high
    else:
        fits = code.value == clause.level
    if not fits:
        raise ImpossibleCondition(
            f"No train row has {clause.level!r} in the column {clause.column!r}, so no such row can be drawn.",
            f"Its levels are: {MISSING_LABEL if code.value is None else code.value}.",
        )


def _number_clause(
    model: Model,
    column: Column,
    code: NumberCode,
    clause: Clause,
    slots: list[tuple[int, int]],
    intervals: list[Interval],
) -> None:
    if clause.level == MISSING_LABEL:
        if not code.has_missing:
            raise ImpossibleCondition(f"In the column {clause.column!r} no train row lacks its value.")
        at = _span_at(model, clause.column)
        slots.append((at, model.encoder.layout.spans[at].start + code.span_width - 1))
        return
    low, high = ends_of(column, clause)
    if high < code.low or low > code.high:
        raise ImpossibleCondition(
            f"No train row has {clause.column!r} within {clause.level}.",
            f"They lie between {as_text(column, code.low)} and {as_text(column, code.high)}.",
        )
    intervals.append(Interval(column=clause.column, low=low, high=high))
