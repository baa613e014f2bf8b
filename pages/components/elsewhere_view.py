"""Judging tables made elsewhere: bring the real and the synthetic table (and control rows), choose, judge."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

import streamlit as st

from core.errors import DoppelError
from core.workbench import data, elsewhere, judging
from core.workbench.data import Reading
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import show_error
from pages.components.judging_panel import PLAN_WORDS
from pages.components.progress import finished
from pages.components.uploading import Stored, take, upload_box
from pages.components.words import count, labelled, name, short

LABELS = {"real": "Real table", "synthetic": "Synthetic table", "control": "Control rows (optional)"}
NEEDED = ("real", "synthetic")


def bring_tables(here: Session) -> None:
    """Uploads of two or three tables, each read as soon as it is there; then on to what they are judged by."""
    earlier = elsewhere.judged_tables(here)
    if earlier:
        _earlier(here, earlier)
    with st.container(border=True, key="elsewhere-card"):
        st.markdown(
            "Tables made by any generator, without a run of Doppel. Without control rows neither usefulness nor most "
            "of what the rows give away can be measured."
        )
        uploads = {}
        for column, (role, words) in zip(st.columns(3), elsewhere.ROLES.items(), strict=True):
            with column:
                uploads[role] = _bring_one(here, role, words)
        ready = all(uploads[role] is not None for role in NEEDED)
        pressed = st.button(
            "Go on with these tables",
            type="primary",
            icon=":material/arrow_forward:",
            disabled=not ready,
            help=None if ready else "Bring at least the real and the synthetic table.",
            key="elsewhere-read",
        )
        if pressed:
            for role in uploads:
                take(f"elsewhere-{role}")
            selection.choose("tables", ",".join(one.result for one in uploads.values() if one is not None))
            st.rerun()


def _bring_one(here: Session, role: str, words: str) -> Stored | None:
    """The box of one of the tables, and below it the file that is there; it is read from the moment it is."""
    upload = upload_box(
        LABELS[role], key=f"elsewhere-{role}", store=partial(_start_reading, here, role), help=f"{words.capitalize()}."
    )
    if upload is not None:
        st.markdown(f":material/check: {name(upload.name)} is here. Another file would take its place.")
    return upload


def _start_reading(here: Session, role: str, stream: BinaryIO, filename: str) -> str:
    """Store an uploaded table and start to read it; the id of the reading."""
    return data.start_reading(here, data.receive_upload(here, stream, filename), name=f"{role}: {filename}")


def _earlier(here: Session, earlier: list) -> None:
    names = {
        one.id: " · ".join(short(part, 40) for part in one.job.config.get("names", {}).values()) or one.id
        for one in earlier
    }
    shown = labelled(names.values(), 140)
    with st.container(horizontal=True, vertical_alignment="bottom", key="elsewhere-earlier"):
        chosen = st.selectbox(
            "Judged before", list(names), format_func=lambda one: shown[names[one]], key="elsewhere-before"
        )
        if st.button("Open", icon=":material/folder_open:", key="elsewhere-open"):
            selection.choose("evaluation", chosen)
            st.rerun()


def choose_and_start(here: Session, ids: str) -> None:
    """Progress of the readings, then what to predict, then the button that starts judging."""
    readings: dict[str, Reading] = {}
    for role, key in zip(elsewhere.ROLES, ids.split(","), strict=False):
        one = data.reading(here, key)
        if not finished(one.view, label=f"Reading the {role} table", key=f"elsewhere-reading-{role}"):
            _back()
            return
        readings[role] = one
    for one in readings.values():
        columns = count(one.diagnosis.n_columns, "column")
        st.markdown(f"- {name(one.name)}: {count(one.diagnosis.n_rows, 'row')}, {columns}")
    schema = readings["real"].schema
    modelled = [column.name for column in schema.modelled]
    shown = labelled(modelled, 60)
    with st.container(border=True, key="elsewhere-choices"):
        left, middle, right = st.columns(3)
        target = left.selectbox(
            "Target", [None, *modelled], key="elsewhere-target", help="Column to predict; measures usefulness.",
            format_func=lambda one: "None" if one is None else shown[one],
        )  # fmt: skip
        further = middle.multiselect(
            "Also predict", [one for one in modelled if one != target], format_func=shown.get, key="elsewhere-further"
        )
        sensitive = right.multiselect(
            "Sensitive columns", [one for one in modelled if one != target], format_func=shown.get,
            key="elsewhere-sensitive", help="Results are told apart by their groups.",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            plan = st.segmented_control(
                "Plan", list(judging.PLANS), default="standard", required=True, format_func=str.capitalize,
                key="elsewhere-plan",
                help=" ".join(f"**{one.capitalize()}**: {words}." for one, words in PLAN_WORDS.items()),
            )  # fmt: skip
            if st.button("Judge these tables", type="primary", icon=":material/play_arrow:", key="elsewhere-start"):
                try:
                    evaluation = elsewhere.start_judging_tables(
                        here,
                        {role: one.id for role, one in readings.items()},
                        target=target,
                        further_targets=further,
                        sensitive=sensitive,
                        plan=plan,
                    )
                except DoppelError as error:
                    show_error(error)
                    return
                selection.choose("tables", None)
                selection.choose("evaluation", evaluation)
                st.rerun()
    _back()


def _back() -> None:
    if st.button("Bring other tables", icon=":material/arrow_back:", type="tertiary", key="elsewhere-back"):
        selection.choose("tables", None)
        selection.choose("evaluation", None)
        st.rerun()
