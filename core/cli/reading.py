"""What commands that read tables share: options of reading, and findings as lines of a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.cli.output import printable
from core.errors import InvalidConfig

if TYPE_CHECKING:
    from pathlib import Path

    from core.reading.diagnosis import Finding
    from core.reading.options import ReadOptions
    from core.schema import Schema
    from core.workbench.reading import Reading

TREAT_HELP = (
    "What happens to a column: model, generalise:HOW (month, first 3 signs, bands of 10, rounded to 100), "
    "regenerate:LOCALE (or a pattern such as AB-999), pseudonym, leave out."
)
READ_HELP = (
    "How to read: delimiter, quote, encoding, header=no, decimal, comment, skip, missing=?,NA, trim, pad=yes, "
    "texts=COL, sheet, table (or a query), member. Everything else is found out."
)


def reading_options(texts: tuple[str, ...]) -> ReadOptions:
    """Options from `--read NAME=VALUE`, given any number of times."""
    from core.reading.remedies import options_from_texts

    return options_from_texts(pairs(texts, "--read"))


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """`name=value` texts as a mapping; types and treatments, which hold none, begin at the last `=`."""
    found = {}
    for text in texts:
        name, equals, value = text.rpartition("=") if option in ("--type", "--treat") else text.partition("=")
        if not equals or not name:
            raise InvalidConfig(f"{option} {text!r} is not of the form name=value.", field=option)
        found[name.strip()] = value if option == "--read" else value.strip()
    return found


def chosen_schema(
    reading: Reading, types: tuple[str, ...], treatments: tuple[str, ...], sdv_metadata: Path | None
) -> Schema:
    """The schema of a reading with SDV's metadata, `--type` and `--treat` applied, in this order."""
    from core.workbench import choices

    schema = reading.schema
    if sdv_metadata is not None:
        schema = choices.from_sdv_json(sdv_metadata.read_bytes(), schema)
    edits = choices.edits_from_texts(pairs(types, "--type"), pairs(treatments, "--treat"))
    return choices.chosen_schema(schema, edits, ranges=choices.ranges_of(reading))


def finding_line(finding: Finding) -> str:
    """A finding with its place, guessed cause and remedy."""
    from core.reading.remedies import remedy_label

    parts = [f"{finding.severity}: {finding.message}"]
    if finding.guess:
        parts.append(finding.guess)
    if finding.remedy:
        parts.append(f"[{remedy_label(finding.remedy)}]")
    return printable(" ".join(parts))
