"""Constraints: those that hold in the train rows, accepted with a click, and those that drawn rows will keep."""

from __future__ import annotations

import streamlit as st

from core.constraints import Constraint, ConstraintKind
from core.dataset import Dataset
from core.errors import UserError
from core.workbench import constraining
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.progress import finished
from pages.components.words import count, labelled, text

HELP = {
    ConstraintKind.INEQUALITY: "The first column is never above the second.",
    ConstraintKind.RANGE: "The second column lies between the first and the third.",
    ConstraintKind.COMBINATIONS: "Only combinations that train rows have, such as a city and its country.",
    ConstraintKind.INCREMENTS: "Every value is a multiple of a whole number.",
    ConstraintKind.ONE_HOT: "Exactly one of the columns is 1.",
    ConstraintKind.SUM: "The first column is the sum of the others.",
}


def show_constraints(here: Session, dataset: Dataset) -> None:
    """Accepted constraints, suggestions, and a form for one's own."""
    st.markdown(
        "A constraint is a rule that every row keeps. Accepted constraints hold for every run that is started from now "
        "on: **every row it draws keeps them**, also under conditions."
    )
    taken = constraining.accepted(here, dataset.id)
    _accepted(here, dataset, taken)
    _inherited(here, dataset)
    _suggested(here, dataset, taken)
    _own(here, dataset)


def _accepted(here: Session, dataset: Dataset, taken: list[Constraint]) -> None:
    st.subheader("Accepted", anchor=False)
    if not taken:
        st.caption("No constraint is accepted yet.")
    for place, one in enumerate(taken):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"accepted-{place}"):
            st.markdown(f":green[:material/check_circle:] **{text(one.label)}** :gray[{one.kind}]")
            if st.button("Take out", key=f"withdraw-{place}", icon=":material/close:", type="tertiary"):
                constraining.withdraw(here, dataset.id, one)
                st.rerun()


def _inherited(here: Session, dataset: Dataset) -> None:
    """What the dataset took over from its parent, and what it could not."""
    came = constraining.inherited(here, dataset.id)
    if came.kept:
        st.caption(f"{count(len(came.kept), 'rule')} came from the dataset that this one was made from.")
    for one, reason in came.dropped:
        st.warning(f"**{text(one.label)}** was not taken over: {text(reason)}.", icon=":material/link_off:")


def _suggested(here: Session, dataset: Dataset, taken: list[Constraint]) -> None:
    st.subheader("Rules that hold in the train rows", anchor=False)
    view = constraining.suggestions(here, dataset.id)
    if view is None:
        st.caption("Columns are compared with each other in the train rows; it takes seconds.")
        if st.button("Look for rules", icon=":material/search:", type="primary", key="look-for-rules"):
            constraining.start_suggesting(here, dataset.id)
            st.rerun()
        return

    def again() -> None:
        constraining.start_suggesting(here, dataset.id)

    if not finished(view.job, label="Looking for rules", again=again, key="suggest"):
        return
    left = [one for one in view.found if one.constraint not in taken]
    if not left:
        st.caption("Nothing more was found." if view.found else "No rule was found that would not hold by chance.")
        return
    for place, one in enumerate(left):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"suggested-{place}"):
            checked = f" :gray[({text(one.checked)})]" if one.checked else ""
            kind = f":gray[{one.constraint.kind}]"
            st.markdown(f"**{text(one.constraint.label)}** {kind}  \n{text(one.evidence)}{checked}")
            if st.button("Accept", key=f"accept-{place}", icon=":material/add:"):
                _take(here, dataset, one.constraint)
    st.caption(f"{count(len(left), 'rule')}. What holds in these rows is not yet a law: accept what you know.")


def _own(here: Session, dataset: Dataset) -> None:
    """A form for a constraint of one's own."""
    with st.expander("Declare a rule of your own", icon=":material/edit:"):
        kind = ConstraintKind(
            st.selectbox("Kind", [str(one) for one in ConstraintKind], key="own-kind", format_func=str.capitalize)
        )
        st.caption(HELP[kind])
        names = [column.name for column in dataset.schema.modelled]
        shown = labelled(names)
        columns = st.multiselect("Columns, in this order", names, format_func=shown.get, key="own-columns")
        strict = increment = None
        if kind in (ConstraintKind.INEQUALITY, ConstraintKind.RANGE):
            strict = st.checkbox("They are never equal", key="own-strict")
        if kind is ConstraintKind.INCREMENTS:
            increment = int(st.number_input("Multiple of", 1, 10**9, 5, key="own-increment"))
        if st.button("Accept this rule", icon=":material/add:", key="own-accept", disabled=not columns):
            try:
                own = Constraint(kind=kind, columns=tuple(columns), strict=bool(strict), increment=increment)
            except UserError as error:
                show_error(error)
                return
            _take(here, dataset, own)


def _take(here: Session, dataset: Dataset, constraint: Constraint) -> None:
    try:
        constraining.accept(here, dataset.id, constraint)
    except UserError as error:
        show_error(error)
        return
    st.rerun()
