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
    from pages.components import selection
    from pages.components.sidebar import sidebar

    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
    st.html(ASSETS / "style.css")
    page = st.navigation(
        [
            st.Page("pages/data.py", title="Data", icon=":material/table:", default=True),
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/sample.py", title="Sample", icon=":material/dataset:"),
            st.Page("pages/evaluate.py", title="Evaluate", icon=":material/query_stats:"),
            st.Page("pages/privacy.py", title="Privacy", icon=":material/shield_person:"),
        ]
    )
    with boundary():
        selection.restore()
        sidebar()
        page.run()


main()
