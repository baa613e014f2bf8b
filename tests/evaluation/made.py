"""Small tables for tests of judging."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.evaluation.metric import Plan, Tables
from core.records import MetricResult, Scope
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import as_work_frame


def schema_of(**types: str) -> Schema:
    """A schema from `name="continuous"` pairs."""
    return Schema(
        columns=tuple(
            Column(name=name, type=ColumnType(kind), reason="made", storage=Storage.TEXT)
            for name, kind in types.items()
        )
    )


def tables_of(
    schema: Schema,
    train: dict,
    synthetic: dict,
    control: dict | None = None,
    conditioned: dict | None = None,
    **more,
) -> Tables:
    """Tables from plain columns."""

    def frame(values: dict | None) -> pd.DataFrame | None:
        return None if values is None else as_work_frame(pd.DataFrame(values), schema)

    return Tables(
        schema=schema,
        train=frame(train),
        synthetic=frame(synthetic),
        control=frame(control),
        conditioned=frame(conditioned),
        plan=more.pop("plan", Plan.STANDARD),
        **more,
    )


MIXED = schema_of(age="continuous", income="continuous", job="categorical", sex="boolean", buys="categorical")


def people(n_rows: int, seed: int) -> dict:
    """Plain columns with relations: income rises with age and by job, and decides who buys."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n_rows).astype(float)
    job = rng.choice(["clerk", "nurse", "pilot"], n_rows, p=[0.5, 0.3, 0.2])
    income = (
        200 * age + np.select([job == "clerk", job == "nurse"], [1_000, 9_000], 20_000) + rng.normal(0, 3_000, n_rows)
    )
    chance = 1 / (1 + np.exp(-(income - 18_000) / 3_000))
    return {
        "age": age,
        "income": income,
        "job": job,
        "sex": rng.choice(["True", "False"], n_rows),
        "buys": np.where(rng.random(n_rows) < chance, "yes", "no"),
    }


def shuffled(columns: dict, seed: int) -> dict:
    """The same columns, each in an order of its own: marginals kept, relations lost."""
    rng = np.random.default_rng(seed)
    return {name: rng.permutation(values) for name, values in columns.items()}


def result(items: list, metric: str, *subject: str, scope: Scope = Scope.TABLE) -> MetricResult:
    """The one result of that name, scope and subject."""
    found = [
        one
        for one in items
        if isinstance(one, MetricResult) and (one.metric, one.scope, one.subject) == (metric, scope, subject)
    ]
    assert len(found) == 1, f"{metric} {scope} {subject}: {len(found)} results"
    return found[0]
