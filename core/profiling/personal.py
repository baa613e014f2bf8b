"""Personal data, found by content and name together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.profiling import checked
from core.profiling.patterns import words

NEEDED_SHARE = 0.9
"""Share of cells that must be of a kind: a column of free text with an address here and there is another matter."""
WITH_NAME_SHARE = 0.6
"""Share that is enough where the column's name says the same."""
LOOKED_AT = 1_000
MIN_VALUES = 5
"""Fewer distinct values than this prove a kind only where its form is beyond doubt."""

NAMES = {
    "e-mail": r"e?_?mail(_?address|_?adresse)?|courriel|correo",
    "phone": r"(tele)?(phone|fon|fono|phone_number|fax)|tel|mobile|cell(phone)?|handy|rufnummer|portable|contact_no",
    "card number": r"(credit_?)?card(_?(number|no|num))?|cc_?num(ber)?|pan|kreditkarte\w*|carte(_bancaire)?",
    "IBAN": r"iban|bank_?account|kontonummer|konto|account_?(number|no)?",
    "national id": r"ssn|social_?security\w*|sin|nino|national_?(id|insurance)\w*|passport\w*|nir|dni|cpf|pesel|bsn|"
    r"ausweis\w*|sozialversicherung\w*|svnr|insurance_?(number|no)",
    "tax number": r"tax_?(id|number|no)|steuer_?(id|nummer|nr)|vat(_?(id|number|no))?|ein|tin|utr|siret|siren|nif",
    "name": r"(first|last|full|sur|given|family|fore|middle|maiden|card_?holder|customer|patient|employee|owner|"
    r"contact|client|person|holder|user_?full|doctor|teacher|student|author|guest|host|member|agent|applicant|donor|"
    r"driver|passenger|tenant|borrower|spouse|mother|father|parent|child|caller|sender|recipient|buyer|vor|"
    r"nach|familien|zu)_?names?|cardholder|patient|pr[eé]nom|nom_complet|apellidos?|person|employee|"
    r"inhaber|kunde|kundin|mitarbeiter(in)?|titulaire|client|guest|holder|owner",
    "address": r"(street|postal|mailing|home|billing|shipping|delivery|residence)?_?(address|addr)(_?line)?(_?\d)?|"
    r"street|strasse|straße|stra_e|anschrift|adresse|wohnort|rue|direccion|domicile|residence|location_address",
    "postcode": r"zip|zip_?code|post_?code|postal(_?code)?|plz|postleitzahl|code_postal|cp",
    "date of birth": r"(date_of_)?birth(_?(date|day))?|birthdate|birthday|dob|d_o_b|born(_on)?|geburt\w*|geboren(_am)?|"
    r"naissance|date_(de_)?naissance|n[eé]e?_le|nacimiento|fecha_nacimiento",
    "ip address": r"ip(_?v?[46])?(_?addr(ess)?)?|client_?ip|host_?ip",
    "url": r"url|web_?site|homepage|link|profile_?url",
    "coordinates": r"lat(itude)?|lon(g|gitude)?|lng|geo_?(lat|lon|location|point)?|coord(inate)?s?|gps(_\w+)?|standort",
}
"""What columns of a kind are called, as patterns of whole words of their names."""
_NAMED = {kind: re.compile(rf"(^|_)(?:{pattern})(_\d+)?$") for kind, pattern in NAMES.items()}
_NAMED["name"] = re.compile(rf"{_NAMED['name'].pattern}|^(names?|nom|nombre)(_\d+)?$")
"""A column called `name` alone is one of persons until its content says otherwise; `product_name` is not."""
ROLE_ONLY = re.compile(r"(^|_)(patient|person|employee|client|guest|holder|owner|kunde|kundin)$")
FEWEST_NAMES = 20
"""`owner` holds persons if there are this many different ones; `First owner`, `Second owner` are levels."""

PERSON = re.compile(r"[^\W\d_][\w.'’-]*(,? [^\W\d_][\w.'’-]*){0,9}")
PART_OF_NAME = re.compile(
    r"(^|_)(first|last|full|sur|given|family|fore|middle|maiden|vor|nach|familien)_?names?$|pr[eé]nom"
)
"""Columns of names of persons and of nothing else; there also names in small letters are names."""
HOUSE = re.compile(r"(?=.*[^\W\d_]{3})(?=.*\d)[\w\s.,'’/#&()\-\n°]{6,160}", re.DOTALL)
POSTCODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 \-]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What kind of personal data a column holds, and how that was found.

    Parameters
    ----------
    kind : str
        As regeneration knows it: `e-mail`, `card number`, `IBAN`, `name`, ...
    share : float
        Share of the looked-at cells that are of the kind, 0 to 1.
    confidence : str
        `high`: check digits or a form of its own; `medium`: content and name agree.
    reason : str
        What was seen, for the analyst.
    examples : tuple of str
        Up to three cells, masked.
    """

    kind: str
    share: float
    confidence: str
    reason: str
    examples: tuple[str, ...] = ()


def named(name: str, kind: str) -> bool:
    """Whether a column's name says that it holds a kind of personal data."""
    return bool(_NAMED[kind].search(words(name)))


def mask(text: str) -> str:
    """A cell of which only its first sign and its shape can be seen.

    >>> mask("ada@example.org")
    'a••@•••••••.•••'
    """
    return text[:1] + re.sub(r"[^\W_]", "•", text[1:40])


def find_personal(name: str, texts: Sequence[str]) -> Personal | None:
    """The kind of personal data in a column of texts, if any.

    Parameters
    ----------
    name : str
        Name of the column: needed for kinds that have no form of their own, such as names of persons.
    texts : sequence of str
        Present cells, or a sample of them.
    """
    texts = list(dict.fromkeys(text.strip() for text in texts))[:LOOKED_AT]
    if not texts:
        return None
    found = _by_form(name, texts) or _by_check(name, texts) or _by_name(name, texts)
    if found is None:
        return None
    kind, share, confidence, reason = found
    return Personal(kind=kind, share=share, confidence=confidence, reason=reason, examples=tuple(map(mask, texts[:3])))


Found = tuple[str, float, str, str]
FORMS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("e-mail", checked.is_email, "have the form of e-mail addresses"),
    ("url", checked.is_url, "are web addresses"),
    ("IBAN", checked.is_iban, "are IBANs with right check digits"),
    ("card number", checked.is_card, "are card numbers with a right check digit"),
    ("mac address", checked.is_mac_address, "are addresses of network devices"),
    ("ip address", checked.is_ip_address, "are IP addresses"),
    ("coordinates", checked.is_coordinates, "are pairs of coordinates"),
    ("national id", checked.is_social_security, "have the form of social security numbers"),
)


def _by_form(name: str, texts: list[str]) -> Found | None:
    for kind, check, what in FORMS:
        if len(texts) < MIN_VALUES and kind in ("card number", "national id") and not named(name, kind):
            continue  # one number in ten has a right check digit by chance
        share = sum(map(check, texts)) / len(texts)
        needed = WITH_NAME_SHARE if kind in NAMES and named(name, kind) else NEEDED_SHARE
        if share >= needed:
            return kind, share, "high", f"{share:.0%} of the values looked at {what}."
    return None


def _by_check(name: str, texts: list[str]) -> Found | None:
    """Numbers of persons, tax numbers and telephone numbers."""
    if len(texts) < MIN_VALUES:
        return None
    tax = checked.TAX_NUMBERS + (checked.UNCHECKED_TAX_NUMBERS if named(name, "tax number") else ())
    for kind, modules in (("national id", checked.NATIONAL_IDS), ("tax number", tax)):
        share = checked.national_id_share(texts, modules)
        if share >= (WITH_NAME_SHARE if named(name, kind) else NEEDED_SHARE):
            return kind, share, "high", f"{share:.0%} of the values looked at have the check digits of a {kind}."
    formed, valid = checked.phone_shares(texts)
    if named(name, "phone") and formed >= WITH_NAME_SHARE:
        return "phone", formed, "high", f"The column is called {name!r}, and {formed:.0%} of its values can be dialled."
    if formed >= NEEDED_SHARE and valid >= 0.25 and checked.written_as_phone(texts) >= 0.5:
        return "phone", formed, "high", f"{formed:.0%} of the values looked at are written like telephone numbers."
    return None


def _by_name(name: str, texts: list[str]) -> Found | None:
    """Kinds without a form of their own: the name has to say so, and the content must not contradict."""
    surely = bool(PART_OF_NAME.search(words(name)))
    checks = (
        ("address", lambda text: bool(HOUSE.fullmatch(text)), "read like addresses", 0.7),
        ("postcode", lambda text: bool(POSTCODE.fullmatch(text)), "can be postcodes", 0.9),
        (
            "national id",
            lambda text: bool(checked.CODE.fullmatch(text)) and any(map(str.isdigit, text)),
            "are codes",
            0.9,
        ),
        ("name", lambda text: _person_like(text.title() if surely else text), "read like names", 0.9),
    )
    for kind, check, what, needed in checks:
        if not named(name, kind):
            continue
        if kind == "name" and ROLE_ONLY.search(words(name)) and len(texts) < FEWEST_NAMES:
            continue
        share = sum(map(check, texts)) / len(texts)
        if share >= needed:
            reason = f"The column is called {name!r}, and {share:.0%} of the values looked at {what}."
            return kind, share, "medium", reason
    return None


def _person_like(text: str) -> bool:
    """A first name, or a whole one as lists of persons have it: `Cumings, Mrs. John (Florence "Flo" Briggs)`."""
    bare = re.sub(r"[\"()/]", "", text)
    return len(text) <= 90 and text[:1].isupper() and bool(PERSON.fullmatch(bare))


def personal_number(name: str, *, low: float, high: float, whole: bool) -> str | None:
    """The kind of personal data in a column of numbers that its name and range say: coordinates, postcodes.

    Parameters
    ----------
    low, high : smallest and largest number
    whole : whether all numbers are whole
    """
    if not whole and named(name, "coordinates") and low >= -180 and high <= 180:
        return "coordinates"
    if whole and named(name, "postcode") and low >= 100 and high < 1_000_000:
        return "postcode"
    return None
