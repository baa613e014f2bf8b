"""Addresses, remedies in words, sentinels, and what else a file holds."""

from __future__ import annotations

import builtins

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig, UnreadableFile, UserError
from core.profiling.infer import infer_schema
from core.reading.addresses import check_host, fetch, is_address
from core.reading.options import ReadOptions
from core.reading.read import read_table
from core.reading.remedies import options_from_texts, remedy_label
from tests.reading.test_read import column, finding, put, target  # noqa: F401
from tests.reading.zoo import duckdb_file, excel, sqlite_file, zipped

RNG = np.random.default_rng(0)


def quiet(share, message):
    """Progress that nobody watches."""


def test_an_address_is_copied_and_read_like_a_file(tmp_path, target):  # noqa: F811
    put(tmp_path, "a;b\n1;x\n2;y\n", "table.csv")
    copied = fetch(f"file://{tmp_path}/table.csv", target.parent, quiet)
    assert (copied.name, read_table(copied, target).n_rows) == ("table.csv", 2)


def test_an_address_that_names_nothing_is_said_without_what_may_be_secret(tmp_path):
    with pytest.raises(UnreadableFile) as refused:
        fetch(f"file://{tmp_path}/nowhere.csv?token=secret", tmp_path, quiet)
    assert "nowhere.csv" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs")])
def test_a_driver_that_is_not_installed_is_named_in_one_sentence(scheme, package, tmp_path):
    with pytest.raises(UnreadableFile, match=f"needs the package {package}, which is not installed"):
        fetch(f"{scheme}://bucket/table.csv", tmp_path, quiet)


def test_without_fsspec_one_sentence_says_so(tmp_path, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "fsspec":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UnreadableFile, match="needs the package fsspec, which is not installed"):
        fetch("https://example.org/table.csv", tmp_path, quiet)


def test_only_addresses_of_listed_hosts_pass():
    check_host("https://data.example.org/t.csv", ["data.example.org"])
    for address in (
        "https://other.example.org/t.csv",
        "s3://data.example.org/t",
        "file:///etc/passwd",
        "https://data.example.org@evil.example/t.csv",
        "zip://x::https://data.example.org/t.zip",
    ):
        with pytest.raises(UserError, match="not fetched"):
            check_host(address, ["data.example.org"])


def test_files_are_told_from_addresses():
    assert [is_address(text) for text in ("https://a/b", "s3://a/b", "a/b.csv", "/a://b", "C:\\a.csv")] == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("remedy", "words"),
    [
        ({"delimiter": "\t"}, "Separate cells at tabs"),
        ({"encoding": "latin-1"}, "Read it as latin-1"),
        ({"header": True}, "Take the first line as names"),
        ({"header": False}, "Take the first line as a row"),
        ({"skip": 0}, "Read from the first line"),
        ({"missing": ["?"]}, "Read '?' as missing"),
        ({"missing_in": {"income": ["9999", "9999.0"]}}, "Read 9999 in 'income' as missing"),
        ({"texts": ["plz"]}, "Keep 'plz' as text"),
        ({"dates": {"day": "%m/%d/%Y"}}, "Read 'day' with the month first"),
        ({"dates": {"day": "%d/%m/%Y"}}, "Read 'day' with the day first"),
        ({"pad": True}, "Fill the cells that lack"),
        ({"sheet": "Two"}, "Read the sheet 'Two'"),
    ],
)
def test_every_remedy_has_words_for_its_button(remedy, words):
    assert remedy_label(remedy) == words


def test_typed_options_become_settings():
    options = options_from_texts({"delimiter": "tab", "header": "no", "missing": "?,NA", "skip": "2", "texts": "a,b"})
    assert options == ReadOptions(delimiter="\t", header=False, missing=("", "?", "NA"), skip=2, texts=("a", "b"))
    for texts in ({"delimeter": ";"}, {"header": "perhaps"}, {"skip": "x"}, {"encoding": "utf-99"}):
        with pytest.raises(InvalidConfig):
            options_from_texts(texts)


def test_a_number_that_stands_apart_is_asked_about_and_its_remedy_is_of_its_column(tmp_path, target):  # noqa: F811
    income = [str(value) for value in RNG.integers(1_000, 4_000, 200)]
    income[3] = income[70] = income[71] = "9999"
    lines = [f"{value},{number % 50},{9999 if number == 5 else number}" for number, value in enumerate(income)]
    diagnosis = read_table(put(tmp_path, "income,age,row\n" + "\n".join(lines) + "\n"), target)
    asked = [one for one in diagnosis.findings if one.code == "sentinel-number"]
    assert [one.place for one in asked] == ["column income"]  # one cell of 9999 is a value like another
    assert "3 cells" in asked[0].message
    assert max(column(target, "income")) == 9999
    read_table(tmp_path / "file.csv", target, diagnosis.options.changed(asked[0].remedy))
    assert (column(target, "income").count(None), column(target, "row").count(None)) == (3, 0)
    assert infer_schema(target)["income"].n_missing == 3


def test_minus_one_is_asked_about_only_where_nothing_else_is_negative(tmp_path, target):  # noqa: F811
    days = np.where(RNG.random(300) < 0.7, -1, RNG.integers(1, 400, 300))
    lines = [f"{day},{day % 7 - 3},{(-1, 0, 1)[day % 3]}" for day in days]
    diagnosis = read_table(put(tmp_path, "pdays,lag,sign\n" + "\n".join(lines) + "\n"), target)
    assert [one.place for one in diagnosis.findings if one.code == "sentinel-number"] == ["column pdays"]


def test_a_sentinel_of_a_typed_file_can_be_read_as_missing_too(tmp_path, target):  # noqa: F811
    numbers = [*RNG.integers(0, 90, 100).tolist(), 999, 999]
    pq.write_table(pa.table({"age": numbers, "x": [float(one) / 10 for one in numbers]}), tmp_path / "t.parquet")
    diagnosis = read_table(tmp_path / "t.parquet", target)
    remedy = finding(diagnosis, "sentinel-number").remedy
    read_table(tmp_path / "t.parquet", target, diagnosis.options.changed(remedy))
    assert column(target, "age").count(None) == 2


def test_options_with_missing_marks_of_a_column_survive_json():
    options = ReadOptions(missing_in={"income": ("9999",)})
    assert ReadOptions.from_json(options.to_json()) == options
    more = options.changed({"missing_in": {"age": ["99"]}})
    assert more.missing_in == {"income": ("9999",), "age": ("99",)}


def test_the_diagnosis_lists_what_else_the_file_holds(tmp_path, target):  # noqa: F811
    excel(tmp_path / "book.xlsx", One=[["a"], [1]], Two=[["b"], [2]])
    assert read_table(tmp_path / "book.xlsx", target).choices == {"sheet": ("One", "Two")}
    sqlite_file(tmp_path / "base.sqlite")
    assert "people" in read_table(tmp_path / "base.sqlite", target).choices["table"]
    duckdb_file(tmp_path / "base.duckdb")
    assert "t" in read_table(tmp_path / "base.duckdb", target).choices["table"]
    put(tmp_path, zipped(one_csv=b"a\n1\n", two_csv=b"b\n2\n3\n"), "both.zip")
    assert read_table(tmp_path / "both.zip", target).choices == {"member": ("one.csv", "two.csv")}
