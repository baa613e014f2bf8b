"""Tables from a configured folder, from addresses, and read again with other options."""

from __future__ import annotations

import pytest

from core.errors import UnreadableFile, UserError
from core.reading.options import ReadOptions
from core.workbench import data, sessions, sources


@pytest.fixture
def session(tmp_path):
    with sessions.create_session(tmp_path) as session:
        yield session


@pytest.fixture
def tables(tmp_path, monkeypatch):
    folder = tmp_path / "tables"
    (folder / "parts").mkdir(parents=True)
    (folder / "one.csv").write_text("a,b\n1,x\n2,y\n")
    (folder / "parts" / "p1.csv").write_text("a,b\n1,x\n")
    (folder / "parts" / "p2.csv").write_text("a,b\n2,y\n3,z\n")
    (folder / ".hidden.csv").write_text("a\n1\n")
    monkeypatch.setenv("DOPPEL_DATA", str(folder))
    return folder


def read(session, reading_id):
    for _ in sessions.follow(session, reading_id):
        pass
    return data.reading(session, reading_id)


def test_files_and_patterns_of_the_folder_are_read(session, tables):
    assert [one.path for one in sources.folder_files()] == ["one.csv", "parts/p1.csv", "parts/p2.csv"]
    found = read(session, sources.start_reading_from_folder(session, "parts/p*.csv"))
    assert (found.name, found.diagnosis.n_rows) == ("p", 3)
    again = data.start_reading_again(session, found.id, ReadOptions(texts=("a",)))
    assert str(read(session, again).schema["a"].storage) == "text"


def test_nothing_outside_the_folder_is_read(session, tables, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (tables / "link.csv").symlink_to(tmp_path / "secret.csv")
    for pattern in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "l*.csv", ""):
        with pytest.raises(UserError):
            sources.start_reading_from_folder(session, pattern)
    with pytest.raises(UnreadableFile, match="no file"):
        sources.start_reading_from_folder(session, "nothing-*.csv")


def test_without_a_configured_folder_or_host_there_is_none(session, monkeypatch):
    monkeypatch.delenv("DOPPEL_DATA", raising=False)
    monkeypatch.setenv("DOPPEL_HOSTS", " Data.example.org , ")
    assert (sources.data_folder(), sources.folder_files()) == (None, [])
    assert sources.allowed_hosts() == ("data.example.org",)
    with pytest.raises(UserError, match="No folder"):
        sources.start_reading_from_folder(session, "x.csv")
    with pytest.raises(UserError, match="not fetched"):
        sources.start_reading_from_host(session, "https://elsewhere.example/t.csv")


def test_an_address_is_fetched_by_the_job_and_not_kept_beside_the_table(session, tables):
    found = read(session, data.start_reading(session, f"file://{tables}/one.csv", name="one"))
    assert found.diagnosis.n_rows == 2
    assert not (found.view.folder / "fetched").exists()


def test_rejected_lines_are_kept_in_a_file(session, tables):
    (tables / "bad.csv").write_text("a,b\n" + "1,x\n" * 30 + "2,y,z\n")
    found = read(session, sources.start_reading_from_folder(session, "bad.csv"))
    assert "2,y,z" in data.rejected_file(session, found.id).read_text()
    mended = data.with_settings(found.asked, {"missing": ["", "x"]})
    assert read(session, data.start_reading_again(session, found.id, mended)).schema["b"].n_missing == 30
