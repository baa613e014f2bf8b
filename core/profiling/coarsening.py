"""From a search for k to the steps of a recipe that do the same to any rows."""

from __future__ import annotations

from collections.abc import Sequence

from core.profiling.anonymity import Coarsening
from core.profiling.recipe import Recipe
from core.profiling.step import Step
from core.profiling.steps import DropColumns, DropSmallGroups, Generalise, MergeTail


def coarsening_recipe(steps: Sequence[Coarsening], quasi_identifiers: Sequence[str], k: int) -> Recipe:
    """The recipe that makes quasi-identifiers as coarse as the last step of each column says.

    Rows of groups that are still smaller than `k` are left out at its end.
    """
    last = {step.column: step for step in steps}
    made: list[Step] = []
    gone = [name for name, step in last.items() if step.how == "drop"]
    for name, step in last.items():
        if step.how == "frequent":
            made.append(MergeTail(column=name, keep=int(step.amount)))
        elif step.how != "drop":
            made.append(Generalise(column=name, how=step.how, amount=step.amount))
    if gone:
        made.append(DropColumns(columns=tuple(gone)))
    left = tuple(name for name in quasi_identifiers if name not in gone)
    if left and k >= 2:
        made.append(DropSmallGroups(columns=left, k=k))
    return Recipe(steps=tuple(made))
