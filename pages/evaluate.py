"""Evaluate page: how close the synthetic rows are to the real ones, and how useful."""

from __future__ import annotations

import streamlit as st

from core.records import Report
from core.workbench import data, sampling
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.column_gallery import column_gallery
from pages.components.frame import empty, header, next_step
from pages.components.judging_panel import again, latest, running, start_panel
from pages.components.numbers_view import show_numbers
from pages.components.pairs_view import show_pairs
from pages.components.progress import finished
from pages.components.router import page
from pages.components.tiles import tiles
from pages.components.utility_view import levels_of, show_levels, show_utility

PARTS = ("fidelity", "utility")
KEY_METRICS = (
    "column_shapes",
    "pair_trends",
    "correlation_difference",
    "detection_auc",
    "alpha_precision",
    "beta_recall",
)
NEW = "judge-again"


def render() -> None:
    """The report of the chosen sample, or what to do to get one."""
    here = session.current()
    header(
        "Evaluate",
        "How close are the synthetic rows to the real ones, and how useful? Both are judged against control rows.",
    )
    sample_id = selection.chosen("sample")
    if not sample_id:
        empty(
            "No sample yet",
            "Draw rows from a trained generator first.",
            page="pages/sample.py",
            label="Go to Sample",
            icon=":material/dataset:",
        )
        return
    drawn = sampling.sample(here, sample_id)
    if not finished(drawn.job, label="Drawing rows", key="evaluate-sample"):
        return
    view = latest(here, sample_id, PARTS)
    if view is None or st.session_state.get(NEW) == sample_id:
        st.session_state.pop(NEW, None)
        start_panel(
            here,
            sample_id,
            PARTS,
            label="Evaluate this sample",
            sentence=f"The **{drawn.n_unconditioned:,} rows without condition** are compared with the train rows, "
            f"column by "
            "column, pair by pair, and by what a model learns from them.",
            key="evaluate",
        )
        return
    still = running(here, view)
    if view.report is not None:
        _report(here, drawn.dataset_id, view.report, still=still)
    if not still:
        if again(view, key="evaluate"):
            st.session_state[NEW] = sample_id
            st.rerun()
        next_step(
            "pages/privacy.py", "Attack the rows", "What do the rows give away about the real people behind them?"
        )


def _report(here: Session, dataset_id: str, report: Report, *, still: bool) -> None:
    tiles([found for name in KEY_METRICS if (found := report.find(name)) is not None], key="fidelity")
    levels = levels_of(report)
    views = {
        "Columns": lambda: column_gallery(report) if report.columns else _absent(still),
        "Pairs": lambda: show_pairs(report) if report.correlations else _absent(still),
        "Usefulness": lambda: show_utility(data.dataset(here, dataset_id), report),
        "Requested levels": lambda: show_levels(levels),
        "All numbers": lambda: show_numbers(report, key="evaluate"),
    }
    shown = [view for view in views if view != "Requested levels" or levels]
    chosen = st.segmented_control(
        "View", shown, default="Columns", required=True, key="evaluate-view", label_visibility="collapsed"
    )
    views[chosen]()


def _absent(still: bool) -> None:
    st.info("This part is on its way." if still else "This part was not measured.", icon=":material/hourglass_empty:")


page(render)
