"""Charts on a page: the look of this visitor, a key, words for those who cannot see them, nothing sent anywhere."""

from __future__ import annotations

import streamlit as st

from core.figures.theme import Figure, Palette, palette

CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": [
        "zoom2d",
        "pan2d",
        "select2d",
        "lasso2d",
        "zoomIn2d",
        "zoomOut2d",
        "autoScale2d",
        "resetScale2d",
    ],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}
STILL = {**CONFIG, "displayModeBar": False}


def colours() -> Palette:
    """The palette that fits the visitor's light or dark page."""
    return palette(getattr(st.context.theme, "type", None))


def show(figure: Figure, *, key: str, alt: str, still: bool = False) -> None:
    """Draw a chart.

    Parameters
    ----------
    figure : Figure
    key : str
        Unique on the page, made of positions and never of names of the table.
    alt : str
        What the chart shows, as a sentence, for screen readers.
    still : bool
        A small chart without a tool bar.
    """
    st.plotly_chart(figure, key=key, alt=alt[:1000], config=STILL if still else CONFIG, theme="streamlit")
