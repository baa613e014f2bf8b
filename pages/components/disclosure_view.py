"""Disclosure: identifiability and attribute disclosure, with the measures of official statistics per column."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.records import MetricResult, Report, Scope, Status
from pages.components.tiles import tiles
from pages.components.words import short, text

MEASURES = {
    "Dorig": "Real rows whose key settles the column among the real rows: what could be disclosed at most.",
    "DiSCO": "Train rows whose key has one value of the column among the synthetic rows, and it is theirs.",
    "DiSCO of control rows": "The same for rows that were never seen: what the table says about people in general.",
    "repU": "Train rows whose key is unique among the real and among the synthetic rows.",
    "CAP": "Mean share of the synthetic rows with a train row's key that have its value.",
    "CAP of control rows": "The same for control rows.",
    "TCAP": "CAP where one value has nine tenths of the synthetic rows of a key.",
}


def show_disclosure(report: Report, results: Sequence[MetricResult]) -> None:
    """Tiles, then a row per column that was looked up."""
    tiles(results, key="disclosure")
    found = [
        one
        for one in report.results
        if one.metric == "attribute_disclosure" and one.scope is Scope.SECRET and one.status is Status.MEASURED
    ]
    if not found:
        return
    keys = found[0].subject[1:]
    with st.container(border=True, key="disclosure-card"):
        st.markdown("**What a look-up tells** :gray[disclosure risk in the plain sense, per column; shares of rows]")
        st.caption(f"Looked up by {text(', '.join(short(one, 40) for one in keys))}.")
        st.dataframe(
            disclosure_table(found),
            hide_index=True,
            key="disclosure-table",
            height="content",
            column_config={
                name: st.column_config.NumberColumn(format="percent", help=words) for name, words in MEASURES.items()
            }
            | {name: st.column_config.NumberColumn(format="percent") for name in ("Risk", "Low", "High")},
            alt="Attribute disclosure of every column with the measures of official statistics",
        )
        st.caption(
            "Source: Raab, Nowok and Dibben (arXiv 2406.16826, 2409.04257). Lower is better; compare with control."
        )


def disclosure_table(found: Sequence[MetricResult]) -> pd.DataFrame:
    """A row per column, the largest residual risk first."""
    ranked = sorted(found, key=lambda one: -one.value)
    return pd.DataFrame(
        {
            "Column": [short(one.subject[0], 60) for one in ranked],
            "Risk": [one.value for one in ranked],
            "Low": [one.low for one in ranked],
            "High": [one.high for one in ranked],
            **{name: [one.anchors.get(name) for one in ranked] for name in MEASURES},
        }
    )
