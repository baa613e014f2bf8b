"""Remedies in words: what reading a file in another way would do, for a button and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidConfig, listed
from core.reading.options import ReadOptions

MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks", ":": "colons"}
LISTS = ("missing", "texts")
SURPLUS = {
    "join": "Join surplus cells to the last one",
    "cut": "Leave surplus cells out",
    None: "Reject lines with surplus cells",
}
FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def remedy_label(remedy: Mapping[str, Any]) -> str:
    """What the remedy of a finding does, short enough for a button.

    >>> remedy_label({"delimiter": ";"}), remedy_label({"missing": ["?"]})
    ('Separate cells at semicolons', "Read '?' as missing")
    """
    return "; ".join(_label(name, value) for name, value in remedy.items())


def _label(name: str, value: Any) -> str:
    if name == "dates":
        column, layout = next(iter(value.items()))
        return f"Read {column!r} with the {'month' if layout.find('%m') < layout.find('%d') else 'day'} first"
    if name == "missing_in":
        column, marks = next(iter(value.items()))
        return f"Read {marks[0]} in {column!r} as missing"
    if name == "header":
        return "Take the first line as names" if value else "Take the first line as a row"
    if name == "skip":
        return "Read from the first line" if value == 0 else f"Leave out the first {value} lines"
    texts = {
        "delimiter": f"Separate cells at {MARKS.get(value, repr(value))}" if isinstance(value, str) else "",
        "encoding": f"Read it as {value}",
        "missing": f"Read {listed(map(repr, value))} as missing" if isinstance(value, list | tuple) else "",
        "texts": f"Keep {listed(map(repr, value))} as text" if isinstance(value, list | tuple) else "",
        "pad": "Fill the cells that lack",
        "comment": f"Leave out lines that begin with {value!r}" if value else "Read comments as rows",
        "surplus": SURPLUS.get(value, "") if isinstance(value, str | None) else "",
        "sheet": f"Read the sheet {value!r}",
        "table": f"Read the table {value!r}",
        "member": f"Read {value!r}",
        "decimal": f"Take {value!r} for the decimal sign",
    }
    return texts.get(name) or "Read it that way"


def options_from_texts(texts: Mapping[str, str]) -> ReadOptions:
    """Options of a reading as they are typed: `header=no`, `delimiter=tab`, `missing=?,NA`.

    Raises
    ------
    InvalidConfig
        If there is no such option or its value is impossible.
    """
    known = ReadOptions().to_json()
    value: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in known or name in ("dates", "missing_in"):
            raise InvalidConfig(f"There is no reading option {name!r}.", f"Options are: {listed(known)}.", field=name)
        if name in LISTS:
            parts = [part for part in text.split(",") if part]
            value[name] = ["", *parts] if name == "missing" else parts
        elif name in ("header", "trim", "pad"):
            if text.lower() not in FLAGS:
                raise InvalidConfig(f"The option {name} is {text!r}, but must be yes or no.", field=name)
            value[name] = FLAGS[text.lower()]
        elif name == "surplus":
            value[name] = None if text.lower() in ("", "none", "reject") else text.lower()
        elif name == "skip":
            if not text.isdigit():
                raise InvalidConfig(f"The option skip is {text!r}, but must be a number of lines.", field=name)
            value[name] = int(text)
        else:
            value[name] = {"tab": "\t", "\\t": "\t", "space": " ", "none": ""}.get(text, text)
    return ReadOptions.from_json(value)
