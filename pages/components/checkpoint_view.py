"""One checkpoint of a tape: its numbers and charts from the report that was kept, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.figures.correlations import clustered
from core.figures.glossary import entry
from core.records import Report
from core.tape import Decision
from core.workbench import frontier, judging, promoting
from core.workbench.frontier import TapeView
from core.workbench.promoting import Promotion
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.attack_view import show_attacks
from pages.components.column_gallery import column_board
from pages.components.distance_view import show_distances
from pages.components.frame import show_error
from pages.components.numbers_view import show_numbers
from pages.components.pairs_view import show_heatmaps
from pages.components.progress import badge
from pages.components.tiles import tiles

KEY_METRICS = ("utility_kept", "column_shapes", "membership_auc")
VIEWS = ("Columns", "Pairs", "Distances", "Attacks", "All numbers")
COMPARED = (
    "column_shapes", "pair_trends", "detection_auc", "tstr_auc", "utility_kept", "membership_auc",
    "singling_out_univariate", "dcr_share", "memorised_share",
)  # fmt: skip


def show_checkpoint(here: Session, view: TapeView, epoch: int, decision: Decision) -> None:
    """Charts of the chosen epoch, and the buttons that use it; `decision` is what the page's cap makes of the tape."""
    point = next(one for one in view.points if one.epoch == epoch)
    st.subheader(f"Epoch {epoch:,}", anchor=False)
    _actions(here, view, epoch, decision)
    report = frontier.report(view, epoch)
    if report is None:
        st.info("The charts of this checkpoint are no longer there; its numbers are.", icon=":material/info:")
        return
    tiles([found for name in KEY_METRICS if (found := report.find(name)) is not None], key="checkpoint", details=False)
    _charts(report)
    st.caption(
        f"Judged by the {point.plan} plan from {point.n_rows:,} rows of a probe sample in {point.seconds:,.0f} s, "
        "against the selection half of the control rows."
    )
    _thorough(view, epoch)


def _actions(here: Session, view: TapeView, epoch: int, decision: Decision) -> None:
    kept = epoch in view.run.checkpoints
    with st.container(horizontal=True, key="checkpoint-actions"):
        use = st.button(
            "Use this checkpoint", type="primary", icon=":material/arrow_forward:", key="promote",
            disabled=not kept,
            help="Draws a fresh sample from it and judges that sample by the half of the control rows that took no "
            "part in choosing."
            if kept else "This checkpoint is gone: given up for disk space, or by a run that went back.",
        )  # fmt: skip
        full = st.button(
            "Judge by the full plan", icon=":material/query_stats:", key="judge-full",
            disabled=not kept or epoch in view.thorough,
        )  # fmt: skip
    try:
        if use:
            made = promoting.promote(here, view.run.id, epoch, decision=decision)
            selection.choose_line(run=view.run.id, sample=made.sample_id)
            st.switch_page("pages/sample.py")
        if full:
            frontier.judge_thoroughly(here, view.run.id, epoch)
            st.rerun(scope="app")
    except UserError as error:
        show_error(error)


def _charts(report: Report) -> None:
    chosen = st.segmented_control(
        "Charts", VIEWS, default=VIEWS[0], required=True, key="checkpoint-view", label_visibility="collapsed"
    )
    if chosen == "Columns":
        column_board(report)
    elif chosen == "Pairs":
        for picture in report.correlations[:1]:
            show_heatmaps(clustered(picture))
    elif chosen == "Distances":
        show_distances(report, details=False)
    elif chosen == "Attacks":
        show_attacks(report)
    else:
        show_numbers(report, key="checkpoint")


def _thorough(view: TapeView, epoch: int) -> None:
    report = frontier.report(view, epoch, thorough=True)
    if report is not None:
        with st.expander("Full plan", icon=":material/query_stats:"):
            show_numbers(report, key="checkpoint-full")


def show_promoted(here: Session, view: TapeView) -> None:
    """Checkpoints of a run that were released, with the numbers of both judgments."""
    found = promoting.promotions(here, view.run.id)
    if not found:
        return
    with st.container(border=True, key="promotions-card"):
        st.markdown("**Released checkpoints** :gray[judged again: fresh draw, report half of the control rows]")
        for place, one in enumerate(found):
            _promotion(here, view, one, place)


def _promotion(here: Session, view: TapeView, one: Promotion, place: int) -> None:
    under = ", ".join(one.by.get("rules") or ())
    why = {
        "rules": f" by {under}",
        "sweep": f" by a sweep as best at {one.by.get('objective')}{f' under {under}' if under else ''}",
    }.get(one.by.get("chosen by"), " by eye")
    judged = judging.evaluation(here, one.evaluation_id) if one.evaluation_id else None
    with st.container(horizontal=True, vertical_alignment="center", key=f"promotion-{place}"):
        st.markdown(f"Epoch **{one.epoch:,}**, chosen{why}", width="content")
        if judged is not None:
            badge(judged.job.state)
    point = next((point for point in view.points if point.epoch == one.epoch), None)
    report = judged.report if judged is not None else None
    if point is None or report is None:
        return
    rows = []
    for metric in COMPARED:
        chosen, again = point.find(metric), report.find(metric)
        if chosen is not None and again is not None and again.value is not None:
            rows.append(
                {
                    "Metric": entry(metric).label, "When chosen": chosen.value, "Judged again": again.value,
                    "Interval": "" if None in (again.low, again.high) else f"{again.low:.3f} to {again.high:.3f}",
                }
            )  # fmt: skip
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        rows, hide_index=True, key=f"promotion-numbers-{place}", alt="Numbers when chosen and when judged again",
        column_config={"When chosen": number, "Judged again": number},
    )  # fmt: skip
