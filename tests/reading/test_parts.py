"""Files of a pattern, of which one says how the dates and numbers of another are to be read."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from core.errors import UnreadableFile
from core.reading.options import ReadOptions
from core.reading.read import read_table


def read(folder, *files, **options):
    """What the files, each a list of lines, are read as together."""
    for number, lines in enumerate(files):
        (folder / f"part-{number}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_table(folder / "part-*.csv", folder / "table.parquet", ReadOptions(**options))
    return found, pq.read_table(folder / "table.parquet").to_pydict()


def days(*texts):
    return ["day,n", *[f"{text},{number}" for number, text in enumerate(texts)]]


def fees(*texts):
    return ["fee;n", *[f"{text};{number}" for number, text in enumerate(texts)]]


def test_days_that_fit_two_layouts_are_read_as_the_other_files_are(tmp_path):
    files = [days(text) for text in ("01/03/2021", "01/04/2021", "01/25/2021", "01/26/2021")]
    found, table = read(tmp_path, *files)
    assert [str(day) for day in table["day"]] == ["2021-01-03", "2021-01-04", "2021-01-25", "2021-01-26"]
    assert found.formats == {"day": "%m/%d/%Y"}
    assert found.options.dates == {}, "it is found out again, not settled by the analyst"
    assert not [one for one in found.findings if one.code == "date-ambiguous"]


def test_days_that_fit_two_layouts_in_every_file_are_read_alike_and_asked_about(tmp_path):
    files = [days("03/01/2021", "04/01/2021"), days("05/01/2021", "05/02/2021"), days("06/01/2021", "07/01/2021")]
    found, table = read(tmp_path, *files)
    assert [day.month for day in table["day"]] == [3, 4, 5, 5, 6, 7]
    assert found.formats == {"day": "%m/%d/%Y"}
    assert [one.remedy for one in found.findings if one.code == "date-ambiguous"] == [
        {"dates": {"day": "%d/%m/%Y"}}
    ] * 2


def test_layouts_that_are_certain_may_differ_unless_a_third_file_fits_both(tmp_path):
    _, table = read(tmp_path, days("2021-01-31"), days("01/25/2021"), days("25.01.2021"))
    assert [str(day) for day in table["day"]] == ["2021-01-31", "2021-01-25", "2021-01-25"]
    with pytest.raises(UnreadableFile, match="dates of 'day' are written in different ways .* 'part-2.csv' fit more"):
        read(tmp_path, days("25/01/2021"), days("01/25/2021"), days("01/02/2021"))


def test_numbers_are_grouped_in_every_file_or_in_none(tmp_path):
    two, three = fees("1,500", "2,500"), fees("1,500", "2,500", "3,750")
    _, table = read(tmp_path, two, three)
    assert table["fee"] == [1500.0, 2500.0, 1500.0, 2500.0, 3750.0]
    _, table = read(tmp_path, two, fees("1,5", "2,25"))
    assert table["fee"] == [1.5, 2.5, 1.5, 2.25]
    _, table = read(tmp_path, three, fees("1,5", "2,25"))
    assert table["fee"] == [1.5, 2.5, 3.75, 1.5, 2.25]
    _, table = read(tmp_path, fees("1.500", "2.500"), fees("1.500,25", "2,5"))
    assert table["fee"] == [1500.0, 2500.0, 1500.25, 2.5]
    with pytest.raises(UnreadableFile, match="numbers of 'fee' are written in different ways"):
        read(tmp_path, fees("1,5", "2,25"), fees("1.5", "2.25"), three)


def test_a_file_that_needs_no_change_may_hold_columns_with_either_mark(tmp_path):
    mixed = ["fee;rate;n", "1,500;1,250;1", "2,500;1,250;2", "3,750;2,250;3"]
    _, table = read(tmp_path, mixed, mixed)
    assert (table["fee"], table["rate"]) == ([1500.0, 2500.0, 3750.0] * 2, [1.25, 1.25, 2.25] * 2)
    with pytest.raises(UnreadableFile, match="numbers of 'fee' .* 'part-0.csv' fit more"):
        read(tmp_path, mixed, ["fee;rate;n", "1,500;1.5;1", "2,500;2.25;2", "12,5;2.25;3"])


def test_a_file_whose_days_turn_out_certain_further_down_keeps_its_layout(tmp_path):
    long = days(*["01/02/2021", "03/04/2021"] * 40_000, "25/01/2021")
    _, table = read(tmp_path, long, days("02/01/2021", "03/01/2021"), days("04/01/2021", "05/01/2021"))
    assert [day.month for day in table["day"][-5:]] == [1] * 5
    assert [day.day for day in table["day"][-5:]] == [25, 2, 3, 4, 5]
