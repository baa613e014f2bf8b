"""Pictures of the real table: associations, pairs, missing cells and groups."""

from __future__ import annotations

import numpy as np
import pytest

from core.exploration import Axis, Box, MissingPattern, PairPicture
from core.figures.exploring import association_figure, describe_pair, group_sizes_figure, missing_figure, pair_figure
from core.figures.theme import DARK, LIGHT
from tests.figures.examples import HOSTILE

GRID = PairPicture(
    x=Axis(column=HOSTILE[0], edges=(0.0, 1.0, 2.0)),
    y=Axis(column=HOSTILE[1], is_datetime=True, edges=(0.0, 86_400.0, 172_800.0)),
    counts=((3, 0), (1, 6)),
    n_rows=10,
)
LEVELS = PairPicture(
    x=Axis(column="a", labels=(HOSTILE[0], "rare")),
    y=Axis(column="b", labels=("u", "v")),
    counts=((90, 1), (10, 3)),
    n_rows=104,
)
BOXES = PairPicture(
    x=Axis(column="a", labels=("u", HOSTILE[4])),
    y=Axis(column="pay"),
    boxes=(
        Box(label="u", n_rows=5, quantiles=(1, 2, 3, 4, 5)),
        Box(label=HOSTILE[4], n_rows=5, quantiles=(5, 6, 7, 8, 9)),
    ),
    n_rows=10,
)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=lambda one: one.name)
@pytest.mark.parametrize("picture", [GRID, LEVELS, BOXES], ids=["grid", "levels", "boxes"])
def test_names_of_a_table_are_never_read_as_markup(picture, colours):
    drawn = pair_figure(picture, colours=colours).to_json()
    assert "<script>" not in drawn
    assert "\\u003cscript" not in drawn


def test_two_level_columns_are_shares_of_each_level_of_x():
    shares = np.array(pair_figure(LEVELS).data[0].z)
    assert shares[:, 0].tolist() == [90, 10]
    assert shares[:, 1].tolist() == [25, 75]


def test_an_empty_cell_is_a_gap_and_not_a_zero():
    assert np.isnan(np.array(pair_figure(GRID).data[0].z)[0, 1])


def test_a_pair_is_described_in_one_sentence():
    assert describe_pair(GRID).startswith("Most rows (60.0 %) have ")
    assert "1970-01-02 to 1970-01-03" in describe_pair(GRID)
    assert describe_pair(BOXES) == "The lowest median of pay has u (3), the highest a & b (7)."
    assert "<script>alert(1)</script>" in describe_pair(LEVELS), "a sentence is escaped by the page that shows it"
    nothing = PairPicture(x=Axis(column="a", labels=("u",)), y=Axis(column="b", labels=("v",)), counts=((0,),))
    assert describe_pair(nothing) == "No row has a value in both columns."


def test_signed_measures_are_drawn_from_minus_one_and_the_others_from_zero():
    matrix = np.array([[1.0, 0.2], [0.2, np.nan]])
    assert association_figure(["a", "b"], matrix, signed=True).data[0].zmin == -1
    assert association_figure(["a", "b"], matrix, signed=False).data[0].zmin == 0


def test_names_disappear_from_a_heatmap_of_very_many_columns():
    wide = association_figure([f"c{at}" for at in range(300)], np.eye(300), signed=False)
    assert wide.layout.xaxis.showticklabels is False


def test_missing_patterns_show_the_columns_with_the_most_first():
    patterns = [MissingPattern(columns=(), n_rows=50), MissingPattern(columns=("b", "a"), n_rows=30)]
    figure = missing_figure([*patterns, MissingPattern(columns=("a",), n_rows=20)], 100)
    assert list(figure.data[0].x) == ["a", "b"]
    assert np.array(figure.data[0].z).tolist() == [[0, 0], [1, 1], [1, 0]]


def test_unique_rows_are_drawn_as_a_warning():
    figure = group_sizes_figure({"1": 25, "2 to 4": 75}, 100)
    assert list(figure.data[0].y) == [25, 75]
    assert figure.data[0].marker.color[0] == LIGHT.bad
