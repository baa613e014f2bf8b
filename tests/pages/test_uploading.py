"""The upload box: the file goes to disk in a callback, nothing of it stays in memory, and what goes wrong is said."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.workbench import data, sessions
from tests.pages.conftest import open_page, said

MEGABYTE = 1 << 20


def box() -> None:
    """A page with a box, which counts its runs and shows what was stored."""
    import tracemalloc
    from pathlib import Path

    import streamlit as st

    from core.errors import UserError
    from pages.components.frame import boundary
    from pages.components.uploading import take, upload_box

    def store(stream, filename: str) -> int:
        if filename == "refused.csv":
            raise UserError("The file is refused.", "Take another one.")
        if filename == "broken.csv":
            raise RuntimeError("secret value 4711")
        target, size = Path(st.session_state["folder"]) / "stored", 0
        with target.open("wb") as file:
            while piece := stream.read(1 << 20):
                size += file.write(piece)
        return size

    with boundary():
        uploaded = upload_box("Table", key="box", store=store)
        if tracemalloc.is_tracing():
            st.session_state["peak"] = tracemalloc.get_traced_memory()[1]
        if uploaded is not None:
            st.markdown(f"{uploaded.title}: {uploaded.result} bytes")
        if st.button("Take", key="take"):
            take("box")


def page(folder: Path) -> AppTest:
    app = AppTest.from_function(box, default_timeout=60)
    app.session_state["folder"] = str(folder)
    return app.run()


def test_a_file_is_on_disk_before_the_page_runs_and_an_empty_box_takes_the_next_one(tmp_path):
    app = page(tmp_path)
    app.file_uploader[0].upload("first.table.csv", b"a,b\n1,2\n").run()
    assert (tmp_path / "stored").read_bytes() == b"a,b\n1,2\n"
    assert "first.table: 8 bytes" in said(app)
    assert app.file_uploader[0].value is None
    app.file_uploader[0].upload("second.csv", b"c\n3\n").run()
    assert (tmp_path / "stored").read_bytes() == b"c\n3\n"
    assert "second: 4 bytes" in said(app)
    app.button(key="take").click().run()
    assert "bytes" not in said(app.run())


def test_an_upload_is_held_in_memory_once(tmp_path):
    app = page(tmp_path)
    size = 32 * MEGABYTE
    app.file_uploader[0].upload("large.csv", bytes(size))
    tracemalloc.start()  # the bytes that Streamlit holds were there before: what is counted comes on top of them
    try:
        app.run()
    finally:
        tracemalloc.stop()
    assert f"large: {size} bytes" in said(app)
    assert app.session_state["peak"] < size / 2


def test_a_refused_file_is_said_once_and_an_unexpected_error_gets_a_number(tmp_path):
    app = page(tmp_path)
    app.file_uploader[0].upload("refused.csv", b"a\n1\n").run()
    assert "The file is refused" in app.error[0].value
    assert not app.run().error
    app.file_uploader[0].upload("broken.csv", b"a\n1\n").run()
    assert "error" in app.error[0].value
    assert "4711" not in said(app)
    app.file_uploader[0].upload("good.csv", b"a\n1\n").run()
    assert not app.error
    assert "good: 4 bytes" in said(app)


def test_the_data_page_reads_an_upload(home):
    with sessions.create_session(home) as session:
        app = open_page("data", session=session.id)
        app.file_uploader[0].upload("people.csv", b"age,town\n" + b"41,Bonn\n42,Ulm\n" * 40).run()
        assert not app.error
        assert data.reading(session, app.session_state["selection"]["reading"]).name == "people"
