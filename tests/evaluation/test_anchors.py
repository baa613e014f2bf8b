import dataclasses

import numpy as np
import pandas as pd
import pytest

from core.evaluation.anchors import BOOTSTRAP, INDEPENDENT, anchor_tables, bootstrap, independent_columns
from core.evaluation.coded import code_like, coded
from core.evaluation.correlation import CORRELATION_DIFFERENCE
from core.evaluation.metric import Plan
from core.evaluation.shapes import COLUMN_SHAPES
from core.evaluation.trends import PAIR_TRENDS
from core.tables import as_work_frame
from tests.evaluation.made import MIXED, people, result, tables_of


@pytest.fixture
def tables():
    return tables_of(MIXED, people(1_500, 0), people(1_000, 1), people(500, 2))


def test_independent_columns_keep_marginals_and_lose_relations(tables):
    train = coded(tables).train
    table = independent_columns(train, 20_000, np.random.default_rng(0))
    assert np.bincount(table.codes["job"]) / 20_000 == pytest.approx(np.bincount(train.codes["job"]) / 1_500, abs=0.02)
    assert np.corrcoef(train.numbers["age"], train.numbers["income"])[0, 1] > 0.3
    assert abs(np.corrcoef(table.numbers["age"], table.numbers["income"])[0, 1]) < 0.03


def test_a_bootstrap_keeps_rows_whole(tables):
    train = coded(tables).train
    table = bootstrap(train, 50, np.random.default_rng(0))
    rows = set(zip(train.numbers["age"], train.numbers["income"], train.codes["job"], strict=True))
    assert set(zip(table.numbers["age"], table.numbers["income"], table.codes["job"], strict=True)) <= rows
    assert table.n_rows == 50


def test_every_fidelity_number_stands_between_its_anchors(tables):
    for metric, name, better in (
        (COLUMN_SHAPES, "column_shapes", None),
        (PAIR_TRENDS, "pair_trends", np.greater),
        (CORRELATION_DIFFERENCE, "correlation_difference", np.less),
    ):
        anchors = result(list(metric.measure(tables)), name).anchors
        assert {BOOTSTRAP, INDEPENDENT, "control rows"} <= set(anchors)
        if better is not None:
            assert better(anchors["control rows"], anchors[INDEPENDENT])


def test_anchors_have_as_many_rows_as_the_synthetic_table(tables):
    assert {one.n_rows for one in anchor_tables(tables).values()} == {1_000}


def test_known_anchors_are_taken_over_and_the_quick_plan_makes_none(tables):
    known = dataclasses.replace(tables, known_anchors={"column_shapes": {BOOTSTRAP: 0.123}}, cache={})
    assert result(list(COLUMN_SHAPES.measure(known)), "column_shapes").anchors[BOOTSTRAP] == 0.123
    quick = dataclasses.replace(tables, plan=Plan.QUICK, cache={})
    assert BOOTSTRAP not in result(list(COLUMN_SHAPES.measure(quick)), "column_shapes").anchors


def test_tables_made_elsewhere_are_judged_beside_the_sample(tables):
    other = as_work_frame(pd.DataFrame(people(800, 7)), MIXED)
    more = dataclasses.replace(tables, anchors={"Gaussian copula": other}, cache={})
    assert result(list(COLUMN_SHAPES.measure(more)), "column_shapes").anchors["Gaussian copula"] > 0.9
    same = code_like(coded(tables), tables.control)
    assert all(np.array_equal(same.codes[name], coded(tables).control.codes[name]) for name in MIXED.names)
