"""Pictures of columns: rows counted on shared bins or levels, so that the browser never receives a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.evaluation.coded import CodedColumn, CodedTable, coded
from core.evaluation.drift import step_counts, step_cuts
from core.evaluation.metric import Part, Plan, Tables
from core.limits import MAX_LEVELS_SHOWN
from core.records import ColumnPicture
from core.schema import ColumnType

N_PICTURE_BINS = 40
N_QUANTILES = 201
"""Points of the cumulative and the quantile-quantile picture."""


class ColumnPictures:
    """One picture of every modelled column."""

    names = ()
    part = Part.FIDELITY
    plan = Plan.QUICK

    def measure(self, tables: Tables) -> Iterator[Any]:
        """A `ColumnPicture` for every column, in file order.

        Raises
        ------
        NotApplicable
            Without synthetic rows or modelled columns.
        """
        tables.need_synthetic()
        data = coded(tables)
        for column in data.columns:
            yield picture_of(column, data.train, data.synthetic)


def picture_of(column: CodedColumn, real: CodedTable, synthetic: CodedTable) -> ColumnPicture:
    """Count one column of both tables."""
    return (_bins if column.is_number else _levels)(column, real, synthetic)


def _bins(column: CodedColumn, real: CodedTable, synthetic: CodedTable) -> ColumnPicture:
    tables = [table.numbers[column.name] for table in (real, synthetic)]
    present = [values[~np.isnan(values)] for values in tables]
    edges = histogram_edges(np.concatenate(present))
    real_counts, synthetic_counts = (
        np.histogram(values, edges)[0] if len(edges) else np.empty(0, dtype=int) for values in present
    )
    cuts = step_cuts(present[0])
    return ColumnPicture(
        column=column.name,
        type=column.column.type,
        edges=tuple(map(float, edges)),
        real=tuple(map(int, real_counts)),
        synthetic=tuple(map(int, synthetic_counts)),
        real_missing=len(tables[0]) - len(present[0]),
        synthetic_missing=len(tables[1]) - len(present[1]),
        real_quantiles=quantiles_of(present[0]),
        synthetic_quantiles=quantiles_of(present[1]),
        real_steps=step_counts(present[0], cuts),
        synthetic_steps=step_counts(present[1], cuts),
    )


def quantiles_of(values: np.ndarray) -> tuple[float, ...]:
    """Quantiles at `N_QUANTILES` equally spaced shares, each a value that occurs; empty without values."""
    if not len(values):
        return ()
    return tuple(np.quantile(values, np.linspace(0, 1, N_QUANTILES), method="inverted_cdf").tolist())


def histogram_edges(values: np.ndarray, most: int = N_PICTURE_BINS) -> np.ndarray:
    """Edges of at most `most` equal-width bins over all values; empty without values.

    Whole numbers get edges at halves, so that every bin holds equally many of them and none looks empty by rounding.
    """
    if not len(values):
        return np.empty(0)
    low, high = float(values.min()), float(values.max())
    span = high - low
    if span < 1e6 and np.all(values == np.floor(values)):
        width = max(1, int(np.ceil((span + 1) / most)))
        n_bins = int(np.ceil((span + 1) / width))
        return low - 0.5 + width * np.arange(n_bins + 1, dtype=np.float64)
    if span == 0:
        margin = max(abs(low) * 0.5, 0.5)
        return np.array([low - margin, low + margin])
    return np.linspace(low, high, most + 1)


def _levels(column: CodedColumn, real: CodedTable, synthetic: CodedTable) -> ColumnPicture:
    counts = [np.bincount(table.codes[column.name], minlength=column.n_codes) for table in (real, synthetic)]
    n_missing = [int(each[-1]) for each in counts]
    real_counts, synthetic_counts = (each[:-1] for each in counts)
    occurring = np.flatnonzero(real_counts + synthetic_counts)
    ranked = occurring[np.lexsort((occurring, -synthetic_counts[occurring], -real_counts[occurring]))]
    shown, rest = ranked, ranked[:0]
    if len(ranked) > MAX_LEVELS_SHOWN:
        shown, rest = ranked[: MAX_LEVELS_SHOWN - 1], ranked[MAX_LEVELS_SHOWN - 1 :]
    labels = [column.levels[code] for code in shown]
    if column.column.type is ColumnType.ORDINAL:
        rank = {level: place for place, level in enumerate(column.column.order)}
        order = sorted(range(len(shown)), key=lambda place: rank.get(labels[place], len(rank)))
        shown, labels = shown[order], [labels[place] for place in order]
    drawn = [[int(each[code]) for code in shown] for each in (real_counts, synthetic_counts)]
    if len(rest):
        labels.append(f"other ({len(rest):,} levels)")
        for each, heights in zip((real_counts, synthetic_counts), drawn, strict=True):
            heights.append(int(each[rest].sum()))
    return ColumnPicture(
        column=column.name,
        type=column.column.type,
        labels=tuple(labels),
        real=tuple(drawn[0]),
        synthetic=tuple(drawn[1]),
        real_missing=n_missing[0],
        synthetic_missing=n_missing[1],
        real_once=int((real_counts == 1).sum()),
        synthetic_new=int(synthetic_counts[rest][real_counts[rest] == 0].sum()),
    )


COLUMN_PICTURES = ColumnPictures()
