"""Words by which column names and levels say what they mean, in English and some neighbours."""

from __future__ import annotations

import re

CODE_NAME = re.compile(
    r"(^|_)(sex|gender|education|marriage|marital|status|type|class|category|categories|code|group|region|kind|cluster|"
    r"race|ethnicity|religion|occupation|job|state|country|district|zone|department|dept|sector|branch|"
    r"channel|method|mode|species|colou?r|brand|origin|label|target|segment|product|model|workclass)(_|\d|$)"
)
GRADE_NAME = re.compile(
    r"(^|_)(num|number|n|nr|count|cnt|children|dependents|rooms|bedrooms|bathrooms|floors|quantity|qty|visits|"
    r"score|rating|stars|grade|rank|level|stage|year|month|day|weekday|quarter|hour|week|size|years|times|"
    r"cylinders|doors|siblings|sibsp|parch|persons|members|priority|severity|satisfaction|quality)(_|\d|$)"
)
ENTITY_NAME = re.compile(
    r"(^|_)(customer|cardholder|card_holder|patient|user|person|client|member|account|student|employee|subscriber|"
    r"household|passenger|driver|kunde|kunden|patienten)_?(id|key|no|nr|number|uuid)$"
)
QUANTITY_NAME = re.compile(
    r"(^|_)(amount|amt|price|income|salary|balance|bal|cost|total|value|weight|height|length|width|distance|duration|"
    r"temperature|percent|share|rate)(_|\d|$)"
)
POSTCODE_NAME = re.compile(r"(^|_)(zip|zip_?code|post_?code|postal(_code)?|plz|postleitzahl)(_|\d|$)")
BOOLEAN_WORDS = tuple(
    frozenset(pair.split("/"))
    for pair in (
        "yes/no", "y/n", "true/false", "t/f", "on/off", "1/0", "ja/nein", "j/n", "oui/non", "si/no", "sí/no", "sim/não",
        "vero/falso", "vrai/faux", "wahr/falsch", "x/", "positive/negative", "pos/neg", "present/absent",
    )
)  # fmt: skip
SCALES = (
    "very low/low/medium/high/very high", "low/moderate/high", "small/medium/large/extra large",
    "xxs/xs/s/m/l/xl/xxl/xxxl",
    "strongly disagree/disagree/neutral/agree/strongly agree", "poor/fair/good/very good/excellent",
    "very poor/poor/average/good/very good/excellent", "never/rarely/sometimes/often/always",
    "none/mild/moderate/severe", "bad/ok/good", "first/second/third/fourth/fifth", "minor/major/critical",
    "very dissatisfied/dissatisfied/neutral/satisfied/very satisfied", "fair/good/very good/premium/ideal",
    "monday/tuesday/wednesday/thursday/friday/saturday/sunday", "mon/tue/wed/thu/fri/sat/sun",
    "january/february/march/april/may/june/july/august/september/october/november/december",
    "jan/feb/mar/apr/may/jun/jul/aug/sep/oct/nov/dec", "bronze/silver/gold/platinum",
    "beginner/intermediate/advanced/expert",
    "primary/secondary/tertiary", "junior/mid/senior", "info/warning/error/critical",
)  # fmt: skip
BAND = re.compile(
    r"(?:[<>]=?|under|over|up to)?\s*\$?(\d+(?:\.\d+)?)\s*k?(?:\s*(?:-|–|to)\s*\$?\d+(?:\.\d+)?\s*k?|\s*\+|\s*years)?",
    re.I,
)
