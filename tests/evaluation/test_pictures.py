import numpy as np
import pandas as pd
import pytest

from core.errors import NotApplicable
from core.evaluation.pictures import COLUMN_PICTURES, N_PICTURE_BINS, histogram_edges
from core.limits import MAX_LEVELS_SHOWN
from core.schema import Column, ColumnType, Schema, Storage
from tests.evaluation.made import MIXED, people, schema_of, tables_of


def pictures(schema, real, synthetic):
    return {one.column: one for one in COLUMN_PICTURES.measure(tables_of(schema, real, synthetic))}


def test_every_row_of_both_tables_is_counted_once():
    found = pictures(MIXED, people(300, 0), people(200, 1))
    assert list(found) == list(MIXED.names)
    for one in found.values():
        assert sum(one.real) + one.real_missing == 300
        assert sum(one.synthetic) + one.synthetic_missing == 200
        assert len(one.real) == len(one.synthetic) == (len(one.labels) or len(one.edges) - 1)
        assert len(one.real) <= N_PICTURE_BINS


def test_missing_cells_are_counted_apart():
    schema = schema_of(x="continuous", c="categorical")
    found = pictures(schema, {"x": [1.0, np.nan], "c": ["a", None]}, {"x": [np.nan, np.nan], "c": ["a", "a"]})
    assert (found["x"].real_missing, found["x"].synthetic_missing) == (1, 2)
    assert (found["c"].labels, found["c"].real, found["c"].real_missing) == (("a",), (1,), 1)


def test_a_column_without_any_value_has_an_empty_picture():
    found = pictures(schema_of(x="continuous"), {"x": [np.nan]}, {"x": [np.nan, np.nan]})["x"]
    assert (found.edges, found.real, found.real_missing, found.synthetic_missing) == ((), (), 1, 2)


def test_many_levels_end_in_one_bar_for_the_others():
    levels = [f"l{number:04}" for number in range(5_000)]
    schema = schema_of(c="categorical")
    one = pictures(schema, {"c": [*levels, *["l0007"] * 9]}, {"c": ["new", *levels[:100]]})["c"]
    assert len(one.labels) == MAX_LEVELS_SHOWN
    assert one.labels[0] == "l0007"
    assert one.labels[-1] == f"other ({5_001 - MAX_LEVELS_SHOWN + 1:,} levels)"
    assert sum(one.real) == 5_009
    assert sum(one.synthetic) == 101


def test_ordinal_levels_keep_their_order():
    column = Column(
        name="size", type=ColumnType.ORDINAL, reason="", storage=Storage.TEXT, order=("small", "medium", "large")
    )
    real = {"size": ["large"] * 5 + ["small"] * 3 + ["medium"]}
    assert pictures(Schema(columns=(column,)), real, real)["size"].labels == ("small", "medium", "large")


def test_whole_numbers_get_bins_of_equally_many_values():
    edges = histogram_edges(np.arange(0.0, 100.0))
    assert np.diff(edges) == pytest.approx(np.full(len(edges) - 1, 3.0))
    assert edges[0] == -0.5
    assert histogram_edges(np.array([2.5, 2.5])).tolist() == [1.25, 3.75]


def test_datetimes_are_binned_in_seconds():
    schema = schema_of(when="datetime")
    stamps = pd.to_datetime(["2024-01-01 00:00:00", "2024-01-02 12:00:01"])
    one = pictures(schema, {"when": stamps}, {"when": stamps})["when"]
    assert one.edges[0] == pytest.approx(stamps[0].timestamp(), abs=86_400)
    assert sum(one.real) == 2


def test_there_is_no_picture_without_synthetic_rows():
    with pytest.raises(NotApplicable):
        pictures(schema_of(x="continuous"), {"x": [1.0]}, {"x": np.empty(0)})
