"""Two or more runs or samples side by side: settings that differ, and metrics that differ by more than noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy import stats

from core.errors import InvalidConfig
from core.jobs.protocol import JobState
from core.records import ColumnPicture, MetricResult, Scope, Status
from core.workbench.judging import evaluations
from core.workbench.sampling import sample
from core.workbench.sessions import Session
from core.workbench.training import run

MAX_COMPARED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting or metric whose values are not all alike.

    Parameters
    ----------
    name : str
    values : tuple of str, one per compared thing
    beyond_noise : bool or None
        Whether the largest and the smallest differ by more than their intervals explain, at a level shared by all
        metrics and pairs; None for settings and numbers without an interval.
    """

    name: str
    values: tuple[str, ...]
    beyond_noise: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Things side by side.

    Parameters
    ----------
    ids, labels : tuple of str
    settings, metrics : tuple of Difference
    n_alike : int
        Metrics that do not differ by more than noise.
    pictures : mapping of column to pictures, one per thing that has one
    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    settings: tuple[Difference, ...]
    metrics: tuple[Difference, ...]
    n_alike: int
    pictures: Mapping[str, tuple[ColumnPicture | None, ...]]


def compare_samples(session: Session, sample_ids: Sequence[str]) -> Comparison:
    """Samples side by side, with the settings of their runs and everything that was measured of all of them.

    Raises
    ------
    InvalidConfig
        If there are fewer than two or more than `MAX_COMPARED`.
    """
    ids = tuple(dict.fromkeys(sample_ids))
    if not 2 <= len(ids) <= MAX_COMPARED:
        raise InvalidConfig(f"{len(ids)} samples were chosen; 2 to {MAX_COMPARED} can be compared.", field="samples")
    settings = [_settings(session, one) for one in ids]
    reports = [_report(session, one) for one in ids]
    names = list(dict.fromkeys(name for one in settings for name in one))
    different = [
        Difference(name=name, values=values)
        for name in names
        if len(set(values := tuple(_text(one.get(name)) for one in settings))) > 1
    ]
    metrics, n_alike = _metrics([one[0] for one in reports])
    columns = list(dict.fromkeys(name for _, pictures in reports for name in pictures))
    return Comparison(
        ids=ids,
        labels=tuple(_label(one, at) for at, one in enumerate(settings)),
        settings=tuple(different),
        metrics=tuple(metrics),
        n_alike=n_alike,
        pictures={name: tuple(pictures.get(name) for _, pictures in reports) for name in columns},
    )


def _settings(session: Session, sample_id: str) -> dict[str, Any]:
    drawn = sample(session, sample_id)
    trained = run(session, drawn.run_id)
    found = {"dataset": drawn.dataset_id, "run": drawn.run_id, "epoch": drawn.epoch}
    found |= {f"draw: {name}": value for name, value in drawn.request.to_json().items()}
    return found | {f"training: {name}": value for name, value in trained.config.to_json().items()}


def _label(settings: Mapping[str, Any], at: int) -> str:
    return f"{'ABCDEF'[at]}: epoch {settings['epoch']}, {settings['draw: n_rows']:,} rows, run {settings['run'][-4:]}"


def _report(session: Session, sample_id: str) -> tuple[dict[str, MetricResult], dict[str, ColumnPicture]]:
    results: dict[str, MetricResult] = {}
    pictures: dict[str, ColumnPicture] = {}
    for view in evaluations(session, sample_id)[::-1]:
        if view.job.state is JobState.DONE and view.report is not None:
            results |= {one.metric: one for one in view.report.results if one.scope is Scope.TABLE and not one.subject}
            pictures |= {one.column: one for one in view.report.columns}
    return results, pictures


def _metrics(reports: Sequence[Mapping[str, MetricResult]]) -> tuple[list[Difference], int]:
    """Metrics that all have, those beyond noise first; and how many are within it."""
    shared = [
        name for name in reports[0] if all(name in one and one[name].status is Status.MEASURED for one in reports)
    ]
    n_comparisons = max(1, len(shared) * len(reports) * (len(reports) - 1) // 2)
    found = []
    for name in shared:
        results = [one[name] for one in reports]
        found.append(
            Difference(
                name=name,
                values=tuple(_number(one) for one in results),
                beyond_noise=_beyond(results, n_comparisons),
            )
        )
    found.sort(key=lambda one: not one.beyond_noise)
    return found, sum(one.beyond_noise is False for one in found)


def _beyond(results: Sequence[MetricResult], n_comparisons: int) -> bool | None:
    if any(one.low is None or one.high is None for one in results):
        return None
    return any(apart(one, other, n_comparisons) for at, one in enumerate(results) for other in results[at + 1 :])


def apart(one: MetricResult, other: MetricResult, n_comparisons: int) -> bool:
    """Whether two numbers differ by more than their 95 % intervals explain, at level 1 - .05 / n_comparisons.

    The standard error of each is the longer side of its interval by the normal quantile; those of two draws are
    independent, so they add in squares. Where both share control rows the true error of the difference is smaller, and
    fewer differences are called real than could be. Bonferroni's correction is for all pairs and metrics shown.
    """
    wide = stats.norm.ppf(0.975)
    errors = [max(result.value - result.low, result.high - result.value) / wide for result in (one, other)]
    limit = stats.norm.ppf(1 - 0.025 / n_comparisons) * (errors[0] ** 2 + errors[1] ** 2) ** 0.5
    return abs(one.value - other.value) > limit


def _number(result: MetricResult) -> str:
    interval = "" if result.low is None or result.high is None else f" ({result.low:.3f} to {result.high:.3f})"
    return f"{result.value:.3f}{interval}"


def _text(value: Any) -> str:
    return "–" if value is None else ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
