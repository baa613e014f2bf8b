"""Words of the interface: what comes from a table is text everywhere, numbers read the same everywhere.

Streamlit reads labels, messages and captions as Markdown with emoji, LaTeX, coloured text, links and typographic
symbols. Column names and values pass through `name` or `text` first, so that they appear as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.figures.text import flat, number, percent, short

__all__ = [
    "count", "duration", "flat", "labelled", "listed_names", "name", "number", "percent", "plural", "short", "text",
    "thousands",
]  # fmt: skip

_JOINER = "\u2060"
"""Word joiner: invisible, without width, and enough to keep a shortcode, a link or an arrow from being recognised."""

_TRIGGERS = re.compile(r"(?<=\S)(?=[.@])|(?<=:)|(?<=[-<>=~])(?=[-<>=~])")
_PERCENT = re.compile(r"(\d) %")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_MATERIAL = re.compile(r":(?=material)")


def text(value: object) -> str:
    r"""Markdown that shows `value` exactly, on one line: for messages and sentences that quote the analyst's table.

    >>> text("*a*")
    '\\*a\\*'
    """
    joined = _PERCENT.sub("\\1\u00a0%", flat(value))  # a number and its unit stay on one line
    return _PUNCTUATION.sub(r"\\\1", _TRIGGERS.sub(_JOINER, joined))


def name(value: object, limit: int = 60) -> str:
    """Markdown that shows a name or level as code: set apart from the interface's own words, shortened in the middle.

    >>> name("income")
    '`income`'
    """
    shown = _MATERIAL.sub(":" + _JOINER, short(value, limit))
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if not shown or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown or ' '}{pad}{fence}"


def labelled(values: Iterable[object], limit: int = 60) -> dict[object, str]:
    """A label for each value, shortened and yet distinct: Streamlit tells options apart by their labels.

    >>> labelled(["aaaabbbb", "aaaacbbb"], 5)
    {'aaaabbbb': 'aa…bb', 'aaaacbbb': 'aa…bb (2)'}
    """
    taken: dict[str, int] = {}
    out = {}
    for value in values:
        shown = short(value, limit)
        taken[shown] = taken.get(shown, 0) + 1
        out[value] = shown if taken[shown] == 1 else f"{shown} ({taken[shown]})"
    return out


def listed_names(values: Iterable[object], limit: int = 5) -> str:
    """Names for a sentence that is not Markdown: shortened, at most `limit` of them."""
    names = [short(value, 40) for value in values]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def thousands(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}"


def count(value: int, noun: str, many: str | None = None) -> str:
    """A whole number with its noun.

    >>> count(1, "row"), count(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{value:,} {plural(value, noun, many)}"


def plural(value: int, noun: str, many: str | None = None) -> str:
    """The noun in the form that the number wants."""
    return noun if value == 1 else many or f"{noun}s"


def duration(seconds: float | None) -> str:
    """Seconds as people say them; "–" when unknown.

    >>> duration(42), duration(90), duration(7260)
    ('42 s', '1 min 30 s', '2 h 1 min')
    """
    if seconds is None:
        return "–"
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
