"""Codes that tell what they are: by check digits, or by a form that nothing else has."""

from __future__ import annotations

import functools
import importlib
import ipaddress
import re
from collections.abc import Callable, Sequence

EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[A-Za-z]{2,24}")
CARD = re.compile(r"[0-6](?:[ -]?\d){11,18}")
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
URL = re.compile(r"(?:https?|ftp)://[^\s/$.?#][^\s]*|www\.[a-z0-9-]+(\.[a-z0-9-]+)+(/\S*)?", re.IGNORECASE)
MAC = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
SSN = re.compile(r"(?!000|666)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
NINO = re.compile(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D T]", re.IGNORECASE)
COORDINATES = re.compile(r"\(?\s*[+-]?\d{1,2}\.\d{3,}\s*[,; ]\s*[+-]?\d{1,3}\.\d{3,}\s*\)?")
PHONE = re.compile(r"(?=.*\d)\+?[\d\s().\-/]{6,24}(\s?(?:x|ext\.?)\s?\d{1,6})?", re.IGNORECASE)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .\-/]{6,22}[A-Za-z0-9]")

NATIONAL_IDS = (
    "fr.nir", "de.idnr", "es.dni", "es.nie", "it.codicefiscale", "nl.bsn", "be.nn", "pl.pesel", "br.cpf",
    "se.personnummer", "ch.ssn", "fi.hetu", "pt.nif", "no.fodselsnummer", "ca.sin", "za.idnr", "tr.tckimlik",
    "ro.cnp", "bg.egn", "gr.amka", "lt.asmens", "hr.oib", "cn.ric", "kr.rrn", "il.idnr", "in_.aadhaar", "mx.curp",
    "dk.cpr", "cz.rc",
)  # fmt: skip
"""Modules of python-stdnum for numbers of persons that carry check digits."""
TAX_NUMBERS = ("eu.vat", "gb.utr", "au.tfn", "ie.pps", "at.tin", "gb.nhs")
UNCHECKED_TAX_NUMBERS = ("us.ein",)
"""Numbers without a check digit: nine digits of any kind look like one, so the name has to say it as well."""
REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "CH", "AT", "BR", "IN", "JP", "AU")
FEW = 200
"""Distinct values that are put to slow tests."""


def is_email(text: str) -> bool:
    """Whether a text has the form of an e-mail address."""
    return bool(EMAIL.fullmatch(text))


def is_card(text: str) -> bool:
    """Whether a text is 12 to 19 digits with a right Luhn check digit.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112")
    (True, False)

    Source
    ------
    ISO/IEC 7812-1, annex B.
    """
    if not CARD.fullmatch(text):
        return False
    digits = [int(character) for character in text if character.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN with right check digits.

    >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB82 WEST 1234 5698 7654 33")
    (True, False)

    Source
    ------
    ISO 13616-1, 7.2: the number with its first four signs moved to the end leaves 1 when divided by 97.
    """
    text = text.replace(" ", "").upper()
    if not IBAN.fullmatch(text):
        return False
    moved = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def is_ip_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address."""
    if text.count(".") != 3 and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_coordinates(text: str) -> bool:
    """Whether a text is a latitude and a longitude."""
    return bool(COORDINATES.fullmatch(text))


def is_url(text: str) -> bool:
    """Whether a text is a web address."""
    return bool(URL.fullmatch(text))


def is_mac_address(text: str) -> bool:
    """Whether a text is the address of a network device."""
    return bool(MAC.fullmatch(text))


def is_social_security(text: str) -> bool:
    """Whether a text has the form of a US social security or a UK insurance number; neither has a check digit."""
    return bool(SSN.fullmatch(text) or NINO.fullmatch(text))


def national_id_share(texts: Sequence[str], modules: Sequence[str] = NATIONAL_IDS) -> float:
    """The largest share of texts that are valid numbers of one of `modules`, 0 to 1.

    A column of other numbers passes a check digit by chance in one of ten cells, so a large share is no chance.
    """
    texts = [text for text in texts[:FEW]]
    if not texts or sum(bool(CODE.fullmatch(text)) and any(map(str.isdigit, text)) for text in texts) < 0.9 * len(
        texts
    ):
        return 0.0
    best = 0.0
    for module in modules:
        valid = _validator(module)
        if valid is None or sum(map(valid, texts[:10])) < 5:
            continue  # ten cells tell whether the rest is worth the time
        best = max(best, sum(map(valid, texts)) / len(texts))
    return best


@functools.cache
def _validator(module: str) -> Callable[[str], bool] | None:
    try:
        check = importlib.import_module(f"stdnum.{module}").is_valid
    except ImportError:
        return None

    def valid(text: str) -> bool:
        try:
            return bool(check(text))
        except Exception:  # some modules raise on letters they do not expect
            return False

    return valid


def phone_shares(texts: Sequence[str]) -> tuple[float, float]:
    """Shares of texts that can be telephone numbers by their form, and that are valid numbers of the best region."""
    import phonenumbers

    texts = texts[:FEW]
    formed = [text for text in texts if _phone_like(text)]
    if len(formed) < 0.6 * len(texts) or not formed:
        return len(formed) / max(1, len(texts)), 0.0

    def valid(text: str, region: str) -> bool:
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
        except phonenumbers.NumberParseException:
            return False

    best = max(sum(valid(text, region) for text in formed[:100]) for region in REGIONS)
    return len(formed) / len(texts), best / len(formed[:100])


def _phone_like(text: str) -> bool:
    if not PHONE.fullmatch(text) or SSN.fullmatch(text) or is_ip_address(text):
        return False
    return 7 <= sum(map(str.isdigit, re.split(r"x|ext", text, maxsplit=1, flags=re.IGNORECASE)[0])) <= 15


def written_as_phone(texts: Sequence[str]) -> float:
    """Share of texts written as telephone numbers are: with a plus, brackets, a leading zero or several groups."""
    marks = [text[:1] in "+(0" or len(re.findall(r"[\s().\-/]+", text.strip())) >= 2 for text in texts]
    return sum(marks) / max(1, len(marks))
