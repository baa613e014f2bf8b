"""Summaries of columns, against numbers that can be counted by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.profiling.infer import infer_schema
from core.profiling.summary import TableSummary, summarise_table


@pytest.fixture
def summary(tmp_path):
    frame = pd.DataFrame(
        {
            "number": [0.5, 1.5, 2.5, np.nan, 20.5] * 10,
            "level": ["a", "a", "b", None, "a"] * 10,
            "day": pd.to_datetime(["2020-01-01", "2020-01-02", None, "2020-01-03", "2020-01-05"] * 10),
        }
    )
    frame.to_parquet(tmp_path / "table.parquet")
    return summarise_table(tmp_path / "table.parquet", infer_schema(tmp_path / "table.parquet"))


def test_numbers_have_mean_quantiles_and_a_histogram_of_all_present_cells(summary):
    number = summary["number"]
    assert (number.n_missing, number.n_levels, number.low, number.high) == (10, 4, 0.5, 20.5)
    assert number.mean == pytest.approx(6.25)  # (0.5 + 1.5 + 2.5 + 20.5) / 4
    assert number.quantiles["0.5"] == pytest.approx(2.0)  # between 1.5 and 2.5
    assert sum(number.counts) == 40
    assert number.counts[:3] == (10, 10, 10)  # bins are 1 wide: 0.5, 1.5 and 2.5 each start one
    assert number.counts[-1] == 10
    assert len(number.bins) == len(number.counts) + 1


def test_levels_have_their_counts_the_most_frequent_first(summary):
    assert summary["level"].top_levels == (("a", 30), ("b", 10))
    assert summary["level"].n_missing == 10


def test_dates_are_seconds_since_1970(summary):
    day = summary["day"]
    assert day.low == pd.Timestamp("2020-01-01").timestamp()
    assert day.high - day.low == 4 * 86_400
    assert sum(day.counts) == 40


def test_a_summary_survives_json(summary):
    assert TableSummary.from_json(json.loads(json.dumps(summary.to_json()))) == summary
