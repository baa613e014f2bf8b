"""The checkpoint that is released: drawn again and judged again by control rows that did not choose it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from core.errors import InvalidConfig
from core.evaluation.rates import simultaneous_level
from core.jobs.protocol import list_jobs
from core.records import SampleRequest
from core.tape import Decision
from core.workbench.attacker import settings_of
from core.workbench.data import dataset, start_for
from core.workbench.judging import PARTS, evaluation_config
from core.workbench.sampling import start_sampling
from core.workbench.sessions import Session
from core.workbench.sweeping import SweepView
from core.workbench.training import run


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A checkpoint that was chosen by its numbers, drawn again and judged again on rows that did not choose it.

    Parameters
    ----------
    run_id, epoch, sample_id, evaluation_id : what was promoted and what came of it
    by : mapping
        What chose it: rules, level, value of `chosen by`.
    """

    run_id: str
    epoch: int
    sample_id: str
    evaluation_id: str
    by: Mapping[str, Any] = field(default_factory=dict)


def promote(
    session: Session, run_id: str, epoch: int, *, n_rows: int | None = None, decision: Decision | None = None,
    chosen_by: Mapping[str, Any] | None = None, plan: str = "standard",
) -> Promotion:  # fmt: skip
    """Use a checkpoint: draw from it with a fresh seed, and judge that sample by the report half of the control rows.

    Both numbers are kept: the tape's, which took part in the choice, and the new ones, which did not.

    Parameters
    ----------
    n_rows : int, optional
        Rows to draw; as many as the run had train rows by default.
    decision : Decision, optional
        The rules that chose the checkpoint; without them it was chosen by eye.
    chosen_by : mapping, optional
        What else chose it, such as a sweep, in place of rules.
    """
    trained = run(session, run_id)
    real = dataset(session, trained.dataset_id)
    by: dict[str, Any] = {"chosen by": "eye", "epoch": epoch} | dict(chosen_by or {})
    if chosen_by is None and decision is not None and decision.rules and decision.epoch == epoch:
        by = {"chosen by": "rules", "epoch": epoch, "rules": [str(rule) for rule in decision.rules],
              "level": decision.level, "n_candidates": decision.n_candidates}  # fmt: skip
    train = trained.job.config["train"]
    n_rows = pq.ParquetFile(session.folder / train).metadata.num_rows if n_rows is None else n_rows
    # seeds below 1,000 are those that analysts and tapes take; a promoted sample shares none of them
    seed = 1_000 + secrets.randbelow(2**30)
    request = SampleRequest(n_rows=n_rows, seed=seed)
    sample_id = start_sampling(session, run_id, request, epoch=epoch, more={"promoted": by})
    config = evaluation_config(
        session, real, sample_id=sample_id, train=train, output=f"tables/{sample_id}.parquet", n_unconditioned=n_rows,
        parts=PARTS, plan=plan, seed=seed, promoted=True, more=settings_of(real.schema, None),
    )  # fmt: skip
    evaluation_id = start_for(session, "evaluate", config, after=[sample_id])
    session.store.audit("promote checkpoint", ids=(run_id, sample_id, evaluation_id), settings=by)
    return Promotion(run_id=run_id, epoch=epoch, sample_id=sample_id, evaluation_id=evaluation_id, by=by)


def promote_best(session: Session, view: SweepView) -> Promotion:
    """Use the best checkpoint of a sweep; errors as `promote` gives them.

    Raises
    ------
    InvalidConfig
        If no checkpoint of the sweep keeps the rules.
    """
    if view.best is None or view.best.epoch is None:
        raise InvalidConfig("No checkpoint of this sweep is the best one.", "Loosen the rules, or try more settings.")
    by = {"chosen by": "sweep", "sweep": view.id, "objective": view.objective, "rules": list(view.rules),
          "n_candidates": view.n_candidates, "level": simultaneous_level(view.n_candidates)}  # fmt: skip
    return promote(session, view.best.run_id, view.best.epoch, chosen_by=by)


def promotions(session: Session, run_id: str) -> list[Promotion]:
    """Promotions of a run, newest first."""
    views = list_jobs(session.folder)
    judged = {one.config.get("sample_id"): one.id for one in views if one.kind == "evaluate"}
    found = []
    for view in views:
        config = view.config
        if view.kind == "sample" and config.get("run_id") == run_id and config.get("promoted"):
            found.append(
                Promotion(
                    run_id=run_id,
                    epoch=config["epoch"],
                    sample_id=view.id,
                    evaluation_id=judged.get(view.id, ""),
                    by=config["promoted"],
                )
            )
    return found[::-1]
