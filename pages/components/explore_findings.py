"""Findings about the real table: what to mend before training, what to know, what passed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.workbench import data, exploring
from core.workbench.sessions import Session
from pages.components.progress import finished
from pages.components.words import count, name, percent, short, text

LOOKS = {
    "issue": ("Mend before training", ":material/error:", "red"),
    "tip": ("Good to know", ":material/lightbulb:", "orange"),
    "passed": ("Passed", ":material/check_circle:", "green"),
    "does not apply": ("Does not apply", ":material/do_not_disturb_on:", "gray"),
}
LEVELS_SHOWN = 12


def show_findings(here: Session, dataset: Dataset) -> None:
    """Every check with its code, severity, explanation and advice, and the balance of the target."""
    view = exploring.explore(here, dataset.id)
    again = lambda: exploring.start_exploring(here, dataset.id)  # noqa: E731
    if not finished(view.job, label="Exploring the table", again=again, key="explore"):
        return
    found = view.found
    counts = {section: sum(str(one.section) == section for one in found.findings) for section in LOOKS}
    with st.container(key="explore-facts"):
        columns = st.columns(4)
        columns[0].metric("To mend", counts["issue"], help="Findings that make training or privacy worse.")
        columns[1].metric("Good to know", counts["tip"])
        columns[2].metric("Passed", counts["passed"])
        columns[3].metric(
            "Equal rows", f"{found.n_equal:,}", help="Rows equal to an earlier one in all modelled columns."
        )
    for section, (title, icon, colour) in LOOKS.items():
        those = [one for one in found.findings if str(one.section) == section]
        if not those:
            continue
        if section in ("issue", "tip"):
            st.subheader(title, anchor=False)
            for one in those:
                _card(one, icon, colour)
        else:
            with st.expander(f"{title} ({len(those)})", icon=icon):
                for one in those:
                    why = f" :gray[{text(one.explanation)}]" if one.explanation else ""
                    st.markdown(f"{icon} **{one.code}** {text(one.title)}{why}")
    _target(here, dataset)
    if found.n_sample < found.n_rows:
        st.caption(
            f"Rows and missing cells are counted in all {found.n_rows:,} rows; the other checks look at an evenly "
            f"spread sample of {found.n_sample:,} of them."
        )


def _card(one, icon: str, colour: str) -> None:
    with st.container(border=True, key=f"finding-{one.code}"):
        st.markdown(f":{colour}[{icon} **{one.code}**] **{text(one.title)}**")
        st.markdown(text(one.explanation))
        if one.advice:
            st.markdown(f":gray[:material/arrow_forward: {text(one.advice)}]")


def _target(here: Session, dataset: Dataset) -> None:
    """Train rows of every level of the target."""
    if not dataset.target:
        return
    found = data.levels(here, dataset.id, dataset.target)
    if not found:
        return
    st.subheader("Balance of the target", anchor=False)
    total = sum(n for _, n in found)
    rarest, least = found[-1]
    st.markdown(
        f"The target {name(dataset.target)} has {count(len(found), 'level')} in {total:,} train rows. The rarest, "
        f"{name(rarest)}, has {least:,} ({percent(least / max(total, 1))}). Rows of a rare level can be asked for on "
        "the Sample page."
    )
    shown = found[:LEVELS_SHOWN]
    st.dataframe(
        pd.DataFrame(
            {
                "Level": [short(level, 100) for level, _ in shown],
                "Train rows": [n for _, n in shown],
                "Share": [100 * n / max(total, 1) for _, n in shown],
            }
        ),
        hide_index=True,
        key="target-balance",
        column_config={
            "Train rows": st.column_config.NumberColumn(format="localized"),
            "Share": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.2f %%"),
        },
        alt="Levels of the target with their train rows",
    )
