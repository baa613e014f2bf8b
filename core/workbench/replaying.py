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
from core.errors import InvalidConfig, listed
from core.export.bundle import read_bundle
from core.jobs.ids import new_id
from core.jobs.preparing import SIDES
from core.jobs.versions import library_versions
from core.reading.options import ReadOptions
from core.records import SampleRequest
from core.schema import ColumnType, Schema
from core.store.serial import file_hash
from core.synthesis.config import TrainingConfig
from core.workbench import data, preparing, repeating, sampling, sessions, training
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
        dataset_id = dataset_again(session, settings, real, sides=found["sides"], tell=tell)
        sample_id = _sample_again(session, settings, dataset_id, tell)
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


def _sample_again(session: Session, settings: Mapping[str, Any], dataset_id: str, tell: Tell) -> str:
    """The id of the sample of a run that was trained again."""
    epoch = int(settings["epoch"])
    run_id = _trained(session, settings, dataset_id, epoch, tell)
    request = SampleRequest.from_json(settings["request"])
    sample_id = sampling.start_sampling(session, run_id, request, epoch=epoch)
    _follow(session, sample_id, "Drawing", tell)
    return sample_id


def dataset_again(
    session: Session,
    settings: Mapping[str, Any],
    real: Path,
    *,
    sides: bytes | None = None,
    tell: Tell = lambda step, share: None,
) -> str:
    """Read, split and prepare the real table as the settings say; returns the dataset's id.

    Parameters
    ----------
    settings : mapping
        As `core.workbench.repeating.dataset_settings` gives them.
    sides : bytes of a NumPy file, optional
        The side of every row, where the key of the split does not give it.
    """
    demo = settings.get("demo")
    if demo:
        reading_id = data.start_demo(session, n_rows=demo["n_rows"], seed=demo["seed"])
    else:
        options = ReadOptions.from_json(settings.get("options") or {})
        reading_id = data.start_reading(session, real, name=real.stem, options=options)
    _follow(session, reading_id, "Reading", tell)
    inferred = data.reading(session, reading_id).schema
    config = {
        "table": f"jobs/{reading_id}/table.parquet",
        "schema": _schema(settings["schema"], inferred).to_json(),
        "target": settings.get("target"),
        "split": SplitSpec.from_json(settings["split"]).to_json(),
        "name": settings.get("name") or real.stem,
        "parent_id": None,
    }
    if sides is not None:
        (session.folder / SIDES).write_bytes(sides)
        config["sides"] = SIDES
    dataset_id = _dataset(session, config, "Splitting", tell)
    older = [{"steps": settings["recipe"]}] if settings.get("recipe") else []
    for stage in settings.get("stages") or older:
        before = data.dataset(session, dataset_id)
        config = {
            "table": f"{data.TABLES}/{dataset_id}.parquet",
            "schema": (_schema(stage["schema"], before.schema) if stage.get("schema") else before.schema).to_json(),
            "target": stage.get("target", before.target),
            "split": before.split.to_json(),
            "name": before.name,
            "parent_id": dataset_id,
            "recipe": preparing.make_recipe(stage["steps"]).to_json(),
        }
        dataset_id = _dataset(session, config, "Preparing", tell)
    return dataset_id


def _dataset(session: Session, config: Mapping[str, Any], step: str, tell: Tell) -> str:
    dataset_id = new_id("dataset")
    data.start_for(session, "profile", {"dataset_id": dataset_id, **config}, job_id=dataset_id)
    _follow(session, dataset_id, step, tell)
    return dataset_id


def _trained(session: Session, settings: Mapping[str, Any], dataset_id: str, epoch: int, tell: Tell) -> str:
    """The run, no longer than the rows need; where the learning rate knows its end, as long as it was planned."""
    config = TrainingConfig.from_json(settings["training"])
    if config.schedule != repeating.TO_THE_END:
        config = dataclasses.replace(config, epochs=epoch)
    run_id = new_id("run")
    kept = {*settings.get("checkpoint_epochs", ()), epoch}
    job = training.training_job(session, dataset_id, config, checkpoint_epochs=sorted(kept))
    job |= {
        "run_id": run_id,
        "threads": settings.get("threads"),
        "constraints": settings.get("constraints") or [],
        "canaries": settings.get("canaries"),
    }
    data.start_for(session, "train", job, job_id=run_id)
    _follow(session, run_id, "Training", tell)
    return run_id


def _follow(session: Session, job_id: str, step: str, tell: Tell) -> None:
    for view in sessions.follow(session, job_id):
        tell(step, view.progress)


def _schema(columns: Mapping[str, Any], found: Schema) -> Schema:
    """The bundle's columns; an order of levels that was taken out of it is that of the table, which has them."""
    wanted = Schema.from_json(columns)
    lacking = [one.name for one in wanted if one.name not in found]
    if lacking:
        raise InvalidConfig(
            f"The table lacks columns of the bundle: {listed(lacking)}.", "Bring the table it was made from."
        )
    return Schema(
        columns=tuple(
            dataclasses.replace(one, order=found[one.name].order)
            if one.type is ColumnType.ORDINAL and not one.order
            else one
            for one in wanted
        )
    )


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
    if any(step.get("key") for stage in settings.get("stages") or () for step in stage["steps"]):
        found.append("A step makes pseudonyms with a key, which is no part of the bundle; another key was drawn here.")
    device = str(settings.get("device") or "")
    if device and not device.lower().startswith(("cpu", "processor")):
        found.append(f"The bundle was trained on {device}; here it was trained on {platform.machine()}.")
    return found
