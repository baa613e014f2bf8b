"""The sample beside real data and simple models, as reports of this field show it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures.glossary import entry
from core.records import Report
from core.workbench import judging
from pages.components.words import short

METRICS = ("column_shapes", "pair_trends", "detection_auc", "tstr_auc", "tstr_r2", "memorised_share")
ARROWS = {"detection_auc": "↓", "memorised_share": "↓"}


def show_benchmark(reports: Sequence[Report], sample: str) -> None:
    """One row per table, one column per metric; nothing is measured again."""
    frame = benchmark_frame(reports, sample)
    st.markdown("**How the sample compares** :gray[the same metrics on tables made from the same train rows]")
    st.dataframe(
        frame,
        hide_index=True,
        key="benchmark",
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in frame.columns if name != "Table"},
        alt="Metrics of the sample beside real data, a Gaussian copula and independent columns",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as CSV",
            data=lambda: frame.to_csv(index=False).encode(),
            file_name="compared.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="benchmark-csv",
        )
        privacy = "" if entry("memorised_share").label in " ".join(frame.columns) else (
            " Attack this sample on the Privacy page to see the memorised share beside them."
        )  # fmt: skip
        st.caption(
            "Real data: control rows, and for the prediction a model trained on train rows. Independent columns keep "
            "every column and lose all relations; a Gaussian copula keeps linear relations of ranks. Detection and "
            f"memorised share: lower is better; 0.5 and 0 are chance.{privacy}"
        )


def benchmark_frame(reports: Sequence[Report], sample: str) -> pd.DataFrame:
    """The table as numbers."""
    rows = judging.benchmark_rows(reports, sample)
    metrics = [metric for metric in METRICS if any(metric in row.values for row in rows)]
    return pd.DataFrame(
        {"Table": [short(row.name, 80) for row in rows]}
        | {
            f"{entry(metric).label} {ARROWS.get(metric, '↑')}": [row.values.get(metric) for row in rows]
            for metric in metrics
        }
    )
