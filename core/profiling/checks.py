"""Checks of a real table before anything is trained on it, each with a code, a severity, an explanation and advice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from core.errors import NotApplicable, listed
from core.profiling.associations import Associations, Measure
from core.profiling.summary import TableSummary
from core.schema import ColumnType, Schema, Treatment

WIDE_LEVELS = 500
RARE_ROWS = 20
MANY_MISSING = 0.5
GIVEN_AWAY = 0.95
SAME = 0.999
FEW_ROWS = 1_000
OUTLIER_SPANS = 20.0
SENTINELS = frozenset({-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 999999})
"""Numbers by which people write "missing"."""


class Section(StrEnum):
    """Where a check's result is listed."""

    ISSUE = "issue"
    TIP = "tip"
    PASSED = "passed"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What checks look at.

    Parameters
    ----------
    frame : work frame with every column of the table, or a sample of it
    schema : Schema
    summary : TableSummary
    associations : Associations or None
    target : str or None
    n_equal : int or None
        Rows of the whole table that are equal to an earlier one in all modelled columns; counted in the frame if None.
    """

    frame: pd.DataFrame
    schema: Schema
    summary: TableSummary
    associations: Associations | None = None
    target: str | None = None
    n_equal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found.

    Parameters
    ----------
    code : str
        Stable, such as `D03`.
    title : str
    section : Section
    columns : tuple of str
        The columns it is about.
    explanation : str
        What was found, or why the check does not apply.
    advice : str
        What to do; empty where nothing has to be done.
    """

    code: str
    title: str
    section: Section
    columns: tuple[str, ...] = ()
    explanation: str = ""
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "section": str(self.section),
            "columns": list(self.columns),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CheckResult:
        """Rebuild a result from `to_json`."""
        known = {name: value[name] for name in cls.__slots__}
        return cls(**known | {"section": Section(value["section"]), "columns": tuple(value["columns"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check: `find` gives the columns concerned and an explanation, or None where all is well."""

    code: str
    title: str
    severity: Section
    advice: str
    find: Callable[[Inspected], tuple[tuple[str, ...], str] | None]


def run_checks(inspected: Inspected) -> list[CheckResult]:
    """Run every check; issues come first, then tips, what passed, and what does not apply."""
    results = []
    for check in CHECKS:
        try:
            found = check.find(inspected)
        except NotApplicable as reason:
            results.append(_result(check, Section.NOT_APPLICABLE, (), reason.message, ""))
            continue
        if found is None:
            results.append(_result(check, Section.PASSED, (), "", ""))
        else:
            results.append(_result(check, check.severity, found[0], found[1], check.advice))
    return sorted(results, key=lambda one: list(Section).index(one.section))


def _result(check: Check, section: Section, columns: tuple[str, ...], explanation: str, advice: str) -> CheckResult:
    return CheckResult(
        code=check.code, title=check.title, section=section, columns=columns, explanation=explanation, advice=advice
    )


def _few_rows(seen: Inspected):
    if seen.summary.n_rows < FEW_ROWS:
        return (
            (),
            f"The table has {seen.summary.n_rows:,} rows; rare levels are learned badly from them.",
        )
    return None


def _constant(seen: Inspected):
    names = tuple(column.name for column in seen.schema if column.type is ColumnType.CONSTANT)
    return (
        (names, f"{listed(names)} hold{'s' if len(names) == 1 else ''} the same value in every row.") if names else None
    )


def _missing(seen: Inspected):
    shares = {one.name: one.n_missing / seen.summary.n_rows for one in seen.summary.columns}
    names = tuple(name for name, share in shares.items() if share > MANY_MISSING)
    return (names, f"More than half of the cells are missing in {listed(names)}.") if names else None


def _duplicates(seen: Inspected):
    if not seen.schema.modelled:
        raise NotApplicable("No column is modelled.")
    names = [column.name for column in seen.schema.modelled]
    counted, n_rows = seen.n_equal, seen.summary.n_rows
    if counted is None:
        counted, n_rows = int(seen.frame[names].duplicated().sum()), len(seen.frame)
    if counted <= 0.01 * n_rows:
        return None
    return (), f"{counted:,} of {n_rows:,} rows are equal to an earlier one in all modelled columns."


def _wide(seen: Inspected):
    wide = {
        column.name: column.n_levels
        for column in seen.schema.modelled
        if column.is_levels and column.n_levels > WIDE_LEVELS
    }
    if not wide:
        return None
    return tuple(
        wide
    ), f"{listed(f'{name} ({n:,} levels)' for name, n in wide.items())}: each level is an output of the model."


def _verb(names: Sequence[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many


def _personal(seen: Inspected):
    names = tuple(f.name for f in seen.schema if f.personal and f.treatment is Treatment.MODEL)
    if not names:
        return None
    return names, f"{listed(names)} {_verb(names, 'holds', 'hold')} personal data and would be learned by the model."


def _identifiers(seen: Inspected):
    many = 0.9 * seen.summary.n_rows
    names = tuple(
        column.name
        for column in seen.schema.modelled
        if column.type is ColumnType.IDENTIFIER or (column.is_levels and column.n_levels > many > 50)
    )
    if not names:
        return None
    return names, f"{listed(names)} {_verb(names, 'tells', 'tell')} rows apart and would be learned by the model."


def _spelling(seen: Inspected):
    found = []
    for column in seen.schema.modelled:
        if column.is_levels and seen.frame[column.name].dtype == "category":
            levels = [str(one) for one in seen.frame[column.name].cat.categories]
            if len({" ".join(one.split()).casefold() for one in levels}) < len(levels):
                found.append(column.name)
    return (tuple(found), f"Levels of {listed(found)} differ in blanks or case only.") if found else None


def _rare(seen: Inspected):
    found = {}
    for one in seen.summary.columns:
        column = seen.schema[one.name]
        if column.treatment is Treatment.MODEL and one.top_levels and one.n_levels <= len(one.top_levels):
            rare = [level for level, count in one.top_levels if count < RARE_ROWS]
            if rare:
                found[one.name] = len(rare)
    if not found:
        return None
    return tuple(
        found
    ), f"Levels with fewer than {RARE_ROWS} rows: {listed(f'{name} ({n})' for name, n in found.items())}."


def _outliers(seen: Inspected):
    names = []
    for one in seen.summary.columns:
        if seen.schema[one.name].type is not ColumnType.CONTINUOUS or not one.quantiles:
            continue
        span = one.quantiles["0.95"] - one.quantiles["0.05"]
        beyond = max((one.high or 0) - one.quantiles["0.95"], one.quantiles["0.05"] - (one.low or 0))
        if span > 0 and beyond > OUTLIER_SPANS * span:
            names.append(one.name)
    return (tuple(names), f"A few values of {listed(names)} lie far beyond all others.") if names else None


def _sentinels(seen: Inspected):
    found = {}
    for column in seen.schema.of_types([ColumnType.CONTINUOUS]):
        numbers = seen.frame[column.name].dropna().to_numpy(dtype=float)
        if len(numbers) < 50:
            continue
        values, counts = np.unique(numbers, return_counts=True)
        for value in (values[0], values[-1]):
            others = numbers[numbers != value]
            is_far = len(others) and abs(value - np.median(others)) > 5 * (
                np.quantile(others, 0.99) - np.quantile(others, 0.01) or 1
            )
            often = counts[values == value][0] >= max(5, 0.002 * len(numbers))
            negative = value < 0 <= (others.min() if len(others) else 0)
            if int(value) in SENTINELS and value == int(value) and often and (is_far or negative):
                found[column.name] = int(value)
    if not found:
        return None
    return tuple(
        found
    ), f"Numbers that may mean missing: {listed(f'{value} in {name}' for name, value in found.items())}."


def _imbalance(seen: Inspected):
    if seen.target is None:
        raise NotApplicable("No target is chosen.")
    series = seen.frame[seen.target]
    if not seen.schema[seen.target].is_levels:
        raise NotApplicable("The target is a number.")
    shares = series.value_counts(normalize=True)
    shares = shares[shares > 0]
    if len(shares) < 2 or shares.iloc[-1] >= 0.1:
        return None
    return (seen.target,), f"The level {shares.index[-1]!r} of the target has {shares.iloc[-1]:.2%} of the rows."


def _given_away(seen: Inspected):
    if seen.target is None or seen.associations is None or seen.target not in seen.associations.names:
        raise NotApplicable("No target is chosen.")
    at = seen.associations.names.index(seen.target)
    row = seen.associations.matrices[Measure.MUTUAL_INFORMATION][at]
    names = tuple(
        name
        for name, value in zip(seen.associations.names, row, strict=True)
        if name != seen.target and value >= GIVEN_AWAY
    )
    return (names, f"{listed(names)} say nearly everything about the target.") if names else None


def _same(seen: Inspected):
    if seen.associations is None:
        raise NotApplicable("Associations were not measured.")
    pairs = [pair for pair in seen.associations.strongest(Measure.PEARSON, 200) if abs(pair[2]) >= SAME]
    pairs += [pair for pair in seen.associations.strongest(Measure.CRAMERS_V, 200) if pair[2] >= SAME]
    if not pairs:
        return None
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair[:2]))
    return names, f"These pairs say the same: {listed(f'{a} and {b}' for a, b, _ in pairs)}."


CHECKS = (
    Check(code="D01", title="Personal data would be learned", severity=Section.ISSUE, find=_personal,
          advice="Regenerate or leave the columns out, generalise them, or keep them knowingly."),
    Check(code="D02", title="Identifiers would be learned", severity=Section.ISSUE, find=_identifiers,
          advice="Set their type to identifier; they are then made anew by their pattern."),
    Check(code="D03", title="A column gives the target away", severity=Section.ISSUE, find=_given_away,
          advice="Leave it out if it is only known after the target."),
    Check(code="D04", title="Columns with very many levels", severity=Section.ISSUE, find=_wide,
          advice="Merge rare levels, or set the type to text or identifier."),
    Check(code="D05", title="Numbers that may mean missing", severity=Section.ISSUE, find=_sentinels,
          advice="If they stand for a lacking value, bring the file again on the Data page and choose to read them as "
          "missing there; if they are real, nothing has to be done."),
    Check(code="D06", title="Levels in several spellings", severity=Section.ISSUE, find=_spelling,
          advice="Unify them with a step of preparation."),
    Check(code="D07", title="Few rows", severity=Section.TIP, find=_few_rows,
          advice="Expect wide intervals, and look at privacy first: few rows are easily memorised."),
    Check(code="D08", title="Equal rows", severity=Section.TIP, find=_duplicates,
          advice="Remove duplicates if they are mistakes."),
    Check(code="D09", title="Mostly missing columns", severity=Section.TIP, find=_missing,
          advice="Leave them out if nobody needs them."),
    Check(code="D10", title="Constant columns", severity=Section.TIP, find=_constant,
          advice="Nothing has to be done: they are written back as they are."),
    Check(code="D11", title="Rare levels", severity=Section.TIP, find=_rare,
          advice="Ask for rows of a level when sampling, or merge the tail."),
    Check(code="D12", title="Values far beyond all others", severity=Section.TIP, find=_outliers,
          advice="Look whether they are mistakes; clip them if they are."),
    Check(code="D13", title="A rare level of the target", severity=Section.TIP, find=_imbalance,
          advice="Draw as many rows of it as wanted when sampling."),
    Check(code="D14", title="Columns that say the same", severity=Section.TIP, find=_same,
          advice="Leave one of each pair out; levels that go together can be a constraint, a fixed combination."),
)  # fmt: skip
