"""Whether control rows of a dataset can have been train rows of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.jobs.files import read_json
from core.jobs.recognising import Kept
from core.workbench.data import dataset, dataset_job
from core.workbench.sessions import Session, job_folder

DIVIDED_OTHERWISE = (
    "The earlier run's dataset was divided otherwise, so control rows of this one may have been its train rows: what "
    "is measured on control rows can be too good."
)


def kept_of(session: Session, dataset_id: str) -> Kept | None:
    """What became of the rows of the older version of a dataset; None where it is not a newer version of another."""
    for key in _line(session, dataset_id):
        found = (read_json(job_folder(session, key) / "dataset.json") or {}).get("inherited")
        if found:
            return Kept(**{name: value for name, value in found.items() if name in Kept.__dataclass_fields__})
    return None


def control_note(session: Session, dataset_id: str, earlier_id: str) -> str:
    """What has to be known of the control rows of a dataset where a run begins from weights of an earlier one's run."""
    if dataset(session, dataset_id).split.key != dataset(session, earlier_id).split.key:
        return DIVIDED_OTHERWISE
    goal, between = set(_line(session, earlier_id)), []
    key: str | None = dataset_id
    while key and key not in goal:
        found = (read_json(job_folder(session, key) / "dataset.json") or {}).get("inherited")
        if found:
            between.append(found)
        config = dataset_job(session, key).config
        key = config.get("inherit") or config.get("parent_id")
    if key is None:
        return (
            "The earlier run's dataset is not an older version of this one: rows that differ between the two may be "
            "control rows here and train rows there, and what is measured on control rows slightly too good."
        )
    return _sentence(between)


def _sentence(between: list[Mapping[str, Any]]) -> str:
    new = sum(one.get("n_new_control", 0) for one in between)
    gone = sum(one.get("n_gone_train", 0) for one in between)
    if not new or not gone:
        return ""
    return (
        f"{new:,} control rows are not in the older version, {gone:,} train rows of which are gone: up to "
        f"{min(new, gone):,} of these control rows may be changed versions of rows that the earlier run learned from, "
        "which makes what is measured on control rows slightly too good."
    )


def _line(session: Session, dataset_id: str) -> list[str]:
    """A dataset and those it was made from, within one version of the table."""
    found: list[str] = []
    key: str | None = dataset_id
    while key and key not in found:
        found.append(key)
        key = dataset_job(session, key).config.get("parent_id")
    return found
