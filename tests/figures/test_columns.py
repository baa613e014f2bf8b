import numpy as np
import pytest

from core.figures.columns import bin_shares, column_figure, describe_column, level_shares, shape_difference
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
    bins, levels = column_figure(ages()), column_figure(jobs())
    assert [trace.type for trace in bins.data] == ["bar", "scatter"]
    assert [trace.marker.pattern.shape for trace in levels.data] == ["", "/"]
    assert bins.data[1].line.color == LIGHT.synthetic
    assert column_figure(ages(), colours=DARK).data[1].line.color == DARK.synthetic


def test_without_synthetic_counts_only_the_real_table_is_drawn():
    assert len(column_figure(ages(synthetic=())).data) == 1
    assert len(column_figure(jobs(synthetic=())).data) == 1


def test_hostile_levels_reach_the_chart_as_text():
    spec = column_figure(jobs(labels=HOSTILE[:3])).to_json()
    assert "<script" not in spec
    assert "\\u003cscript" not in spec
    assert "&lt;script&gt;" in spec


def test_datetimes_are_drawn_on_a_date_axis():
    figure = column_figure(ages(type="datetime", edges=(0.0, 86_400.0, 172_800.0)))
    assert figure.layout.xaxis.type == "date"
    assert np.allclose(figure.data[0].x, [0, 86_400_000])


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
    assert column_figure(picture) is not None
    assert describe_column(picture).endswith(".")


def test_the_description_names_the_most_frequent_value_and_the_missing_share():
    assert describe_column(ages()) == (
        "Most real rows lie in 10 to 20: 60.0 % of real rows, of synthetic 75.0 %. "
        "Missing: 10.0 % of real, 0.0 % of synthetic rows."
    )
