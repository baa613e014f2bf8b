"""Doppel: router and frame. `streamlit run app.py` starts the workbench."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.frame import boundary, check_python

ASSETS = Path(__file__).resolve().parent / "assets"


def main() -> None:
    """Set the page up, show the sidebar, run the chosen page inside the error boundary."""
    st.set_page_config(page_title="Doppel", page_icon=str(ASSETS / "icon.svg"), layout="wide")
    complaint = check_python()
    if complaint:
        st.error(complaint, icon=":material/error:")
        st.stop()
    from pages.components import router, selection
    from pages.components.sidebar import sidebar

    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
    st.html(ASSETS / "style.css")
    page = router.navigation()
    inside = router.framed.set(True)
    try:
        with boundary():
            selection.restore()
            sidebar()
            page.run()
    finally:
        router.framed.reset(inside)


main()
