"""The lines of this session: one table to edit, from which every verdict follows at once."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import DoppelError
from core.figures.glossary import entry
from core.workbench import judging
from core.workbench.judging import Threshold
from core.workbench.sessions import Session
from pages.components.frame import show_error

SCOPES = {"table": "", "column": ", each column", "pair": ", each pair", "level": ", each requested level"}


def edit_thresholds(here: Session) -> None:
    """An expander with the table; saving it changes verdicts and measures nothing again."""
    with st.expander("Thresholds of this session", icon=":material/rule:"):
        current = judging.thresholds(here)
        st.markdown(
            ":gray[A number passes when the unfavourable end of its interval reaches the pass line, and fails when the "
            "number itself misses the caution line. Where lines are shares of something, that is named. Changing a "
            "line measures nothing again.]"
        )
        turn = st.session_state.setdefault("thresholds-turn", 0)
        edited = st.data_editor(
            threshold_frame(current),
            key=f"thresholds-{turn}",
            hide_index=True,
            num_rows="fixed",
            height=420,
            alt="Pass and caution line of every metric",
            disabled=["Metric", "Better", "Shares of"],
            column_config={
                name: st.column_config.NumberColumn(format="%.4g", required=True)
                for name in ("Pass line", "Caution line")
            },
        )
        with st.container(horizontal=True):
            save = st.button("Save thresholds", type="primary", icon=":material/save:", key="thresholds-save")
            reset = st.button("Back to the default ones", type="tertiary", key="thresholds-reset")
        if reset:
            judging.reset_thresholds(here)
        elif save:
            try:
                judging.save_thresholds(here, changed(current, edited))
            except DoppelError as error:
                show_error(error)
                return
        if save or reset:
            st.session_state["thresholds-turn"] = turn + 1
            st.rerun()


def threshold_frame(thresholds: tuple[Threshold, ...]) -> pd.DataFrame:
    """A row per threshold, in words."""
    return pd.DataFrame(
        {
            "Metric": [f"{entry(one.metric).label}{SCOPES.get(str(one.scope), '')}" for one in thresholds],
            "Better": ["higher" if one.sign > 0 else "lower" for one in thresholds],
            "Pass line": [one.pass_at for one in thresholds],
            "Caution line": [one.caution_at for one in thresholds],
            "Shares of": [one.relative_to or "–" for one in thresholds],
        }
    )


def changed(thresholds: tuple[Threshold, ...], edited: pd.DataFrame) -> tuple[Threshold, ...]:
    """The thresholds with the edited lines.

    Raises
    ------
    InvalidConfig
        With every problem of the table.
    """
    lines = zip(edited["Pass line"], edited["Caution line"], strict=True)
    return judging.parse_thresholds(
        one.to_json() | {"pass_at": _number(pass_at), "caution_at": _number(caution_at)}
        for one, (pass_at, caution_at) in zip(thresholds, lines, strict=True)
    )


def _number(value: object) -> float:
    return float("nan") if value is None or pd.isna(value) else float(value)
