"""Data page: bring a table, check what its columns represent, set control rows aside."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import UserError
from core.limits import MAX_COLUMNS, MEGABYTE, UPLOAD_BYTES
from core.workbench import data, sources
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.dataset_view import show_dataset
from pages.components.frame import header, show_error
from pages.components.reading_options import from_folder, from_host
from pages.components.reading_view import review
from pages.components.router import page
from pages.components.uploading import take, upload_box

DEMO_ROWS = 20_000
STEPS = (
    (":material/table:", "Data", "Check what each column represents. Some rows are set aside as control rows."),
    (":material/model_training:", "Train", "A CTGAN learns the table while you watch both losses. Minutes, not hours."),
    (":material/dataset:", "Sample", "Draw any number of rows, exact numbers of rare levels too."),
    (
        ":material/query_stats:",
        "Evaluate",
        "See how close they are, with intervals and the score of real control rows.",
    ),
    (":material/shield_person:", "Privacy", "Attack them: what do they give away about the real rows?"),
)


def render() -> None:
    """The table being read, else the chosen dataset, else the ways to bring a table."""
    here = session.current()
    if selection.chosen("reading"):
        review(here, selection.chosen("reading"))
    elif selection.chosen("dataset") and not st.session_state.get("bring-table"):
        show_dataset(here, selection.chosen("dataset"))
    else:
        bring(here)


def bring(here: Session) -> None:
    """Two ways to a table: a file, or the demo."""
    header(
        "Bring a table",
        "A generator learns from it and draws synthetic rows. Everything stays on this machine.",
    )
    if selection.chosen("dataset") and st.button("Back to the dataset", icon=":material/arrow_back:", type="tertiary"):
        st.session_state["bring-table"] = False
        st.rerun()
    if session.is_demo():
        _demo_card(here)
        _steps()
        return
    left, right = st.columns(2, gap="medium")
    with left:
        _upload_card(here)
    with right:
        _demo_card(here)
    _steps()


def _steps() -> None:
    """What awaits somebody who is here for the first time."""
    st.space("small")
    for column, (icon, title, sentence) in zip(st.columns(len(STEPS), gap="medium"), STEPS, strict=True):
        column.markdown(f"**{icon} {title}**\n\n:gray[{sentence}]")


def _upload_card(here: Session) -> None:
    with st.container(border=True, height="stretch", key="upload-card"):
        st.subheader(":material/upload_file: Your own file", anchor=False)
        st.markdown(
            ":gray[CSV and its relatives, Excel, Parquet, Feather, JSON, DuckDB, SQLite, also in gzip or zip. "
            "Separator, encoding, decimal sign and dates are found out and shown to you before anything is trained.]"
        )
        st.caption(
            f"An upload may have {UPLOAD_BYTES // MEGABYTE} MB and {MAX_COLUMNS:,} columns; larger files are read by "
            "path, from the folder of tables or by the command line."
        )
        uploaded = upload_box(
            "Table", key="upload", store=partial(data.receive_upload, here), label_visibility="collapsed"
        )
        _elsewhere(here)
        if uploaded is None:
            return
        take("upload")
        try:
            reading_id = data.start_reading(here, uploaded.result, name=uploaded.title)
        except UserError as error:
            show_error(error)
            return
        _open_reading(reading_id)


def _elsewhere(here: Session) -> None:
    """Files of the configured folder and addresses on configured hosts, where there are such."""
    ways = {
        "From the folder of tables": (sources.data_folder() is not None, from_folder, ":material/folder_open:"),
        "From an address": (bool(sources.allowed_hosts()), from_host, ":material/cloud_download:"),
    }
    for title, (is_there, way, icon) in ways.items():
        if not is_there:
            continue
        with st.expander(title, icon=icon):
            try:
                reading_id = way(here)
            except UserError as error:
                show_error(error)
                continue
            if reading_id:
                _open_reading(reading_id)


def _demo_card(here: Session) -> None:
    with st.container(border=True, height="stretch", key="demo-card"):
        st.subheader(":material/credit_card: The demo table", anchor=False)
        st.markdown(
            ":gray[Made-up card payments: cardholders with habits, merchants with opening hours, salaries and rent by "
            "date, and about 1 % fraud. No real person is in it.]"
        )
        with st.form("demo", border=False):
            left, right = st.columns(2)
            n_rows = left.number_input("Rows", 1000, 1_000_000, DEMO_ROWS, step=1000, key="demo-rows")
            seed = right.number_input(
                "Seed", 0, 2**31 - 1, 0, key="demo-seed", help="The same seed makes the same table."
            )
            if st.form_submit_button("Make the demo table", type="primary", icon=":material/play_arrow:"):
                _open_reading(data.start_demo(here, n_rows=int(n_rows), seed=int(seed)))


def _open_reading(reading_id: str) -> None:
    st.session_state["bring-table"] = False
    selection.choose("reading", reading_id)
    st.rerun()


page(render)
