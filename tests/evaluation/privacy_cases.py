"""Small tables of known truth for the tests of privacy metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.evaluation.metric import Plan, Tables
from core.records import MetricResult
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import as_work_frame


def column(name: str, kind: ColumnType, **more: object) -> Column:
    storage = Storage.DECIMAL if kind is ColumnType.CONTINUOUS else Storage.TEXT
    return Column(name=name, type=kind, reason="Set by the test.", storage=storage, **more)


SCHEMA = Schema(
    columns=(
        column("height", ColumnType.CONTINUOUS),
        column("weight", ColumnType.CONTINUOUS),
        column("eyes", ColumnType.CATEGORICAL),
        column("town", ColumnType.CATEGORICAL),
    )
)


def people(n_rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Rows of one population: correlated numbers, a common and a rarer level column, some cells missing."""
    height = generator.normal(170, 10, n_rows).round(1)
    weight = (height - 100 + generator.normal(0, 8, n_rows)).round(1)
    weight[generator.random(n_rows) < 0.05] = np.nan
    eyes = generator.choice(["brown", "blue", "green"], n_rows, p=[0.6, 0.3, 0.1]).astype(object)
    eyes[generator.random(n_rows) < 0.05] = None
    town = generator.choice([f"town {at}" for at in range(12)], n_rows)
    return frame({"height": height, "weight": weight, "eyes": eyes, "town": town})


def frame(values: dict, schema: Schema = SCHEMA) -> pd.DataFrame:
    return as_work_frame(pd.DataFrame(values), schema)


def case(
    n_train: int = 400,
    n_control: int = 400,
    n_synthetic: int = 400,
    *,
    copied: float = 0.0,
    changed: float = 0.0,
    seed: int = 0,
    plan: Plan = Plan.STANDARD,
) -> Tables:
    """Tables of one population, of which a share `copied` of the synthetic rows are train rows.

    `changed` is the chance that a cell of a copied row is replaced by that of another train row.
    """
    generator = np.random.default_rng(seed)
    train, control, synthetic = (people(n, generator) for n in (n_train, n_control, n_synthetic))
    n_copied = round(copied * n_synthetic)
    if n_copied:
        rows = generator.permutation(np.arange(n_copied) % n_train)
        copies = train.iloc[rows].reset_index(drop=True)
        for name in copies:
            other = train[name].iloc[generator.integers(0, n_train, n_copied)].reset_index(drop=True)
            copies[name] = other.where(generator.random(n_copied) < changed, copies[name])
        synthetic = frame(
            {name: [*copies[name].astype(object), *synthetic[name].astype(object)[n_copied:]] for name in synthetic}
        )
    return Tables(schema=SCHEMA, train=train, control=control, synthetic=synthetic, seed=seed, plan=plan)


def results(metric: object, tables: Tables) -> dict[str, MetricResult]:
    """Results at scope `table` by name; a refusal of the whole metric is raised."""
    return {one.metric: one for one in metric.measure(tables) if isinstance(one, MetricResult) and one.scope == "table"}
