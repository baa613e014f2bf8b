"""Two columns together, counted on cells that the real and the synthetic table share: made on demand for one pair."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.coded import SYNTHETIC, TRAIN, CodedColumn, CodedTable, code_frames
from core.evaluation.pictures import histogram_edges
from core.pictures import Axis, Counts, JointPicture
from core.schema import Column, ColumnType
from core.tables import MISSING_LABEL

N_BINS = 24
N_LEVELS = 16


def joint_picture(first: Column, second: Column, frames: Mapping[str, pd.DataFrame]) -> JointPicture:
    """Count two columns of the train and the synthetic rows.

    Parameters
    ----------
    first, second : Column
        Across and upwards.
    frames : work frames called `train` and `synthetic`, with at least these columns

    Raises
    ------
    NotApplicable
        If there are no real rows.
    """
    columns = (first,) if first.name == second.name else (first, second)
    data = code_frames(columns, frames)
    if not data.synthetic.n_rows:
        raise NotApplicable("There are no synthetic rows to draw.")
    axes, cells = [], []
    for column in (data.columns[0], data.columns[-1]):
        axis, codes = _axis(column, data.train, data.synthetic)
        axes.append(axis)
        cells.append(codes)
    size = len(axes[1].labels) + max(len(axes[1].edges) - 1, 0), len(axes[0].labels) + max(len(axes[0].edges) - 1, 0)
    counts = {name: _counts(cells[0][name], cells[1][name], size) for name in (TRAIN, SYNTHETIC)}
    return JointPicture(x=axes[0], y=axes[1], real=counts[TRAIN], synthetic=counts[SYNTHETIC])


def _counts(x: np.ndarray, y: np.ndarray, size: tuple[int, int]) -> Counts:
    flat = np.bincount(y * size[1] + x, minlength=size[0] * size[1]).reshape(size)
    return tuple(tuple(row) for row in flat.tolist())


def _axis(column: CodedColumn, real: CodedTable, synthetic: CodedTable) -> tuple[Axis, dict[str, np.ndarray]]:
    tables = {TRAIN: real, SYNTHETIC: synthetic}
    return (_number_axis if column.is_number else _level_axis)(column, tables)


def _number_axis(column: CodedColumn, tables: Mapping[str, CodedTable]) -> tuple[Axis, dict[str, np.ndarray]]:
    values = {name: table.numbers[column.name] for name, table in tables.items()}
    present = np.concatenate([one[~np.isnan(one)] for one in values.values()])
    edges = histogram_edges(present, N_BINS)
    n_bins = max(len(edges) - 1, 0)
    codes = {}
    for name, one in values.items():
        missing = np.isnan(one)
        # the last bin contains its upper edge, as a histogram's does
        place = np.clip(np.searchsorted(edges, one, side="right") - 1, 0, max(n_bins - 1, 0))
        codes[name] = np.where(missing, n_bins, place).astype(np.int64)
    has_missing = any((one == n_bins).any() for one in codes.values())
    axis = Axis(
        name=column.name,
        edges=tuple(map(float, edges)),
        labels=(MISSING_LABEL,) if has_missing else (),
        is_date=column.column.type is ColumnType.DATETIME,
    )
    return axis, codes


def _level_axis(column: CodedColumn, tables: Mapping[str, CodedTable]) -> tuple[Axis, dict[str, np.ndarray]]:
    counts = {name: np.bincount(table.codes[column.name], minlength=column.n_codes) for name, table in tables.items()}
    total = counts[TRAIN][:-1] / max(tables[TRAIN].n_rows, 1) + counts[SYNTHETIC][:-1] / max(
        tables[SYNTHETIC].n_rows, 1
    )
    occurring = np.flatnonzero(total)
    ranked = occurring[np.argsort(-total[occurring], kind="stable")]
    shown, rest = ranked, ranked[:0]
    if len(ranked) > N_LEVELS:
        shown, rest = ranked[: N_LEVELS - 1], ranked[N_LEVELS - 1 :]
    order = {level: place for place, level in enumerate(column.column.order)}
    if order:
        shown = np.array(sorted(shown, key=lambda code: order.get(column.levels[code], len(order))), dtype=np.int64)
    labels = [column.levels[code] for code in shown]
    lookup = np.zeros(column.n_codes, dtype=np.int64)
    lookup[shown] = np.arange(len(shown))
    if len(rest):
        lookup[rest] = len(labels)
        labels.append(f"other ({len(rest):,} levels)")
    if any(one[-1] for one in counts.values()):
        lookup[-1] = len(labels)
        labels.append(MISSING_LABEL)
    return Axis(name=column.name, labels=tuple(labels)), {
        name: lookup[table.codes[column.name]] for name, table in tables.items()
    }
