"""`python -m core evaluate`: judge tables made anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core.cli.judging import SHADOWS_HELP, JudgingChoices, judging_options
from core.cli.output import Progress, results_table, to_json_target, write_whole
from core.cli.reading import pairs


@click.command()
@click.option(
    "--real", type=click.Path(path_type=Path), required=True, help="Real rows that the generator was trained on."
)
@click.option("--synthetic", type=click.Path(path_type=Path), required=True, help="Synthetic rows to judge.")
@click.option("--control", type=click.Path(path_type=Path), help="Real rows that the generator never saw.")
@click.option("--target", metavar="COL", help="Column to predict, for utility.")
@judging_options
@click.option("--group", metavar="COL", help="Entity column by which real and control rows were split.")
@click.option("--type", "types", metavar="COL=TYPE", multiple=True, help="Correct a column's type.")
@click.option("--privacy/--no-privacy", default=True, help="Attack the rows as well.")
@click.option("--shadows", type=int, default=0, show_default=True, help=SHADOWS_HELP)
@click.option("--plan", type=click.Choice(["quick", "standard", "full"]), default="standard", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--html",
    "html_target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report as one HTML file; it shows statistics of the real table.",
)
@click.option("--json", "json_target", metavar="FILE", help="Write the report as JSON; - is standard output.")
def evaluate(
    real: Path,
    synthetic: Path,
    control: Path | None,
    target: str | None,
    judging: JudgingChoices,
    group: str | None,
    types: tuple[str, ...],
    privacy: bool,
    shadows: int,
    plan: str,
    seed: int,
    html_target: Path | None,
    json_target: str | None,
) -> None:
    """Judge a synthetic table against the real one: fidelity, utility and what the rows give away."""
    from core.workbench import elsewhere, sessions
    from core.workbench.judging import evaluation_report

    parts = ("fidelity", "utility", *(("privacy",) if privacy else ()))
    with sessions.temporary_session() as session:
        judging.draw_lines(session)
        evaluation_id = elsewhere.start_judging_files(
            session, real=real, synthetic=synthetic, control=control, target=target, group=group,
            types=pairs(types, "--type"), parts=parts, plan=plan, seed=seed, shadows=shadows, **judging.settings,
        )  # fmt: skip
        bar = Progress("judging")
        for view in sessions.follow(session, evaluation_id):
            bar.show(view.progress, view.message)
        report = evaluation_report(session, evaluation_id)
        bar.done()
        if html_target:
            _write_html(session, evaluation_id, html_target, title=synthetic.stem)
    value = report.to_json()
    value.pop("pictures")
    value["settings"] = {
        "real": real.name, "synthetic": synthetic.name, "control": control.name if control else None,
        "target": target, "plan": plan, "seed": seed, "parts": list(parts), "shadows": shadows,
        **{name: value["settings"][name] for name in ("further_targets", "sensitive", "known", "secrets")},
    }  # fmt: skip
    if json_target:
        to_json_target(json.dumps(value, indent=2, ensure_ascii=False), json_target)
    if json_target != "-":
        click.echo(results_table(report))


def _write_html(session, evaluation_id: str, target: Path, *, title: str) -> None:
    from core.workbench import exporting, sessions

    export_id = exporting.start_report_of_files(session, evaluation_id, title=title)
    bar = Progress("report")
    for view in sessions.follow(session, export_id):
        bar.show(view.progress, view.message)
    write_whole(target, exporting.export(session, export_id).path.read_text(encoding="utf-8"))
    bar.done()
