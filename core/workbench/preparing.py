"""Recipes: preparing a dataset by recorded steps, seeing what they would do, and going back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import InvalidConfig, UnknownId
from core.jobs.ids import new_id
from core.jobs.preparing import outcomes_from
from core.profiling.recipe import Recipe, StepOutcome, prepare_preview
from core.profiling.steps import KINDS, step_from_json
from core.workbench.data import TABLES, dataset, dataset_job, start_for, table_path
from core.workbench.sessions import Session, job_folder

PREVIEW_ROWS = 20_000
SHOWN_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a recipe would do to the first train rows.

    Parameters
    ----------
    before, after : DataFrames of the first rows
    outcomes : tuple of StepOutcome
        Of the `n_rows` rows that were tried.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    outcomes: tuple[StepOutcome, ...]
    n_rows: int


def step_kinds() -> tuple[str, ...]:
    """Kinds of steps that a recipe can have."""
    return tuple(KINDS)


def make_recipe(steps: list[Mapping[str, Any]]) -> Recipe:
    """A recipe of steps as plain JSON values.

    Raises
    ------
    InvalidConfig
        Naming the step that cannot be.
    """
    return Recipe(steps=tuple(map(step_from_json, steps)))


def read_recipe(path: Path) -> Recipe:
    """A recipe from a JSON file.

    Raises
    ------
    InvalidConfig
        If there is no such file, or it is no recipe.
    """
    if not path.is_file():
        raise InvalidConfig(f"There is no recipe {str(path)!r}.", "Check its name and folder.", field="recipe")
    try:
        return Recipe.from_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InvalidConfig(f"The recipe {path.name!r} is no JSON: {error}.", field="recipe") from error


def preview(session: Session, dataset_id: str, recipe: Recipe) -> Preview:
    """Try a recipe on the first train rows; nothing is stored."""
    train = table_path(session, dataset_id, "train")
    before, after, outcomes = prepare_preview(train, recipe, PREVIEW_ROWS, keys=_keys(session, recipe))
    return Preview(
        before=before.head(SHOWN_ROWS).astype("string"),
        after=after.head(SHOWN_ROWS).astype("string"),
        outcomes=tuple(outcomes),
        n_rows=len(before),
    )


def start_preparing(session: Session, dataset_id: str, recipe: Recipe, *, name: str = "") -> str:
    """Start making a dataset from another by a recipe; returns the new dataset's id.

    Raises
    ------
    InvalidConfig
        If the recipe has no step.
    """
    if not recipe.steps:
        raise InvalidConfig("The recipe has no step.", "Add one.", field="recipe")
    parent = dataset(session, dataset_id)
    _keys(session, recipe)
    made = new_id("dataset")
    return start_for(
        session,
        "profile",
        {
            "dataset_id": made,
            "table": f"{TABLES}/{dataset_id}.parquet",
            "schema": parent.schema.to_json(),
            "target": parent.target,
            "split": parent.split.to_json(),
            "name": name or f"{parent.name} (prepared)"[:120],
            "parent_id": dataset_id,
            "recipe": recipe.to_json(),
            "constraints": session.store.list_constraints(dataset_id),
        },
        job_id=made,
    )


def recipe_of(session: Session, dataset_id: str) -> Recipe | None:
    """The recipe that made a dataset, with what its steps learned; None for one that was read."""
    path = job_folder(session, dataset_id) / "recipe.json"
    return Recipe.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def outcomes_of(session: Session, dataset_id: str) -> list[StepOutcome]:
    """What every step of the recipe that made a dataset did."""
    path = job_folder(session, dataset_id) / "outcomes.json"
    return outcomes_from(path) if path.is_file() else []


def forerunners(session: Session, dataset_id: str) -> list[str]:
    """The dataset with those that it was made from by recipes, beginning with the one that was made of a read table.

    A dataset without a recipe begins a line of its own even where it has a parent: it was made of the read table again,
    with other columns or other types of columns.

    Raises
    ------
    InvalidConfig
        If one of them has been deleted.
    """
    line = [dataset_id]
    while (config := dataset_job(session, line[0]).config).get("recipe") is not None:
        parent = config.get("parent_id")
        if parent is None or not (session.folder / TABLES / f"{parent}.parquet").is_file():
            raise InvalidConfig(
                "A dataset that this one was prepared from has been deleted, so its steps cannot be repeated.",
                "Prepare the table by the same recipe on the Explore page.",
            )
        line.insert(0, parent)
    return line


def parent_of(session: Session, dataset_id: str) -> str | None:
    """The dataset that this one was made from; None where there is none, or it was deleted."""
    parent = dataset(session, dataset_id).parent_id
    if parent is None:
        return None
    try:
        return dataset(session, parent).id
    except UnknownId:
        return None


def recipe_text(recipe: Recipe) -> str:
    """A recipe as the text of a file that `--recipe` takes."""
    return json.dumps(recipe.to_json(), indent=2, ensure_ascii=False) + "\n"


def _keys(session: Session, recipe: Recipe) -> dict[str, bytes]:
    """Keys of pseudonyms that a recipe names; a new one is drawn and kept in the session, outside all exports."""
    folder = session.folder / "keys"
    found = {}
    for step in recipe.steps:
        key = getattr(step, "key", None)
        if key is None:
            continue
        if not str(key).isidentifier():
            raise InvalidConfig(f"{key!r} is no name of a key.", "Use letters and digits.", field="key")
        path = folder / f"{key}.key"
        if not path.is_file():
            folder.mkdir(mode=0o700, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(secrets.token_bytes(32))
        found[key] = path.read_bytes()
    return found
