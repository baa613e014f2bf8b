"""Lines with too many cells: what they say of the columns (nothing), the remedy that fits, and the table it gives."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig, UnreadableFile
from core.reading.options import ReadOptions
from core.reading.read import read_table
from core.reading.remedies import options_from_texts, remedy_label

NOTES = "id,age,remark\n" + "".join(f"{number},{20 + number},came back after {number} days\n" for number in range(30))
SCORES = "id,age,score\n" + "".join(f"{number},{20 + number},{number / 8}\n" for number in range(30))
TOWNS = "id,town,age\n" + "".join(f"{number},Ulm,{20 + number}\n" for number in range(30))


def read(folder, text, **options):
    source = folder / "file.csv"
    source.write_text(text, encoding="utf-8")
    target = folder / "table.parquet"
    found = read_table(source, target, ReadOptions(**options))
    return found, pq.read_table(target)


def rejected(found):
    return next(one for one in found.findings if one.code == "lines-rejected")


def test_free_text_with_unquoted_delimiters_is_joined_by_one_click(tmp_path):
    text = NOTES + '30,50,first, second, and third\n31,51,"quoted, so fine"\n32,52,once, again\n'
    found, table = read(tmp_path, text)
    assert (found.n_rows, found.n_rejected) == (31, 2)
    finding = rejected(found)
    assert finding.remedy == {"surplus": "join"}
    assert remedy_label(finding.remedy) == "Join surplus cells to the last one"
    found, table = read(tmp_path, text, **finding.remedy)
    assert (found.n_rows, found.n_rejected) == (33, 0)
    assert table.column("remark").to_pylist()[-3:] == ["first, second, and third", "quoted, so fine", "once, again"]
    mended = next(one for one in found.findings if one.code == "lines-mended")
    assert mended.message.startswith("2 lines had more cells than the header has names")
    assert found.options.changed(mended.remedy).surplus is None
    assert remedy_label(mended.remedy) == "Reject lines with surplus cells"


def test_what_was_written_behind_the_last_number_is_cut_by_one_click(tmp_path):
    text = SCORES.replace("\n5,25,0.625\n", "\n5,25,0.625,see note,x\n")
    found, _ = read(tmp_path, text)
    assert rejected(found).remedy == {"surplus": "cut"}
    found, table = read(tmp_path, text, surplus="cut")
    assert (found.n_rows, found.n_rejected) == (30, 0)
    assert table.column("score").to_pylist()[5] == 0.625


def test_cells_in_the_wrong_columns_get_no_remedy_and_say_nothing_of_their_types(tmp_path):
    found, table = read(tmp_path, TOWNS.replace("\n3,Ulm,23\n", "\n3,Ulm, Neu,23\n"))
    assert found.n_rejected == 1
    assert rejected(found).remedy is None
    assert str(table.schema.field("age").type) == "int64", "' Neu' stood in a line that is no row"


def test_lines_keep_their_numbers_beside_comments_blank_lines_and_short_ones(tmp_path):
    text = (
        "# made by hand\nid;age;remark\n\n" + "1;2;'some words'\n" * 5 + "# no row\n7\n8;9;a long remark; with more\n"
    )
    found, table = read(tmp_path, text, surplus="join", comment="#", quote="'")
    assert [one.line for one in found.rejected] == [10]
    assert table.column("remark").to_pylist()[-1] == "a long remark; with more"
    assert found.options.delimiter == ";"


def test_a_trailing_delimiter_is_no_surplus_cell(tmp_path):
    text = "a,b\n" + "1,2,\n" * 9 + "3,4,5,\n"
    found, table = read(tmp_path, text, surplus="cut")
    assert table.column("b").to_pylist() == [2] * 9 + [4]
    assert next(one for one in found.findings if one.code == "lines-mended").message.startswith("1 line had")


def test_a_cell_without_end_is_said_and_an_unknown_way_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="a cell has more than 1,000,000 characters"):
        read(tmp_path, SCORES + '1,2,"' + "x" * 1_100_000, surplus="cut")
    with pytest.raises(InvalidConfig, match="must be join or cut"):
        ReadOptions(surplus="drop")
    assert options_from_texts({"surplus": "join"}).surplus == "join"
    assert options_from_texts({"surplus": "reject"}).surplus is None
