"""Pictures of the privacy page: histograms of distances, risk by knowledge, traces of canaries."""

from __future__ import annotations

import pytest

from core.figures.canaries import canary_figure, describe_canaries
from core.figures.distances import binned_shares, histogram_option
from core.figures.knowledge import describe_knowledge, knowledge_figure, knowledge_of
from core.records import DistanceCurve, MetricResult, Scope
from tests.figures.examples import HOSTILE

CURVE = DistanceCurve(
    name="nndr",
    label="ratio",
    grid=(0.0, 0.25, 0.5, 0.75, 1.0),
    series={
        "synthetic to train rows": (0.2, 0.3, 0.4, 0.7, 1.0),
        "synthetic to control rows": (0.0, 0.1, 0.4, 0.7, 1.0),
    },
)


def risk(*subject: str, value: float, **counts: int) -> MetricResult:
    return MetricResult(
        metric="inference", scope=Scope.SECRET, subject=subject, value=value, low=max(0.0, value - 0.05),
        high=value + 0.05, anchors={"attack": 0.5, "control": 0.4}, counts=counts,
    )  # fmt: skip


def test_bins_of_a_histogram_are_differences_of_the_curve_and_hold_every_row() -> None:
    edges, shares = binned_shares(CURVE, n_bins=4)
    assert edges == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])
    # rows at 0 are in the first bin: .3, then .4 - .3, .7 - .4, 1 - .7
    assert shares["synthetic to train rows"] == pytest.approx([0.3, 0.1, 0.3, 0.3])
    for one in binned_shares(CURVE, n_bins=40)[1].values():
        assert one.sum() == pytest.approx(1.0)
    lines = histogram_option(CURVE)["series"]
    assert [one["lineStyle"]["type"] for one in lines] == ["solid", "dashed"]
    assert ["areaStyle" in one for one in lines] == [True, False]
    assert max(y for _, y in lines[0]["data"]) == pytest.approx(30.0)


def test_knowledge_goes_from_little_to_all_and_the_riskiest_secret_is_first() -> None:
    found = [
        risk("pay", value=0.1),
        risk("pay", "age", value=0.02, **{"columns known": 1, "chosen set": 0}),
        risk("town", value=0.3),
        risk("town", "age", "sex", value=0.2, **{"columns known": 2, "chosen set": 1}),
    ]
    matrix = knowledge_of(found)
    assert matrix.secrets == ("town", "pay")
    assert matrix.sets == ("the most telling", "chosen columns", "all others")
    assert "30.0 %" in describe_knowledge(matrix)
    heat = knowledge_figure(matrix).data[0]
    assert list(heat.z[0]) == [None, 20.0, 30.0]
    assert "age, sex" in heat.customdata[0][1]


def test_hostile_names_reach_the_heatmap_as_text() -> None:
    matrix = knowledge_of([risk(name, value=0.1) for name in HOSTILE])
    spec = knowledge_figure(matrix).to_json()
    assert "<script" not in spec
    assert "\\u003cscript" not in spec


def test_a_report_without_inference_has_no_matrix() -> None:
    assert knowledge_of([]).secrets == ()
    assert describe_knowledge(knowledge_of([])) == "No secret was attacked."


def test_traces_of_canaries_are_in_the_order_of_the_epochs() -> None:
    found = [
        MetricResult(
            metric="canary_auc", scope=Scope.MODEL, subject=(f"epoch {epoch}",), value=value, low=0.4, high=0.9
        )
        for epoch, value in ((10, 0.7), (2, 0.5))
    ]
    line = canary_figure(found).data[1]
    assert list(line.x) == [2, 10]
    assert list(line.y) == [0.5, 0.7]
    assert describe_canaries(found).startswith("At epoch 10 the area is 0.700")
    assert describe_canaries([]) == "No checkpoint was looked at."
