"""Work frames: what the file held comes back as it was."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SchemaMismatch, UnreadableFile
from core.schema import Column, ColumnType, Schema, Storage
from core.tables import (
    MISSING_LABEL,
    as_numbers,
    as_work_frame,
    joined,
    level_codes,
    read_frame,
    to_csv_frame,
    together,
    write_csv,
    write_parquet,
)


def column(name: str, kind: ColumnType, storage: Storage, **more: object) -> Column:
    return Column(name=name, type=kind, storage=storage, reason="Set by the test.", **more)


SCHEMA = Schema(
    columns=(
        column("code", ColumnType.CATEGORICAL, Storage.INTEGER),
        column("amount", ColumnType.CONTINUOUS, Storage.DECIMAL, decimals=2),
        column("count", ColumnType.CONTINUOUS, Storage.INTEGER),
        column("day", ColumnType.DATETIME, Storage.DATE, format="%d/%m/%Y"),
        column("moment", ColumnType.DATETIME, Storage.DATETIME),
        column("flag", ColumnType.BOOLEAN, Storage.BOOLEAN),
        column("zip", ColumnType.CATEGORICAL, Storage.TEXT),
    )
)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    table = pa.table(
        {
            "zip": ["00123", None, "9"],
            "code": pa.array([7, None, 3], pa.int64()),
            "amount": [1.5, float("nan"), 2.25],
            "count": pa.array([10, None, -3], pa.int64()),
            "day": pa.array([dt.date(2026, 1, 31), None, dt.date(1899, 2, 3)]),
            "moment": pa.array(
                [dt.datetime(2026, 1, 31, 23, 59, 58), None, dt.datetime(1970, 1, 1)], pa.timestamp("us")
            ),
            "flag": [True, None, False],
        }
    )
    pq.write_table(table, path)
    return path


def test_a_work_frame_has_one_dtype_per_kind_of_column(stored: Path) -> None:
    frame = read_frame(stored, SCHEMA)
    assert list(frame.columns) == list(SCHEMA.names)
    assert frame["amount"].dtype == np.float64
    assert frame["count"].dtype == np.float64
    assert str(frame["day"].dtype) == str(frame["moment"].dtype) == "datetime64[us]"
    assert list(frame["code"].cat.categories) == ["7", "3"]
    assert frame["flag"].dropna().tolist() == ["True", "False"]
    assert frame.isna().sum().tolist() == [1] * 7


def test_a_code_stored_as_decimals_because_of_missing_cells_is_the_same_level(tmp_path: Path) -> None:
    path = tmp_path / "codes.parquet"
    pq.write_table(pa.table({"code": pa.array([7.0, None, 3.0, float("nan")])}), path)
    frame = read_frame(path, Schema(columns=(SCHEMA["code"],)))
    assert frame["code"].cat.codes.tolist() == [0, -1, 1, -1]
    assert frame["code"].cat.categories.tolist() == ["7", "3"]


def test_storage_comes_back_in_parquet(stored: Path, tmp_path: Path) -> None:
    write_parquet(read_frame(stored, SCHEMA), SCHEMA, tmp_path / "back.parquet")
    before, after = pq.read_table(stored), pq.read_table(tmp_path / "back.parquet")
    assert after.column_names == list(SCHEMA.names)
    for name in SCHEMA.names:
        assert after.schema.field(name).type == before.schema.field(name).type, name
        expected = [None if value != value else value for value in before.column(name).to_pylist()]
        assert after.column(name).to_pylist() == expected, name


def test_csv_is_laid_out_as_the_file_was(stored: Path, tmp_path: Path) -> None:
    write_csv(read_frame(stored, SCHEMA), SCHEMA, tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text(encoding="utf-8").splitlines() == [
        "code,amount,count,day,moment,flag,zip",
        "7,1.50,10,31/01/2026,2026-01-31 23:59:58,True,00123",
        ",,,,,,",
        "3,2.25,-3,03/02/1899,1970-01-01 00:00:00,False,9",
    ]


def test_years_have_four_digits_in_csv_however_early_they_are(tmp_path: Path) -> None:
    days = [dt.date(1, 1, 1), None, dt.date(9999, 12, 31)]
    moments = pa.array([dt.datetime(999, 2, 3, 4, 5, 6), None, dt.datetime(9999, 12, 31)], pa.timestamp("us"))
    pq.write_table(pa.table({"day": days, "moment": moments}), tmp_path / "t.parquet")
    schema = Schema(columns=(SCHEMA["day"], SCHEMA["moment"]))
    written = to_csv_frame(read_frame(tmp_path / "t.parquet", schema), schema)
    assert written["day"].fillna("").tolist() == ["01/01/0001", "", "31/12/9999"]
    assert written["moment"].fillna("").tolist() == ["0999-02-03 04:05:06", "", "9999-12-31 00:00:00"]


def test_texts_of_a_frame_have_no_float_tails_for_whole_numbers(stored: Path) -> None:
    assert to_csv_frame(read_frame(stored, SCHEMA), SCHEMA)["count"].tolist()[0] == "10"


def test_an_amount_at_the_end_of_the_integers_is_written(tmp_path: Path) -> None:
    schema = Schema(columns=(SCHEMA["count"],))
    frame = pd.DataFrame({"count": [float(2**63 - 1), np.nan, -(2.0**63)]})  # the first is 2**63 as float64
    write_parquet(frame, schema, tmp_path / "t.parquet")
    written = pq.read_table(tmp_path / "t.parquet").column("count").to_pylist()
    assert written == [2**63 - 1024, None, -(2**63)]
    assert to_csv_frame(frame, schema)["count"].dropna().tolist() == [str(2**63 - 1024), str(-(2**63))]


def test_a_level_outside_the_storage_type_is_kept_as_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"code": pd.Categorical(["7", "other"])})
    write_parquet(frame, Schema(columns=(SCHEMA["code"],)), tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet").column("code").to_pylist() == ["7", "other"]


def test_shared_codes_give_missing_the_last_one() -> None:
    (left, right), levels = level_codes(
        pd.Series(pd.Categorical(["b", None, "a"])), pd.Series(pd.Categorical(["c", "a", None]))
    )
    assert levels == ["a", "b", "c", MISSING_LABEL]
    assert left.tolist() == [1, 3, 0]
    assert right.tolist() == [2, 0, 3]


def test_unused_categories_do_not_become_levels() -> None:
    (codes,), levels = level_codes(pd.Series(pd.Categorical(["a"], categories=["z", "a"])))
    assert levels == ["a", MISSING_LABEL]
    assert codes.tolist() == [0]


def test_tables_put_together_keep_every_level_whatever_its_code_was() -> None:
    def frame(values: list[str | None], levels: list[str]) -> pd.DataFrame:
        return pd.DataFrame({"a": pd.Categorical(values, categories=levels), "b": np.arange(len(values), dtype=float)})

    parts = [frame(["x", None], ["x", "y"]), frame(["x", "y"], ["y", "x"]), frame(["z"], ["z", "x"])]
    for some in (parts[:2], parts):
        found = joined(some)
        wanted = [value for part in some for value in part["a"].astype(object)]
        assert [None if pd.isna(value) else value for value in found["a"]] == [
            None if pd.isna(value) else value for value in wanted
        ]
        assert isinstance(found["a"].dtype, pd.CategoricalDtype)
        assert found.index.equals(pd.RangeIndex(len(wanted)))
    assert together([parts[0].iloc[:0], parts[2]])["a"].tolist() == ["z"]
    assert together([parts[0].iloc[:0]]) is None


def test_datetimes_as_numbers_are_seconds() -> None:
    moments = pd.Series(pd.to_datetime(["1970-01-02", None])).astype("datetime64[us]")
    numbers = as_numbers(moments)
    assert numbers[0] == 86_400
    assert np.isnan(numbers[1])


def test_a_lacking_column_is_named(stored: Path) -> None:
    wider = Schema(columns=(*SCHEMA.columns, column("more", ColumnType.TEXT, Storage.TEXT)))
    with pytest.raises(SchemaMismatch, match="more"):
        read_frame(stored, wider)
    with pytest.raises(SchemaMismatch, match="more"):
        as_work_frame(read_frame(stored, SCHEMA), wider)


def test_text_in_a_continuous_column_is_a_mismatch_and_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"amount": ["1.5", "a lot"]}), path)
    with pytest.raises(SchemaMismatch, match="amount"):
        read_frame(path, Schema(columns=(SCHEMA["amount"],)))


def test_what_is_not_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_text("nothing")
    with pytest.raises(UnreadableFile):
        read_frame(tmp_path / "no.parquet", SCHEMA)
