"""Canaries of a run: planted when its rows are read, and followed through its checkpoints by a job of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.constraints import Constraint, ConstraintKind, combinations_of, rows_keeping
from core.errors import CheckpointRejected, InvalidConfig
from core.evaluation.canaries import Canaries, canary_results, make_canaries, nearness
from core.jobs.context import JobContext
from core.jobs.files import read_json
from core.jobs.protocol import CONFIG, JobState
from core.jobs.reports import REPORT, item_record
from core.jobs.versions import library_versions
from core.limits import CANARIES
from core.records import Report
from core.schema import Schema
from core.tables import read_frame

DRAWN_ROWS = 10_000
MAX_BATCHES = 20
"""Batches of candidates that are made before constraints are said to leave too few."""
MAX_LOOKS = 30
"""Checkpoints that are looked at, evenly over the run and with the last one: more would only widen every interval."""


def canaries_of(settings: Mapping[str, Any], train: pd.DataFrame, schema: Schema) -> Canaries | None:
    """The canaries that the settings of a training ask for, all of which keep its constraints; None without.

    Cells are drawn each for itself, so many candidates break a constraint: more are made until there are enough.

    Raises
    ------
    InvalidConfig
        If too few are found.
    """
    wanted = settings.get("canaries")
    if not wanted:
        return None
    n, seed = int(wanted["n"]), int(wanted.get("seed", 0))
    copies = int(wanted.get("copies", 1))
    rules = [Constraint.from_json(one) for one in settings.get("constraints") or ()]
    known = {
        one: set(combinations_of(train, list(one.columns))) for one in rules if one.kind is ConstraintKind.COMBINATIONS
    }
    found = make_canaries(train, schema, n_candidates=n, copies=copies, seed=seed)
    found = found.keeping(_keeping(found.rows, rules, known))
    for batch in range(1, MAX_BATCHES if rules else 1):
        if len(found.rows) >= n:
            break
        more = make_canaries(train, schema, n_candidates=CANARIES[1], copies=copies, seed=seed + (batch << 32))
        found = found.joined(more.keeping(_keeping(more.rows, rules, known)))
    if len(found.rows) < CANARIES[0]:
        raise InvalidConfig(
            f"Only {len(found.rows)} of {n + (MAX_BATCHES - 1) * CANARIES[1]:,} canaries keep the constraints.",
            "Train without canaries.",
        )
    return found.keeping(np.arange(len(found.rows)) < n)


def _keeping(rows: pd.DataFrame, rules: Sequence[Constraint], known: Mapping[Constraint, set[tuple]]) -> np.ndarray:
    """Which candidates keep every constraint."""
    kept = [rows_keeping(rows, one, known.get(one)) for one in rules]
    return np.logical_and.reduce([np.ones(len(rows), dtype=bool), *kept])


def planted(settings: Mapping[str, Any], train: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The train rows as a run sees them: with its canaries where it has any."""
    found = canaries_of(settings, train, schema)
    return train if found is None else found.put_among(train)


def follow(context: JobContext) -> JobState:
    """Draw from every checkpoint and measure what it knows of the planted rows.

    Drawn rows are judged and forgotten; nothing but the numbers is kept.
    """
    from core.jobs.checkpoints import list_checkpoints
    from core.records import SampleRequest
    from core.synthesis.checkpoint import load_model
    from core.synthesis.sample import draw_sample

    config = context.config
    with context.reading_settings():
        schema, run_id = Schema.from_json(config["schema"]), str(config["canaries_of"])
        seed = int(config.get("seed") or 0)
    folder = context.existing(f"jobs/{run_id}", "the run")
    run_settings = read_json(folder / CONFIG) or {}
    context.keep_records([])
    context.step(0.0, "Reading the train rows")
    train = read_frame(context.existing(config.get("train"), "the train rows"), schema)
    canaries = canaries_of(run_settings, train, schema)
    if canaries is None:
        raise InvalidConfig("This run was trained without canaries.", "Train another one with canaries.")
    epochs = _spread_out(list_checkpoints(folder))
    if not epochs:
        raise CheckpointRejected("This run has no checkpoint to look at.", "Let it train for a while.")
    found = []
    for at, epoch in enumerate(epochs):
        context.step(at / len(epochs), f"Looking at epoch {epoch}")
        model = load_model(folder / f"checkpoint-{epoch:06d}")
        request = SampleRequest(n_rows=DRAWN_ROWS, seed=seed)
        drawn = draw_sample(model, request, schema, device=model.config.device, threads=context.threads).frame
        scores = nearness(canaries, train, drawn, schema, seed=seed)
        for item in canary_results(canaries, scores, f"epoch {epoch}", n_looks=len(epochs), n_rows=len(drawn)):
            context.record(item_record(item))
            found.append(item)
    settings = {"canaries_of": run_id, "epochs": epochs, "n_drawn": DRAWN_ROWS, "seed": seed}
    context.write_json(REPORT, Report.of(found, settings=settings, versions=library_versions()).to_json())
    return JobState.DONE


def _spread_out(epochs: list[int]) -> list[int]:
    if len(epochs) <= MAX_LOOKS:
        return epochs
    last = len(epochs) - 1
    return [epochs[round(at * last / (MAX_LOOKS - 1))] for at in range(MAX_LOOKS)]
