"""Sessions page: what is stored, what came from what, comparisons, questions in SQL, keeping and deleting."""

from __future__ import annotations

import streamlit as st

from pages.components import session
from pages.components.compare_view import show_compare
from pages.components.console_view import show_console
from pages.components.drift_view import show_drift
from pages.components.frame import header
from pages.components.keeping_view import show_keeping
from pages.components.router import page
from pages.components.stored_view import show_audit, show_stored
from pages.components.versions_view import show_versions

VIEWS = {
    "Stored": show_stored,
    "Versions": show_versions,
    "Compare": show_compare,
    "Drift": show_drift,
    "Console": show_console,
    "Audit": show_audit,
    "Keep and delete": show_keeping,
}


def render() -> None:
    """One view of the open session."""
    here = session.current()
    header("Sessions", "Everything that this session holds: where it came from, how it compares, and how it goes.")
    chosen = st.segmented_control(
        "View", list(VIEWS), default="Stored", required=True, key="sessions-view", label_visibility="collapsed"
    )
    VIEWS[chosen](here)


page(render)
