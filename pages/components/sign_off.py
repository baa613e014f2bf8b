"""Purpose, decisions, and the checklist of a sample."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.workbench import checklist, signing
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.words import count, text

STATES = {"met": "✓ met", "look": "? look", "not met": "✗ not met", "unknown": "– unknown"}


def show_sign_off(here: Session, sample_id: str) -> None:
    """What was recorded, and a form for more."""
    with st.container(border=True, key="sign-off-card"):
        st.subheader(":material/approval: Sign-off", anchor=False)
        found = signing.sign_offs(here, sample_id)
        for one in found:
            said = [f"**Purpose** {text(one.purpose)}"] if one.purpose else []
            said += [f"**{text(one.decision).capitalize()}** by {text(one.reviewer)}"] if one.decision else []
            said += [text(one.note)] if one.note else []
            st.markdown(f"{' · '.join(said)} :gray[{one.at} UTC]")
        if not found:
            st.markdown(":gray[No purpose and no decision yet. Both go into the audit and cannot be changed later.]")
        with st.form("sign-off", border=False, clear_on_submit=True):
            left, right = st.columns(2)
            purpose = left.text_input("Purpose", key="sign-purpose", placeholder="What the rows are for")
            reviewer = left.text_input("Reviewer", key="sign-reviewer", placeholder="Name of who decides")
            decision = right.selectbox(
                "Decision", ["", *signing.DECISIONS], format_func=lambda one: one.capitalize() or "None",
                key="sign-decision",
            )  # fmt: skip
            note = right.text_input("Note", key="sign-note", placeholder="Why, or under which conditions")
            if st.form_submit_button("Record", icon=":material/edit:"):
                try:
                    signing.sign_off(here, sample_id, purpose=purpose, reviewer=reviewer, decision=decision, note=note)
                except UserError as error:
                    show_error(error)
                    return
                st.rerun()


def show_checklist(here: Session, sample_id: str) -> None:
    """Questions with their state and evidence."""
    items = checklist.checklist(here, sample_id)
    states = Counter(one.state for one in items)
    line = ", ".join(f"{states[state]} {state}" for state in STATES if states[state])
    with st.expander(f"Checklist for GDPR, CCPA, HIPAA and PCI DSS: {line}", icon=":material/checklist:"):
        st.caption(checklist.DISCLAIMER)
        st.dataframe(
            pd.DataFrame(
                {
                    "State": [STATES[one.state] for one in items],
                    "Question": [one.item for one in items],
                    "Evidence": [one.evidence for one in items],
                    "Area": [one.area for one in items],
                }
            ),
            hide_index=True,
            key="checklist",
            height="content",
            alt=f"Checklist with {count(len(items), 'question')}",
        )
