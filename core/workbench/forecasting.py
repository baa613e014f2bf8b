"""What a request will cost, said before it is drawn: from the train rows at once, better from a trial."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.clauses import ends_of
from core.dataset import content_id
from core.jobs.ids import new_id
from core.jobs.protocol import JobState, JobView
from core.records import Clause, Condition, SampleRequest
from core.schema import Schema
from core.tables import MISSING_LABEL, as_numbers, read_frame
from core.workbench.data import dataset, start_for, table_path
from core.workbench.sampling import check_request, chosen_epoch, drawing_config
from core.workbench.sessions import Session, job_folder
from core.workbench.training import run

ASSUMED_ROWS_PER_SECOND = 80_000.0
"""Speed until anything was drawn in this session."""
PRIOR_ROWS = 20.0
TRIAL = "trial.json"
ROWS_THAT_TELL = 20_000
"""A sample with fewer rows says little about the speed of larger ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is expected of one condition or cell of a mix.

    Parameters
    ----------
    label : str
    n_rows : int
        Rows asked for.
    acceptance : float, 0 to 1
        Share of drawn rows expected to meet it.
    n_draws : int
        Rows to draw for it, within its budget.
    n_expected : int
        Rows expected to be obtained within the budget.
    is_tried : bool
        Whether a trial measured it; otherwise it follows from the train rows.
    """

    label: str
    n_rows: int
    acceptance: float
    n_draws: int
    n_expected: int
    is_tried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The forecast of a whole request; `knobs` compares its settings with the defaults where a trial did."""

    parts: tuple[Forecast, ...]
    seconds: float
    rows_per_second: float
    is_measured: bool
    knobs: Mapping[str, Mapping[str, Any]]


def outlook(session: Session, run_id: str, request: SampleRequest, *, epoch: int | None = None) -> Outlook:
    """The forecast of a request, from its trial where there is one.

    Raises
    ------
    InvalidConfig, ImpossibleCondition
        If no run of this dataset can meet it.
    """
    trained = run(session, run_id)
    check_request(session, trained.dataset_id, request)
    tried = find_trial(session, run_id, request, epoch=epoch)
    value = _result(tried)
    conditions = (*(request.mix.conditions(request.n_rows) if request.mix else ()), *request.conditions)
    if value is not None:
        rates = [(one["met"] + 0.5) / (one["drawn"] + 1) for one in value["conditions"]]
    else:
        steered = request.knobs.steering == "native"
        rates = _by_train_rows(session, trained.dataset_id, conditions, steered=steered)
    parts = tuple(
        _forecast(condition, rate, request.draws_per_row, value is not None)
        for condition, rate in zip(conditions, rates, strict=True)
    )
    speed = value["rows_per_second"] if value is not None else _speed(session)
    free = request.n_rows if request.mix is None else 0
    speed_used = speed or ASSUMED_ROWS_PER_SECOND
    return Outlook(
        parts=parts,
        seconds=(free + sum(one.n_draws for one in parts)) / speed_used,
        rows_per_second=speed_used,
        is_measured=speed is not None,
        knobs={} if value is None else {name: value[name] for name in ("default", "asked") if name in value},
    )


def _forecast(condition: Condition, rate: float, draws_per_row: int, is_tried: bool) -> Forecast:
    budget = condition.n_rows * draws_per_row
    needed = int(np.ceil(condition.n_rows / max(rate, 1e-12)))
    return Forecast(
        label=condition.label,
        n_rows=condition.n_rows,
        acceptance=rate,
        n_draws=min(needed, budget),
        n_expected=min(condition.n_rows, int(budget * rate)),
        is_tried=is_tried,
    )


def _by_train_rows(
    session: Session, dataset_id: str, conditions: tuple[Condition, ...], *, steered: bool
) -> list[float]:
    """Acceptance if the generator met its steering level always, and the rest as often as the train rows do.

    Few rows of the steering level say little about the rest. So it is a posterior mean, with `PRIOR_ROWS` rows in which
    the rest is as common as in all train rows (half a row added: what none has is rare, and not impossible).
    """
    schema = dataset(session, dataset_id).schema
    names = sorted({clause.column for condition in conditions for clause in condition.clauses})
    if not names:
        return []
    frame = read_frame(table_path(session, dataset_id, "train"), schema, columns=names)
    rates = []
    for condition in conditions:
        met = [_met(frame, schema, clause) for clause in condition.clauses]
        levels = [at for at, clause in enumerate(condition.clauses) if schema[clause.column].is_levels and steered]
        base = met.pop(min(levels, key=lambda at: met[at].sum())) if levels else np.ones(len(frame), dtype=bool)
        if not met:
            rates.append(1.0)
            continue
        rest = np.logical_and.reduce(met)
        common = (rest.sum() + 0.5) / (len(frame) + 1)
        rates.append(float(((rest & base).sum() + PRIOR_ROWS * common) / (base.sum() + PRIOR_ROWS)))
    return rates


def _met(frame: Any, schema: Schema, clause: Clause) -> np.ndarray:
    series, column = frame[clause.column], schema[clause.column]
    if clause.level == MISSING_LABEL:
        return series.isna().to_numpy()
    if column.is_number:
        low, high = ends_of(column, clause)
        values = as_numbers(series)
        return (values >= low) & (values <= high)
    return (series == clause.level).to_numpy()


def _speed(session: Session) -> float | None:
    """Rows per second of the newest large drawing of this session."""
    found = sorted(session.folder.glob("jobs/sample-*/outcomes.json"), key=lambda one: one.stat().st_mtime)
    for path in reversed(found):
        value = json.loads(path.read_text(encoding="utf-8"))
        if value.get("rows_per_second") and value["n_rows"] >= ROWS_THAT_TELL:
            return float(value["rows_per_second"])
    return None


# Trials


def start_trial(session: Session, run_id: str, request: SampleRequest, *, epoch: int | None = None) -> str:
    """Start a few draws of a request; a trial of the same conditions and knobs is not repeated."""
    trained = run(session, run_id)
    chosen = chosen_epoch(trained, epoch)
    check_request(session, trained.dataset_id, request)
    known = find_trial(session, run_id, request, epoch=epoch)
    if known is not None and known.state in (JobState.DONE, JobState.WAITING, JobState.RUNNING):
        return known.id
    config = drawing_config(session, trained, chosen, request) | {"trial": _key(run_id, chosen, request)}
    return start_for(session, "sample", config, job_id=new_id("sample"))


def find_trial(session: Session, run_id: str, request: SampleRequest, *, epoch: int | None = None) -> JobView | None:
    """The newest trial of the same conditions and knobs, whatever the numbers of rows."""
    trained = run(session, run_id)
    if not trained.checkpoints:
        return None
    key = _key(run_id, chosen_epoch(trained, epoch), request)
    views = [JobView(folder) for folder in session.folder.glob("jobs/sample-*")]
    views = [view for view in views if view.config.get("trial") == key]
    return max(views, key=lambda view: view.status.queued_at, default=None)


def trial(session: Session, trial_id: str) -> JobView:
    """The job of a trial."""
    return JobView(job_folder(session, trial_id))


def _key(run_id: str, epoch: int, request: SampleRequest) -> str:
    """What a trial depends on: conditions without their numbers, and knobs."""
    plain = dataclasses.replace(
        request,
        n_rows=1,
        seed=0,
        given=None,
        mix=None if request.mix is None else dataclasses.replace(
            request.mix, shares=tuple(dataclasses.replace(one, share=1.0) for one in request.mix.shares)
        ),
        conditions=tuple(dataclasses.replace(one, n_rows=1) for one in request.conditions),
    )  # fmt: skip
    return content_id({"run": run_id, "epoch": epoch, "request": plain.to_json()})


def _result(view: JobView | None) -> dict[str, Any] | None:
    if view is None or view.state != JobState.DONE:
        return None
    return json.loads((view.folder / TRIAL).read_text(encoding="utf-8"))
