"""Every check with a table that passes and one that fires."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.profiling.associations import measure_associations
from core.profiling.checks import CHECKS, Inspected, Section, run_checks
from core.profiling.infer import infer_schema
from core.profiling.summary import summarise_table
from core.schema import Treatment
from core.tables import read_frame

N = 1_200


def clean():
    rng = np.random.default_rng(0)
    return {
        "age": rng.integers(18, 90, N),
        "job": rng.choice(["clerk", "nurse", "driver"], N),
        "gain": rng.normal(0, 1, N).round(3),
        "label": rng.choice(["yes", "no"], N),
    }


def results(tmp_path, target="label", keep_modelled=(), **changes):
    frame = pd.DataFrame(clean() | changes)
    frame.to_parquet(tmp_path / "t.parquet")
    schema = infer_schema(tmp_path / "t.parquet")
    schema = schema.replacing(*(dataclasses.replace(schema[one], treatment=Treatment.MODEL) for one in keep_modelled))
    work = read_frame(tmp_path / "t.parquet", schema)
    inspected = Inspected(
        frame=work, schema=schema, summary=summarise_table(tmp_path / "t.parquet", schema), target=target,
        associations=measure_associations(work, schema),
    )  # fmt: skip
    return {one.code: one for one in run_checks(inspected)}


RNG = np.random.default_rng(1)
FIRING = {
    "D01": ({"email": [f"a{n % 400}@example.org" for n in range(N)]}, ("email",), ["email"]),
    "D02": ({"code": [f"K-{n:05d}" for n in range(N)]}, ("code",), ["code"]),
    "D03": ({"decided": np.where(np.array(clean()["label"]) == "yes", "accepted", "rejected")}, (), ["decided"]),
    "D04": ({"shop": [f"Shop called {n % 590}" for n in range(N)]}, (), ["shop"]),
    "D05": ({"income": np.where(np.arange(N) % 50 == 0, 9_999, RNG.integers(10, 200, N))}, (), ["income"]),
    "D06": ({"town": RNG.choice(["Bern", "bern", "Basel"], N)}, (), ["town"]),
    "D08": ({name: np.resize(values[:60], N) for name, values in clean().items()}, (), []),
    "D09": ({"late": np.where(np.arange(N) % 5 == 0, RNG.normal(0, 1, N), np.nan)}, (), ["late"]),
    "D10": ({"unit": ["kg"] * N}, (), ["unit"]),
    "D11": ({"tier": ["rare"] * 3 + ["usual", "other"] * ((N - 3) // 2) + ["usual"]}, (), ["tier"]),
    "D12": ({"price": np.r_[RNG.normal(10, 1, N - 1), 1e6]}, (), ["price"]),
    "D13": ({"label": ["yes"] * 30 + ["no"] * (N - 30)}, (), ["label"]),
    "D14": ({"twice": clean()["gain"] * 2}, (), ["gain", "twice"]),
}


def test_a_clean_table_passes_every_check(tmp_path):
    assert {one.section for one in results(tmp_path).values()} == {Section.PASSED}


@pytest.mark.parametrize("code", FIRING)
def test_a_check_fires_where_it_should_and_names_the_columns(code, tmp_path):
    changes, modelled, names = FIRING[code]
    found = results(tmp_path, keep_modelled=modelled, **changes)[code]
    assert found.section in (Section.ISSUE, Section.TIP)
    assert list(found.columns) == names
    assert found.explanation
    assert found.advice


def test_few_rows_are_a_tip(tmp_path):
    found = results(tmp_path, **{name: values[:200] for name, values in clean().items()})["D07"]
    assert (found.section, "200 rows" in found.explanation) == (Section.TIP, True)


def test_checks_of_a_target_do_not_apply_without_one(tmp_path):
    found = results(tmp_path, target=None)
    assert {found[code].section for code in ("D03", "D13")} == {Section.NOT_APPLICABLE}
    assert found["D03"].explanation == "No target is chosen."


def test_codes_are_unique_and_every_check_is_tested():
    codes = [check.code for check in CHECKS]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {*FIRING, "D07"}


def test_results_are_sorted_by_section(tmp_path):
    sections = [one.section for one in results(tmp_path, unit=["kg"] * N, **FIRING["D06"][0]).values()]
    assert sections == sorted(sections, key=list(Section).index)
