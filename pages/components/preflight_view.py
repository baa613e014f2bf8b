"""Preflight on the page: forecasts of the presets, what a run will need, every warning with its remedy."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.errors import UserError
from core.synthesis.config import TrainingConfig
from core.workbench import preflight
from core.workbench.preflight import Check, Checked
from core.workbench.sessions import Session
from pages.components import selection
from pages.components.frame import guarded, show_error
from pages.components.training_form import prefill
from pages.components.words import count, duration, name, short, text, thousands

MEGABYTES = 1_000_000
WIDEST_SHOWN = 200


def show_preflight(
    here: Session, dataset_id: str, configs: Mapping[str, TrainingConfig], chosen: str, *, key: str
) -> None:
    """Forecasts of all configurations, and everything about the chosen one.

    Parameters
    ----------
    configs : mapping of name to TrainingConfig
    chosen : str
        Name of the one that the form shows.
    key : str
        Unique on the page.
    """
    checked = preflight.preflight(here, dataset_id, configs)
    active = checked.job.state.is_active
    with st.container(border=True, key=f"preflight-{key}"):
        st.fragment(_panel, run_every="1s" if active else None)(here, dataset_id, dict(configs), chosen, key, active)


@guarded
def _panel(
    here: Session, dataset_id: str, configs: dict[str, TrainingConfig], chosen: str, key: str, was_active: bool
) -> None:
    checked = preflight.preflight(here, dataset_id, configs)
    status = checked.job.status
    if status.state.is_active:
        st.progress(
            min(max(status.progress, 0.0), 1.0),
            text=f"Checking what training will need: {text(status.message) or 'waiting for its turn'}",
        )
        return
    if was_active:
        st.rerun()
    if not checked.checks:
        st.markdown(f":gray[No forecast: {text(status.error or 'the check was ended')}]")
        return
    _forecasts(checked, configs, chosen)
    check = checked.checks[chosen]
    _needs(check, configs[chosen])
    _advice(here, dataset_id, check, configs[chosen], key)
    _widths(check)


def _forecasts(checked: Checked, configs: Mapping[str, TrainingConfig], chosen: str) -> None:
    parts = []
    for label, config in configs.items():
        seconds = checked.checks[label].seconds_per_epoch
        if seconds is not None:
            told = f"{label.capitalize()} about {duration(seconds * config.epochs)}"
            parts.append(f"**{told}**" if label == chosen else told)
    if parts:
        beside = " Another run trained meanwhile: alone it will be faster." if checked.beside_training else ""
        st.markdown(f"**Forecast** {' · '.join(parts)} :gray[from 50 steps timed on this machine.{beside}]")


def _needs(check: Check, config: TrainingConfig) -> None:
    ahead = check.ahead
    if check.error:
        st.error(text(check.error), icon=":material/error:")
    with st.container(key="facts"):
        columns = st.columns(5)
        columns[0].metric(
            "Encoded width", thousands(ahead.width),
            help=f"Slots of one encoded row; {count(ahead.n_conditions, 'level')} can be asked for.",
        )  # fmt: skip
        columns[1].metric("Weights", thousands(ahead.n_parameters), help="Of both networks together.")
        columns[2].metric(
            "Memory", f"{ahead.n_bytes / MEGABYTES:,.0f} MB",
            help="Of rows, networks and one step. Libraries come on top: timing the steps took "
            + (f"{check.resident_bytes / MEGABYTES:,.0f} MB in all." if check.resident_bytes else "an unknown amount."),
        )  # fmt: skip
        columns[3].metric(
            "One epoch", duration(check.seconds_per_epoch),
            help=f"{count(ahead.steps_per_epoch, 'step')} with a batch of {count(ahead.batch_size, 'row')} in packs "
            f"of {config.pac}, on {text(check.device) or 'no device'}.",
        )  # fmt: skip
        total = None if check.seconds_per_epoch is None else check.seconds_per_epoch * config.epochs
        columns[4].metric(f"All {thousands(config.epochs)} epochs", duration(total), help="Judging comes on top.")


def _advice(here: Session, dataset_id: str, check: Check, config: TrainingConfig, key: str) -> None:
    for place, advice in enumerate(check.advice):
        sign = ":red[:material/error:]" if advice.is_error else ":orange[:material/warning:]"
        with st.container(key=f"advice-{key}-{place}"):
            st.markdown(f"{sign} {text(advice.message)}")
            with st.container(horizontal=True):
                for number, remedy in enumerate(advice.remedies):
                    label = text(short(remedy.label, 60))
                    if not st.button(label, key=f"remedy-{key}-{place}-{number}", icon=":material/build:"):
                        continue
                    if remedy.settings:
                        prefill(config, remedy.settings)
                        st.rerun()
                    try:
                        made = preflight.apply_remedy(here, dataset_id, remedy)
                    except UserError as error:
                        show_error(error)
                        continue
                    selection.choose("dataset", made)
                    st.rerun()
    if not check.advice and not check.error:
        st.markdown(":green[:material/check_circle:] Nothing stands in the way.")


def _widths(check: Check) -> None:
    widths = sorted(check.ahead.widths.items(), key=lambda one: -one[1])
    with st.expander(f"Width of every column ({count(len(widths), 'column')})", icon=":material/width:"):
        st.dataframe(
            [
                {"Column": short(column, 60), "Slots": width, "Levels in the bucket": check.ahead.tails.get(column, 0)}
                for column, width in widths[:WIDEST_SHOWN]
            ],
            hide_index=True,
            key="preflight-widths",
            alt="Slots that every column takes in an encoded row, the widest first",
            column_config={
                "Slots": st.column_config.ProgressColumn(format="%d", min_value=0, max_value=max(1, widths[0][1]))
            },
        )
        if len(widths) > WIDEST_SHOWN:
            st.caption(f"The {WIDEST_SHOWN} widest of {len(widths)} are shown; the widest is {name(widths[0][0], 40)}.")
