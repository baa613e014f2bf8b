"""Sessions: made, listed, shared within a process, refused to others, deleted without a trace."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from core.errors import UnknownId, UserError
from core.workbench import data, sessions


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def test_a_session_is_a_private_folder_with_an_id_of_128_bits(home: Path) -> None:
    with sessions.create_session(home, "fraud study") as session:
        assert len(session.id) == 32
        assert stat.S_IMODE(session.folder.stat().st_mode) == 0o700
        assert [info.name for info in sessions.list_sessions(home)] == ["fraud study"]


def test_two_tabs_of_one_process_share_a_session(home: Path) -> None:
    with sessions.create_session(home) as session:
        assert sessions.open_session(home, session.id) is session


@pytest.mark.parametrize("text", ["", "..", "../../etc", "0" * 31, "g" * 32, "0" * 32 + "/", None, "0" * 32])
def test_an_id_that_is_malformed_or_unknown_never_touches_a_path(home: Path, text: object) -> None:
    with pytest.raises(UnknownId):
        sessions.open_session(home, text)


def test_deleting_a_session_leaves_no_file(home: Path) -> None:
    session = sessions.create_session(home)
    data.receive_upload(session, io.BytesIO(b"a,b\n1,2\n"), "t.csv")
    sessions.delete_session(home, session.id)
    assert list(home.iterdir()) == []
    with pytest.raises(UnknownId):
        sessions.open_session(home, session.id)


def test_an_upload_lies_under_a_name_of_ours_with_its_own_ending(home: Path) -> None:
    with sessions.create_session(home) as session:
        path = data.receive_upload(session, io.BytesIO(b"a,b\n1,2\n"), "../../my table.CSV")
        assert path.parent == session.folder / "uploads"
        assert path.suffix == ".csv"
        assert path.read_bytes() == b"a,b\n1,2\n"


def test_an_upload_past_the_limit_is_refused_and_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "UPLOAD_BYTES", 5)
    with sessions.create_session(home) as session:
        with pytest.raises(UserError, match="larger than"):
            data.receive_upload(session, io.BytesIO(b"a,b\n1,2\n"), "t.csv")
        assert list((session.folder / "uploads").iterdir()) == []


def test_a_demo_takes_no_file_and_lists_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOPPEL_MODE", "demo")
    with sessions.create_session(home) as session:
        assert sessions.list_sessions(home) == []
        with pytest.raises(UserError, match="demo"):
            data.receive_upload(session, io.BytesIO(b"a\n1\n"), "t.csv")
        with pytest.raises(UserError, match="demo"):
            data.start_reading(session, home / "t.csv", name="t")


def test_a_misspelt_mode_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOPPEL_MODE", "Demo")
    with pytest.raises(UserError, match="local or demo"):
        sessions.mode()
