"""Steps that change the cells of one column: filling, unifying, merging, clipping, pseudonyms, coarser values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from core.errors import InvalidConfig, listed
from core.profiling.step import Step, is_numeric, wanted
from core.profiling.treatment import Coarser, generalise, pseudonyms


@dataclass(frozen=True, kw_only=True)
class FillMissing(Step):
    """Fill missing cells with the median or the most frequent value of the train rows, or with a given value."""

    kind: ClassVar[str] = "fill-missing"
    column: str
    how: str = "median"
    value: Any = None

    def __post_init__(self) -> None:
        if self.how not in ("median", "mode", "value"):
            raise InvalidConfig(
                f"Missing cells cannot be filled by {self.how!r}.", "Use median, mode or value.", field="how"
            )

    @property
    def label(self) -> str:
        what = self.how if self.how != "value" else "a value"
        return f"Fill missing cells of {self.column} with {what}{'' if self.value is None else f' ({self.value})'}"

    def fit(self, frame: pd.DataFrame) -> FillMissing:
        series = wanted(frame, self.column)
        if self.value is not None or self.how == "value":
            return self
        present = series.dropna()
        if present.empty:
            raise InvalidConfig(f"The column {self.column!r} has no present cell to learn from.", field=self.column)
        if self.how == "median" and not (is_numeric(series) or series.dtype.kind == "M"):
            raise InvalidConfig(f"The column {self.column!r} has no median: it holds no numbers.", field=self.column)
        value = present.median() if self.how == "median" else present.mode().iloc[0]
        if self.how == "median" and pd.api.types.is_integer_dtype(series):
            value = int(np.floor(value + 0.5))
        return dataclasses.replace(self, value=_plain(value))

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        series = wanted(frame, self.column)
        value = pd.Timestamp(self.value) if series.dtype.kind == "M" and self.value is not None else self.value
        try:
            return frame.assign(**{self.column: series.fillna(value)})
        except (TypeError, ValueError) as error:
            raise InvalidConfig(
                f"Missing cells of {self.column!r} cannot be filled with {self.value!r}.", field=self.column
            ) from error


@dataclass(frozen=True, kw_only=True)
class Trim(Step):
    """Take blanks off the ends of texts, and make runs of blanks one; a text of blanks only becomes missing."""

    kind: ClassVar[str] = "trim"
    column: str

    @property
    def label(self) -> str:
        return f"Trim blanks of {self.column}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        series = wanted(frame, self.column)
        if not pd.api.types.is_string_dtype(series):
            raise InvalidConfig(f"The column {self.column!r} cannot be trimmed: it holds no texts.", field=self.column)
        texts = series.astype("string").str.split().str.join(" ").astype("string")
        return frame.assign(**{self.column: texts.mask(texts == "", pd.NA)})


@dataclass(frozen=True, kw_only=True)
class UnifyLevels(Step):
    """Make levels one that differ in blanks or case only; the most frequent spelling of the train rows stays."""

    kind: ClassVar[str] = "unify-levels"
    column: str
    spellings: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"Unify levels of {self.column} that differ in blanks or case"

    def fit(self, frame: pd.DataFrame) -> UnifyLevels:
        if self.spellings:
            return self
        counts = wanted(frame, self.column).astype("string").value_counts()
        best: dict[str, str] = {}
        for level in counts.index:
            best.setdefault(_folded(level), " ".join(level.split()))
        return dataclasses.replace(self, spellings=best)

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        texts = wanted(frame, self.column).astype("string")
        unified = texts.map(lambda one: self.spellings.get(_folded(one), " ".join(one.split())), na_action="ignore")
        return frame.assign(**{self.column: unified.astype("string")})


@dataclass(frozen=True, kw_only=True)
class MergeTail(Step):
    """Merge rare levels into one; which ones are kept is learned from the train rows."""

    kind: ClassVar[str] = "merge-tail"
    column: str
    keep: int = 20
    into: str = "other"
    kept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", tuple(self.kept))
        if self.keep < 1:
            raise InvalidConfig(f"{self.keep} levels cannot be kept.", "Keep at least 1.", field="keep")

    @property
    def label(self) -> str:
        return f"Merge levels of {self.column} beyond the {self.keep} most frequent into {self.into!r}"

    def fit(self, frame: pd.DataFrame) -> MergeTail:
        if self.kept:
            return self
        counts = wanted(frame, self.column).astype("string").value_counts()
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return dataclasses.replace(self, kept=tuple(level for level, _ in ranked[: self.keep]))

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        texts = wanted(frame, self.column).astype("string")
        return frame.assign(**{self.column: texts.where(texts.isin(self.kept) | texts.isna(), self.into)})


@dataclass(frozen=True, kw_only=True)
class Clip(Step):
    """Bring numbers beyond bounds to the bound; quantiles are learned from the train rows."""

    kind: ClassVar[str] = "clip"
    column: str
    low: float | None = None
    high: float | None = None
    low_quantile: float | None = None
    high_quantile: float | None = None

    @property
    def label(self) -> str:
        low, high = ("…" if bound is None else bound for bound in (self.low, self.high))
        return f"Clip {self.column} to between {low} and {high}"

    def fit(self, frame: pd.DataFrame) -> Clip:
        series = self._numbers(frame)
        low, high = self.low, self.high
        if low is None and self.low_quantile is not None:
            low = float(series.quantile(self.low_quantile))
        if high is None and self.high_quantile is not None:
            high = float(series.quantile(self.high_quantile))
        if low is not None and high is not None and low > high:
            raise InvalidConfig(f"The lower bound {low} is above the upper bound {high}.", field=self.column)
        return dataclasses.replace(self, low=low, high=high)

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        return frame.assign(**{self.column: self._numbers(frame).clip(self.low, self.high)})

    def _numbers(self, frame: pd.DataFrame) -> pd.Series:
        series = wanted(frame, self.column)
        if not is_numeric(series):
            raise InvalidConfig(
                f"The column {self.column!r} cannot be clipped: it holds no numbers.", field=self.column
            )
        return series


@dataclass(frozen=True, kw_only=True)
class Pseudonymise(Step):
    """Replace values by pseudonyms under a key that is named here and kept elsewhere."""

    kind: ClassVar[str] = "pseudonymise"
    column: str
    key: str = "default"

    @property
    def label(self) -> str:
        return f"Replace {self.column} by pseudonyms"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        if self.key not in keys:
            raise InvalidConfig(
                f"The key {self.key!r} for pseudonyms is not here.", "Give the key to the replay.", field="key"
            )
        return frame.assign(**{self.column: pseudonyms(wanted(frame, self.column), keys[self.key])})


@dataclass(frozen=True, kw_only=True)
class Generalise(Step):
    """Make a column's values coarser."""

    kind: ClassVar[str] = "generalise"
    column: str
    how: str
    amount: float = 0

    def __post_init__(self) -> None:
        if self.how not in tuple(Coarser):
            raise InvalidConfig(
                f"Nothing is generalised by {self.how!r}.", f"Use one of {listed(Coarser)}.", field="how"
            )

    @property
    def label(self) -> str:
        return f"Generalise {self.column} by {self.how}{f' {self.amount:g}' if self.amount else ''}"

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        return frame.assign(**{self.column: generalise(wanted(frame, self.column), Coarser(self.how), self.amount)})


def _folded(level: str) -> str:
    return " ".join(level.split()).casefold()


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
