"""Replay: a bundle and the real table make the same rows again, or it is said what differs."""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.dataset import SplitSpec
from core.errors import InvalidConfig
from core.export.bundle import read_bundle
from core.jobs.ids import new_id
from core.jobs.versions import library_versions
from core.reading.options import ReadOptions
from core.records import SampleRequest
from core.schema import Schema
from core.store.serial import file_hash
from core.synthesis.config import TrainingConfig
from core.workbench import data, preparing, sampling, sessions, training
from core.workbench.sessions import Session

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a replay gave.

    Parameters
    ----------
    identical : bool
        Whether the CSV of the rows is byte for byte the bundle's.
    n_rows : int
    path : Path
        The rows as CSV.
    differences : tuple of str
        What is not as it was when the bundle was made, as sentences; also where the rows are identical.
    """

    identical: bool
    n_rows: int
    path: Path
    differences: tuple[str, ...]


def replay(bundle: Path, real: Path, *, folder: Path, tell: Tell = lambda step, share: None) -> Outcome:
    """Read, split, train and draw again as the bundle says, in a session of its own.

    Parameters
    ----------
    bundle : path of a bundle's zip file or of the folder it was unpacked to
    real : path of the real table
    folder : path of a folder for the session; it will hold real rows
    tell : callable
        Called with what is being done and its share, 0 to 1.

    Raises
    ------
    UnreadableFile
        If the bundle or the table cannot be read.
    InvalidConfig
        If the bundle's rows cannot be made from a table and settings alone.
    """
    found = read_bundle(bundle)
    settings = found["settings"]
    if settings.get("repeatable"):
        raise InvalidConfig(f"These rows cannot be made again: {settings['repeatable']}", "Ask for the session itself.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sessions.create_session(folder) as session:
        sample_id = _made_again(session, settings, real, tell)
        drawn = sampling.sample(session, sample_id)
        path = sampling.sample_file(session, sample_id, "csv")
        kept = folder / "synthetic.csv"
        kept.write_bytes(path.read_bytes())
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    identical = digest == found["csv_sha256"]
    differences = list(_differences(settings, found["versions"], real))
    if not identical and not differences:
        differences.append(
            "Table, settings and versions are those of the bundle, so the kind of processor is another: sums of "
            "floating-point numbers differ in their last digits between kinds, and training carries that on."
        )
    return Outcome(identical=identical, n_rows=drawn.n_rows, path=kept, differences=tuple(differences))


def _made_again(session: Session, settings: Mapping[str, Any], real: Path, tell: Tell) -> str:
    demo = settings.get("demo")
    if demo:
        reading_id = data.start_demo(session, n_rows=demo["n_rows"], seed=demo["seed"])
    else:
        options = ReadOptions.from_json(settings.get("options") or {})
        reading_id = data.start_reading(session, real, name=real.stem, options=options)
    _follow(session, reading_id, "Reading", tell)
    schema = _schema(settings, data.reading(session, reading_id).schema)
    dataset_id = new_id("dataset")
    config = {
        "dataset_id": dataset_id,
        "table": f"jobs/{reading_id}/table.parquet",
        "schema": schema.to_json(),
        "target": settings.get("target"),
        "split": SplitSpec.from_json(settings["split"]).to_json(),
        "name": settings.get("name") or real.stem,
        "parent_id": None,
    }
    data.start_for(session, "profile", config, job_id=dataset_id)
    _follow(session, dataset_id, "Splitting", tell)
    if settings.get("recipe"):
        dataset_id = preparing.start_preparing(session, dataset_id, preparing.make_recipe(settings["recipe"]))
        _follow(session, dataset_id, "Preparing", tell)
    run_id = new_id("run")
    trained = TrainingConfig.from_json(settings["training"])
    config = {
        "run_id": run_id,
        "dataset_id": dataset_id,
        "train": f"tables/{dataset_id}-train.parquet",
        "schema": data.dataset(session, dataset_id).schema.to_json(),
        "config": trained.to_json() | {"epochs": settings["epoch"]},
        "target": settings.get("target"),
        "threads": settings.get("threads"),
        "constraints": settings.get("constraints") or [],
    }
    data.start_for(session, "train", config, job_id=run_id)
    _follow(session, run_id, "Training", tell)
    request = SampleRequest.from_json(settings["request"])
    epoch = training.run(session, run_id).checkpoints[-1]
    sample_id = sampling.start_sampling(session, run_id, request, epoch=epoch)
    _follow(session, sample_id, "Drawing", tell)
    return sample_id


def _follow(session: Session, job_id: str, step: str, tell: Tell) -> None:
    for view in sessions.follow(session, job_id):
        tell(step, view.progress)


def _schema(settings: Mapping[str, Any], inferred: Schema) -> Schema:
    """The bundle's columns; an order of levels that was taken out of it is found again in the table."""
    wanted = Schema.from_json(settings["schema"])
    lacking = [one.name for one in wanted if one.name not in inferred]
    if lacking:
        raise InvalidConfig(
            f"The table lacks columns of the bundle: {', '.join(lacking[:10])}.", "Bring the table it was made from."
        )
    columns = [
        dataclasses.replace(one, order=inferred[one.name].order) if one.type == "ordinal" and not one.order else one
        for one in wanted
    ]
    return Schema(columns=tuple(columns))


def _differences(settings: Mapping[str, Any], versions: Mapping[str, str], real: Path) -> list[str]:
    """What is not as it was, as sentences."""
    found = []
    known = (settings.get("table") or {}).get("sha256")
    if known and not settings.get("demo") and real.is_file() and file_hash(real) != known:
        found.append(f"{real.name} is another file than the bundle was made from.")
    here = library_versions()
    other = [f"{name} {old}, here {here.get(name, 'none')}" for name, old in versions.items() if here.get(name) != old]
    if other:
        found.append(f"Versions differ: {', '.join(other)}.")
    device = str(settings.get("device") or "")
    if device and not device.lower().startswith(("cpu", "processor")):
        found.append(f"The bundle was trained on {device}; here it was trained on {platform.machine()}.")
    return found
