"""`python -m core synthesize`: the main job from a table to judged synthetic rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from core.cli.judging import SHADOWS_HELP, JudgingChoices, canary_plan, judging_options, with_canaries
from core.cli.output import Progress, results_table, write_whole
from core.cli.prepared import prepared, read_files
from core.cli.reading import READ_HELP, TREAT_HELP, chosen_schema, finding_line, pairs, reading_options
from core.records import Condition, Report, SampleRequest
from core.schema import ColumnType

PRIVATE = "private-real-data"
PRIVATE_NOTE = """\
This folder holds real data: the session with the table as it was read, its train and control rows, and the trained
checkpoints. It must not leave the place where the real table may be. What may leave lies one folder up.
"""


@click.command()
@click.argument("source", metavar="TABLE")
@click.option("--read", "reading", metavar="NAME=VALUE", multiple=True, help=READ_HELP)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the results.")
@click.option(
    "--target", metavar="COL", help="Column to predict: measures utility and keeps its shares in both splits."
)
@click.option("--group", metavar="COL", help="Entity column: all rows of one entity go to the same side of the split.")
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Passes over the train rows; by default what the preset's steps take on this table.",
)
@click.option(
    "--rows", type=click.IntRange(min=0), help="Unconditioned rows to draw; as many as the train rows by default."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of split, training, drawing and judging.",
)
@click.option(
    "--control-share", type=float, default=0.2, show_default=True, help="Share of rows that the model never sees."
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "--condition", "conditions", metavar="COL=LEVEL:ROWS", multiple=True, help="Rows of a level, in addition to --rows."
)
@click.option(
    "--type", "types", metavar="COL=TYPE", multiple=True, help=f"Correct a column's type: {', '.join(ColumnType)}."
)
@click.option("--treat", "treatments", metavar="COL=TREATMENT", multiple=True, help=TREAT_HELP)
@click.option(
    "--sdv-metadata", type=click.Path(dir_okay=False, path_type=Path), help="Take column types from SDV metadata."
)
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Steps of preparation as JSON, done first.",
)
@click.option(
    "--constraints", type=click.Path(path_type=Path), metavar="FILE", help="Rules as JSON that every drawn row keeps."
)
@click.option("--preset", metavar="NAME", help="Training preset: quick, balanced (default) or thorough.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="Change a training setting.")
@judging_options
@click.option("--shadows", type=int, default=0, show_default=True, help=SHADOWS_HELP)
@click.option(
    "--canaries", type=int, metavar="N",
    help="Made-up rows of which a coin plants half among the train rows, to bound from below what the run gives away.",
)  # fmt: skip
@click.option("--canary-copies", type=int, default=1, show_default=True, help="Copies of each planted canary.")
@click.option("--plan", type=click.Choice(["quick", "standard", "full"]), default="standard", show_default=True)
@click.option("--evaluate/--no-evaluate", "judge", default=True, help="Judge the drawn rows.")
@click.option(
    "--bundle", is_flag=True, help="Also write bundle.zip: rows, report, pictures, and how to make them again."
)
def synthesize(
    source: str,
    reading: tuple[str, ...],
    out: Path,
    target: str | None,
    group: str | None,
    epochs: int | None,
    rows: int | None,
    seed: int,
    control_share: float,
    device: str,
    conditions: tuple[str, ...],
    types: tuple[str, ...],
    treatments: tuple[str, ...],
    sdv_metadata: Path | None,
    recipe: Path | None,
    constraints: Path | None,
    preset: str | None,
    settings: tuple[str, ...],
    judging: JudgingChoices,
    shadows: int,
    canaries: int | None,
    canary_copies: int,
    plan: str,
    judge: bool,
    bundle: bool,
) -> None:
    """Train on TABLE, draw synthetic rows, judge them, and write what may leave to a folder.

    Writes synthetic.csv, synthetic.parquet, schema.json, report.json and report.html; real rows go only to
    private-real-data/ in it.
    """
    from core.jobs.versions import library_versions
    from core.workbench import constraining, data, sampling, sessions, training
    from core.workbench.judging import check_shadows

    wanted = [Condition.parse(text) for text in conditions]
    changes = pairs(settings, "--set") | {"seed": str(seed), "device": device}
    changes |= {"epochs": str(epochs)} if epochs else {}
    training.configured(preset, changes)  # a wrong setting is said before anything is read
    planted = canary_plan(canaries, canary_copies, seed)
    check_shadows(shadows)
    steps, rules = read_files(recipe, constraints)
    private = out / PRIVATE
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    private.chmod(0o700)
    (private / "README.txt").write_text(PRIVATE_NOTE, encoding="utf-8")
    with sessions.create_session(private) as session:
        title = Path(source).stem
        reading_id = data.start_reading(session, source, name=title, options=reading_options(reading))
        found = _watched(session, "reading", reading_id, lambda: data.reading(session, reading_id))
        for finding in found.diagnosis.findings:
            click.echo(finding_line(finding), err=True)
        schema = chosen_schema(found, types, treatments, sdv_metadata)
        data.check_choices(schema, target=target, group=group, conditions=wanted if recipe is None else ())
        dataset_id = data.save_dataset(
            session, reading_id, schema=schema, name=title, target=target, group=group,
            control_share=control_share, split_seed=seed,
        )  # fmt: skip
        _watched(session, "splitting", dataset_id, lambda: data.dataset(session, dataset_id))
        dataset_id = prepared(session, dataset_id, steps, rules, _watched)
        dataset = data.dataset(session, dataset_id)
        data.copy_split(session, dataset_id, private)
        chosen = judging.for_schema(dataset.schema)
        judging.draw_lines(session)

        n_rows = dataset.n_train if rows is None else rows
        request = SampleRequest(n_rows=n_rows, seed=seed, conditions=tuple(wanted))
        sampling.check_request(session, dataset_id, request)
        config = training.configured(preset, changes, n_train=dataset.n_train)
        run_id = training.start_training(session, dataset_id, config, canaries=planted)
        run = _trained(session, run_id)
        sample_id = sampling.start_sampling(session, run_id, request)
        sample = _watched(session, "drawing", sample_id, lambda: sampling.sample(session, sample_id))
        for outcome in sample.outcomes:
            asked = outcome.condition
            note = "" if not outcome.shortfall else f"; shortfall {outcome.shortfall:,}"
            click.echo(
                f"{asked.column} = {asked.level}: {outcome.n_obtained:,} of {asked.n_rows:,} rows, "
                f"{outcome.n_drawn:,} drawn{note}",
                err=True,
            )
        for kind in ("csv", "parquet"):
            shutil.copyfile(sampling.sample_file(session, sample_id, kind), out / f"synthetic.{kind}")
        released = data.released_schema(dataset.schema)
        write_whole(out / "schema.json", json.dumps(released.to_json(), indent=2, ensure_ascii=False) + "\n")

        report = Report(versions=library_versions())
        if judge:
            report = _judged(session, sample_id, plan=plan, seed=seed, shadows=shadows, **chosen)
        if planted is not None:
            report = with_canaries(session, run_id, report, _watched, seed=seed)
        settings_used = {
            "table": Path(source).name, "target": dataset.target, "group": group,
            "control_share": control_share, "seed": seed,
            "plan": plan if judge else None, "shadows": shadows if judge else 0,
            "canaries": None if planted is None else planted.to_json(),
            "training": config.to_json(), "sample": request.to_json(),
            "epochs_trained": max((record.epoch for record in run.records), default=0), "device": run.device,
            "recipe": None if recipe is None else recipe.name,
            "constraints": [one.label for one in constraining.accepted(session, dataset_id)],
            "n_train": dataset.n_train, "n_control": dataset.n_control, "n_synthetic": sample.n_rows,
        }  # fmt: skip
        value = report.to_json() | {"settings": settings_used}
        value.pop("pictures")
        write_whole(out / "report.json", json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        _handed_on(session, sample_id, "report", {out: "report.html", private: "report.html"})
        if bundle:
            _handed_on(session, sample_id, "bundle", {out: "bundle.zip", private: "bundle.zip"})
    if judge:
        click.echo(results_table(report))
    click.echo(f"{sample.n_rows:,} synthetic rows in {out / 'synthetic.csv'}; real rows stay in {private}.")


def _handed_on(session, sample_id, what, names):
    """Make an export for outside, which may leave, and one for inside, which stays with the real rows."""
    from core.workbench import exporting

    for folder, name in names.items():
        outside = folder.name != PRIVATE
        export_id = exporting.start_export(session, what, sample_id, outside=outside)
        made = _watched(session, what, export_id, lambda key=export_id: exporting.export(session, key))
        shutil.copyfile(made.path, folder / name)


def _judged(session, sample_id, **choices) -> Report:
    """The report of a sample, with the verdicts of the session's thresholds."""
    from core.workbench import judging

    evaluation_id = judging.start_evaluation(session, sample_id, **choices)
    return _watched(session, "judging", evaluation_id, lambda: judging.evaluation(session, evaluation_id)).report


def _watched(session, label, job_id, take):
    """Show a job's progress until it ends, then take its result."""
    from core.workbench import sessions

    bar = Progress(label)
    for view in sessions.follow(session, job_id):
        bar.show(view.progress, view.message)
    result = take()
    bar.done()
    return result


def _trained(session, run_id):
    from core.workbench import sessions, training

    bar = Progress("training")
    for view in sessions.follow(session, run_id):
        run = training.run(session, run_id)
        if run.records:
            last = run.records[-1]
            left = "" if run.eta_seconds is None else f", {run.eta_seconds:,.0f} s left"
            bar.show(
                view.progress,
                f"epoch {last.epoch}/{run.config.epochs}, generator loss {last.generator_loss:+.3f}, "
                f"discriminator loss {last.discriminator_loss:+.3f}{left}",
            )
        else:
            bar.show(view.progress, view.message)
    run = training.run(session, run_id)
    bar.done(f"in {sum(record.seconds for record in run.records):,.0f} s on {run.device}")
    return run
