"""Two runs on one chart, and the settings in which they differ."""

from __future__ import annotations

import streamlit as st

from core.figures.training import MEASURES, comparison_figure
from core.workbench import training
from core.workbench.sessions import Session
from core.workbench.training import RunView
from pages.components import charts
from pages.components.words import count

LABELS = {
    "mean_shape": "Mean column shape",
    "critic_gap": "Critic gap",
    "generator_loss": "Generator loss",
    "discriminator_loss": "Discriminator loss",
    "conditional_loss": "Conditional loss",
    "gradient_penalty": "Gradient penalty",
    "generator_gradient_norm": "Generator gradient norm",
    "discriminator_gradient_norm": "Discriminator gradient norm",
}


def show_comparison(here: Session, run: RunView) -> None:
    """A choice of another run of the same dataset; once chosen, curves and differing settings."""
    others = {one.id: one for one in training.runs(here, run.dataset_id) if one.id != run.id and one.records}
    if not others or not run.records:
        return
    with st.expander(
        "Compare with another run", icon=":material/compare_arrows:", key="compare-card", on_change="rerun"
    ) as opened:
        if not opened.open:
            return
        left, right = st.columns(2)
        chosen = left.selectbox("Other run", list(others), format_func=lambda one: _label(others[one]), key="compare")
        measure = right.selectbox("Curve", list(LABELS), format_func=LABELS.get, key="compare-measure")
        other = others[chosen]
        smoothing = int(st.session_state.get("smoothing", 1))
        charts.show(
            comparison_figure(
                {f"This run ({run.id[-4:]})": run.records, f"Run {chosen[-4:]}": other.records},
                measure, smoothing, colours=charts.colours(),
            ),
            key="comparison",
            alt=f"{LABELS[measure]} of both runs; {MEASURES[measure]}",
        )  # fmt: skip
        rows = training.differing(run.config, other.config)
        if not rows:
            st.caption("The settings of both runs are the same.")
            return
        st.markdown(f"**{count(len(rows), 'setting')} differ**" if len(rows) > 1 else "**1 setting differs**")
        st.dataframe(
            [{"Setting": label, "This run": own, f"Run {chosen[-4:]}": theirs} for label, own, theirs in rows],
            hide_index=True, key="differing", alt="Settings in which the two runs differ",
        )  # fmt: skip


def _label(run: RunView) -> str:
    return f"{count(run.epochs_done, 'epoch')} · seed {run.config.seed} · {run.id[-4:]}"
