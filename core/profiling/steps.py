"""All kinds of steps, and how one is rebuilt from a recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from core.errors import InvalidConfig, listed
from core.profiling.cell_steps import Clip, FillMissing, Generalise, MergeTail, Pseudonymise, Trim, UnifyLevels
from core.profiling.model_step import FillByModel
from core.profiling.step import Step
from core.profiling.table_steps import (
    Derive,
    DropColumns,
    DropDuplicates,
    DropMissing,
    DropSmallGroups,
    KeepColumns,
    KeepRows,
)

KINDS: dict[str, type[Step]] = {
    step.kind: step
    for step in (
        FillMissing, FillByModel, DropMissing, Trim, UnifyLevels, MergeTail, Clip, DropDuplicates, KeepColumns,
        DropColumns, KeepRows, Derive, Pseudonymise, Generalise, DropSmallGroups,
    )
}  # fmt: skip


def step_from_json(value: Mapping[str, Any]) -> Step:
    """Rebuild a step from `Step.to_json`.

    Raises
    ------
    InvalidConfig
        If the kind or a setting is not known or a setting is lacking.
    """
    kind = KINDS.get(str(value.get("kind")))
    if kind is None:
        raise InvalidConfig(
            f"There is no step of the kind {value.get('kind')!r}.", f"Kinds are: {listed(KINDS)}.", field="kind"
        )
    known = {field.name: field for field in dataclasses.fields(kind)}
    settings = {name: tuple(item) if isinstance(item, list) else item for name, item in value.items() if name != "kind"}
    strange = sorted(set(settings) - set(known))
    if strange:
        raise InvalidConfig(
            f"The step {kind.kind} has no setting {listed(strange)}.", f"It has: {listed(known)}.", field=strange[0]
        )
    try:
        return kind(**settings)
    except TypeError as error:
        raise InvalidConfig(f"The step {kind.kind} lacks a setting: {error}.", field=kind.kind) from error
