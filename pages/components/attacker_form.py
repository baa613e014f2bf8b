"""What the attacker is taken to know and to want: suggested, and the analyst's to choose."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.schema import Schema
from core.workbench.attacker import Attacker, suggest_attacker
from core.workbench.judging import MAX_SHADOWS
from pages.components.words import count, labelled


def attacker_form(schema: Schema, *, key: str) -> dict[str, Any]:
    """Known columns and secrets; the settings for `judging.start_evaluation`."""
    names = [column.name for column in schema.modelled]
    shown = labelled(names)
    suggested = suggest_attacker(schema).known
    with st.expander("What the attacker knows and wants", icon=":material/psychology:"):
        st.caption(
            "Inference and attribute disclosure are tried for several amounts of knowledge: the columns that tell "
            "most, the ones you choose here, and all others."
        )
        known = st.multiselect(
            "Columns that somebody may know of a person",
            names,
            default=list(suggested[0]) if suggested else [],
            format_func=shown.__getitem__,
            key=f"{key}-known",
            help="Suggested are columns whose name or content says that others know them: age, place, occupation. "
            "Choose what a neighbour, an employer or another table could know.",
        )
        secrets = st.multiselect(
            "Columns that he wants to learn",
            names,
            format_func=shown.__getitem__,
            key=f"{key}-secrets",
            placeholder="Every column that varies",
            help="Left empty, every column that varies is tried, the target first.",
        )
        shadows = st.number_input(
            "Shadow models",
            0,
            MAX_SHADOWS,
            0,
            key=f"{key}-shadows",
            help="Generators that the attacker trains himself, with the settings of this run, on control rows, to "
            "learn what a leak looks like. Each is trained on about a sixth of the control rows for as many epochs as "
            "the run. 0 leaves this attack out; 4 to 16 are usual.",
        )
        wanted = f"{count(len(secrets), 'secret')}" if secrets else "every column that varies"
        st.caption(f"{count(len(known), 'known column')} chosen; wanted: {wanted}.")
    attacker = Attacker(known=(tuple(known),) if known else (), secrets=tuple(secrets))
    return {"attacker": attacker, "shadows": int(shadows)}
