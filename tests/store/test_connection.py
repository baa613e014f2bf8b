"""Opening: one process, tight settings, and files for this user alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import StoreError, StoreLocked
from core.jobs.processes import ROOT
from core.store.queries import delete, insert, quoted
from core.store.store import Store
from tests.store.making import make_dataset

OPEN = """
import sys
from core.errors import StoreError
from core.store.store import Store
try:
    store = Store.open(sys.argv[1])
except StoreError as error:
    print(type(error).__name__, error)
else:
    print("open", len(store.list_datasets()), flush=True)
    sys.stdin.read()
"""


def other_process(folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_second_process_is_told_which_process_has_the_session(store) -> None:
    answer, _ = other_process(store.folder).communicate(timeout=300)
    assert answer.startswith("StoreLocked")
    assert f"number {os.getpid()}" in answer
    assert "another session" in answer


def test_a_session_can_be_opened_when_the_process_that_had_it_was_killed(store) -> None:
    make_dataset(store)
    store.close()
    other = other_process(store.folder)
    assert other.stdout.readline().strip() == "open 1"
    with pytest.raises(StoreLocked, match=f"number {other.pid}"):
        Store.open(store.folder)
    other.kill()
    other.communicate()
    with Store.open(store.folder) as again:
        assert len(again.list_datasets()) == 1


def test_several_stores_of_one_process_share_a_session(store) -> None:
    with Store.open(store.folder) as second:
        dataset = make_dataset(second)
    assert store.find_dataset(dataset.id) == dataset


def test_a_closed_store_says_so(store) -> None:
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.list_datasets()


def test_folders_and_catalogue_are_for_this_user_alone(store) -> None:
    for path in (store.folder, store.folder / "tables", store.folder / "jobs", store.folder / "uploads"):
        assert path.stat().st_mode & 0o777 == 0o700
    assert (store.folder / "session.duckdb").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Store.open(tmp_path):
        assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy dataset to 'stolen.csv'",
        "export database 'stolen'",
        "attach 'other.duckdb'",
        "install httpfs",
        "load httpfs",
        "select * from read_parquet('https://example.com/a.parquet')",
        "set memory_limit = '100GB'",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset enable_external_access",
        "pragma enable_external_access",
    ],
)
def test_the_catalogue_reaches_nothing_but_its_own_file(store, statement) -> None:
    with pytest.raises(StoreError), store._transaction() as cursor:
        cursor.execute(statement).fetchall()


def test_variables_of_the_program_are_no_tables(store) -> None:
    import pandas as pd

    frame = pd.DataFrame({"secret": [1]})
    with pytest.raises(StoreError), store._transaction() as cursor:
        cursor.execute("select * from frame").fetchall()
    assert len(frame) == 1


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"\0" * 20_000])
def test_a_damaged_catalogue_is_a_sentence_and_not_a_traceback(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "session.duckdb").write_bytes(content)
    with pytest.raises(StoreError, match="catalogue") as refused:
        Store.open(tmp_path)
    assert len(refused.value.message) < 400


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder cannot be used"):
        Store.open(tmp_path / "file" / "session")


@pytest.mark.parametrize("name", ["dataset", 'a"b', "a b", "select", "x; drop table y", "名前"])
def test_identifiers_are_quoted_so_that_they_stay_identifiers(name) -> None:
    assert quoted(name) == '"' + name.replace('"', '""') + '"'
    assert insert(name, [name]).count(quoted(name)) == 2
    assert quoted(name) in delete(name, name)


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_identifiers_that_no_quoting_helps_are_refused(name) -> None:
    with pytest.raises(ValueError, match="identifier"):
        quoted(name)
