"""Drift: a newer real table beside the chosen dataset."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.figures.columns import column_option, describe_column
from core.workbench import data, drifting, renewing, training
from core.workbench.drifting import DriftView
from core.workbench.sessions import Session
from pages.components import charts, selection, session
from pages.components.frame import empty, show_error
from pages.components.progress import finished
from pages.components.tiles import tile
from pages.components.uploading import take, upload_box
from pages.components.words import labelled, name, short, text


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
    stage = drifting.stage(here, dataset_id)
    if stage is not None:
        if not finished(stage.job, label=stage.name, key="drift-job"):
            return
        if stage.next is not None:
            try:
                stage.next()
            except UserError as error:
                show_error(error)
                return
            st.rerun()
    found = drifting.drifts(here, dataset_id)
    if found and finished(found[0].job, label="Comparing the tables", key="drift-compared"):
        _report(here, found[0])


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
            drifting.start_reading_newer(here, dataset_id, uploaded.result)
        except UserError as error:
            show_error(error)
            return
        st.rerun()


def _retrain(here: Session, view: DriftView) -> None:
    """One click from what moved to a run that learns it."""
    newer = data.dataset(here, view.newer_id)
    known = [one for one in training.runs(here, view.dataset_id) if one.checkpoints]
    with st.container(border=True, key="drift-retrain"):
        st.markdown(
            f"The newer table is stored as {name(newer.name)}: {newer.n_train:,} train and {newer.n_control:,} control "
            "rows. Types, treatments and preparation are those of the older one, and rows that it had as control rows "
            "are control rows again."
        )
        for sentence in drifting.changes(here, view.dataset_id, view.newer_id):
            st.caption(text(sentence))
        if not known:
            st.caption("No run of the older dataset has a checkpoint to start from. Train the newer one on its own.")
            return
        labels = {one.id: f"run {one.id[-4:]} · {one.epochs_done} epochs · seed {one.config.seed}" for one in known}
        chosen = selection.chosen("run")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            run_id = st.selectbox(
                "Start from", list(labels), index=list(labels).index(chosen) if chosen in labels else 0,
                format_func=labels.get, key="drift-run",
            )  # fmt: skip
            pressed = st.button(
                "Retrain with these settings", type="primary", icon=":material/local_fire_department:", key="retrain",
                help="A run on the newer version with the settings of the chosen run, beginning with its weights.",
            )  # fmt: skip
        if pressed:
            try:
                started = renewing.retrain(here, view.newer_id, run_id)
            except UserError as error:
                show_error(error)
                return
            selection.choose_line(dataset=view.newer_id, run=started)
            st.switch_page("pages/train.py")


def _report(here: Session, view: DriftView) -> None:
    st.info(text(view.sentence), icon=":material/trending_up:")
    if view.newer_id.startswith("dataset-"):
        _retrain(here, view)
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
    option = column_option(picture, colours=charts.colours(), names=("Older", "Newer"))
    charts.show_option(option, key="drift-picture", alt=describe_column(picture), height=340)
