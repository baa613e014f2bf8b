"""DCR share, memorised share, NNDR and exact copies: null, copies, by hand, and where they do not apply."""

import dataclasses

import numpy as np
import pytest

from core.errors import NotApplicable
from core.evaluation.distance import row_space
from core.evaluation.metric import Tables
from core.evaluation.neighbours import Nearest
from core.evaluation.privacy_distances import DISTANCES
from core.evaluation.privacy_levels import DISTANCES_BY_LEVEL
from core.evaluation.privacy_null import equal_blocks, permuted_spread
from core.evaluation.privacy_rows import nearest_rows, shared_weights
from core.records import DistanceCurve, Status
from core.schema import ColumnType, Schema
from tests.evaluation.privacy_cases import SCHEMA, case, column, frame, results


def line(train: list, control: list | None, synthetic: list) -> Tables:
    """One number column whose range is 1: distances are plain differences, capped at 1."""
    schema = Schema(columns=(column("x", ColumnType.CONTINUOUS),))
    return Tables(
        schema=schema,
        train=frame({"x": np.array(train, dtype=float)}, schema),
        control=None if control is None else frame({"x": np.array(control, dtype=float)}, schema),
        synthetic=frame({"x": np.array(synthetic, dtype=float)}, schema),
    )


def test_fresh_rows_are_at_the_null() -> None:
    found = results(DISTANCES, case(1600, 400, 800, seed=1))
    assert found["dcr_share"].low <= 0.5 <= found["dcr_share"].high
    assert found["memorised_share"].low <= 0 <= found["memorised_share"].high
    fair = found["nndr_p05_train"].anchors
    assert fair["at the number of control rows"] == pytest.approx(found["nndr_p05_control"].value, abs=0.1)
    assert found["exact_copies"].value < 0.01


def test_copied_rows_are_at_the_worst() -> None:
    found = results(DISTANCES, case(copied=1.0))
    assert found["dcr_share"].value == pytest.approx(1.0, abs=0.01)
    assert found["memorised_share"].value == pytest.approx(1.0, abs=0.02)
    assert found["nndr_p05_train"].value == 0.0
    assert found["nndr_p05_control"].value > 0.1
    assert found["exact_copies"].value == 1.0


def test_a_share_of_copied_rows_is_the_memorised_share() -> None:
    values = [
        results(DISTANCES, case(1200, 400, 600, copied=0.4, seed=seed))["memorised_share"].value for seed in range(5)
    ]
    assert np.mean(values) == pytest.approx(0.4, abs=0.06)


def test_dcr_share_by_hand_with_a_tie() -> None:
    # train 0 and 10, control 4 and 20; synthetic 1 (train nearer), 2 (tie 2 and 2), 5 (control nearer), 9 (train)
    # the range is over 19, so nothing is capped: (1 + .5 + 0 + 1) / 4 = .625
    found = results(DISTANCES, line([0, 10], [4, 20], [1, 2, 5, 9]))
    assert found["dcr_share"].value == pytest.approx(0.625)
    assert found["dcr_share"].counts["blocks"] == 1


def test_the_worst_case_counts_all_train_rows_and_not_only_those_in_blocks() -> None:
    # 51 blocks of 39 rows fit, 10 are made: a copied row lies in one of the 10 once in five times: .5 + .5 * 39 / 2000
    several = [results(DISTANCES, case(2_000, 40, 600, copied=1.0, seed=seed))["dcr_share"] for seed in range(8)]
    found = several[0]
    assert found.counts["blocks"] == 10
    assert found.anchors["all rows copied from train"] == pytest.approx(0.50975)
    # which 39 control rows there are moves one value by some .02; their mean is far from the .55 of ten blocks
    assert np.mean([one.value for one in several]) == pytest.approx(0.51, abs=0.02)
    assert "divided by 102.6; even if all rows were copies, it would not have shown" in found.explanation
    assert found.anchors["detectable share of copied rows"] == 1.0


def test_what_would_have_shown_shows_with_all_blocks() -> None:
    found = results(DISTANCES, case(800, 400, 400, copied=1.0, seed=3))["dcr_share"]
    assert found.anchors["all rows copied from train"] == pytest.approx(0.75)
    assert found.value == pytest.approx(0.75, abs=0.03)
    assert "divided by 4; copies would have shown" in found.explanation


def test_memorised_share_by_hand_with_a_tie() -> None:
    # train 0, 10, 30, control 4; synthetic 1 (0), 2 (0 and 4: half each), 5 (4), 9 (10)
    # s = (1 + .5 + 1) / 4 = .625, p = .75: (.625 - .75) / .25 = -.5
    found = results(DISTANCES, line([0, 10, 30], [4], [1, 2, 5, 9]))
    assert found["memorised_share"].value == pytest.approx(-0.5)


def test_nndr_by_hand_with_repeated_reference_rows() -> None:
    # train 0, 0, 4: different rows 0 and 4; synthetic 1: distances 1 and 3, ratio 1/3 (not 1/1 from the repetition)
    found = results(DISTANCES, line([0, 0, 4], [0, 0, 2], [1]))
    assert found["nndr_p05_train"].value == pytest.approx(1 / 3)
    assert found["nndr_p05_control"].value == pytest.approx(1.0)


def test_exact_copies_by_hand() -> None:
    # 3 and 7 are train rows, 5 is a control row, 6 is neither: 2 of 4
    found = results(DISTANCES, line([3, 7, 9], [5, 8, 1], [3, 7, 5, 6]))["exact_copies"]
    assert found.value == 0.5
    assert found.counts["copies of control rows"] == 1


def test_memorised_share_is_as_wide_as_shared_neighbours_make_it() -> None:
    # one hundred synthetic rows around one real row are one observation, not a hundred
    tables = line(list(range(50)), list(np.arange(50) + 0.5), [7.01] * 100)
    found = results(DISTANCES, tables)
    assert found["memorised_share"].value == pytest.approx(1.0)
    assert found["memorised_share"].low < 0 < found["memorised_share"].value
    assert found["dcr_share"].low < 0.5


def test_permuted_spread_agrees_with_searching_again_after_each_permutation() -> None:
    tables = case(90, 30, 60, copied=0.3, seed=2)
    space = row_space(tables)
    blocks = equal_blocks(90, 30, np.random.default_rng(0))
    spread = permuted_spread(space, space.tables["synthetic"], blocks, np.random.default_rng(1))
    pool = np.concatenate([space.tables[name].numbers for name in ("train", "control")], axis=1)
    codes = np.concatenate([space.tables[name].levels for name in ("train", "control")], axis=1)
    synthetic = space.tables["synthetic"]
    apart = np.minimum(
        np.abs(pool[:, None, :] - synthetic.numbers[:, :, None]) * space.inverse_range[:, None, None], 1
    ).sum(axis=0) + (codes[:, None, :] != synthetic.levels[:, :, None]).sum(axis=0)
    apart = np.round(apart, 8)
    generator = np.random.default_rng(2)
    shares = []
    for _ in range(400):
        groups = generator.permutation(120).reshape(4, 30)
        least = np.stack([apart[:, group].min(axis=1) for group in groups])
        shares.append((least[1:] < least[0]).mean() + 0.5 * (least[1:] == least[0]).mean())
    assert spread == pytest.approx(np.std(shares), rel=0.15)


def test_blocks_are_disjoint_and_as_large_as_the_control() -> None:
    blocks = equal_blocks(39_074, 9_768, np.random.default_rng(0))
    together = np.concatenate(blocks.train)
    assert len(blocks.train) == 4
    assert {len(one) for one in blocks.train} == {len(blocks.control)} == {9_768}
    assert len(np.unique(together)) == len(together)


def test_one_control_row_missing_does_not_cost_a_block() -> None:
    blocks = equal_blocks(399, 100, np.random.default_rng(0))
    assert (len(blocks.train), blocks.size) == (4, 99)


def test_fewer_train_rows_than_control_rows_use_as_many_control_rows() -> None:
    blocks = equal_blocks(40, 100, np.random.default_rng(0))
    assert (len(blocks.train), blocks.size) == (1, 40)


def test_a_synthetic_row_is_shared_out_among_equally_near_rows_and_their_repetitions() -> None:
    # query 0 is tied between distinct rows 0 (two copies) and 1 (one copy): a third for each of three real rows
    near = Nearest(distance=np.array([[0.1, 0.1], [0.2, 0.3]]), index=np.array([[0, 1], [1, 0]]))
    weights = shared_weights(near, np.array([0, 0, 1]))
    assert weights.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3 + 1])


def test_without_control_rows_shares_are_not_measured_and_copies_are() -> None:
    found = results(DISTANCES, dataclasses.replace(case(), control=None, cache={}))
    for name in ("dcr_share", "memorised_share", "nndr_p05_control"):
        assert found[name].status is Status.NOT_MEASURED
        assert "control rows" in found[name].explanation
    assert found["nndr_p05_train"].status is Status.MEASURED
    assert found["exact_copies"].status is Status.MEASURED


def test_constant_tables_are_not_measured_with_the_reason() -> None:
    same = frame({"height": [1.0] * 9, "weight": 1.0, "eyes": "blue", "town": "x"})
    found = results(DISTANCES, Tables(schema=SCHEMA, train=same, control=same, synthetic=same))
    assert found["dcr_share"].status is Status.NOT_MEASURED
    assert "equally far" in found["dcr_share"].explanation
    assert "two different" in found["nndr_p05_train"].explanation
    assert found["exact_copies"].value == 1.0


@pytest.mark.parametrize("n_rows", [1, 3])
def test_tiny_tables_give_numbers_or_reasons(n_rows: int) -> None:
    assert len(results(DISTANCES, case(n_rows, n_rows, n_rows))) == 5


def test_one_column_of_all_unique_levels_gives_numbers_or_reasons() -> None:
    schema = Schema(columns=(column("code", ColumnType.CATEGORICAL),))
    tables = [frame({"code": [f"{part}{at}" for at in range(20)]}, schema) for part in "abc"]
    found = results(DISTANCES, Tables(schema=schema, train=tables[0], control=tables[1], synthetic=tables[2]))
    assert len(found) == 5
    assert found["dcr_share"].status is Status.NOT_MEASURED


def test_no_synthetic_rows_are_refused() -> None:
    empty = dataclasses.replace(case(), synthetic=case().synthetic[:0], cache={})
    with pytest.raises(NotApplicable, match="synthetic rows"):
        list(DISTANCES.measure(empty))


def test_curves_are_cumulative_and_name_three_pairs_of_tables() -> None:
    curves = {one.name: one for one in DISTANCES.measure(case(800, 200, 300)) if isinstance(one, DistanceCurve)}
    assert set(curves) == {"dcr", "nndr"}
    for one in curves.values():
        assert list(one.series) == ["synthetic to train rows", "synthetic to control rows", "control to train rows"]
        for points in one.series.values():
            assert len(points) == len(one.grid)
            assert list(points) == sorted(points)


def test_a_plan_that_limits_synthetic_rows_says_so() -> None:
    tables = case(n_synthetic=6000, plan="quick")
    found = results(DISTANCES, dataclasses.replace(tables, plan=type(case().plan)("quick"), cache={}))
    assert found["dcr_share"].n_rows == 5000
    assert "a random part of 6,000" in found["dcr_share"].explanation


def test_explanations_claim_nothing_to_be_safe() -> None:
    for one in results(DISTANCES, case()).values():
        assert "safe" not in one.explanation
        assert "anonymous" not in one.explanation


def test_a_search_is_shared_by_all_metrics_of_an_evaluation() -> None:
    tables = case()
    assert nearest_rows(tables) is nearest_rows(tables)


def test_levels_of_the_target_are_judged_on_their_own() -> None:
    tables = dataclasses.replace(case(copied=1.0), target="eyes")
    found = list(DISTANCES_BY_LEVEL.measure(tables))
    assert {one.subject for one in found} == {("eyes", "brown"), ("eyes", "blue"), ("eyes", "green")}
    measured = [one for one in found if one.status is Status.MEASURED]
    assert measured
    assert all(one.value == pytest.approx(1.0, abs=0.05) for one in measured)


def test_a_level_with_few_rows_says_how_many_it_has() -> None:
    tables = dataclasses.replace(case(60, 60, 60), target="town")
    found = list(DISTANCES_BY_LEVEL.measure(tables))
    assert all("it needs 30" in one.explanation for one in found)
