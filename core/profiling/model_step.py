"""A step that fills missing cells of a column with what a linear model makes of the other columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from core.errors import InvalidConfig
from core.profiling.step import Step, is_numeric, wanted

PENALTY = 1.0
MAX_PREDICTORS = 20
MAX_LEVELS = 20
"""Levels of a predictor that get a weight of their own; a column of text with many more predicts nothing."""
MAX_CLASSES = 50


@dataclass(frozen=True, kw_only=True)
class FillByModel(Step):
    """Fill missing cells by ridge regression on the other columns, learned from train rows that have the cell.

    Numbers are filled with the predicted mean, held inside the range of the train rows; levels with the level whose
    indicator is predicted highest. Every such cell lies on the model's surface: spread and rare levels are understated,
    which is why the generator's own way, to learn where cells are missing, is the default.

    Parameters
    ----------
    model : mapping
        What was learned, as plain JSON values; empty before.

    Source
    ------
    Hoerl and Kennard 1970 (ridge regression); Hastie, Tibshirani and Friedman 2009, section 4.2 (indicators).
    """

    kind: ClassVar[str] = "fill-by-model"
    column: str
    model: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"Fill missing cells of {self.column} by a model of the other columns"

    def fit(self, frame: pd.DataFrame) -> FillByModel:
        if self.model:
            return self
        series = wanted(frame, self.column)
        there = series.notna().to_numpy()
        if there.sum() < 2:
            raise InvalidConfig(
                f"The column {self.column!r} has too few present cells to learn from.", field=self.column
            )
        if series.dtype.kind == "M":
            raise InvalidConfig(f"The column {self.column!r} holds dates; fill it with a value.", field=self.column)
        coding = _coding(frame[there].drop(columns=[self.column]))
        if not coding:
            raise InvalidConfig(
                f"No other column can predict {self.column!r}.", "Fill it by its mode.", field=self.column
            )
        design = _design(frame[there], coding)
        numeric = is_numeric(series)
        if numeric:
            target = series[there].to_numpy(dtype=float)[:, None]
            learned: dict[str, Any] = {"low": float(target.min()), "high": float(target.max())}
        else:
            texts = series[there].astype("string")
            classes = texts.value_counts().index[:MAX_CLASSES].tolist()
            target = np.column_stack([(texts == one).to_numpy(dtype=float) for one in classes])
            learned = {"classes": classes}
        mean = target.mean(axis=0)
        gram = design.T @ design + PENALTY * np.eye(design.shape[1])
        weights = np.linalg.solve(gram, design.T @ (target - mean))
        learned |= {"coding": coding, "mean": mean.tolist(), "weights": weights.tolist()}
        return dataclasses.replace(self, model=learned)

    def apply(self, frame: pd.DataFrame, keys: Mapping[str, bytes]) -> pd.DataFrame:
        series = wanted(frame, self.column)
        lacking = series.isna().to_numpy()
        if not lacking.any():
            return frame
        if not self.model:
            raise InvalidConfig(f"The model of {self.column!r} has not been learned.", field=self.column)
        for one in self.model["coding"]:
            wanted(frame, one["name"])
        design = _design(frame[lacking], self.model["coding"])
        found = design @ np.array(self.model["weights"]) + np.array(self.model["mean"])
        filled = series.copy()
        if "classes" in self.model:
            classes = np.array(self.model["classes"], dtype=object)[found.argmax(axis=1)]
            is_truth = pd.api.types.is_bool_dtype(series)
            filled[lacking] = [one == "True" for one in classes] if is_truth else classes
        else:
            numbers = np.clip(found[:, 0], self.model["low"], self.model["high"])
            filled[lacking] = np.round(numbers) if pd.api.types.is_integer_dtype(series) else numbers
        return frame.assign(**{self.column: filled})


def _coding(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """How every predictor becomes numbers: centre and spread of a number, or its most frequent levels."""
    coding: list[dict[str, Any]] = []
    for name in frame.columns:
        series = frame[name]
        if len(coding) == MAX_PREDICTORS:
            break
        if series.dtype.kind == "M" or series.nunique() < 2:
            continue
        if is_numeric(series):
            numbers = series.dropna().to_numpy(dtype=float)
            coding.append({"name": name, "mean": float(numbers.mean()), "spread": float(numbers.std())})
        elif series.nunique() <= 5 * MAX_LEVELS:
            levels = series.astype("string").value_counts().index[:MAX_LEVELS].tolist()
            coding.append({"name": name, "levels": levels})
    return coding


def _design(frame: pd.DataFrame, coding: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Rows as numbers; a missing number is its mean, with a flag beside it, and a missing level is no level."""
    columns = []
    for one in coding:
        series = frame[one["name"]]
        if "levels" in one:
            texts = series.astype("string")
            columns += [(texts == level).fillna(False).to_numpy(dtype=float) for level in one["levels"]]
        else:
            numbers = series.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            missing = np.isnan(numbers)
            columns += [np.where(missing, 0.0, (numbers - one["mean"]) / one["spread"]), missing.astype(float)]
    return np.column_stack(columns)
