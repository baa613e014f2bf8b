"""What is wrong: columns that take most from the scores, and the rows that a detector finds least real."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.pictures import SuspectRows
from core.records import Report
from core.workbench import judging
from pages.components.words import count, percent, short

POINTS = 100


def show_wrong(report: Report) -> None:
    """The ranking of columns, then the suspicious rows."""
    ranking = judging.what_lowers(report)
    if ranking:
        st.markdown(
            "**Which columns lower the scores** :gray[hundredths of a score lost beyond what fresh real rows lose]"
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "Column": [short(one.column, 100) for one in ranking],
                    "Lost in all": [one.total * POINTS for one in ranking],
                    "Column shapes": [one.shapes * POINTS for one in ranking],
                    "Pair trends": [one.trends * POINTS for one in ranking],
                    "Worst with": [short(one.worst_pair, 60) or "–" for one in ranking],
                    "Gives rows away": [one.detection for one in ranking],
                }
            ),
            hide_index=True,
            key="lowering",
            height=420 if len(ranking) > 11 else "content",
            column_config={
                "Lost in all": st.column_config.ProgressColumn(
                    min_value=0,
                    max_value=max(ranking[0].total * POINTS, 1e-9),
                    format="%.2f",
                    help="Of column shapes and pair trends together. 1.00 means .010 of a score.",
                ),
                "Column shapes": st.column_config.NumberColumn(format="%.2f"),
                "Pair trends": st.column_config.NumberColumn(
                    format="%.2f", help="Half of what each pair loses counts for either of its columns."
                ),
                "Gives rows away": st.column_config.NumberColumn(
                    format="%.3f", help="AUC that a detector loses when the column is scrambled: higher is worse."
                ),
            },
            alt="Columns by how much they lower column shapes and pair trends",
        )
    if report.suspects:
        _suspects(report.suspects[0])
    elif not ranking:
        st.info("Nothing was measured by which columns or rows could be ranked.", icon=":material/info:")


def _suspects(found: SuspectRows) -> None:
    st.markdown(
        "**Which rows look least real** :gray[a detector that did not learn from them is surest that they are "
        "synthetic]"
    )
    frame = suspect_frame(found)
    st.dataframe(
        frame,
        hide_index=True,
        key="suspects",
        height=420 if len(frame) > 11 else "content",
        column_config={
            "Synthetic, says the detector": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f"),
            "Given away by": st.column_config.TextColumn(width="large"),
        },
        alt="The least real synthetic rows with the values that give them away",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download these rows as CSV",
            data=lambda: frame.to_csv(index=False).encode(),
            file_name="least-real-rows.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="suspects-csv",
        )
        st.caption(
            f"Among {count(found.n_scored, 'synthetic row')}. The median real row gets {percent(found.typical, 0)}. "
            "A value gives a row away when replacing it by those of real rows makes the detector less sure; where none "
            "alone does, it is how the values go together."
        )


def suspect_frame(found: SuspectRows) -> pd.DataFrame:
    """A row per suspect: place in the sample, score, reasons, then its values."""
    values = dict(enumerate(found.columns))
    head = {
        "Row": [one.place + 1 for one in found.rows],
        "Synthetic, says the detector": [one.score for one in found.rows],
        "Given away by": [
            "; ".join(
                f"{short(name, 40)} = {short(one.values[found.columns.index(name)], 30)}" for name, _ in one.reasons
            )
            or "values that are normal alone, not together"
            for one in found.rows
        ],
    }
    names = _distinct(values.values(), head)
    cells = {names[place]: [short(one.values[place], 60) for one in found.rows] for place in range(len(found.columns))}
    return pd.DataFrame(head | cells)


def _distinct(columns, taken) -> list[str]:
    """Column names as they are, numbered where one is a head of this table."""
    seen, out = set(taken), []
    for name in columns:
        shown = short(name, 60)
        while shown in seen:
            shown += " "
        seen.add(shown)
        out.append(shown)
    return out
