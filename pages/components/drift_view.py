"""Drift: a newer real table beside the chosen dataset."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.figures.columns import column_figure, describe_column
from core.workbench import data, drifting
from core.workbench.drifting import DriftView
from core.workbench.sessions import Session
from pages.components import charts, selection, session
from pages.components.frame import empty, show_error
from pages.components.progress import finished
from pages.components.tiles import tile
from pages.components.uploading import take, upload_box
from pages.components.words import labelled, name, short, text

PENDING = "drift-reading"


def show_drift(here: Session) -> None:
    """Bring a newer table, follow the comparison, and see what moved."""
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        empty("No dataset yet", "Drift is measured against a dataset: bring a table first.", page="pages/data.py",
              label="Go to Data", icon=":material/table:")  # fmt: skip
        return
    if session.is_demo():
        st.info("This is a demo: only the demo table can be used here.", icon=":material/info:")
        return
    real = data.dataset(here, dataset_id)
    _bring(here, dataset_id, real.name)
    if _reading(here, dataset_id):
        return
    found = drifting.drifts(here, dataset_id)
    if not found:
        return
    view = found[0]
    if not finished(view.job, label="Comparing the tables", key="drift-job"):
        return
    _report(view)


def _bring(here: Session, dataset_id: str, title: str) -> None:
    with st.container(border=True, key="drift-card"):
        st.markdown(
            f"Bring a newer version of {name(title)}: which columns moved since, by how much, and does a run that "
            "learned the older one still fit?"
        )
        uploaded = upload_box(
            "Newer table", key="drift-upload", store=partial(data.receive_upload, here), label_visibility="collapsed"
        )
        if uploaded is None:
            return
        take("drift-upload")
        try:
            st.session_state[PENDING] = (dataset_id, drifting.start_reading_newer(here, uploaded.result))
        except UserError as error:
            show_error(error)
            return
        st.rerun()


def _reading(here: Session, dataset_id: str) -> bool:
    """Whether a newer table is being read; once it is read, the comparison starts."""
    pending = st.session_state.get(PENDING)
    if pending is None or pending[0] != dataset_id:
        return False
    newer = data.reading(here, pending[1])
    if not finished(newer.view, label="Reading the newer table", key="drift-reading"):
        return True
    st.session_state.pop(PENDING)
    try:
        drifting.start_drift(here, dataset_id, pending[1])
    except UserError as error:
        show_error(error)
        return False
    st.rerun()
    return True


def _report(view: DriftView) -> None:
    st.info(text(view.sentence), icon=":material/trending_up:")
    left, right = st.columns([1, 2], gap="medium")
    with left:
        if view.detection is not None:
            tile(view.detection, key="drift-detection")
    with right:
        st.dataframe(
            pd.DataFrame(
                {
                    "Column": [short(one.column, 60) for one, _ in view.columns],
                    "Stability index": [one.index for one, _ in view.columns],
                    "Chance reaches": [one.chance for one, _ in view.columns],
                    "Moved": [one.moved for one, _ in view.columns],
                    "p-value": [None if test is None else test.value for _, test in view.columns],
                    "Test": [
                        "–" if test is None else test.metric.replace("_", " ").replace("ks", "KS")
                        for _, test in view.columns
                    ],
                }
            ),
            hide_index=True,
            key="drift-columns",
            height="content" if len(view.columns) < 14 else 480,
            column_config={
                "Stability index": st.column_config.NumberColumn(
                    format="%.4f",
                    help="Population stability index: 0 is no change; from 0.1 some, from 0.25 much by custom. Lower "
                    "is steadier.",
                ),
                "Chance reaches": st.column_config.NumberColumn(
                    format="%.4f", help="Two samples of one population stay below this 19 times in 20."
                ),
                "p-value": st.column_config.NumberColumn(format="%.2g"),
            },
            alt="Columns with their stability index, the most moved first",
        )
    if view.report is None or not view.report.columns:
        return
    pictures = {picture.column: picture for picture in view.report.columns}
    names = labelled([one.column for one, _ in view.columns if one.column in pictures], 50)
    column = st.selectbox("Column", list(names), format_func=names.get, key="drift-column")
    picture = pictures[column]
    figure = column_figure(picture, colours=charts.colours(), height=340)
    figure.for_each_trace(lambda trace: trace.update(name={"Real": "Older", "Synthetic": "Newer"}.get(trace.name)))
    charts.show(figure, key="drift-picture", alt=describe_column(picture))
