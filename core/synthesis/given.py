"""Partly given rows: each is completed by the generator and keeps its given cells exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import ImpossibleCondition, InvalidConfig, TooFewRows, listed
from core.schema import Schema, Treatment
from core.synthesis.checkpoint import Model
from core.synthesis.columns import ConstantCode, LevelCode, NumberCode
from core.synthesis.fill import Accept, Counts, Filled, Tally
from core.synthesis.painter import Painter, chosen_rows
from core.tables import as_numbers, joined

CANDIDATES = 16
"""Rows drawn for each given row with numbers in it; the one whose numbers lie nearest is taken."""
PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRows:
    """Given cells in the codes of a model.

    Parameters
    ----------
    frame : work frame of the given columns; NaN is a cell that is to be made
    natives : int64 array of shape (n_rows,)
        Condition id of the rarest given level of every row; -1 for a row without one.
    slots : int64 array of shape (n_rows, n_level_columns)
        Slot that each given level needs; -1 where it is not given.
    spans : tuple of int
        Position in the layout of each of these columns.
    numbers : float64 array of shape (n_rows, n_number_columns), NaN where not given
    columns : tuple of str, the number columns
    scales : float array, the range of each of them in the train rows

    Notes
    -----
    Native is the rarest given level of a row, through the conditional vector; further levels are met by rejection.
    Numbers and datetimes cannot be asked of the generator: of `CANDIDATES` rows that meet the levels, the one whose
    numbers lie nearest to the given ones (sum of |difference| / range) is taken, and the given values are written. So
    relations among given numbers and made cells hold as far as a near row was found.
    """

    frame: pd.DataFrame
    natives: np.ndarray
    slots: np.ndarray
    spans: tuple[int, ...]
    numbers: np.ndarray
    columns: tuple[str, ...]
    scales: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, model: Model, schema: Schema, frame: pd.DataFrame, *, seed: int) -> GivenRows:
        """Code given rows.

        Raises
        ------
        TooFewRows
            If there is no row.
        InvalidConfig
            If a given column is not one of the table.
        ImpossibleCondition
            If a given level is one that no train row has; all of them are named together.
        """
        if not len(frame):
            raise TooFewRows("The file of partly given rows has no row.")
        unknown = [name for name in frame.columns if name not in schema.names]
        if unknown:
            raise InvalidConfig(f"The table has no column called {listed(unknown)}.", field="given")
        layout, conditions, n_rows = model.encoder.layout, model.conditions, len(frame)
        at_span = {span.column: at for at, span in enumerate(layout.spans)}
        spans, slots, numbers, columns, scales, problems = [], [], [], [], [], []
        natives = np.full(n_rows, -1)
        rarest = np.full(n_rows, np.iinfo(np.int64).max)
        for name in frame.columns:
            code = model.encoder.by_column.get(name)
            if isinstance(code, NumberCode):
                columns.append(name)
                numbers.append(as_numbers(frame[name]))
                scales.append(max(code.high - code.low, 1e-12))
            elif isinstance(code, LevelCode | ConstantCode) and schema[name].is_levels:
                series = frame[name]
                needed = _needed(code, series, layout.spans[at_span[name]].start if name in at_span else 0)
                problems += [f"{name} = {level}" for level in series.cat.categories[np.unique(
                    series.cat.codes[needed == -2])]]  # fmt: skip
                if isinstance(code, LevelCode):
                    spans.append(at_span[name])
                    slots.append(np.maximum(needed, -1))
                    place = np.full(layout.width, -1)
                    place[conditions.slots] = np.arange(len(conditions))
                    ids = np.where(needed >= 0, place[np.maximum(needed, 0)], -1)
                    count = np.where(ids >= 0, conditions.counts[np.maximum(ids, 0)], np.iinfo(np.int64).max)
                    natives = np.where(count < rarest, ids, natives)
                    rarest = np.minimum(rarest, count)
        if problems:
            raise ImpossibleCondition(
                f"No train row has {listed(problems, PROBLEMS_SHOWN)}, so these rows cannot be completed.",
                "Leave these cells empty, or train on rows that have them.",
            )
        return cls(
            frame=frame,
            natives=natives,
            slots=np.stack(slots, axis=1) if slots else np.full((n_rows, 0), -1),
            spans=tuple(spans),
            numbers=np.stack(numbers, axis=1) if numbers else np.full((n_rows, 0), np.nan),
            columns=tuple(columns),
            scales=np.array(scales),
        )

    def complete(
        self,
        painter: Painter,
        rng: np.random.Generator,
        rows: np.ndarray,
        *,
        draws_per_row: int,
        accept: Accept | None,
        pulse: Callable[[], None],
    ) -> Filled:
        """Rows `rows` completed, as far as the budget reaches."""
        wanted = np.where(np.isfinite(self.numbers[rows]).any(axis=1), CANDIDATES, 1)
        best: list[pd.DataFrame] = []
        owners: list[np.ndarray] = []
        gaps: list[np.ndarray] = []
        found, drawn = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        natively, tally = 0, Tally.of(painter)
        first = True
        while True:
            open_rows = np.flatnonzero((found < wanted) & (drawn < draws_per_row))
            if not len(open_rows):
                break
            pulse()
            # later rounds look harder for fewer rows, and stay of one size
            times = 1 if first else int(np.clip(len(rows) // len(open_rows), 1, 256))
            owner = np.repeat(open_rows, times)
            frame, at, gap = self._candidates(painter, rng, rows[owner], accept, tally)
            drawn[open_rows] += times
            owner = owner[at]
            found += np.bincount(owner, minlength=len(rows))
            natively = len(at) if first else natively
            best.append(frame)
            owners.append(owner)
            gaps.append(gap)
            first = False
        frame, owner, gap = joined(best), np.concatenate(owners), np.concatenate(gaps)
        order = np.lexsort((gap, owner))
        places, nearest = np.unique(owner[order], return_index=True)
        chosen = frame.take(order[nearest]).reset_index(drop=True)
        one = np.array([1])
        counts = Counts(obtained=one * len(places), drawn=one * int(drawn.sum()), natively=one * natively)
        return Filled(frame=self._with_given(chosen, rows[places]), places=places, counts=counts, tally=tally)

    def _candidates(
        self, painter: Painter, rng: np.random.Generator, rows: np.ndarray, accept: Accept | None, tally: Tally
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        prior, natives = painter.prior_ids(len(rows), rng), self.natives[rows]
        steered = natives >= 0
        ids = prior if prior is None else np.where(steered, natives, prior)
        encoded = painter.encoded(len(rows), ids, rng, steered)
        met = np.ones(len(rows), dtype=bool)
        for at, span in enumerate(self.spans):
            needed = self.slots[rows, at]
            met &= (needed < 0) | (encoded.slots[:, span] == needed)
        at = np.flatnonzero(met)
        frame = painter.decoded(chosen_rows(encoded, at), rng)
        gap = self._gap(frame, rows[at])
        if painter.model.encoder.rules and len(frame):
            # given cells first: what a constraint makes of them has to fit
            frame, kept = tally.keep(painter, self._with_given(frame, rows[at]), rng, tuple(self.frame.columns))
            frame, at, gap = frame[kept], at[kept], gap[kept]
        if accept is not None and len(frame):
            kept = accept(self._with_given(frame, rows[at]))
            frame, at, gap = frame[kept], at[kept], gap[kept]
        return frame, at, gap

    def _gap(self, frame: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
        gap = np.zeros(len(frame))
        for at, name in enumerate(self.columns):
            given = self.numbers[rows, at]
            away = np.abs(as_numbers(frame[name]) - given) / self.scales[at]
            gap += np.where(np.isfinite(given), np.where(np.isfinite(away), away, 1.0), 0.0)
        return gap

    def _with_given(self, frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
        """The frame with every given cell as it was given, also in columns that are not modelled."""
        frame = frame.copy(deep=False)
        given = self.frame.iloc[rows].reset_index(drop=True)
        frame.index = pd.RangeIndex(len(frame))
        for name in given.columns:
            own, there = given[name], given[name].notna().to_numpy()
            if not there.any():
                continue
            if name not in frame:
                if there.all():
                    frame[name] = own
                continue
            if isinstance(own.dtype, pd.CategoricalDtype):
                made = frame[name]
                levels = made.cat.categories.union(own.cat.categories, sort=False)
                into = np.append(levels.get_indexer(own.cat.categories), -1)
                back = np.append(levels.get_indexer(made.cat.categories), -1)
                codes = np.where(there, into[own.cat.codes.to_numpy()], back[made.cat.codes.to_numpy()])
                kind = made.dtype if len(levels) == len(made.cat.categories) else pd.CategoricalDtype(levels)
                frame[name] = pd.Categorical.from_codes(codes, dtype=kind)
            else:
                frame[name] = np.where(there, own.to_numpy(), frame[name].to_numpy())
        return frame


def _needed(code: LevelCode | ConstantCode, series: pd.Series, start: int) -> np.ndarray:
    """Slot of every given level; -1 where nothing is given, -2 for a level that no train row has."""
    if isinstance(code, ConstantCode):
        table = [-1 if str(level) == str(code.value) else -2 for level in series.cat.categories]
    else:
        known = code.slots()
        slots = [known.get(str(level)) for level in series.cat.categories]
        table = [-2 if slot is None else start + slot for slot in slots]
    return np.array([*table, -1], dtype=np.int64)[series.cat.codes.to_numpy()]


def given_columns(schema: Schema, names: list[str]) -> list[str]:
    """Columns of a file that can be given, in file order.

    Raises
    ------
    InvalidConfig
        If none is.
    """
    usable = [one.name for one in schema if one.name in names and one.treatment is not Treatment.LEAVE_OUT]
    if not usable:
        raise InvalidConfig(
            "The file of partly given rows has no column of the table.",
            f"Columns of the table are: {listed(schema.names)}.",
            field="given",
        )
    return usable
