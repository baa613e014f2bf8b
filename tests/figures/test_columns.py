import json

import pytest

from core.figures.columns import bin_shares, column_option, describe_column, level_shares, shape_difference
from core.figures.text import CLOCK_START
from core.figures.theme import DARK, LIGHT
from tests.figures.examples import HOSTILE, ages, jobs


def test_shares_are_of_all_rows_with_missing_ones_among_them():
    shares = bin_shares(ages())
    assert shares.real.tolist() == [0.3, 0.6]  # 30 and 60 of 30 + 60 + 10 rows
    assert shares.synthetic.tolist() == [0.25, 0.75]


def test_levels_past_the_limit_become_one_bar():
    shares = level_shares(jobs(), limit=2)
    assert shares.texts == ("a", "other (2 levels)")
    assert shares.real.tolist() == [0.5, 0.5]


def test_levels_that_were_joined_before_stay_in_one_bar():
    shares = level_shares(jobs(labels=("a", "b", "other (1,000 levels)")), limit=2)
    assert shares.texts == ("a", "other (1,001 levels)")
    assert shares.real.tolist() == [0.5, 0.5]


def test_missing_values_are_a_bar_of_their_own():
    shares = level_shares(jobs(real_missing=10))
    assert shares.texts[-1] == "(missing)"
    assert shares.real[-1] == 0.5


@pytest.mark.parametrize(
    ("picture", "difference"),
    [
        (jobs(real=(1, 1, 0), synthetic=(2, 2, 0)), 0.0),
        (jobs(real=(1, 0, 0), synthetic=(0, 0, 5)), 1.0),
        (jobs(), 0.2),  # (|.5 - .5| + |.3 - .5| + |.2 - 0|) / 2
        (ages(real_missing=0, real=(1, 1), synthetic=(0, 0), synthetic_missing=4), 1.0),
    ],
)
def test_shape_difference_orders_columns_by_what_is_drawn(picture, difference):
    assert shape_difference(picture) == pytest.approx(difference)


def test_real_and_synthetic_differ_by_more_than_colour():
    _, real, synthetic = column_option(ages())["series"]
    assert ("areaStyle" in real, real["lineStyle"]["width"]) == (True, 0), "real is filled"
    assert "areaStyle" not in synthetic, "synthetic is an outline"
    assert synthetic["lineStyle"]["color"] == LIGHT.synthetic
    assert column_option(ages(), colours=DARK)["series"][2]["lineStyle"]["color"] == DARK.synthetic
    levels = column_option(jobs())["series"]
    assert ["decal" in one["itemStyle"] for one in levels] == [False, True], "synthetic is hatched"


def test_a_histogram_has_its_edges_and_hovering_finds_the_bin():
    hovered, real, synthetic = column_option(ages())["series"]
    assert real["data"] == [[0, 0], [0, 30], [10, 60], [20, 60], [20, 0]]
    assert [y for _, y in synthetic["data"]] == [0, 25, 75, 75, 0]
    assert [one[:3] for one in hovered["data"]] == [[5.0, 30.0, "0 to 10"], [15.0, 60.0, "10 to 20"]]
    assert hovered["data"][0][3:] == ["30.00", "25.00"]
    drawn, unseen = column_option(ages())["xAxis"]
    assert (unseen["min"], unseen["max"], unseen["show"]) == (0, 20, False)
    assert drawn["axisPointer"]["triggerTooltip"] is False, "the nearest edge would hide the bin"


def test_both_tables_can_have_other_names():
    found = column_option(jobs(), names=("Older", "Newer"))
    assert [one["name"] for one in found["series"]] == ["Older", "Newer"]
    assert "Newer {@[4]} %" in found["tooltip"]["formatter"]


def test_without_synthetic_counts_only_the_real_table_is_drawn():
    for picture in (ages(synthetic=()), jobs(synthetic=())):
        found = column_option(picture)
        assert "Synthetic" not in str(found)
        assert not found["legend"]["show"]


def test_hostile_levels_reach_the_chart_as_text():
    found = column_option(jobs(labels=HOSTILE[:3]), title=HOSTILE[0])
    assert found["yAxis"]["data"][2] == HOSTILE[2], "a canvas shows texts as they are, so nothing is escaped"
    assert found["title"][0]["text"] == HOSTILE[0]
    assert "script" not in found["tooltip"]["formatter"], "a template is read as HTML"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_datetimes_are_drawn_on_a_date_axis():
    found = column_option(ages(type="datetime", edges=(0.0, 86_400.0, 172_800.0)))
    assert found["useUTC"] is True, "dates of the table would move with the visitor's clock"
    assert [axis["type"] for axis in found["xAxis"]] == ["time", "time"]
    assert found["series"][1]["data"][2][0] == 86_400_000
    day = column_option(ages(type="datetime", edges=(CLOCK_START, CLOCK_START + 3_600.0, CLOCK_START + 7_200.0)))
    assert day["xAxis"][0]["axisLabel"]["formatter"] == "{HH}:{mm}"


@pytest.mark.parametrize(
    "picture",
    [
        ages(edges=(), real=(), synthetic=(), labels=()),
        ages(real=(0, 0), real_missing=5),
        jobs(labels=(), real=(), synthetic=()),
        jobs(labels=("one",), real=(1,), synthetic=(0,)),
    ],
)
def test_empty_and_constant_columns_are_drawn_and_described(picture):
    assert json.dumps(column_option(picture), allow_nan=False)
    assert describe_column(picture).endswith(".")


def test_the_description_names_the_most_frequent_value_and_the_missing_share():
    assert describe_column(ages()) == (
        "Most real rows lie in 10 to 20: 60.0 % of real rows, of synthetic 75.0 %. "
        "Missing: 10.0 % of real, 0.0 % of synthetic rows."
    )
