"""`python -m core demo`: write the demo table."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write: .csv or .parquet."
)
@click.option("--rows", type=click.IntRange(min=1), default=20_000, show_default=True, help="Transactions to simulate.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed gives the same table."
)
def demo(out: Path, rows: int, seed: int) -> None:
    """Write a table of simulated card payments, about 1 % of them fraud, with made-up personal data."""
    from core.workbench.data import write_demo

    write_demo(out, n_rows=rows, seed=seed)
    click.echo(f"{rows:,} simulated payments written to {out}.")
