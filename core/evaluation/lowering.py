"""What lowers the score most, and the sample beside comparison tables: read off a report, nothing is measured again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.records import MetricResult, Report, Scope, Status

CONTROL = "control rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """How much a column takes from the scores of the table.

    Parameters
    ----------
    column : str
    shapes : float
        Points of column shapes lost beyond what control rows lose: (1 - shape) / number of columns.
    trends : float
        Points of pair trends lost beyond what control rows lose, half of each pair to either column.
    detection : float
        AUC by which a detector does worse when the column is scrambled; 0 where that was not measured.
    worst_pair : str
        The column with which its relation is lost most; empty without pairs.
    """

    column: str
    shapes: float
    trends: float
    detection: float
    worst_pair: str

    @property
    def total(self) -> float:
        """Points lost of both scores together: the order of the ranking."""
        return self.shapes + self.trends


def what_lowers(report: Report) -> tuple[Lowering, ...]:
    """Columns by the points that they take from column shapes and pair trends, most first."""
    shapes = {one.subject[0]: one for one in _measured(report, "column_shapes", Scope.COLUMN)}
    detection = {one.subject[0]: one.value for one in _measured(report, "detection_by_column", Scope.COLUMN)}
    trends = report.find("pair_trends")
    n_pairs = max(trends.counts.get("pairs", 1) if trends is not None else 1, 1)
    lost: dict[str, float] = {}
    worst: dict[str, tuple[float, str]] = {}
    for one in _measured(report, "pair_trends", Scope.PAIR):
        loss = _loss(one)
        for column, other in (one.subject, one.subject[::-1]):
            lost[column] = lost.get(column, 0.0) + loss / 2 / n_pairs
            if loss > worst.get(column, (0.0, ""))[0]:
                worst[column] = loss, other
    found = [
        Lowering(
            column=column,
            shapes=_loss(one) / max(len(shapes), 1),
            trends=lost.get(column, 0.0),
            detection=detection.get(column, 0.0),
            worst_pair=worst.get(column, (0.0, ""))[1],
        )
        for column, one in shapes.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.total))


def _measured(report: Report, metric: str, scope: Scope) -> Iterable[MetricResult]:
    return (
        one for one in report.results if one.metric == metric and one.scope is scope and one.status is Status.MEASURED
    )


def _loss(result: MetricResult) -> float:
    """What is missing to the control rows' own score, or to 1 where that is not known; never negative."""
    return max(result.anchors.get(CONTROL, 1.0) - result.value, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRow:
    """One table in the comparison.

    Parameters
    ----------
    name : str
    values : dict of metric to value; a metric that was not measured for it is absent
    """

    name: str
    values: dict[str, float]


FIDELITY = ("column_shapes", "pair_trends", "detection_auc")
UTILITY = ("tstr_auc", "tstr_r2")
PRIVACY = ("memorised_share",)
NAMES = {CONTROL: "Real data", "Gaussian copula": "Gaussian copula", "independent columns": "Independent columns"}


def benchmark_rows(reports: Iterable[Report], sample: str) -> tuple[BenchmarkRow, ...]:
    """Real data, the sample, a Gaussian copula and independent columns by fidelity, utility and privacy.

    Parameters
    ----------
    reports : Report
        Of one sample; of a metric that several have, the first counts.
    sample : str
        How the sample's row is called.
    """
    rows: dict[str, dict[str, float]] = {NAMES[CONTROL]: {}, sample: {}} | {
        name: {} for anchor, name in NAMES.items() if anchor != CONTROL
    }
    for report in reports:
        for metric in (*FIDELITY, *UTILITY, *PRIVACY):
            result = report.find(metric)
            if result is None or result.status is not Status.MEASURED:
                continue
            real = {"real rows": CONTROL, "fresh rows": CONTROL}
            _first(rows[sample], metric, result.value)
            for anchor, value in result.anchors.items():
                name = NAMES.get(real.get(anchor, anchor))
                if name is not None:
                    _first(rows[name], metric, value)
        for one in _measured(report, "memorised_share", Scope.MODEL):
            name = NAMES.get(one.subject[0])
            if name is not None:
                _first(rows[name], "memorised_share", one.value)
    return tuple(BenchmarkRow(name=name, values=values) for name, values in rows.items() if values)


def _first(values: dict[str, float], metric: str, value: float) -> None:
    values.setdefault(metric, float(value))
