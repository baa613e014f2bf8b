"""Row forensics: the synthetic rows nearest to one train row, beside what they resemble, and samples without them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.figures.glossary import entry
from core.near_copies import Forensics, NearCopy
from core.records import MetricResult, Report
from core.workbench import forensics, judging
from core.workbench.judging import EvaluationView
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import show_error
from pages.components.words import count, name, percent, short, thousands

MEMORISED = 0.34
BEFORE_AND_AFTER = (
    "exact_copies", "memorised_share", "nndr_p05_train", "membership_auc", "singling_out_multivariate", "inference",
    "attribute_disclosure", "column_shapes", "pair_trends", "tstr_auc", "tstr_r2",
)  # fmt: skip
SHOWN = 60
_SEEN = "rows-seen"


def show_rows(here: Session, view: EvaluationView) -> None:
    """The low tail as a table; the chosen row beside its neighbours; the threshold that holds rows back."""
    found = forensics.near_copies(here, view.id)
    if found is None or not found.near_copies:
        st.info("The rows are listed when the distances have been judged.", icon=":material/info:")
        return
    st.subheader("Rows that stand out", anchor=False)
    st.caption(
        "Synthetic rows whose nearest train row is much nearer than the second nearest: near to one person and to "
        "nobody else. Choose a row to see it beside the real ones. Looking at real rows is noted in the audit."
    )
    chosen = _tail(found, view.id)
    if chosen is not None:
        _beside(here, view.id, chosen)
    _hold_back(here, view, found)


def _tail(found: Forensics, evaluation_id: str) -> NearCopy | None:
    listed = found.near_copies[:SHOWN]
    event = st.dataframe(
        tail_table(listed),
        hide_index=True,
        key=f"tail-{evaluation_id}",
        height=320,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            column: st.column_config.NumberColumn(format="%.3g")
            for column in ("Ratio", "To train", "To second train", "To control")
        },
        alt="Synthetic rows by how far one train row stands out as their origin",
    )
    rows = event.selection.rows if event else []
    return listed[rows[0]] if rows else listed[0]


def tail_table(listed: tuple[NearCopy, ...]) -> pd.DataFrame:
    """A row per near_copy."""
    return pd.DataFrame(
        {
            "Synthetic row": [one.synthetic + 1 for one in listed],
            "Ratio": [one.ratio for one in listed],
            "To train": [one.distance for one in listed],
            "To second train": [one.second_distance for one in listed],
            "To control": [one.control_distance for one in listed],
            "Equal columns": [len(one.equal) for one in listed],
            "What it is": [kind_of(one) for one in listed],
        }
    )


def kind_of(near_copy: NearCopy) -> str:
    """A near copy in a few words."""
    if near_copy.distance == 0:
        alone = near_copy.control_distance is None or near_copy.control_distance > 0
        return "copy of a train row" if alone else "equals a train and a control row"
    if near_copy.control_distance is not None and near_copy.control_distance <= near_copy.distance:
        return "a control row is as near: chance"
    return "nearest to one train row"


def _beside(here: Session, evaluation_id: str, near_copy: NearCopy) -> None:
    rows = _rows(here, evaluation_id, near_copy)
    if rows is None:
        return
    with st.container(border=True, key="beside-card"):
        st.markdown(
            f"**Synthetic row {thousands(near_copy.synthetic + 1)}** :gray[beside the real rows nearest to it; marked "
            "cells equal those of the synthetic row]"
        )
        st.dataframe(
            marked(rows),
            key=f"beside-{evaluation_id}",
            height="content",
            alt="The synthetic row, its nearest and second nearest train rows and its nearest control row",
        )
        second = "" if near_copy.second_distance is None else f", to the second {near_copy.second_distance:.2g}"
        control = near_copy.control_distance
        control = "" if control is None else f", to the nearest control row {control:.2g}"
        st.caption(
            f"Distance to the nearest train row {near_copy.distance:.2g}{second}{control}, 0 to 1; equal in "
            f"{count(len(near_copy.equal), 'column')} of {len(rows.columns)}."
        )


def _rows(here: Session, evaluation_id: str, near_copy: NearCopy) -> pd.DataFrame | None:
    """Read once per choice, so that the audit tells looks and not redraws."""
    mark = (evaluation_id, near_copy.synthetic)
    kept = st.session_state.get(_SEEN)
    if kept is None or kept[0] != mark:
        try:
            kept = (mark, forensics.side_by_side(here, evaluation_id, near_copy))
        except UserError as error:
            show_error(error)
            return None
        st.session_state[_SEEN] = kept
    return kept[1]


def marked(rows: pd.DataFrame) -> object:
    """The rows with a column per column of the table; cells equal to the synthetic row's are marked."""
    shown = rows.copy()
    shown.columns = _distinct([short(column, 40) for column in rows.columns])
    first = shown.iloc[0]

    def mark(row: pd.Series) -> list[str]:
        if row.name == forensics.LABELS[0]:
            return ["font-weight: 600"] * len(row)
        equal = row == first
        return ["background-color: rgba(213, 94, 0, .28)" if one else "" for one in equal]

    return shown.style.apply(mark, axis=1)


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for one in names:
        seen[one] = seen.get(one, 0) + 1
        out.append(one if seen[one] == 1 else f"{one} ({seen[one]})")
    return out


def _hold_back(here: Session, view: EvaluationView, found: Forensics) -> None:
    with st.container(border=True, key="quarantine-card"):
        st.markdown("**Hold rows back** :gray[a new sample without them, judged again by the same plan]")
        ratio = st.slider(
            "Ratio below which a row is held back",
            0.0,
            1.0,
            MEMORISED,
            0.02,
            key="quarantine-ratio",
            help="Nearest / second nearest distance to train rows. One third is the literature's line for memorised "
            "rows. Exact copies are held back at any threshold.",
        )
        n_held = found.held_below(ratio)
        st.caption(
            f"{count(n_held, 'row')} of {thousands(found.n_searched)} ({percent(n_held / max(1, found.n_searched))}) "
            "would be held back. This is no protection by itself: a gap where rows were taken out points at train "
            "rows, and rows beyond the threshold can give people away as well. Judge what is left."
        )
        if st.button(
            "Hold back and judge again",
            icon=":material/filter_alt_off:",
            key="quarantine-start",
            disabled=n_held == 0 or n_held >= found.n_searched,
        ):
            try:
                held_id, _ = forensics.start_quarantine(here, view.sample_id, ratio=ratio, judge_as=view.id)
            except UserError as error:
                show_error(error)
                return
            selection.choose("sample", held_id)
            st.rerun()


def show_lineage(here: Session, sample_id: str, report: Report | None) -> None:
    """Where this sample comes from, with its numbers beside its parent's; nothing for a sample that was drawn."""
    made = forensics.lineage(here, sample_id)
    if made is None:
        return
    held = "Rows" if made.n_held_back is None else count(made.n_held_back, "row")
    with st.container(border=True, key="lineage-card"):
        st.markdown(
            f"**Made from another sample** :gray[{held} held back from] {name(made.parent_id)} :gray[whose nearest "
            f"train row stood out below {made.ratio:.2f}]"
        )
        before = _latest_report(here, made.parent_id)
        if report is not None and before is not None:
            st.dataframe(
                before_and_after(before, report),
                hide_index=True,
                key="before-after",
                height="content",
                column_config={
                    column: st.column_config.NumberColumn(format="%.4f") for column in ("Before", "After", "Change")
                },
                alt="Risk and usefulness before and after holding rows back",
            )
        if st.button(
            "Back to the sample it was made from", icon=":material/undo:", key="lineage-back", type="tertiary"
        ):
            selection.choose("sample", made.parent_id)
            st.rerun()


def _latest_report(here: Session, sample_id: str) -> Report | None:
    return next(
        (one.report for one in judging.evaluations(here, sample_id) if one.report and "privacy" in one.parts), None
    )


def before_and_after(before: Report, after: Report) -> pd.DataFrame:
    """The numbers of both that were measured, risk first."""
    pairs: list[tuple[MetricResult, MetricResult]] = [
        (old, new)
        for metric in BEFORE_AND_AFTER
        if (old := before.find(metric)) is not None
        and (new := after.find(metric)) is not None
        and old.value is not None
        and new.value is not None
    ]
    return pd.DataFrame(
        {
            "Number": [entry(old.metric).label for old, _ in pairs],
            "Before": [old.value for old, _ in pairs],
            "After": [new.value for _, new in pairs],
            "Change": [new.value - old.value for old, new in pairs],
            "Direction": [str(new.direction) for _, new in pairs],
            "After, 95 %": [
                "" if new.low is None or new.high is None else f"{new.low:.3f} to {new.high:.3f}" for _, new in pairs
            ],
        }
    )
