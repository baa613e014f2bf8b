"""Options, remedies and the ways a reading is told about, beyond what the zoo shows."""

from __future__ import annotations

import datetime
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig, UnreadableFile
from core.reading.delimited import rejects_path
from core.reading.options import ReadOptions
from core.reading.read import read_table


def put(folder, content, name="file.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def finding(diagnosis, code):
    return next(one for one in diagnosis.findings if one.code == code)


def column(target, name):
    return pq.read_table(target).column(name).to_pylist()


@pytest.fixture
def target(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "table.parquet"


def test_options_survive_json():
    options = ReadOptions(delimiter=";", missing=("", "?"), dates={"day": "%d/%m/%Y"}, texts=("plz",))
    assert ReadOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


@pytest.mark.parametrize(
    ("field", "value"),
    [("delimiter", ";;"), ("quote", "''"), ("decimal", "x"), ("skip", -1), ("encoding", "utf-99"), ("delimiter", "\n")],
)
def test_an_impossible_option_is_refused_by_name(field, value):
    with pytest.raises(InvalidConfig) as refused:
        ReadOptions(**{field: value})
    assert refused.value.field == field


def test_a_file_that_is_not_there_is_named(tmp_path, target):
    with pytest.raises(UnreadableFile, match="no file .*nowhere.csv"):
        read_table(tmp_path / "nowhere.csv", target)


def test_the_remedy_of_a_missing_marker_makes_the_cells_missing(tmp_path, target):
    source = put(tmp_path, "job,n\n?,1\nclerk,2\n")
    diagnosis = read_table(source, target)
    assert column(target, "job") == ["?", "clerk"]
    read_table(source, target, diagnosis.options.changed(finding(diagnosis, "missing-marker").remedy))
    assert column(target, "job") == [None, "clerk"]


def test_the_remedy_of_a_missing_marker_works_in_a_typed_file(tmp_path, target):
    source = tmp_path / "t.parquet"
    pq.write_table(pa.table({"job": ["?", "clerk", "", None], "n": [1, 2, 3, 4]}), source)
    diagnosis = read_table(source, target)
    read_table(source, target, diagnosis.options.changed(finding(diagnosis, "missing-marker").remedy))
    assert pq.read_table(target).to_pydict() == {"job": [None, "clerk", "", None], "n": [1, 2, 3, 4]}


def test_the_remedy_of_a_placeholder_keeps_the_texts(tmp_path, target):
    source = put(tmp_path, "age,n\n?,1\n39,2\n")
    diagnosis = read_table(source, target)
    assert column(target, "age") == [None, 39]
    read_table(source, target, diagnosis.options.changed(finding(diagnosis, "placeholder-in-numbers").remedy))
    assert column(target, "age") == ["?", "39"]


def test_the_remedy_of_ambiguous_dates_exchanges_day_and_month(tmp_path, target):
    source = put(tmp_path, "day,n\n01/02/2021,1\n03/04/2021,2\n")
    diagnosis = read_table(source, target)
    assert diagnosis.formats == {"day": "%d/%m/%Y"}
    again = read_table(source, target, diagnosis.options.changed(finding(diagnosis, "date-ambiguous").remedy))
    assert again.formats == {"day": "%m/%d/%Y"}
    assert str(column(target, "day")[0]) == "2021-01-02"


def test_the_remedy_of_short_lines_fills_them(tmp_path, target):
    source = put(tmp_path, "a,b\n" + "1,x\n" * 30 + "2\n")
    diagnosis = read_table(source, target)
    assert diagnosis.n_rejected == 1
    again = read_table(source, target, diagnosis.options.changed(finding(diagnosis, "lines-rejected").remedy))
    assert (again.n_rejected, again.n_rows) == (0, 31)


def test_the_remedy_of_a_guessed_header_and_of_none_turn_it_round(tmp_path, target):
    source = put(tmp_path, "x,y\nu,v\n")
    diagnosis = read_table(source, target)
    read_table(source, target, diagnosis.options.changed(finding(diagnosis, "header-guessed").remedy))
    assert pq.read_table(target).to_pylist()[0] == {"column_1": "x", "column_2": "y"}


def test_one_column_full_of_delimiters_is_warned_about_with_the_delimiter_as_remedy(tmp_path, target):
    source = put(tmp_path, "a;b\n1;2;3\n4\n5;6;7;8\n9;1;2;3;4\n")
    diagnosis = read_table(source, target)
    assert diagnosis.n_columns == 1
    assert finding(diagnosis, "one-column").remedy == {"delimiter": ";"}


def test_rejected_lines_are_shown_counted_and_kept_in_a_file(tmp_path, target):
    source = put(tmp_path, "a,b\n" + "1,x\n" * 500 + "2,y,z\n" * 150)
    diagnosis = read_table(source, target)
    assert (diagnosis.n_rows, diagnosis.n_rejected, len(diagnosis.rejected)) == (500, 150, 100)
    assert (diagnosis.rejected[0].line, diagnosis.rejected[0].text) == (502, "2,y,z")
    assert rejects_path(target).read_text().count("2,y,z") == 150
    assert finding(diagnosis, "lines-rejected").severity == "error"


def test_lines_of_rejected_rows_are_those_of_the_file_below_a_title(tmp_path, target):
    source = put(tmp_path, "A title\n\na,b\n" + "1,x\n" * 20 + "2,y,z\n")
    assert read_table(source, target).rejected[0].line == 24


def test_every_present_cell_of_a_file_reaches_the_table(tmp_path, target):
    source = put(tmp_path, "a,b\n" + "".join(f"{n},{'x' if n % 7 else ''}\n" for n in range(25_000)))
    read_table(source, target)
    assert sum(column(target, "a")) == sum(range(25_000))
    assert column(target, "b").count(None) == len(range(0, 25_000, 7))


def test_the_decimal_mark_can_be_settled(tmp_path, target):
    source = put(tmp_path, "a;b\n1,234;x\n2,345;y\n3,456;z\n")
    assert read_table(source, target).n_rows == 3
    assert column(target, "a") == [1234.0, 2345.0, 3456.0]
    read_table(source, target, ReadOptions(decimal=","))
    assert column(target, "a") == [1.234, 2.345, 3.456]


def test_a_wrong_encoding_is_said(tmp_path, target):
    with pytest.raises(UnreadableFile, match="not in the encoding 'utf-8'"):
        read_table(put(tmp_path, "a,b\né,1\n".encode("latin-1")), target, ReadOptions(encoding="utf-8"))


def test_a_pattern_reads_many_files_as_one_table(tmp_path, target):
    for number in range(3):
        put(tmp_path, f"a,b\n{number},x\n{number}.5,y\n" if number else "a,b\n0,x\n", f"part-{number}.csv")
    diagnosis = read_table(tmp_path / "part-*.csv", target)
    assert (diagnosis.n_rows, column(target, "a")) == (5, [0.0, 1.0, 1.5, 2.0, 2.5])


def test_files_of_a_pattern_with_other_columns_are_refused(tmp_path, target):
    put(tmp_path, "a,b\n0,x\n", "part-1.csv")
    put(tmp_path, "a,c\n0,x\n", "part-2.csv")
    with pytest.raises(UnreadableFile, match="different columns"):
        read_table(tmp_path / "part-*.csv", target)


@pytest.mark.parametrize("name", ["base.sqlite", "base.duckdb"])
def test_a_query_of_a_database_can_be_read_but_nothing_else_done(name, tmp_path, target):
    from tests.reading.zoo import duckdb_file, sqlite_file

    (sqlite_file if "sqlite" in name else duckdb_file)(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    table = "people" if "sqlite" in name else "t"
    read_table(tmp_path / name, target, ReadOptions(table=f"select count(*) as n from {table}"))
    assert column(target, "n")[0] in (1, 3)
    for query in ("select 1; drop table t", "select * from read_csv('/etc/passwd')", "select * from nothing"):
        with pytest.raises(UnreadableFile):
            read_table(tmp_path / name, target, ReadOptions(table=query))
    with pytest.raises(UnreadableFile, match="holds no table 'other'"):
        read_table(tmp_path / name, target, ReadOptions(table="other"))
    assert (tmp_path / name).read_bytes() == before


def test_a_sheet_and_a_member_can_be_chosen(tmp_path, target):
    from tests.reading.zoo import excel, zipped

    excel(tmp_path / "book.xlsx", One=[["a"], [1]], Two=[["b"], [2]])
    read_table(tmp_path / "book.xlsx", target, ReadOptions(sheet="Two"))
    assert column(target, "b") == [2]
    put(tmp_path, zipped(one_csv=b"a\n1\n", two_csv=b"b\n2\n3\n"), "both.zip")
    read_table(tmp_path / "both.zip", target, ReadOptions(member="one.csv"))
    assert column(target, "a") == [1]


def test_numbers_of_a_parquet_file_keep_what_a_person_sees(tmp_path, target):
    pq.write_table(
        pa.table({"f": pa.array([0.1, 2.5], pa.float32()), "d": pa.array([True, None]), "h": ["a", "b"]}),
        tmp_path / "t.parquet",
    )
    read_table(tmp_path / "t.parquet", target)
    assert pq.read_table(target).to_pydict() == {"f": [0.1, 2.5], "d": [True, None], "h": ["a", "b"]}


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_infinities_of_a_parquet_file_are_missing_whatever_the_width_of_its_decimals(kind, tmp_path, target):
    cells = [0.5, float("inf"), -float("inf"), float("nan"), None, 2.0]
    pq.write_table(pa.table({"x": pa.array(cells).cast(kind)}), tmp_path / "source.parquet")
    read_table(tmp_path / "source.parquet", target)
    assert [None if cell != cell else cell for cell in column(target, "x")] == [0.5, None, None, None, None, 2.0]


def test_progress_grows_from_the_encoding_to_the_end(tmp_path, target):
    seen = []
    read_table(put(tmp_path, "a,b\n1,x\n"), target, progress=lambda share, message: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_more_columns_than_the_limit_are_refused(tmp_path, target):
    wide = ",".join(f"c{number}" for number in range(2_001))
    with pytest.raises(UnreadableFile, match="2,001 columns; the limit is 2,000"):
        read_table(put(tmp_path, f"{wide}\n{wide}\n"), target)


def test_times_of_day_are_times_in_text_and_in_a_typed_file(tmp_path, target):
    texts = [f"{number % 24:02d}:{number % 60:02d}:07" for number in range(90)]
    diagnosis = read_table(put(tmp_path, "t,n\n" + "".join(f"{text},1\n" for text in texts)), target)
    assert diagnosis.formats == {"t": "%H:%M:%S"}
    assert [value.strftime("%Y %H:%M:%S") for value in column(target, "t")] == [f"1900 {text}" for text in texts]
    times = pa.array([datetime.time.fromisoformat(text) for text in texts])
    pq.write_table(pa.table({"t": times}), tmp_path / "typed.parquet")
    assert read_table(tmp_path / "typed.parquet", target).formats == {"t": "%H:%M:%S"}


@pytest.mark.parametrize("texts", [("08:00", "08:30", "17:15"), ("25:10", "10:20", "11:31"), ("10:20", "10:20:31")])
def test_timetables_durations_and_mixed_forms_stay_texts(tmp_path, target, texts):
    assert read_table(put(tmp_path, "t,n\n" + "".join(f"{text},1\n" for text in texts)), target).formats == {}
    assert column(target, "t") == list(texts)


def test_a_quoted_cell_that_ends_in_a_backslash_costs_no_backslash_elsewhere(tmp_path, target):
    paths = [f"C:\\d{number}" for number in range(20)] + ["C:\\", "D:\\x\\"]
    read_table(put(tmp_path, "path,n\n" + "".join(f'"{path}",1\n' for path in paths)), target)
    assert column(target, "path") == paths
    read_table(put(tmp_path, 'path,note\n"C:\\","a \\"b\\""\n"D","c"\n'.replace('"C:\\"', '"C:\\\\"')), target)
    assert pq.read_table(target).to_pylist()[0] == {"path": "C:\\", "note": 'a "b"'}
