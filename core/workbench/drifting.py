"""Drift of a newer real table against the dataset of a run, and what it means for the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidConfig, listed
from core.evaluation.drift import LARGE, Stability, stability
from core.jobs.protocol import JobState, JobView
from core.jobs.reports import report_of
from core.records import MetricResult, Report, Scope, Status
from core.workbench.data import control_paths, dataset, reading, start_for, start_reading
from core.workbench.sessions import Session, job_folder

NAME = "newer table"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftView:
    """A comparison of a newer table with a dataset, running or done.

    Parameters
    ----------
    id, dataset_id, reading_id : str
    job : JobView
    columns : tuple of (Stability, test result or None), the most moved first
    detection : MetricResult or None
        How well a classifier tells newer from train rows; the joint drift.
    n_new : int
    report : Report or None
    """

    id: str
    dataset_id: str
    reading_id: str
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


def start_reading_newer(session: Session, path: Path) -> str:
    """Start reading a newer version of a table; returns the reading's id."""
    return start_reading(session, path, name=NAME)


def start_drift(session: Session, dataset_id: str, reading_id: str) -> str:
    """Start comparing a read table with the train rows of a dataset; returns the evaluation's id.

    Raises
    ------
    InvalidConfig
        If the newer table is not read yet or lacks a modelled column.
    """
    real, newer = dataset(session, dataset_id), reading(session, reading_id)
    if newer.schema is None or newer.diagnosis is None:
        raise InvalidConfig("The newer table has not been read yet.", "Wait until reading has ended.")
    lacking = [one.name for one in real.schema.modelled if one.name not in newer.schema]
    if lacking:
        raise InvalidConfig(
            f"The newer table lacks columns of {real.name}: {listed(lacking)}.", "Bring a table with the same columns."
        )
    config = {
        "sample_id": None,
        "dataset_id": dataset_id,
        "drift": reading_id,
        "train": f"tables/{dataset_id}-train.parquet",
        "control": [str(path.relative_to(session.folder)) for path in control_paths(session, dataset_id)],
        "synthetic": f"jobs/{reading_id}/table.parquet",
        "n_unconditioned": newer.diagnosis.n_rows,
        "schema": real.schema.to_json(),
        "target": real.target,
        "group": real.split.group,
        "parts": ["fidelity"],
        "plan": "standard",
        "seed": 0,
        "threads": 0,
    }
    key = start_for(session, "evaluate", config)
    session.store.audit("compare newer table", ids=(key, dataset_id, reading_id))
    return key


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
        reading_id=str(view.config.get("drift", "")),
        job=view,
        columns=tuple((one, tests.get(one.column)) for one in found),
        detection=detection if detection is not None and detection.status is Status.MEASURED else None,
        n_new=int(view.config.get("n_unconditioned", 0)),
        report=report,
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
