"""Texts that are numbers, in which layout, and texts that only look like numbers."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from core.reading.read import read_table


def column(folder, values, filler="x"):
    """What a column of these texts is read as."""
    (folder / "file.csv").write_text("a;b\n" + "".join(f"{value};{filler}\n" for value in values), encoding="utf-8")
    read_table(folder / "file.csv", folder / "table.parquet")
    return pq.read_table(folder / "table.parquet").column("a").to_pylist()


def test_a_group_that_begins_with_zero_is_no_group_of_thousands(tmp_path):
    assert column(tmp_path, ["0,123", "0,456", "0,789", "1,234"]) == [0.123, 0.456, 0.789, 1.234]
    assert column(tmp_path, ["0", "0,5", "1 234,5", "12 000"]) == [0.0, 0.5, 1234.5, 12000.0]


@pytest.mark.parametrize("first", ["075 016 175", "0 123 456"])
def test_codes_in_groups_that_begin_with_zero_stay_texts(tmp_path, first):
    codes = [first, "552 100 554", "775 670 417"]
    assert column(tmp_path, codes) == codes
