"""Are drawn rows new, and are they many kinds: copies of train rows, uniqueness, coverage, outliers."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from core.errors import NotApplicable
from core.evaluation.coded import TRAIN, Coded, code_frames
from core.evaluation.distance import EXACT_COPY, Space, distinct_rows, encode_frames
from core.evaluation.neighbours import Index, build_index, find_nearest
from core.evaluation.shapes import column_shapes
from core.evaluation.trends import pair_trends
from core.schema import Schema

MOST_PAIRS = 300
"""Pairs of columns whose coverage is looked at; of more, as many at random."""
OUTLIER_SHARE = 0.01
"""A number beyond this quantile of the train rows, on either side, is an outlier; so is a level rarer than this."""


class Copies:
    """Says of drawn rows whether they equal a train row, or lie within a distance of one.

    Parameters
    ----------
    schema : Schema
    train : work frame of train rows
    near : float or None
        Distance (0 to 1, of the privacy page) within which a row is a near copy.
    seed : int

    Raises
    ------
    NotApplicable
        If no column is modelled or there are no train rows.
    """

    def __init__(self, schema: Schema, train: pd.DataFrame, near: float | None = None, *, seed: int = 0) -> None:
        self.columns, self.train, self.near = schema.modelled, train, near
        self._keys = set(_row_keys(train, self.names))
        self._seed = seed

    @property
    def names(self) -> list[str]:
        """Columns that make a row."""
        return [column.name for column in self.columns]

    def exact(self, frame: pd.DataFrame) -> np.ndarray:
        """Which rows equal a train row in every modelled column: bool array of shape (n_rows,)."""
        keys = _row_keys(frame, self.names)
        return np.fromiter((key in self._keys for key in keys), dtype=bool, count=len(keys))

    def distances(self, frame: pd.DataFrame) -> np.ndarray:
        """Distance of every row to its nearest train row, float array of shape (n_rows,)."""
        space = encode_frames({"train": self.train, "synthetic": frame}, self.columns, range_from=("train",))
        index = self._index(space)
        return find_nearest(space.tables["synthetic"], index, 1).distance[:, 0]

    def _index(self, space: Space) -> Index:
        rows = distinct_rows(space.tables["train"]).rows
        return build_index(rows, space, np.random.default_rng(self._seed))

    def within(self, frame: pd.DataFrame) -> np.ndarray:
        """Which rows are near copies (exact ones included)."""
        if self.near is None:
            return self.exact(frame)
        return self.distances(frame) <= self.near + EXACT_COPY


def _row_keys(frame: pd.DataFrame, names: list[str]) -> np.ndarray:
    """A hash of every row over some columns; equal rows of any tables have equal hashes."""
    plain = pd.DataFrame(
        {
            at: frame[name].astype(object).where(frame[name].notna(), None).astype(str)
            if isinstance(frame[name].dtype, pd.CategoricalDtype)
            else frame[name]
            for at, name in enumerate(names)
        }
    )
    return pd.util.hash_pandas_object(plain, index=False, categorize=True).to_numpy()


def describe_rows(
    schema: Schema, *, train: pd.DataFrame, drawn: pd.DataFrame, seed: int = 0, copies: Copies | None = None
) -> dict[str, Any]:
    """Fidelity, diversity and novelty of drawn rows in a few numbers.

    Returns
    -------
    dict of float, each 0 to 1 and None where it has no meaning
        column_shapes, pair_trends : as in judging, higher is better
        copies : share of rows that equal a train row; lower is better, and `copies_of_train` is what train rows show
            among themselves (rows that occur more than once)
        unique : share of different rows
        levels_covered : share of the train rows' levels and number bins that occur, mean over columns
        pairs_covered : share of the train rows' pairs of levels or bins that occur, mean over pairs of columns
        pairs_invented : share of drawn pairs that no train row has, mean over pairs of columns
        outliers, outliers_of_train : share of rows with a value that is rare in the train rows, and of train rows
    """
    if not len(drawn):
        return {}
    data = code_frames(schema.modelled, {TRAIN: train, "drawn": drawn})
    real, rows = data.train, data.tables["drawn"]
    checker = copies or Copies(schema, train)
    names = checker.names
    own = pd.Series(_row_keys(train, names))
    found = {
        "n_rows": len(drawn),
        "column_shapes": float(column_shapes(data.columns, real, rows, None).values.mean()),
        "copies": float(checker.exact(drawn).mean()),
        "copies_of_train": float(own.duplicated(keep=False).mean()),
        "unique": float(len(np.unique(_row_keys(drawn, names))) / len(drawn)),
        "outliers": float(_has_rare(data, "drawn").mean()),
        "outliers_of_train": float(_has_rare(data, TRAIN).mean()),
    }
    covered = []
    for column in data.columns:
        there = np.unique(real.codes[column.name])
        covered.append(np.isin(there, rows.codes[column.name]).mean())
    found["levels_covered"] = float(np.mean(covered))
    try:
        trends = pair_trends(data.columns, real, {"drawn": rows}, {"drawn": None})["drawn"]
        found["pair_trends"] = float(trends.values.mean())
        found |= _pairs(data, seed)
    except (NotApplicable, ValueError):
        found["pair_trends"] = found["pairs_covered"] = found["pairs_invented"] = None
    return found


def _pairs(data: Coded, seed: int) -> dict[str, float | None]:
    """Coverage of pairs of levels or bins."""
    pairs = list(combinations(data.columns, 2))
    if not pairs:
        return {"pairs_covered": None, "pairs_invented": None}
    if len(pairs) > MOST_PAIRS:
        chosen = np.random.default_rng(seed).permutation(len(pairs))[:MOST_PAIRS]
        pairs = [pairs[at] for at in chosen]
    covered, invented = [], []
    for one, other in pairs:
        real, drawn = (
            np.unique(table.codes[one.name].astype(np.int64) * other.n_codes + table.codes[other.name])
            for table in (data.train, data.tables["drawn"])
        )
        covered.append(np.isin(real, drawn).mean())
        invented.append((~np.isin(drawn, real)).mean())
    return {"pairs_covered": float(np.mean(covered)), "pairs_invented": float(np.mean(invented))}


def _has_rare(data: Coded, name: str) -> np.ndarray:
    """Which rows have a number in the outer quantiles of the train rows, or a level rarer than `OUTLIER_SHARE`."""
    table = data.tables[name]
    rare = np.zeros(table.n_rows, dtype=bool)
    for column in data.columns:
        if column.is_number:
            real = data.train.numbers[column.name]
            present = real[~np.isnan(real)]
            if len(present):
                low, high = np.quantile(present, [OUTLIER_SHARE / 2, 1 - OUTLIER_SHARE / 2])
                values = table.numbers[column.name]
                rare |= (values < low) | (values > high)
        else:
            shares = np.bincount(data.train.codes[column.name], minlength=column.n_codes) / data.train.n_rows
            rare |= (shares < OUTLIER_SHARE)[table.codes[column.name]]
    return rare
