"""Pairs of columns: three heatmaps on one scale, and the pairs that moved most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.figures.correlations import as_matrix, correlation_figures, describe_correlations
from core.records import CorrelationPicture, Report
from pages.components import charts
from pages.components.words import short, text

MOST = 50


def show_pairs(report: Report) -> None:
    """Every correlation picture of a report."""
    for place, picture in enumerate(report.correlations):
        _heatmaps(picture, place)
        with st.expander("Pairs that moved most", icon=":material/table:"):
            st.dataframe(
                moved_most(picture),
                hide_index=True,
                key=f"moved-{place}",
                column_config={
                    column: st.column_config.NumberColumn(format="%.2f")
                    for column in ("Real", "Synthetic", "Difference")
                },
                alt="Pairs of columns with the largest difference of association",
            )


def _heatmaps(picture: CorrelationPicture, place: int) -> None:
    height = min(max(190 + 15 * len(picture.columns), 340), 620)
    figures = correlation_figures(picture, colours=charts.colours(), height=height)
    words = (
        ("Real", "the train rows", figures.real),
        ("Synthetic", "the rows drawn", figures.synthetic),
        ("Difference", "synthetic minus real", figures.difference),
    )
    with st.container(border=True, key=f"pairs-card-{place}"):
        for column, (title, what, figure) in zip(st.columns(3), words, strict=True):
            with column:
                st.markdown(f"**{title}** :gray[{what}]")
                alt = f"{title}: {describe_correlations(picture)}"
                charts.show(figure, key=f"pairs-{place}-{title.lower()}", alt=alt)
        st.caption(
            f"{text(picture.kind)}. One colour scale from −1 to 1; differences near 0 are better. "
            f"{text(describe_correlations(picture))}"
        )


def moved_most(picture: CorrelationPicture) -> pd.DataFrame:
    """The pairs with the largest absolute difference, at most `MOST`."""
    real, synthetic = as_matrix(picture.real), as_matrix(picture.synthetic)
    rows, columns = np.triu_indices(len(picture.columns), 1)
    difference = (synthetic - real)[rows, columns]
    order = np.argsort(-np.abs(np.nan_to_num(difference)), kind="stable")[:MOST]
    return pd.DataFrame(
        {
            "Column": [short(picture.columns[rows[one]], 100) for one in order],
            "With": [short(picture.columns[columns[one]], 100) for one in order],
            "Real": real[rows, columns][order],
            "Synthetic": synthetic[rows, columns][order],
            "Difference": difference[order],
        }
    )
