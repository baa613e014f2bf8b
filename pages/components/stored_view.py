"""Stored things with their sizes and lineage, and the audit."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.figures.lineage import lineage_figure
from core.workbench import lineage, stored
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.frame import empty
from pages.components.words import count, number, short

AUDIT_SHOWN = 1_000


def show_stored(here: Session) -> None:
    """The lineage as a picture, and everything as a table."""
    found = stored.items(here)
    if not found:
        empty(
            "Nothing stored yet",
            "Bring a table or take the demo first.",
            page="pages/data.py",
            label="Go to Data",
            icon=":material/table:",
        )
        return
    total = sum(one.n_bytes for one in found)
    st.caption(f"{count(len(found), 'thing')} in this session, {number(total / 1e6)} MB on disk.")
    line = lineage.lineage(here)
    with st.container(border=True, key="lineage-card"):
        st.markdown("**Lineage** :gray[each thing below what it was made from]")
        figure = lineage_figure(
            [(one.id, one.kind, one.label, one.state, one.parents) for one in line.nodes], colours=charts.colours()
        )
        charts.show(figure, key="lineage", alt=f"Lineage of {count(len(line.nodes), 'stored thing')}")
    st.dataframe(
        pd.DataFrame(
            {
                "What": [one.kind for one in found],
                "About": [short(one.label, 80) for one in found],
                "State": [one.state for one in found],
                "Started": [one.at for one in found],
                "Size (MB)": [one.n_bytes / 1e6 for one in found],
                "Id": [one.id for one in found],
            }
        ),
        hide_index=True,
        key="stored",
        height="content" if len(found) < 16 else 560,
        column_config={"Size (MB)": st.column_config.NumberColumn(format="%.2f")},
        alt="Stored things with state, start and size",
    )


def show_audit(here: Session) -> None:
    """The audit, newest first, and whether everything stored still is what it was."""
    entries = here.store.list_audit()[::-1]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{count(len(entries), 'entry', 'entries')}; the digest of each covers the one before.")
        pressed = st.button("Verify everything", icon=":material/verified:", key="verify")
    if pressed:
        with st.spinner("Computing every digest again", show_time=True):
            problems = here.store.verify()
        if problems:
            lines = "\n".join(f"- `{one.id}`: {one.message}" for one in problems[:20])
            st.error(f"{count(len(problems), 'thing')} no longer match:\n{lines}", icon=":material/error:")
        else:
            st.success("Tables, checkpoints, reports and the audit are what they were.", icon=":material/verified:")
    st.dataframe(
        pd.DataFrame(
            {
                "No.": [one.number for one in entries[:AUDIT_SHOWN]],
                "When (UTC)": [one.at for one in entries[:AUDIT_SHOWN]],
                "Action": [one.action for one in entries[:AUDIT_SHOWN]],
                "Ids": [", ".join(one.ids) for one in entries[:AUDIT_SHOWN]],
                "Settings": [
                    short(", ".join(f"{key}: {value}" for key, value in one.settings.items()), 200)
                    for one in entries[:AUDIT_SHOWN]
                ],
            }
        ),
        hide_index=True,
        key="audit",
        height=560 if len(entries) > 15 else "content",
        alt="The audit, newest first",
    )
