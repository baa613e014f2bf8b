"""The queue of trainings: seen, reordered, cancelled."""

from __future__ import annotations

import streamlit as st

from core.workbench import queueing, training
from core.workbench.queueing import Queued
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import guarded
from pages.components.progress import badge
from pages.components.words import count, name


def show_queue(here: Session) -> None:
    """Trainings that work or wait, where there are at least two of them."""
    if len(queueing.training_queue(here)) > 1:
        st.fragment(_queue, run_every="2s")(here)


@guarded
def _queue(here: Session) -> None:
    found = queueing.training_queue(here)
    with st.container(border=True, key="queue-card"):
        st.markdown(f"**Queue** :gray[{count(len(found), 'training')}, one at a time on each device]")
        for place, one in enumerate(found):
            _entry(here, one, place)


def _entry(here: Session, one: Queued, place: int) -> None:
    waits = str(one.state) == "waiting"
    with st.container(horizontal=True, vertical_alignment="center", key=f"queued-{place}"):
        badge(str(one.state))
        told = f"{count(one.epochs, 'epoch')} on {one.lane}" + ("" if waits else f", {one.progress:.0%} done")
        st.markdown(f"{name(one.dataset_name or one.dataset_id, 30)} · run {one.id[-4:]} · {told}", width="stretch")
        if one.id != selection.chosen("run") and st.button("Open", key=f"queue-open-{place}", type="tertiary"):
            selection.choose_line(dataset=one.dataset_id, run=one.id)
            st.session_state["new-run"] = False
            st.rerun()
        if waits:
            first = one.place <= 1
            if st.button(
                "Earlier", icon=":material/arrow_upward:", key=f"queue-up-{place}", type="tertiary", disabled=first
            ):
                queueing.move_up(here, one.id)
                st.rerun()
            if st.button("Cancel", icon=":material/close:", key=f"queue-cancel-{place}", type="tertiary"):
                training.stop_run(here, one.id)
                st.rerun()
