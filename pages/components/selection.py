"""What the analyst is working on: ids only, in the query string, so that refresh, second tab and a sent link work."""

from __future__ import annotations

import streamlit as st

CHAIN = ("session", "dataset", "run", "sample")
"""Each made from the one before: choosing one forgets those after it."""

EXTRA = ("reading", "tables", "evaluation")
"""A table that is being read or typed and is not a dataset yet; tables made elsewhere that are to be judged, and their
evaluation; all forgotten with their session."""

_STATE = "selection"


def restore() -> None:
    """Bring the query string and this tab's memory together; at the head of every script run.

    Changing the page clears the query string, and this tab's memory brings it back; a link or a refresh comes with a
    query string and no memory.
    """
    kept: dict[str, str] = st.session_state.setdefault(_STATE, {})
    given = {key: st.query_params[key] for key in (*CHAIN, *EXTRA) if st.query_params.get(key)}
    if given.get("session", kept.get("session")) != kept.get("session"):
        kept.clear()
    kept.update(given)
    _write(kept)


def chosen(kind: str) -> str | None:
    """The chosen id of a kind, such as `dataset`."""
    return st.session_state.get(_STATE, {}).get(kind)


def choose(kind: str, value: str | None) -> None:
    """Choose an id, or None for nothing; what was made from the earlier choice is forgotten."""
    kept: dict[str, str] = st.session_state.setdefault(_STATE, {})
    after = CHAIN[CHAIN.index(kind) + 1 :] if kind in CHAIN else ()
    changed = kept.get(kind) != value
    for key in (kind, *(after if changed else ()), *(EXTRA if kind == "session" and changed else ())):
        kept.pop(key, None)
    if value:
        kept[kind] = value
    _write(kept)


def choose_line(**ids: str | None) -> None:
    """Choose several ids of one line of descent at once, from the session downwards."""
    for kind in (*CHAIN, *EXTRA):
        if kind in ids:
            choose(kind, ids[kind])


def _write(kept: dict[str, str]) -> None:
    for key in (*CHAIN, *EXTRA):
        if key in kept:
            if st.query_params.get(key) != kept[key]:
                st.query_params[key] = kept[key]
        elif key in st.query_params:
            del st.query_params[key]
