"""Charts on a page: the look of this visitor, a key, words for those who cannot see them, nothing sent anywhere."""

from __future__ import annotations

import streamlit as st

from core.figures.options import Option
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


def colours() -> Palette:
    """The palette that fits the visitor's light or dark page."""
    return palette(getattr(st.context.theme, "type", None))


def show(figure: Figure, *, key: str, alt: str) -> None:
    """Draw a chart.

    Parameters
    ----------
    figure : Figure
    key : str
        Unique on the page, made of positions and never of names of the table.
    alt : str
        What the chart shows, as a sentence, for screen readers.
    """
    st.plotly_chart(figure, key=key, alt=alt[:1000], config=CONFIG, theme="streamlit")


def show_option(option: Option, *, key: str, alt: str, height: int) -> None:
    """Draw a small chart that changes in place.

    Parameters
    ----------
    option : Option
    key : str
        Unique on the page, made of positions and never of names of the table.
    alt : str
        What the chart shows, as a sentence, for screen readers.
    height : int
        Pixels.
    """
    st.echarts_chart(option, key=key, alt=alt[:1000], height=height)
