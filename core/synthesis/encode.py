"""From a work frame to codes and normalised values in one contiguous layout, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.constraints import Constraint
from core.schema import Schema
from core.synthesis.columns import Code, ConstantCode, LevelCode, NumberCode, code_from_json, code_to_json, fit_code
from core.synthesis.rules import Rules, fit_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Slots `start` to `start + width - 1` of an encoded row: one one-hot choice."""

    column: str
    start: int
    width: int
    is_levels: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything lies in an encoded row: first the normalised values, then the spans, the shortest first.

    Spans of equal width lie side by side, so that a softmax over each of them is one call on a view.

    Parameters
    ----------
    scalars : tuple of str
        Columns with a normalised value, in the order of the first slots.
    spans : tuple of Span
    """

    scalars: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def n_scalars(self) -> int:
        """Normalised values of a row."""
        return len(self.scalars)

    @property
    def width(self) -> int:
        """Slots of a row."""
        return self.n_scalars + sum(span.width for span in self.spans)

    def groups(self) -> list[tuple[int, int, int]]:
        """Runs of spans of equal width as (start, spans in the run, width)."""
        runs: list[tuple[int, int, int]] = []
        for span in self.spans:
            if runs and runs[-1][2] == span.width:
                start, n, width = runs[-1]
                runs[-1] = (start, n + 1, width)
            else:
                runs.append((span.start, 1, span.width))
        return runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Encoded rows, small: one number per normalised value and one slot per span.

    Parameters
    ----------
    scalars : float32 array of shape (n_rows, n_scalars), values -1 to 1
    slots : int32 array of shape (n_rows, n_spans)
        Position of the one in each span, counted from the start of the row.
    """

    scalars: np.ndarray
    slots: np.ndarray

    def __len__(self) -> int:
        return len(self.slots)


class Encoder:
    """Codes of all modelled columns and their layout. Made by `fit_encoder` from train rows alone.

    Parameters
    ----------
    codes : sequence of Code, in schema order
    rules : Rules
        How constraints act: columns are hidden behind them before encoding and shown again after decoding.
    """

    def __init__(self, codes: Sequence[Code], rules: Rules | None = None) -> None:
        self.codes = tuple(codes)
        self.rules = rules or Rules()
        self.by_column = {code.column: code for code in codes}
        active = [code for code in codes if code.span_width]
        scalars = tuple(code.column for code in active if code.has_scalar)
        start, spans = len(scalars), []
        for code in sorted(active, key=lambda one: one.span_width):
            is_levels = isinstance(code, LevelCode)
            spans.append(Span(column=code.column, start=start, width=code.span_width, is_levels=is_levels))
            start += code.span_width
        self.layout = Layout(scalars=scalars, spans=tuple(spans))
        self._slots: dict[str, dict[str, int]] = {}

    def slot(self, code: LevelCode, level: str) -> int | None:
        """The slot that asks for a level, counted from the start of its span, or None if no train row has it."""
        if code.column not in self._slots:
            self._slots[code.column] = code.slots()
        return self._slots[code.column].get(level)

    def encode(self, frame: pd.DataFrame, rng: np.random.Generator) -> Encoded:
        """Encode a work frame; `rng` draws the mode of numbers that several modes could have made."""
        layout = self.layout
        frame = self.rules.hide(frame) if self.rules else frame
        scalars = np.zeros((len(frame), layout.n_scalars), dtype=np.float32)
        slots = np.zeros((len(frame), len(layout.spans)), dtype=np.int32)
        at = {name: index for index, name in enumerate(layout.scalars)}
        for index, span in enumerate(layout.spans):
            code = self.by_column[span.column]
            if isinstance(code, NumberCode):
                slot, scalar = code.encode(frame[span.column], rng)
                if code.has_scalar:
                    scalars[:, at[span.column]] = scalar
            else:
                slot = code.encode(frame[span.column])
            slots[:, index] = slot + span.start
        return Encoded(scalars=scalars, slots=slots)

    def decode(self, encoded: Encoded, rng: np.random.Generator) -> pd.DataFrame:
        """A work frame of the modelled columns, in schema order; `rng` draws members of tail buckets."""
        layout = self.layout
        at = {name: index for index, name in enumerate(layout.scalars)}
        spans = {span.column: (index, span) for index, span in enumerate(layout.spans)}
        columns: dict[str, Any] = {}
        for code in self.codes:
            if isinstance(code, ConstantCode):
                columns[code.column] = self.constant(code, len(encoded))
                continue
            index, span = spans[code.column]
            slot = encoded.slots[:, index] - span.start
            if isinstance(code, NumberCode):
                scalar = encoded.scalars[:, at[code.column]] if code.has_scalar else None
                columns[code.column] = code.decode(slot, scalar)
            else:
                columns[code.column] = pd.Series(code.decode(slot, rng))
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(encoded)), copy=False)
        return self.rules.show(frame) if self.rules else frame

    def constant(self, code: ConstantCode, n_rows: int) -> pd.Series:
        """A column of one value."""
        if isinstance(code.value, str):
            return pd.Series(pd.Categorical.from_codes(np.zeros(n_rows, dtype=np.int8), categories=[code.value]))
        if code.is_datetime:
            stamp = np.datetime64("NaT") if code.value is None else np.datetime64(round(code.value * 1e6), "us")
            return pd.Series(np.full(n_rows, stamp, dtype="datetime64[us]"))
        if code.is_levels:
            return pd.Series(pd.Categorical.from_codes(np.full(n_rows, -1, dtype=np.int8), categories=[]))
        return pd.Series(np.full(n_rows, np.nan if code.value is None else code.value))

    def to_json(self) -> list[dict[str, Any]]:
        """Plain JSON values; the inverse of `from_json`."""
        return [code_to_json(code) for code in self.codes]

    @classmethod
    def from_json(cls, value: Sequence[Mapping[str, Any]], rules: Mapping[str, Any] | None = None) -> Encoder:
        """Rebuild an encoder from `to_json` and its rules' `to_json`."""
        return cls([code_from_json(one) for one in value], Rules.from_json(rules))


def fit_encoder(
    train: pd.DataFrame,
    schema: Schema,
    *,
    max_modes: int = 10,
    max_levels: int = 500,
    constraints: Sequence[Constraint] = (),
) -> Encoder:
    """Fit the code of every modelled column on train rows.

    Parameters
    ----------
    train : work frame of train rows
    schema : Schema
    max_modes, max_levels : int
        See `TrainingConfig`.
    constraints : sequence of Constraint
        Rules that every drawn row has to keep.
    """
    rules = fit_rules(train, schema, constraints)
    if rules:
        train, schema = rules.hide(train), rules.schema(schema)
    codes = [
        fit_code(train[column.name], column, max_modes=max_modes, max_levels=max_levels) for column in schema.modelled
    ]
    return Encoder(codes, rules)
