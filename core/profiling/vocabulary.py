"""Words by which column names say what they mean, in English and some neighbours."""

from __future__ import annotations

import re
from enum import StrEnum

from core.profiling.patterns import words


def set_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


class Role(StrEnum):
    """What a column's name says about its numbers."""

    CODE = "code"
    QUANTITY = "quantity"
    COUNT = "count"
    GRADE = "grade"
    CYCLE = "cycle"
    NONE = ""


PLACES = set_of(
    "store shop dept department agent company vendor seller supplier location station stop zone county fips fip "
    "statefip region district state country province ward site branch clinic hospital airline carrier route warehouse "
    "municipality precinct tract block industry occupation naics sic iso ratecode disposition source"
)
"""Things that tables number although the numbers are names: also with hundreds of levels they are no quantities."""
NUMBERED_PLACES = PLACES | set_of(
    "school provider prov village vill town muni cnty cntry state bank court dist tract inst plant"
)
"""Places by an id or number of theirs; alone, `school` may be the years spent there."""
CODES = PLACES | set_of(
    "sex gender education marriage marital status type class subclass category categories subcategory code codes group "
    "kind cluster race ethnicity religion job sector channel method mode species color colour brand origin label "
    "target segment product model workclass season weather language nationality currency outcome diagnosis disease "
    "therapy treatment team device browser os medium arm cohort protocol shape material genre variety"
)
NEVER_MEASURED = set_of("code codes type class subclass category subcategory channel group cluster sector kind cohort")
"""Last words of names whose numbers nobody adds up, also where there are hundreds of them."""
QUANTITIES = set_of(
    "age amount amt price income salary balance bal cost costs total value weight height length width depth distance "
    "duration temperature temp percent pct percentage share rate ratio tenure time timestamp epoch days hours minutes "
    "seconds weeks months years nights tax surcharge fee fees charge charges fare tip tolls paid revenue profit "
    "discount sales loan debt budget spend spending premium wage wages deposit population views area speed volume "
    "pressure humidity index limit bmi glucose cholesterol income_k mileage odometer power energy turnover gdp val "
    "sf sqft"
)
GRADES = set_of(
    "score rating ratings stars grade rank ranking level stage priority severity satisfaction quality qual cond "
    "condition num tier pclass involvement engagement wellbeing health stress pain difficulty importance agreement "
    "likelihood frequency confidence skill proficiency size urgency risk opinion attitude trust"
)
COUNTS = set_of(
    "count cnt counts quantity qty visits children kids teens adults babies people persons members dependents rooms "
    "bedrooms bathrooms bath baths floors siblings sibsp parch cars garage doors cylinders times"
)
SCHOOLING = set_of("education educ schooling")
"""Their numbers are codes of degrees, or years."""
FEWEST_YEARS = 8
CYCLES = set_of("year yr month mnth mo day weekday quarter hour hr week")
COUNTED_FIRST = frozenset(("num", "number", "n", "no", "nr", "count", "total"))
SPANS = set_of("years days months weeks hours minutes seconds time yrs")
SPAN_WORDS = set_of("in at since with to until on per for spent")
"""`years_at_company` and `hours_per_week` are lengths of time, `day_of_week` is a place in a cycle."""
NO_PLURAL = re.compile(r"(ss|us|is|ics|ous|ies)$")


def role(name: str) -> Role:
    """What a name says that its numbers are; the last word decides, as in English it carries the meaning.

    >>> [str(role(name)) for name in ("payment_type", "num_procedures", "JobLevel", "years_at_company", "GarageCars")]
    ['code', 'count', 'grade', 'quantity', 'count']
    """
    parts = [bare for part in re.findall(r"[^\W_]+", words(name)) if (bare := re.sub(r"\d+$", "", part))]
    if not parts:
        return Role.NONE
    first, head = parts[0], parts[-1]
    if len(parts) > 1 and first in COUNTED_FIRST:
        return Role.COUNT
    if len(parts) > 1 and first in SPANS and parts[1] in SPAN_WORDS:
        return Role.QUANTITY
    if head in ("group", "band", "bracket") and {"age", "income"} & set(parts):
        return Role.GRADE
    for wanted, kind in ((CODES, Role.CODE), (GRADES, Role.GRADE), (COUNTS, Role.COUNT), (CYCLES, Role.CYCLE)):
        if head in wanted:
            return kind
    if head in QUANTITIES or (head.endswith("time") and len(head) > 4):
        return Role.QUANTITY
    for wanted, kind in ((QUANTITIES, Role.QUANTITY), (GRADES, Role.GRADE), (CODES, Role.CODE), (COUNTS, Role.COUNT)):
        if wanted & set(parts):
            return kind
    if len(head) >= 4 and head.endswith("s") and (head.endswith("cies") or not NO_PLURAL.search(head)):
        return Role.COUNT
    return Role.NONE


def names_place(name: str) -> bool:
    """Whether a name speaks of something that is numbered without being counted: stores, regions, agents."""
    return bool(NUMBERED_PLACES & set(words(name).split("_")))


def names_code(name: str) -> bool:
    """Whether a name says that its numbers are names of something, however many there are."""
    head = re.sub(r"[\d_]+$", "", words(name)).rpartition("_")[2]
    return head in NEVER_MEASURED or (names_place(name) and (head == "num" or role(name) is Role.CODE))


PERSONS = set_of("subject subj patient person individual respondent participant student customer client household")
"""Columns called so hold numbers of persons where there are many; how many persons there are stands in the plural."""
ENTITY_NAME = re.compile(
    r"(^|_)(customer|cardholder|card_holder|patient|user|person|client|member|account|student|employee|subscriber|"
    r"household|passenger|driver|subject|participant|respondent|kunde|kunden|patienten)_?(id|key|no|nr|nbr|number|uuid)$"
)
POSTCODE_NAME = re.compile(r"(^|_)(zip|zip_?code|post_?code|postal(_code)?|plz|postleitzahl)(_|\d|$)")
BOOLEAN_WORDS = tuple(
    frozenset(pair.split("/"))
    for pair in (
        "yes/no", "y/n", "true/false", "t/f", "on/off", "1/0", "ja/nein", "j/n", "oui/non", "si/no", "sí/no", "sim/não",
        "vero/falso", "vrai/faux", "wahr/falsch", "x/", "positive/negative", "pos/neg", "present/absent",
    )
)  # fmt: skip
