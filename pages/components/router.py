"""The pages in the order of the work, and the guard that keeps them inside the app's frame."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

import streamlit as st

PAGES = (
    ("data", "Data", ":material/table:"),
    ("explore", "Explore", ":material/travel_explore:"),
    ("train", "Train", ":material/model_training:"),
    ("sample", "Sample", ":material/dataset:"),
    ("evaluate", "Evaluate", ":material/query_stats:"),
    ("privacy", "Privacy", ":material/shield_person:"),
    ("frontier", "Frontier", ":material/show_chart:"),
    ("export", "Export", ":material/output:"),
    ("sessions", "Sessions", ":material/history:"),
)

framed: ContextVar[bool] = ContextVar("framed", default=False)
"""Whether the code that runs now was started by the app's frame."""


def navigation() -> st.Page:
    """Register the pages and give the one to show; the first is the default.

    The default page has the root as its address; its name as an address, which anybody would try, leads there.
    """
    (first, first_title, first_icon), *others = PAGES
    return st.navigation(
        [
            st.Page(f"pages/{first}.py", title=first_title, icon=first_icon, default=True, url_path="start"),
            *(st.Page(f"pages/{name}.py", title=title, icon=icon) for name, title, icon in others),
            st.Page(_to_first, title=first_title, url_path=first, visibility="hidden"),
        ]
    )


def _to_first() -> None:
    st.switch_page(f"pages/{PAGES[0][0]}.py", query_params=st.query_params.to_dict())


def page(render: Callable[[], None]) -> None:
    """Show a page's content, or fetch the frame first.

    Until a server has run `st.navigation` once, Streamlit takes the files in `pages/` for pages of its older kind and
    answers the first request for one of them by running the file alone, without sidebar and error boundary. Such a run
    registers the pages and starts over.
    """
    if framed.get():
        render()
        return
    navigation()
    st.rerun()
