"""Anchors of a dataset, computed once and kept beside its train rows for every later evaluation.

Two things are kept: tables of comparison models (Parquet inside, under an ending of their own, since the tables of a
dataset are what its content id is made of), and the values of anchors for one way of judging. Both go with the dataset.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import NotApplicable
from core.jobs.files import dump_json, read_json, replace_file
from core.records import MetricResult, Scope
from core.schema import Schema
from core.tables import read_frame, write_parquet

VERSION = 1
"""Counted up when an anchor comes to mean something else, so that older values are not taken over."""


class AnchorShelf:
    """What is kept for one dataset.

    Parameters
    ----------
    train : Path
        Parquet file of the train rows.
    schema : Schema
        Another schema of the same file is another dataset.
    """

    def __init__(self, train: Path, schema: Schema) -> None:
        self.schema = schema
        stem = train.name.removesuffix(".parquet").removesuffix("-train")
        self._base = train.with_name(f"{stem}-anchors-{_digest([VERSION, schema.to_json()])}")

    def table(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame | None:
        """The table called `name`, made and kept at the first time; None where it cannot be made."""
        columns = Schema(columns=self.schema.modelled)
        path = self._base.with_name(f"{self._base.name}-{name.lower().replace(' ', '-')}.anchor")
        reason = path.with_suffix(".json")
        if not path.exists() and not reason.exists():
            try:
                frame = make()
            except NotApplicable as error:
                replace_file(reason, dump_json({"reason": str(error)}))
                return None
            aside = path.with_name(f".{path.name}.{os.getpid()}")
            write_parquet(frame, columns, aside)
            os.replace(aside, path)
        return read_frame(path, columns) if path.exists() else None

    def known(self, settings: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        """Anchors by metric, found by an earlier evaluation with the same settings."""
        value = read_json(self._values(settings))
        return value if isinstance(value, dict) else {}

    def keep(self, settings: Mapping[str, Any], results: Iterable[MetricResult], names: Iterable[str]) -> None:
        """Keep the anchors called `names` of all results of the table, beside those that are there."""
        wanted, found = set(names), self.known(settings)
        for result in results:
            values = {name: float(value) for name, value in result.anchors.items() if name in wanted}
            if result.scope is Scope.TABLE and values:
                found[result.metric] = found.get(result.metric, {}) | values
        replace_file(self._values(settings), dump_json(found))

    def _values(self, settings: Mapping[str, Any]) -> Path:
        return self._base.with_name(f"{self._base.name}-{_digest(settings)}.json")


def _digest(value: Any) -> str:
    return hashlib.sha256(dump_json(value)).hexdigest()[:12]
