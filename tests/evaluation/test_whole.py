"""Distance of clouds and their picture."""

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis

from core.errors import NotApplicable
from core.evaluation.whole import WHOLE_TABLE, Cloud
from core.pictures import ProjectionPicture
from tests.evaluation.made import MIXED, people, result, schema_of, tables_of


def test_distances_agree_with_scipy():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3))
    cloud = Cloud.of(rows)
    inverse = np.linalg.inv(np.cov(rows.T, bias=True))
    theirs = [mahalanobis(row, rows.mean(axis=0), inverse) for row in rows[:5]]
    assert cloud.distances(rows[:5]) == pytest.approx(theirs, abs=1e-6)


def test_the_distance_of_means_by_hand():
    # x is -1, 1, -1, 1, ...: mean 0, standard deviation 1; synthetic mean .5, so half a standard deviation
    schema = schema_of(x="continuous")
    tables = tables_of(schema, {"x": np.tile([-1.0, 1.0], 20)}, {"x": np.tile([-0.5, 1.5], 20)})
    assert result(list(WHOLE_TABLE.measure(tables)), "mahalanobis_distance").value == pytest.approx(0.5, abs=1e-6)


def test_fresh_rows_lie_where_real_rows_do_and_far_rows_are_atypical():
    items = list(WHOLE_TABLE.measure(tables_of(MIXED, people(3_000, 0), people(2_000, 1), people(1_000, 2))))
    distance, atypical = (result(items, name) for name in ("mahalanobis_distance", "atypical_rows"))
    assert distance.value < 0.15
    assert 0.003 < atypical.value < 0.025
    assert atypical.low < atypical.value < atypical.high
    far = people(2_000, 1) | {"age": np.full(2_000, 500.0)}
    items = list(WHOLE_TABLE.measure(tables_of(MIXED, people(3_000, 0), far)))
    assert result(items, "atypical_rows").value == 1
    assert result(items, "mahalanobis_distance").value > 5


def test_a_lost_relation_shows_although_marginals_are_kept():
    rng = np.random.default_rng(0)
    x = rng.normal(size=3_000)
    schema = schema_of(x="continuous", y="continuous")
    real = {"x": x, "y": x + 0.1 * rng.normal(size=3_000)}
    items = list(WHOLE_TABLE.measure(tables_of(schema, real, {"x": x, "y": rng.permutation(real["y"])})))
    assert result(items, "atypical_rows").value > 0.5


def test_the_picture_counts_every_row_once_and_never_holds_one():
    tables = tables_of(MIXED, people(500, 0), people(400, 1), people(300, 2))
    [picture] = [one for one in WHOLE_TABLE.measure(tables) if isinstance(one, ProjectionPicture)]
    assert {name: np.sum(counts) for name, counts in picture.counts.items()} == {
        "real": 500,
        "synthetic": 400,
        "control": 300,
    }
    assert 0 < picture.explained[1] <= picture.explained[0] < 1


def test_rows_without_spread_are_a_reason():
    constant = {"x": np.ones(50), "y": np.ones(50)}
    with pytest.raises(NotApplicable, match="equal"):
        list(WHOLE_TABLE.measure(tables_of(schema_of(x="continuous", y="continuous"), constant, constant)))
