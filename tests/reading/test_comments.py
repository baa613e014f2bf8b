"""Lines that begin with a mark: comments above the table and between its rows, and rows that only look like them."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from core.reading.options import ReadOptions
from core.reading.read import read_table
from core.reading.remedies import remedy_label


def read(folder, text, **options):
    source = folder / "file.csv"
    source.write_text(text, encoding="utf-8")
    target = folder / "table.parquet"
    found = read_table(source, target, ReadOptions(**options))
    return found, [list(row.values()) for row in pq.read_table(target).to_pylist()]


def about(found):
    return [one for one in found.findings if one.code == "comment-lines"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "color,n\n#ff0000,1\nred,2\n#00ff00,3\nblue,4\n",
            [["#ff0000", 1], ["red", 2], ["#00ff00", 3], ["blue", 4]],
        ),
        ("color,n\n#ff0000,1\n#00ff00,3\n", [["#ff0000", 1], ["#00ff00", 3]]),
        ("#a,1,2.5\n#b,2,3.5\nc,3,4.5\n", [["#a", 1, 2.5], ["#b", 2, 3.5], ["c", 3, 4.5]]),
        ("tag\n#one\n#two\nthree\n", [["#one"], ["#two"], ["three"]]),
        ("id,text\n1,a\n2,'x\n# heading\ny'\n".replace("'", '"') + "# note\n3,b\n", 
         [[1, "a"], [2, "x\n# heading\ny"], [3, "b"]]),
    ],
)  # fmt: skip
def test_a_row_that_begins_with_a_mark_is_a_row(tmp_path, text, rows):
    found, table = read(tmp_path, text)
    assert table == rows
    assert found.n_rejected == 0


def test_a_mark_inside_a_line_cuts_nothing(tmp_path):
    _, table = read(tmp_path, "# exported by X\nid,addr\n1,Apt #5\n2,Apt #6 rear\n3,Main\n")
    assert table == [[1, "Apt #5"], [2, "Apt #6 rear"], [3, "Main"]]
    found, table = read(tmp_path, "# exported by X\nid,lang,note\n1,C#,a\n2,C,b\n3,F# x,c\n", comment="#")
    assert (table, found.n_rejected) == ([[1, "C#", "a"], [2, "C", "b"], [3, "F# x", "c"]], 0)


def test_comments_among_the_rows_are_counted_and_can_be_read_as_rows(tmp_path):
    text = "# made by hand\nid,name\n1,x\n# checked\n2,y\n#last\n3,z,too long\n"
    found, table = read(tmp_path, text)
    assert table == [[1, "x"], [2, "y"]]
    assert [one.line for one in found.rejected] == [7]
    (finding,) = about(found)
    assert finding.message == "2 lines among the rows begin with '#' and are left out as comments."
    assert remedy_label(finding.remedy) == "Read comments as rows"
    options = found.options.changed(finding.remedy).changed({"pad": True})
    found, table = read(tmp_path, text, **{name: getattr(options, name) for name in ("comment", "pad", "skip")})
    assert not about(found)
    assert table == [["1", "x"], ["# checked", None], ["2", "y"], ["#last", None]]


def test_a_block_above_the_header_is_no_finding_and_a_commented_header_is_kept(tmp_path):
    found, table = read(tmp_path, "# one, two, three\n\n# four\nid,name\n1,x\n2,y\n")
    assert (table, about(found)) == ([[1, "x"], [2, "y"]], [])
    found, table = read(tmp_path, "#id,name\n1,x\n# middle\n2,y\n")
    assert table == [[1, "x"], [2, "y"]]
    assert len(about(found)) == 1


def test_words_of_a_comment_are_no_cells_of_a_table_divided_by_blanks(tmp_path):
    found, table = read(tmp_path, "a b\n1 2\n# a comment of many words\n3 4\n")
    assert table == [[1, 2], [3, 4]]
    assert len(about(found)) == 1


def test_a_mark_that_the_analyst_named_leaves_out_every_line_that_begins_with_it(tmp_path):
    text = "id,name\n1,x\n#2,y\n3,z\n"
    assert read(tmp_path, text)[1] == [["1", "x"], ["#2", "y"], ["3", "z"]]
    assert read(tmp_path, text, comment="#")[1] == [[1, "x"], [3, "z"]]
    assert read(tmp_path, "n\n1\n#2\n3\n", comment="#")[1] == [[1], [3]]
