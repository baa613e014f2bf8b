"""Versions of the chosen dataset, its runs and samples, and the way back to an earlier one."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.errors import DoppelError
from core.workbench import versions
from core.workbench.sessions import Session
from core.workbench.versions import Version
from pages.components import selection
from pages.components.frame import empty, show_error
from pages.components.words import count, short

TITLES = {"dataset": "Datasets", "run": "Runs", "sample": "Samples"}


def show_versions(here: Session) -> None:
    """A list for each kind, the one that is worked on marked, and a button that takes up another."""
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        empty("No dataset yet", "Versions begin with a table: bring one first.", page="pages/data.py",
              label="Go to Data", icon=":material/table:")  # fmt: skip
        return
    found = versions.versions(here, dataset_id)
    chosen = {kind: selection.chosen(kind) for kind in versions.KINDS}
    st.caption(
        "Nothing stored is ever changed: every correction, preparation, newer table, training and draw made a version "
        "of its own. Going back makes an earlier one the one that all pages work on; later ones stay."
    )
    for kind, title in TITLES.items():
        ones = [one for one in found if one.kind == kind]
        if ones:
            _listing(title, ones, chosen[kind])
    _back(here, found, chosen)


def _listing(title: str, ones: list[Version], current: str | None) -> None:
    st.markdown(f"**{title}** :gray[{count(len(ones), 'version')}, newest first]")
    st.dataframe(
        pd.DataFrame(
            {
                "Current": ["●" if one.id == current else "" for one in ones],
                "No.": [one.number for one in ones],
                "About": [short(one.label, 80) for one in ones],
                "Made from": [one.origin for one in ones],
                "When (UTC)": [datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M") for one in ones],
                "Id": [one.id for one in ones],
            }
        ),
        hide_index=True,
        key=f"versions-{ones[0].kind}",
        height="content" if len(ones) < 10 else 380,
        column_config={
            "Current": st.column_config.TextColumn(width="small", help="What the pages work on now."),
            "No.": st.column_config.NumberColumn(width="small"),
        },
        alt=f"Versions of {title.lower()}, newest first",
    )


def _back(here: Session, found: tuple[Version, ...], chosen: dict[str, str | None]) -> None:
    others = {one.id: one for one in found if one.id != chosen[one.kind]}
    if not others:
        st.caption("There is no other version to go back to.")
        return
    labels = {one.id: f"{one.kind.capitalize()} {one.number} · {short(one.label, 50)} · {one.id[-4:]}" for one in found}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox("Version", list(others), format_func=labels.get, key="version-chosen")
        pressed = st.button("Go back to this version", icon=":material/history:", type="primary", key="version-back")
    if not pressed:
        return
    try:
        line = versions.go_back(here, key, leaving=chosen)
    except DoppelError as error:
        show_error(error)
        return
    selection.choose_line(**line)
    st.toast(f"You are back at {labels[key]}.".replace("$", r"\$"), icon=":material/history:")
    st.rerun()
