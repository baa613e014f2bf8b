"""Treatments of columns of a real table: pseudonyms under a key, and values made coarser.

They make the treated real table, the de-identified alternative to synthetic rows; it is still made of real persons.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum

import numpy as np
import pandas as pd

from core.errors import InvalidConfig

MIN_KEY_BYTES = 16
PSEUDONYM_DIGITS = 16
"""Hexadecimal digits of a pseudonym: 64 bits, so that two of a million values share one with probability 3e-8."""


class Coarser(StrEnum):
    """How values are generalised."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"
    PREFIX = "prefix"
    BAND = "band"
    ROUND = "round"


PERIODS = {Coarser.YEAR: "Y", Coarser.QUARTER: "Q", Coarser.MONTH: "M", Coarser.DAY: "D"}


def pseudonyms(series: pd.Series, key: bytes) -> pd.Series:
    """Replace values by keyed pseudonyms: equal values get equal ones, and nobody without the key can check a guess.

    Parameters
    ----------
    series : Series
        Missing stays missing.
    key : bytes
        At least 16, random; kept outside of everything that is exported.

    Returns
    -------
    Series of text, 16 hexadecimal digits each

    Raises
    ------
    InvalidConfig
        If the key is short enough to be guessed.

    Source
    ------
    HMAC-SHA-256, RFC 2104; cut to 64 bits.
    """
    if len(key) < MIN_KEY_BYTES:
        raise InvalidConfig(
            f"The key has {len(key)} bytes, but must have at least {MIN_KEY_BYTES}.", "Draw it at random.", field="key"
        )
    codes, values = pd.factorize(series, use_na_sentinel=True)
    made = [hmac.new(key, str(value).encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_DIGITS] for value in values]
    lookup = np.array([*made, None], dtype=object)
    return pd.Series(lookup[codes], index=series.index, name=series.name, dtype="string")


def generalise(series: pd.Series, how: Coarser, amount: float = 0) -> pd.Series:
    """Make values coarser.

    Parameters
    ----------
    series : Series
        Dates for periods, texts for `prefix`, numbers for `band` and `round`. Missing stays missing.
    how : Coarser
    amount : float
        Signs kept of a prefix, width of a band, or step of rounding; not used for periods.

    Returns
    -------
    Series
        Dates at the beginning of their period; texts `12*` of a prefix and `20-29` of a band; rounded numbers.

    Raises
    ------
    InvalidConfig
        If the column cannot be generalised in this way or the amount is not positive.
    """
    how = Coarser(how)
    if how in PERIODS:
        if series.dtype.kind != "M":
            raise _unfit(series, how, "dates")
        return series.dt.to_period(PERIODS[how]).dt.start_time.astype(series.dtype)
    if amount <= 0:
        raise InvalidConfig(f"The amount for {how} is {amount}, but must be above 0.", field="amount")
    if how is Coarser.PREFIX:
        texts = series.astype("string")
        kept = texts.str.slice(0, int(amount))
        return kept.where(texts.str.len() <= int(amount), kept + "*")
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        raise _unfit(series, how, "numbers")
    if how is Coarser.ROUND:
        return (series / amount).round() * amount
    return _bands(series, amount)


def _bands(series: pd.Series, width: float) -> pd.Series:
    numbers = series.astype("Float64")
    low = (numbers // width) * width
    whole = float(width).is_integer() and bool((numbers.dropna() % 1 == 0).all())
    if whole:
        starts = low.astype("Int64")
        return starts.astype("string") + "-" + (starts + int(width) - 1).astype("string")
    return low.map(lambda one: f"{one:g} to under {one + width:g}", na_action="ignore").astype("string")


WORDS = {
    re.compile(r"(?:first\s+)?(\d+)\s+signs?"): Coarser.PREFIX,
    re.compile(r"bands?(?:\s+of)?\s+(\d+(?:\.\d+)?)"): Coarser.BAND,
    re.compile(r"round(?:ed)?(?:\s+to)?\s+(\d+(?:\.\d+)?)"): Coarser.ROUND,
}


def coarser_of(text: str) -> tuple[Coarser, float]:
    """How values are made coarser, as it is typed and stored.

    >>> coarser_of("first 3 signs"), coarser_of("bands of 10")
    ((<Coarser.PREFIX: 'prefix'>, 3.0), (<Coarser.BAND: 'band'>, 10.0))

    Raises
    ------
    InvalidConfig
        If it is none of these.
    """
    plain = " ".join(text.lower().split())
    if plain in {str(one) for one in PERIODS}:
        return Coarser(plain), 0.0
    for pattern, how in WORDS.items():
        match = pattern.fullmatch(plain)
        if match and float(match.group(1)) > 0:
            return how, float(match.group(1))
    raise InvalidConfig(
        f"{text!r} is no way to make values coarser.",
        "Write month, quarter, year or day; first 3 signs; bands of 10; or rounded to 100.",
        field="treatment",
    )


def coarser_text(how: Coarser, amount: float = 0) -> str:
    """The text that `coarser_of` reads."""
    words = {Coarser.PREFIX: f"first {amount:g} signs", Coarser.BAND: f"bands of {amount:g}",
             Coarser.ROUND: f"rounded to {amount:g}"}  # fmt: skip
    return words.get(how, str(how))


def _unfit(series: pd.Series, how: Coarser, wanted: str) -> InvalidConfig:
    return InvalidConfig(
        f"The column {series.name!r} cannot be generalised by {how}: it does not hold {wanted}.", field=str(series.name)
    )
