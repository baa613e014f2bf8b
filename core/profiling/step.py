"""A step of preparing a table: it can be written down, fitted on train rows and replayed on any rows.

What a step learns (a median, the levels of a tail) is kept in it: it does the same to every table that it meets.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from core.errors import InvalidConfig, listed


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step. Subclasses say what it is (`kind`), how it reads (`label`), and do it (`apply`)."""

    kind: ClassVar[str] = ""

    @property
    @abstractmethod
    def label(self) -> str:
        """What the step does, in words."""

    def fit(self, frame: pd.DataFrame) -> Step:
        """The step with what it learns from these rows, which must be train rows only."""
        return self

    @abstractmethod
    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        """A new frame with the step done."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, `kind` among them."""
        value = {"kind": self.kind, **dataclasses.asdict(self)}
        return {name: list(item) if isinstance(item, tuple) else item for name, item in value.items()}


def wanted(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column called `name`.

    Raises
    ------
    InvalidConfig
        If there is none.
    """
    if name not in frame.columns:
        raise InvalidConfig(
            f"There is no column called {name!r}.", f"Columns are: {listed(frame.columns)}.", field=name
        )
    return frame[name]


def is_numeric(series: pd.Series) -> bool:
    """Whether a column holds numbers."""
    return pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series)
