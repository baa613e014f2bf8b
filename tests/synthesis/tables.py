"""Small tables for the tests of synthesis."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.schema import Column, ColumnType, Schema, Storage, Treatment
from core.synthesis.config import TrainingConfig
from core.tables import as_work_frame


def column(name: str, kind: ColumnType, storage: Storage = Storage.TEXT, **more) -> Column:
    return Column(name=name, type=kind, reason="test", storage=storage, **more)


def small_config(**settings) -> TrainingConfig:
    """Networks small enough for a test."""
    defaults = {
        "epochs": 2,
        "batch_size": 50,
        "pac": 5,
        "generator_layers": (32, 32),
        "discriminator_layers": (32, 32),
        "noise_size": 16,
        "threads": 1,
        "device": "cpu",
    }
    return TrainingConfig(**{**defaults, **settings})


def mixed_table(n_rows: int = 601, seed: int = 0) -> tuple[pd.DataFrame, Schema]:
    """Numbers, whole numbers, datetimes, levels, missing values, a constant, an identifier and personal data."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["red", "green", "blue"], n_rows, p=[0.7, 0.25, 0.05])
    amount = np.where(kind == "red", rng.normal(10, 2, n_rows), rng.normal(50, 5, n_rows)).round(2)
    amount[rng.random(n_rows) < 0.1] = np.nan
    when = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, n_rows), unit="D")
    table = pd.DataFrame(
        {
            "id": [f"C-{at:05d}" for at in range(n_rows)],
            "kind": kind,
            "amount": amount,
            "visits": rng.poisson(300, n_rows),
            "day": when.where(rng.random(n_rows) > 0.05),
            "flag": rng.random(n_rows) < 0.3,
            "country": "FR",
            "grade": pd.Series(rng.choice(["low", "high"], n_rows)).where(rng.random(n_rows) > 0.2),
            "mail": [f"person{at}@example.org" for at in range(n_rows)],
            "note": "text",
        }
    )
    schema = Schema(
        columns=(
            column("id", ColumnType.IDENTIFIER, pattern="A-99999", treatment=Treatment.REGENERATE),
            column("kind", ColumnType.CATEGORICAL),
            column("amount", ColumnType.CONTINUOUS, Storage.DECIMAL, decimals=2),
            column("visits", ColumnType.CONTINUOUS, Storage.INTEGER),
            column("day", ColumnType.DATETIME, Storage.DATE),
            column("flag", ColumnType.BOOLEAN, Storage.BOOLEAN),
            column("country", ColumnType.CONSTANT),
            column("grade", ColumnType.ORDINAL, order=("low", "high")),
            column("mail", ColumnType.TEXT, personal="e-mail", treatment=Treatment.REGENERATE),
            column("note", ColumnType.TEXT, treatment=Treatment.LEAVE_OUT),
        )
    )
    return as_work_frame(table, schema), schema
