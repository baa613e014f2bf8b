"""What a request will cost and give, before it is drawn; and what its tuning does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.records import SampleRequest
from core.workbench import forecasting
from core.workbench.forecasting import Outlook
from core.workbench.sessions import Session
from pages.components.progress import finished
from pages.components.words import count, duration, short

KNOB_ROWS = (
    ("column_shapes", "Column shapes", "closeness of single columns, 1 is the same; higher is better"),
    ("pair_trends", "Pair trends", "closeness of pairs of columns, 1 is the same; higher is better"),
    ("levels_covered", "Levels covered", "share of the train rows' levels and number bins that occur"),
    ("pairs_covered", "Pairs covered", "share of the train rows' pairs of levels or bins that occur"),
    ("pairs_invented", "Pairs invented", "share of drawn pairs that no train row has"),
    ("unique", "Unique rows", "share of different rows"),
    ("copies", "Exact copies", "share of rows equal to a train row"),
    ("outliers", "Unusual rows", "share of rows with a value that is rare in the train rows"),
)
"""Numbers of a trial or a sample, each with its name and what it means."""


def show_forecast(here: Session, run_id: str, request: SampleRequest, epoch: int, *, start: bool) -> None:
    """The forecast; `start` begins a trial that measures it."""
    if request.n_wanted == 0:
        return
    if start:
        forecasting.start_trial(here, run_id, request, epoch=epoch)
    outlook = forecasting.outlook(here, run_id, request, epoch=epoch)
    st.caption(_sentence(request, outlook))
    if outlook.parts:
        _parts(outlook)
    under_way = forecasting.find_trial(here, run_id, request, epoch=epoch)
    if under_way is not None and not finished(under_way, label="Trying it", key="trial"):
        return
    if outlook.knobs:
        show_kinds(
            {name: outlook.knobs[name] for name in ("default", "asked") if name in outlook.knobs},
            {"default": "Untuned", "asked": "As asked" if "default" in outlook.knobs else "Untuned"},
            key="knobs",
        )


def _sentence(request: SampleRequest, outlook: Outlook) -> str:
    extra = request.n_wanted - request.n_rows
    parts = []
    if extra:
        free = "of the target mix" if request.mix is not None else "without condition"
        parts.append(f"{request.n_rows:,} {free} and {extra:,} of requested levels")
    n_draws = sum(one.n_draws for one in outlook.parts) + (request.n_rows if request.mix is None else 0)
    how = "" if outlook.is_measured else " if this machine draws 80,000 rows a second, which no drawing has shown yet"
    parts.append(f"about {n_draws:,} draws in {duration(max(1.0, outlook.seconds))}{how}")
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."


def _parts(outlook: Outlook) -> None:
    short_by = [one for one in outlook.parts if one.n_expected < one.n_rows]
    if short_by:
        st.warning(
            f"Within the budget, {len(short_by)} of {count(len(outlook.parts), 'condition')} will probably fall short. "
            f"Raise the most draws for each requested row, or ask for less.",
            icon=":material/warning:",
        )
    rows = sorted(outlook.parts, key=lambda one: one.acceptance)[:50]
    source = "tried" if outlook.parts[0].is_tried else "by the train rows"
    with st.expander(f"Forecast ({source})", icon=":material/query_stats:", expanded=len(rows) <= 6):
        st.dataframe(
            pd.DataFrame(
                {
                    "Rows of": [short(one.label, 120) for one in rows],
                    "Asked": [one.n_rows for one in rows],
                    "Expected": [one.n_expected for one in rows],
                    "Acceptance": [100 * one.acceptance for one in rows],
                    "Draws": [one.n_draws for one in rows],
                }
            ),
            hide_index=True,
            key="forecast",
            column_config={
                "Acceptance": st.column_config.NumberColumn(
                    format="%.2f %%", help="Expected share of drawn rows that meet it. Higher is better."
                )
            },
            alt="Rows asked for and expected, with acceptance and draws",
        )


def show_kinds(found: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], *, key: str) -> None:
    """Closeness, diversity and novelty of one or more sets of rows, side by side."""
    table = {"": [label for _, label, _ in KNOB_ROWS]}
    for name, numbers in found.items():
        table[names[name]] = [
            None if numbers.get(measure) is None else f"{numbers[measure]:.4f}" for measure, _, _ in KNOB_ROWS
        ]
    table["Meaning"] = [meaning for _, _, meaning in KNOB_ROWS]
    st.dataframe(
        pd.DataFrame(table), hide_index=True, key=f"{key}-kinds", alt="Closeness, diversity and novelty of the rows"
    )
