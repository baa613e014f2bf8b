"""A lift study as a job: draws rows of the rare level, and hands them with the real rows to the study."""

from __future__ import annotations

from typing import Any

import pandas as pd

from core.errors import NotApplicable, UserError
from core.evaluation.lift import LiftPlan, has, measure_lift
from core.evaluation.oversampling import missing_rows
from core.evaluation.rare_rows import measure_rare_rows
from core.jobs.context import JobContext
from core.jobs.drawing import newest_checkpoint
from core.jobs.protocol import JobState
from core.lift import LiftReport
from core.records import Condition, Knobs, SampleRequest
from core.schema import Schema
from core.synthesis.stream import Stream
from core.synthesis.weights import load_weights
from core.tables import joined, read_frame, together

RESULT = "lift.json"
MOST_DRAWN = 100_000
"""Rows of the level that are drawn at most; seeds take theirs from them at random."""


def run(context: JobContext) -> JobState:
    """Draw, learn, measure; writes the report to `lift.json`."""
    config = context.config
    with context.reading_settings():
        schema = Schema.from_json(config["schema"])
        seed = int(config.get("seed") or 0)
        plan = plan_of(config["plan"], target=config["target"], group=config.get("group"))
    train = read_frame(context.existing(config.get("train"), "the train rows"), schema)
    parts = [read_frame(context.existing(path, "the control rows"), schema) for path in config.get("control") or []]
    control = together(parts)
    if control is None:
        raise UserError("There are no control rows to test on.", "Make a dataset with a control share above 0.")
    context.step(0.02, "Drawing rows of the level")
    pool, outcome = _pool(context, plan, schema, train, seed)
    try:
        report = measure_lift(
            plan,
            schema,
            train=train,
            control=control,
            pool=pool,
            threads=context.threads,
            progress=lambda share, words: context.step(0.1 + 0.8 * share, f"Learning: {words}"),
        )
    except NotApplicable as reason:
        raise UserError(reason.message, reason.hint) from reason
    context.step(0.9, "Measuring what the rows give away")
    privacy = tuple(
        measure_rare_rows(
            schema,
            target=plan.target,
            level=plan.level,
            train=train,
            control=control,
            drawn=pool,
            group=plan.group,
            seed=seed,
            threads=context.threads,
        )
    )
    settings = {**report.settings, "drawing": outcome, "epoch": config.get("epoch")}
    context.write_json(
        RESULT,
        LiftReport(
            target=report.target, level=report.level, points=report.points, choices=report.choices,
            sentences=report.sentences, privacy=privacy, settings=settings,
        ).to_json(),
    )  # fmt: skip
    return JobState.DONE


def plan_of(value: dict[str, Any], *, target: str, group: str | None) -> LiftPlan:
    """The plan of a job's settings."""
    lists = {name: tuple(value[name]) for name in ("ratios", "seeds", "learners", "arms") if name in value}
    return LiftPlan(
        target=target, level=value["level"], group=group, precision=float(value.get("precision", 0.5)), **lists
    )


def _pool(
    context: JobContext, plan: LiftPlan, schema: Schema, train: pd.DataFrame, seed: int
) -> tuple[pd.DataFrame, dict]:
    """Rows of the level, enough for the largest ratio and, as far as `MOST_DRAWN` allows, others for every seed."""
    missing = missing_rows(has(train, plan.target, plan.level), max(plan.ratios))
    n_rows = max(1, min(MOST_DRAWN, missing * len(plan.seeds)))
    condition = Condition(column=plan.target, level=plan.level, n_rows=n_rows)
    request = SampleRequest(n_rows=0, seed=seed, conditions=(condition,), knobs=Knobs())
    model = load_weights(newest_checkpoint(context))
    stream = Stream(
        model, request, schema, device=str(context.config.get("device") or "auto"), threads=context.threads,
        pulse=context.step,
    )  # fmt: skip
    frames = [block.frame for block in stream.frames()]
    outcome = stream.outcomes[0]
    if not outcome.n_obtained:
        raise UserError(
            f"Of {outcome.n_drawn:,} rows drawn none had {condition.label}.",
            "Train longer, or with a larger share of conditions on the target.",
        )
    return joined(frames), outcome.to_json()
