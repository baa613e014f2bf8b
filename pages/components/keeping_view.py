"""How long things are kept, deleting with proof, and moving a whole session."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from core.errors import DoppelError
from core.workbench import moving, retention, sessions, stored
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.frame import show_error
from pages.components.uploading import take, upload_box
from pages.components.words import count, number, short, text

PROOF = "deletion-proof"


def show_keeping(here: Session) -> None:
    """Retention, deletion, and export and import of the session."""
    _retention(here)
    _deletion(here)
    if not session.is_demo():
        _moving(here)


def _retention(here: Session) -> None:
    with st.container(border=True, key="retention-card"):
        st.subheader(":material/hourglass_bottom: Retention", anchor=False)
        rule = retention.rule(here)
        if rule is None:
            st.markdown(":gray[No rule: real rows stay until somebody deletes them.]")
        elif rule.is_over():
            due = retention.due(here)
            st.warning(f"The time ended on {rule.until:%Y-%m-%d}; {count(len(due), 'dataset')} should go now.")
            if due and st.button("Delete what is due", type="primary", icon=":material/delete_forever:", key="due"):
                retention.apply(here)
                selection.choose("dataset", None)
                st.rerun()
        else:
            st.markdown(f"Real rows are kept for {count(rule.days, 'day')}, until **{rule.until:%Y-%m-%d}**.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            days = st.number_input("Days from now", 1, retention.MAX_DAYS, 90, key="retention-days", width=180)
            if st.button("Set the rule", key="retention-set", icon=":material/check:"):
                retention.set_rule(here, int(days))
                st.rerun()
            if rule is not None and st.button("Take it away", key="retention-none", type="tertiary"):
                retention.set_rule(here, None)
                st.rerun()


def _deletion(here: Session) -> None:
    with st.container(border=True, key="deletion-card"):
        st.subheader(":material/delete: Delete", anchor=False)
        proof = st.session_state.get(PROOF)
        if proof is not None:
            left = f" Still there: {', '.join(proof.left[:5])}." if proof.left else " None of them is left."
            st.success(
                f"Deleted {text(proof.key)} and all that was made from it: {count(len(proof.ids), 'thing')}, "
                f"{count(proof.n_files, 'file')}, {number(proof.n_bytes / 1e6)} MB.{text(left)} The audit keeps a "
                "tombstone with ids and counts.",
                icon=":material/verified:",
            )
        found = [one for one in stored.items(here) if one.id.partition("-")[0] in stored.DELETABLE]
        if not found:
            st.markdown(":gray[There is nothing to delete.]")
            return
        labels = {one.id: f"{one.kind} · {short(one.label, 50)} · {one.id[-4:]}" for one in found}
        key = st.selectbox("What", [one.id for one in found], format_func=labels.get, key="delete-what")
        sure = st.checkbox("With everything that was made from it; this cannot be undone", key="delete-sure")
        if st.button("Delete", icon=":material/delete_forever:", disabled=not sure, key="delete-go"):
            try:
                st.session_state[PROOF] = stored.delete(here, key)
            except DoppelError as error:
                show_error(error)
                return
            for kind in ("dataset", "run", "sample"):
                if selection.chosen(kind) in st.session_state[PROOF].ids:
                    selection.choose(kind, None)
            st.rerun()


def _moving(here: Session) -> None:
    with st.container(border=True, key="moving-card"):
        st.subheader(":material/move_down: Move a session", anchor=False)
        st.markdown(
            ":gray[One file with tables, checkpoints and results, checked by digests. It holds real rows: it belongs "
            "where the real table may be.]"
        )
        left, right = st.columns(2, gap="medium")
        with left:
            if st.button("Prepare the file", icon=":material/archive:", key="session-export"):
                target = here.folder / "exports" / f"session-{here.id[:8]}.zip"
                target.parent.mkdir(mode=0o700, exist_ok=True)
                try:
                    with st.spinner("Collecting", show_time=True):
                        moving.export_session(here, target)
                except DoppelError as error:
                    show_error(error)
                    return
            ready = here.folder / "exports" / f"session-{here.id[:8]}.zip"
            if ready.exists():
                st.download_button(
                    f"Download ({number(ready.stat().st_size / 1e6)} MB)", data=lambda: ready.open("rb"),
                    file_name=ready.name, mime="application/zip", on_click="ignore", icon=":material/download:",
                    key="session-get",
                )  # fmt: skip
        with right:
            _bring()


def _bring() -> None:
    brought = upload_box("Bring a session", key="session-upload", store=_import, type="zip")
    if brought is not None:
        take("session-upload")
        selection.choose("session", brought.result)
        st.rerun()


def _import(stream: BinaryIO, filename: str) -> str:
    """Take the session in an uploaded archive into the home folder; its id."""
    with tempfile.TemporaryDirectory(prefix="doppel-") as folder:
        path = Path(folder) / "session.zip"
        with path.open("wb") as file:
            while piece := stream.read(1 << 20):
                file.write(piece)
        return moving.import_session(sessions.home_folder(), path, name=filename.rsplit(".", 1)[0][:60]).id
