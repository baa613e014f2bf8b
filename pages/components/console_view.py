"""The SQL console: questions about the session's tables, read only."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.workbench import console
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import show_error
from pages.components.words import count, text

ANSWER = "console-answer"


def show_console(here: Session) -> None:
    """A query, its answer, and the saved ones."""
    dataset_id, sample_id = selection.chosen("dataset"), selection.chosen("sample")
    names = console.tables(here, dataset_id=dataset_id, sample_id=sample_id)
    st.caption(
        f"One query at a time over {', '.join(f'`{name}`' for name in names)}. It can read these and nothing else: no "
        f"files, no network, no changes; at most {console.MAX_ROWS:,} rows and {console.MAX_SECONDS:g} seconds."
    )
    saved = {**console.EXAMPLES, **console.queries(here)}
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    picked = left.selectbox("Saved queries", list(saved), key="console-pick")
    if right.button("Take it", icon=":material/south_west:", key="console-take", width="stretch"):
        st.session_state["console-sql"] = saved[picked]
    st.session_state.setdefault("console-sql", next(iter(saved.values())))
    sql = st.text_area("Query", key="console-sql", height=140, label_visibility="collapsed")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = st.button("Run", type="primary", icon=":material/play_arrow:", key="console-run")
        name = st.text_input("Name", key="console-name", placeholder="Name to save it under", width=260,
                             label_visibility="collapsed")  # fmt: skip
        if st.button("Save", icon=":material/save:", key="console-save"):
            try:
                console.save_query(here, name, sql)
            except UserError as error:
                show_error(error)
            else:
                st.rerun()
        if picked in console.queries(here) and st.button("Forget it", icon=":material/delete:", key="console-forget"):
            console.delete_query(here, picked)
            st.rerun()
    if run:
        try:
            with st.spinner("Asking", show_time=True):
                st.session_state[ANSWER] = console.ask(here, sql, dataset_id=dataset_id, sample_id=sample_id)
        except UserError as error:
            st.session_state.pop(ANSWER, None)
            show_error(error)
    answer = st.session_state.get(ANSWER)
    if answer is not None:
        cut = " There are more; these are the first." if answer.cut else ""
        st.caption(f"{count(len(answer.frame), 'row')} in {answer.seconds:.2f} s.{text(cut)}")
        st.dataframe(answer.frame, hide_index=True, key="console-rows", alt="Rows of the answer")
