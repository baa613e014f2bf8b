"""The target mix: shares of the levels of a column, or of two crossed, set with sliders."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import UserError
from core.records import TargetMix
from core.schema import Schema
from core.workbench.mixing import MOST_CELLS, Cell, Prior, begin_shares, cells, mix_of
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.words import labelled, short

MOST_SLIDERS = 12
"""Levels that get a slider each; of more, a table is edited."""
NONE = "(none)"


def mix_editor(here: Session, dataset_id: str, schema: Schema) -> TargetMix | None:
    """Let the analyst choose shares of levels; None where the rows keep those of the data."""
    names = [column.name for column in schema.modelled if column.is_levels]
    if not names:
        return None
    with st.expander("Target mix", icon=":material/tune:"):
        st.markdown(
            ":gray[The rows above get the shares you choose, exactly; everything else in a row stays as the generator "
            "learned it beside its level. Such rows are not compared with the real table as a whole.]"
        )
        labels = labelled([NONE, *names], 50)
        first, second, start = st.columns([3, 3, 3])
        one = first.selectbox("Mix of", [NONE, *names], format_func=labels.get, key=f"mix-{dataset_id}-one")
        if one == NONE:
            return None
        rest = [NONE, *[name for name in names if name != one]]
        other = second.selectbox("Crossed with", rest, format_func=labels.get, key=f"mix-{dataset_id}-two")
        prior = start.selectbox("Begin with", list(Prior), key=f"mix-{dataset_id}-prior")
        columns = (one,) if other == NONE else (one, other)
        balance = st.slider(
            "Towards equal shares",
            0,
            100,
            0,
            format="%d %%",
            key=f"mix-{dataset_id}-balance",
            help="0 keeps the shares to begin with; 100 gives every level the same share.",
        )
        try:
            found = cells(here, dataset_id, columns)
            if len(found) < 2:
                st.caption("This column has one level only.")
                return None
            if len(found) == MOST_CELLS:
                st.caption(f"The {MOST_CELLS} commonest are told apart here; rarer ones get no rows.")
            begun = begin_shares(found, Prior(prior), balance / 100)
            key = f"mix-{dataset_id}-{names.index(one)}-{rest.index(other)}-{list(Prior).index(prior)}-{balance}"
            edit = _sliders if len(found) <= MOST_SLIDERS else _table
            return mix_of(columns, found, edit(found, begun, key))
        except UserError as error:
            show_error(error)
            return None


def _sliders(found: tuple[Cell, ...], begun: list[float], key: str) -> list[float]:
    """A slider for each level; what is asked is the share of their sum."""
    chosen = []
    places = st.columns(2, gap="medium")
    labels = labelled([one.label for one in found], 48)
    for number, (cell, share) in enumerate(zip(found, begun, strict=True)):
        value = places[number % 2].slider(
            _plain(labels[cell.label]), 0.0, 100.0, round(100 * share, 1), 0.1, format="%.1f %%", key=f"{key}-{number}"
        )
        places[number % 2].caption(f"{100 * cell.share:.2f} % in the train rows ({cell.n_train:,})")
        chosen.append(value)
    total = sum(chosen)
    if total > 0 and abs(total - 100) > 0.5:
        st.caption(f"The shares sum to {total:.1f} %; they are scaled to 100 %.")
    return chosen


def _plain(label: str) -> str:
    """A level as the label of a slider, without meaning as Markdown."""
    from pages.components.words import text

    return text(label) or " "


def _table(found: tuple[Cell, ...], begun: list[float], key: str) -> list[float]:
    edited = st.data_editor(
        pd.DataFrame(
            {
                "Of": [short(one.label, 120) for one in found],
                "Train rows": [one.n_train for one in found],
                "In the data": [100 * one.share for one in found],
                "Asked": [100 * share for share in begun],
            }
        ),
        key=f"{key}-table",
        hide_index=True,
        disabled=["Of", "Train rows", "In the data"],
        column_config={
            "In the data": st.column_config.NumberColumn(format="%.3f %%"),
            "Asked": st.column_config.NumberColumn(
                min_value=0.0, format="%.3f %%", help="Share of the rows; scaled so that all of them sum to 100 %."
            ),
        },
        alt="Levels with their shares in the train rows and those asked for",
    )
    return [float(one) if one == one else 0.0 for one in edited["Asked"]]
