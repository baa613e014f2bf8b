"""Named configurations, and the epochs that they take on a table. Free of torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from core.errors import InvalidConfig, listed
from core.synthesis.config import TrainingConfig

PRESETS: Mapping[str, TrainingConfig] = MappingProxyType(
    {
        "quick": TrainingConfig(epochs=20),
        "balanced": TrainingConfig(),
        "thorough": TrainingConfig(epochs=300),
    }
)
"""Named configurations, from the fastest to the closest; epochs are those of a table of 40,000 train rows."""

PRESET_STEPS: Mapping[str, int] = MappingProxyType({"quick": 1_600, "balanced": 8_000, "thorough": 24_000})
"""Generator steps of each preset on any table: quality and time follow steps, not passes over the rows."""

FEWEST_EPOCHS = 2
MOST_EPOCHS: Mapping[str, int] = MappingProxyType({"quick": 100, "balanced": 500, "thorough": 1_500})
"""Bounds of a preset's epochs: a huge table is seen twice, a tiny one is not learned by heart."""


def preset_for(name: str, n_rows: int, settings: Mapping[str, str] = MappingProxyType({})) -> TrainingConfig:
    """A preset for a table of `n_rows` train rows: with as many epochs as its steps take there, unless they are set.

    Parameters
    ----------
    name : str
    n_rows : int
    settings : mapping of setting to text
        Changes to the preset, as `TrainingConfig.with_settings` reads them.

    Raises
    ------
    InvalidConfig
        If there is no such preset, or a setting is wrong.
    """
    if name not in PRESETS:
        raise InvalidConfig(f"There is no preset {name!r}.", f"Presets are: {listed(PRESETS)}.", field="preset")
    config = PRESETS[name].with_settings(settings)
    if "epochs" in settings:
        return config
    epochs = round(PRESET_STEPS[name] / config.steps_per_epoch(n_rows))
    return dataclasses.replace(config, epochs=min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS[name]))
