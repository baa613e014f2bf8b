"""The analyst's choice of what happens to a column on its way to the generator and to the treated real table."""

from __future__ import annotations

import dataclasses
import math
import re
from enum import StrEnum

from core.errors import InvalidConfig, listed
from core.profiling.infer import SET_BY_ANALYST
from core.profiling.treatment import Coarser, coarser_of, coarser_text
from core.schema import Column, ColumnType, Schema, Storage, Treatment

LOCALE = re.compile(r"[a-z]{2,3}_[A-Z]{2}")
PATTERN = re.compile(r"[^\s].{0,99}")
STEPS = 20
"""Numbers are rounded, where the analyst does not say how, to about this many steps of their range."""
POSTCODE_SIGNS = 2
AGE_YEARS = 10
RARE_POSTCODES = 100
"""Tables with more postcodes than this get their beginnings alone, unless the analyst wants the whole."""


class Choice(StrEnum):
    """What happens to a column.

    MODEL: the generator learns it as it is; the treated real table keeps it. GENERALISE: made coarser first.
    REGENERATE: made anew by Faker or by its pattern, never learned. PSEUDONYM: keyed pseudonyms in the treated real
    table, values of the same form in the synthetic one, never learned. LEAVE_OUT: in neither table.
    """

    MODEL = "model"
    GENERALISE = "generalise"
    REGENERATE = "regenerate"
    PSEUDONYM = "pseudonym"
    LEAVE_OUT = "leave out"


def with_safe_defaults(schema: Schema) -> Schema:
    """The schema in which dates of birth are months, and postcodes that hardly repeat their beginnings.

    They say when and where, not who; but one postcode of three persons and a date of birth point at one of them, and a
    generator draws levels as they are. The analyst sees it and can take it back.
    """
    return Schema(columns=tuple(_safe(column) for column in schema))


def _safe(column: Column) -> Column:
    if column.treatment is not Treatment.MODEL or column.coarser:
        return column
    rare = column.n_levels > RARE_POSTCODES
    if column.personal == "date of birth" and column.storage in (Storage.DATE, Storage.DATETIME):
        return with_choice(column, Choice.GENERALISE, str(Coarser.MONTH))
    if column.personal == "postcode" and column.type is ColumnType.CATEGORICAL and rare:
        return with_choice(column, Choice.GENERALISE)
    return column


def choice_of(column: Column) -> Choice:
    """The choice that a column's fields stand for."""
    if column.treatment is Treatment.LEAVE_OUT:
        return Choice.LEAVE_OUT
    if column.treatment is Treatment.REGENERATE:
        return Choice.PSEUDONYM if column.pseudonym else Choice.REGENERATE
    return Choice.GENERALISE if column.coarser else Choice.MODEL


def detail_of(column: Column) -> str:
    """What goes with the choice: how values are made coarser, the locale, or the pattern; empty where nothing does."""
    choice = choice_of(column)
    if choice is Choice.GENERALISE:
        return column.coarser or ""
    if choice is Choice.REGENERATE:
        return column.locale or ("" if column.personal else column.pattern or "")
    return ""


def with_choice(
    column: Column, choice: Choice | str, detail: str = "", *, low: float | None = None, high: float | None = None
) -> Column:
    """A column with the analyst's choice.

    Parameters
    ----------
    detail : str
        For `generalise`: month, first 3 signs, bands of 10, rounded to 100; empty takes what suits the column.
        For `regenerate`: a locale such as de_DE, or a pattern such as AB-9999; empty takes what was found.
    low, high : float, optional
        Smallest and largest number of the column, for the step of rounding.

    Raises
    ------
    InvalidConfig
        If the values of this column cannot be treated so.
    """
    try:
        choice = Choice(choice)
    except ValueError:
        raise InvalidConfig(
            f"There is no treatment {choice!r}.", f"Choose one of {listed(Choice)}.", field=column.name
        ) from None
    detail = detail.strip()
    bare = dataclasses.replace(column, coarser=None, locale=None, pseudonym=False)
    if choice is Choice.GENERALISE:
        return _generalised(bare, detail, low, high)
    if choice is Choice.LEAVE_OUT:
        return dataclasses.replace(bare, treatment=Treatment.LEAVE_OUT)
    if choice is Choice.PSEUDONYM:
        return dataclasses.replace(_as_code(bare), treatment=Treatment.REGENERATE, pseudonym=True)
    if choice is Choice.REGENERATE:
        return _regenerated(bare, detail)
    return _modelled(bare)


def _modelled(column: Column) -> Column:
    if column.type in (ColumnType.TEXT, ColumnType.IDENTIFIER):
        raise InvalidConfig(
            f"The column {column.name!r} is {column.type}, and that is not learned.",
            "Give it another type as well, such as categorical, if the generator shall see its values.",
            field=column.name,
        )
    return dataclasses.replace(column, treatment=Treatment.MODEL)


def _as_code(column: Column) -> Column:
    """Pseudonyms are texts: a number or date that gets them is an identifier from then on."""
    if column.type in (ColumnType.TEXT, ColumnType.IDENTIFIER):
        return column
    return dataclasses.replace(column, type=ColumnType.IDENTIFIER, reason=SET_BY_ANALYST, order=())


def _regenerated(column: Column, detail: str) -> Column:
    column = dataclasses.replace(column, treatment=Treatment.REGENERATE)
    if not detail:
        return column
    if LOCALE.fullmatch(detail):
        return dataclasses.replace(column, locale=detail)
    if column.personal:
        raise InvalidConfig(
            f"{detail!r} is no locale for the column {column.name!r}.", "Write one such as en_US or de_DE.",
            field=column.name,
        )  # fmt: skip
    if not PATTERN.fullmatch(detail):
        raise InvalidConfig(
            f"{detail!r} is no pattern.", "Write 9 for a digit, A or a for a letter.", field=column.name
        )
    return dataclasses.replace(column, pattern=detail)


def _generalised(column: Column, detail: str, low: float | None, high: float | None) -> Column:
    how, amount = coarser_of(detail) if detail else _suitable(column, low, high)
    dates = column.storage in (Storage.DATE, Storage.DATETIME)
    numbers = column.storage in (Storage.INTEGER, Storage.DECIMAL)
    wanted = {
        Coarser.BAND: (numbers, "numbers"),
        Coarser.ROUND: (numbers, "numbers"),
        Coarser.PREFIX: (not dates, "texts"),
    }
    fits, kind = wanted.get(how, (dates, "dates"))
    if not fits:
        raise InvalidConfig(
            f"The column {column.name!r} cannot be made coarser by {coarser_text(how, amount)!r}: it holds no {kind}.",
            field=column.name,
        )
    if how is Coarser.PREFIX and amount != int(amount):
        raise InvalidConfig(f"{amount:g} signs cannot be kept; write a whole number.", field=column.name)
    changes = {"treatment": Treatment.MODEL, "coarser": coarser_text(how, amount), "order": ()}
    if how is Coarser.BAND:
        changes |= {"type": ColumnType.ORDINAL, "storage": Storage.TEXT, "decimals": None}
    elif how is Coarser.PREFIX:
        changes |= {"type": ColumnType.CATEGORICAL, "storage": Storage.TEXT, "decimals": None, "pattern": None}
    elif how is Coarser.ROUND:
        changes |= {"type": ColumnType.CONTINUOUS, "decimals": _decimals_of(amount)}
    else:
        changes |= {"type": ColumnType.DATETIME}
    changes["reason"] = f"{column.reason} Made coarser: {changes['coarser']}."
    return dataclasses.replace(column, **changes)


def _decimals_of(step: float) -> int:
    text = f"{step:.6f}".rstrip("0")
    return len(text.partition(".")[2])


def _suitable(column: Column, low: float | None, high: float | None) -> tuple[Coarser, float]:
    """What suits a column: months of dates, the beginning of codes, bands of ages, round numbers."""
    if column.storage in (Storage.DATE, Storage.DATETIME):
        return (Coarser.YEAR if column.personal == "date of birth" else Coarser.MONTH), 0.0
    if column.personal == "postcode" or column.storage is Storage.TEXT:
        return Coarser.PREFIX, float(POSTCODE_SIGNS)
    if column.storage is Storage.BOOLEAN:
        raise InvalidConfig(f"The column {column.name!r} has two values and cannot be made coarser.", field=column.name)
    if "age" in column.name.lower().replace("-", "_").split("_"):
        return Coarser.BAND, float(AGE_YEARS)
    if low is None or high is None or high <= low:
        return Coarser.ROUND, 10.0
    return Coarser.ROUND, round_step((high - low) / STEPS)


def round_step(wanted: float) -> float:
    """The number of the form 1, 2 or 5 times a power of ten that is nearest above `wanted`.

    >>> round_step(37), round_step(0.3), round_step(100)
    (50.0, 0.5, 100.0)
    """
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(factor for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))
    return float(f"{step * power:g}")
