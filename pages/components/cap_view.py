"""The risk cap: rules as the analyst writes them, and the last checkpoint that keeps all of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import InvalidConfig
from core.tape import Decision
from core.workbench import frontier
from core.workbench.frontier import TapeView
from core.workbench.sessions import Session
from pages.components.frame import show_error
from pages.components.words import count, text

SIGNS = {"inside": "✓ inside", "outside": "✗ outside", "too small to decide": "? too small", "not measured": "– none"}


def cap(here: Session, views: Sequence[TapeView], chosen: TapeView) -> Decision:
    """Show the rules and what they decide about the chosen run; gives that decision, empty without rules."""
    key = "cap-rules"
    if key not in st.session_state:
        recorded = chosen.decision.rules if chosen.decision else ()
        st.session_state[key] = "; ".join(str(rule) for rule in recorded)
    with st.container(border=True, key="cap-card"):
        written = st.text_input(
            "Risk cap", key=key, placeholder="membership_auc <= 0.55; singling_out_univariate <= 5 %",
            help="Rules apart by semicolons. Each speaks of the unfavourable end of the interval. Metrics: "
            + ", ".join(f"`{one}`" for one in frontier.rulable()) + ".",
        )  # fmt: skip
        try:
            rules = frontier.parsed_rules(written.split(";"))
        except InvalidConfig as error:
            show_error(error)
            return Decision()
        if not rules:
            st.caption("Write a rule to see the last epoch that keeps it.")
            return Decision()
        decision = frontier.decided([chosen], rules)
        _say(decision)
        _table(decision)
    return decision


def _say(decision: Decision) -> None:
    if decision.epoch is not None:
        st.success(text(decision.sentence), icon=":material/check_circle:")
    else:
        st.warning(text(decision.sentence), icon=":material/warning:")


def _table(decision: Decision) -> None:
    epochs = sorted({check.epoch for check in decision.checks})
    rows = []
    for rule in decision.rules:
        row = {"Rule": str(rule)}
        for check in decision.checks:
            if check.rule == rule:
                row[f"{check.epoch:,}"] = SIGNS[check.outcome.value]
        rows.append(row)
    with st.expander(f"Every rule at {count(len(epochs), 'checkpoint')}", icon=":material/table:"):
        st.dataframe(rows, hide_index=True, key="cap-table", alt="Outcome of every rule at every epoch")
        details = [
            {
                "Epoch": check.epoch, "Rule": str(check.rule), "Value": check.value, "Low": check.low,
                "High": check.high, "Outcome": check.outcome.value,
                "Would do": "" if check.enough is None else f"{check.enough:,} {check.unit}",
                "Counts": ", ".join(f"{name} {count:,}" for name, count in check.counts.items()),
            }
            for check in decision.checks
        ]  # fmt: skip
        number = st.column_config.NumberColumn(format="%.3f")
        st.dataframe(
            details, hide_index=True, key="cap-details", alt="Numbers behind every outcome",
            column_config={"Value": number, "Low": number, "High": number},
        )  # fmt: skip
        st.caption(
            f"Intervals at {decision.level:.2%}: with {decision.n_candidates} checkpoints to choose from, all of them "
            "hold together with 95 %. “Would do”: the attacks or rows with which the same value would be inside."
        )
