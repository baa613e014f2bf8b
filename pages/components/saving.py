"""Taking a chart along: as PNG, as SVG, and the numbers behind it as CSV; each is made when it is asked for."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

Picture = Callable[[], Any]
"""Makes the still picture; imports what draws it only then, since matplotlib takes a while."""

FORMATS = {"png": "image/png", "svg": "image/svg+xml"}


def save_menu(name: str, *, key: str, picture: Picture, numbers: Callable[[], pd.DataFrame]) -> None:
    """A quiet button that opens the ways to save a chart.

    Parameters
    ----------
    name : str
        What the chart shows; becomes the file's name.
    key : str
        Unique on the page.
    picture : callable
        Gives a matplotlib figure.
    numbers : callable
        Gives the numbers behind the chart.
    """
    with st.popover("Save", icon=":material/save:", type="tertiary"):
        save_buttons(name, key=key, picture=picture, numbers=numbers)


def save_buttons(name: str, *, key: str, picture: Picture, numbers: Callable[[], pd.DataFrame]) -> None:
    """The three buttons alone, for a place that is already a menu."""
    stem = slug(name)
    with st.container(horizontal=True, gap="small"):
        for kind, mime in FORMATS.items():
            st.download_button(
                kind.upper(),
                data=lambda kind=kind: _drawn(picture, kind),
                file_name=f"{stem}.{kind}",
                mime=mime,
                on_click="ignore",
                icon=":material/image:",
                key=f"{key}-{kind}",
            )
        st.download_button(
            "CSV",
            data=lambda: numbers().to_csv(index=False).encode(),
            file_name=f"{stem}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/table:",
            key=f"{key}-csv",
        )


def _drawn(picture: Picture, kind: str) -> bytes:
    from core.figures.static import save_figure

    target = io.BytesIO()
    save_figure(picture(), target, kind=kind)
    return target.getvalue()


def slug(name: str) -> str:
    """A file name from any text: small letters, digits and hyphens.

    >>> slug("Hours / week <b>")
    'hours-week-b'
    """
    return re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")[:60] or "chart"
