"""Distances: cumulative curves to train and to control rows, with the numbers read from them."""

from __future__ import annotations

import streamlit as st

from core.figures.distances import describe_curve, distance_figure
from core.records import Report
from pages.components import charts
from pages.components.tiles import tiles

TITLES = {
    "dcr": ("Distance to the nearest row (DCR)", "how near is the nearest real row?"),
    "nndr": ("Nearest to second nearest (NNDR)", "does one real row stand out as the origin?"),
}
METRICS = ("dcr_share", "exact_copies", "nndr_p05_train", "nndr_p05_control")


def show_distances(report: Report) -> None:
    """Both curves beside one another, then the tiles of NNDR and copies."""
    if report.curves:
        st.subheader("Distances to real rows", anchor=False)
        for column, curve in zip(st.columns(2), report.curves, strict=False):
            title, question = TITLES.get(curve.name, (curve.name.upper(), ""))
            with column, st.container(border=True, height="stretch", key=f"curve-card-{curve.name}"):
                st.markdown(f"**{title}** :gray[{question}]")
                figure = distance_figure(curve, colours=charts.colours())
                charts.show(figure, key=f"curve-{curve.name}", alt=f"{title}: {describe_curve(curve)}")
        st.caption(
            "Where the solid line (to train rows) runs above the dashed one (to control rows), synthetic rows lie "
            "nearer to rows "
            "that the generator saw. The dotted line is how near real rows lie to one another."
        )
    found = [result for name in METRICS if (result := report.find(name)) is not None]
    if found:
        tiles(found, key="distance")
