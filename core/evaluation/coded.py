"""Tables as arrays: every modelled column as numbers and as codes on bins or levels that all tables share.

Bins come from the train rows alone (10 equal widths over their range, ends open), so a synthetic row outside the range
moves no edge; missing has a code of its own, the last.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.metric import Tables
from core.schema import Column
from core.tables import as_numbers, level_codes

N_BINS = 10
TRAIN, SYNTHETIC, CONTROL, CONDITIONED = "train", "synthetic", "control", "conditioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedColumn:
    """What the codes of one column mean.

    Parameters
    ----------
    column : Column
    edges : float array of increasing inner bin edges; empty for levels
    levels : tuple of str
        Level of every code but the last; empty for numbers.
    n_codes : int
        Codes are 0..n_codes - 1; the last one is "missing".
    """

    column: Column
    edges: np.ndarray
    levels: tuple[str, ...]
    n_codes: int

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def is_number(self) -> bool:
        """Whether values lie on a line."""
        return self.column.is_number


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedTable:
    """The rows of one table.

    Parameters
    ----------
    n_rows : int
    codes : mapping of column name to int32 array of shape (n_rows,)
    numbers : mapping of number column name to float64 array of shape (n_rows,); NaN for missing and infinite values
    whose : int array of shape (n_rows,) or None
        Entity of every row; None where rows stand alone.
    """

    n_rows: int
    codes: Mapping[str, np.ndarray]
    numbers: Mapping[str, np.ndarray]
    whose: np.ndarray | None = None

    def taking(self, rows: np.ndarray) -> CodedTable:
        """The table of these rows: positions or a mask."""
        codes = {name: values[rows] for name, values in self.codes.items()}
        numbers = {name: values[rows] for name, values in self.numbers.items()}
        n_rows = int(rows.sum()) if rows.dtype == bool else len(rows)
        whose = None if self.whose is None else self.whose[rows]
        return CodedTable(n_rows=n_rows, codes=codes, numbers=numbers, whose=whose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """All tables of one evaluation on shared codes.

    Parameters
    ----------
    columns : tuple of CodedColumn, the modelled columns in file order
    tables : mapping of `TRAIN`, `SYNTHETIC`, `CONTROL`, `CONDITIONED` to CodedTable
        Control and conditioned rows only where there are any.
    """

    columns: tuple[CodedColumn, ...]
    tables: Mapping[str, CodedTable]

    @property
    def train(self) -> CodedTable:
        """The train rows."""
        return self.tables[TRAIN]

    @property
    def synthetic(self) -> CodedTable:
        """The unconditioned synthetic rows."""
        return self.tables[SYNTHETIC]

    @property
    def control(self) -> CodedTable | None:
        """The control rows, if there are any."""
        return self.tables.get(CONTROL)


def coded(tables: Tables) -> Coded:
    """Code the tables of an evaluation; done once and kept in its cache.

    Raises
    ------
    NotApplicable
        If no column is modelled or there are no train rows.
    """
    if "coded" not in tables.cache:
        frames = {TRAIN: tables.train, SYNTHETIC: tables.synthetic}
        for name, frame in ((CONTROL, tables.control), (CONDITIONED, tables.conditioned)):
            if frame is not None and len(frame):
                frames[name] = frame
        tables.cache["coded"] = _with_entities(code_frames(tables.schema.modelled, frames), tables)
    return tables.cache["coded"]


def _with_entities(data: Coded, tables: Tables) -> Coded:
    """The same with the entity of every train and control row, where the dataset was split by one."""
    entities = tables.entities()
    if entities is None:
        return data
    known = {
        name: dataclasses.replace(data.tables[name], whose=whose)
        for name, whose in zip((TRAIN, CONTROL), entities, strict=True)
        if name in data.tables
    }
    return dataclasses.replace(data, tables={**data.tables, **known})


def code_frames(columns: tuple[Column, ...], frames: Mapping[str, pd.DataFrame]) -> Coded:
    """Code work frames by name; bins are those of the frame called `train`.

    Raises
    ------
    NotApplicable
        If there is nothing to compare.
    """
    if not columns:
        raise NotApplicable("No column is modelled, so there is nothing to compare.")
    if not len(frames[TRAIN]):
        raise NotApplicable("There are no real rows to compare with.")
    described = []
    codes: dict[str, dict[str, np.ndarray]] = {name: {} for name in frames}
    numbers: dict[str, dict[str, np.ndarray]] = {name: {} for name in frames}
    for column in columns:
        series = {name: frame[column.name] for name, frame in frames.items()}
        if column.is_number:
            edges = np.empty(0)
            for name, one in series.items():
                values = as_numbers(one)
                numbers[name][column.name] = np.where(np.isfinite(values), values, np.nan)
                if name == TRAIN:
                    edges = bin_edges(numbers[name][column.name])
            for name in series:
                codes[name][column.name] = bin_codes(numbers[name][column.name], edges)
            described.append(CodedColumn(column=column, edges=edges, levels=(), n_codes=len(edges) + 2))
        else:
            shared, levels = level_codes(*series.values())
            for name, one in zip(series, shared, strict=True):
                codes[name][column.name] = one.astype(np.int32)
            described.append(
                CodedColumn(column=column, edges=np.empty(0), levels=tuple(levels[:-1]), n_codes=len(levels))
            )
    return Coded(
        columns=tuple(described),
        tables={
            name: CodedTable(n_rows=len(frame), codes=codes[name], numbers=numbers[name])
            for name, frame in frames.items()
        },
    )


def code_like(data: Coded, frame: pd.DataFrame) -> CodedTable:
    """Code another work frame on the bins and levels of `data`.

    Levels that no table of `data` has share the code "missing"; it is meant for tables made from the train rows.
    """
    codes, numbers = {}, {}
    for column in data.columns:
        series = frame[column.name]
        if column.is_number:
            values = as_numbers(series)
            numbers[column.name] = np.where(np.isfinite(values), values, np.nan)
            codes[column.name] = bin_codes(numbers[column.name], column.edges)
        else:
            place = pd.Index(column.levels, dtype=object).get_indexer(series.cat.categories)
            lookup = np.append(np.where(place < 0, len(column.levels), place), len(column.levels))
            codes[column.name] = lookup[series.cat.codes.to_numpy()].astype(np.int32)
    return CodedTable(n_rows=len(frame), codes=codes, numbers=numbers)


def bin_edges(values: np.ndarray, n_bins: int = N_BINS) -> np.ndarray:
    """Inner edges of equal-width bins over the range of real values; the two outer bins are open.

    A constant gets three bins, below it, itself and above it; a column without values gets one.
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return np.empty(0)
    low, high = float(present.min()), float(present.max())
    if low == high:
        return np.array([low, np.nextafter(low, np.inf)])
    return np.linspace(low, high, n_bins + 1)[1:-1]


def bin_codes(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bin of every value, 0..len(edges); missing is len(edges) + 1. A bin contains its lower edge."""
    codes = np.searchsorted(edges, values, side="right").astype(np.int32)
    codes[np.isnan(values)] = len(edges) + 1
    return codes


def level_shares(column: CodedColumn, table: CodedTable) -> np.ndarray:
    """Share of rows with every code, shape (n_codes,); zeros for a table without rows."""
    return np.bincount(table.codes[column.name], minlength=column.n_codes) / max(table.n_rows, 1)
