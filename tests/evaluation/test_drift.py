"""The population stability index: by hand, its best case, its worst, and what chance does."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.drift import stability
from core.records import ColumnPicture


def levels(real, synthetic, **more):
    labels = tuple(f"level {at}" for at in range(len(real)))
    return ColumnPicture(column="c", type="categorical", labels=labels, real=real, synthetic=synthetic, **more)


def test_equal_shares_have_an_index_of_zero():
    found = stability(levels((600, 400), (300, 200)))
    assert found.index == pytest.approx(0, abs=1e-12)
    assert found.moved == "within chance"


def test_one_value_computed_by_hand():
    # p = (.5, .5), q = (.8, .2): (.5-.8) ln(.5/.8) + (.5-.2) ln(.5/.2) = .141 + .275 = .416
    found = stability(levels((500, 500), (800, 200)))
    assert found.index == pytest.approx(0.3 * np.log(4), rel=1e-12)
    assert found.moved == "much"
    assert found.n_bins == 2


def test_disjoint_tables_have_a_large_finite_index():
    found = stability(levels((1000, 0), (0, 1000)))
    assert found.index > 5
    assert np.isfinite(found.index)


def test_a_column_without_newer_rows_has_none():
    assert stability(levels((10, 5), (0, 0))) is None
    assert stability(levels((10, 5), ())) is None


def test_missing_values_are_a_bin_of_their_own():
    found = stability(levels((500, 500), (400, 400), real_missing=0, synthetic_missing=200))
    assert found.moved == "much"


def test_bins_are_joined_until_they_hold_a_twentieth():
    picture = ColumnPicture(
        column="c", type="continuous", edges=tuple(map(float, range(41))), real=(25,) * 40, synthetic=(25,) * 40
    )
    assert stability(picture).n_bins == 20


def test_two_samples_of_one_population_exceed_the_chance_line_once_in_twenty():
    random = np.random.default_rng(0)
    shares = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    over = 0
    for _ in range(2000):
        old, new = random.multinomial(4000, shares), random.multinomial(1000, shares)
        found = stability(levels(tuple(map(int, old)), tuple(map(int, new))))
        over += found.index > found.chance
    # binomial(2000, .05) has a standard error of .0049
    assert abs(over / 2000 - 0.05) < 0.015
