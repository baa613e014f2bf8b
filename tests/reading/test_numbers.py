"""Texts that are numbers, in which layout, and texts that only look like numbers."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from core.reading.read import read_table


def column(folder, values, filler="x"):
    """What a column of these texts is read as."""
    (folder / "file.csv").write_text("a;b\n" + "".join(f'"{value}";{filler}\n' for value in values), encoding="utf-8")
    read_table(folder / "file.csv", folder / "table.parquet")
    return pq.read_table(folder / "table.parquet").column("a").to_pylist()


def test_a_group_that_begins_with_zero_is_no_group_of_thousands(tmp_path):
    assert column(tmp_path, ["0,123", "0,456", "0,789", "1,234"]) == [0.123, 0.456, 0.789, 1.234]
    assert column(tmp_path, ["0", "0,5", "1 234,5", "12 000"]) == [0.0, 0.5, 1234.5, 12000.0]


@pytest.mark.parametrize("first", ["075 016 175", "0 123 456"])
def test_codes_in_groups_that_begin_with_zero_stay_texts(tmp_path, first):
    codes = [first, "552 100 554", "775 670 417"]
    assert column(tmp_path, codes) == codes


def far_down(values, late, n=20_000):
    """Texts beyond the beginning from which layouts are guessed."""
    return [values[number % len(values)] for number in range(n)] + late


def test_numbers_far_down_are_held_to_the_layout_that_was_guessed(tmp_path):
    head = [f"{number % 900 + 1},{number % 900 + 100}" for number in range(900)]
    found = column(tmp_path, far_down(head, ["12,5", "3,7"]), filler="x" * 60)
    assert found[:2] + found[-2:] == [1.1, 2.101, 12.5, 3.7], "a comma before one digit groups nothing"
    found = column(tmp_path, far_down(["1.234,5", "22,25"], ["12.5"]), filler="x" * 60)
    assert found[-1] == "12.5", "no layout fits all of them"


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["$1,234.50", "-$3.00", "$-2.5", "($2,000.25)", "$7", "$.5"], [1234.5, -3.0, -2.5, -2000.25, 7.0, 0.5]),
        (["12 %", "0,5%", "1.234,25 %", "−3 %"], [12.0, 0.5, 1234.25, -3.0]),
        (["1'234.5", "12", "- 7", "1'000'000"], [1234.5, 12.0, -7.0, 1_000_000.0]),
        (["+1,5", "2,25", "-,5", "3,"], [1.5, 2.25, -0.5, 3.0]),
    ],
)
def test_every_number_of_a_layout_is_read(tmp_path, texts, numbers):
    assert column(tmp_path, texts) == numbers


def test_a_negative_zero_is_a_whole_number(tmp_path):
    assert column(tmp_path, ["1", "-0", "2"]) == [1, 0, 2]
    assert column(tmp_path, far_down(["1", "2"], ["-0"]), filler="x" * 60)[-1] == 0


def test_a_plus_makes_a_telephone_number_only_of_long_numbers_none_of_which_is_negative(tmp_path):
    assert column(tmp_path, ["+5", "-3", "+2", "0"]) == [5, -3, 2, 0]
    assert column(tmp_path, ["+5", "+12", "+2"]) == [5, 12, 2]
    assert column(tmp_path, ["+5000000", "-3000000", "+2000000"]) == [5_000_000, -3_000_000, 2_000_000]
    for texts in (["+4930123456", "+4930123457"], ["+49 30 123456", "004930123457"], ["+3612345", "12345"]):
        assert column(tmp_path, texts) == texts
