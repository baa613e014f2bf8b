"""Which weights draw: the running average that a model keeps, or those of the last step."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from core.errors import CheckpointRejected, InvalidConfig
from core.synthesis.checkpoint import Model, calibrate, load_model
from core.synthesis.inner import InnerShapes
from core.synthesis.networks import Generator
from core.synthesis.offsets import Offsets

STATE = "state.safetensors"
_PREFIX = "generator."


def load_weights(folder: Path, weights: str = "averaged") -> Model:
    """Load a model with its averaged weights, or with those of the last step before it was saved.

    Parameters
    ----------
    folder : path of a checkpoint
    weights : "averaged" or "raw"

    Raises
    ------
    InvalidConfig
        If raw weights are asked of a folder without training state, such as an exported model.
    CheckpointRejected
        If the folder is damaged.
    """
    model = load_model(folder)
    if weights == "averaged":
        return model
    path = Path(folder) / STATE
    if not path.exists():
        raise InvalidConfig(
            "This model was exported without its training state, so it has its averaged weights only.",
            "Draw with averaged weights, or from a checkpoint of the session.",
            field="weights",
        )
    try:
        tensors = {name[len(_PREFIX) :]: one for name, one in load_file(path).items() if name.startswith(_PREFIX)}
        config = model.config
        generator = Generator(
            config.noise_size, len(model.conditions), model.encoder.layout.width, config.generator_layers
        )
        generator.load_state_dict(tensors)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointRejected(
            f"The training state of the checkpoint {Path(folder).name!r} cannot be read: {error}.",
            "Draw with averaged weights.",
        ) from error
    with torch.no_grad():
        calibrate(generator, model.conditions, config, model.target)
    # both were fitted to the averaged weights
    offsets, inner = Offsets.none(model.encoder.layout), InnerShapes.none()
    return dataclasses.replace(model, generator=generator.requires_grad_(False), offsets=offsets, inner=inner)
