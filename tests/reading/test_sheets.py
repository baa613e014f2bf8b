"""Excel sheets whose table does not begin in the first row."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from core.reading.options import ReadOptions
from core.reading.read import read_table
from tests.reading.zoo import excel

HEADER, ROWS = ["id", "price", "city"], [[1, 2.5, "a"], [2, 3.5, "b"], [3, 4.5, "c"], [4, 1.5, None]]


def read(folder, rows, **options):
    excel(folder / "book.xlsx", Data=rows)
    found = read_table(folder / "book.xlsx", folder / "table.parquet", ReadOptions(**options))
    return found, pq.read_table(folder / "table.parquet")


@pytest.mark.parametrize(
    ("above", "skip"),
    [
        ([["Sales of 2024"]], 1),
        ([["Sales of 2024"], []], 2),
        ([[None, "Sales"], ["by city"]], 2),
        ([[], []], 0),
        ([], 0),
    ],
)
def test_a_title_above_the_table_is_skipped_and_told(tmp_path, above, skip):
    found, table = read(tmp_path, [*above, HEADER, *ROWS])
    assert table.column_names == HEADER
    assert [list(row.values()) for row in table.to_pylist()] == ROWS
    assert found.options.skip == skip
    assert [one.code for one in found.findings].count("lines-skipped") == (skip > 0)


def test_rows_that_the_analyst_skips_are_those_of_the_sheet(tmp_path):
    rows = [["made", "by", "hand"], [], HEADER, *ROWS]
    found, table = read(tmp_path, rows, skip=2)
    assert table.column_names == HEADER
    assert (table.num_rows, found.options.skip) == (4, 2)


def test_an_index_without_a_name_and_cells_that_lack_are_no_title(tmp_path):
    _, table = read(tmp_path, [[None, "x"], [0, 5], [1, 6], [2, 7]])
    assert table.column_names == ["x"]
    _, table = read(tmp_path, [HEADER, *[[number, None, None] for number in range(5)], *ROWS])
    assert (table.column_names, table.num_rows) == (HEADER, 9)
