"""What commands that judge share: targets, groups, the attacker, and the lines that verdicts follow."""

from __future__ import annotations

import csv
import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.output import printable
from core.errors import InvalidConfig

if TYPE_CHECKING:
    from core.records import Report
    from core.schema import Schema
    from core.workbench.canary_plan import CanaryPlan
    from core.workbench.judging import Threshold
    from core.workbench.sessions import Session


SHADOWS_HELP = "Attack with so many generators trained on control rows as well (4 to 16 are usual)."


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingChoices:
    """How to judge.

    Parameters
    ----------
    further_targets, sensitive, secrets : tuple of str
    known : tuple of tuple of str
        Sets of columns that somebody may know; empty: as suggested from the schema.
    thresholds : tuple of Threshold, or empty for the default ones
    """

    further_targets: tuple[str, ...]
    sensitive: tuple[str, ...]
    known: tuple[tuple[str, ...], ...]
    secrets: tuple[str, ...]
    thresholds: tuple[Threshold, ...]

    @property
    def settings(self) -> dict[str, Any]:
        """The choices of columns, for `elsewhere.start_judging_files`."""
        return {
            "further_targets": self.further_targets,
            "sensitive": self.sensitive,
            "known": self.known,
            "secrets": self.secrets,
        }

    def for_schema(self, schema: Schema) -> dict[str, Any]:
        """The choices of columns checked against a schema, for `judging.start_evaluation`.

        Raises
        ------
        InvalidConfig
        """
        from core.workbench import attacker, judging

        judging.check_columns(schema, (*self.further_targets, *self.sensitive))
        chosen = attacker.chosen_attacker(schema, self.known, self.secrets)
        return {"attacker": chosen, "further_targets": self.further_targets, "sensitive": self.sensitive}

    def draw_lines(self, session: Session) -> None:
        """Judge by the chosen thresholds in a session, if any were given."""
        from core.workbench import judging

        if self.thresholds:
            judging.save_thresholds(session, self.thresholds)


def judging_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of judging; it receives them together as `judging`."""

    @functools.wraps(command)
    def collected(
        *,
        further: tuple[str, ...],
        sensitive: tuple[str, ...],
        known: tuple[str, ...],
        secrets: tuple[str, ...],
        thresholds: Path | None,
        **more: Any,
    ) -> Any:
        judging = JudgingChoices(
            further_targets=further,
            sensitive=sensitive,
            known=tuple(names_of(text) for text in known),
            secrets=secrets,
            thresholds=() if thresholds is None else read_thresholds(thresholds),
        )
        return command(judging=judging, **more)

    for option in reversed(OPTIONS):
        collected = option(collected)
    return collected


OPTIONS = (
    click.option("--also-target", "further", metavar="COL", multiple=True, help="Another column to predict."),
    click.option("--sensitive", metavar="COL", multiple=True, help="Column by whose groups results are told apart."),
    click.option(
        "--known", metavar="COL,COL,…", multiple=True,
        help="Columns that somebody may know of a person; again for another set. By default those that others are "
        "likely to know, by name and content.",
    ),
    click.option(
        "--secret", "secrets", metavar="COL", multiple=True,
        help="Column that he wants to learn; by default every column that varies.",
    ),
    click.option(
        "--thresholds", type=click.Path(path_type=Path), metavar="FILE",
        help="Lines of the verdicts as JSON: a list of metric, pass_at and caution_at.",
    ),
)  # fmt: skip


def names_of(text: str) -> tuple[str, ...]:
    """Column names between commas; one that holds a comma stands in quotes.

    Raises
    ------
    InvalidConfig
        If a name is empty.
    """
    names = tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True), []))
    if not names or not all(names):
        raise InvalidConfig(f"--known {text!r} is not a list of columns between commas.", field="known")
    return names


def read_thresholds(path: Path) -> tuple[Threshold, ...]:
    """Thresholds from a JSON file; see `judging.thresholds_from_json`.

    Raises
    ------
    InvalidConfig
        If there is no such file, or it holds something else.
    """
    from core.workbench import judging

    if not path.is_file():
        raise InvalidConfig(f"There is no file {str(path)!r} of thresholds.", "Check its name.", field="thresholds")
    return judging.thresholds_from_json(path.read_bytes(), name=path.name)


def canary_plan(n: int | None, copies: int, seed: int) -> CanaryPlan | None:
    """What canaries are planted; None where none are asked for.

    Raises
    ------
    InvalidConfig
    """
    from core.workbench.canary_plan import CanaryPlan

    return None if n is None else CanaryPlan(n=n, copies=copies, seed=seed)


def with_canaries(session: Session, run_id: str, report: Report, watched: Callable[..., Any], *, seed: int) -> Report:
    """The report with what rows drawn from the run's checkpoints show of its canaries; the last one in words."""
    from core.workbench import canaries

    job_id = canaries.start_following(session, run_id, seed=seed)
    look = watched(session, "canaries", job_id, lambda: canaries.canaries(session, run_id)).report
    last = look.results[-1].subject
    for result in look.results:
        if result.subject == last:
            click.echo(printable(result.explanation), err=True)
    return dataclasses.replace(report, results=(*report.results, *look.results))
