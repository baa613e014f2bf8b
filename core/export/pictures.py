"""Every chart of a report as PNG, SVG and CSV, stamped with where it comes from. No browser is needed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.export.facts import Facts
from core.figures.frontier_static import epochs_picture, plane_picture
from core.figures.static import (
    column_picture,
    correlation_picture,
    distance_picture,
    loss_picture,
    save_figure,
    scale_picture,
    stamped,
)
from core.records import ColumnPicture, CorrelationPicture, DistanceCurve, EpochRecord, Scope, Status
from core.tape import Decision, checkpoints_of

KINDS = ("png", "svg", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart: how to draw it, and its numbers as a table.

    Parameters
    ----------
    name : str
        File name without ending; made of places and plain characters.
    title : str
        What it shows, with names of the table.
    draw : callable that makes a matplotlib figure
    head : tuple of str
    rows : list of tuples of cells
    """

    name: str
    title: str
    draw: Callable[[], Any]
    head: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def charts(facts: Facts) -> Iterator[Chart]:
    """All charts of a report, in the order in which it shows them."""
    report = facts.report
    measured = [one for one in report.results if one.scope is Scope.TABLE and one.status is Status.MEASURED]
    if measured:
        yield Chart(
            name="metrics",
            title="Metrics of the whole table",
            draw=lambda: scale_picture(measured),
            head=("metric", "value", "low", "high", "direction", "unit"),
            rows=[(one.metric, one.value, one.low, one.high, str(one.direction), one.unit) for one in measured],
        )
    if facts.records:
        yield Chart(
            name="losses",
            title="Losses of the two networks",
            draw=lambda: loss_picture(facts.records),
            head=tuple(EpochRecord.__slots__),
            rows=[tuple(one.to_json().values()) for one in facts.records],
        )
    yield from _frontier(facts)
    for place, picture in enumerate(report.columns, 1):
        yield _column(place, picture)
    for place, matrix in enumerate(report.correlations, 1):
        yield _correlations(place, matrix)
    for place, curve in enumerate(report.curves, 1):
        yield _curve(place, curve)


def _frontier(facts: Facts) -> Iterator[Chart]:
    """The judged checkpoints of the run, where there are any: against one another, and over epochs."""
    points = checkpoints_of(facts.tape)
    anchors = {one.anchor: one for one in facts.tape if one.anchor}
    decision = facts.decision or Decision()
    rows = [
        (one.anchor or one.epoch, result.metric, result.value, result.low, result.high)
        for one in (*points, *anchors.values())
        for result in one.results
        if result.status is Status.MEASURED
    ]
    for name, title, draw in (
        ("frontier", "Utility against privacy, checkpoint by checkpoint", plane_picture),
        ("frontier-epochs", "Utility and privacy over epochs", epochs_picture),
    ):
        if points:
            yield Chart(
                name=name,
                title=title,
                draw=partial(draw, points, anchors, decision),
                head=("epoch", "metric", "value", "low", "high"),
                rows=rows,
            )


def _column(place: int, picture: ColumnPicture) -> Chart:
    if picture.edges:
        bounds = zip(picture.edges[:-1], picture.edges[1:], strict=True)
        head = ("from", "to", "real", "synthetic")
        keys: Sequence[tuple[Any, ...]] = list(bounds)
    else:
        head = ("level", "real", "synthetic")
        keys = [(label,) for label in picture.labels]
    drawn = picture.synthetic or [0] * len(picture.real)
    rows = [(*key, real, made) for key, real, made in zip(keys, picture.real, drawn, strict=True)]
    missing = ("missing", "") if picture.edges else ("missing",)
    rows.append((*missing, picture.real_missing, picture.synthetic_missing))
    return Chart(
        name=f"column-{place:03d}-{slug(picture.column)}",
        title=picture.column,
        draw=lambda: column_picture(picture),
        head=head,
        rows=rows,
    )


def _correlations(place: int, matrix: CorrelationPicture) -> Chart:
    rows = [
        (one, other, matrix.real[i][j], matrix.synthetic[i][j])
        for i, one in enumerate(matrix.columns)
        for j, other in enumerate(matrix.columns)
        if i < j
    ]
    return Chart(
        name=f"correlations-{place}",
        title=matrix.kind,
        draw=lambda: correlation_picture(matrix),
        head=("column", "other column", "real", "synthetic"),
        rows=rows,
    )


def _curve(place: int, curve: DistanceCurve) -> Chart:
    rows = [(x, *(points[at] for points in curve.series.values())) for at, x in enumerate(curve.grid)]
    return Chart(
        name=f"distance-{place}-{slug(curve.name)}",
        title=curve.label,
        draw=lambda: distance_picture(curve),
        head=("distance", *curve.series),
        rows=rows,
    )


def slug(text: str, limit: int = 40) -> str:
    """A name as part of a file name: small letters, digits and hyphens only.

    >>> slug("Café / <b>")
    'caf-b'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:limit].strip("-") or "column"


def chart_bytes(chart: Chart, kind: str, line: str) -> bytes:
    """One chart as a file of `kind`, one of `KINDS`, with `line` at its foot."""
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(chart.head)
        writer.writerows(chart.rows)
        return text.getvalue().encode()
    buffer = io.BytesIO()
    save_figure(stamped(chart.draw(), line), buffer, kind=kind)
    return buffer.getvalue()


def write_pictures(facts: Facts, archive: zipfile.ZipFile, *, prefix: str = "", tell: Callable[[float], None]) -> int:
    """Add every chart in every kind to an archive; gives the number of charts."""
    found = list(charts(facts))
    line = facts.stamp.line()
    for at, chart in enumerate(found, 1):
        for kind in KINDS:
            archive.writestr(f"{prefix}{kind}/{chart.name}.{kind}", chart_bytes(chart, kind, line))
        tell(at / len(found))
    return len(found)
