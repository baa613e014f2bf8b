"""Every number of a report as one table that can be searched and taken along."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures.glossary import entry
from core.records import MetricResult, Report, Status, Verdict
from pages.components.words import count, short

NUMBERS = {name: st.column_config.NumberColumn(format="%.4f") for name in ("Value", "Low", "High")}


def show_numbers(report: Report, *, key: str) -> None:
    """All results, measured or not."""
    wanted = st.text_input(
        "Filter", key=f"{key}-numbers-filter", placeholder="Metric or column…", icon=":material/search:",
        label_visibility="collapsed",
    )  # fmt: skip
    results = [
        result
        for result in report.results
        if not wanted or wanted.lower() in f"{entry(result.metric).label} {' '.join(result.subject)}".lower()
    ]
    st.dataframe(
        numbers_table(results),
        hide_index=True,
        key=f"{key}-numbers",
        height=520 if len(results) > 14 else "content",
        column_config=NUMBERS,
        alt="Every number of the evaluation with its interval, direction and verdict",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as CSV",
            data=lambda: report.frame().to_csv(index=False).encode(),
            file_name="numbers.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            key=f"{key}-numbers-csv",
        )
        st.caption(f"{count(len(results), 'number')}. Intervals are of 95 %.")


def numbers_table(results: Sequence[MetricResult]) -> pd.DataFrame:
    """A row per result, in words."""
    return pd.DataFrame(
        {
            "Metric": [entry(result.metric).label for result in results],
            "Of": [", ".join(short(one, 60) for one in result.subject) or "the table" for result in results],
            "Value": [result.value for result in results],
            "Low": [result.low for result in results],
            "High": [result.high for result in results],
            "Direction": [str(result.direction) if result.status is Status.MEASURED else "–" for result in results],
            "Verdict": [
                str(result.verdict)
                if result.verdict is not Verdict.NOT_MEASURED
                else ("no rule" if result.status is Status.MEASURED else "not measured")
                for result in results
            ],
            "Unit": [result.unit for result in results],
            "Meaning": [result.explanation for result in results],
        }
    )
