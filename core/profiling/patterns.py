"""Shapes of identifiers: what makes two codes alike, and which pattern describes a column of them."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ID_NAME = re.compile(
    r"(^|[_\s\-.])(id|ids|uuid|guid|uid|pid|key|identifier|nr|nbr|no|number|ref|reference|kennung|nummer|iban|imei|imsi|vin|mrn|npi|isbn|"
    r"serial|rownum|row_id|unnamed:_0)$|^(index|row_?names?|seqn|cusip|isin)$|_id_str$"
)
ATTACHED = re.compile(
    r"(^|_)(account|acct|bank|block|branch|case|center|centre|city|claim|class|client|clinic|clust|cluster|cntry|cnty|"
    r"comp|company|contract|country|county|court|cust|customer|dept|dist|district|driver|emp|employee|fam|family|firm|"
    r"hh|hhold|hosp|hospital|household|indiv|inst|item|judge|loan|mem|member|movie|muni|obs|order|pat|patient|person|"
    r"pers|plant|player|pol|policy|prod|product|prov|provider|record|region|resp|school|shop|site|state|station|store|"
    r"stud|student|subj|subject|teacher|team|town|tract|trans|unit|user|veh|vehicle|vill|village|ward|worker)"
    r"(id|no|nr|num|nbr|code|cod)\d*$"
)
"""Names in which the word of an id is written onto that of a thing: `schoolid`, `villnum`, `statecode`."""
SEQUENCE = "sequence"
MAX_SHAPED = 5_000
"""Texts of which the shape is taken."""


_CLASSES = {ord(sign): "9" for sign in string.digits}
_CLASSES |= {ord(sign): "A" for sign in string.ascii_uppercase} | {ord(sign): "a" for sign in string.ascii_lowercase}


def words(name: str) -> str:
    """A column name in small letters with its words set apart by underscores.

    >>> words("customerID"), words("Postal Code"), words("PAY_0"), words("PULocationID"), words("schoolid2")
    ('customer_id', 'postal_code', 'pay_0', 'pu_location_id', 'school_id')
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", "_", name.strip())
    joined = re.sub(r"[\s\-.]+", "_", apart).lower()
    return ATTACHED.sub(_detached, joined)


def _detached(found: re.Match[str]) -> str:
    start, thing, what = found.groups()
    return f"{start}{thing}_{ {'num': 'nr', 'nbr': 'nr', 'no': 'nr', 'cod': 'code'}.get(what, what) }"


def names_identifier(name: str) -> bool:
    """Whether a name says that its column tells things apart."""
    return bool(ID_NAME.search(words(name)))


def shape(text: str) -> str:
    """A text with digits as 9, capitals as A and small letters as a.

    >>> shape("TX-0041b")
    'AA-9999a'
    """
    return text.translate(_CLASSES)


def pattern_of(texts: Iterable[str]) -> str | None:
    """The pattern that describes nearly all texts, with the letters and signs that never change kept as they are.

    Returns
    -------
    str or None
        None where there is no shape that at least 95 % share.

    >>> pattern_of(["TX-0041", "TX-0952", "TX-7343"])
    'TX-9999'
    """
    texts = list(texts)[:MAX_SHAPED]
    shapes = Counter(map(shape, texts))
    if not shapes:
        return None
    usual, count = shapes.most_common(1)[0]
    if count < 0.95 * len(texts):
        return None
    alike = [text for text in texts if shape(text) == usual]
    pattern = []
    for position, sign in enumerate(usual):
        found = {text[position] for text in alike}
        # signs that never change are kept, except 9, A and a, which would be read as classes of signs
        fixed = len(found) == 1 and len(alike) > 1 and next(iter(found)) not in "9Aa"
        pattern.append(found.pop() if fixed else sign)
    return "".join(pattern)


def is_code_like(texts: Iterable[str]) -> bool:
    """Whether texts look like codes: one word each, with digits, of a few shapes."""
    texts = list(texts)[:2_000]
    if not texts or any(re.search(r"\s", text) for text in texts):
        return False
    with_digits = sum(any(character.isdigit() for character in text) for text in texts)
    lengths = {len(text) for text in texts}
    return with_digits >= 0.9 * len(texts) and len(lengths) <= 4
