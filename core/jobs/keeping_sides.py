"""Rows keep their side: a newer version of a table, or the same table with other columns, inherits its split.

The hash that divides rows is of all cells of a row, so one changed cell, or another type of a column, makes another
hash. Rows that can be recognised keep the side that they had (see `core.jobs.recognising`). What is not recognised is
divided by the inherited hash, and is counted: it may be an older row of which much has changed.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset import Split, SplitSpec
from core.errors import InvalidConfig
from core.jobs.context import JobContext
from core.jobs.files import read_json
from core.jobs.preparing import SIDES, rows_sides
from core.jobs.recognising import UNKNOWN, Kept, Recognition
from core.schema import Column, ColumnType, Schema
from core.tables import read_frame


def settled_sides(context: JobContext, frame: pd.DataFrame, schema: Schema, split: Split) -> tuple[Split, dict]:
    """The split that the settings ask for, and what `dataset.json` says of where it is from.

    Parameters
    ----------
    context : JobContext
        Of its settings: `inherit` names the older dataset of a newer version, `sides_of` a dataset of the same rows,
        `sides` a file with the side of every row. Writes the sides into the job where the hash does not give them.
    frame : work frame of the table
    split : Split
        What the hash says.
    """
    config, about = context.config, {}
    given = split
    if config.get("inherit"):
        given, kept = inherited_split(context, frame, schema, split)
        about = {"inherited": {"from": config["inherit"], **dataclasses.asdict(kept)}}
    elif config.get("sides_of"):
        given = _with_sides(split, _sides_of(context, str(config["sides_of"])))
    elif config.get("sides"):
        path = context.existing(config["sides"], "the sides of the rows")
        given = _with_sides(split, np.load(path, allow_pickle=False))
    sides, cuts = _sides(given), SplitSpec.from_json(config["split"]).thresholds
    if cuts or (sides != _sides(split)).any():  # the key alone would not give these sides again
        np.save(context.folder / SIDES, sides)
    return given, about


def inherited_split(context: JobContext, frame: pd.DataFrame, schema: Schema, split: Split) -> tuple[Split, Kept]:
    """The split with every row of the older version on its old side, and what was found of that version.

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
    if facts is None or not table.is_file():
        return split, Kept()
    older_schema = Schema.from_json(facts["schema"])
    older_sides = rows_sides(context.session, older_id, table, older_schema, SplitSpec.from_json(facts["split"]))
    return known_rows(frame, schema, table, older_schema, older_sides, split)


def known_rows(
    frame: pd.DataFrame, schema: Schema, table: Path, older_schema: Schema, older_sides: np.ndarray, split: Split
) -> tuple[Split, Kept]:
    """`inherited_split` with the older table and the side of each of its rows given."""
    shared = [one.name for one in older_schema if one.name in schema and _kind(one) == _kind(schema[one.name])]
    found = Recognition(read_frame(table, older_schema, shared), frame[shared], older_sides)
    group = split.spec.group
    identifiers = [name for name in shared if older_schema[name].type is ColumnType.IDENTIFIER]
    if group is not None and group in shared:
        n_known = found.by_entity(group, identifiers, lone=split.spec.lone)
    elif shared:
        n_known = found.by_row(identifiers)
    else:
        n_known = 0
    unknown = found.sides == UNKNOWN
    given = np.where(unknown, _sides(split), found.sides)
    kept = Kept(
        n_known=n_known,
        n_changed=found.n_found - n_known,
        n_new_control=int((unknown & (given > 0)).sum()),
        n_gone_train=int((found.gone & (older_sides == 0)).sum()),
    )
    return _with_sides(split, given), kept


def _sides(split: Split) -> np.ndarray:
    """0 for train rows, 1 and 2 for the halves of the control rows."""
    return np.where(split.is_control, np.where(split.is_report_half, 2, 1), 0).astype(np.int8)


def _with_sides(split: Split, sides: np.ndarray) -> Split:
    """The split with these sides.

    Raises
    ------
    InvalidConfig
        If they are those of another table.
    """
    if sides.shape != split.is_control.shape:
        raise InvalidConfig(
            f"The table has {len(split.is_control):,} rows, but the split is of {sides.size:,}.",
            "Bring the table that it was made for.",
        )
    return dataclasses.replace(split, is_control=sides > 0, is_report_half=sides == 2)


def _sides_of(context: JobContext, dataset_id: str) -> np.ndarray:
    """Sides of another dataset of the same rows."""
    facts = read_json(context.session / "jobs" / dataset_id / "dataset.json") or {}
    table = context.existing(f"tables/{dataset_id}.parquet", "the table that the rows are of")
    return rows_sides(
        context.session, dataset_id, table, Schema.from_json(facts["schema"]), SplitSpec.from_json(facts["split"])
    )


def _kind(column: Column) -> str:
    """How cells lie in a work frame; equal cells have equal hashes within a kind alone."""
    return str(column.type) if column.is_number else "levels"
