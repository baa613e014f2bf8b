"""Tables and progress for a terminal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from core.records import MetricResult, Report, Scope, Status

WIDEST_CELL = 60


def printable(text: str) -> str:
    """A name or value of a table without control characters, so that it cannot drive the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain text table; every column but the last is as wide as its widest cell, at most `WIDEST_CELL`."""
    cells = [[printable(str(cell)) for cell in row] for row in [head, *rows]]
    cells = [[*(cell[:WIDEST_CELL] for cell in row[:-1]), row[-1]] for row in cells]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head) - 1)] + [len(head[-1])]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def number(value: float | None) -> str:
    """Three significant decimals, or nothing."""
    return "" if value is None else f"{value:.3f}"


def results_table(report: Report) -> str:
    """Metrics of the table and of requested levels with interval, direction and sentence."""
    rows = []
    for result in report.results:
        if result.scope not in (Scope.TABLE, Scope.LEVEL):
            continue
        name = result.metric if not result.subject else f"{result.metric} ({' = '.join(result.subject)})"
        verdict = str(result.verdict) if result.rule else ""
        rows.append([name, _value(result), _interval(result), verdict, _anchor(result), result.explanation])
    return table(["metric", "value", "interval", "verdict", "anchors", "meaning"], rows)


def _value(result: MetricResult) -> str:
    return number(result.value) if result.status is Status.MEASURED else str(result.status)


def _interval(result: MetricResult) -> str:
    return "" if result.low is None or result.high is None else f"{number(result.low)} to {number(result.high)}"


def _anchor(result: MetricResult) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in list(result.anchors.items())[:2])


class Progress:
    """One line that is rewritten on a terminal, or a line for every tenth in a file."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.live = sys.stderr.isatty()
        self.last = -1

    def show(self, share: float, text: str = "") -> None:
        """Show that `share` (0 to 1) is done."""
        tenth = int(share * 10)
        if self.live:
            bar = "#" * round(share * 30)
            click.echo(f"\r\033[K{self.label:<9} [{bar:<30}] {share:4.0%} {text}", nl=False, err=True)
        elif tenth > self.last:
            click.echo(f"{self.label:<9} {share:4.0%} {text}".rstrip(), err=True)
        self.last = max(self.last, tenth)

    def done(self, text: str = "") -> None:
        """End the line."""
        if self.live:
            click.echo(f"\r\033[K{self.label:<9} done {text}", err=True)


def to_json_target(text: str, target: str) -> None:
    """Write to a file in one step, or to standard output for `-`."""
    if target == "-":
        click.echo(text)
        return
    write_whole(Path(target), text)


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".doppel-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(aside, 0o644)
    os.replace(aside, path)
