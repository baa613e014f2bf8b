"""The frame around every page: header, errors, empty states, the step that comes next."""

from __future__ import annotations

import functools
import logging
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import DoppelError, UnknownId
from core.limits import MIN_TRAIN_ROWS
from pages.components import selection
from pages.components.words import text

log = logging.getLogger("doppel.pages")

PYTHONS = ((3, 11), (3, 12))


def check_python(version: tuple[int, int] | None = None) -> str | None:
    """The sentence to show under a Python that Doppel does not run on; None where it does."""
    found = version or sys.version_info[:2]
    if found in PYTHONS:
        return None
    return (
        f"Doppel needs Python 3.11 or 3.12, and this is Python {found[0]}.{found[1]}: make a virtual "
        f"environment with one of them."
    )


def header(title: str, sentence: str) -> None:
    """The page's title and what it is for."""
    st.title(title, anchor=False)
    st.markdown(f":gray[{sentence}]")


@contextmanager
def boundary() -> Iterator[None]:
    """Turn what goes wrong into words: errors of Doppel as they are, anything else as a short id.

    The traceback goes to the log under the same id; Streamlit's own control flow passes through.
    """
    try:
        yield
    except UnknownId as error:
        show_error(error)
        if st.button("Forget this link and start from the session", key="forget", icon=":material/restart_alt:"):
            forget()
    except DoppelError as error:
        show_error(error)
    except Exception:
        number = secrets.token_hex(4)
        log.exception("unexpected error %s", number)
        st.error(
            f"Something went wrong that Doppel did not expect (error {number}). Nothing that is stored was lost: "
            "reload the page, and if it happens again look for this number in the server's log.",
            icon=":material/error:",
        )


def guarded(function: Callable[..., None]) -> Callable[..., None]:
    """The same function inside `boundary`: for fragments, which rerun without the page around them."""

    @functools.wraps(function)
    def inside(*args: Any, **kwargs: Any) -> None:
        with boundary():
            function(*args, **kwargs)

    return inside


def show_error(error: DoppelError) -> None:
    """An error of Doppel: what happened, then what to do."""
    hint = f"\n\n{text(error.hint)}" if error.hint else ""
    st.error(f"{text(error.message)}{hint}", icon=":material/error:")


def forget() -> None:
    """Drop ids below the session that no longer lead anywhere; the session too where it is the one unknown."""
    below = [kind for kind in (*selection.CHAIN[1:], *selection.EXTRA) if selection.chosen(kind)]
    for kind in below or ["session"]:
        selection.choose(kind, None)
    st.rerun()


def empty(
    title: str, sentence: str, *, page: str | None = None, label: str = "", icon: str = ":material/inbox:"
) -> None:
    """Say what is missing and what to do first.

    Parameters
    ----------
    title, sentence : str
        Markdown; escape what comes from a table.
    page : str, optional
        Script of the page on which to do it.
    label : str
        Words of the link to that page.
    """
    with st.container(border=True, key="empty-state"):
        st.markdown(f"#### {icon} {title}")
        st.markdown(sentence)
        if page:
            button = st.button(
                label, icon=":material/arrow_forward:", icon_position="right", type="primary", key="empty-go"
            )
            if button:
                st.switch_page(page)


def no_dataset() -> None:
    """What to do where a page needs a dataset and none is chosen."""
    empty(
        "No dataset yet", "Bring a table or take the demo first; it takes a minute.", page="pages/data.py",
        label="Go to Data", icon=":material/table:",
    )  # fmt: skip


def no_sample() -> None:
    """What to do where a page needs a sample and none is chosen."""
    empty(
        "No sample yet", "Draw rows from a trained generator first.", page="pages/sample.py", label="Go to Sample",
        icon=":material/dataset:",
    )  # fmt: skip


def next_step(page: str, label: str, sentence: str = "") -> None:
    """The way to the next page of the work."""
    key = f"next-{page.rpartition('/')[2].removesuffix('.py')}"
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"{key}-card"
    ):
        st.markdown(sentence or "Next", width="content")
        if st.button(label, icon=":material/arrow_forward:", icon_position="right", type="primary", key=key):
            st.switch_page(page)


def to_training(n_train: int, n_control: int) -> None:
    """The way from a dataset to training, or why there is none."""
    aside = f"{n_control:,} control row{'s stay' if n_control != 1 else ' stays'} aside"
    if n_train < MIN_TRAIN_ROWS:
        st.warning(
            f"Training needs at least {MIN_TRAIN_ROWS} train rows and there are {n_train:,} ({aside}): bring a larger "
            "table, or set fewer rows aside.",
            icon=":material/warning:",
        )
        return
    next_step("pages/train.py", "Train a generator", f"**{n_train:,} train rows** are ready for a generator; {aside}.")
