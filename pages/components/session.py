"""The session that this visitor works in."""

from __future__ import annotations

import streamlit as st

from core.workbench import sessions
from core.workbench.sessions import Session, SessionInfo
from pages.components import selection


def current() -> Session:
    """The open session of the query string; without one, the newest of this machine or a fresh one.

    In demo mode a visitor without a link always gets a session of their own.

    Raises
    ------
    UnknownId
        If the query string names a session that is not here.
    StoreLocked
        If another process has it open.
    """
    home = sessions.home_folder()
    session_id = selection.chosen("session")
    if session_id:
        return sessions.open_session(home, session_id)
    known = listed()
    session = sessions.open_session(home, known[0].id) if known else start()
    selection.choose("session", session.id)
    return session


def start() -> Session:
    """A fresh session."""
    _listed.clear()
    return sessions.create_session(sessions.home_folder())


def is_demo() -> bool:
    """Whether only the demo table may be used."""
    return sessions.mode() == "demo"


def listed() -> list[SessionInfo]:
    """Sessions of this machine, newest first; none in demo mode."""
    return [] if is_demo() else _listed(str(sessions.home_folder()))


@st.cache_data(ttl="20s", max_entries=4, show_spinner=False)
def _listed(home: str) -> list[SessionInfo]:
    return sessions.list_sessions(sessions.home_folder())
