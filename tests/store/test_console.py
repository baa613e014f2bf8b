"""The console answers questions and refuses everything else."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import UserError
from core.store.console import run_query


@pytest.fixture
def tables(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"n": list(range(1000)), "kind": ["a", "b"] * 500}), path)
    return {"real": path}, {"metric": pa.table({"name": ["x"], "value": [0.5]})}


def test_it_answers_queries_over_files_and_tables(tables):
    answer = run_query("select kind, count(*) as n from real group by kind order by kind", *tables)
    assert answer.frame.to_dict("list") == {"kind": ["a", "b"], "n": [500, 500]}
    assert run_query("with t as (select 1 as x) select x, name from t, metric;", *tables).frame.x.tolist() == [1]
    assert len(run_query("from real -- a comment", *tables, max_rows=10).frame) == 10
    assert run_query("select * from real", *tables, max_rows=10).cut
    assert run_query("select * from (values (1), (2)) v(x)", *tables).frame.x.tolist() == [1, 2]


REFUSED = [
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/hostname')",
    "select * from read_blob('/etc/hostname')",
    "select * from '/etc/passwd'",
    "select * from read_parquet('rows.parquet')",
    "select * from 'rows.parquet'",
    "select * from glob('/*')",
    "select * from read_json('/etc/passwd')",
    "select * from read_csv_auto('http://localhost/x.csv')",
    "select * from read_parquet('s3://bucket/x.parquet')",
    "copy real to '/elsewhere/out.csv'",
    "copy (select 1) to '/elsewhere/out.parquet' (format parquet)",
    "export database '/elsewhere/out'",
    "import database '/elsewhere/out'",
    "attach '/elsewhere/other.duckdb'",
    "attach ':memory:' as other",
    "detach memory",
    "install httpfs",
    "load httpfs",
    "install spatial from community",
    "create table mine as select 1",
    "create view mine as select 1",
    "create macro f() as 1",
    "insert into metric values ('y', 1)",
    "update metric set value = 1",
    "delete from metric",
    "drop view real",
    "alter table metric rename to other",
    "set enable_external_access = true",
    "set lock_configuration = false",
    "reset memory_limit",
    "pragma database_list",
    "call pragma_version()",
    "select 1; drop view real",
    "select 1) to '/elsewhere/x' --",
    "select 1) limit 1; copy (select 2",
    "prepare p as select 1",
    "begin transaction",
    "vacuum",
    "checkpoint",
    "use memory",
    "select * from sqlite_scan('/elsewhere/x.db', 't')",
    "select * from postgres_scan('', '', '')",
    "select getenv('HOME')",
    "",
    "   -- nothing",
    "selec 1",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_it_refuses_files_networks_extensions_writes_and_settings(tables, sql):
    with pytest.raises(UserError) as error:
        run_query(sql, *tables)
    assert "\n" not in error.value.message
    assert "root:" not in str(error.value)


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from range(1000000000) a, range(1000000000) b where a.range + b.range = 3",
        "with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t",
        "select sum(a.n * b.n * c.n) from real a, real b, real c, real d where a.n + b.n + c.n + d.n = 7",
    ],
)
def test_what_would_run_for_ever_is_ended(tables, sql):
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"ended after|more memory than it may have"):
        run_query(sql, *tables, max_seconds=1.0)
    assert time.monotonic() - begun < 60


def test_a_query_that_eats_memory_is_refused(tables):
    with pytest.raises(UserError):
        run_query("select list(range(100000)) from range(100000)", *tables, max_seconds=20)
