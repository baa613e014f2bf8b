"""Texts with an order: well-known scales, bands of numbers, school grades."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass

MAX_LEVELS = 30
"""A scale with more levels than this is none."""

SCALES = tuple(
    tuple(scale.split("/"))
    for scale in (
        "extremely low/vlow/very low/low/below average/medium low/average/med/medium/moderate/normal/medium high/"
        "above average/high/very high/vhigh/extremely high",
        "tiny/extra small/x small/small/med/medium/big/large/x large/extra large/huge",
        "xxs/xs/s/m/l/xl/xxl/2xl/xxxl/3xl", "low/standard/high", "short/medium/tall", "light/medium/heavy",
        "slow/medium/fast",
        "strongly disagree/disagree/somewhat disagree/neither agree nor disagree/neutral/undecided/somewhat agree/"
        "agree/strongly agree",
        "very unlikely/unlikely/somewhat unlikely/neither likely nor unlikely/neutral/somewhat likely/likely/"
        "very likely/extremely likely",
        "very dissatisfied/dissatisfied/somewhat dissatisfied/neither satisfied nor dissatisfied/neutral/"
        "somewhat satisfied/satisfied/very satisfied",
        "never/almost never/rarely/seldom/occasionally/sometimes/often/frequently/usually/very often/almost always/"
        "always",
        "never/yearly/annually/quarterly/monthly/fortnightly/weekly/daily/hourly",
        "not at all/slightly/a little/somewhat/moderately/quite a bit/very/very much/extremely",
        "not important/slightly important/somewhat important/moderately important/important/very important/"
        "extremely important",
        "none/minimal/mild/moderate/severe/very severe/critical", "minor/moderate/major/critical",
        "very poor/poor/fair/average/acceptable/good/very good/excellent/outstanding",
        "very bad/bad/ok/okay/average/good/very good/excellent", "fair/good/very good/premium/ideal",
        "worse/same/better", "decreased/unchanged/increased", "unacceptable/acceptable/good/very good",
        "unacc/acc/good/vgood",
        "underweight/insufficient weight/normal/normal weight/overweight/overweight level i/overweight level ii/obese/"
        "obesity/obesity type i/obesity type ii/obesity type iii",
        "po/fa/ta/gd/ex", "i1/si2/si1/vs2/vs1/vvs2/vvs1/if",
        "infant/child/teenager/young adult/adult/middle aged/senior/elderly",
        "primary/secondary/tertiary", "primary school/middle school/high school/college/university",
        "some high school/high school/some college/associate's degree/bachelor's degree/master's degree/doctorate",
        "high school/associate/bachelor/bachelors/bachelor's/master/masters/master's/phd/doctorate",
        "freshman/sophomore/junior/senior", "intern/junior/mid/mid level/senior/lead/principal",
        "beginner/novice/intermediate/advanced/expert", "copper/bronze/silver/gold/platinum/diamond",
        "first/second/third/fourth/fifth", "1st/2nd/3rd/4th/5th", "i/ii/iii/iv/v", "q1/q2/q3/q4",
        "trace/debug/info/notice/warning/error/critical/fatal",
        "early morning/morning/noon/afternoon/evening/night/late night",
        "monday/tuesday/wednesday/thursday/friday/saturday/sunday", "mon/tue/tues/wed/thu/thur/thurs/fri/sat/sun",
        "montag/dienstag/mittwoch/donnerstag/freitag/samstag/sonnabend/sonntag", "mo/di/mi/do/fr/sa/so",
        "lundi/mardi/mercredi/jeudi/vendredi/samedi/dimanche", "lunes/martes/miércoles/jueves/viernes/sábado/domingo",
        "januar/februar/märz/april/mai/juni/juli/august/september/oktober/november/dezember",
        "january/february/march/april/may/june/july/august/september/october/november/december",
        "jan/feb/mar/apr/may/jun/jul/aug/sep/sept/oct/nov/dec",
    )
)  # fmt: skip
"""Scales from low to high."""

NUMBER = r"(\d+(?:\.\d+)?)\s*([km])?"
BELOW = r"<=?|under|below|less than|up to|at most|fewer than"
ABOVE = r">=?|over|above|more than|at least"
OPEN = r"\+|plus|(?:or|and) (?:more|older|over|above|up|less|younger|under|below)"
UNITS = r"years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|employees|people|persons|km|miles|kg|usd|eur"
BAND = re.compile(
    rf"(?P<open>{BELOW}|{ABOVE})?\s*{NUMBER}\s*(?P<unit>%|{UNITS})?(?:\s*(?P<to>-|–|—|to|bis|and)\s*{NUMBER}"
    rf"\s*(?:%|{UNITS})?)?\s*(?P<end>{OPEN})?\s*(?P<unit2>{UNITS})?"
)
GRADE = re.compile(r"[A-Z][0-9]?[+-]?")


@dataclass(frozen=True, slots=True)
class _Band:
    """One level of bands: where it begins and ends (None where it is open), and what it looks like."""

    low: float
    high: float | None
    below: bool
    above: bool
    has_unit: bool
    text: str


def known_scale(levels: Collection[str]) -> tuple[str, ...]:
    """Levels in the order of the well-known scale to which they all belong; empty if there is none."""
    if not 3 <= len(levels) <= MAX_LEVELS:
        return ()
    spelled = {_spelled(level): level for level in levels}
    if len(spelled) < len(levels):
        return ()
    for scale in SCALES:
        if set(spelled) <= set(scale):
            return tuple(spelled[step] for step in scale if step in spelled)
    return ()


def _spelled(level: str) -> str:
    """A level in small letters, without the number that counts it, as in `1 - Low` or `(2) medium`."""
    words = level.strip().lower().replace("_", " ").replace("-", " ").replace("’", "'")
    return " ".join(re.sub(r"^\(?\d{1,2}\)?\s*[.:)=]?\s+(?=\D)", "", words).split())


def bands(levels: Collection[str]) -> tuple[str, ...]:
    """Levels such as `<18`, `18-25`, `65 or older` in the order of their numbers; empty if they are none.

    They must not overlap: results of matches such as 2-1 and 1-0 look like bands and are none.
    """
    if not 3 <= len(levels) <= MAX_LEVELS:
        return ()
    found = [_band(level) for level in levels]
    if not all(found):
        return ()
    ranges = [one for one in found if one.high is not None]
    ends_open = any(one.below or one.above for one in found)
    n_open = sum(one.below or one.above for one in found)
    counts_with_an_end = n_open == 1 and len({one.low for one in found}) == len(found)  # 0, 1, 2, 3+
    if not ranges and not counts_with_an_end and not (ends_open and any(one.has_unit for one in found)):
        return ()
    if any(one.high < one.low for one in ranges):
        return ()
    ranked = sorted(found, key=lambda one: (one.low, not one.below, one.above))
    for lower, upper in itertools.pairwise(ranked):
        if lower.high is not None and upper.low < lower.high:
            return ()
    return tuple(one.text for one in ranked)


def _band(level: str) -> _Band | None:
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", level.strip().lower())
    text = re.sub(r"[$€£\[\]()]", "", text).strip()
    match = BAND.fullmatch(text)
    if not match:
        return None
    low, low_unit, high, high_unit = match.group(2), match.group(3), match.group("to"), None
    if high:
        high, high_unit = match.group(6), match.group(7)
    opened, end = match["open"] or "", match["end"] or ""
    below = bool(re.fullmatch(BELOW, opened)) or end.endswith(("less", "younger", "under", "below"))
    return _Band(
        low=float(low) * _times(low_unit or high_unit),
        high=float(high) * _times(high_unit) if high else None,
        below=below,
        above=bool(opened or end) and not below,
        has_unit=bool(match["unit"] or match["unit2"]),
        text=level,
    )


def _times(unit: str | None) -> float:
    return {"k": 1e3, "m": 1e6}.get(unit or "", 1.0)


def school_grades(levels: Collection[str]) -> tuple[str, ...]:
    """Levels such as A, B, C or A1, A2, B1 in the order of the alphabet, `A+` before `A` before `A-`."""
    if not 3 <= len(levels) <= 3 * MAX_LEVELS or not all(GRADE.fullmatch(level) for level in levels):
        return ()
    return tuple(sorted(levels, key=lambda level: (level.rstrip("+-"), "+-".find(level[-1]) if level[-1] == "-" else
                                                   -1 if level[-1] == "+" else 0)))  # fmt: skip
