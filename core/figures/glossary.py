"""What each metric is called, asks and comes from: `assets/glossary.toml`."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent.parent / "assets" / "glossary.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A metric in words.

    Parameters
    ----------
    label : str
        Its name in the interface.
    question : str
        What it asks, one sentence.
    reading : str
        How to read the number.
    source : str
        Where it is defined.
    """

    label: str
    question: str = ""
    reading: str = ""
    source: str = ""

    @property
    def help(self) -> str | None:
        """The text behind the question mark; None without one."""
        parts = [self.question, self.reading, f"*Source: {self.source}*" if self.source else ""]
        return "\n\n".join(part for part in parts if part) or None


def entry(metric: str) -> Entry:
    """The words for a metric; one that has none goes by its name in sentence case."""
    return _entries().get(metric) or Entry(label=metric.replace("_", " ").capitalize())


@functools.cache
def _entries() -> dict[str, Entry]:
    with FILE.open("rb") as file:
        return {name: Entry(**words) for name, words in tomllib.load(file).items()}
