"""`python -m core profile`: what the columns of a table represent, and why."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core.cli.output import table, to_json_target


@click.command()
@click.argument("source", metavar="TABLE", type=click.Path(path_type=Path))
@click.option("--json", "json_target", metavar="FILE", help="Write the profile as JSON; - is standard output.")
def profile(source: Path, json_target: str | None) -> None:
    """Read TABLE, and say for every column what it represents, why, and what is missing."""
    from core.workbench.data import profile_file

    diagnosis, schema = profile_file(source)
    value = {
        "n_rows": diagnosis.n_rows,
        "columns": [
            {
                "name": column.name,
                "type": str(column.type),
                "reason": column.reason,
                "missing": column.n_missing,
                "levels": column.n_levels,
                "storage": str(column.storage),
                "personal": column.personal,
                "treatment": str(column.treatment),
            }
            for column in schema
        ],
        "findings": [finding.to_json() for finding in diagnosis.findings],
    }
    if json_target:
        to_json_target(json.dumps(value, indent=2, ensure_ascii=False), json_target)
    if json_target != "-":
        click.echo(f"{diagnosis.n_rows:,} rows, {len(schema)} columns")
        click.echo(
            table(
                ["column", "type", "missing", "levels", "reason"],
                [[c.name, str(c.type), f"{c.n_missing:,}", f"{c.n_levels:,}", c.reason] for c in schema],
            )
        )
        for finding in diagnosis.findings:
            click.echo(f"{finding.severity}: {finding.message}")
