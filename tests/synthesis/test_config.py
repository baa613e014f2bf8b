"""Settings: help for every field, texts parsed, problems named with their field."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from core.errors import InvalidConfig
from core.synthesis.config import TrainingConfig
from core.synthesis.presets import MOST_EPOCHS, PRESETS, preset_for


def test_every_setting_has_a_label_help_and_a_group():
    for one in dataclasses.fields(TrainingConfig):
        assert one.metadata["label"]
        assert len(one.metadata["help"]) > 20, one.name
        assert one.metadata["group"]


def test_texts_of_a_form_become_values():
    config = TrainingConfig().with_settings(
        {"epochs": "60", "learning_rate": "1e-3", "generator_layers": "128,64", "frequency": "true"}
    )
    assert (config.epochs, config.learning_rate, config.generator_layers) == (60, 1e-3, (128, 64))
    assert config.frequency == "true"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"epochs": "many"}, "epochs"),
        ({"epochs": "0"}, "epochs"),
        ({"epochs": "1.5"}, "epochs"),
        ({"dropout": "1"}, "dropout"),
        ({"frequency": "cubic"}, "frequency"),
        ({"generator_layers": "256,x"}, "generator_layers"),
        ({"discriminator_layers": "256"}, "discriminator_layers"),
        ({"learning_rate": "nan"}, "learning_rate"),
        ({"pac": "7"}, "batch_size"),
        ({"speed": "high"}, "speed"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_name(settings, field):
    with pytest.raises(InvalidConfig) as caught:
        TrainingConfig().with_settings(settings)
    assert caught.value.field == field


def test_a_configuration_survives_json_and_ignores_fields_of_other_versions():
    config = PRESETS["quick"]
    assert TrainingConfig.from_json({**config.to_json(), "unheard": 1}) == config


def test_presets_take_ever_more_epochs():
    epochs = [PRESETS[name].epochs for name in ("quick", "balanced", "thorough")]
    assert epochs == sorted(epochs)
    assert PRESETS["balanced"] == TrainingConfig()


def test_settings_and_preflight_are_free_of_torch():
    code = "import sys, core.synthesis.config, core.synthesis.preflight; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_preset_takes_its_steps_on_any_table_within_bounds():
    # 40,000 rows are 80 steps of 500: 8,000 steps are 100 epochs
    assert preset_for("balanced", 40_000).epochs == PRESETS["balanced"].epochs == 100
    assert preset_for("balanced", 4_000).epochs == MOST_EPOCHS["balanced"]
    assert preset_for("balanced", 32_000).epochs == 125
    assert preset_for("balanced", 50_000_000).epochs == 2
    for name in PRESETS:
        assert preset_for(name, 12).epochs == MOST_EPOCHS[name]


def test_a_preset_takes_a_tenth_of_a_small_tables_rows_as_batch_in_whole_packs():
    assert [preset_for("quick", n).batch_size for n in (30, 300, 2_500, 5_000, 10**6)] == [30, 50, 250, 500, 500]
    assert preset_for("quick", 987, {"pac": "10"}).batch_size == 90
    assert preset_for("quick", 5, {"pac": "10"}).batch_size == 10
    assert preset_for("quick", 987, {"batch_size": "500"}).batch_size == 500
    assert preset_for("quick", 987, {"epochs": "3"}).batch_size == 98


def test_settings_change_a_preset_before_its_epochs_are_counted():
    # batches of 250 make 160 steps of 40,000 rows
    assert preset_for("balanced", 40_000, {"batch_size": "250"}).epochs == 50
    assert preset_for("balanced", 40_000, {"epochs": "7"}).epochs == 7
    with pytest.raises(InvalidConfig, match="miracle"):
        preset_for("miracle", 40_000)
    with pytest.raises(InvalidConfig, match="learning_rate"):
        preset_for("quick", 40_000, {"learning_rate": "fast"})
