"""Reading the same file in another way: settings that were found out and can be set, and lines that were rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.workbench import data, sources
from core.workbench.data import Reading
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import show_error
from pages.components.words import count

FOUND_OUT = "Find it out"
DELIMITERS = {FOUND_OUT: None, "Comma ,": ",", "Semicolon ;": ";", "Tab": "\t", "Bar |": "|", "Blank": " ",
              "Colon :": ":", "Caret ^": "^", "Tilde ~": "~"}  # fmt: skip
ENCODINGS = ("utf-8", "windows-1252", "latin-1", "utf-16", "cp1250", "cp1251", "iso8859-15", "mac-roman", "shift_jis",
             "gb18030")  # fmt: skip
HEADERS = {FOUND_OUT: None, "It names the columns": True, "It is a row": False}
DECIMALS = {FOUND_OUT: None, "Point 1.5": ".", "Comma 1,5": ","}
QUOTES = {FOUND_OUT: None, 'Double "': '"', "Single '": "'", "None": ""}
SURPLUS = {"Reject and show them": None, "Join surplus cells to the last one": "join", "Leave surplus cells out": "cut"}
WHAT = {"sheet": "Sheet", "table": "Table", "member": "File in the archive"}
TEXT_FORMATS = ("delimiter",)


def start_again(here: Session, reading: Reading, changes: Mapping[str, Any]) -> None:
    """Read the same source with some settings changed, and go to that reading."""
    options = reading.options.changed(changes)
    try:
        reading_id = data.start_reading_again(here, reading.id, options)
    except UserError as error:
        show_error(error)
        return
    selection.choose("reading", reading_id)
    st.rerun()


def choose_part(here: Session, reading: Reading) -> None:
    """Sheet, table or member of a file that holds several: chosen here, read again at once."""
    for option, names in reading.choices.items():
        if len(names) < 2 and option != "table":
            continue
        now = getattr(reading.options, option) or names[0]
        key = f"part-{option}-{reading.id}"
        shown = names if now in names else (now, *names)
        chosen = st.selectbox(
            WHAT[option], shown, index=shown.index(now), key=key,
            help=f"The file holds {count(len(names), WHAT[option].lower().split()[0])}; another one is read at once.",
        )  # fmt: skip
        if chosen != now:
            start_again(here, reading, {option: chosen})


def options_form(here: Session, reading: Reading, *, expanded: bool = False) -> None:
    """Every setting of reading in one form."""
    if reading.view.config.get("demo") is not None:
        return
    with (
        st.expander("Read the file differently", icon=":material/tune:", expanded=expanded),
        st.form(f"options-{reading.id}", border=False),
    ):
        changes = _fields(reading)
        if st.form_submit_button("Read again", icon=":material/refresh:", key=f"again-{reading.id}"):
            start_again_whole(here, reading, changes)


def _fields(reading: Reading) -> dict[str, Any]:
    now, key = reading.asked, reading.id
    left, middle, right = st.columns(3)
    changes: dict[str, Any] = {
        "delimiter": _one_of(left, "Cells are separated by", DELIMITERS, now.delimiter, f"o-delimiter-{key}"),
        "decimal": _one_of(middle, "Decimal sign", DECIMALS, now.decimal, f"o-decimal-{key}"),
        "header": _one_of(right, "First line", HEADERS, now.header, f"o-header-{key}"),
        "quote": _one_of(left, "Quotes around cells", QUOTES, now.quote, f"o-quote-{key}"),
    }
    encodings = {FOUND_OUT: None, **{name: name for name in dict.fromkeys((*filter(None, [now.encoding]), *ENCODINGS))}}
    changes["encoding"] = _one_of(middle, "Encoding", encodings, now.encoding, f"o-encoding-{key}")
    comment = right.text_input(
        "Lines to leave out begin with", value=now.comment or "", max_chars=1, key=f"o-comment-{key}",
        placeholder=FOUND_OUT, help="One sign, such as #. Empty: found out from the file.",
    )  # fmt: skip
    changes["comment"] = comment or None
    skip = left.number_input(
        "Lines above the table", min_value=0, value=now.skip, step=1, key=f"o-skip-{key}", placeholder=FOUND_OUT
    )
    changes["skip"] = None if skip is None else int(skip)
    marks = [mark for mark in now.missing if mark]
    changes["missing"] = ["", *middle.multiselect(
        "Cells that mean missing", list(dict.fromkeys((*marks, "?", "NA", "N/A", "-", "unknown"))), default=marks,
        accept_new_options=True, key=f"o-missing-{key}", placeholder="Empty cells only",
        help="Exact texts, in every column. Empty cells are always missing.",
    )]  # fmt: skip
    changes["pad"] = right.checkbox(
        "Fill short lines", value=now.pad, key=f"o-pad-{key}", help="Otherwise lines with too few cells are rejected."
    )
    changes["surplus"] = _one_of(right, "Lines with too many cells", SURPLUS, now.surplus, f"o-surplus-{key}")
    query = st.text_input(
        "Query of a database file", value=now.table or "", key=f"o-table-{key}", placeholder="select ... from ...",
        help="For DuckDB and SQLite files: the name of a table, or one selection. Nothing can be changed by it.",
    ) if "table" in reading.choices or now.table else ""  # fmt: skip
    return changes | ({"table": query.strip() or None} if query or now.table else {})


def _one_of(place: Any, label: str, values: Mapping[str, Any], now: Any, key: str) -> Any:
    names = list(values)
    at = next((number for number, value in enumerate(values.values()) if value == now), 0)
    return values[place.selectbox(label, names, index=at, key=key)]


def start_again_whole(here: Session, reading: Reading, settings: Mapping[str, Any]) -> None:
    """Read the same source with the settings of the form; what the form does not show stays as it is."""
    try:
        options = data.with_settings(reading.asked, settings)
        reading_id = data.start_reading_again(here, reading.id, options)
    except UserError as error:
        show_error(error)
        return
    selection.choose("reading", reading_id)
    st.rerun()


def rejected_lines(here: Session, reading: Reading) -> None:
    """Lines that are not in the table: counted, shown with their reason, and all of them to download."""
    diagnosis = reading.diagnosis
    if not diagnosis.n_rejected:
        return
    shown = len(diagnosis.rejected)
    title = f"{count(diagnosis.n_rejected, 'rejected line')}, not in the table"
    with st.expander(title, icon=":material/playlist_remove:", expanded=True):
        st.dataframe(
            pd.DataFrame(
                {
                    "Line": [one.line for one in diagnosis.rejected],
                    "Why": [one.reason for one in diagnosis.rejected],
                    "Text": [one.text for one in diagnosis.rejected],
                }
            ),
            hide_index=True, key="rejected", height=min(320, 38 + 35 * shown),
            column_config={
                "Line": st.column_config.NumberColumn(width="small", format="localized"),
                "Why": st.column_config.TextColumn(width="medium"),
                "Text": st.column_config.TextColumn(width="large"),
            },
            alt="Rejected lines with their number, reason and text",
        )  # fmt: skip
        if shown < diagnosis.n_rejected:
            st.caption(f"The first {shown:,} of {diagnosis.n_rejected:,}.")
        path = data.rejected_file(here, reading.id)
        if path is not None:
            st.download_button(
                "Download all rejected lines", data=path.read_bytes, file_name=f"{reading.name[:60]}-rejected.csv",
                mime="text/csv", icon=":material/download:", key="download-rejected", on_click="ignore",
            )  # fmt: skip


def from_folder(here: Session) -> str | None:
    """A file or pattern of the configured folder; the id of the reading that starts."""
    files = sources.folder_files()
    if not files:
        st.info("The folder of tables is empty.", icon=":material/folder_open:")
        return None
    sizes = {one.path: one.n_bytes for one in files}
    chosen = st.selectbox(
        "File", list(sizes), index=None, key="folder-file", placeholder="Choose a file",
        format_func=lambda path: f"{path} ({sizes[path] / 1e6:,.1f} MB)",
    )  # fmt: skip
    pattern = st.text_input(
        "or a pattern of files with the same columns", key="folder-pattern", placeholder="2024/part-*.csv"
    )
    wanted = pattern.strip() or chosen
    if not st.button("Read", key="folder-read", icon=":material/play_arrow:", disabled=not wanted):
        return None
    return sources.start_reading_from_folder(here, wanted)


def from_host(here: Session) -> str | None:
    """An address on one of the configured hosts; the id of the reading that starts."""
    hosts = ", ".join(sources.allowed_hosts())
    address = st.text_input("Address", key="address", placeholder="https://…", help=f"On one of these hosts: {hosts}.")
    if not st.button("Fetch and read", key="address-read", icon=":material/cloud_download:", disabled=not address):
        return None
    return sources.start_reading_from_host(here, address)
