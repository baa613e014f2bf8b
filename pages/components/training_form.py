"""The form of a training run, made from the fields of `TrainingConfig`: label, help, range and choices are theirs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import InvalidConfig
from core.synthesis.config import TrainingConfig
from pages.components.frame import show_error
from pages.components.words import text

NEW = "new-run"
"""Whether the form is wanted although a run is chosen."""
BASE, TURN = "form-base", "form-turn"
FRESH = "Fresh weights"
FIRST = ("epochs", "batch_size", "learning_rate", "seed", "device", "checkpoint_every")
"""Fields that everybody may want to see; the others wait behind "More settings"."""

PRESET_WORDS = {
    "quick": "A first look",
    "balanced": "Good rows in minutes",
    "thorough": "As close as it gets",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the form was sent for.

    Parameters
    ----------
    config : TrainingConfig
    start : bool
        True to train, False to check the settings first.
    """

    config: TrainingConfig
    start: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a form starts from.

    Parameters
    ----------
    key : str
        Tells forms of other origins apart; the preset's name for a preset.
    config : TrainingConfig
    warm_from : str or None
        Run whose weights the new one begins with.
    """

    key: str
    config: TrainingConfig
    warm_from: str | None = None


def prefill(config: TrainingConfig, changes: Mapping[str, str]) -> None:
    """Open the form with the settings of a run and some of them changed."""
    st.session_state[BASE] = config.with_settings(changes).to_json()
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    st.session_state[NEW] = True


def chosen_base(
    presets: Mapping[str, TrainingConfig], warm: Mapping[str, TrainingConfig], labels: Mapping[str, str]
) -> Base:
    """What the form starts from: a preset, settings that were handed over, or those of a run to start from.

    Parameters
    ----------
    presets : mapping of name to TrainingConfig
    warm : mapping of a run's id to its settings
        Runs that a warm start can begin from.
    labels : mapping of a run's id to its words
    """
    if BASE in st.session_state:
        with st.container(horizontal=True, vertical_alignment="center", key="form-base-row"):
            st.badge("Settings handed over", icon=":material/input:", color="blue")
            st.markdown(":gray[from a run or a remedy; change them below]")
            if st.button("Back to the presets", type="tertiary", key="forget-base"):
                del st.session_state[BASE]
                st.rerun()
        return Base(key=f"handed-{st.session_state[TURN]}", config=TrainingConfig.from_json(st.session_state[BASE]))
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        preset = st.segmented_control(
            "Preset",
            list(presets),
            default="balanced" if "balanced" in presets else next(iter(presets)),
            required=True,
            format_func=lambda one: f"{one.capitalize()} · {presets[one].epochs} epochs",
            key="preset",
            help="A named set of settings to start from. "
            + " ".join(f"**{key.capitalize()}**: {word}." for key, word in PRESET_WORDS.items()),
        )
    if not warm:
        return Base(key=preset, config=presets[preset])
    with right:
        source = st.selectbox(
            "Start from", [FRESH, *warm], format_func=lambda one: labels.get(one, FRESH), key="warm-from",
            help="Weights of an earlier run save time where its table is much like this one, such as an earlier "
            "version of it. New columns, levels and modes are learned from the start; gone ones are dropped. What "
            "that run has memorised comes along.",
        )  # fmt: skip
    if source == FRESH:
        return Base(key=preset, config=presets[preset])
    return Base(key=f"warm-{source}", config=warm[source], warm_from=source)


def training_form(key: str, base: TrainingConfig) -> Sent | None:
    """Show the form; what it was sent for once it is valid, else None."""
    fields = dataclasses.fields(TrainingConfig)
    with st.form(f"training-{key}"):
        values = _grid([field for field in fields if field.name in FIRST], base, key)
        with st.expander("More settings", icon=":material/tune:"):
            rest = [field for field in fields if field.name not in FIRST]
            for group in dict.fromkeys(field.metadata["group"] for field in rest):
                st.markdown(f"**{group}**")
                values |= _grid([field for field in rest if field.metadata["group"] == group], base, key)
        with st.container(horizontal=True, key="form-buttons"):
            start = st.form_submit_button(
                "Start training", type="primary", icon=":material/play_arrow:", key="start-training"
            )
            check = st.form_submit_button(
                "Check these settings", icon=":material/fact_check:", key="check-settings",
                help="Times 50 steps of these very settings and says what the run will need, without starting it.",
            )  # fmt: skip
    if not (start or check):
        return None
    try:
        return Sent(config=base.with_settings(values), start=start)
    except InvalidConfig as error:
        show_error(error)
        return None


def _grid(fields: list[dataclasses.Field], base: TrainingConfig, key: str) -> dict[str, str]:
    """Inputs of fields, three in a row; their values as texts, which the configuration reads and checks itself."""
    values: dict[str, str] = {}
    for start in range(0, len(fields), 3):
        for column, field in zip(st.columns(3, gap="medium"), fields[start : start + 3], strict=False):
            with column:
                values[field.name] = _input(field, getattr(base, field.name), f"set-{key}-{field.name}")
    return values


def _input(field: dataclasses.Field, value: Any, key: str) -> str:
    about = field.metadata
    shared = {"key": key, "help": text(about["help"]).replace("\\`", "`")}
    if about["choices"]:
        choices = list(about["choices"])
        return str(st.selectbox(about["label"], choices, index=choices.index(value), **shared))
    if isinstance(value, bool):
        return str(st.toggle(about["label"], value, **shared))
    if isinstance(value, int):
        low, high = (None if bound is None else int(bound) for bound in (about["low"], about["high"]))
        return str(int(st.number_input(about["label"], low, high, value, step=1, **shared)))
    if isinstance(value, float):
        return st.text_input(about["label"], f"{value:g}", **shared)
    if isinstance(value, tuple):
        return st.text_input(about["label"], ", ".join(str(part) for part in value), **shared)
    return st.text_input(about["label"], str(value), **shared)
