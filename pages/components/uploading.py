"""An upload box whose file is on disk before the page runs, held in memory once and not longer than needed.

Streamlit keeps an uploaded file's bytes until the browser tab is closed, and gives the page a deep copy of the file
each time it runs. A widget's callback gets the file itself, which shares the bytes that Streamlit keeps: here it is
written to disk in pieces and let go of, and the box is replaced by an empty one before a copy can be made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import UserError
from pages.components.frame import show_error


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An uploaded file that is on disk: its name in the browser, and what storing it gave."""

    name: str
    result: Any

    @property
    def title(self) -> str:
        """The name without its ending."""
        return self.name.rsplit(".", 1)[0] or self.name


def upload_box(label: str, *, key: str, store: Callable[[BinaryIO, str], Any], **options: Any) -> Stored | None:
    """A box that takes one file; the file that was stored last, until it is taken by `take`.

    Parameters
    ----------
    label, options
        As of `st.file_uploader`.
    key
        Where the box keeps what it knows.
    store
        Writes the stream of a file of this name to disk and returns what the page needs to find it.
    """
    turn = st.session_state.setdefault(f"{key}-turn", 0)
    box = f"{key}-{turn}"
    st.file_uploader(label, key=box, on_change=_store, args=(key, box, store), **options)
    outcome = st.session_state.get(f"{key}-stored")
    if isinstance(outcome, Exception):
        st.session_state.pop(f"{key}-stored")
        if not isinstance(outcome, UserError):
            raise outcome  # the page's boundary says so under a number
        show_error(outcome)
        return None
    return outcome


def take(key: str) -> None:
    """Forget the file of a box: the page has what it needs."""
    st.session_state.pop(f"{key}-stored", None)


def _store(key: str, box: str, store: Callable[[BinaryIO, str], Any]) -> None:
    """Write what was uploaded to disk, let go of it, and let an empty box follow."""
    uploaded = st.session_state.get(box)
    if uploaded is None:
        return
    st.session_state[f"{key}-turn"] += 1
    try:
        outcome = Stored(name=uploaded.name, result=store(uploaded, uploaded.name))
    except Exception as error:  # raised again while the page runs: a callback has no boundary around it
        outcome = error
    st.session_state[f"{key}-stored"] = outcome
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_file(context.session_id, uploaded.file_id)
    uploaded.close()
