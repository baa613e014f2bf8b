"""Privacy page: what the synthetic rows give away, always measured against rows that the generator never saw."""

from __future__ import annotations

import streamlit as st

from core.records import MetricResult, Report
from core.workbench import data, sampling
from core.workbench.canaries import canaries
from core.workbench.judging import EvaluationView
from core.workbench.sessions import Session
from pages.components import selection, session
from pages.components.attack_view import show_attacks, show_membership
from pages.components.attacker_form import attacker_form
from pages.components.canary_view import show_canaries
from pages.components.disclosure_view import show_disclosure
from pages.components.distance_view import show_distances
from pages.components.frame import header, no_sample
from pages.components.judging_panel import again, latest, running, start_panel
from pages.components.numbers_view import show_numbers
from pages.components.privacy_overview import show_overview
from pages.components.progress import finished
from pages.components.router import page
from pages.components.rows_view import show_lineage, show_rows
from pages.components.thresholds_view import edit_thresholds
from pages.components.tiles import tiles

PARTS = ("privacy",)
KEY_METRICS = ("memorised_share", "singling_out_univariate", "membership_auc")
MEMBERSHIP = ("membership_auc", "membership_tpr_1", "membership_tpr_10", "membership_epsilon")
DISCLOSURE = ("identifiability", "attribute_disclosure")
NEW = "attack-again"

PATENT = (
    "Singling out, linkability and inference are Anonymeter's evaluators (Giomi et al. 2023, Clear BSD licence). "
    "Its authors "
    "grant no patent rights and have a patent pending on the method (US-20230401336-A1): ask a lawyer before you "
    "offer these "
    "attacks as a service."
)


def render() -> None:
    """The privacy report of the chosen sample, or what to do to get one."""
    here = session.current()
    header(
        "Privacy",
        "What do the rows give away? Each test is run on control rows too, which nobody trained on: they show "
        "what is normal.",
    )
    sample_id = selection.chosen("sample")
    if not sample_id:
        no_sample()
        return
    drawn = sampling.sample(here, sample_id)
    if not finished(drawn.job, label="Drawing rows", key="privacy-sample"):
        return
    view = latest(here, sample_id, PARTS)
    if view is None or st.session_state.get(NEW) == sample_id:
        st.session_state.pop(NEW, None)
        start_panel(
            here,
            sample_id,
            PARTS,
            label="Attack this sample",
            sentence="Distances from every synthetic row to the nearest real ones, and an attacker who tries to "
            "single people "
            "out; each against train rows and, for comparison, against control rows.",
            key="privacy",
            more=lambda: attacker_form(data.dataset(here, drawn.dataset_id).schema, key="privacy"),
        )
        return
    still = running(here, view)
    show_lineage(here, sample_id, view.report if not still else None)
    if view.report is not None:
        _report(here, view, drawn.run_id, still=still)
    if not still and again(view, key="privacy"):
        st.session_state[NEW] = sample_id
        st.rerun()
    edit_thresholds(here)
    _limits()


def _report(here: Session, view: EvaluationView, run_id: str, *, still: bool) -> None:
    report, planted = view.report, canaries(here, run_id)
    tiles(_found(report, KEY_METRICS) or _found(report, ("dcr_share",)), key="privacy")
    views = {
        "Overview": lambda: show_overview(report),
        "Attacks": lambda: show_attacks(report),
        "Distances": lambda: show_distances(report),
        "Membership": lambda: show_membership(report, _found(report, MEMBERSHIP)),
        "Disclosure": lambda: show_disclosure(report, _found(report, DISCLOSURE)),
        "Rows": lambda: show_rows(here, view),
        "Canaries": lambda: show_canaries(here, run_id, planted),
        "All numbers": lambda: show_numbers(report, key="privacy"),
    }
    absent = {
        name
        for name, metrics in (("Membership", MEMBERSHIP), ("Disclosure", DISCLOSURE))
        if not _found(report, metrics)
    }
    absent |= set() if planted else {"Canaries"}
    shown = [name for name in views if name not in absent]
    chosen = st.segmented_control(
        "View", shown, default="Overview", required=True, key="privacy-view", label_visibility="collapsed"
    )
    views[chosen]()
    if still:
        st.caption("More is on its way.")


def _found(report: Report, names: tuple[str, ...]) -> list[MetricResult]:
    return [found for name in names if (found := report.find(name)) is not None]


def _limits() -> None:
    with st.expander("What these numbers cannot say", icon=":material/help:"):
        st.markdown(
            "- They are tests that were run, not a proof. Rows that pass them can still be open to an attack that "
            "nobody "
            "tried, or to an attacker who knows more.\n"
            "- Closeness is not harm, and distance is not protection: distance tests alone miss membership leaks "
            "(arXiv 2312.05114, 2505.01524).\n"
            "- Nothing here makes a table anonymous in the sense of the law; that judgement needs people, context "
            "and purpose.\n"
            "- Small tables make weak tests: look at the intervals and at what a test could have detected."
        )
        st.caption(PATENT)


page(render)
