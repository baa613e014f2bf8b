"""`python -m core replay`: make the rows of a bundle again and compare them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from core.cli.output import Progress

DIFFERENT = 1


@click.command()
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--real", type=click.Path(path_type=Path), required=True, help="The real table of the bundle.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to keep the rows and the session in; it will hold real rows. Nothing is kept by default.",
)
def replay(bundle: Path, real: Path, out: Path | None) -> None:
    """Make the rows of BUNDLE again from the real table; exit code 0 where they are the same bytes, 1 where not."""
    from core.workbench import replaying, sessions

    bars: dict[str, Progress] = {}

    def tell(step: str, share: float) -> None:
        bars.setdefault(step, Progress(step.lower())).show(share)

    folder = out or Path(tempfile.mkdtemp(prefix="doppel-"))
    try:
        outcome = replaying.replay(bundle, real, folder=folder, tell=tell)
    finally:
        if out is None:
            sessions.remove_folder(folder)
    for bar in bars.values():
        bar.done()
    for sentence in outcome.differences:
        click.echo(sentence, err=True)
    if outcome.identical:
        click.echo(f"The {outcome.n_rows:,} rows are identical to the bundle's, byte for byte.")
        return
    click.echo(f"The {outcome.n_rows:,} rows are not those of the bundle.")
    sys.exit(DIFFERENT)
