"""`python -m core sample`: rows of a trained generator, with conditions and target mix, as one file."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from core.cli.output import Progress
from core.errors import InvalidConfig
from core.records import Condition, ConditionOutcome, Knobs, Novelty, SampleRequest, TargetMix


@click.command()
@click.argument("where", metavar="DIR_OR_RUN")
@click.option("--rows", type=click.IntRange(min=0), default=0, help="Unconditioned rows, or rows of the mix.")
@click.option(
    "--condition", "conditions", metavar="COL=LEVEL[ & COL=LOW..HIGH]:ROWS", multiple=True,
    help="Rows of a level, a range, or several of them at once, in addition to --rows.",
)  # fmt: skip
@click.option("--mix", metavar="COL=LEVEL:SHARE,…", help="Shares of levels that --rows are to have; A*B crosses two.")
@click.option("--given", type=click.Path(path_type=Path), help="File of partly given rows; each of them is completed.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed, the same rows.")
@click.option("--epoch", type=click.IntRange(min=0), help="Checkpoint to draw from; the last one by default.")
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Below 1 common levels get commoner.")
@click.option("--noise-limit", type=float, help="Cut the noise off at so many standard deviations.")
@click.option("--weights", type=click.Choice(["averaged", "raw"]), default="averaged", show_default=True)
@click.option("--prior", type=click.Choice(["true", "log"]), default="true", show_default=True)
@click.option("--steering", type=click.Choice(["native", "waiting"]), default="native", show_default=True)
@click.option("--redraw-copies", is_flag=True, help="Draw rows that equal a train row again.")
@click.option("--draws-per-row", type=click.IntRange(min=1), help="Budget of draws for each row that is waited for.")
@click.option("--format", "kind", type=click.Choice(["csv", "parquet"]), help="By default what --out ends in, or csv.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
def sample(
    where: str,
    rows: int,
    conditions: tuple[str, ...],
    mix: str | None,
    given: Path | None,
    seed: int,
    epoch: int | None,
    temperature: float,
    noise_limit: float | None,
    weights: str,
    prior: str,
    steering: str,
    redraw_copies: bool,
    draws_per_row: int | None,
    kind: str | None,
    out: Path,
) -> None:
    """Draw rows from DIR_OR_RUN: a session, an output folder of synthesize, a run, or an exported model."""
    from core.workbench.drawing import drawing, find_source
    from core.workbench.sampling import copy_as_csv
    from core.workbench.sessions import follow

    budget = {} if draws_per_row is None else {"draws_per_row": draws_per_row}
    request = SampleRequest(
        n_rows=rows,
        seed=seed,
        conditions=tuple(Condition.parse(text) for text in conditions),
        mix=None if mix is None else TargetMix.parse(mix),
        knobs=Knobs(temperature=temperature, noise_limit=noise_limit, weights=weights, prior=prior, steering=steering),
        novelty=Novelty(redraw_copies=redraw_copies),
        **budget,
    )
    total = sum(one.share for one in request.mix.shares) if request.mix else 1.0
    if abs(total - 1) > 0.005 and abs(total - 100) > 0.5:
        click.echo(f"The shares of the target mix sum to {total:g}; they are scaled to 1.", err=True)
    if not request.n_wanted and given is None:
        raise InvalidConfig("No rows are asked for.", "Say how many with --rows, --condition or --given.", field="rows")
    kind = kind or ("parquet" if out.suffix.lower() in (".parquet", ".pq") else "csv")
    with drawing(find_source(where), request, epoch=epoch, given=given) as under_way:
        bar = Progress("drawing")
        for view in follow(under_way.session, under_way.job.id):
            bar.show(view.progress, view.message)
        found = under_way.outcomes()
        out.parent.mkdir(parents=True, exist_ok=True)
        if kind == "csv":
            copy_as_csv(under_way.table, under_way.schema, out)
        else:
            aside = out.with_name(f".{out.name}.part")
            try:
                shutil.copyfile(under_way.table, aside)
                aside.replace(out)
            finally:
                aside.unlink(missing_ok=True)
        bar.done(f"{found['n_rows']:,} rows")
    for outcome in map(ConditionOutcome.from_json, found["outcomes"]):
        click.echo(outcome_line(outcome), err=True)
    if found.get("n_given"):
        click.echo(f"{found['n_completed']:,} of {found['n_given']:,} partly given rows completed", err=True)


def outcome_line(outcome: ConditionOutcome) -> str:
    """One condition in one line: asked, obtained, drawn, and the shortfall with its acceptance rate."""
    asked = outcome.condition
    line = f"{asked.label}: {outcome.n_obtained:,} of {asked.n_rows:,} rows, {outcome.n_drawn:,} drawn"
    if not outcome.shortfall:
        return line
    rate = 0.0 if outcome.acceptance_rate is None else outcome.acceptance_rate
    return f"{line}; shortfall {outcome.shortfall:,}, acceptance rate {rate:.2g}"
