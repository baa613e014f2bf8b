"""Cards of the export page: choose, start, follow, download."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.workbench import exporting, repeating
from core.workbench.exporting import ExportView
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.progress import finished
from pages.components.words import count, number, short, text, thousands

FORMATS = {
    "csv": "CSV",
    "parquet": "Parquet",
    "excel": "Excel",
    "jsonl": "JSON lines",
    "sql": "SQL inserts",
    "duckdb": "DuckDB",
}
WHAT_WORDS = {"data": "Rows", "report": "Report", "pictures": "Pictures", "bundle": "Bundle", "model": "Model"}
MIMES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ZONES = {False: "Inside the trusted zone", True: "Outside the trusted zone"}
SHOWN = 6


def data_card(here: Session, sample_id: str) -> None:
    """The rows in another format."""
    with st.container(border=True, key="export-data-card"):
        st.subheader(":material/table_view: Rows", anchor=False)
        st.markdown(":gray[In the order, storage types, decimals and date formats of the real table.]")
        kind = st.selectbox("Format", list(FORMATS), format_func=FORMATS.get, key="export-format")
        sheet = kind in ("csv", "excel")
        guard = st.checkbox(
            "Guard cells that a spreadsheet would run",
            value=True,
            disabled=not sheet,
            key="export-guard",
            help="Text cells that begin with =, +, -, @, a tab or a line end get an apostrophe in front, so that "
            "opening the file runs nothing. Numbers are never touched. A file beside the rows says whether it was "
            "done.",
        )
        _start(here, "data", sample_id, "Make the file", format=kind, guard=bool(guard and sheet))


def report_card(here: Session, sample_id: str) -> None:
    """The report, and all pictures at once."""
    with st.container(border=True, key="export-report-card"):
        st.subheader(":material/description: Report and pictures", anchor=False)
        st.markdown(
            ":gray[One file that opens without a network and prints well: what was made, how close it is, what it "
            "gives away, with intervals, anchors and rules.]"
        )
        outside = _zone("report")
        with st.container(horizontal=True):
            _start(here, "report", sample_id, "Make the report", outside=outside)
            _start(here, "pictures", sample_id, "All pictures (PNG, SVG, CSV)", outside=outside, quiet=True)


def bundle_card(here: Session, sample_id: str) -> None:
    """The bundle."""
    with st.container(border=True, key="export-bundle-card"):
        st.subheader(":material/inventory_2: Bundle", anchor=False)
        st.markdown(
            ":gray[Rows, report, pictures, settings, seeds, versions, digests, and the command that makes the same "
            "rows again from the real table. No real row is in it.]"
        )
        outside = _zone("bundle")
        if reason := repeating.why_not(here, sample_id, outside=outside):
            st.info(f"The rows cannot be made again from this bundle. {text(reason)}", icon=":material/replay:")
        _start(here, "bundle", sample_id, "Make the bundle", outside=outside)


def model_card(here: Session, sample_id: str) -> None:
    """The model with the list of what it holds."""
    with st.container(border=True, key="export-model-card"):
        st.subheader(":material/deployed_code: Model", anchor=False)
        st.markdown(
            ":gray[Weights and JSON, nothing that runs. A scan lists every text and number in it that was taken from "
            "the train rows, with the rows behind it.]"
        )
        scrub = st.checkbox(
            "Merge rare levels and round extremes",
            value=True,
            key="export-scrub",
            help="Levels and numbers with fewer than 10 train rows behind them are merged under one label or rounded "
            "to two digits. Weights stay as they are and may still remember rows.",
        )
        _start(here, "model", sample_id, "Make the model file", scrub=scrub)


def made_before(here: Session, sample_id: str) -> None:
    """Exports of the sample: the running one fills a bar, the others can be downloaded."""
    found = exporting.exports(here, sample_id)
    if not found:
        return
    with st.container(border=True, key="export-made-card"):
        st.subheader("Ready to take along", anchor=False)
        for place, one in enumerate(found[:SHOWN]):
            _line(one, place)
        if len(found) > SHOWN:
            st.caption(f"{count(len(found) - SHOWN, 'earlier export')} are on the Sessions page.")


def _zone(key: str) -> bool:
    return bool(
        st.segmented_control(
            "Version for",
            [False, True],
            default=False,
            required=True,
            format_func=ZONES.get,
            key=f"export-zone-{key}",
            help="The outside version leaves out what could point at a person: levels and ranges with few real rows, "
            "extremes, nearest rows and the audit.",
        )
    )


def _start(here: Session, what: str, sample_id: str, label: str, *, quiet: bool = False, **settings: Any) -> None:
    kind = "secondary" if quiet else "primary"
    if st.button(label, type=kind, icon=":material/play_arrow:", key=f"export-start-{what}"):
        try:
            exporting.start_export(here, what, sample_id, **settings)
        except UserError as error:
            show_error(error)
            return
        st.rerun()


def _line(one: ExportView, place: int) -> None:
    name = f"{WHAT_WORDS.get(one.what, one.what)} · {one.id[-4:]}"
    if one.path is None:
        finished(one.job, label=f"Making {name}", key=f"export-{place}")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        size = number(one.about["n_bytes"] / 1e6) if one.about["n_bytes"] >= 1e6 else None
        shown = f"{size} MB" if size else f"{thousands(max(1, one.about['n_bytes'] // 1000))} kB"
        outside = " · outside version" if one.about.get("outside") else ""
        st.markdown(f"**{text(name)}** :gray[{text(one.path.name)} · {shown}{outside}]", width="content")
        st.download_button(
            "Download",
            data=_opener(one),
            file_name=f"{one.path.stem}-{one.sample_id[-4:]}{one.path.suffix}",
            mime=MIMES.get(one.path.suffix, "application/octet-stream"),
            on_click="ignore",
            icon=":material/download:",
            key=f"export-get-{place}",
        )
    if one.what == "model":
        _scan(one, place)


def _opener(one: ExportView) -> Callable[[], BinaryIO]:
    return lambda: one.path.open("rb")


def _scan(one: ExportView, place: int) -> None:
    """What the model's files hold."""
    scan = one.about["scan"]
    with st.expander(
        f"What this model knows: {count(scan['n_taken'], 'text or number', 'texts and numbers')} of the train rows, "
        f"{thousands(scan['n_flagged'])} with fewer than {scan['min_support']} rows behind them",
        icon=":material/policy:",
    ):
        row = "No array" if scan["no_array_as_long_as_the_table"] else "An array"
        st.markdown(
            f"{row} in it is as long as the table ({thousands(scan['n_train'])} rows; the longest has "
            f"{thousands(scan['longest_array'])} entries). {text(scan['weights'])}"
        )
        table = pd.DataFrame(
            {
                "Column": [short(item["column"], 60) for item in scan["taken"]],
                "What": [item["what"] for item in scan["taken"]],
                "Value": [short(item["value"], 60) for item in scan["taken"]],
                "Train rows behind it": [item["n_rows"] for item in scan["taken"]],
                "Few": [item["flagged"] for item in scan["taken"]],
            }
        )
        st.dataframe(
            table.sort_values(["Few", "Train rows behind it"], ascending=[False, True]),
            hide_index=True,
            key=f"scan-{place}",
            height=320,
            alt="What the model holds of the train rows",
        )
