"""A newer version of a table inherits its split: a row that was a control row stays one, whatever else changed.

The hash that divides rows is of all cells of a row. Where a newer version has other columns every hash is another one,
so rows are first looked up in the older table by the columns that both have; rows that are not there are divided by
the inherited hash. With an entity column the hash is of the entity alone and needs no looking up.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset import Split, SplitSpec
from core.jobs.context import JobContext
from core.jobs.files import read_json
from core.jobs.preparing import rows_sides
from core.schema import Column, Schema
from core.tables import read_frame


def inherited_split(context: JobContext, frame: pd.DataFrame, schema: Schema, split: Split) -> tuple[Split, int]:
    """The split with every row of the older version on its old side, and the number of rows that were found there.

    Parameters
    ----------
    context : JobContext
        `inherit` of its settings names the older dataset.
    frame : work frame of the newer table
    split : Split
        What the inherited hash says.
    """
    older_id = str(context.config["inherit"])
    table = context.session / "tables" / f"{older_id}.parquet"
    facts = read_json(context.session / "jobs" / older_id / "dataset.json")
    if split.spec.group is not None or facts is None or not table.is_file():
        return split, 0
    older_schema = Schema.from_json(facts["schema"])
    older_sides = rows_sides(context.session, older_id, table, older_schema, SplitSpec.from_json(facts["split"]))
    return known_rows(frame, schema, table, older_schema, older_sides, split)


def known_rows(
    frame: pd.DataFrame, schema: Schema, table: Path, older_schema: Schema, older_sides: np.ndarray, split: Split
) -> tuple[Split, int]:
    """`inherited_split` with the older table and the side of each of its rows given."""
    shared = [one.name for one in older_schema if one.name in schema and _kind(one) == _kind(schema[one.name])]
    if not shared:
        return split, 0
    older = read_frame(table, older_schema, shared)
    sides = pd.Series(older_sides, index=pd.MultiIndex.from_arrays(_keys(older)))
    found = sides.reindex(pd.MultiIndex.from_arrays(_keys(frame[shared]))).to_numpy()
    known = ~np.isnan(found)
    control = np.where(known, found > 0, split.is_control)
    report = np.where(known, found == 2, split.is_report_half)
    return dataclasses.replace(split, is_control=control, is_report_half=report), int(known.sum())


def _kind(column: Column) -> str:
    """How cells lie in a work frame; equal cells have equal hashes within a kind alone."""
    return str(column.type) if column.is_number else "levels"


def _keys(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Hash of every row, and the number of its occurrence: equal rows are told apart by their order."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashes, pd.Series(hashes).groupby(hashes).cumcount().to_numpy()
