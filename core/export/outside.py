"""What may be shown outside the trusted zone: numbers of the whole table, and counts with enough rows behind them.

A level that few real rows have, the extremes of a column, and the rows nearest to a synthetic one can point at a
person. Here they are taken out: levels with fewer than `MIN_ROWS` real rows join the others, bins at both ends are
joined until they hold that many, and only numbers of the whole table, of columns and of pairs stay, without sentences
that quote values. This lowers what a reader can learn of single records; it is no proof that nothing can be learned.
"""

from __future__ import annotations

import dataclasses
import re

from core.export.facts import Facts
from core.records import ColumnPicture, MetricResult, Report, SampleRequest, Scope

MIN_ROWS = 10
"""Fewest real rows behind any count that is shown outside."""

_STAYING = (Scope.TABLE, Scope.COLUMN, Scope.PAIR)
_RANGES = frozenset({"range_coverage", "within_range", "rare_level_share", "tail_share", "outlier_share"})
"""Metrics of single columns whose sentences speak of extremes or rare levels."""

_QUOTED = re.compile(r"“[^”]*”")


def for_outside(facts: Facts, *, min_rows: int = MIN_ROWS) -> Facts:
    """The same facts without what could identify a real record; audit and identifiers of storage go too."""
    request = facts.request
    if request is not None:
        request = SampleRequest(n_rows=request.n_rows, seed=request.seed)
    return dataclasses.replace(
        facts,
        report=_report(facts.report, min_rows),
        request=request,
        schema=dataclasses.replace(
            facts.schema, columns=tuple(dataclasses.replace(one, reason="", order=()) for one in facts.schema)
        ),
        recipe=tuple({"step": one.get("step", one.get("kind", "step"))} for one in facts.recipe),
        constraints=(),
        audit=(),
        tape=tuple(dataclasses.replace(one, results=tuple(map(_bare, one.results))) for one in facts.tape),
        outside=True,
    )


def _report(report: Report, min_rows: int) -> Report:
    return dataclasses.replace(
        report,
        results=tuple(_result(one) for one in report.results if one.scope in _STAYING and one.metric not in _RANGES),
        columns=tuple(_picture(one, min_rows) for one in report.columns),
        curves=(),
    )


def _result(result: MetricResult) -> MetricResult:
    """A number without quoted values; sentences of single columns and pairs go whole."""
    text = _QUOTED.sub("one value", result.explanation) if result.scope is Scope.TABLE else ""
    return dataclasses.replace(result, explanation=text)


def _bare(result: MetricResult) -> MetricResult:
    """A number of the tape without its sentence, and with nothing of single models."""
    return dataclasses.replace(result, explanation="")


def _picture(picture: ColumnPicture, min_rows: int) -> ColumnPicture:
    shown = dataclasses.replace(picture, real_steps=(), synthetic_steps=(), real_once=0, synthetic_new=0)
    return _bins(shown, min_rows) if picture.edges else _levels(shown, min_rows)


def _levels(picture: ColumnPicture, min_rows: int) -> ColumnPicture:
    """Levels with enough real rows; the others are one bar, which is left out where even that has too few."""
    kept = [at for at, count in enumerate(picture.real) if count >= min_rows]
    rest = [at for at in range(len(picture.real)) if at not in set(kept)]
    labels, real = [picture.labels[at] for at in kept], [picture.real[at] for at in kept]
    synthetic = [picture.synthetic[at] for at in kept] if picture.synthetic else []
    if sum(picture.real[at] for at in rest) >= min_rows:
        labels.append(f"other ({len(rest)} levels)")
        real.append(sum(picture.real[at] for at in rest))
        if picture.synthetic:
            synthetic.append(sum(picture.synthetic[at] for at in rest))
    return _with_missing(
        dataclasses.replace(picture, labels=tuple(labels), real=tuple(real), synthetic=tuple(synthetic)), min_rows
    )


def _bins(picture: ColumnPicture, min_rows: int) -> ColumnPicture:
    """Every bin joined with its neighbour until it holds enough real rows; the outer edges become those of such bins.

    The outermost edges are the extremes of the real column, so both end bins are cut to their inner half.
    """
    edges, real, synthetic = [picture.edges[0]], [], []
    rows = drawn = 0
    for at, count in enumerate(picture.real):
        rows += count
        drawn += picture.synthetic[at] if picture.synthetic else 0
        if rows >= min_rows:
            edges.append(picture.edges[at + 1])
            real.append(rows)
            synthetic.append(drawn)
            rows = drawn = 0
    if not real:
        return dataclasses.replace(picture, edges=(), real=(), synthetic=(), real_missing=0, synthetic_missing=0)
    real[-1] += rows
    synthetic[-1] += drawn
    edges[-1] = picture.edges[-1]
    edges[0] = (edges[0] + edges[1]) / 2 if len(edges) > 2 else edges[0]
    edges[-1] = (edges[-2] + edges[-1]) / 2 if len(edges) > 2 else edges[-1]
    return _with_missing(
        dataclasses.replace(
            picture, edges=tuple(edges), real=tuple(real), synthetic=tuple(synthetic) if picture.synthetic else ()
        ),
        min_rows,
    )


def _with_missing(picture: ColumnPicture, min_rows: int) -> ColumnPicture:
    return picture if picture.real_missing >= min_rows else dataclasses.replace(picture, real_missing=0)
