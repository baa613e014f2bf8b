"""A dataset: an immutable real table with its schema and the split into train and control rows."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InvalidConfig
from core.schema import ColumnType, Schema

DEFAULT_CONTROL_SHARE = 0.2
MAX_STRATA = 50
"""A target with more levels than this is not stratified: its strata would be too thin for a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSpec:
    """How rows were divided; a newer version of the table inherits it, so control rows stay control rows.

    Parameters
    ----------
    key : str
        32 hexadecimal digits that key the hash; drawn once per table.
    control_share : float
        Share of rows that the model never sees, 0 to 0.98; 0 means no control rows.
    group : str or None
        Entity column: all rows of one entity go to the same side.
    lone : bool
        Whether rows that name no entity are divided each by itself. Older datasets have them all on one side, and keep
        them there: their settings lack the word.
    stratify : str or None
        Level column whose shares are kept on both sides.
    thresholds : mapping of stratum to int
        Hash value below which a row of that stratum is a control row. Kept so that rows never change sides.
    """

    key: str
    control_share: float = DEFAULT_CONTROL_SHARE
    group: str | None = None
    lone: bool = False
    stratify: str | None = None
    thresholds: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.control_share <= 0.98:
            raise InvalidConfig(
                f"The control share is {self.control_share}, but must lie between 0 and 0.98.", field="control_share"
            )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`. Where no row is alone they are those of earlier versions."""
        value = dataclasses.asdict(self) | {"thresholds": {name: str(cut) for name, cut in self.thresholds.items()}}
        return value if self.lone else {name: one for name, one in value.items() if name != "lone"}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> SplitSpec:
        """Rebuild a specification from `to_json`."""
        cuts = {name: int(cut) for name, cut in value.get("thresholds", {}).items()}
        return cls(**{**value, "thresholds": cuts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A stored real table. Never changed: another column type makes another dataset with this one as parent."""

    id: str
    name: str
    schema: Schema
    split: SplitSpec
    n_rows: int
    n_train: int
    n_control: int
    target: str | None = None
    parent_id: str | None = None
    content_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Sides of the rows of one table.

    Parameters
    ----------
    is_control : bool array of shape (n_rows,)
    is_report_half : bool array of shape (n_rows,)
        Control rows kept for final numbers; the other control rows decide stopping, caps and sweeps.
    spec : SplitSpec with its thresholds filled
    """

    is_control: np.ndarray
    is_report_half: np.ndarray
    spec: SplitSpec


def split_rows(frame: pd.DataFrame, spec: SplitSpec) -> Split:
    """Divide rows by keyed hash of the row, or of its group, with the target's shares kept.

    Equal rows are told apart by their number of occurrence, so that a table of few distinct rows is divided like any
    other; appending rows to a table never moves an earlier row to the other side.

    Parameters
    ----------
    frame : work frame with every column of the table
    spec : SplitSpec
        Strata that it has thresholds for keep them.
    """
    hashes = _hashes(frame[[spec.group]] if spec.group else frame, spec.key, per_row=spec.group is None)
    if spec.group is not None and spec.lone:
        alone = frame[spec.group].isna().to_numpy()
        hashes[alone] = _hashes(frame[alone], spec.key, per_row=True)
    strata = _strata(frame, spec, hashes)
    cuts = dict(spec.thresholds)
    is_control = np.zeros(len(frame), dtype=bool)
    for stratum in pd.unique(strata):
        rows = strata == stratum
        if stratum not in cuts:
            cuts[stratum] = _threshold(np.unique(hashes[rows]) if spec.group else hashes[rows], spec.control_share)
        is_control[rows] = hashes[rows] < np.uint64(cuts[stratum])
    half = _hashes(pd.DataFrame({"hash": hashes}), spec.key[::-1], per_row=False) & np.uint64(1)
    return Split(
        is_control=is_control,
        is_report_half=is_control & (half == 1),
        spec=dataclasses.replace(spec, thresholds=cuts),
    )


def _hashes(frame: pd.DataFrame, key: str, *, per_row: bool) -> np.ndarray:
    """Keyed 64-bit hashes, uniform on 0..2**64 - 1; with `per_row`, equal rows get different ones."""
    short = hashlib.sha256(key.encode()).hexdigest()[:16]
    hashes = pd.util.hash_pandas_object(frame, index=False, hash_key=short).to_numpy()
    if per_row:
        occurrence = pd.Series(hashes).groupby(hashes).cumcount().to_numpy()
        hashes = pd.util.hash_pandas_object(
            pd.DataFrame({"row": hashes, "occurrence": occurrence}), index=False, hash_key=short
        ).to_numpy()
    return _mixed(hashes, int(short, 16))


def _mixed(hashes: np.ndarray, salt: int) -> np.ndarray:
    """SplitMix64 finaliser (Steele, Lea and Flood 2014): pandas' row hash is not uniform enough for a threshold."""
    with np.errstate(over="ignore"):
        value = hashes.astype(np.uint64) ^ np.uint64(salt)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def _strata(frame: pd.DataFrame, spec: SplitSpec, hashes: np.ndarray) -> np.ndarray:
    """Stratum of every row; with groups, the rarest level of the target that the group contains."""
    if spec.stratify is None or not isinstance(frame[spec.stratify].dtype, pd.CategoricalDtype):
        return np.full(len(frame), "", dtype=object)
    levels = frame[spec.stratify].astype(object).fillna("(missing)").to_numpy()
    counts = pd.Series(levels).value_counts()
    if len(counts) > MAX_STRATA:
        return np.full(len(frame), "", dtype=object)
    if spec.group is None:
        return levels
    rarity = pd.Series(levels).map({level: rank for rank, level in enumerate(counts.index)})
    rarest = rarity.groupby(hashes).transform("max")
    return counts.index.to_numpy(dtype=object)[rarest.to_numpy()]


def _threshold(hashes: np.ndarray, share: float) -> int:
    """The hash value below which the wanted share of these rows lies; exact to one row."""
    n_control = round(len(hashes) * share)
    if n_control == 0:
        return 0
    if n_control >= len(hashes):
        return 2**64 - 1
    return int(np.partition(hashes, n_control)[n_control])


def suggest_group(schema: Schema, n_rows: int) -> str | None:
    """The identifier column whose values repeat, if there is just one: rows of one entity belong together."""
    repeating = [
        column.name
        for column in schema
        if column.type is ColumnType.IDENTIFIER
        and column.personal is None  # a card number that repeats goes along with its holder
        and 1 < column.n_levels < n_rows - column.n_missing
    ]
    return repeating[0] if len(repeating) == 1 else None


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no blanks: equal values give equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_id(value: Any) -> str:
    """`sha256:` and the digest of the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()
