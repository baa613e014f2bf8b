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
MOST_EPOCHS: Mapping[str, int] = MappingProxyType({"quick": 100, "balanced": 300, "thorough": 1_000})
"""Bounds of a preset's epochs: a huge table is seen twice, a tiny one is not learned by heart."""
BATCHES, SMALLEST_BATCH = 10, 50
"""A preset's batch is the default one, or a tenth of a smaller table's train rows, but not fewer rows than this."""


def preset_for(name: str, n_rows: int, settings: Mapping[str, str] = MappingProxyType({})) -> TrainingConfig:
    """A preset for a table of `n_rows` train rows, with its batch and as many epochs as its steps take there.

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
    if "batch_size" not in settings:
        config = dataclasses.replace(config, batch_size=preset_batch(config, n_rows))
    if "epochs" in settings:
        return config
    epochs = round(PRESET_STEPS[name] / config.steps_per_epoch(n_rows))
    return dataclasses.replace(config, epochs=min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS[name]))


def preset_batch(config: TrainingConfig, n_rows: int) -> int:
    """Rows of a batch on a table of `n_rows` train rows, whole packs.

    Examples
    --------
    >>> [preset_batch(TrainingConfig(), n) for n in (30, 100, 768, 4_000, 40_000)]
    [30, 50, 76, 400, 500]
    """
    size = min(config.batch_size, max(SMALLEST_BATCH, n_rows // BATCHES), n_rows)
    return max(1, size // config.pac) * config.pac
