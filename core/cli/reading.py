"""What commands that read tables share: options of reading, and findings as lines of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.cli.output import printable
from core.errors import InvalidConfig

if TYPE_CHECKING:
    from core.reading.diagnosis import Finding
    from core.reading.options import ReadOptions

READ_HELP = (
    "How to read: delimiter, quote, encoding, header=no, decimal, comment, skip, missing=?,NA, trim, pad=yes, "
    "texts=COL, sheet, table (or a query), member. Everything else is found out."
)


def reading_options(texts: tuple[str, ...]) -> ReadOptions:
    """Options from `--read NAME=VALUE`, given any number of times."""
    from core.reading.remedies import options_from_texts

    found: dict[str, str] = {}
    for one in texts:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise InvalidConfig(f"--read {one!r} is not of the form name=value.", field="--read")
        found[name.strip()] = value
    return options_from_texts(found)


def finding_line(finding: Finding) -> str:
    """A finding with its place, guessed cause and remedy."""
    from core.reading.remedies import remedy_label

    parts = [f"{finding.severity}: {finding.message}"]
    if finding.guess:
        parts.append(finding.guess)
    if finding.remedy:
        parts.append(f"[{remedy_label(finding.remedy)}]")
    return printable(" ".join(parts))
