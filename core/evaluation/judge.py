"""Judging: every metric of the wanted parts and plan, one after the other, each failure turned into a reason."""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from typing import Any

from core.errors import NotApplicable
from core.evaluation.metric import Metric, Part, Tables, not_measured, timed
from core.evaluation.registry import load_metrics
from core.evaluation.verdict import with_verdicts
from core.records import MetricResult, Scope

logger = logging.getLogger(__name__)

Progress = Callable[[float, str], None]
"""Called with the share of metrics done, 0 to 1, and what is being measured."""


def judge(
    tables: Tables,
    parts: Collection[Part],
    *,
    progress: Progress | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Any]:
    """Measure every metric of `parts` that the plan includes.

    Parameters
    ----------
    tables : Tables
        With the plan, the seed and the number of threads.
    parts : collection of Part
    progress : callable, optional
    clock : callable
        Seconds; only durations are taken from it.

    Yields
    ------
    MetricResult, ColumnPicture, CorrelationPicture or DistanceCurve
        As they come. A metric that does not apply, is not in the plan or fails gives one row "not measured" with the
        reason for each name that it owes; the other metrics go on. Verdicts are those of the default thresholds.
    """
    metrics = load_metrics(frozenset(parts))
    for place, metric in enumerate(metrics):
        if progress is not None:
            progress(place / len(metrics), ", ".join(metric.names).replace("_", " ") or "details")
        if tables.plan.includes(metric.plan):
            yield from _measure(metric, tables, clock)
        else:
            reason = f"Not part of the {tables.plan} plan; the {metric.plan} plan measures it."
            yield from (not_measured(name, reason) for name in metric.names)
    if progress is not None:
        progress(1.0, "done")


def _measure(metric: Metric, tables: Tables, clock: Callable[[], float]) -> Iterator[Any]:
    """Items of one metric, table results with their seconds; what it owes after a failure comes as reasons."""
    given: set[str] = set()
    items = _items(metric, tables)
    spent = 0.0
    while True:
        start = clock()
        try:
            item = next(items)
        except StopIteration:
            return
        except NotApplicable as error:
            reason = str(error)
            break
        except Exception as error:
            reason = _logged(metric, error)
            break
        spent += clock() - start
        if isinstance(item, MetricResult) and item.scope is Scope.TABLE:
            given.add(item.metric)
            item, spent = timed(item, round(item.seconds or spent, 4)), 0.0
        yield with_verdicts([item])[0] if isinstance(item, MetricResult) else item
    yield from (not_measured(name, reason) for name in metric.names if name not in given)


def _items(metric: Metric, tables: Tables) -> Iterator[Any]:
    yield from metric.measure(tables)


def _logged(metric: Metric, error: Exception) -> str:
    """Log an unexpected error under an id made from where it happened, and give the sentence for the report."""
    text = "".join(traceback.format_exception(error))
    error_id = hashlib.sha256(text.encode()).hexdigest()[:8]
    logger.error("%s failed, error %s\n%s", type(metric).__name__, error_id, text)
    return f"It could not be computed (error {error_id}); the worker's log has the details."
