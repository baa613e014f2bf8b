"""Preparing a dataset from the command line: a recipe of steps, and constraints that drawn rows keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from core.constraints import Constraint
from core.errors import InvalidConfig


def read_constraints(path: Path) -> list[Constraint]:
    """Constraints from a JSON file: a list of objects with `kind`, `columns` and what the kind needs.

    Raises
    ------
    InvalidConfig
        If there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise InvalidConfig(f"There is no file {str(path)!r} of constraints.", "Check its name.", field="constraints")
    try:
        return [Constraint.from_json(one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidConfig(
            f"The file {path.name!r} holds no list of constraints: {error}.",
            'Write it like [{"kind": "inequality", "columns": ["start", "end"]}].',
            field="constraints",
        ) from error


def read_files(recipe: Path | None, constraints: Path | None) -> tuple[Any, list[Constraint]]:
    """The recipe, or None, and the constraints of two files, so that a wrong one is said before anything is read."""
    from core.workbench import preparing

    steps = None if recipe is None else preparing.read_recipe(recipe)
    return steps, [] if constraints is None else read_constraints(constraints)


def prepared(
    session: Any,
    dataset_id: str,
    steps: Any,
    rules: list[Constraint],
    watched: Callable[[Any, str, str, Callable[[], Any]], Any],
) -> str:
    """The dataset after the recipe, with the constraints accepted; the same one where neither is given."""
    from core.workbench import constraining, data, preparing

    if steps is not None:
        made = preparing.start_preparing(session, dataset_id, steps)
        watched(session, "preparing", made, lambda: data.dataset(session, made))
        for number, outcome in enumerate(preparing.outcomes_of(session, made), start=1):
            click.echo(f"step {number}: {outcome.label}; {outcome.in_words}", err=True)
        for rule, reason in constraining.inherited(session, made).dropped:
            click.echo(f"not taken over: {rule.label}: {reason}", err=True)
        dataset_id = made
    if rules:
        constraining.accept(session, dataset_id, *rules)
    return dataset_id
