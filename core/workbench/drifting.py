"""Drift of a newer real table against the dataset of a run, and what it means for the run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidConfig, listed
from core.evaluation.drift import LARGE, Stability, stability
from core.jobs.protocol import JobState, JobView, list_jobs
from core.jobs.recognising import Kept
from core.jobs.reports import report_of
from core.reading.options import ReadOptions
from core.records import MetricResult, Report, Scope, Status, Verdict
from core.schema import Column, Schema, Treatment
from core.workbench.data import control_paths, dataset, start_for
from core.workbench.reading import refuse_in_demo_mode
from core.workbench.renewing import start_version
from core.workbench.sessions import Session, job_folder
from core.workbench.sides import kept_of

NAME = "newer table"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """A comparison of a newer table with a dataset, running or done.

    Parameters
    ----------
    id, dataset_id : str
    newer_id : str
        The dataset that the newer table became.
    job : JobView
    columns : tuple of (Stability, test result or None), the most moved first
    detection : MetricResult or None
        How well a classifier tells newer from train rows; the joint drift.
    n_new : int
    report : Report or None
    """

    id: str
    dataset_id: str
    newer_id: str
    job: JobView
    columns: tuple[tuple[Stability, MetricResult | None], ...]
    detection: MetricResult | None
    n_new: int
    report: Report | None

    @property
    def sentence(self) -> str:
        """What it means for a run on the older table."""
        much = [one.column for one, _ in self.columns if one.moved == "much"]
        some = [one.column for one, _ in self.columns if one.moved == "some"]
        if much:
            return (
                f"{listed(much)} moved much (index above {LARGE:g}): rows drawn from the older run no longer describe "
                "the newer table there. Train again, from the older run's weights to save time."
            )
        if some:
            return f"{listed(some)} moved somewhat. Judge a sample of the older run against the newer table."
        told = self.detection is not None and self.detection.low is not None and self.detection.low > 0.55
        if told:
            return "No single column moved, but columns go together in another way: a classifier tells the rows apart."
        return "Nothing moved beyond what two samples of one population differ by. The older run still fits."


def start_reading_newer(session: Session, dataset_id: str, path: Path) -> str:
    """Start reading a newer version of a dataset's table; returns the reading's id."""
    refuse_in_demo_mode()
    config = {"source": str(path.resolve()), "name": NAME, "options": ReadOptions().to_json(), "newer_of": dataset_id}
    return start_for(session, "read", config)


def start_drift(session: Session, dataset_id: str, newer_id: str) -> str:
    """Start comparing a newer version with the train rows of a dataset; returns the evaluation's id.

    Columns that only one of them has, or that are of another type now, are left out and named.

    Raises
    ------
    InvalidConfig
        If no modelled column is left to compare.
    """
    real, newer = dataset(session, dataset_id), dataset(session, newer_id)
    group = real.split.group if real.split.group in newer.schema.names else None
    schema = Schema(columns=tuple(one for one in real.schema if one.name == group or _alike(one, newer.schema)))
    if not schema.modelled:
        raise InvalidConfig(
            f"No modelled column of {real.name} is in the newer table with the same type.",
            "Bring a table with the same columns.",
        )
    config = {
        "sample_id": None,
        "dataset_id": dataset_id,
        "drift": newer_id,
        "train": f"tables/{dataset_id}-train.parquet",
        "control": [str(path.relative_to(session.folder)) for path in control_paths(session, dataset_id)],
        "synthetic": f"tables/{newer_id}.parquet",
        "n_unconditioned": newer.n_rows,
        "schema": schema.to_json(),
        "target": real.target if real.target is not None and real.target in schema else None,
        "group": group,
        "parts": ["fidelity"],
        "plan": "standard",
        "seed": 0,
        "threads": 0,
    }
    key = start_for(session, "evaluate", config)
    session.store.audit("compare newer table", ids=(key, dataset_id, newer_id))
    return key


def _alike(column: Column, schema: Schema) -> bool:
    """Whether a column is modelled here and there, and of one type."""
    if column.name not in schema or column.treatment is not Treatment.MODEL:
        return False
    other = schema[column.name]
    return other.treatment is Treatment.MODEL and other.type is column.type


def changes(session: Session, dataset_id: str, newer_id: str) -> list[str]:
    """What is another column than before, in sentences."""
    before, after = dataset(session, dataset_id).schema, dataset(session, newer_id).schema
    gone = [one.name for one in before.modelled if one.name not in after]
    new = [one.name for one in after if one.name not in before]
    other = [one.name for one in before.modelled if one.name in after and not _alike(one, after)]
    words = (("Gone: ", gone), ("New: ", new), ("Of another type now: ", other))
    kept = kept_of(session, newer_id)
    return [*(f"{start}{listed(names)}." for start, names in words if names), *([_rows(kept)] if kept else [])]


def _rows(kept: Kept) -> str:
    """What became of the older rows, in a sentence."""
    words = [f"{kept.n_known:,} rows are as they were and keep their side of the split"]
    if kept.n_changed:
        words.append(f"{kept.n_changed:,} were recognised although they changed, and keep theirs")
    if kept.n_gone_train:
        words.append(f"{kept.n_gone_train:,} train rows are gone or changed beyond recognition")
    if kept.n_new_control:
        words.append(f"{kept.n_new_control:,} control rows are new")
    return f"{'; '.join(words)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the newest newer table of a dataset stands, from reading it to comparing it.

    Parameters
    ----------
    name : str
        What is being done.
    job : JobView
    next : callable or None
        Starts the stage after this one; None where the comparison is the last.
    """

    name: str
    job: JobView
    next: Callable[[], str] | None


def stage(session: Session, dataset_id: str) -> Stage | None:
    """The newest newer table's stage, from what is stored, so that a closed tab loses nothing; None without one."""
    readings = [view for view in list_jobs(session.folder) if view.config.get("newer_of") == dataset_id]
    if not readings:
        return None
    newest = max(readings, key=lambda view: view.status.queued_at)
    made = _made_of(session, dataset_id, newest.id)
    if made is None:
        return Stage(name="Reading the newer table", job=newest,
                     next=lambda: start_version(session, dataset_id, newest.id))  # fmt: skip
    found = [view for view in drifts(session, dataset_id) if view.newer_id == made.id]
    if not found:
        return Stage(name="Storing the newer version", job=made,
                     next=lambda: start_drift(session, dataset_id, made.id))  # fmt: skip
    return Stage(name="Comparing the tables", job=found[0].job, next=None)


def _made_of(session: Session, dataset_id: str, reading_id: str) -> JobView | None:
    """The version of this dataset that was made of a reading; through recipes, the last of their chain."""
    views = {view.id: view for view in list_jobs(session.folder) if view.kind == "profile"}
    for view in views.values():
        if view.config.get("version_of") != dataset_id:
            continue
        root = view
        while root.config.get("parent_id") in views:
            root = views[root.config["parent_id"]]
        if root.config.get("table") == f"jobs/{reading_id}/table.parquet":
            return view
    return None


def drift(session: Session, key: str) -> DriftView:
    """A comparison as it stands now."""
    view = JobView(job_folder(session, key))
    report = report_of(view)
    tests: dict[str, MetricResult] = {}
    found: list[Stability] = []
    if report is not None:
        for one in report.results:
            if one.scope is Scope.COLUMN and one.metric in ("ks_test", "chi_square_test"):
                tests[one.subject[0]] = one
        found = [one for picture in report.columns if (one := stability(picture)) is not None]
    found.sort(key=lambda one: one.index, reverse=True)
    detection = report.find("detection_auc") if report is not None else None
    return DriftView(
        id=key,
        dataset_id=str(view.config.get("dataset_id", "")),
        newer_id=str(view.config.get("drift", "")),
        job=view,
        columns=tuple((one, tests.get(one.column)) for one in found),
        detection=_joint(detection) if detection is not None and detection.status is Status.MEASURED else None,
        n_new=int(view.config.get("n_unconditioned", 0)),
        report=report,
    )


def _joint(detection: MetricResult) -> MetricResult:
    """The classifier's number as one of two real tables: without the lines and anchors of synthetic rows."""
    return dataclasses.replace(
        detection,
        explanation="How often gradient boosting picks the newer one of an older and a newer row: 0.5 is guessing, "
        "which means that nothing moved jointly, 1 is always.",
        anchors={name: value for name, value in detection.anchors.items() if name in ("chance", "control rows")},
        verdict=Verdict.NOT_MEASURED,
        rule="",
    )


def drifts(session: Session, dataset_id: str) -> list[DriftView]:
    """Comparisons with a dataset, newest first."""
    views = [JobView(folder) for folder in session.folder.glob("jobs/evaluation-*")]
    views = [view for view in views if view.config.get("drift") and view.config.get("dataset_id") == dataset_id]
    views.sort(key=lambda view: view.status.queued_at, reverse=True)
    return [drift(session, view.id) for view in views]


def is_done(view: DriftView) -> bool:
    """Whether everything was measured."""
    return view.job.state is JobState.DONE
