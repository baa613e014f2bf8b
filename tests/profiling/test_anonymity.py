"""The k-anonymity family on tables whose groups can be counted by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidConfig, NotApplicable
from core.profiling.anonymity import (
    Anonymity,
    generalise_until,
    measure_anonymity,
    measure_table,
    suggest_quasi_identifiers,
)
from core.profiling.coarsening import coarsening_recipe
from core.profiling.infer import infer_schema
from core.schema import Column, ColumnType, Schema, Storage

PEOPLE = pd.DataFrame(
    {
        "age": [30, 30, 30, 40, 40, 50],
        "sex": ["f", "f", "f", "m", "m", "f"],
        "illness": ["flu", "flu", "cold", "flu", "flu", "cold"],
    }
)


def test_groups_of_people_are_counted():
    # groups: (30, f) three rows, (40, m) two, (50, f) one
    found = measure_anonymity(PEOPLE, ["age", "sex"])
    assert (found.n_groups, found.k, found.n_unique, found.unique_share) == (3, 1, 1, pytest.approx(1 / 6))
    assert found.rows_by_size == {1: 1, 2: 5, 5: 0, 10: 0, 20: 0, 50: 0, 100: 0}


def test_diversity_and_closeness_of_a_secret_are_computed():
    found = measure_anonymity(PEOPLE, ["age", "sex"], sensitive="illness")
    assert found.l_diversity == 1
    assert found.n_homogeneous == 3  # both rows of (40, m) and the one of (50, f)
    # overall: flu 4/6, cold 2/6; the group (50, f) has cold only: (|0 - 4/6| + |1 - 2/6|) / 2 = 4/6
    assert found.t_closeness == pytest.approx(2 / 3)


def test_one_group_of_all_rows_is_as_close_and_as_anonymous_as_can_be():
    found = measure_anonymity(PEOPLE.assign(all="x"), ["all"], sensitive="illness")
    assert (found.k, found.l_diversity, found.t_closeness) == (6, 2, pytest.approx(0))


def test_closeness_of_ordered_values_counts_how_far_they_are_moved():
    frame = pd.DataFrame({"q": ["a", "a", "b", "b"], "pay": [1, 1, 3, 2]})
    # values 1, 2, 3; overall cumulated 1/2, 3/4, 1; group a: 1, 1, 1: (1/2 + 1/4 + 0) / 2 = 3/8
    # group b: 0, 1/2, 1: (1/2 + 1/4 + 0) / 2 = 3/8
    assert measure_anonymity(frame, ["q"], sensitive="pay", ordered=True).t_closeness == pytest.approx(3 / 8)


def test_missing_cells_are_a_value_of_their_own():
    frame = pd.DataFrame({"q": ["a", None, None, np.nan]})
    assert measure_anonymity(frame, ["q"]).k == 1
    assert measure_anonymity(frame, ["q"]).n_groups == 2


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(InvalidConfig, match="no column called 'x'"):
        measure_anonymity(PEOPLE, ["x"])
    with pytest.raises(InvalidConfig, match="known and secret at once"):
        measure_anonymity(PEOPLE, ["age"], sensitive="age")
    with pytest.raises(NotApplicable):
        measure_anonymity(PEOPLE.iloc[:0], ["age"])


@pytest.fixture
def town(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, 3_000),
            "sex": rng.choice(["f", "m"], 3_000),
            "zip_code": rng.choice([f"{n:05d}" for n in range(10_100, 10_160)], 3_000),
            "gain": rng.normal(0, 1, 3_000),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    return frame, infer_schema(tmp_path / "t.parquet")


def test_what_outsiders_may_know_is_suggested(town):
    assert suggest_quasi_identifiers(town[1]) == ("age", "sex", "zip_code")


@pytest.mark.parametrize("k", [2, 5, 20])
def test_columns_are_made_coarser_until_every_group_has_k_rows(town, k):
    frame, schema = town
    names = ["age", "sex", "zip_code"]
    assert measure_anonymity(frame, names).k == 1
    made, steps = generalise_until(frame, schema, names, k)
    assert measure_anonymity(made, names).k >= k
    assert len(made) == len(frame)
    kept = [step.information_kept for step in steps]
    assert kept == sorted(kept, reverse=True)
    assert 0 <= kept[-1] < 1


def test_allowing_a_few_rows_to_be_left_out_keeps_more_information(town):
    frame, schema = town
    names = ["age", "sex", "zip_code"]
    _, strict = generalise_until(frame, schema, names, 10)
    made, loose = generalise_until(frame, schema, names, 10, suppress_share=0.05)
    assert measure_anonymity(made, names).k >= 10
    assert len(made) >= 0.95 * len(frame)
    assert loose[-1].information_kept >= strict[-1].information_kept


def test_a_table_that_is_anonymous_enough_is_left_as_it_is(town):
    frame, schema = town
    made, steps = generalise_until(frame, schema, ["sex"], 5)
    assert steps == []
    pd.testing.assert_frame_equal(made, frame)


def test_many_ordered_values_are_ranked_in_classes_of_equal_frequency():
    """Groups that hold the lower and the upper half: each is moved by a quarter of the scale, halves by hand.

    In ranks, the table is uniform on 0 to 1 and a group on 0 to 0.5: the area between their cumulated shares is 0.25.
    """
    pay = np.arange(2_000, dtype=float)
    frame = pd.DataFrame({"town": np.where(pay < 1_000, "a", "b"), "pay": pay})
    found = measure_anonymity(frame, ["town"], sensitive="pay", ordered=True)
    assert found.t_closeness == pytest.approx(0.25, abs=0.01)
    assert found.l_diversity == 1_000


def test_ordinal_levels_lie_on_a_line_in_their_order(tmp_path):
    grades = ["low", "mid", "high"]
    frame = pd.DataFrame({"town": ["a"] * 3 + ["b"] * 3, "grade": ["low", "low", "mid", "high", "high", "mid"]})
    frame.to_parquet(tmp_path / "t.parquet")
    column = {"reason": "test", "storage": Storage.TEXT}
    town = Column(name="town", type=ColumnType.CATEGORICAL, **column)
    schema = Schema(columns=(town, Column(name="grade", type=ColumnType.ORDINAL, order=tuple(grades), **column)))
    found = measure_table(tmp_path / "t.parquet", schema, ["town"], sensitive="grade")
    # table: 2/6, 2/6, 2/6; town a: 2/3, 1/3, 0; cumulated differences 1/3, 1/3, 0; sum / (3 - 1) = 1/3
    assert found.t_closeness == pytest.approx(1 / 3)
    assert Anonymity.from_json(found.to_json()) == found


def test_a_search_for_k_becomes_a_recipe_that_reaches_it(town):
    frame, schema = town
    names = suggest_quasi_identifiers(schema)
    _, steps = generalise_until(frame, schema, names, 5, suppress_share=0.02)
    made, _ = coarsening_recipe(steps, names, 5).fitted(frame).apply(frame)
    left = [name for name in names if name in made.columns]
    assert not left or measure_anonymity(made, left).k >= 5
    assert len(made) >= 0.9 * len(frame)
