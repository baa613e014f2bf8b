"""How constraints act: learned from train rows, kept in the model as JSON, true of every row that is drawn.

Numbers are transformed: in the place of the high column of `low <= high` the networks learn the gap between the two,
and a sum is not learned at all but added up again. So a drawn row cannot break such a constraint. Levels are mended: a
combination that no train row has, or a row that is hot twice, is redrawn from the frequencies of the train rows, given
what must stay. What a mixture of constraints leaves broken nevertheless is told, to be drawn again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.constraints import Constraint, ConstraintKind, check_constraints, number_order, rows_keeping
from core.errors import InvalidConfig
from core.schema import Schema
from core.synthesis.rule_levels import CombinationRule, OneHotRule, fit_level_rule, level_rule_from_json
from core.synthesis.rule_numbers import NumberRule, fit_number_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Drawn rows after the constraints.

    Parameters
    ----------
    frame : work frame, the drawn rows with broken combinations mended
    keeps : bool array of shape (n_rows,)
        False where a row could not be mended; it has to be drawn again.
    n_mended : tuple of int
        For every constraint, rows that broke it as they came from the networks.
    """

    frame: pd.DataFrame
    keeps: np.ndarray
    n_mended: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What constraints have learned from train rows; without constraints all of it does nothing.

    Parameters
    ----------
    constraints : tuple of Constraint
    numbers : tuple of NumberRule, each after those that it is made from
    levels : tuple of (place of the constraint, rule)
    """

    constraints: tuple[Constraint, ...] = ()
    numbers: tuple[NumberRule, ...] = ()
    levels: tuple[tuple[int, CombinationRule | OneHotRule], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.constraints)

    def schema(self, schema: Schema) -> Schema:
        """The schema of what the networks learn: gaps are numbers, whatever they lie between."""
        return schema.replacing(*(rule.hidden_column(schema[rule.column]) for rule in self.numbers if rule.is_hidden))

    def hide(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A work frame with gaps in the place of high columns, and what sums leave over in the place of totals."""
        return frame.assign(**{rule.column: rule.hide(frame) for rule in self.numbers if rule.is_hidden})

    def show(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The inverse of `hide`; afterwards every row keeps the constraints on numbers."""
        for rule in self.numbers:
            frame[rule.column] = rule.show(frame)
        return frame

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, fixed: Collection[str] = ()) -> Kept:
        """Mend what breaks constraints on levels, and check every constraint.

        Parameters
        ----------
        frame : decoded work frame
        rng : numpy Generator
            Draws combinations; untouched where nothing is broken.
        fixed : names of columns that must stay as they are, such as those of a condition
        """
        broken = [0] * len(self.constraints)
        keeps = np.ones(len(frame), dtype=bool)
        settled = set(fixed)
        for place, rule in self.levels:
            frame, failed, broken[place] = rule.mend(frame, rng, settled)
            keeps &= ~failed
            settled |= set(rule.columns)
        for place, one in enumerate(self.constraints):
            rule = next((rule for at, rule in self.levels if at == place), None)
            right = rule.rows_keeping(frame) if rule is not None else rows_keeping(frame, one)
            broken[place] = max(broken[place], int((~right).sum()))
            keeps &= right
        return Kept(frame=frame, keeps=keeps, n_mended=tuple(broken))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; the inverse of `from_json`."""
        return {
            "constraints": [one.to_json() for one in self.constraints],
            "numbers": [rule.to_json() for rule in self.numbers],
            "levels": [[place, rule.to_json()] for place, rule in self.levels],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Rules:
        """Rebuild rules from `to_json`; None and an empty mapping are no rules."""
        if not value:
            return cls()
        return cls(
            constraints=tuple(map(Constraint.from_json, value["constraints"])),
            numbers=tuple(map(NumberRule.from_json, value["numbers"])),
            levels=tuple((int(place), level_rule_from_json(rule)) for place, rule in value["levels"]),
        )


def fit_rules(train: pd.DataFrame, schema: Schema, constraints: Sequence[Constraint]) -> Rules:
    """Learn from train rows how constraints act.

    Raises
    ------
    InvalidConfig
        If a column cannot serve its constraint, constraints go round in a circle, or a train row breaks one.
    """
    if not constraints:
        return Rules()
    check_constraints(constraints, schema)
    numbers = tuple(fit_number_rule(train, schema, name, constraints) for name in number_order(constraints))
    levels = tuple(
        (place, fit_level_rule(train, one))
        for place, one in enumerate(constraints)
        if one.kind in (ConstraintKind.COMBINATIONS, ConstraintKind.ONE_HOT)
    )
    rules = Rules(constraints=tuple(constraints), numbers=numbers, levels=levels)
    _check_train(train, rules)
    return rules


def _check_train(train: pd.DataFrame, rules: Rules) -> None:
    for one in rules.constraints:
        n_broken = int((~rows_keeping(train, one)).sum())
        if n_broken:
            raise InvalidConfig(
                f"{n_broken:,} train rows break the constraint {one.label}.",
                "Take it out, or correct the rows with a step of preparation.",
                field="constraints",
            )
