"""Before a run starts: what it will need, how long it will take, and a click for every warning."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.dataset import Dataset, content_id
from core.errors import InvalidConfig
from core.jobs.ids import check_id, new_id
from core.jobs.processes import all_cores
from core.jobs.protocol import JobState, JobView
from core.profiling.infer import SET_BY_ANALYST, retype
from core.profiling.recipe import Recipe
from core.schema import ColumnType, Schema, Treatment
from core.synthesis.config import TrainingConfig
from core.synthesis.preflight import Advice, Preflight, Remedy
from core.synthesis.presets import PRESETS, preset_for
from core.workbench.data import TABLES, dataset, start_for
from core.workbench.sessions import Session, job_folder

RESULT = "preflight.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one configuration will need on this machine.

    Parameters
    ----------
    ahead : Preflight
    seconds_per_epoch, seconds : float or None
        From 50 timed steps; None where training would be refused.
    device : str
    resident_bytes : int or None
        Most memory that the timing itself had, libraries and rows included.
    error : str
        Why training would be refused; empty otherwise.
    """

    ahead: Preflight
    seconds_per_epoch: float | None = None
    seconds: float | None = None
    device: str = ""
    resident_bytes: int | None = None
    error: str = ""

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What is worth knowing, with remedies."""
        return self.ahead.advice


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A preflight as it stands now.

    Parameters
    ----------
    job : JobView
    checks : mapping of configuration's name to Check; empty until it is done
    beside_training : bool
        Whether another training worked meanwhile, which makes times longer than they need to be.
    """

    job: JobView
    checks: Mapping[str, Check] = field(default_factory=dict)
    beside_training: bool = False


def presets(n_train: int) -> dict[str, TrainingConfig]:
    """The presets with the epochs that their steps take on so many train rows."""
    return {name: preset_for(name, n_train) for name in PRESETS}


def preflight(session: Session, dataset_id: str, configs: Mapping[str, TrainingConfig]) -> Checked:
    """The preflight of these configurations on a dataset; started where it was not done yet, on the same machine."""
    real = dataset(session, dataset_id)
    settings = _settings(real, configs)
    known = _find(session, settings["key"])
    job_id = known or start_for(session, "preflight", settings)
    return _checked(JobView(job_folder(session, check_id(job_id, "preflight"))))


def _settings(real: Dataset, configs: Mapping[str, TrainingConfig]) -> dict:
    # epochs and seed change neither what a step costs nor what a column needs, so one timing serves them all
    timed = {name: dataclasses.replace(one, epochs=1, seed=0).to_json() for name, one in configs.items()}
    settings = {
        "dataset_id": real.id,
        "train": f"tables/{real.id}-train.parquet",
        "schema": real.schema.to_json(),
        "target": real.target,
        "configs": timed,
        "threads": next((one.threads for one in configs.values() if one.threads), 0) or all_cores(),
    }
    return settings | {"key": content_id(settings)}


def _find(session: Session, key: str) -> str | None:
    """A preflight with this key that did not fail, the newest first."""
    found = []
    for path in session.folder.glob("jobs/preflight-*"):
        view = JobView(path)
        if view.config.get("key") == key and view.state not in (JobState.FAILED, JobState.CRASHED, JobState.STOPPED):
            found.append((view.status.queued_at, view.id))
    return max(found)[1] if found else None


def _checked(view: JobView) -> Checked:
    if view.state != JobState.DONE:
        return Checked(job=view)
    value = json.loads((view.folder / RESULT).read_text(encoding="utf-8"))
    checks = {}
    for name, one in value["checks"].items():
        ahead = Preflight.from_json(one.pop("preflight"))
        checks[name] = Check(ahead=ahead, **one)
    return Checked(job=view, checks=checks, beside_training=value["beside_training"])


def apply_remedy(session: Session, dataset_id: str, remedy: Remedy) -> str:
    """Make the version of a dataset that a remedy asks for; returns its id.

    The split is inherited, so control rows stay control rows.

    Raises
    ------
    InvalidConfig
        If the column is the target or the entity column, or cannot be of that kind.
    """
    real = dataset(session, dataset_id)
    if remedy.column in (real.target, real.split.group):
        role = "target" if remedy.column == real.target else "entity column"
        raise InvalidConfig(
            f"{remedy.column!r} is the {role} of this dataset.", "Save a dataset without it first.", field="column"
        )
    column = real.schema[remedy.column]
    if remedy.change == "identifier":
        changed = retype(column, ColumnType.IDENTIFIER)
    else:
        changed = dataclasses.replace(column, treatment=Treatment.LEAVE_OUT, reason=SET_BY_ANALYST)
    schema: Schema = real.schema.replacing(changed)
    made = JobView(job_folder(session, check_id(dataset_id, "dataset"))).config
    new = new_id("dataset")
    settings = {name: value for name, value in made.items() if name not in ("kind", "after")}
    settings |= {
        "dataset_id": new, "schema": schema.to_json(), "parent_id": dataset_id,
        "constraints": session.store.list_constraints(dataset_id), "sides_of": dataset_id,
    }  # fmt: skip
    settings.pop("inherit", None)  # the sides are those of the dataset that the remedy is for
    if made.get("recipe") is not None:  # its rows and their sides are no longer those of the table that was read
        settings |= {"table": f"{TABLES}/{dataset_id}.parquet", "recipe": Recipe(steps=()).to_json()}
    return start_for(session, "profile", settings, job_id=new)
