"""Preflight: what a training will need and how long it will take, measured on this machine before it starts."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from core.constraints import Constraint
from core.errors import UserError
from core.jobs.context import JobContext
from core.jobs.processes import machine_bytes, resident_bytes
from core.jobs.protocol import JobState, list_jobs
from core.schema import Schema
from core.synthesis.config import TrainingConfig
from core.synthesis.forecast import forecast
from core.synthesis.preflight import foresee
from core.synthesis.train import prepare
from core.tables import read_frame

RESULT = "preflight.json"
STEPS = 50
"""Steps that are timed for each configuration."""


def run(context: JobContext) -> JobState:
    """Foresee width, memory and advice of every configuration, and time fifty steps of each; trains nothing."""
    with context.reading_settings():
        schema = Schema.from_json(context.config["schema"])
        configs = {name: TrainingConfig.from_json(one) for name, one in context.config["configs"].items()}
    context.step(0.0, "Reading the train rows")
    frame = read_frame(context.existing(context.config.get("train"), "the train rows"), schema)
    checks: dict[str, Any] = {}
    done: dict[TrainingConfig, dict[str, Any]] = {}  # presets that differ in epochs alone share one timing
    for place, (name, config) in enumerate(configs.items()):
        context.step(place / len(configs), f"Timing 50 steps: {name}")
        if config not in done:
            done[config] = _check(context, frame, schema, dataclasses.replace(config, threads=context.threads))
        checks[name] = done[config]
    beside = any(view.kind == "train" and view.is_alive for view in list_jobs(context.session))
    context.write_json(
        RESULT,
        {"checks": checks, "threads": context.threads, "beside_training": beside, "memory_bytes": machine_bytes()},
    )
    return JobState.DONE


def _check(context: JobContext, frame: pd.DataFrame, schema: Schema, config: TrainingConfig) -> dict[str, Any]:
    """What one configuration needs; where training would refuse it, the reason instead of the times."""
    ahead = foresee(frame, schema, config, memory_bytes=machine_bytes())
    found: dict[str, Any] = {"preflight": dataclasses.asdict(ahead)}
    try:
        constraints = [Constraint.from_json(one) for one in context.config.get("constraints") or ()]
        training = prepare(frame, schema, config, target=context.config.get("target"), constraints=constraints)
        timed = forecast(training, STEPS)
    except UserError as error:
        return found | {"error": str(error)}
    return found | {
        "seconds_per_epoch": timed.seconds_per_epoch,
        "seconds": timed.seconds,
        "device": training.device_name,
        "resident_bytes": resident_bytes(),
    }
