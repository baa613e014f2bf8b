"""The form of a training run, made from the fields of `TrainingConfig`: label, help, range and choices are theirs."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from core.errors import InvalidConfig
from core.synthesis.config import PRESETS, TrainingConfig
from pages.components.frame import show_error

FIRST = ("epochs", "batch_size", "learning_rate", "seed", "device", "checkpoint_every")
"""Fields that everybody may want to see; the others wait behind "More settings"."""

PRESET_WORDS = {
    "quick": "A first look",
    "balanced": "Good rows in minutes",
    "thorough": "As close as it gets",
}


def training_form() -> TrainingConfig | None:
    """Show the form; the configuration once it was sent and is valid, else None."""
    preset = st.segmented_control(
        "Preset",
        list(PRESETS),
        default="balanced" if "balanced" in PRESETS else next(iter(PRESETS)),
        required=True,
        format_func=lambda one: f"{one.capitalize()} · {PRESETS[one].epochs} epochs",
        key="preset",
        help="A named set of settings to start from. "
        + " ".join(f"**{key.capitalize()}**: {word}." for key, word in PRESET_WORDS.items()),
    )
    base = PRESETS[preset]
    fields = dataclasses.fields(TrainingConfig)
    with st.form(f"training-{preset}"):
        values = _grid([field for field in fields if field.name in FIRST], base, preset)
        with st.expander("More settings", icon=":material/tune:"):
            rest = [field for field in fields if field.name not in FIRST]
            for group in dict.fromkeys(field.metadata["group"] for field in rest):
                st.markdown(f"**{group}**")
                values |= _grid([field for field in rest if field.metadata["group"] == group], base, preset)
        sent = st.form_submit_button(
            "Start training", type="primary", icon=":material/play_arrow:", key="start-training"
        )
    if not sent:
        return None
    try:
        return base.with_settings(values)
    except InvalidConfig as error:
        show_error(error)
        return None


def _grid(fields: list[dataclasses.Field], base: TrainingConfig, preset: str) -> dict[str, str]:
    """Inputs of fields, three in a row; their values as texts, which the configuration reads and checks itself."""
    values: dict[str, str] = {}
    for start in range(0, len(fields), 3):
        for column, field in zip(st.columns(3, gap="medium"), fields[start : start + 3], strict=False):
            with column:
                values[field.name] = _input(field, getattr(base, field.name), f"set-{preset}-{field.name}")
    return values


def _input(field: dataclasses.Field, value: Any, key: str) -> str:
    about = field.metadata
    shared = {"key": key, "help": about["help"]}
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
