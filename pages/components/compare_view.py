"""Samples side by side: settings that differ, metrics that differ by more than noise, overlaid pictures."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.figures.comparison import comparison_figure
from core.figures.glossary import entry
from core.workbench import comparing, sampling
from core.workbench.comparing import Comparison, Difference
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.frame import show_error
from pages.components.words import count, labelled, short

BEYOND = {True: "differ", False: "within noise", None: "no interval"}


def show_compare(here: Session) -> None:
    """Choose two or more samples and see what sets them apart."""
    found = {one.id: one for one in sampling.samples(here)}
    if len(found) < 2:
        st.info(
            "Comparing needs two samples of this session: of two runs, two checkpoints or two requests.",
            icon=":material/compare:",
        )
        return
    names = {
        key: f"{one.n_rows:,} rows · epoch {one.epoch} · run {one.run_id[-4:]} · {key[-4:]}"
        for key, one in found.items()
    }
    chosen = st.multiselect(
        "Samples",
        list(found),
        default=list(found)[:2],
        format_func=names.get,
        max_selections=comparing.MAX_COMPARED,
        key="compare-samples",
    )
    try:
        comparison = comparing.compare_samples(here, chosen)
    except UserError as error:
        show_error(error)
        return
    _metrics(comparison)
    _settings(comparison)
    _pictures(comparison)


def _metrics(comparison: Comparison) -> None:
    st.subheader("Metrics", anchor=False)
    if not comparison.metrics:
        st.info("There is no metric that all of them were judged by. Judge each on the Evaluate page.")
        return
    n_apart = sum(bool(one.beyond_noise) for one in comparison.metrics)
    st.caption(
        f"{count(n_apart, 'metric')} {'differs' if n_apart == 1 else 'differ'} by more than their intervals explain, "
        f"at a level shared by all comparisons here; {comparison.n_alike} do not."
    )
    _table(comparison, comparison.metrics, key="compare-metrics", noise=True)


def _settings(comparison: Comparison) -> None:
    st.subheader("Settings that differ", anchor=False)
    if comparison.settings:
        _table(comparison, comparison.settings, key="compare-settings", noise=False)
    else:
        st.caption("None: they were asked for alike.")


def _table(comparison: Comparison, rows: tuple[Difference, ...], *, key: str, noise: bool) -> None:
    frame = {"Metric" if noise else "Setting": [entry(one.name).label if noise else one.name for one in rows]}
    for at, label in enumerate(comparison.labels):
        frame[label] = [short(one.values[at], 120) for one in rows]
    if noise:
        frame["More than noise?"] = [BEYOND[one.beyond_noise] for one in rows]
    st.dataframe(pd.DataFrame(frame), hide_index=True, key=key, height="content", alt="What differs")


def _pictures(comparison: Comparison) -> None:
    if not comparison.pictures:
        return
    st.subheader("Columns", anchor=False)
    names = labelled(comparison.pictures, 50)
    column = st.selectbox("Column", list(comparison.pictures), format_func=names.get, key="compare-column")
    pictures = comparison.pictures[column]
    figure = comparison_figure(pictures, comparison.labels, colours=charts.colours())
    charts.show(figure, key="compare-picture", alt="The column in the real table and in every sample")
