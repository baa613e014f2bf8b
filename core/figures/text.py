"""Names, levels and numbers as the text of a chart: shown as they are, never interpreted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

MAX_NAME = 28
"""Characters of a name on an axis; the middle of a longer one is left out."""

_PLOTLY = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}


def plain(text: object) -> str:
    """Text with everything escaped that Plotly reads as HTML or, between dollar signs, as LaTeX.

    >>> plain("<b>a</b> & $x$")
    '&lt;b&gt;a&lt;/b&gt; &amp; &#36;x&#36;'
    """
    return "".join(_PLOTLY.get(character, character) for character in flat(text))


def flat(text: object) -> str:
    """Text on one line: line ends, tabs and other control characters become blanks.

    >>> flat("a\\nb")
    'a b'
    """
    return "".join(character if character.isprintable() else " " for character in str(text))


def short(text: object, limit: int = MAX_NAME) -> str:
    """Text of at most `limit` characters; of a longer one the middle is left out, so that both ends can be read.

    >>> short("capital_gain_of_the_household", 12)
    'capita…ehold'
    """
    whole = str(text)
    if len(whole) <= limit:
        return flat(whole)
    head = limit // 2
    return flat(f"{whole[:head]}…{whole[len(whole) - (limit - head - 1) :]}")


def label(text: object, limit: int = MAX_NAME) -> str:
    """A name for an axis, a legend or a hover box: shortened, then escaped."""
    return plain(short(text, limit))


def labels(names: Iterable[object], limit: int = MAX_NAME) -> list[str]:
    """Labels that stay distinct where shortening made names equal, so that a category axis keeps them apart.

    >>> labels(["aaaabbbb", "aaaacbbb"], 5)
    ['aa…bb', 'aa…bb (2)']
    """
    return [plain(text) for text in distinct(names, limit)]


def distinct(names: Iterable[object], limit: int = MAX_NAME) -> list[str]:
    """Shortened names that stay distinct, as they are: for charts that show texts without reading them.

    >>> distinct(["<aaabbbb", "<aaacbbb"], 5)
    ['<a…bb', '<a…bb (2)']
    """
    seen: dict[str, int] = {}
    out = []
    for name in names:
        text = short(name, limit)
        seen[text] = seen.get(text, 0) + 1
        out.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return out


def percent(share: float, digits: int = 1) -> str:
    """A share from 0 to 1 as a percentage.

    >>> percent(0.1234)
    '12.3 %'
    """
    return f"{100 * share:.{digits}f} %"


def number(value: float) -> str:
    """A number for reading: thousands apart, about four significant digits, no exponent for everyday sizes.

    >>> number(32561), number(0.91234), number(1250000.5)
    ('32,561', '0.9123', '1,250,000')
    """
    size = abs(value)
    if size >= 1e12 or 0 < size < 1e-4:
        return f"{value:.3g}"
    if size >= 1000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.4g}"


CLOCK_START = -2_208_988_800
"""1 January 1900 in seconds since 1970: the day on which times of day are stored."""


def is_clock(low: float, high: float) -> bool:
    """Whether dates from `low` to `high` are times of day."""
    return CLOCK_START <= low < high <= CLOCK_START + 86_400


def moment(seconds: float, *, clock: bool = False) -> str:
    """Seconds since 1970 as a date, or as a time of day.

    >>> moment(86_400.0), moment(CLOCK_START + 3_660.0, clock=True)
    ('1970-01-02', '01:01')
    """
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime("%H:%M" if clock else "%Y-%m-%d")
