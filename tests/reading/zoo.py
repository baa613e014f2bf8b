"""A zoo of awkward files: each is made here and is read as a person would read it, or refused with one sentence."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

DAY = datetime.date
STAMP = datetime.datetime


@dataclass(frozen=True, kw_only=True)
class Animal:
    """A file and what it holds.

    `make` gives its bytes or writes it to a path; `rows` are the expected rows as lists, `columns` the names;
    `refused` a part of the sentence where it cannot be read; `codes` findings that have to be there.
    """

    name: str
    make: bytes | Callable[[Path], None]
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    n_rows: int | None = None
    refused: str = ""
    codes: tuple[str, ...] = ()
    n_rejected: int = 0


def text(*lines: str, end: str = "\n", encoding: str = "utf-8") -> bytes:
    return (end.join(lines) + end).encode(encoding)


def many(line: str, n: int = 40) -> list[str]:
    return [line.format(n=number) for number in range(n)]


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), content)
    return stream.getvalue()


TABLE = pa.table({"a": pa.array([1, 2, None], pa.int32()), "b": ["x", "y", None]})


def excel(path: Path, **sheets: list[list[Any]]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def sqlite_file(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE people (id INTEGER, name TEXT, born TEXT, score REAL)")
        database.executemany(
            "INSERT INTO people VALUES (?, ?, ?, ?)",
            [(1, "Ada", "1815-12-10", 9.5), (2, "Böb, jr", "1990-01-02", None), (3, None, "1970-03-04", 7.0)],
        )
    database.close()


def duckdb_file(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.execute("CREATE TABLE t AS SELECT 1 AS a, 1.25::DECIMAL(8,2) AS b, 'x' AS c, DATE '2020-02-03' AS d")


def nested_parquet(path: Path) -> None:
    pq.write_table(
        pa.table({"a": [[1, 2], [3]], "b": [b"\x01", b"\xff"], "t": pa.array([3_600_000, 0], pa.time32("ms"))}), path
    )


AB = {"columns": ["a", "b"], "rows": [[1, "x"], [2, "y"]]}
ACCENTS = {"columns": ["name", "n"], "rows": [["Zoë", 1], ["Jürgen", 2], ["señor", 3]]}
ACCENTED = ("name,n", "Zoë,1", "Jürgen,2", "señor,3")

ZOO = (
    Animal(name="plain.csv", make=text("a,b", "1,x", "2,y"), **AB),
    Animal(name="no last line end.csv", make=b"a,b\n1,x\n2,y", **AB),
    Animal(name="windows line ends.csv", make=text("a,b", "1,x", "2,y", end="\r\n"), **AB),
    Animal(name="old mac line ends.csv", make=text("a,b", "1,x", "2,y", end="\r"), **AB),
    Animal(name="mixed line ends.csv", make=b"a,b\r\n1,x\n2,y\r", **AB),
    Animal(name="blank lines.csv", make=b"\n\na,b\n\n1,x\n\n2,y\n\n", **AB),
    Animal(name="semicolon.csv", make=text("a;b", "1;x", "2;y"), **AB),
    Animal(name="tab.tsv", make=text("a\tb", "1\tx", "2\ty"), **AB),
    Animal(name="pipe.txt", make=text("a|b", "1|x", "2|y"), **AB),
    Animal(name="caret.txt", make=text("a^b", "1^x", "2^y"), **AB),
    Animal(name="excel says its delimiter.csv", make=text("sep=;", "a;b", "1;x", "2;y"), **AB),
    Animal(name="utf-8 with mark.csv", make=text(*ACCENTED, encoding="utf-8-sig"), **ACCENTS),
    Animal(name="utf-16.csv", make=text(*ACCENTED, encoding="utf-16"), **ACCENTS),
    Animal(name="utf-16 big without mark.csv", make=text(*ACCENTED, encoding="utf-16-be"), **ACCENTS),
    Animal(name="utf-32.csv", make=text(*ACCENTED, encoding="utf-32"), **ACCENTS),
    Animal(name="latin-1.csv", make=text(*ACCENTED, encoding="latin-1"), codes=("encoding-guessed",), **ACCENTS),
    Animal(
        name="windows-1252.csv", make=text("name,price", "Zoë,3 €", "Jürgen,4 €", encoding="windows-1252"),
        columns=["name", "price"], rows=[["Zoë", 3.0], ["Jürgen", 4.0]], codes=("encoding-guessed", "numbers-as-text"),
    ),
    Animal(
        name="quoted delimiters and line ends.csv", make=b'a,b\n1,"x, ""and""\nmore"\n2,"y;z"\n',
        columns=["a", "b"], rows=[[1, 'x, "and"\nmore'], [2, "y;z"]],
    ),
    Animal(
        name="backslash quotes.csv", make=b'a,b\n1,"say \\"hi\\", you"\n2,"y"\n3,"z"\n',
        columns=["a", "b"], rows=[[1, 'say "hi", you'], [2, "y"], [3, "z"]],
    ),
    Animal(
        name="single quotes.csv", make=text("a,b", "1,'x, y'", "2,'y'", "3,'z'", "4,'u'"),
        columns=["a", "b"], rows=[[1, "x, y"], [2, "y"], [3, "z"], [4, "u"]],
    ),
    Animal(
        name="inches.csv", make=text("size,n", '5" pipe,1', '6" pipe,2', "7 cm,3"),
        columns=["size", "n"], rows=[['5" pipe', 1], ['6" pipe', 2], ["7 cm", 3]],
    ),
    Animal(
        name="decimal comma.csv", make=text("a;b", "1,5;x", "22,25;y", "-3,0;z"),
        columns=["a", "b"], rows=[[1.5, "x"], [22.25, "y"], [-3.0, "z"]], codes=("numbers-as-text",),
    ),
    Animal(
        name="german grouping.csv", make=text("a;b", "1.234,50;x", "22,25;y", "1.000.000,0;z"),
        columns=["a", "b"], rows=[[1234.5, "x"], [22.25, "y"], [1_000_000.0, "z"]], codes=("numbers-as-text",),
    ),
    Animal(
        name="dollars and percent.csv", make=text("a,b", '"$1,234.50",12 %', "$3.00,7 %", '"($2,000.25)",0.5 %'),
        columns=["a", "b"], rows=[[1234.5, 12.0], [3.0, 7.0], [-2000.25, 0.5]], codes=("numbers-as-text",),
    ),
    Animal(
        name="leading zeros.csv", make=text("plz,n", "01067,1", "80331,2"),
        columns=["plz", "n"], rows=[["01067", 1], ["80331", 2]],
    ),
    Animal(
        name="leading zero far down.csv", make=text("plz,n", *many("{n:05d},1", 3)[::-1], *["80331,2"] * 3, "01067,3"),
        columns=["plz", "n"], n_rows=7,
    ),
    Animal(
        name="telephone.csv", make=text("tel,n", "+4930123456,1", "+4930123457,2"),
        columns=["tel", "n"], rows=[["+4930123456", 1], ["+4930123457", 2]],
    ),
    Animal(
        name="scientific.csv", make=text("a,b", "1e+05,1.5e-3", "20000,2"),
        columns=["a", "b"], rows=[[100_000, 0.0015], [20_000, 2.0]],
    ),
    Animal(
        name="too long for an integer.csv", make=text("a,b", "123456789012345678901234,1", "7,2"),
        columns=["a", "b"], rows=[["123456789012345678901234", 1], ["7", 2]],
    ),
    Animal(
        name="no header.csv", make=text("39,State-gov,2.5", "50,Private,3.5", "38,Private,1.5"),
        columns=["column_1", "column_2", "column_3"],
        rows=[[39, "State-gov", 2.5], [50, "Private", 3.5], [38, "Private", 1.5]], codes=("no-header",),
    ),
    Animal(
        name="names that repeat.csv", make=text("a,a,A,b", "1,2,3,x", "4,5,6,y"),
        columns=["a", "a_1", "A_2", "b"], rows=[[1, 2, 3, "x"], [4, 5, 6, "y"]], codes=("name-repeated",),
    ),
    Animal(
        name="a name is lacking.csv", make=text("a,,b", "1,2,x", "4,5,y"),
        columns=["a", "column_2", "b"], rows=[[1, 2, "x"], [4, 5, "y"]], codes=("name-missing",),
    ),
    Animal(
        name="row names.csv", make=text("a,b", "r1,1,x", "r2,2,y", "r3,3,z"),
        columns=["row", "a", "b"], rows=[["r1", 1, "x"], ["r2", 2, "y"], ["r3", 3, "z"]], codes=("row-names",),
    ),
    Animal(
        name="delimiter at line ends.csv", make=text("a,b", "1,x,", "2,y,"), codes=("trailing-delimiter",), **AB,
    ),
    Animal(
        name="title above.csv", make=text("Report of the year", "", "a,b,c", "1,x,2", "2,y,3", "3,z,4", "4,u,5"),
        columns=["a", "b", "c"], rows=[[1, "x", 2], [2, "y", 3], [3, "z", 4], [4, "u", 5]], codes=("lines-skipped",),
    ),
    Animal(name="comments.csv", make=text("# made by hand", "a,b", "1,x", "# middle", "2,y"), **AB),
    Animal(
        name="header with a hash.csv", make=text("#a,b", "1,x", "2,y"),
        columns=["#a", "b"], rows=[[1, "x"], [2, "y"]],
    ),
    Animal(
        name="ragged.csv", make=text("a,b", *many("{n},x"), "99,y,z", "7"),
        columns=["a", "b"], n_rows=40, n_rejected=2, codes=("lines-rejected",),
    ),
    Animal(
        name="short rows.csv", make=text("a,b,c", "1,x", "2,y", "3,z"),
        columns=["a", "b", "c"], rows=[[1, "x", None], [2, "y", None], [3, "z", None]], codes=("short-rows",),
    ),
    Animal(
        name="broken quote.csv", make=text("a,b", *many("{n},x"), '9,"x"y'),
        columns=["a", "b"], n_rows=40, n_rejected=1, codes=("lines-rejected",),
    ),
    Animal(
        name="broken utf-8.csv", make=b"a,b\n" + "1,é\n".encode() * 40 + b"2,\xff\n",
        columns=["a", "b"], n_rows=40, n_rejected=1, codes=("lines-rejected",),
    ),
    Animal(
        name="blanks around.csv", make=text("a, b ,c", "1, <=50K,  ", "2, >50K ,x"),
        columns=["a", "b", "c"], rows=[[1, "<=50K", None], [2, ">50K", "x"]],
    ),
    Animal(
        name="question marks.csv", make=text("age,job", "39,?", "?,clerk", "50,?"),
        columns=["age", "job"], rows=[[39, "?"], [None, "clerk"], [50, "?"]],
        codes=("placeholder-in-numbers", "missing-marker"),
    ),
    Animal(
        name="text far down in numbers.csv", make=text("a,b", *["1,x"] * 30_000, "oops,y"),
        columns=["a", "b"], n_rows=30_001,
    ),
    Animal(
        name="na far down in numbers.csv", make=text("a,b", *["1,x"] * 300_000, "NA,y"),
        columns=["a", "b"], n_rows=300_001, codes=("placeholder-in-numbers",),
    ),
    Animal(
        name="german dates.csv", make=text("day,n", "31.12.2020,1", "01.02.2021,2"),
        columns=["day", "n"], rows=[[DAY(2020, 12, 31), 1], [DAY(2021, 2, 1), 2]],
    ),
    Animal(
        name="american dates.csv", make=text("day,n", "12/31/2020,1", "02/01/2021,2"),
        columns=["day", "n"], rows=[[DAY(2020, 12, 31), 1], [DAY(2021, 2, 1), 2]],
    ),
    Animal(
        name="dates either way.csv", make=text("day,n", "01/02/2021,1", "03/04/2021,2"),
        columns=["day", "n"], rows=[[DAY(2021, 2, 1), 1], [DAY(2021, 4, 3), 2]], codes=("date-ambiguous",),
    ),
    Animal(
        name="times with zones.csv", make=text("t,n", "2020-01-01T10:00:00+02:00,1", "2020-07-01T10:00:00+01:00,2"),
        columns=["t", "n"], rows=[[STAMP(2020, 1, 1, 8), 1], [STAMP(2020, 7, 1, 9), 2]], codes=("time-zones",),
    ),
    Animal(
        name="compact dates.csv", make=text("day,n", *[f"202001{n:02d},{n}" for n in range(1, 8)]),
        columns=["day", "n"], rows=[[DAY(2020, 1, n), n] for n in range(1, 8)],
    ),
    Animal(
        name="months in words.csv", make=text("day,n", "5 Jan 2020,1", "17 Feb 2021,2"),
        columns=["day", "n"], rows=[[DAY(2020, 1, 5), 1], [DAY(2021, 2, 17), 2]],
    ),
    Animal(
        name="years as names.csv", make=text("country,2019,2020", "DE,1.5,2.5", "FR,2.5,3.5"),
        columns=["country", "2019", "2020"], rows=[["DE", 1.5, 2.5], ["FR", 2.5, 3.5]],
    ),
    Animal(name="one column.csv", make=text("a", "1", "2"), columns=["a"], rows=[[1], [2]]),
    Animal(
        name="yes and no.csv", make=text("a,b", "yes,true", "no,false"),
        columns=["a", "b"], rows=[["yes", "true"], ["no", "false"]], codes=("header-guessed",),
    ),
    Animal(
        name="hostile names.csv", make=text('"x""; drop table t; --",<b>b</b>', "1,x", "2,y"),
        columns=['x"; drop table t; --', "<b>b</b>"], rows=[[1, "x"], [2, "y"]],
    ),
    Animal(name="name with [brackets] and *.csv", make=text("a,b", "1,x", "2,y"), **AB),
    Animal(name="inner.csv.gz", make=gzip.compress(text("a,b", "1,x", "2,y")), **AB),
    Animal(name="inner.zip", make=zipped(t_csv=text("a,b", "1,x", "2,y")), **AB),
    Animal(
        name="several.zip", make=zipped(t_csv=text("a,b", "1,x", "2,y"), readme=b"hi", __MACOSX__x=b"z" * 99),
        codes=("archive-several",), **AB,
    ),
    Animal(name="plain.parquet", make=lambda path: pq.write_table(TABLE, path),
           columns=["a", "b"], rows=[[1, "x"], [2, "y"], [None, None]]),
    Animal(name="nested.parquet", make=nested_parquet, columns=["a", "b", "t"], codes=("nested", "binary"),
           rows=[["[1,2]", "01", "01:00:00"], ["[3]", "FF", "00:00:00"]]),
    Animal(name="plain.feather", make=lambda path: pyarrow.feather.write_feather(TABLE, str(path)),
           columns=["a", "b"], rows=[[1, "x"], [2, "y"], [None, None]]),
    Animal(name="array.json", make=json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]).encode(), **AB),
    Animal(name="pretty.json", make=json.dumps([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], indent=2).encode(), **AB),
    Animal(name="lines.jsonl", make=b'{"a": 1, "b": "x"}\n{"b": "y", "a": 2}\n', **AB),
    Animal(name="lines without ending", make=b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n', **AB),
    Animal(
        name="lines with gaps and nests.jsonl", make=b'{"a": 1, "b": {"c": 2}}\n{"a": 2, "d": "01.02.2020"}\n',
        columns=["a", "b", "d"], rows=[[1, '{"c":2}', None], [2, None, DAY(2020, 2, 1)]], codes=("nested",),
    ),
    Animal(name="workbook.xlsx", make=lambda path: excel(path, Data=[["a", "b"], [1, "x"], [2, "y"]]), **AB),
    Animal(
        name="two sheets.xlsx", codes=("sheets-several",), columns=["when", "ok", "v"],
        make=lambda path: excel(
            path, Data=[[], [None, "when", "ok", "v"], [None, STAMP(2020, 1, 2), True, 1.5], [],
                        [None, STAMP(2020, 1, 3), False, None]], Other=[["z"]],
        ),
        rows=[[STAMP(2020, 1, 2), "True", 1.5], [STAMP(2020, 1, 3), "False", None]],
    ),
    Animal(name="base.sqlite", make=sqlite_file, columns=["id", "name", "born", "score"],
           rows=[[1, "Ada", DAY(1815, 12, 10), 9.5], [2, "Böb, jr", DAY(1990, 1, 2), None],
                 [3, None, DAY(1970, 3, 4), 7.0]]),
    Animal(name="base.duckdb", make=duckdb_file, columns=["a", "b", "c", "d"], rows=[[1, 1.25, "x", DAY(2020, 2, 3)]]),
    Animal(name="empty.csv", make=b"", refused="is empty"),
    Animal(name="blank.csv", make=b"\n  \n\n", refused="only blank lines"),
    Animal(name="header only.csv", make=b"a,b\n", refused="holds no row: there is only a header"),
    Animal(name="picture.csv", make=b"\x89PNG\r\n\x1a\n" + bytes(range(256)), refused="is a PNG picture"),
    Animal(name="paper.pdf", make=b"%PDF-1.7\n...", refused="is a PDF document"),
    Animal(name="old.xls", make=b"\xd0\xcf\x11\xe0" + b"\x00" * 600, refused="an old Excel or Word file"),
    Animal(name="pickle.pkl", make=b"\x80\x04\x95\x00\x00", refused="a Python pickle, which would run code"),
    Animal(name="zeros.csv", make=b"\x00" * 4096, refused="is not text"),
    Animal(name="page.csv", make=b"<!DOCTYPE html><html></html>", refused="is a web page"),
    Animal(name="torn.parquet", make=b"PAR1" + b"\x07" * 60, refused="cannot be read"),
    Animal(name="torn.csv.gz", make=gzip.compress(text("a,b", *many("{n},x", 4000)))[:-40], refused="is damaged"),
    Animal(name="torn.zip", make=zipped(t_csv=b"a,b\n1,2\n")[:-30], refused="is damaged"),
    Animal(name="empty.zip", make=zipped(), refused="holds no file"),
    Animal(name="zip in zip.zip", make=zipped(inner=zipped(t_csv=b"a,b\n1,2\n")), refused="inside another"),
    Animal(name="bomb.csv.gz", make=gzip.compress(b"0" * 40_000_000), refused="grows beyond"),
    Animal(name="torn.json", make=b'[{"a": 1}, {"a": ', refused="cannot be read"),
    Animal(name="no records.json", make=b"[1, 2, 3]", refused="not a list of records"),
    Animal(name="torn.xlsx", make=zipped(**{"xl__workbook.xml": b"<workbook"}), refused="is damaged"),
    Animal(name="torn.sqlite", make=b"SQLite format 3\x00" + b"\x01" * 200, refused="cannot be read"),
    Animal(name="torn.duckdb", make=b"\x00" * 8 + b"DUCK" + b"\x01" * 200, refused="cannot be read"),
)  # fmt: skip
