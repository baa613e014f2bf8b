"""Where the real table gives persons away: groups that share what an outsider may know, and how to make them larger."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.errors import DoppelError
from core.figures.exploring import group_sizes_figure
from core.workbench import anonymising
from core.workbench.sessions import Session
from pages.components import charts, selection
from pages.components.frame import show_error
from pages.components.progress import finished
from pages.components.words import count, labelled, percent, short, text

HOW = {"frequent": "most frequent levels kept", "drop": "taken out", "band": "bands of", "prefix": "signs kept"}


def show_anonymity(here: Session, dataset: Dataset) -> None:
    """Choose quasi-identifiers, see the groups they make, and make the groups larger."""
    st.markdown(
        "Quasi-identifiers are columns that an outsider may know of a person. Rows that share all of them form a "
        "group, and the smaller it is, the more it says about its members. This locates risk in the **real** table; "
        "groups of synthetic rows are not people."
    )
    names = [column.name for column in dataset.schema.modelled]
    if not names:
        st.info("No column of this table is modelled.", icon=":material/info:")
        return
    shown = labelled(names)
    left, right = st.columns([3, 2])
    chosen = left.multiselect(
        "Quasi-identifiers",
        names,
        default=[name for name in anonymising.suggested(here, dataset.id) if name in names],
        format_func=shown.get,
        key=f"quasi-{dataset.id}",
        help="Suggested by name and by kind of personal data; correct them.",
    )
    secret = right.selectbox(
        "Sensitive column",
        [None, *(name for name in names if name not in chosen)],
        format_func=lambda one: "None" if one is None else shown[one],
        key=f"sensitive-{dataset.id}",
        help="What should stay unknown to an outsider: shows l-diversity and t-closeness.",
    )
    if not chosen:
        st.info("Choose at least one quasi-identifier.", icon=":material/info:")
        return
    view = _measured(here, dataset, tuple(chosen), secret)
    if view.job is not None and not finished(view.job, label="Counting groups", key="anonymity"):
        return
    _facts(view.found)
    _sizes(view.found)
    _coarser(here, dataset, chosen)


def _measured(here: Session, dataset: Dataset, names: tuple[str, ...], secret: str | None):
    """Measured once for each choice; a job is looked at every time."""
    key = ("anonymity", dataset.id, names, secret)
    kept = st.session_state.setdefault("anonymity-kept", {})
    if key not in kept:
        view = anonymising.anonymity(here, dataset.id, names, secret)
        if view.found is None:
            return view
        kept[key] = view
    return kept[key]


def _facts(found) -> None:
    with st.container(key="anonymity-facts"):
        columns = st.columns(4)
        columns[0].metric("Smallest group (k)", f"{found.k:,}", help="Every row shares its values with k - 1 others.")
        columns[1].metric(
            "Unique rows", f"{found.n_unique:,}", percent(found.unique_share), delta_color="off", delta_arrow="off",
            help="Rows that nobody shares all quasi-identifiers with.",
        )  # fmt: skip
        columns[2].metric("Groups", f"{found.n_groups:,}")
        if found.sensitive is not None:
            columns[3].metric(
                "Known for sure",
                f"{found.n_homogeneous:,}",
                help="Rows of groups in which all share one sensitive value: whoever knows the group knows it.",
            )
    if found.sensitive is not None:
        st.caption(
            f"l-diversity {found.l_diversity}: the fewest values of {text(short(found.sensitive, 50))} in "
            f"a group, higher is better. t-closeness {found.t_closeness:.2f} (0 to 1): the largest distance "
            "between a group and the whole table, lower is better."
        )


def _sizes(found) -> None:
    lows = sorted(found.rows_by_size)
    names = [str(low) if high - low == 1 else f"{low} to {high - 1}" for low, high in pairwise(lows)]
    names.append(f"{lows[-1]} and more")
    rows = dict(zip(names, (found.rows_by_size[low] for low in lows), strict=True))
    with st.container(border=True, key="group-sizes"):
        figure = group_sizes_figure(rows, found.n_rows, colours=charts.colours())
        alt = f"{found.n_unique:,} of {found.n_rows:,} rows are unique; the smallest group has {count(found.k, 'row')}."
        charts.show(figure, key="group-sizes-picture", alt=alt)
        st.caption(alt)


def _coarser(here: Session, dataset: Dataset, chosen: list[str]) -> None:
    st.subheader("Make groups larger", anchor=False)
    st.caption(
        "Values are made coarser, one step at a time, until every group of train rows has at least k. Each step hides "
        "most rows per information lost. It makes a new dataset by a recipe."
    )
    left, middle, right = st.columns([1, 1, 1], vertical_alignment="bottom")
    k = int(left.number_input("k", 2, max(2, dataset.n_train), min(5, max(2, dataset.n_train)), key="wanted-k"))
    share = middle.slider(
        "Rows that may be left out", 0.0, 10.0, 1.0, step=0.5, format="%.1f %%", key="suppress",
        help="A few rows that stand out would make all others coarser.",
    )  # fmt: skip
    if right.button("Look for the steps", icon=":material/search:", key="coarsen"):
        try:
            anonymising.start_coarsening(here, dataset.id, chosen, k, suppress_share=share / 100)
        except DoppelError as error:
            show_error(error)
            return
        st.rerun()
    view = anonymising.coarsening(here, dataset.id)
    if view is None or not finished(view.job, label="Making values coarser", key="coarsening"):
        return
    if not view.steps:
        st.info(f"Nothing has to be coarser for groups of {view.k}.", icon=":material/check_circle:")
        if not view.n_left_out:
            return
    else:
        st.dataframe(
            _steps_table(view.steps),
            hide_index=True,
            key="coarsening-steps",
            column_config={
                "Information kept": st.column_config.ProgressColumn(
                    min_value=0,
                    max_value=100,
                    format="%.0f %%",
                    help="Share of entropy that is left, mean over columns.",
                )
            },
            alt="Steps that make values coarser, with k, unique rows and information kept after each",
        )
    st.caption(
        f"For groups of {view.k} of {text(', '.join(short(name, 40) for name in view.quasi_identifiers))} in "
        f"{view.n_rows:,} train rows; {count(view.n_left_out, 'row')} in smaller groups would be left out."
    )
    if st.button("Make this dataset", type="primary", icon=":material/check:", key="coarsening-apply"):
        selection.choose("dataset", anonymising.apply_coarsening(here, dataset.id, view))
        st.rerun()


def _steps_table(steps) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Column": [short(step.column, 100) for step in steps],
            "Becomes": [_becomes(step) for step in steps],
            "Smallest group": [step.k for step in steps],
            "Unique rows": [step.n_unique for step in steps],
            "Information kept": [100 * step.information_kept for step in steps],
        }
    )


def _becomes(step) -> str:
    """A coarsening in words: `bands of 10`, `month`, `5 most frequent levels kept`."""
    if step.how == "band":
        return f"bands of {step.amount:g}"
    if step.how in ("prefix", "frequent"):
        return f"{step.amount:g} {HOW[step.how]}"
    return HOW.get(step.how, step.how)
