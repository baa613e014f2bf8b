"""A job as it runs: one bar that fills by itself, and what to do when the job ended otherwise than well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.components.frame import guarded
from pages.components.words import duration, text

BADGES = {
    "waiting": ("Waiting", ":material/hourglass_empty:", "gray"),
    "running": ("Running", ":material/play_circle:", "blue"),
    "pausing": ("Pausing", ":material/pause_circle:", "orange"),
    "paused": ("Paused", ":material/pause_circle:", "orange"),
    "stopping": ("Stopping", ":material/stop_circle:", "orange"),
    "stopped": ("Stopped", ":material/stop_circle:", "gray"),
    "done": ("Done", ":material/check_circle:", "green"),
    "failed": ("Failed", ":material/error:", "red"),
    "crashed": ("Crashed", ":material/error:", "red"),
}


def badge(state: str) -> None:
    """A job's state as a word with a sign and a colour."""
    label, icon, colour = BADGES[str(state)]
    st.badge(label, icon=icon, color=colour)


def finished(view: Any, *, label: str, again: Callable[[], None] | None = None, key: str) -> bool:
    """Whether a job is done; while it is not, show where it stands.

    An active job fills a bar every second and reruns the page when it is over. A job that failed shows its error, and
    with `again` a button that starts the same work anew.

    Parameters
    ----------
    view : JobView
    label : str
        What is being done: "Reading the table".
    again : callable, optional
    key : str
        Unique on the page.
    """
    state = view.state
    if str(state) == "done":
        return True
    if state.is_active:
        st.fragment(_bar, run_every="1s")(view, label)
        return False
    show_failure(view, label)
    if again is not None and st.button("Try again", key=f"{key}-again", icon=":material/refresh:"):
        again()
        st.rerun()
    return False


@guarded
def _bar(view: Any, label: str) -> None:
    status = view.status
    if status.state.is_over:
        st.rerun()
    left = f" · {duration(status.eta_seconds)} left" if status.eta_seconds is not None else ""
    message = f": {text(status.message)}" if status.message else ""
    if str(status.state) == "waiting":
        st.progress(0.0, text=f"{label}: waiting for its turn")
    else:
        st.progress(min(max(status.progress, 0.0), 1.0), text=f"{label}{message}{left}")


def show_failure(view: Any, label: str) -> None:
    """Why a job ended without its result."""
    status = view.status
    if str(status.state) == "stopped" and not status.error:
        st.info(f"{label} was stopped.", icon=":material/stop_circle:")
        return
    what = text(status.error) if status.error else f"{label} ended as {status.state}."
    number = f" (error {status.error_id})" if status.error_id else ""
    hint = f"\n\n{text(status.hint)}" if status.hint else ""
    st.error(f"{what}{number}{hint}", icon=":material/error:")
