"""Types of single columns, one case for every rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig, UnreadableFile
from core.profiling.infer import infer_schema, retype
from core.profiling.summary import summarise_table
from core.reading.read import read_table
from core.schema import ColumnType, Schema, Storage, Treatment
from core.tables import read_frame, write_csv, write_parquet

N = 400
VALID_CARDS = ("0002", "0010", "0028", "0036", "0044", "0051", "0069", "0077", "0085", "0093")
"""Last digits of card numbers after 400000000000, with right check digits."""


def inferred(tmp_path, values, name="x"):
    path = tmp_path / "table.parquet"
    pd.DataFrame({name: values}).to_parquet(path)
    return infer_schema(path)[name]


def cycled(*values):
    return [values[number % len(values)] for number in range(N)]


RNG = np.random.default_rng(0)
CASES = {
    "decimals": ("height", RNG.normal(170, 9, N).round(1), "continuous"),
    "many whole numbers": ("fnlwgt", RNG.integers(1e4, 1e6, N), "continuous"),
    "whole numbers that never repeat but are amounts": ("salary", RNG.permutation(900_000)[:N] + 100_000, "continuous"),
    "grades": ("rating", cycled(1, 2, 3, 4, 5), "ordinal"),
    "codes by name": ("sex", cycled(1, 2), "categorical"),
    "codes by negative numbers": ("pay_3", cycled(-2, -1, 0, 1, 2, 3, 4, 5), "categorical"),
    "zero and one": ("smoker", cycled(0, 1, 1), "boolean"),
    "zero and one as decimals with gaps": ("smoker", cycled(0.0, 1.0, np.nan), "boolean"),
    "yes and no": ("smoker", cycled("yes", "no", "no"), "boolean"),
    "Y and N": ("smoker", cycled("Y", "N", "N"), "boolean"),
    "ja and nein": ("raucher", cycled("ja", "nein"), "boolean"),
    "two words that are no yes and no": ("sex", cycled("female", "male"), "categorical"),
    "true and false": ("smoker", cycled(True, False), "boolean"),
    "a known scale": ("risk", cycled("low", "high", "medium"), "ordinal"),
    "bands of numbers": ("age_band", cycled("18-25", "<18", "26-40", "65+", "41-64"), "ordinal"),
    "texts that repeat": ("city", cycled(*[f"Town {n}" for n in "ABCDEFGHIJ"]), "categorical"),
    "free text": ("note", [f"the patient {n} came back after {n % 7} weeks and felt better" for n in range(N)], "text"),
    "short texts that hardly repeat": ("title", [f"Item called {n * 7919 % 1009}" for n in range(N)], "text"),
    "a sequence": ("row", np.arange(1, N + 1), "identifier"),
    "numbers of one length that never repeat": ("account", RNG.permutation(900_000)[:N] + 100_000, "identifier"),
    "an id that repeats": ("customer_id", RNG.integers(1, 120, N), "identifier"),
    "an id of few persons": ("patient_id", cycled(4, 7, 9, 12), "identifier"),
    "an id of few persons as texts": ("cardholder_id", cycled("C01", "C02", "C17"), "identifier"),
    "incomes of few persons": ("monthly_income", cycled(2051.17, 1890.5, 3400.25, 989.99), "continuous"),
    "ages of few persons": ("age", cycled(20, 31, 44, 58, 62, 71, 80), "continuous"),
    "grades in halves": ("mark", cycled(1.0, 1.5, 2.0, 2.5, 4.0), "ordinal"),
    "an id with few values": ("store_id", cycled(1, 2, 3, 4, 5, 6, 7, 8), "categorical"),
    "codes with a prefix": ("order", [f"AB-{n:05d}" for n in range(N)], "identifier"),
    "uuids": ("key", [f"{n:08x}-1234-4abc-8def-{n * 7:012x}" for n in range(N)], "identifier"),
    "leading zeros": ("plz", cycled("01067", "04109", "80331", "10115"), "categorical"),
    "postcodes as numbers": ("zip_code", RNG.integers(10_000, 10_200, N), "categorical"),
    "dates": ("day", pd.date_range("2020-01-01", periods=N, freq="D"), "datetime"),
    "one value": ("unit", cycled("kg"), "constant"),
    "nothing": ("unit", [None] * N, "constant"),
    "counts": ("n_visits", RNG.poisson(0.7, 5_000) * RNG.integers(1, 3, 5_000), "continuous"),
    "years": ("year", RNG.integers(1980, 2024, N), "continuous"),
    "zero-inflated": ("capital_gain", np.where(RNG.random(N) < 0.9, 0, RNG.integers(100, 90_000, N)), "continuous"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "expected"), CASES.values(), ids=CASES)
def test_the_type_is_the_one_a_person_would_set(name, values, expected, tmp_path):
    column = inferred(tmp_path, values, name)
    assert str(column.type) == expected, column.reason
    assert column.reason.endswith(".")


def test_a_zero_inflated_number_says_so(tmp_path):
    assert "90% are 0 (zero-inflated)" in inferred(tmp_path, [0] * 360 + list(range(1, 41)), "gain").reason


def test_levels_of_a_scale_and_of_bands_are_in_order(tmp_path):
    assert inferred(tmp_path, cycled("high", "low", "medium")).order == ("low", "medium", "high")
    bands = cycled("65+", "18-25", "<18", "26-64")
    assert inferred(tmp_path, bands).order == ("<18", "18-25", "26-64", "65+")
    assert inferred(tmp_path, cycled(10, 9, 2, 1, 3, 4), "rating").order == ("1", "2", "3", "4", "9", "10")


def test_whole_numbers_with_missing_ones_are_stored_as_integers(tmp_path):
    column = inferred(tmp_path, [1.0, np.nan, *range(40, 400)])
    assert (column.storage, column.decimals, column.n_missing) == (Storage.INTEGER, 0, 1)


def test_decimals_are_as_many_as_are_needed(tmp_path):
    assert inferred(tmp_path, RNG.normal(0, 1, N).round(3)).decimals == 3
    assert inferred(tmp_path, RNG.normal(0, 1, N)).decimals is None
    prices = RNG.uniform(100, 200, N).round(2)
    assert inferred(tmp_path, np.append(prices - 99.9, 0.3 - 0.1 - 0.2)).decimals == 2, "noise of differences"


VERY_LARGE_OR_SMALL = {
    "whole beyond float64": np.linspace(1e19, 9e19, N),
    "far below the sixth decimal": RNG.normal(0, 1e-14, N),
    "p-values": np.append(RNG.random(N).round(3), 1.2e-15),
    "whole up to the largest integer": 2**63 - 1 - np.arange(N) * (4 * 10**16),
}


@pytest.mark.parametrize("values", VERY_LARGE_OR_SMALL.values(), ids=VERY_LARGE_OR_SMALL)
def test_very_large_and_very_small_numbers_are_stored_as_they_are(values, tmp_path):
    column = inferred(tmp_path, values)
    assert (column.type, column.storage, column.decimals) == (ColumnType.CONTINUOUS, Storage.DECIMAL, None)
    schema = Schema(columns=(column,))
    frame = read_frame(tmp_path / "table.parquet", schema)
    write_parquet(frame, schema, tmp_path / "stored.parquet")
    write_csv(frame, schema, tmp_path / "stored.csv")
    wanted = values.astype(np.float64).tolist()
    assert pd.read_parquet(tmp_path / "stored.parquet")["x"].tolist() == wanted
    assert pd.read_csv(tmp_path / "stored.csv", float_precision="round_trip")["x"].tolist() == wanted


def test_levels_beyond_float64_are_ordered_by_the_texts_that_frames_have(tmp_path):
    column = inferred(tmp_path, cycled(1e23, 2e23, 3e23, 4e23))
    levels = read_frame(tmp_path / "table.parquet", Schema(columns=(column,)))["x"].cat.categories
    assert (column.type, column.order) == (ColumnType.ORDINAL, tuple(levels))


def test_an_identifier_is_regenerated_by_its_pattern_and_free_text_left_out(tmp_path):
    column = inferred(tmp_path, [f"AB-{n:05d}" for n in range(N)], "order")
    assert (column.pattern, column.treatment) == ("AB-00999", Treatment.REGENERATE)
    assert inferred(tmp_path, np.arange(N), "row").pattern == "sequence"
    note = inferred(tmp_path, [f"some words about case {n} that nobody wrote before in this form" for n in range(N)])
    assert note.treatment is Treatment.LEAVE_OUT


@pytest.mark.parametrize(
    ("name", "numbers", "pattern"),
    [
        ("customer_id", RNG.permutation(900_000)[:N] + 100_000, "999999"),
        ("patient_id", RNG.integers(100, 300, N), "999"),
        ("card_number", [int("400000000000" + card) for card in VALID_CARDS] * 40, "4000000000000099"),
    ],
)
def test_an_id_that_gaps_made_decimal_has_the_pattern_of_the_whole_numbers(name, numbers, pattern, tmp_path):
    whole = inferred(tmp_path, pd.Series(numbers), name)
    gaps = inferred(tmp_path, pd.Series([np.nan, *numbers]), name)
    assert (gaps.type, gaps.pattern, gaps.personal, gaps.storage) == (
        ColumnType.IDENTIFIER, pattern, whole.personal, Storage.INTEGER,
    )  # fmt: skip
    assert whole.pattern == pattern


TYPES = {
    "null": pa.null(), "bool": pa.bool_(), "int8": pa.int8(), "uint64": pa.uint64(), "decimal": pa.decimal128(38, 10),
    "date": pa.date32(), "time": pa.time64("us"), "zoned": pa.timestamp("us", tz="Europe/Berlin"),
    "duration": pa.duration("us"), "binary": pa.binary(), "list": pa.list_(pa.int64()),
    "struct": pa.struct([("a", pa.int64())]), "dictionary": pa.dictionary(pa.int32(), pa.string()),
}  # fmt: skip


def test_a_column_of_any_type_without_a_value_is_constant_when_it_was_read(tmp_path):
    source, target = tmp_path / "source.parquet", tmp_path / "table.parquet"
    pq.write_table(pa.table({name: pa.nulls(N, kind) for name, kind in TYPES.items()} | {"x": range(N)}), source)
    read_table(source, target)
    schema = infer_schema(target)
    assert {column.type for column in schema if column.name != "x"} == {ColumnType.CONSTANT}
    assert summarise_table(target, schema)["decimal"].n_missing == N
    write_parquet(read_frame(target, schema), schema, tmp_path / "stored.parquet")


def test_cells_that_hold_lists_records_or_bytes_are_refused_by_the_names_of_their_columns(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"tags": [[1], [2]], "who": [{"a": 1}, None], "key": [b"a", b"\xff"], "x": [1, 2]}), path)
    with pytest.raises(UnreadableFile, match="hold lists, records or bytes: tags, who, key"):
        infer_schema(path)


def test_the_analyst_can_set_another_type_and_the_treatment_follows(tmp_path):
    column = inferred(tmp_path, np.arange(1, N + 1), "row")
    changed = retype(column, ColumnType.CONTINUOUS)
    assert (changed.type, changed.treatment, changed.reason) == ("continuous", Treatment.MODEL, "Set by the analyst.")
    assert retype(changed, ColumnType.IDENTIFIER).treatment is Treatment.REGENERATE


@pytest.mark.parametrize(
    "wanted", [ColumnType.CONTINUOUS, ColumnType.DATETIME, ColumnType.BOOLEAN, ColumnType.CONSTANT]
)
def test_a_type_that_the_cells_cannot_have_is_refused(wanted, tmp_path):
    column = inferred(tmp_path, cycled("a", "b", "c"), "grade")
    with pytest.raises(InvalidConfig, match="'grade' cannot be") as refused:
        retype(column, wanted)
    assert refused.value.field == "grade"
