"""Distances: curves or histograms to train and to control rows, with the numbers read from them."""

from __future__ import annotations

import streamlit as st

from core.figures.distances import describe_curve, distance_option, histogram_option
from core.records import Report
from pages.components import charts
from pages.components.tiles import tiles

TITLES = {
    "dcr": ("Distance to the nearest row (DCR)", "how near is the nearest real row?"),
    "nndr": ("Nearest to second nearest (NNDR)", "does one real row stand out as the origin?"),
}
DRAWN = {"Curves": distance_option, "Histograms": histogram_option}
READING = {
    "Curves": "Where the solid line (to train rows) runs above the dashed one (to control rows), synthetic rows lie "
    "nearer to rows that the generator saw. The dotted line is how near real rows lie to one another.",
    "Histograms": "A heap at the left that only the filled shape has (to train rows) is a low tail of near copies: "
    "the rows behind it are under Rows. The dotted line is how near real rows lie to one another.",
}
METRICS = ("dcr_share", "exact_copies", "nndr_p05_train", "nndr_p05_control")


def show_distances(report: Report, *, details: bool = True) -> None:
    """Both curves beside one another, then the tiles of NNDR and copies, with or without their menus."""
    if report.curves:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Distances to real rows", anchor=False)
            drawn = st.segmented_control(
                "Drawn as",
                list(DRAWN),
                default="Curves",
                required=True,
                key="distance-drawn",
                label_visibility="collapsed",
            )
        for column, curve in zip(st.columns(2), report.curves, strict=False):
            title, question = TITLES.get(curve.name, (curve.name.upper(), ""))
            with column, st.container(border=True, height="stretch", key=f"curve-card-{curve.name}"):
                st.markdown(f"**{title}** :gray[{question}]")
                option = DRAWN[drawn](curve, colours=charts.colours())
                alt = f"{title}: {describe_curve(curve)}"
                charts.show_option(option, key=f"curve-{curve.name}", alt=alt, height=350)
        st.caption(READING[drawn])
    found = [result for name in METRICS if (result := report.find(name)) is not None]
    if found:
        tiles(found, key="distance", details=details)
