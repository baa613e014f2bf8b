"""`python -m core deidentify`: the treated real table, the alternative to synthetic rows."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core.cli.output import Progress, results_table, table, to_json_target
from core.cli.reading import READ_HELP, TREAT_HELP, chosen_schema, finding_line, reading_options
from core.schema import ColumnType


@click.command()
@click.argument("source", metavar="TABLE")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write: .csv or .parquet."
)
@click.option("--read", "reading", metavar="NAME=VALUE", multiple=True, help=READ_HELP)
@click.option(
    "--type", "types", metavar="COL=TYPE", multiple=True, help=f"Correct a column's type: {', '.join(ColumnType)}."
)
@click.option("--treat", "treatments", metavar="COL=TREATMENT", multiple=True, help=TREAT_HELP)
@click.option(
    "--sdv-metadata", type=click.Path(dir_okay=False, path_type=Path), help="Take column types from SDV metadata."
)
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path),
    help="Key of pseudonyms: read if it is there, else written, readable by you alone. Without it a key is drawn and "
    "forgotten, so that nobody can link tables by their pseudonyms.",
)  # fmt: skip
@click.option("--locale", default="en_US", show_default=True, help="Country and language of made-up personal data.")
@click.option("--judge/--no-judge", default=False, help="Attack the treated rows and say what they give away.")
@click.option("--target", metavar="COL", help="Column to predict, for the usefulness of the treated rows.")
@click.option("--plan", type=click.Choice(["quick", "standard", "full"]), default="standard", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of split and judging.")
@click.option("--json", "json_target", metavar="FILE", help="Write the report as JSON; - is standard output.")
def deidentify(
    source: str,
    out: Path,
    reading: tuple[str, ...],
    types: tuple[str, ...],
    treatments: tuple[str, ...],
    sdv_metadata: Path | None,
    key_file: Path | None,
    locale: str,
    judge: bool,
    target: str | None,
    plan: str,
    seed: int,
    json_target: str | None,
) -> None:
    """Write TABLE with the treatment of every column applied: real rows, de-identified.

    Such rows are still those of real persons. With --judge they are attacked like synthetic ones: for that a fifth of
    the rows is set aside as control rows, and the treated train rows are judged.
    """
    from core.workbench import data, judging, sessions, treated

    with sessions.temporary_session() as session:
        title = Path(source).stem
        reading_id = data.start_reading(session, source, name=title, options=reading_options(reading))
        _follow(session, reading_id, "reading")
        found = data.reading(session, reading_id)
        for finding in found.diagnosis.findings:
            click.echo(finding_line(finding), err=True)
        schema = chosen_schema(found, types, treatments, sdv_metadata)
        dataset_id = data.save_dataset(
            session, reading_id, schema=schema, name=title, target=target, control_share=0.2 if judge else 0.0,
            split_seed=seed,
        )  # fmt: skip
        _follow(session, dataset_id, "splitting")
        _take_key(session, key_file)
        treated_id = treated.start_treating(session, dataset_id, rows="all", locale=locale)
        _follow(session, treated_id, "treating")
        treated.export_treated(session, treated_id, out)
        report = None
        if judge:
            again = treated.start_treating(session, dataset_id, rows="train", locale=locale)
            _follow(session, again, "treating")
            evaluation_id = treated.start_judging_treated(session, again, plan=plan, seed=seed)
            _follow(session, evaluation_id, "judging")
            report = judging.evaluation_report(session, evaluation_id)
        n_rows = treated.treated(session, treated_id).n_rows
    if report is not None and json_target:
        value = report.to_json()
        value.pop("pictures", None)
        to_json_target(json.dumps(value, indent=2, ensure_ascii=False), json_target)
    if json_target != "-":
        click.echo(table(["column", "treatment"], list(treated.treatments(schema).items())))
        if report is not None:
            click.echo(results_table(report))
        click.echo(f"{n_rows:,} treated rows in {out}. They are still rows of real persons.")


def _follow(session, job_id: str, label: str) -> None:
    from core.workbench import sessions

    bar = Progress(label)
    for view in sessions.follow(session, job_id):
        bar.show(view.progress, view.message)
    bar.done()


def _take_key(session, key_file: Path | None) -> None:
    """Use the key of a file, or write the session's new one there."""
    from core.workbench import treated

    if key_file is None:
        return
    if key_file.exists():
        treated.use_key(session, key_file.read_bytes())
        return
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.touch(mode=0o600, exist_ok=False)
    key_file.write_bytes(treated.key_path(session).read_bytes())
