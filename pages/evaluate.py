"""Evaluate page: how close the synthetic rows are to the real ones, and how useful."""

from __future__ import annotations

import streamlit as st

from core.records import Report
from core.workbench import data, judging, sampling
from core.workbench.judging import EvaluationView
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.benchmark_view import show_benchmark
from pages.components.column_gallery import column_gallery
from pages.components.elsewhere_view import bring_tables, choose_and_start
from pages.components.frame import header, next_step, no_sample
from pages.components.judging_panel import again, latest, more_targets, running, start_panel
from pages.components.numbers_view import show_numbers
from pages.components.pairs_view import show_pairs
from pages.components.progress import finished
from pages.components.router import page
from pages.components.thresholds_view import edit_thresholds
from pages.components.tiles import tiles
from pages.components.utility_view import levels_of, show_levels, show_utility
from pages.components.whole_view import show_whole
from pages.components.wrong_view import show_wrong

PARTS = ("fidelity", "utility")
KEY_METRICS = (
    "column_shapes",
    "pair_trends",
    "correlation_difference",
    "detection_auc",
    "tstr_auc",
    "tstr_r2",
    "utility_kept",
)
NEW = "judge-again"
SAMPLE, ELSEWHERE = "The chosen sample", "Tables made elsewhere"


def render() -> None:
    """The report of the chosen sample or of tables made elsewhere, or what to do to get one."""
    here = session.current()
    header(
        "Evaluate",
        "How close are the synthetic rows to the real ones, and how useful? Both are judged against control rows.",
    )
    if _wants_elsewhere():
        _elsewhere(here)
        return
    sample_id = selection.chosen("sample")
    if not sample_id:
        no_sample()
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
            "column by column, pair by pair, and by what a model learns from them.",
            key="evaluate",
            more=lambda: more_targets(data.dataset(here, drawn.dataset_id), "evaluate"),
        )
        return
    still = running(here, view)
    if view.report is not None:
        privacy = latest(here, sample_id, ("privacy",))
        others = [privacy.report] if privacy is not None and privacy.report is not None else []
        _report(here, view, view.report, others, still=still)
    if not still:
        if again(view, key="evaluate"):
            st.session_state[NEW] = sample_id
            st.rerun()
        next_step(
            "pages/privacy.py", "Attack the rows", "What do the rows give away about the real people behind them?"
        )


def _wants_elsewhere() -> bool:
    """Whether tables made elsewhere are on show: chosen here, or named by the link. Not offered in demo mode."""
    if session.is_demo():
        return False
    named = bool(selection.chosen("tables") or selection.chosen("evaluation"))
    chosen = st.segmented_control(
        "What to judge",
        (SAMPLE, ELSEWHERE),
        default=ELSEWHERE if named else SAMPLE,
        required=True,
        key="evaluate-what",
        label_visibility="collapsed",
    )
    return chosen == ELSEWHERE


def _elsewhere(here: Session) -> None:
    if selection.chosen("tables"):
        choose_and_start(here, selection.chosen("tables"))
        return
    if not selection.chosen("evaluation"):
        bring_tables(here)
        return
    view = judging.evaluation(here, selection.chosen("evaluation"))
    still = running(here, view)
    if view.report is not None:
        _report(here, view, view.report, [], still=still)
    if st.button("Judge other tables", icon=":material/arrow_back:", type="tertiary", key="elsewhere-other"):
        selection.choose("evaluation", None)
        st.rerun()


def _report(here: Session, view: EvaluationView, report: Report, others: list[Report], *, still: bool) -> None:
    tiles([found for name in KEY_METRICS if (found := report.find(name)) is not None], key="fidelity")
    levels = levels_of(report)
    target, own = view.job.config.get("target"), bool(view.sample_id)
    views = {
        "Columns": lambda: column_gallery(report) if report.columns else _absent(still),
        "Pairs": lambda: show_pairs(here, view.id, report) if report.correlations else _absent(still),
        "Whole table": lambda: show_whole(report),
        "Usefulness": lambda: show_utility(target, report, from_dataset=own),
        "Requested levels": lambda: show_levels(levels),
        "What is wrong": lambda: show_wrong(report),
        "Compared": lambda: show_benchmark([report, *others], "This sample (CTGAN)" if own else "This table"),
        "All numbers": lambda: show_numbers(report, key="evaluate"),
    }
    shown = [name for name in views if name != "Requested levels" or levels]
    chosen = st.segmented_control(
        "View", shown, default="Columns", required=True, key="evaluate-view", label_visibility="collapsed"
    )
    views[chosen]()
    edit_thresholds(here)


def _absent(still: bool) -> None:
    st.info("This part is on its way." if still else "This part was not measured.", icon=":material/hourglass_empty:")


page(render)
