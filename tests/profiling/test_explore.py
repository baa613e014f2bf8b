"""Exploring as a whole: what is found comes back from files as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.profiling.associations import Measure
from core.profiling.checks import Section
from core.profiling.explore import exploration_from_json, exploration_to_json, explore_table, save_matrices
from core.profiling.infer import infer_schema
from core.profiling.summary import summarise_table


def explored(tmp_path, frame, **more):
    frame.to_parquet(tmp_path / "t.parquet")
    schema = infer_schema(tmp_path / "t.parquet")
    summary = summarise_table(tmp_path / "t.parquet", schema)
    return explore_table(tmp_path / "t.parquet", schema, summary, **more)


def table(n_rows: int = 2_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    target = rng.choice(["no", "yes"], n_rows, p=[0.97, 0.03])
    return pd.DataFrame(
        {
            "x": rng.normal(0, 1, n_rows),
            "given": np.where(target == "yes", "Y", "N"),
            "gap": pd.Series(rng.normal(0, 1, n_rows)).where(rng.random(n_rows) < 0.3),
            "target": target,
        }
    )


def test_findings_name_a_column_that_gives_the_target_away_and_come_sorted(tmp_path):
    found = explored(tmp_path, table(), target="target")
    sections = [one.section for one in found.findings]
    assert sections == sorted(sections, key=list(Section).index)
    by_code = {one.code: one for one in found.findings}
    assert by_code["D03"].section is Section.ISSUE
    assert by_code["D03"].columns == ("given",)
    assert by_code["D09"].columns == ("gap",)
    assert by_code["D13"].section is Section.TIP
    assert all(one.advice for one in found.findings if one.section in (Section.ISSUE, Section.TIP))


def test_an_exploration_comes_back_from_its_files(tmp_path):
    found = explored(tmp_path, table(), target="target")
    save_matrices(found, tmp_path / "m.npz")
    again = exploration_from_json(exploration_to_json(found), tmp_path / "m.npz")
    assert (again.findings, again.missing, again.order) == (found.findings, found.missing, found.order)
    for measure in Measure:
        assert np.array_equal(
            again.associations.matrices[measure], found.associations.matrices[measure], equal_nan=True
        )


def test_three_rows_of_one_column_are_explored_without_pairs(tmp_path):
    found = explored(tmp_path, pd.DataFrame({"a": ["x", "y", "x"]}))
    assert found.associations is None
    assert found.order == ()
    assert found.n_equal == 1
    save_matrices(found, tmp_path / "m.npz")
    assert exploration_from_json(exploration_to_json(found), tmp_path / "m.npz").associations is None


def test_a_spike_is_a_bin_of_its_own_so_that_what_it_says_is_seen(tmp_path):
    """98 % zeros: bins of equal frequency alone would hold all numbers in one."""
    rng = np.random.default_rng(0)
    gain = np.where(rng.random(3_000) < 0.02, rng.integers(100, 1_000, 3_000), 0)
    frame = pd.DataFrame({"gain": gain.astype(float), "has": np.where(gain > 0, "yes", "no")})
    associations = explored(tmp_path, frame).associations
    assert associations.matrices[Measure.MUTUAL_INFORMATION][0, 1] > 0.99
