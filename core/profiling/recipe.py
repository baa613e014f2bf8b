"""A recipe: recorded steps that make a dataset from its parent, and can be undone, saved and replayed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import DoppelError, InvalidConfig, TooFewRows
from core.profiling.step import Step
from core.profiling.steps import step_from_json

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """What a step did: rows and columns before and after, cells changed in columns that stayed."""

    label: str
    rows_before: int
    rows_after: int
    columns_before: int
    columns_after: int
    cells_changed: int

    @property
    def in_words(self) -> str:
        """What changed, in words."""
        words = [f"{self.rows_before:,} to {self.rows_after:,} rows"] if self.rows_before != self.rows_after else []
        if self.columns_before != self.columns_after:
            words.append(f"{self.columns_before:,} to {self.columns_after:,} columns")
        if self.cells_changed:
            words.append(f"{self.cells_changed:,} cells changed")
        return ", ".join(words) or "nothing changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Steps in their order. Immutable: adding and undoing give other recipes."""

    steps: tuple[Step, ...] = ()

    def adding(self, step: Step) -> Recipe:
        """This recipe with one more step at its end."""
        return Recipe(steps=(*self.steps, step))

    def undone(self) -> Recipe:
        """This recipe without its last step."""
        return Recipe(steps=self.steps[:-1])

    def fitted(self, train: pd.DataFrame, *, keys: Mapping[str, bytes] | None = None) -> Recipe:
        """The recipe with everything learned that its steps learn, each from the rows that the steps before leave.

        Parameters
        ----------
        train : DataFrame of train rows only: nothing may be learned from control rows
        """
        steps = []
        for number, step in enumerate(self.steps, start=1):
            fitted = _named(number, step, lambda step=step, frame=train: step.fit(frame))
            steps.append(fitted)
            train = _named(number, step, lambda step=fitted, frame=train: step.apply(frame, keys or {}))
        return Recipe(steps=tuple(steps))

    def apply(
        self, frame: pd.DataFrame, *, keys: Mapping[str, bytes] | None = None
    ) -> tuple[pd.DataFrame, list[StepOutcome]]:
        """Do the steps of a fitted recipe; returns the new frame and what every step did.

        Raises
        ------
        InvalidConfig
            If a step does not fit the table; the message says which.
        TooFewRows
            If no row is left.
        """
        made, outcomes, _ = self.apply_keeping(frame, keys=keys)
        return made, outcomes

    def apply_keeping(
        self, frame: pd.DataFrame, *, keys: Mapping[str, bytes] | None = None
    ) -> tuple[pd.DataFrame, list[StepOutcome], np.ndarray]:
        """As `apply`; beside it, which row of the frame every row of the result was."""
        outcomes = []
        frame = frame.reset_index(drop=True)
        for number, step in enumerate(self.steps, start=1):
            after = _named(number, step, lambda step=step, frame=frame: step.apply(frame, keys or {}))
            outcomes.append(_outcome(step, frame, after))
            if after.empty:
                raise TooFewRows(f"Step {number} ({step.label}) leaves no row.", "Take it out of the recipe.")
            frame = after
        return frame.reset_index(drop=True), outcomes, frame.index.to_numpy()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`. Keys of pseudonyms are named, never held."""
        return {"version": VERSION, "steps": [step.to_json() for step in self.steps]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Recipe:
        """Rebuild a recipe from `to_json`.

        Raises
        ------
        InvalidConfig
            If it is of a later version or a step is not known.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("steps"), list):
            raise InvalidConfig("The recipe has no list of steps.", 'Write it as {"steps": [...]}.', field="recipe")
        if value.get("version", VERSION) > VERSION:
            raise InvalidConfig(f"The recipe is of version {value['version']}; this is {VERSION}.", field="recipe")
        return cls(steps=tuple(map(step_from_json, value["steps"])))


def prepare_table(
    source: Path,
    target: Path,
    recipe: Recipe,
    *,
    is_train: np.ndarray | None = None,
    keys: Mapping[str, bytes] | None = None,
) -> tuple[Recipe, list[StepOutcome]]:
    """Replay a recipe on a Parquet table.

    Parameters
    ----------
    source, target : paths of the parent's table and of the new one
    recipe : Recipe
        What it has learned already is used; the rest is learned here.
    is_train : bool array of shape (n_rows,), optional
        Rows to learn from; all by default.
    keys : mapping of name to bytes, optional
        Keys of pseudonyms.

    Returns
    -------
    recipe : Recipe, fitted
    outcomes : list of StepOutcome
    """
    frame = pd.read_parquet(source, dtype_backend="numpy_nullable")
    fitted = recipe.fitted(frame if is_train is None else frame[is_train], keys=keys)
    made, outcomes = fitted.apply(frame, keys=keys)
    table = pa.Table.from_pandas(made, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, target, compression="zstd")
    return fitted, outcomes


def prepare_preview(
    train: Path, recipe: Recipe, n_rows: int, *, keys: Mapping[str, bytes] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[StepOutcome]]:
    """What a recipe does to the first train rows: before, after, and what every step did; nothing is written."""
    with pq.ParquetFile(train) as file:
        batch = next(file.iter_batches(batch_size=n_rows), None)
        table = file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])
    memory = io.BytesIO()
    pq.write_table(table, memory)
    before = pd.read_parquet(memory, dtype_backend="numpy_nullable")
    after, outcomes = recipe.fitted(before, keys=keys).apply(before, keys=keys)
    return before, after, outcomes


def _named(number: int, step: Step, work):
    """Run a step; what it refuses is said with the step's number."""
    try:
        return work()
    except InvalidConfig as error:
        raise InvalidConfig(f"Step {number} ({step.kind}): {error.message}", error.hint, field=error.field) from error
    except DoppelError:
        raise


def _outcome(step: Step, before: pd.DataFrame, after: pd.DataFrame) -> StepOutcome:
    changed = 0
    if len(before) == len(after):
        for name in after.columns.intersection(before.columns):
            one, other = before[name], after[name]
            if not one.equals(other):
                old, new = one.astype("string"), other.astype("string")
                changed += int(((old != new).fillna(False) | (old.isna() != new.isna())).sum())
    return StepOutcome(
        label=step.label,
        rows_before=len(before),
        rows_after=len(after),
        columns_before=before.shape[1],
        columns_after=after.shape[1],
        cells_changed=changed,
    )
