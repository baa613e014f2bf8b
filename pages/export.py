"""Export page: what leaves the workbench about the chosen sample, and who said that it may."""

from __future__ import annotations

import streamlit as st

from core.workbench import sampling
from pages.components import selection, session
from pages.components.export_cards import bundle_card, data_card, made_before, model_card, report_card
from pages.components.frame import empty, header
from pages.components.progress import finished
from pages.components.router import page
from pages.components.sign_off import show_checklist, show_sign_off

SENTENCE = "Data to a colleague, a report to a privacy officer, a bundle to an auditor, pictures to a slide."


def render() -> None:
    """Cards for every kind of export of the chosen sample, the sign-off, and what was made before."""
    here = session.current()
    header("Export", SENTENCE)
    sample_id = selection.chosen("sample")
    if not sample_id:
        empty(
            "No sample yet",
            "Draw rows from a trained generator first; then they can be handed on.",
            page="pages/sample.py",
            label="Go to Sample",
            icon=":material/dataset:",
        )
        return
    drawn = sampling.sample(here, sample_id)
    if not finished(drawn.job, label="Drawing rows", key="export-sample"):
        return
    made_before(here, sample_id)
    left, right = st.columns(2, gap="medium")
    with left:
        data_card(here, sample_id)
        bundle_card(here, sample_id)
    with right:
        report_card(here, sample_id)
        model_card(here, sample_id)
    show_sign_off(here, sample_id)
    show_checklist(here, sample_id)


page(render)
