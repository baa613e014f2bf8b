"""The population stability index: by hand, its best case, its worst, and what chance does."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.drift import stability, step_counts, step_cuts
from core.evaluation.pictures import COLUMN_PICTURES
from core.records import ColumnPicture
from tests.evaluation.made import schema_of, tables_of


def levels(real, synthetic, **more):
    labels = tuple(f"level {at}" for at in range(len(real)))
    return ColumnPicture(column="c", type="categorical", labels=labels, real=real, synthetic=synthetic, **more)


def moved(kind, reference, newer):
    """The index of one column from the tables themselves."""
    tables = tables_of(schema_of(c=kind), {"c": reference}, {"c": newer})
    return stability(next(COLUMN_PICTURES.measure(tables)))


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


def test_levels_that_the_reference_never_had_are_a_bin_of_their_own():
    # joined with a rare level to the last common one, half of the newer rows were hidden: the index was .0
    with_a_rare_level = stability(levels((5000, 4800, 200, 0), (5000, 0, 0, 5000)))
    assert with_a_rare_level.moved == "much"
    # p = (.5, .5, .00005), q = (.5, .00005, .5): about 2 * .5 ln(.5 / .00005) = 9.2
    assert stability(levels((5000, 5000, 0), (5000, 0, 5000))).index == pytest.approx(9.2, abs=0.05)


def test_new_levels_beyond_those_that_a_picture_shows_count_as_new():
    old = np.repeat([f"level {at}" for at in range(60)], 100)
    new = np.concatenate([old[:3000], np.repeat([f"new {at}" for at in range(30)], 100)])
    assert moved("categorical", old, new).index > 4


def test_a_heavy_tailed_number_is_counted_between_quantiles():
    random = np.random.default_rng(0)
    old, new = random.lognormal(0, 2, 10_000), 3 * random.lognormal(0, 2, 10_000)
    found = moved("continuous", old, new)
    # normal logarithms moved by d = ln 3 / 2 standard deviations: the index without bins is d^2 = .302
    assert found.index == pytest.approx(0.3, abs=0.03)
    assert found.moved == "much"
    assert 20 <= found.n_bins <= 21  # with one for values beyond all of the reference


@pytest.mark.parametrize(
    ("old", "new"),
    [([5.0], [3.0]), ([5.0], [7.0]), ([0.0, 0.0, 1.0, 2.0, 3.0], [-1.0, -2.0, 1.0, 2.0, 3.0])],
)
def test_values_beside_a_frequent_one_are_seen(old, new):
    assert moved("continuous", old * 200, new * 200).moved == "much"


def test_every_value_is_in_one_step_and_each_holds_a_twentieth():
    values = np.random.default_rng(1).normal(size=1_000)
    counts = step_counts(values, step_cuts(values))
    assert counts[0] == counts[-1] == 0
    assert sum(counts) == 1_000
    assert set(counts[1:-1]) <= {49, 50, 51}
    assert len(counts) == 22
    assert step_counts(values, step_cuts(values[:0])) == ()


@pytest.mark.parametrize("kind", ["numbers", "few rows", "whole numbers", "a third missing", "very many levels"])
def test_two_samples_of_one_table_are_within_chance(kind):
    random = np.random.default_rng(2)
    draw = {
        "numbers": lambda: random.lognormal(0, 2, 2_000),
        "few rows": lambda: random.normal(size=12),
        "whole numbers": lambda: random.poisson(3, 2_000).astype(float),
        "a third missing": lambda: np.where(random.random(2_000) < 1 / 3, np.nan, random.normal(size=2_000)),
        # one row in fifty of either sample has a level that the other lacks
        "very many levels": lambda: random.zipf(2, 2_000).astype(str),
    }[kind]
    of = "categorical" if kind == "very many levels" else "continuous"
    found = [moved(of, draw(), draw()) for _ in range(60)]
    # 3 of 60 are expected beyond the line; 9 and more happen once in 400 times
    assert sum(one.index > one.chance for one in found) < 9
    assert max(one.index for one in found) < 0.1 or kind == "few rows"
