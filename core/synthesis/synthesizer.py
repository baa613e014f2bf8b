"""A model to hand on, called as people call SDV's synthesizers: load, sample, sample from conditions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.clauses import Clause, Condition
from core.errors import CheckpointRejected, InvalidConfig
from core.requests import SampleRequest
from core.schema import Schema
from core.synthesis.checkpoint import Model, load_model
from core.synthesis.sample import draw_sample
from core.tables import to_arrow


class Synthesizer:
    """A trained generator with its columns.

    Made by `Synthesizer.load` from a folder with `model.safetensors`, `meta.json` and `schema.json`, as the Export page
    writes it. Only what drawing needs is in it.
    """

    def __init__(self, model: Model, schema: Schema) -> None:
        self._model, self._schema = model, schema

    @classmethod
    def load(cls, filepath: str | Path) -> Synthesizer:
        """Load a model folder.

        Raises
        ------
        CheckpointRejected
            If files are missing, damaged or altered.
        """
        folder = Path(filepath)
        try:
            schema = Schema.from_json(json.loads((folder / "schema.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointRejected(f"The columns of the model {folder.name!r} cannot be read: {error}.") from error
        return cls(load_model(folder), schema)

    def sample(self, num_rows: int, *, seed: int = 0) -> pd.DataFrame:
        """Draw rows without condition, in the real table's order and storage types.

        Parameters
        ----------
        num_rows : int, at least 0
        seed : int
            The same seed gives the same rows.
        """
        if num_rows < 0:
            raise InvalidConfig(f"{num_rows} rows cannot be drawn.", field="num_rows")
        return self._draw(SampleRequest(n_rows=num_rows, seed=seed))

    def sample_from_conditions(self, conditions: Iterable[Any], *, seed: int = 0) -> pd.DataFrame:
        """Draw rows in which columns have given values.

        Parameters
        ----------
        conditions : iterable of objects with `num_rows` and `column_values` (a mapping), or their getters
            SDV's own `Condition` objects fit.
        seed : int

        Raises
        ------
        ImpossibleCondition
            If no train row has a value that is asked for.
        """
        wanted = tuple(_condition(one) for one in conditions)
        return self._draw(SampleRequest(n_rows=0, seed=seed, conditions=wanted))

    def get_parameters(self) -> dict[str, Any]:
        """Settings that the generator was trained with."""
        return self._model.config.to_json() | {"epochs_trained": self._model.epoch}

    def get_column_names(self) -> list[str]:
        """Columns of the rows, in order."""
        return list(self._schema.names)

    def _draw(self, request: SampleRequest) -> pd.DataFrame:
        drawn = draw_sample(self._model, request, self._schema, device="cpu")
        return to_arrow(drawn.frame, self._schema).to_pandas(integer_object_nulls=False)


def _condition(one: Any) -> Condition:
    """A condition of ours from one in the shape of SDV's."""
    values = one.get_column_values() if hasattr(one, "get_column_values") else getattr(one, "column_values", None)
    n_rows = one.get_num_rows() if hasattr(one, "get_num_rows") else getattr(one, "num_rows", None)
    if not isinstance(values, Mapping) or not values or not isinstance(n_rows, int):
        raise InvalidConfig("A condition needs column_values and num_rows.", "Give both, as SDV's Condition has them.")
    clauses = tuple(Clause(column=str(name), level=str(value)) for name, value in values.items())
    return Condition.of(clauses, n_rows)
