"""A stored dataset: how many rows, how they are split, and every column with its distribution."""

from __future__ import annotations

import streamlit as st

from core.dataset import Dataset
from core.figures.columns import column_option, describe_column
from core.workbench import data
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.frame import header, to_training
from pages.components.progress import finished
from pages.components.summaries import as_picture, summary_table
from pages.components.treated_view import treated_card
from pages.components.words import name, text


def show_dataset(here: Session, dataset_id: str) -> None:
    """The dataset's facts, its columns, and the way to training."""
    job = data.dataset_job(here, dataset_id)
    if not finished(job, label="Making the dataset", key="dataset"):
        return
    dataset = data.dataset(here, dataset_id)
    header(f"{name(dataset.name)}", "The real table, as the generator and the judges will see it.")
    if st.button("Bring another table", icon=":material/add:", type="tertiary", key="another-table"):
        st.session_state["bring-table"] = True
        st.rerun()
    _facts(dataset)
    _columns(here, dataset)
    treated_card(here, dataset)
    to_training(dataset.n_train, dataset.n_control)


def _facts(dataset: Dataset) -> None:
    with st.container(key="facts"):
        columns = st.columns(4)
        columns[0].metric("Rows", f"{dataset.n_rows:,}")
        columns[1].metric("Train rows", f"{dataset.n_train:,}", help="Real rows that generators learn from.")
        columns[2].metric(
            "Control rows",
            f"{dataset.n_control:,}",
            help="Real rows that no generator sees: the measure of what is normal.",
        )
        columns[3].metric("Columns", f"{len(dataset.schema):,}")
    words = [f"Target: {name(dataset.target)}" if dataset.target else "No target"]
    if dataset.split.group:
        words.append(f"rows of one {name(dataset.split.group)} stay on one side")
    words.append(f"content {text(dataset.content_hash[:18])}…" if dataset.content_hash else "")
    st.caption(" · ".join(word for word in words if word))


def _columns(here: Session, dataset: Dataset) -> None:
    st.subheader("Columns", anchor=False)
    summary = data.dataset_summary(here, dataset.id)
    table = summary_table(summary, dataset.schema)
    chosen = st.dataframe(
        table,
        key=f"columns-{dataset.id}",
        hide_index=True,
        height="content" if len(table) <= 16 else 620,
        row_height=40,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Column": st.column_config.TextColumn(width="medium", pinned=True),
            "Type": st.column_config.TextColumn(width="small"),
            "Distribution": st.column_config.BarChartColumn(
                width="medium",
                y_min=0,
                color=charts.colours().real,
                help="Numbers: equal-width bins. Levels: most frequent first.",
            ),
            "Values": st.column_config.TextColumn(
                width="medium", help="Range of numbers and dates; the most frequent level."
            ),
            "Missing": st.column_config.NumberColumn(format="%.1f %%", width="small"),
            "Levels": st.column_config.NumberColumn(format="localized", width="small", help="Distinct present values."),
            "Why this type": st.column_config.TextColumn(width="large"),
        },
        alt="Columns of the dataset with type, distribution, values, missing share and reason",
    )
    rows = chosen["selection"]["rows"] if chosen else []
    if not rows:
        st.caption("Tick a row to see its distribution large.")
        return
    picture = as_picture(summary, dataset.schema.columns[rows[0]])
    with st.container(border=True, key="column-detail"):
        st.markdown(f"**{name(picture.column)}** :gray[{picture.type}]")
        alt = describe_column(picture)
        option = column_option(picture, colours=charts.colours(), max_levels=30)
        charts.show_option(option, key="column-large", alt=alt, height=320)
        st.caption(text(alt))
