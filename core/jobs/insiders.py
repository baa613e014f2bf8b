"""Attackers who hold more than rows: the trained critic, and generators trained in the same way.

Both need the libraries of training, which an ordinary evaluation does without; they are imported only here, when asked.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import numpy as np
import pandas as pd

from core.errors import CheckpointRejected, DoppelError, NotApplicable
from core.evaluation.metric import Tables
from core.evaluation.shadows import plan_shadows
from core.jobs.context import JobContext

CRITIC = "critic, white box"
log = logging.getLogger("doppel.insiders")


def with_insiders(context: JobContext, tables: Tables) -> Tables:
    """The tables with critic scores and shadow tables, where the settings ask for them and they can be made."""
    config = context.config
    if tables.control is None:
        return tables
    if config.get("critic"):
        tables = dataclasses.replace(tables, scores=_critic_scores(context, tables))
    if config.get("shadows"):
        tables = dataclasses.replace(tables, shadows=_shadow_tables(context, tables, config["shadows"]))
    return tables


def _critic_scores(context: JobContext, tables: Tables) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Scores of the run's critic; none where its checkpoint was given up for space."""
    from core.synthesis.critic import load_critic, score_rows

    context.step(0.02, "Asking the critic")
    try:
        critic = load_critic(context.path(context.config["critic"]))
    except CheckpointRejected as error:
        log.warning("no white-box scores: %s", error)
        return {}
    train, control = score_rows(critic, tables.synthetic, tables.train, tables.control, seed=tables.seed)
    return {CRITIC: (train, control)}


def _shadow_tables(context: JobContext, tables: Tables, wanted: dict[str, Any]) -> tuple[pd.DataFrame, ...]:
    """Tables of shadow generators, trained with the run's settings on halves of a third of the control rows."""
    from core.records import SampleRequest
    from core.synthesis.checkpoint import model_of
    from core.synthesis.config import TrainingConfig
    from core.synthesis.sample import draw_sample
    from core.synthesis.train import prepare, train

    n_shadows, n_rows = int(wanted["n"]), len(tables.synthetic)
    try:
        plan = plan_shadows(tables, n_shadows)
    except NotApplicable as reason:
        log.warning("no shadow models: %s", reason)
        return ()
    pool = tables.control.iloc[plan.pool].reset_index(drop=True)
    settings = TrainingConfig.from_json(wanted["config"])
    made = []
    for at, inside in enumerate(plan.inside):
        config = dataclasses.replace(settings, seed=settings.seed + 1 + at, threads=context.threads)
        share = 0.04 * at / n_shadows
        try:
            shadow = prepare(pool[inside].reset_index(drop=True), tables.schema, config, target=tables.target)
            for record in train(shadow, until_epoch=config.epochs):
                context.step(share, f"Training shadow model {at + 1} of {n_shadows}, epoch {record.epoch}")
        except DoppelError as error:
            log.warning("no shadow models: %s", error)
            return ()
        request = SampleRequest(n_rows=min(n_rows, 20_000), seed=config.seed)
        drawn = draw_sample(model_of(shadow), request, tables.schema, device=config.device, threads=context.threads)
        made.append(drawn.frame)
    return tuple(made)
