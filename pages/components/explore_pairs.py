"""How columns hang together: one heatmap per measure, the strongest pairs, and any pair as a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.figures.exploring import association_figure, describe_pair, pair_figure
from core.workbench import exploring
from core.workbench.sessions import Session
from pages.components import charts
from pages.components.progress import finished
from pages.components.words import labelled, name, short, text

MOST = 100
READING = {
    "Pearson": "How straight the line is that two numbers lie on: −1 falling, 0 none, 1 rising.",
    "Spearman": "The same of the ranks: 1 or −1 where one only rises or only falls with the other, however bent.",
    "Cramér's V": "How much two columns of levels say about each other, 0 nothing to 1 everything.",
    "correlation ratio": "How much of a number's spread lies between levels, 0 none to 1 all of it.",
    "mutual information": "How much any two columns say about each other beyond chance, 0 nothing to 1 all there is.",
}


def show_pairs(here: Session, dataset: Dataset) -> None:
    """Heatmap and table of one measure, and the chosen pair."""
    view = exploring.explore(here, dataset.id)
    if not finished(view.job, label="Exploring the table", key="explore"):
        return
    found = view.found.associations
    if found is None:
        st.info("Two modelled columns are needed for a pair.", icon=":material/info:")
        return
    usable = [str(one) for one in found.matrices if not np.isnan(_off_diagonal(found.matrices[one])).all()]
    if not usable:
        st.info("No pair of columns can be associated: none varies.", icon=":material/info:")
        return
    default = "mutual information" if "mutual information" in usable else usable[0]
    chosen = st.segmented_control(
        "Measure", usable, default=default, required=True, format_func=_title, key="explore-measure"
    )
    st.caption(READING[chosen])
    measure = next(one for one in found.matrices if str(one) == chosen)
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True, key="association-card"):
        _heatmap(found, measure, view.found.order)
    with right:
        picked = _strongest(found, measure)
    if found.n_rows < found.n_total:
        st.caption(f"Measured on an evenly spread sample of {found.n_rows:,} of the {found.n_total:,} rows.")
    _pair(here, dataset, found.names, picked)


def _title(measure: str) -> str:
    """A measure's name as a sentence begins with it."""
    return measure[:1].upper() + measure[1:]


def _off_diagonal(matrix: np.ndarray) -> np.ndarray:
    return matrix[~np.eye(len(matrix), dtype=bool)] if len(matrix) > 1 else np.full(1, np.nan)


def _heatmap(found, measure, order: tuple[str, ...]) -> None:
    matrix = found.matrices[measure]
    places = [found.names.index(one) for one in order]
    kept = [at for at in places if not np.isnan(np.delete(matrix[at], at)).all()]
    names = [found.names[at] for at in kept]
    signed = exploring.is_signed(measure)
    height = min(max(220 + 16 * len(names), 360), 640)
    figure = association_figure(
        names, matrix[np.ix_(kept, kept)], signed=signed, colours=charts.colours(), height=height
    )
    first = found.strongest(measure, 1)
    alt = f"{_title(measure)} of all pairs."
    if first:
        alt += f" The strongest: {short(first[0][0], 60)} with {short(first[0][1], 60)}, {first[0][2]:.2f}."
    charts.show(figure, key="associations", alt=alt)
    st.caption(f"Columns that hang together lie beside each other. {text(alt)}")


def _strongest(found, measure) -> tuple[str, str] | None:
    """The strongest pairs as a table; the one that is ticked, if any."""
    pairs = found.strongest(measure, MOST)
    ticked = st.dataframe(
        pd.DataFrame(
            {
                "Column": [short(one, 100) for one, _, _ in pairs],
                "With": [short(other, 100) for _, other, _ in pairs],
                "Strength": [value for _, _, value in pairs],
            }
        ),
        hide_index=True,
        height=480,
        key=f"strongest-{measure}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Column": st.column_config.TextColumn(width=115),
            "With": st.column_config.TextColumn(width=115),
            "Strength": st.column_config.NumberColumn(format="%.3f", width="small"),
        },
        alt="The strongest pairs; tick one to see it",
    )
    rows = ticked["selection"]["rows"] if ticked else []
    return pairs[rows[0]][:2] if rows and rows[0] < len(pairs) else (pairs[0][:2] if pairs else None)


def _pair(here: Session, dataset: Dataset, names: tuple[str, ...], picked: tuple[str, str] | None) -> None:
    st.subheader("A pair of columns", anchor=False)
    if picked and st.session_state.get("explore-picked") != picked:
        st.session_state["explore-picked"] = picked
        st.session_state["pair-x"], st.session_state["pair-y"] = picked
    shown = labelled(names)
    left, right = st.columns(2)
    x = left.selectbox("Column", names, format_func=shown.get, key="pair-x")
    y = right.selectbox("With", names, format_func=shown.get, key="pair-y")
    if x == y:
        st.info("Choose two different columns.", icon=":material/info:")
        return
    with st.container(border=True, key="pair-card"):
        picture = _picture(dataset.id, x, y, here)
        sentence = describe_pair(picture)
        charts.show(pair_figure(picture, colours=charts.colours()), key="pair-picture", alt=sentence)
        how = (
            "Whiskers from 5 to 95 %, box from 25 to 75 %, line at the median."
            if picture.boxes
            else "The stronger the colour, the more rows."
        )
        st.caption(f"{name(x)} and {name(y)} in all {picture.n_rows:,} rows that have both. {how} {text(sentence)}")


@st.cache_data(max_entries=64, show_spinner="Counting rows")
def _picture(dataset_id: str, x: str, y: str, _here: Session):
    return exploring.pair(_here, dataset_id, x, y)
