"""What lowers the score, and the comparison table, read off a report."""

import pytest

from core.evaluation.lowering import benchmark_rows, what_lowers
from core.records import MetricResult, Report, Scope, Status


def shape(column: str, value: float, control: float = 1.0) -> MetricResult:
    return MetricResult(
        metric="column_shapes", scope=Scope.COLUMN, subject=(column,), value=value, anchors={"control rows": control}
    )


def trend(first: str, second: str, value: float) -> MetricResult:
    return MetricResult(metric="pair_trends", scope=Scope.PAIR, subject=(first, second), value=value)


def test_points_lost_by_hand():
    # shapes: b loses .99 - .69 = .3 over 3 columns: .1; a loses nothing beyond its control rows
    # trends: the pair (b, c) loses .6 over 3 pairs: .2, half of it to b and half to c
    report = Report(
        results=(
            MetricResult(metric="pair_trends", value=0.8, counts={"pairs": 3}),
            shape("a", 0.98, 0.98),
            shape("b", 0.69, 0.99),
            shape("c", 1.0),
            trend("a", "b", 1.0),
            trend("a", "c", 1.0),
            trend("b", "c", 0.4),
            MetricResult(metric="detection_by_column", scope=Scope.COLUMN, subject=("b",), value=0.25),
        )
    )
    ranking = what_lowers(report)
    assert [one.column for one in ranking] == ["b", "c", "a"]
    assert ranking[0].shapes == pytest.approx(0.1)
    assert ranking[0].trends == ranking[1].trends == pytest.approx(0.1)
    assert ranking[0].total == pytest.approx(0.2)
    assert ranking[0].worst_pair == "c"
    assert ranking[0].detection == 0.25
    assert ranking[2].total == 0
    assert what_lowers(Report()) == ()


def test_the_comparison_takes_anchors_and_leaves_out_what_was_not_measured():
    fidelity = Report(
        results=(
            MetricResult(
                metric="pair_trends",
                value=0.9,
                anchors={"control rows": 0.98, "Gaussian copula": 0.8, "independent columns": 0.7, "bootstrap": 0.99},
            ),
            MetricResult(metric="tstr_auc", value=0.85, anchors={"real rows": 0.92, "independent columns": 0.5}),
            MetricResult(metric="detection_auc", status=Status.NOT_MEASURED, explanation="No rows."),
        )
    )
    privacy = Report(
        results=(
            MetricResult(metric="memorised_share", value=0.02, anchors={"fresh rows": 0.0}),
            MetricResult(metric="memorised_share", scope=Scope.MODEL, subject=("Gaussian copula",), value=0.001),
        )
    )
    rows = {row.name: row.values for row in benchmark_rows([fidelity, privacy], "CTGAN")}
    assert rows == {
        "Real data": {"pair_trends": 0.98, "tstr_auc": 0.92, "memorised_share": 0.0},
        "CTGAN": {"pair_trends": 0.9, "tstr_auc": 0.85, "memorised_share": 0.02},
        "Gaussian copula": {"pair_trends": 0.8, "memorised_share": 0.001},
        "Independent columns": {"pair_trends": 0.7, "tstr_auc": 0.5},
    }
