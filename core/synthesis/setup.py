"""A run in memory: rows, samplers, networks, optimisers and random state, set up from train rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.constraints import Constraint
from core.errors import InvalidConfig, TooFewRows, listed
from core.limits import MIN_TRAIN_ROWS
from core.schema import Schema
from core.synthesis.conditional import (
    Conditions,
    ConditionSampler,
    RowSampler,
    count_conditions,
    on_device,
    row_chances,
)
from core.synthesis.config import TrainingConfig
from core.synthesis.encode import Encoded, Encoder, fit_encoder
from core.synthesis.networks import Discriminator, Generator, Groups, initialise
from core.synthesis.pairs import PairMatch, pair_match
from core.synthesis.products import bfloat16_helps

STEPS_PER_RECORD = 200
BETAS = (0.5, 0.9)
WEIGHT_DECAY = 1e-6
_MEASURES = 6
"""Numbers logged per step: critic loss, penalty, critic gradient norm, generator loss, conditional loss, its norm."""


@dataclass(kw_only=True, slots=True)
class Training:
    """A run in memory: rows, samplers, networks, optimisers and random state. Changed in place by `train`."""

    config: TrainingConfig
    target: str | None
    encoder: Encoder
    conditions: Conditions
    frequencies: np.ndarray
    device: torch.device
    random: torch.Generator | None
    scalars: Tensor
    slots: Tensor
    condition_sampler: ConditionSampler
    row_sampler: RowSampler
    generator: Generator
    discriminator: Discriminator
    groups: Groups
    signs: Tensor
    pairs: PairMatch | None
    averaged: list[Tensor]
    generator_adam: torch.optim.Adam
    discriminator_adam: torch.optim.Adam
    log: Tensor
    batch_size: int
    n_rows: int
    threads: int
    step: int = 0

    @property
    def steps_per_epoch(self) -> int:
        """Generator steps in one epoch."""
        return max(1, self.n_rows // self.batch_size)

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.step // self.steps_per_epoch

    @property
    def device_name(self) -> str:
        """The device in words."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return f"processor, {self.threads} threads"


def prepare(
    train: pd.DataFrame,
    schema: Schema,
    config: TrainingConfig,
    *,
    target: str | None = None,
    constraints: Sequence[Constraint] = (),
) -> Training:
    """Fit the encoder on train rows and set up a run at step 0.

    Parameters
    ----------
    train : work frame of the train rows; nothing else is fitted on
    schema : Schema
    config : TrainingConfig
    target : str, optional
        Column that `config.target_share` favours.
    constraints : sequence of Constraint
        Rules that every drawn row has to keep.

    Raises
    ------
    TooFewRows
        If there are fewer than `MIN_TRAIN_ROWS` rows, or fewer than one pack.
    InvalidConfig
        If no column is left to model, the device is not there, or a train row breaks a constraint.
    """
    needed = max(MIN_TRAIN_ROWS, config.pac)
    if len(train) < needed:
        raise TooFewRows(
            f"There are {len(train)} train rows, but training needs at least {needed}.",
            "Bring more rows, or a smaller pack size (pac)." if config.pac > MIN_TRAIN_ROWS else "Bring more rows.",
        )
    encoder = fit_encoder(
        train, schema, max_modes=config.max_modes, max_levels=config.max_levels, constraints=constraints
    )
    if not encoder.layout.width:
        raise InvalidConfig(
            f"No column is left to model: {listed(schema.names)} are constant, regenerated or left out.",
            "Correct a column's type, or bring a table with a column that varies.",
        )
    return assemble(encoder, encode_rows(encoder, train, config), config, target, chosen_device(config.device))


def encode_rows(encoder: Encoder, train: pd.DataFrame, config: TrainingConfig) -> Encoded:
    """Train rows encoded with the run's own random numbers, so that a resumed run sees the same."""
    return encoder.encode(train, np.random.default_rng([config.seed, 1]))


def chosen_device(name: str) -> torch.device:
    """The device called `name`; `auto` is CUDA where there is one.

    Raises
    ------
    InvalidConfig
        If CUDA was asked for and there is none.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise InvalidConfig("No CUDA device was found.", "Take device auto or cpu.", field="device")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def assemble(
    encoder: Encoder,
    encoded: Encoded,
    config: TrainingConfig,
    target: str | None,
    device: torch.device,
    *,
    random: bool = True,
) -> Training:
    """A run at step 0 from encoded rows. Without `random` the device's default generator is used."""
    generator = torch.Generator(device).manual_seed(config.seed) if random else None
    layout = encoder.layout
    conditions = count_conditions(encoded, layout)
    chances = conditions.chances(log=config.frequency == "log", favourite=target, favourite_share=config.target_share)
    with torch.device(device):
        maker = Generator(config.noise_size, len(conditions), layout.width, config.generator_layers)
        critic = Discriminator(layout.width, len(conditions), config.pac, config.discriminator_layers)
    for network in (maker.requires_grad_(False), critic.requires_grad_(False)):
        initialise(network, generator)
        network.fast = config.precision == "fast" and bfloat16_helps(device)
    adam = {"lr": config.learning_rate, "betas": BETAS, "fused": True}
    batch_size = config.batch_for(len(encoded))
    packs = batch_size // config.pac
    return Training(
        config=config,
        target=target,
        encoder=encoder,
        conditions=conditions,
        frequencies=np.bincount(encoded.slots.ravel(), minlength=layout.width) / max(1, len(encoded)),
        device=device,
        random=generator,
        scalars=on_device(encoded.scalars, device),
        slots=on_device(encoded.slots, device),
        condition_sampler=ConditionSampler(conditions, chances, device, rarity=config.rare_level_weight),
        row_sampler=RowSampler(encoded, layout, conditions, device),
        generator=maker,
        discriminator=critic,
        groups=layout.groups(),
        signs=on_device(np.repeat(np.float32([1 / packs, -1 / packs]), packs), device),
        pairs=pair_match(
            encoded, layout, row_chances(encoded, layout, conditions, chances), config.pair_weight, device
        ),
        averaged=[torch.zeros_like(weight) for weight in maker.parameters()],
        generator_adam=torch.optim.Adam(maker.parameters(), weight_decay=WEIGHT_DECAY, **adam),
        discriminator_adam=torch.optim.Adam(critic.parameters(), **adam),
        log=torch.zeros(STEPS_PER_RECORD, _MEASURES, device=device),
        batch_size=batch_size,
        n_rows=len(encoded),
        threads=config.threads or torch.get_num_threads(),
    )
