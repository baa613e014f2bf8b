"""The frontier, metrics over epochs, sweeps: what the charts show, and that they can be saved."""

from __future__ import annotations

from io import BytesIO

import pytest

from core.figures.frontier import describe_frontier, frontier_figure, over_epochs_figure
from core.figures.frontier_static import frontier_picture
from core.figures.static import save_figure
from core.figures.sweeps import parallel_figure
from core.figures.theme import DARK, LIGHT
from core.records import MetricResult
from core.tape import CONTROL, COPY, Band, Decision, Rule, Series, TapePoint


def point(epoch: int, kept: float, auc: float, run_id: str = "run-a", anchor: str = "") -> TapePoint:
    results = (
        MetricResult(metric="utility_kept", value=kept, low=kept - 0.1, high=kept + 0.2),
        MetricResult(metric="membership_auc", value=auc, low=auc - 0.01, high=auc + 0.01),
        MetricResult(metric="nndr_gap", value=-0.1),
    )
    return TapePoint(run_id=run_id, epoch=epoch, step=10 * epoch, results=results, anchor=anchor)


POINTS = (point(1, 0.2, 0.5), point(4, 0.7, 0.52), point(16, 0.8, 0.6))
ANCHORS = {CONTROL: point(0, 0.95, 0.5, anchor=CONTROL), COPY: point(0, 1.0, 1.0, anchor=COPY)}
RULES = (Rule(metric="membership_auc", at_most=True, limit=0.55),)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_points_are_joined_in_the_order_of_epochs_with_bars_anchors_and_limits(colours) -> None:
    settings = [Series(label="<b>pac</b> 1", points=POINTS[::-1])]
    figure = frontier_figure(
        settings, "utility_kept", "membership_auc", labels={"utility_kept": "Utility"}, anchors=ANCHORS,
        front={("run-a", 1), ("run-a", 4)}, selected=("run-a", 4), rules=RULES, colours=colours,
    )  # fmt: skip
    line = figure.data[0]
    assert list(line.x) == [0.2, 0.7, 0.8]
    assert list(line.text) == ["1", "4", "16"]
    assert list(line.error_x.array) == pytest.approx([0.2] * 3)
    assert list(line.error_x.arrayminus) == pytest.approx([0.1] * 3)
    assert list(line.marker.size) == [11, 11, 8]
    assert "<b>" not in line.name
    assert figure.data[1].x[0] == 0.7
    assert len(figure.layout.shapes) == 5
    assert any("membership_auc &lt;= 0.55" in one.text for one in figure.layout.annotations)


def test_steps_can_name_the_points_and_a_point_without_a_number_is_left_out() -> None:
    lacking = TapePoint(run_id="run-a", epoch=2, results=(POINTS[0].results[0],))
    settings = [Series(label="a", points=(*POINTS, lacking))]
    figure = frontier_figure(settings, "utility_kept", "membership_auc", labels={}, by_steps=True)
    assert list(figure.data[0].text) == ["10", "40", "160"]
    empty = frontier_figure([Series(label="a", points=())], "utility_kept", "membership_auc", labels={})
    assert len(empty.data) == 0


def test_over_epochs_has_the_band_the_anchors_the_limit_and_the_chosen_epoch() -> None:
    ones = [Band(epoch=e, step=10 * e, value=v, low=v - 0.1, high=v + 0.1, n_seeds=3) for e, v in ((1, 0.5), (4, 0.6))]
    bare = Band(epoch=16, step=160, value=0.7, low=None, high=None, n_seeds=1)
    figure = over_epochs_figure(
        {"a": [*ones, bare]}, title="AUC", anchors={CONTROL: 0.5, COPY: 1.0}, limit=0.55, selected=4
    )
    band, line = figure.data
    assert list(band.x) == [1, 4, 4, 1]
    assert list(line.y) == [0.5, 0.6, 0.7]
    assert [shape.y0 for shape in figure.layout.shapes[:3]] == [0.5, 1.0, 0.55]
    assert figure.layout.shapes[3].x0 == 4
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.tickvals) == [1, 4, 16], "epochs that were judged, not 2 and 5 of some power"
    assert [one.yanchor for one in figure.layout.annotations] == ["top", "bottom"], "names of near lines stay apart"
    by_steps = over_epochs_figure({"a": ones}, title="AUC", by_steps=True)
    assert list(by_steps.data[1].x) == [10, 40]


def test_the_chart_in_words() -> None:
    settings = [Series(label="a", points=POINTS)]
    said = describe_frontier(settings, "utility_kept", "membership_auc")
    assert said.startswith("From epoch 1 to 16, utility kept goes from 0.200 to 0.800")
    assert describe_frontier([], "utility_kept", "membership_auc") == "No checkpoint has been judged yet."


@pytest.mark.parametrize("points", [POINTS, POINTS[:1], (point(1, 0.2, 0.5), point(1, 0.3, 0.5, "run-$b$"))])
def test_the_still_picture_can_be_saved(points) -> None:
    target = BytesIO()
    save_figure(frontier_picture(points, ANCHORS, Decision(rules=RULES, epoch=1)), target)
    assert target.getvalue().startswith(b"\x89PNG")


def test_a_still_picture_without_utility_says_so() -> None:
    lacking = TapePoint(run_id="run-a", epoch=2, results=())
    target = BytesIO()
    save_figure(frontier_picture([lacking], {}, Decision()), target)
    assert target.getvalue()


def test_parallel_coordinates_have_an_axis_per_setting_and_names_for_words() -> None:
    rows = [{"pac": 1, "layers": "8×8", "Kept": 0.5}, {"pac": 10, "layers": "16×16", "Kept": 0.7}]
    figure = parallel_figure(rows, "Kept")
    axes = figure.data[0].dimensions
    assert [axis.label for axis in axes] == ["pac", "layers", "Kept"]
    assert list(axes[1].ticktext) == ["8×8", "16×16"]
    assert list(axes[2].values) == [0.5, 0.7]
    assert len(parallel_figure([], "Kept").data) == 0
