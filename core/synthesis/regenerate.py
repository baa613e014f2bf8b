"""Values made anew, for columns that must not be learned: identifiers by their pattern, personal data by Faker.

They depend on locale, pattern, number of rows and seed alone; no real value has any part in them.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from core.errors import InvalidConfig
from core.schema import Column, ColumnType, Storage
from core.synthesis.permutation import LARGEST, permuted

FAKER_METHODS = {
    "name": "name",
    "first name": "first_name",
    "last name": "last_name",
    "e-mail": "email",
    "email": "email",
    "phone": "phone_number",
    "phone number": "phone_number",
    "address": "address",
    "street": "street_address",
    "city": "city",
    "postcode": "postcode",
    "card number": "credit_card_number",
    "credit card": "credit_card_number",
    "iban": "iban",
    "ip address": "ipv4",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "mac address": "mac_address",
    "url": "url",
    "user name": "user_name",
    "company": "company",
    "national id": "ssn",
    "ssn": "ssn",
    "tax number": "ssn",
    "coordinates": "location_on_land",
    "uuid": "uuid4",
    "date of birth": "date_of_birth",
    "licence plate": "license_plate",
}
"""Faker's method for every kind of personal data, by the kind in lower case."""

UNKNOWN_PATTERN = "AAAA9999999"
"""Pattern of identifiers whose shape is not known."""
_CLASSES = {"9": string.digits, "A": string.ascii_uppercase, "a": string.ascii_lowercase}


def regenerate(column: Column, n_rows: int, *, seed: int, locale: str = "en_US", first_row: int = 0) -> pd.Series:
    """Values for a column that is regenerated, for rows `first_row` to `first_row + n_rows - 1` of a sample.

    Parameters
    ----------
    column : Column
        Its name, personal kind, pattern and storage are used.
    n_rows : int
    seed : int
    locale : str
        Faker's name of a country and language, such as `en_US` or `de_DE`.
    first_row : int
        Rows of a sample come in blocks: identifiers depend on the number of the row alone, personal values on the
        number of the block's first row.

    Returns
    -------
    Series in the dtype of a work frame
        Identifiers with a pattern are distinct as long as the pattern has enough values.

    Raises
    ------
    InvalidConfig
        If Faker does not know the locale.
    """
    own = int.from_bytes(hashlib.sha256(f"{seed}\x00{column.name}".encode()).digest()[:8], "big")
    if column.pseudonym:
        return _as_levels(_pseudonym_like(n_rows, np.random.default_rng([own, first_row])))
    locale = column.locale or locale
    method = FAKER_METHODS.get((column.personal or "").lower())
    if method and column.pattern != "sequence":
        texts = _personal(method, n_rows, own + first_row, locale)
    elif column.pattern == "sequence" or (column.pattern is None and column.storage is Storage.INTEGER):
        texts = np.arange(first_row + 1, first_row + n_rows + 1).astype(str).astype(object)
    else:
        texts = _patterned(column.pattern or UNKNOWN_PATTERN, first_row, n_rows, own)
    if column.type is ColumnType.DATETIME:
        return pd.Series(pd.to_datetime(pd.Series(texts, dtype=object), errors="coerce")).astype("datetime64[us]")
    if column.type is ColumnType.CONTINUOUS:
        return pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").astype("float64")
    return _as_levels(texts)


def regenerate_for(column: Column, seeds: Sequence[int], *, locale: str = "en_US") -> list[str]:
    """One value for each seed, by the column's kind of personal data or its pattern: equal seeds, equal values.

    For tables in which the same person shall have the same made-up value; each seed stands for one real value and must
    be keyed, or whoever knows the value could find out what it became.
    """
    locale = column.locale or locale
    method = FAKER_METHODS.get((column.personal or "").lower())
    if not method:
        pattern = column.pattern or UNKNOWN_PATTERN
        return [str(_patterned(pattern, 0, 1, seed)[0]) for seed in seeds]
    faker, make = _maker(method, locale)
    values = []
    for seed in seeds:
        faker.seed_instance(seed)
        values.append(_text(make()))
    return values


def _as_levels(texts: np.ndarray) -> pd.Series:
    codes, levels = pd.factorize(np.asarray(texts, dtype=object))
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(levels, dtype=object)))


def _pseudonym_like(n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """Texts of 16 hexadecimal digits, as pseudonyms of the treated real table have."""
    return np.array([f"{number:016x}" for number in rng.integers(0, 2**64, n_rows, dtype=np.uint64)], dtype=object)


def _personal(method: str, n_rows: int, seed: int, locale: str) -> np.ndarray:
    faker, make = _maker(method, locale)
    faker.seed_instance(seed)
    return np.array([_text(make()) for _ in range(n_rows)], dtype=object)


def _maker(method: str, locale: str) -> tuple[Faker, Callable[[], object]]:
    """Faker of a locale and the method that makes a value."""
    if locale not in AVAILABLE_LOCALES:
        raise InvalidConfig(
            f"There is no locale {locale!r}.",
            "Take one of Faker's, such as en_US, en_GB, de_DE or fr_FR.",
            field="locale",
        )
    # some kinds, such as licence plates, are known for some countries alone
    faker = Faker(locale) if hasattr(Faker(locale), method) else Faker("en_US")
    return faker, getattr(faker, method)


def _text(value: object) -> str:
    if isinstance(value, tuple):  # a place: latitude, longitude, town, country, time zone
        return f"{value[0]}, {value[1]}"
    return str(value).replace("\n", ", ")


def _patterned(pattern: str, first_row: int, n_rows: int, own: int) -> np.ndarray:
    """Texts of a pattern, by the number of the row: distinct while the pattern has enough of them.

    The number of a row goes through a keyed permutation and is written in the pattern's own digits and letters. A
    pattern with more texts than the permutation holds gets the rest of its places at random.
    """
    places = [(at, _CLASSES[sign]) for at, sign in enumerate(pattern) if sign in _CLASSES]
    rows = np.full((n_rows, len(pattern)), "", dtype="<U1")
    for at, sign in enumerate(pattern):
        rows[:, at] = sign
    counted, room = [], 1
    for at, letters in reversed(places):
        if room * len(letters) > LARGEST:
            break
        counted.append((at, letters))
        room *= len(letters)
    numbers = permuted(np.arange(first_row, first_row + n_rows) % room, room, f"{own}")
    for at, letters in counted:
        rows[:, at] = np.array(list(letters))[numbers % len(letters)]
        numbers = numbers // len(letters)
    rng = np.random.default_rng([own, first_row])
    for at, letters in places[: len(places) - len(counted)]:
        rows[:, at] = np.array(list(letters))[rng.integers(0, len(letters), n_rows)]
    return np.array(["".join(row) for row in rows], dtype=object)
