"""Preparing the table by a recipe: add steps, see what they would do, apply them, go back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.errors import UserError
from core.workbench import preparing
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import show_error
from pages.components.step_forms import FORMS
from pages.components.words import count, text

DRAFT = "recipe-draft"


def show_recipe(here: Session, dataset: Dataset) -> None:
    """The way back, the draft of a recipe with its preview, and the form for another step."""
    _origin(here, dataset)
    st.markdown(
        "Steps are recorded and make a **new dataset**; this one stays as it is. What a step learns, such as a median, "
        "it learns from the train rows alone, and every row stays on its side of the split."
    )
    steps: list[dict[str, Any]] = st.session_state.setdefault(f"{DRAFT}-{dataset.id}", [])
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _add_step(dataset, steps)
    with right:
        _draft(here, dataset, steps)


def _origin(here: Session, dataset: Dataset) -> None:
    """How this dataset was made, if by a recipe, and the way back to its parent."""
    recipe = preparing.recipe_of(here, dataset.id)
    if recipe is None:
        return
    with st.container(border=True, key="recipe-origin"):
        st.markdown(f"**Made by {count(len(recipe.steps), 'step')}**")
        outcomes = preparing.outcomes_of(here, dataset.id)
        lines = [f"{number}. {text(one.label)} :gray[({one.in_words})]" for number, one in enumerate(outcomes, 1)]
        st.markdown("\n".join(lines))
        parent = preparing.parent_of(here, dataset.id)
        with st.container(horizontal=True):
            if parent and st.button("Undo: back to the parent", icon=":material/undo:", key="recipe-undo"):
                st.session_state[f"{DRAFT}-{parent}"] = [step.to_json() for step in recipe.steps]
                selection.choose("dataset", parent)
                st.rerun()
            st.download_button(
                "Recipe as a file",
                preparing.recipe_text(recipe),
                "recipe.json",
                "application/json",
                icon=":material/download:",
                key="recipe-file",
                on_click="ignore",
                help="For --recipe on the command line. It holds what the steps learned from the real table.",
            )


def _add_step(dataset: Dataset, steps: list[dict[str, Any]]) -> None:
    with st.container(border=True, key="add-step"):
        kind = st.selectbox("Step", list(FORMS), format_func=lambda one: FORMS[one].title, key="step-kind")
        form = FORMS[kind]
        st.caption(form.sentence)
        settings = form.ask(dataset.schema)
        if st.button("Add this step", icon=":material/add:", key="step-add", disabled=settings is None):
            try:
                recipe = preparing.make_recipe([*steps, {"kind": kind, **settings}])
            except UserError as error:
                show_error(error)
                return
            steps[:] = [step.to_json() for step in recipe.steps]
            st.rerun()


def _draft(here: Session, dataset: Dataset, steps: list[dict[str, Any]]) -> None:
    if not steps:
        st.info("No step yet: add the first one.", icon=":material/info:")
        return
    try:
        recipe = preparing.make_recipe(steps)
        tried = preparing.preview(here, dataset.id, recipe)
    except UserError as error:
        show_error(error)
        tried = None
    for number, step in enumerate(steps):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"step-{number}"):
            label = preparing.make_recipe([step]).steps[0].label
            what = f"  \n:gray[{tried.outcomes[number].in_words}]" if tried else ""
            st.markdown(f"**{number + 1}.** {text(label)}{what}")
            if st.button("Remove", key=f"step-remove-{number}", icon=":material/close:", type="tertiary"):
                del steps[number]
                st.rerun()
    if tried is None:
        return
    st.caption(f"Tried on the first {count(tried.n_rows, 'train row')}.")
    if st.button("Apply: make the new dataset", type="primary", icon=":material/check:", key="recipe-apply"):
        made = preparing.start_preparing(here, dataset.id, recipe)
        steps.clear()
        selection.choose("dataset", made)
        st.rerun()
    shown = st.segmented_control("Rows", ["After", "Before"], default="After", required=True, key="recipe-rows")
    frame: pd.DataFrame = tried.after if shown == "After" else tried.before
    st.dataframe(frame, hide_index=True, height=320, key="recipe-preview", alt=f"First rows, {shown.lower()} the steps")
