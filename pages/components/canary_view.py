"""Canaries: whether to plant them before training, and what the checkpoints of a run know of them."""

from __future__ import annotations

import re

import streamlit as st

from core.errors import UserError
from core.figures.canaries import canary_figure, describe_canaries
from core.limits import CANARIES, CANARY_COPIES
from core.workbench import canaries
from core.workbench.canaries import CanaryView
from core.workbench.canary_plan import CanaryPlan
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.frame import show_error
from pages.components.progress import finished
from pages.components.tiles import tiles
from pages.components.words import count

METRICS = ("canary_exposure", "canary_auc", "canary_epsilon")


def canary_form() -> CanaryPlan | None:
    """The choice before training; None without canaries."""
    with st.expander("Plant canaries", icon=":material/flutter_dash:"):
        st.caption(
            "Made-up, unlikely rows among the train rows of this run. What the generator knows of them later bounds "
            "from below what it gives away of anybody. They are nobody's data and never part of the stored train rows, "
            "but the generator learns from them: train the run whose rows you release without."
        )
        if not st.toggle("Plant canaries in this run", key="canaries-on"):
            return None
        left, right = st.columns(2)
        with left:
            n = st.number_input(
                "Candidates", *CANARIES, 100, key="canaries-n", help="A coin decides for each whether it is planted."
            )
        with right:
            copies = st.number_input(
                "Copies of each", 1, CANARY_COPIES, 1, key="canaries-copies",
                help="1 asks about a person with one row. More leave traces sooner; the bound is divided by them.",
            )  # fmt: skip
        return CanaryPlan(n=int(n), copies=int(copies))


def show_canaries(here: Session, run_id: str, view: CanaryView) -> None:
    """The plan, the button that follows it, the curves and the numbers of the last checkpoint."""
    plan = view.plan
    st.markdown(
        f"**{count(plan.n, 'candidate')}**, about half of them planted"
        + ("" if plan.copies == 1 else f", {plan.copies} copies each")
        + ". :gray[Rows are drawn from every checkpoint and forgotten; only the numbers are kept.]"
    )
    if view.job is not None and not finished(view.job, label="Following the canaries", key="canaries-follow"):
        return
    if view.report is not None and view.report.results:
        _curves(view)
    label = "Follow the canaries" if view.report is None else "Follow again"
    if st.button(label, icon=":material/query_stats:", key="canaries-start"):
        try:
            canaries.start_following(here, run_id)
        except UserError as error:
            show_error(error)
            return
        st.rerun()


def _curves(view: CanaryView) -> None:
    with st.container(border=True, key="canary-card"):
        st.markdown("**Traces of the canaries** :gray[how near drawn rows come to planted ones, per checkpoint]")
        figure = canary_figure(view.report.results, colours=charts.colours())
        charts.show(figure, key="canary-curve", alt=describe_canaries(view.report.results))
        st.caption(
            "0.5 is no trace. Intervals hold for all checkpoints together. A trace here is a leak; no trace says only "
            "that these canaries left none."
        )
    last = max(
        (one for one in view.report.results if one.subject), key=lambda one: int(re.sub(r"\D", "", one.subject[0]) or 0)
    ).subject[0]
    results = [one for name in METRICS for one in view.report.results if one.metric == name and one.subject == (last,)]
    tiles(results, key="canaries")
