"""The form that starts runs with a tape: epochs, checkpoints, seeds, rules."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.limits import CANARIES
from core.workbench import data, frontier, preflight, tape_settings
from core.workbench.canary_plan import CanaryPlan
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import show_error

RULES_HELP = (
    "One rule per line, such as `singling_out_univariate <= 5 %`, `membership_auc <= 0.55` or `utility_kept >= 90 %`. "
    "A checkpoint keeps a rule when the unfavourable end of its interval does. Metrics: "
)
BROKEN = {
    "Train on": {},
    "Stop training": {"stops": True},
    "Stop, and go back to the last checkpoint that keeps all rules": {"rolls_back": True},
}
DEFAULT_RULES = "membership_auc <= 0.55\nsingling_out_univariate <= 5 %"


def frontier_form(here: Session, dataset_id: str) -> bool:
    """Show the form; whether runs were started."""
    presets = preflight.presets(data.dataset(here, dataset_id).n_train)
    with st.form("tape-form"):
        first, second, third, fourth = st.columns(4, gap="medium")
        epochs = first.number_input(
            "Epochs", 1, 100_000, presets["balanced"].epochs, key="tape-epochs",
            help=f"The balanced preset takes {presets['balanced'].epochs:,} epochs on this table, the thorough one "
            f"{presets['thorough'].epochs:,}. More show where a longer training begins to cost privacy.",
        )  # fmt: skip
        checkpoints = second.number_input(
            "Checkpoints to judge", 1, tape_settings.MAX_CHECKPOINTS, 12, key="tape-checkpoints",
            help="Each takes a probe sample of 5,000 rows and the quick plan, a few seconds beside the training.",
        )  # fmt: skip
        spacing = third.selectbox(
            "Spacing", tape_settings.SPACINGS, key="tape-spacing",
            format_func=lambda one: {"log": "Denser at the start", "even": "Evenly spaced"}[one],
        )  # fmt: skip
        seeds = fourth.number_input(
            "Seeds", 1, 20, 1, key="tape-seeds",
            help="Runs that differ in their seed alone. With several, bands show what is luck.",
        )  # fmt: skip
        left, right = st.columns(2, gap="medium")
        rules = left.text_area(
            "Risk cap", DEFAULT_RULES, key="tape-rules", height=110,
            help=RULES_HELP + ", ".join(f"`{one}`" for one in frontier.rulable()) + ".",
        )  # fmt: skip
        with right:
            broken = st.selectbox(
                "When a privacy rule is broken for certain", list(BROKEN), key="tape-broken",
                help="Broken for certain: the favourable end of the interval breaks the limit too. Going back deletes "
                "the checkpoints behind the last one that keeps every rule; their numbers stay.",
            )  # fmt: skip
            plateau = st.selectbox(
                "Stop when a quality no longer grows", [None, *tape_settings.PLATEAU_METRICS], key="tape-plateau",
                format_func=lambda one: "Never" if one is None else one.replace("_", " ").capitalize(),
                help="Ends training after three checkpoints in a row without a gain of .005.",
            )  # fmt: skip
        fifth, sixth = st.columns(2, gap="medium")
        preset = fifth.selectbox(
            "Preset", list(presets), index=list(presets).index("balanced"), key="tape-preset",
            format_func=str.capitalize, help="Settings of the networks; epochs and seed are those above.",
        )  # fmt: skip
        planted = sixth.number_input(
            "Canaries to plant", 0, CANARIES[1], 0, key="tape-canaries",
            help="Made-up rows put among the train rows; how near drawn rows come to them bounds from below what a run "
            f"gives away. 0 plants none, otherwise at least {CANARIES[0]}.",
        )  # fmt: skip
        sent = st.form_submit_button("Train and judge", type="primary", icon=":material/play_arrow:", key="tape-start")
    if not sent:
        return False
    try:
        settings = frontier.TapeSettings(
            n_checkpoints=int(checkpoints), spacing=spacing, rules=tuple(rules.splitlines()),
            plateau=plateau or "", **BROKEN[broken],
        )  # fmt: skip
        for seed in range(int(seeds)):
            config = presets[preset].with_settings({"epochs": str(int(epochs)), "seed": str(seed)})
            canaries = CanaryPlan(n=int(planted), seed=seed) if planted else None
            run_id = frontier.start_run(here, dataset_id, config, settings, canaries=canaries)
            if seed == 0:
                selection.choose("run", run_id)
    except UserError as error:
        show_error(error)
        return False
    return True
