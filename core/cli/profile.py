"""`python -m core profile`: what the columns of a table represent, and why."""

from __future__ import annotations

import json

import click

from core.cli.output import printable, table, to_json_target
from core.cli.reading import READ_HELP, finding_line, reading_options


@click.command()
@click.argument("source", metavar="TABLE")
@click.option("--read", "reading", metavar="NAME=VALUE", multiple=True, help=READ_HELP)
@click.option("--sdv-metadata", metavar="FILE", help="Write the types as SDV metadata; - is standard output.")
@click.option("--json", "json_target", metavar="FILE", help="Write the profile as JSON; - is standard output.")
def profile(source: str, reading: tuple[str, ...], sdv_metadata: str | None, json_target: str | None) -> None:
    """Read TABLE, and say for every column what it represents, why, and what is missing.

    TABLE is a file, a pattern of files with the same columns such as "data/*.csv", or an address such as s3://...
    """
    from core.workbench.choices import to_sdv_json
    from core.workbench.data import profile_file

    diagnosis, schema = profile_file(source, reading_options(reading))
    if sdv_metadata:
        to_json_target(to_sdv_json(schema), sdv_metadata)
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
    if json_target != "-" and sdv_metadata != "-":
        click.echo(f"{diagnosis.n_rows:,} rows, {len(schema)} columns")
        click.echo(
            table(
                ["column", "type", "missing", "levels", "reason"],
                [[c.name, str(c.type), f"{c.n_missing:,}", f"{c.n_levels:,}", c.reason] for c in schema],
            )
        )
        for finding in diagnosis.findings:
            click.echo(finding_line(finding))
        for line in diagnosis.rejected[:5]:
            click.echo(f"rejected line {line.line}: {line.reason}: {printable(line.text[:100])}")
