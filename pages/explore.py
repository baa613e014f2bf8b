"""Explore page: know the real table before a generator does."""

from __future__ import annotations

import streamlit as st

from core.workbench import data
from pages.components import selection, session
from pages.components.explore_anonymity import show_anonymity
from pages.components.explore_columns import show_columns
from pages.components.explore_constraints import show_constraints
from pages.components.explore_findings import show_findings
from pages.components.explore_missing import show_missing
from pages.components.explore_pairs import show_pairs
from pages.components.explore_recipe import show_recipe
from pages.components.frame import empty, header, to_training
from pages.components.progress import finished
from pages.components.router import page
from pages.components.words import name

VIEWS = {
    "Findings": show_findings,
    "Columns": show_columns,
    "Pairs": show_pairs,
    "Missing cells": show_missing,
    "Quasi-identifiers": show_anonymity,
    "Prepare": show_recipe,
    "Constraints": show_constraints,
}


def render() -> None:
    """One view of the chosen dataset at a time."""
    here = session.current()
    dataset_id = selection.chosen("dataset")
    if not dataset_id:
        header("Explore", "Know the real table before a generator does.")
        empty("No dataset yet", "Bring a table first.", page="pages/data.py", label="Go to Data")
        return
    if not finished(data.dataset_job(here, dataset_id), label="Making the dataset", key="explore-dataset"):
        return
    dataset = data.dataset(here, dataset_id)
    header("Explore", f"Know {name(dataset.name)} before a generator does: {dataset.n_rows:,} real rows.")
    chosen = st.segmented_control(
        "View", list(VIEWS), default="Findings", required=True, key="explore-view", label_visibility="collapsed"
    )
    VIEWS[chosen](here, dataset)
    to_training(dataset.n_train, dataset.n_control)


page(render)
