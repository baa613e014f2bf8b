"""Linkability: null, copies, by hand, compared with the library guess by guess, and where it does not apply."""

import dataclasses
from math import comb

import numpy as np
import pytest
from anonymeter.evaluators.linkability_evaluator import _find_nn

from core.errors import NotApplicable
from core.evaluation.attacks.knowledge import WHOLE_RANGE, suggest_halves
from core.evaluation.attacks.linkability import LINKABILITY, attack_links, chance_of_link, links
from core.evaluation.distance import encode_frames
from core.evaluation.metric import Tables
from core.evaluation.neighbours import build_index, find_nearest
from core.schema import ColumnType, Schema
from core.tables import level_codes
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame, results


def test_fresh_rows_are_at_the_null() -> None:
    found = results(LINKABILITY, case(800, 800, 800, seed=1))["linkability"]
    assert found.anchors["signed low"] <= 0 <= found.anchors["signed high"]


def test_copied_rows_are_at_the_worst() -> None:
    generator = np.random.default_rng(0)
    schema = Schema(columns=tuple(column(name, ColumnType.CONTINUOUS) for name in "abcd"))
    train, control = (frame(dict(zip("abcd", generator.random((4, 300)), strict=True)), schema) for _ in range(2))
    tables = Tables(schema=schema, train=train, control=control, synthetic=train)
    found = results(LINKABILITY, tables)["linkability"]
    assert found.anchors["attack"] == 1.0
    assert found.value > 0.9


def test_links_by_hand() -> None:
    # lists (1, 2) and (2, 3) meet in 2; (1, 2) and (3, 4) do not; (5, 6) and (6, 5) meet
    first = np.array([[1, 2], [1, 2], [5, 6]])
    second = np.array([[2, 3], [3, 4], [6, 5]])
    assert links(first, second).tolist() == [True, False, True]


def test_baseline_is_its_closed_form() -> None:
    # n = 6, k = 2: 1 - C(4, 2) / C(6, 2) = 1 - 6 / 15 = .6
    assert chance_of_link(6, 2) == pytest.approx(0.6)
    assert chance_of_link(1000, 10) == pytest.approx(1 - comb(990, 10) / comb(1000, 10))


def test_neighbours_are_those_of_the_library_where_distances_differ() -> None:
    # one column alone can tie; distances of both searches are compared for every guess, rows where there is no tie
    tables = case(200, 200, 400, seed=5)
    names = ["height", "town"]
    targets, synthetic = tables.train[names], tables.synthetic[names]
    codes, _ = level_codes(synthetic["town"], targets["town"])
    theirs = _find_nn(
        syn=synthetic.assign(town=[f"t{one}" for one in codes[0]]),
        ori=targets.assign(town=[f"t{one}" for one in codes[1]]),
        n_jobs=1,
        n_neighbors=3,
    )
    frames = {"synthetic": synthetic, "targets": targets}
    space = encode_frames(frames, [SCHEMA[name] for name in names], percentiles=WHOLE_RANGE, range_from=tuple(frames))
    index = build_index(space.tables["synthetic"], space, np.random.default_rng(0))
    ours = find_nearest(space.tables["targets"], index, 4)
    queries, rows = space.tables["targets"], space.tables["synthetic"]
    apart = np.abs(rows.numbers[0][theirs] - queries.numbers[0][:, None]) * space.inverse_range[0]
    distance = (apart + (rows.levels[0][theirs] != queries.levels[0][:, None])) / 2
    assert np.allclose(distance, ours.distance[:, :3], atol=3e-9)
    alone = (np.diff(ours.distance, axis=1) > 1e-8).all(axis=1)
    assert alone.sum() > 20
    assert np.array_equal(ours.index[alone, :3], theirs[alone])


def test_rows_at_equal_distance_are_drawn_for_each_holder_anew() -> None:
    # every synthetic row is equal, so a link is pure chance; sorting once would link everybody
    schema = Schema(columns=(column("a", ColumnType.CATEGORICAL), column("b", ColumnType.CATEGORICAL)))
    same = frame({"a": ["x"] * 400, "b": ["y"] * 400}, schema)
    tables = Tables(schema=schema, train=same, control=same, synthetic=same)
    guesses, n_neighbours = attack_links(tables, (("a",), ("b",)), n_attacks=50, n_neighbours=1)
    assert n_neighbours == 1
    assert guesses.attack in (0, 50)  # all targets are equal: one draw decides, and it is 1 in 400


def test_fewer_control_rows_than_attacks_are_no_error() -> None:
    found = results(LINKABILITY, case(400, 60, 300))["linkability"]
    assert found.counts["guesses at control rows"] == found.counts["guesses at train rows"] == 60
    assert found.counts["guesses requested"] == 2000


def test_halves_are_dealt_by_entropy() -> None:
    first, second = suggest_halves(case())
    assert sorted((*first, *second)) == sorted(SCHEMA.names)
    assert abs(len(first) - len(second)) <= 1


def test_without_control_rows_with_one_column_or_three_rows_it_is_refused_with_the_reason() -> None:
    with pytest.raises(NotApplicable, match="control rows"):
        results(LINKABILITY, dataclasses.replace(case(), control=None))
    with pytest.raises(NotApplicable, match="10"):
        results(LINKABILITY, case(3, 3, 3))
    schema = Schema(columns=(column("a", ColumnType.CONTINUOUS),))
    line = frame({"a": np.arange(20.0)}, schema)
    with pytest.raises(NotApplicable, match="fewer than two"):
        results(LINKABILITY, Tables(schema=schema, train=line, control=line, synthetic=line))
