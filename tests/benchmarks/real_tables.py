"""Real and made-up tables of the benchmarks, typed by the product, split 80/20, and judged by the product's metrics."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.dataset import SplitSpec, split_rows
from core.evaluation.judge import judge
from core.evaluation.metric import Part, Plan, Tables
from core.profiling.infer import infer_schema
from core.reading.read import read_table
from core.schema import Schema
from core.tables import read_frame
from tests.benchmarks.made_tables import MADE

FOLDER = Path(os.environ.get("DOPPEL_REAL_TABLES", Path(__file__).parents[2] / ".." / "shared" / "data"))
TARGETS = {"census": "income", "creditcard_default": "has_default"}
NAMES = ("column_shapes", "pair_trends", "tstr_auc")


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTable:
    """A real table, split."""

    name: str
    schema: Schema
    train: pd.DataFrame
    control: pd.DataFrame
    target: str

    @property
    def level_columns(self) -> list[str]:
        """Modelled columns whose values are levels, as ctgan calls discrete columns."""
        return [column.name for column in self.schema.modelled if not column.is_number]

    def plain_train(self) -> pd.DataFrame:
        """Train rows in plain dtypes, for other programs."""
        frame = self.train[[column.name for column in self.schema.modelled]].copy()
        for name in self.level_columns:
            frame[name] = frame[name].astype(object).fillna("(missing)").astype(str)
        return frame


def load_table(name: str, *, control_share: float = 0.2) -> RealTable:
    """Read, type and split a table of the shared folder, or a made-up one, as the command line does."""
    with tempfile.TemporaryDirectory() as folder:
        parquet, source = Path(folder) / "table.parquet", FOLDER / f"{name}.csv"
        if name in MADE:
            source = Path(folder) / f"{name}.csv"
            MADE[name][0]().to_csv(source, index=False)
        diagnosis = read_table(source, parquet)
        schema = infer_schema(parquet, formats=diagnosis.formats)
        frame = read_frame(parquet, schema)
    target = MADE[name][1] if name in MADE else TARGETS[name]
    split = split_rows(frame, SplitSpec(key="0" * 32, control_share=control_share, stratify=target))
    return RealTable(
        name=name,
        schema=schema,
        train=frame[~split.is_control].reset_index(drop=True),
        control=frame[split.is_control].reset_index(drop=True),
        target=target,
    )


def judged(table: RealTable, synthetic: pd.DataFrame, *, threads: int = 1) -> dict[str, float]:
    """Column shapes, pair trends and TSTR AUC of synthetic rows."""
    tables = Tables(
        schema=table.schema,
        train=table.train,
        control=table.control,
        synthetic=synthetic,
        target=table.target,
        threads=threads,
        plan=Plan.QUICK,
    )
    found = {}
    for item in judge(tables, {Part.FIDELITY, Part.UTILITY}):
        if getattr(item, "metric", None) in NAMES and not item.subject and item.value is not None:
            found.setdefault(item.metric, item.value)
    return {name: found[name] for name in NAMES if name in found}
