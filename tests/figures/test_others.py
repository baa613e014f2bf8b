"""Heatmaps, distance curves, scales and the still siblings."""

import json
from io import BytesIO

import numpy as np
import pytest

from core.figures.correlations import correlation_options, describe_correlations
from core.figures.distances import describe_curve, distance_option
from core.figures.scales import Rate, as_anchors, axis_range, metric_option, rate_option
from core.figures.static import column_picture, correlation_picture, distance_picture, loss_picture, save_figure
from core.figures.theme import DARK, LIGHT
from core.records import CorrelationPicture, Direction
from tests.figures.examples import HOSTILE, ages, curve, jobs, pairs, record, result


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda one: one.name)
def test_every_line_colour_has_a_contrast_of_three_on_its_background(colours):
    for name in ("real", "synthetic", "generator", "discriminator", "text", "muted", "good", "caution", "bad"):
        bright, dark = sorted((luminance(getattr(colours, name)), luminance(colours.background)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 3, name


def test_three_heatmaps_share_one_scale_and_the_difference_is_synthetic_minus_real():
    found = correlation_options(pairs())
    for option in (found.real, found.synthetic, found.difference):
        assert (option["visualMap"]["min"], option["visualMap"]["max"]) == (-1, 1)
    cells = found.difference["dataset"]["source"].set_index(["Column", "With"])["Association"]
    assert cells["a", "b"] == pytest.approx(-0.4)
    assert np.isnan(cells["a", "c"])


def test_the_largest_difference_is_named():
    assert "a with b, 0.50 real and 0.10 synthetic" in describe_correlations(pairs())


def test_three_hundred_columns_are_drawn_without_names_beside_them():
    n = 300
    rows = tuple(tuple(0.5 for _ in range(n)) for _ in range(n))
    picture = CorrelationPicture(columns=tuple(f"c{i}" for i in range(n)), kind="Pearson", real=rows, synthetic=rows)
    option = correlation_options(picture).real
    assert option["xAxis"]["axisLabel"]["show"] is False
    assert option["dataset"]["source"].memory_usage(index=False).sum() < 9 * n * n, "more than 8 bytes a cell"


def test_hostile_names_of_columns_reach_the_heatmap_as_text():
    rows = tuple(tuple(1.0 for _ in HOSTILE) for _ in HOSTILE)
    option = correlation_options(CorrelationPicture(columns=HOSTILE, kind="x", real=rows, synthetic=rows)).real
    assert option["xAxis"]["data"][4] == HOSTILE[4], "a canvas shows texts as they are, so nothing is escaped"
    assert "formatter" not in option["tooltip"], "a template is read as HTML"


def test_train_and_control_curves_differ_by_colour_and_dash():
    lines = [one["lineStyle"] for one in distance_option(curve())["series"]]
    assert [(line["color"], line["type"]) for line in lines] == [
        (LIGHT.synthetic, "solid"), (LIGHT.real, "dashed"), (LIGHT.muted, "dotted"),
    ]  # fmt: skip
    assert describe_curve(curve()).startswith("synthetic to train rows: half of the rows within 0.5")


def test_intervals_of_anchors_belong_to_their_anchor():
    (anchor,) = as_anchors(result().anchors)
    assert (anchor.name, anchor.low, anchor.high) == ("control rows", 0.98, 0.995)


def test_the_chance_band_belongs_to_fresh_rows_and_rates_stay_off_the_scale():
    found = as_anchors({"fresh rows": 0.5, "chance low": 0.48, "chance high": 0.52, "attack": 0.9, "detectable": 0.2})
    assert [(one.name, one.low, one.high) for one in found] == [("fresh rows", 0.48, 0.52)]


@pytest.mark.parametrize(
    "one",
    [
        result(),
        result(anchors={}),
        result(value=0.0, low=None, high=None, anchors={"a": 0.0}, direction=Direction.LOWER),
        result(value=1.0, low=1.0, high=1.0, anchors={"a": 1.0, "b": 1.0, "c": 1.0}),
        result(value=-3.0, low=-5.0, high=12.0, anchors={"a": 0.0}),
    ],
)
def test_every_metric_lies_inside_its_scale(one):
    low, high = axis_range(one)
    assert low < high
    assert low <= one.value <= high
    option, height = metric_option(one)
    assert option["series"][-1]["data"][0]["value"] == [one.value, 0]
    assert (option["xAxis"]["min"], option["yAxis"]["max"] - option["yAxis"]["min"]) == (
        low - (high - low) * 0.03,
        height,
    )
    assert json.dumps(option, allow_nan=False)


def test_a_rate_shows_its_interval_on_both_sides():
    rates = [Rate(label="attack", value=0.5, low=0.4, high=0.7), Rate(label=HOSTILE[0], value=0.1)]
    option, _ = rate_option(rates, unit="right (%)", guess=0.5)
    interval, dots, guess = option["series"]
    assert [x for x, _ in interval["data"]] == pytest.approx([40, 70])
    assert [one["name"] for one in dots["data"]] == ["50 % (40 to 70)", "10 %"]
    assert guess["markLine"]["data"][0]["xAxis"] == 50
    assert option["yAxis"]["data"][1] == HOSTILE[0]
    assert json.dumps(option, allow_nan=False)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_still_pictures_are_written(kind):
    records = [record(1, 10), record(2, 20, generator=1.0)]
    named = CorrelationPicture(columns=HOSTILE[:3], kind="$x$", real=pairs().real, synthetic=pairs().synthetic)
    figures = [
        column_picture(ages(column=HOSTILE[1])), column_picture(jobs(labels=HOSTILE[:3])), correlation_picture(named),
        column_picture(ages(type="datetime")), distance_picture(curve()), loss_picture(records),
    ]  # fmt: skip
    for figure in figures:
        target = BytesIO()
        save_figure(figure, target, kind=kind)
        assert target.getvalue()[:4] in (b"\x89PNG", b"<?xm")


def test_other_formats_are_refused():
    with pytest.raises(ValueError, match="png or svg"):
        save_figure(loss_picture([]), BytesIO(), kind="pdf")
