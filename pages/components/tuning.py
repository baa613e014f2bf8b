"""What acts while drawing: knobs, novelty, the budget of draws, and a file of partly given rows."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

import streamlit as st

from core.errors import UserError
from core.limits import DRAWS_PER_CONDITIONED_ROW
from core.records import Knobs, Novelty
from core.schema import Schema
from core.workbench import sampling
from core.workbench.sessions import Session, mode
from pages.components.frame import show_error


def knob_editor(run_id: str) -> tuple[Knobs, Novelty, int]:
    """Knobs, novelty and budget as the analyst set them; a try shows what the knobs do before rows are drawn."""
    with st.expander("Tuning and novelty", icon=":material/instant_mix:"):
        st.markdown(
            ":gray[Left alone, rows are what the generator has learned. “Try it first” shows what a change does to "
            "closeness and diversity.]"
        )
        one, two, three, four = st.columns(4)
        temperature = one.number_input(
            "Temperature", 0.05, 5.0, 1.0, 0.05, key=f"temperature-{run_id}",
            help="Of levels and modes. Below 1, common values get commoner; above 1, rarer ones do.",
        )  # fmt: skip
        cut = two.number_input(
            "Noise cut at", 0.0, 10.0, 0.0, 0.5, key=f"noise-{run_id}",
            help="Standard deviations at which the noise is cut off; 0 does not cut. Less noise, fewer unusual rows.",
        )  # fmt: skip
        weights = three.selectbox(
            "Weights", ["averaged", "raw"], key=f"weights-{run_id}",
            help="The running average of the generator's weights, or those of its last step.",
        )  # fmt: skip
        prior = four.selectbox(
            "Prior", ["true", "log"], key=f"prior-{run_id}",
            help="Levels that steer unconditioned rows are drawn by their frequency, or by its logarithm: rare levels "
            "then come out more often than in the data.",
        )  # fmt: skip
        left, middle, right = st.columns(3)
        copies = left.toggle(
            "Redraw exact copies", key=f"copies-{run_id}",
            help="Rows that equal a train row in every modelled column are drawn again. In tables of few columns "
            "equal rows are common among real people too.",
        )  # fmt: skip
        near = middle.number_input(
            "Near copies within", 0.0, 1.0, 0.0, 0.005, format="%.3f", key=f"near-{run_id}",
            help="Rows at most so far from a train row are counted as near copies (distance of the Privacy page, "
            "0 to 1); 0 does not look.",
        )  # fmt: skip
        again = right.toggle("Redraw near copies", key=f"near-again-{run_id}", disabled=not near)
        how, most = st.columns(2)
        steering = how.selectbox(
            "Steering", ["native", "waiting"], key=f"steering-{run_id}",
            help="Native steers the generator by its conditional vector: nearly every row fits at once, and the other "
            "columns get the shares that the train rows of the level have, if there are at least 100. Waiting draws "
            "rows without condition and keeps those that fit: slower by one over the level's share, with relations as "
            "in unconditioned rows.",
        )  # fmt: skip
        budget = most.number_input(
            "Most draws for each requested row", 1, 1_000_000, DRAWS_PER_CONDITIONED_ROW, 100, key=f"budget-{run_id}",
            help="Rows that have to be waited for end in a shortfall when so many draws for each of them are spent.",
        )  # fmt: skip
        knobs = Knobs(temperature=temperature, noise_limit=cut or None, weights=weights, prior=prior, steering=steering)
        novelty = Novelty(redraw_copies=copies, near=near or None, redraw_near=bool(again and near))
        return knobs, novelty, int(budget)


def given_editor(here: Session, run_id: str, schema: Schema) -> str | None:
    """A file of partly given rows, brought into the session; None without one."""
    if mode() == "demo":
        return None
    with st.expander("Complete rows of a file", icon=":material/edit_note:"):
        st.markdown(
            ":gray[Each row of the file keeps its cells; empty cells and lacking columns are made. Levels are met "
            "exactly; for numbers the nearest of several rows is taken. Columns that are not modelled are made anew.]"
        )
        upload = st.file_uploader(
            "File of partly given rows", type=["csv", "parquet", "xlsx", "gz", "zip"], key=f"given-{run_id}"
        )
        if upload is None:
            return None
        content = upload.getvalue()
        known = st.session_state.setdefault("given-files", {})
        key = (run_id, hashlib.sha256(content).hexdigest())
        if key not in known:
            with tempfile.TemporaryDirectory(prefix="doppel-") as folder:
                path = Path(folder) / (re.sub(r"[^\w.-]+", "-", Path(upload.name).name)[-80:].lstrip(".") or "given")
                path.write_bytes(content)
                try:
                    known[key] = sampling.keep_given(here, path, schema)
                except UserError as error:
                    show_error(error)
                    return None
        return known[key]
