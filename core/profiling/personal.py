"""Personal data, found by content and name together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.profiling.patterns import words

EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,24}")
CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
PERSON = re.compile(r"[^\W\d_][\w.'’-]*(,? [^\W\d_][\w.'’-]*){0,5}")
PERSON_NAMES = re.compile(
    r"(^|_)(first_?name|last_?name|full_?name|sur_?name|given_?name|family_?name|fore_?name|middle_?name|vorname|nachname|"
    r"familienname|cardholder(_name)?|customer(_name)?|patient(_name)?|person|employee(_name)?|holder|owner(_name)?|"
    r"contact(_name)?|client(_name)?|user_?full_?name|nom|prenom|nombre|apellido)$"
)
NEEDED_SHARE = 0.9
"""Share of cells that must be of a kind: a column of free text with an address here and there is another matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What kind of personal data a column holds, and how that was found.

    Parameters
    ----------
    kind : str
        As regeneration knows it: `e-mail`, `card number`, `IBAN`, `name`, ...
    share : float
        Share of the looked-at cells that are of the kind, 0 to 1.
    reason : str
        What was seen, for the analyst.
    """

    kind: str
    share: float
    reason: str


def find_personal(name: str, texts: Sequence[str]) -> Personal | None:
    """The kind of personal data in a column, if any.

    Parameters
    ----------
    name : str
        Name of the column: needed for kinds that have no form of their own, such as names of persons.
    texts : sequence of str
        Present cells, or a sample of them.
    """
    texts = list(dict.fromkeys(texts))[:2_000]
    if not texts:
        return None
    checks = (
        ("e-mail", lambda text: bool(EMAIL.fullmatch(text)), "have the form of e-mail addresses"),
        ("IBAN", is_iban, "are IBANs with right check digits"),
        ("card number", is_card, "are card numbers with a right check digit"),
    )
    for kind, check, what in checks:
        share = sum(map(check, texts)) / len(texts)
        if share >= NEEDED_SHARE:
            return Personal(kind=kind, share=share, reason=f"{share:.0%} of the values looked at {what}.")
    if PERSON_NAMES.search(words(name)) or words(name) in ("name", "names"):
        share = sum(map(_person_like, texts)) / len(texts)
        if share >= NEEDED_SHARE:
            return Personal(
                kind="name", share=share,
                reason=f"The column is called {name!r}, and {share:.0%} of the values looked at read like names.",
            )  # fmt: skip
    return None


def _person_like(text: str) -> bool:
    return len(text) <= 60 and text[:1].isupper() and bool(PERSON.fullmatch(text))


def is_card(text: str) -> bool:
    """Whether a text is 13 to 19 digits with a right Luhn check digit.

    >>> is_card("4111 1111 1111 1111"), is_card("4111 1111 1111 1112")
    (True, False)

    Source
    ------
    ISO/IEC 7812-1, annex B.
    """
    if not CARD.fullmatch(text) or text[0] not in "23456":
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
