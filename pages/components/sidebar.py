"""What is being worked on, beside every page: session, dataset, run, sample, as ids in the query string."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import DoppelError
from core.workbench import data, sampling, training
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.frame import show_error
from pages.components.words import count, short, thousands


def sidebar() -> None:
    """The selectors; choosing something forgets what was made from the earlier choice."""
    try:
        here = session.current()
    except DoppelError as error:
        show_error(error)
        if st.button("Start a new session", key="fresh-session", icon=":material/add:", type="primary"):
            selection.choose("session", session.start().id)
            st.rerun()
        st.stop()
    with st.sidebar:
        _session_selector(here)
        _selectors(here)


def _session_selector(here: Session) -> None:
    if session.is_demo():
        st.caption(
            "Demo with a made-up table. This session is yours alone: keep this page's address to come back to it.",
        )
        return
    known = {info.id: info for info in session.listed()}
    labels = {
        key: f"{info.name or 'Session'} · {info.created_at[:16].replace('T', ' ')}" for key, info in known.items()
    }
    _pick("session", "Session", [here.id, *(key for key in known if key != here.id)], labels, optional=False)
    if st.button("New session", key="new-session", icon=":material/add:", type="tertiary"):
        selection.choose("session", session.start().id)
        st.rerun()


def _selectors(here: Session) -> None:
    found = {one.id: f"{short(one.name, 30)} · {count(one.n_rows, 'row')}" for one in data.datasets(here)}
    _pick("dataset", "Dataset", _newest_first("dataset", found), found)
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        return
    found = {
        one.id: f"{count(one.config.epochs, 'epoch')} · seed {one.config.seed} · {one.id[-4:]}"
        for one in training.runs(here, dataset_id)
    }
    _pick("run", "Run", _newest_first("run", found), found)
    run_id = selection.chosen("run")
    if not run_id:
        return
    found = {
        one.id: f"{thousands(one.request.n_rows + sum(row.n_rows for row in one.request.conditions))} rows"
        f" · epoch {one.epoch} · {one.id[-4:]}"
        for one in sampling.samples(here, run_id)
    }
    _pick("sample", "Sample", _newest_first("sample", found), found)


def _newest_first(kind: str, found: dict[str, str]) -> list[str]:
    """Ids with the chosen one among them; without a choice the newest is chosen."""
    chosen = selection.chosen(kind)
    if chosen is None and found:
        selection.choose(kind, next(iter(found)))
    elif chosen and chosen not in found:
        return [chosen, *found]
    return list(found)


def _pick(kind: str, label: str, ids: Sequence[str], labels: dict[str, str], *, optional: bool = True) -> None:
    """A box to choose from; labels never change while a thing lives, for Streamlit finds the choice by its label."""
    if not ids:
        return
    key = f"pick-{kind}"
    shown = {one: labels.get(one, f"{kind} {one[-4:]}") for one in ids}
    twice = {text for text in shown.values() if list(shown.values()).count(text) > 1}
    st.session_state[key] = selection.chosen(kind)
    st.selectbox(
        label,
        ids,
        format_func=lambda one: f"{shown[one]} · {one[-4:]}" if shown[one] in twice else shown[one],
        key=key,
        on_change=_changed,
        args=(kind, key, tuple(ids)),
        label_visibility="visible" if optional else "collapsed",
    )


def _changed(kind: str, key: str, ids: tuple[str, ...]) -> None:
    if st.session_state[key] in ids:
        selection.choose(kind, st.session_state[key])
