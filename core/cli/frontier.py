"""`python -m core frontier`: one training per seed, judged at many epochs, as a curve of utility against privacy."""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from pathlib import Path

import click

from core.cli.output import Progress, table, write_whole
from core.cli.synthesize import PRIVATE, PRIVATE_NOTE, pairs
from core.errors import DoppelError
from core.tape import CONTROL, COPY, Decision, TapePoint

SHOWN = ("utility_kept", "column_shapes", "membership_auc", "dcr_share", "singling_out_univariate")
LOOK_SECONDS = 0.5


@click.command()
@click.argument("source", metavar="TABLE", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the results.")
@click.option("--target", metavar="COL", help="Column to predict, for utility.")
@click.option("--group", metavar="COL", help="Entity column: all rows of one entity go to the same side of the split.")
@click.option("--epochs", type=click.IntRange(min=1), required=True, help="Passes over the train rows.")
@click.option(
    "--checkpoints", type=click.IntRange(min=1, max=60), default=12, show_default=True, help="Epochs that are judged."
)
@click.option("--spacing", type=click.Choice(["log", "even"]), default="log", show_default=True)
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Trainings, one per seed.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="First seed, and the split's.")
@click.option(
    "--rule", "rules", metavar='"METRIC<=VALUE"', multiple=True,
    help="Limit that the unfavourable end of the interval has to keep.",
)  # fmt: skip
@click.option("--stop/--no-stop", default=False, help="Stop a training once a privacy rule is broken for certain.")
@click.option(
    "--roll-back", is_flag=True, help="Stop likewise, and go back to the last checkpoint that keeps all rules."
)
@click.option("--plateau", metavar="METRIC", default="", help="Stop a training when this quality no longer grows.")
@click.option("--patience", type=click.IntRange(min=1), default=3, show_default=True, help="Checkpoints of a plateau.")
@click.option("--gain", type=float, default=0.005, show_default=True, help="Growth that is none below this.")
@click.option("--canaries", type=int, metavar="N", help="Plant made-up rows, and follow how far they show.")
@click.option("--control-share", type=float, default=0.2, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--type", "types", metavar="COL=TYPE", multiple=True, help="Correct a column's type.")
@click.option("--preset", metavar="NAME", help="Training preset to start from.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="Change a training setting.")
def frontier(
    source: Path,
    out: Path,
    target: str | None,
    group: str | None,
    epochs: int,
    checkpoints: int,
    spacing: str,
    seeds: int,
    seed: int,
    rules: tuple[str, ...],
    stop: bool,
    roll_back: bool,
    plateau: str,
    patience: int,
    gain: float,
    canaries: int | None,
    control_share: float,
    device: str,
    types: tuple[str, ...],
    preset: str | None,
    settings: tuple[str, ...],
) -> None:
    """Train on TABLE once per seed and judge many epochs of it: what more training gains, and what it gives away.

    Writes frontier.csv, frontier.png and frontier.json; real rows go only to private-real-data/ in the folder.
    """
    from core.workbench import data, frontier, sessions, training
    from core.workbench.canary_plan import CanaryPlan

    planted = CanaryPlan(n=canaries, seed=seed) if canaries else None
    wanted = frontier.TapeSettings(
        n_checkpoints=checkpoints, spacing=spacing, rules=rules, stops=stop, rolls_back=roll_back,
        plateau=plateau, patience=patience, gain=gain,
    )  # fmt: skip
    parsed = frontier.parsed_rules(rules)
    chosen = pairs(settings, "--set") | {"device": device, "epochs": str(epochs)}
    training.configured(preset, chosen)  # a wrong setting is said before anything is read
    private = out / PRIVATE
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    private.chmod(0o700)
    (private / "README.txt").write_text(PRIVATE_NOTE, encoding="utf-8")
    with sessions.create_session(private) as session:
        reading_id = data.start_reading(session, source, name=source.stem)
        _watched(session, "reading", reading_id)
        schema = data.corrected(data.reading(session, reading_id).schema, pairs(types, "--type"))
        dataset_id = data.save_dataset(
            session, reading_id, schema=schema, name=source.stem, target=target, group=group,
            control_share=control_share, split_seed=seed,
        )  # fmt: skip
        _watched(session, "splitting", dataset_id)
        data.copy_split(session, dataset_id, private)
        n_train = data.dataset(session, dataset_id).n_train
        configs = [
            training.configured(preset, chosen | {"seed": str(seed + at)}, n_train=n_train) for at in range(seeds)
        ]
        runs = [frontier.start_run(session, dataset_id, config, wanted, canaries=planted) for config in configs]
        views = _followed(session, runs)
        decision = frontier.decided(views, parsed)
        write_results(out, views, decision)
    click.echo(summary(views))
    if decision.rules:
        click.echo(decision.sentence)
    click.echo(f"The curve is in {out / 'frontier.png'}; real rows stay in {private}.")


def _watched(session, label, job_id) -> None:
    from core.workbench import sessions

    bar = Progress(label)
    for view in sessions.follow(session, job_id):
        bar.show(view.progress, view.message)
    bar.done()


def _followed(session, runs: list[str]) -> list:
    """Wait until every run is judged; being interrupted stops the trainings."""
    from core.workbench import frontier, sessions, training

    bar = Progress("judging")
    total = 0
    try:
        while True:
            views = [frontier.tape(session, run_id) for run_id in runs]
            total = total or sum(view.n_planned for view in views)
            n_points = sum(len(view.points) for view in views)
            if not any(view.is_active for view in views):
                break
            active = next((view for view in views if view.run.job.state.is_active), None)
            where = "" if active is None else f", seed {active.run.config.seed} at epoch {_epoch(active)}"
            bar.show(n_points / max(1, total), f"{n_points} of {total} checkpoints{where}")
            sessions.keep_going(session)
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        for run_id in runs:
            training.stop_run(session, run_id)
        raise
    for view in views:
        stopped = view.decision is not None and view.decision.why
        if not stopped:
            sessions.raise_if_failed(view.run.job)
        for job in view.jobs:
            sessions.raise_if_failed(job)
    if not n_points:
        raise DoppelError("No checkpoint could be judged.", "The log of the session's jobs says why.")
    bar.done(f"{n_points} checkpoints")
    return views


def _epoch(view) -> int:
    return view.run.records[-1].epoch if view.run.records else 0


def write_results(out: Path, views: list, decision: Decision) -> None:
    """Write frontier.json, frontier.csv and frontier.png."""
    from core.figures.frontier_static import frontier_picture
    from core.figures.static import save_figure

    points = [point for view in views for point in view.points]
    anchors = {name: point for view in views for name, point in view.anchors.items()}
    value = {
        "points": [json_point(point) for point in points],
        "decision": decision_json(decision, views),
        "anchors": {name: json_metrics(point) for name, point in anchors.items()},
    }
    write_whole(out / "frontier.json", json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    write_whole(out / "frontier.csv", csv_text(points, anchors))
    aside = out / ".frontier.png"
    save_figure(frontier_picture(points, anchors, decision), aside)
    shutil.move(aside, out / "frontier.png")


def json_point(point: TapePoint) -> dict:
    """One point as the issue's users read it."""
    return {"seed": point.seed, "epoch": point.epoch, "step": point.step, "metrics": json_metrics(point)}


def json_metrics(point: TapePoint) -> dict:
    """Value and interval of every measured metric of a point."""
    found = (one for one in point.results if not one.subject and one.value is not None)
    return {one.metric: {"value": one.value, "low": one.low, "high": one.high} for one in found}


def decision_json(decision: Decision, views: list) -> dict:
    """The decision over all seeds, and what each tape recorded while it trained."""
    value = decision.to_json()
    value["rules"] = [str(rule) for rule in decision.rules]
    for check, one in zip(value["checks"], decision.checks, strict=True):
        check["rule"] = str(one.rule)
    value["recorded"] = [
        {
            "run": view.run.id, "seed": view.run.config.seed, "epoch": view.decision.epoch,
            "stopped_at": view.decision.stopped_at, "why": view.decision.why, "sentence": view.decision.sentence,
        }
        for view in views if view.decision is not None
    ]  # fmt: skip
    return value


def csv_text(points: list[TapePoint], anchors: dict[str, TapePoint]) -> str:
    """A line per point and metric, anchors included."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(
        ["seed", "epoch", "step", "anchor", "metric", "value", "low", "high", "interval", "direction", "n_rows"]
    )
    for point in [*points, *anchors.values()]:
        for one in point.results:
            if not one.subject and one.value is not None:
                writer.writerow(
                    [
                        point.seed, point.epoch, point.step, point.anchor, one.metric, one.value, one.low, one.high,
                        one.interval, one.direction.value, one.n_rows,
                    ]
                )  # fmt: skip
    return target.getvalue()


def summary(views: list) -> str:
    """A table of the points with the metrics that matter most, anchors last."""
    points = [point for view in views for point in view.points]
    anchors = {name: point for view in views for name, point in view.anchors.items()}
    rows = [[str(point.seed), str(point.epoch), *_cells(point)] for point in points]
    rows += [["", name, *_cells(anchors[name])] for name in (CONTROL, COPY) if name in anchors]
    return table(["seed", "epoch", *SHOWN, ""], [[*row, ""] for row in rows])


def _cells(point: TapePoint) -> list[str]:
    found = [point.find(name) for name in SHOWN]
    return [
        ""
        if one is None
        else f"{one.value:.3f}" + ("" if one.low is None or one.high is None else f" ({one.low:.3f} to {one.high:.3f})")
        for one in found
    ]
