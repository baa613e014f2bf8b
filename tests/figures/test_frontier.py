"""The frontier, metrics over epochs, sweeps: what the charts show, and that they can be saved."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from core.figures.frontier import (
    BELOW,
    LEFT,
    RIGHT,
    above,
    describe_frontier,
    frontier_option,
    over_epochs_option,
    share_along,
)  # fmt: skip
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
    option = frontier_option(
        settings, "utility_kept", "membership_auc", labels={"utility_kept": "Utility"}, anchors=ANCHORS,
        front={("run-a", 1), ("run-a", 4)}, selected=("run-a", 4), last_inside=("run-a", 1), rules=RULES,
        colours=colours,
    )  # fmt: skip
    bars, line, ring, diamond, lines = option["series"]
    assert [one["value"][:2] for one in line["data"]] == [[0.2, 0.5], [0.7, 0.52], [0.8, 0.6]]
    assert [one["label"]["formatter"] for one in line["data"]] == ["1", "4", "16"]
    assert [one["symbolSize"] for one in line["data"]] == [11, 11, 8]
    assert line["data"][0]["value"][3] == "0.200 (0.100 to 0.400)"
    across, upwards = bars["data"][0:2], bars["data"][3:5]
    assert [x for x, _ in across] == pytest.approx([0.1, 0.4])
    assert [y for _, y in upwards] == pytest.approx([0.49, 0.51])
    assert bars["data"][2] == [None, None], "bars are not joined"
    assert (ring["data"], diamond["data"]) == ([[0.7, 0.52]], [[0.2, 0.5]])
    marked = lines["markLine"]["data"]
    assert [(one.get("xAxis"), one.get("yAxis")) for one in marked] == [
        (0.95, None), (None, 0.5), (1.0, None), (None, 1.0), (None, 0.55)
    ]  # fmt: skip
    assert marked[-1]["name"] == str(RULES[0])
    assert option["legend"]["data"] == ["<b>pac</b> 1", "chosen epoch", "last that keeps the cap"]
    assert "<b>" not in option["tooltip"]["formatter"], "a template is read as HTML"
    assert option["yAxis"]["max"] > 1.0, "the anchor of copies lies beside the chart"
    assert json.dumps(option, allow_nan=False)


def test_steps_can_name_the_points_and_a_point_without_a_number_is_left_out() -> None:
    lacking = TapePoint(run_id="run-a", epoch=2, results=(POINTS[0].results[0],))
    settings = [Series(label="a", points=(*POINTS, lacking))]
    option = frontier_option(settings, "utility_kept", "membership_auc", labels={}, by_steps=True)
    assert [one["label"]["formatter"] for one in option["series"][1]["data"]] == ["10", "40", "160"]
    empty = frontier_option([Series(label="a", points=())], "utility_kept", "membership_auc", labels={})
    assert [one["data"] for one in empty["series"]] == [[]]
    assert json.dumps(empty, allow_nan=False)


def test_over_epochs_has_the_band_the_anchors_the_limit_and_the_last_inside() -> None:
    ones = [Band(epoch=e, step=10 * e, value=v, low=v - 0.1, high=v + 0.1, n_seeds=3) for e, v in ((1, 0.5), (4, 0.6))]
    bare = Band(epoch=16, step=160, value=0.7, low=None, high=None, n_seeds=1)
    option = over_epochs_option(
        {"a": [*ones, bare]}, title="AUC", anchors={CONTROL: 0.5, COPY: 1.0}, limit=0.55, last_inside=4
    )
    lines, low, width, line = option["series"]
    assert [x for x, _ in low["data"]] == [1, 4]
    assert [y for _, y in low["data"]] == pytest.approx([0.4, 0.5])
    assert [y for _, y in width["data"]] == pytest.approx([0.2, 0.2]), "stacked upon the lower end"
    assert low["stack"] == width["stack"]
    assert [one[1] for one in line["data"]] == [0.5, 0.6, 0.7]
    marked = lines["markLine"]["data"]
    assert [one.get("yAxis") for one in marked] == [0.5, 1.0, 0.55, None]
    assert marked[3]["xAxis"] == 4
    assert option["xAxis"]["type"] == "log"
    assert option["xAxis"]["axisLabel"]["customValues"] == [1, 4, 16], "judged epochs, not 2 and 5 of some power"
    places = [one["label"]["position"] for one in marked[:2]]
    assert places == ["insideEndBottom", "insideEndTop"], "names of near lines stay apart"
    by_steps = over_epochs_option({"a": ones}, title="AUC", by_steps=True)
    assert [one[0] for one in by_steps["series"][-1]["data"]] == [10, 40]
    assert json.dumps(option, allow_nan=False)


def test_the_line_of_the_chosen_epoch_lies_where_the_axis_of_every_chart_has_it() -> None:
    ones = [Band(epoch=e, step=e, value=0.5, low=None, high=None, n_seeds=1) for e in (2, 8)]
    option = over_epochs_option({"a": ones}, title="AUC", ends=(1, 64), n_settings=2)
    assert (option["xAxis"]["min"], option["xAxis"]["max"]) == (1, 64), "this metric's own epochs end earlier"
    assert share_along(8, 1, 64) == pytest.approx(0.5)
    assert share_along(1, 1, 1) == 0, "a single checkpoint"
    grid = option["grid"]
    assert (grid["left"], grid["right"], grid["bottom"], grid["top"]) == (LEFT, RIGHT, BELOW, above(2))
    assert grid["outerBoundsMode"] == "none", "names of ticks would move the frame"
    assert above(2) > above(1), "a legend takes a line"


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
