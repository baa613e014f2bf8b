"""Training: an iterator that reads like Algorithm 1 of the CTGAN paper, with everything of a step on the device.

Nothing returns to the host between two records: losses gather in a tensor, brought back by one transfer per record.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.errors import InvalidConfig, TooFewRows, TrainingDiverged, listed
from core.limits import MIN_TRAIN_ROWS
from core.records import EpochRecord
from core.schema import Schema
from core.synthesis.conditional import Conditions, ConditionSampler, RowSampler, count_conditions
from core.synthesis.config import TrainingConfig
from core.synthesis.encode import Encoded, Encoder, fit_encoder
from core.synthesis.networks import Discriminator, Generator, SegmentSoftmax, gumbel_noise, initialise

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
    device: torch.device
    random: torch.Generator | None
    scalars: Tensor
    slots: Tensor
    condition_sampler: ConditionSampler
    row_sampler: RowSampler
    generator: Generator
    discriminator: Discriminator
    averaged: list[Tensor]
    generator_adam: torch.optim.Adam
    discriminator_adam: torch.optim.Adam
    log: Tensor
    batch_size: int
    n_rows: int
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
        return f"processor, {torch.get_num_threads()} threads"


def prepare(train: pd.DataFrame, schema: Schema, config: TrainingConfig, *, target: str | None = None) -> Training:
    """Fit the encoder on train rows and set up a run at step 0.

    Parameters
    ----------
    train : work frame of the train rows; nothing else is fitted on
    schema : Schema
    config : TrainingConfig
    target : str, optional
        Column that `config.target_share` favours.

    Raises
    ------
    TooFewRows
        If there are fewer than `MIN_TRAIN_ROWS` rows, or fewer than one pack.
    InvalidConfig
        If no column is left to model, or the device is not there.
    """
    needed = max(MIN_TRAIN_ROWS, config.pac)
    if len(train) < needed:
        raise TooFewRows(
            f"There are {len(train)} train rows, but training needs at least {needed}.",
            "Bring more rows, or a smaller pack size (pac)." if config.pac > MIN_TRAIN_ROWS else "Bring more rows.",
        )
    encoder = fit_encoder(train, schema, max_modes=config.max_modes, max_levels=config.max_levels)
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
    for network in (maker, critic):
        initialise(network, generator)
    adam = {"lr": config.learning_rate, "betas": BETAS, "fused": True}
    return Training(
        config=config,
        target=target,
        encoder=encoder,
        conditions=conditions,
        device=device,
        random=generator,
        scalars=torch.from_numpy(encoded.scalars).to(device),
        slots=torch.from_numpy(encoded.slots).to(device),
        condition_sampler=ConditionSampler(conditions, chances, device),
        row_sampler=RowSampler(encoded, layout, conditions, device),
        generator=maker,
        discriminator=critic,
        averaged=[torch.zeros_like(weight) for weight in maker.parameters()],
        generator_adam=torch.optim.Adam(maker.parameters(), weight_decay=WEIGHT_DECAY, **adam),
        discriminator_adam=torch.optim.Adam(critic.parameters(), **adam),
        log=torch.zeros(STEPS_PER_RECORD, _MEASURES, device=device),
        batch_size=min(config.batch_size, len(encoded)) // config.pac * config.pac,
        n_rows=len(encoded),
    )


def train(
    training: Training, *, until_epoch: int, clock: Callable[[], float] = time.perf_counter
) -> Iterator[EpochRecord]:
    """Train on and yield a record at each epoch's end and at least every 200 steps; ceasing to pull stops.

    Parameters
    ----------
    training : Training
        Changed in place; between two records it can be saved.
    until_epoch : int
        Epochs in all, counted from the start of the run.

    Raises
    ------
    TrainingDiverged
        If a loss is no longer finite.
    """
    if training.config.threads:
        torch.set_num_threads(training.config.threads)
    torch.set_flush_denormal(True)
    per_epoch = training.steps_per_epoch
    while training.step < until_epoch * per_epoch:
        within = training.step % per_epoch
        n_steps = min(STEPS_PER_RECORD - within % STEPS_PER_RECORD, per_epoch - within)
        begun = clock()
        for at in range(n_steps):
            one_step(training, at)
        yield _record(training, n_steps, clock, begun)


def one_step(training: Training, at: int) -> None:
    """Critic steps, then one generator step; what they measured goes to row `at` of the log."""
    rate = training.config.learning_rate * min(1.0, (training.step + 1) / max(1, training.config.warm_up_steps))
    for group in (*training.generator_adam.param_groups, *training.discriminator_adam.param_groups):
        group["lr"] = rate
    for _ in range(training.config.discriminator_steps):
        training.log[at, :3] = critic_step(training)
    training.log[at, 3:] = generator_step(training)
    training.step += 1
    # running average of the weights; corrected for its start at zero when it is read
    decay = training.config.averaging
    torch._foreach_lerp_(training.averaged, [one.detach() for one in training.generator.parameters()], 1 - decay)


def critic_step(training: Training) -> Tensor:
    """One step of the critic; returns its loss, its penalty and its gradient norm.

    b rows, p = b / pac packs, w slots of a row, h units of the critic's first layer
    """
    config, critic, random = training.config, training.discriminator, training.random
    b, p = training.batch_size, training.batch_size // config.pac
    ids = _conditions(training, b)                                              # (b,)
    with torch.no_grad():
        drawn = _draw_rows(training, ids)                                       # (b, w)
        real = real_rows(training, ids)                                         # (b, w)

    asked = critic.condition_part(ids)                                          # (p, h)
    before = critic.first_layer(torch.cat([drawn, real])).view(2, p, -1) + asked    # (2, p, h)
    scores = critic.score(before.view(2 * p, -1), _dropout(training, 2 * p))    # (2p,)
    loss = scores[:p].mean() - scores[p:].mean()

    share = torch.rand(p, 1, generator=random, device=training.device)          # (p, 1): one share for a whole pack
    between = torch.lerp(before[0].detach(), before[1].detach(), share)         # (p, h): layer 1 is linear
    slope = critic.input_gradient(between, _dropout(training, p))               # (p, pac * w)
    penalty = config.penalty_weight * (slope.norm(dim=1) - 1).square().mean()

    weights = list(critic.parameters())
    gradients = torch.autograd.grad(loss + penalty, weights, allow_unused=True)
    norm = _apply(training.discriminator_adam, weights, gradients)
    return torch.stack([loss.detach(), penalty.detach(), norm])


def generator_step(training: Training) -> Tensor:
    """One step of the generator; returns its loss, its conditional loss and its gradient norm."""
    config, critic = training.config, training.discriminator
    b, p = training.batch_size, training.batch_size // config.pac
    ids = _conditions(training, b)                                              # (b,)
    logits = _logits(training, ids)                                             # (b, w)
    drawn = _activated(training, logits)                                        # (b, w)

    before = critic.first_layer(drawn) + critic.condition_part(ids).detach()    # (p, h)
    score = critic.score(before, _dropout(training, p)).mean()
    asked = conditional_loss(logits, ids, training.condition_sampler)
    loss = config.conditional_weight * asked - score

    weights = list(training.generator.parameters())
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    norm = _apply(training.generator_adam, weights, gradients)
    return torch.stack([loss.detach(), asked.detach(), norm])


def conditional_loss(logits: Tensor, ids: Tensor | None, sampler: ConditionSampler) -> Tensor:
    """Mean cross-entropy, in nats, between the level asked for and the logits of its column alone."""
    if ids is None:
        return logits.new_zeros(())
    places = torch.arange(sampler.widest, device=logits.device)                 # (l,)
    inside = places < sampler.widths[ids].unsqueeze(1)                          # (b, l)
    column = (sampler.starts[ids].unsqueeze(1) + places).clamp_max(logits.shape[1] - 1)
    chosen = logits.gather(1, column).masked_fill(~inside, -math.inf)           # (b, l)
    wanted = logits.gather(1, sampler.slots[ids].unsqueeze(1)).squeeze(1)       # (b,)
    return (torch.logsumexp(chosen, dim=1) - wanted).mean()


def real_rows(training: Training, ids: Tensor | None) -> Tensor:
    """Real rows that meet the conditions, one-hot made on the device: (b, w)."""
    index = training.row_sampler.draw(ids, training.batch_size, training.random)
    rows = torch.zeros(training.batch_size, training.encoder.layout.width, device=training.device)
    rows[:, : training.scalars.shape[1]] = training.scalars[index]
    return rows.scatter_(1, training.slots[index].long(), 1.0)


def _conditions(training: Training, n: int) -> Tensor | None:
    return training.condition_sampler.draw(n, training.random) if training.condition_sampler.n else None


def _logits(training: Training, ids: Tensor | None) -> Tensor:
    size = (training.batch_size, training.config.noise_size)
    noise = torch.randn(size, generator=training.random, device=training.device)
    return training.generator(noise, ids, batch_statistics=True)


def _activated(training: Training, logits: Tensor) -> Tensor:
    noise = gumbel_noise(tuple(logits.shape), logits, training.random)
    layout = training.encoder.layout
    return SegmentSoftmax.apply(logits, noise, layout.n_scalars, layout.groups(), training.config.temperature)


def _draw_rows(training: Training, ids: Tensor | None) -> Tensor:
    return _activated(training, _logits(training, ids))


def _dropout(training: Training, n: int) -> tuple[Tensor, Tensor] | None:
    """Masks of both hidden layers of the critic: 0, or 1 / keep."""
    keep = 1 - training.config.dropout
    if keep == 1:
        return None
    widths = training.config.discriminator_layers
    uniform = torch.rand(n, sum(widths), generator=training.random, device=training.device)
    first, second = uniform.lt(keep).to(uniform.dtype).mul_(1 / keep).split(widths, dim=1)
    return first, second


def _apply(adam: torch.optim.Adam, weights: list[Tensor], gradients: tuple[Tensor | None, ...]) -> Tensor:
    """Let Adam take the step; returns the norm of all gradients together."""
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    adam.step()
    adam.zero_grad(set_to_none=True)
    return torch.stack(torch._foreach_norm([one for one in gradients if one is not None])).norm()


def _record(training: Training, n_steps: int, clock: Callable[[], float], begun: float) -> EpochRecord:
    """What the last `n_steps` steps measured: the one transfer to the host."""
    log = training.log[:n_steps].cpu().double()
    seconds = max(clock() - begun, 1e-9)
    per_epoch = training.steps_per_epoch
    epoch = math.ceil(training.step / per_epoch)
    if not bool(torch.isfinite(log).all()):
        raise TrainingDiverged(
            f"The losses are no longer finite numbers in epoch {epoch}.",
            "Lower the learning rate, or go on from an earlier checkpoint.",
            epoch=epoch,
        )
    mean = log.mean(dim=0).tolist()
    std = log.std(dim=0, correction=0).tolist()
    return EpochRecord(
        epoch=epoch,
        step=training.step,
        epoch_done=training.step % per_epoch == 0,
        seconds=seconds,
        rows_per_second=n_steps * training.batch_size / seconds,
        generator_loss=mean[3],
        generator_loss_std=std[3],
        discriminator_loss=mean[0],
        discriminator_loss_std=std[0],
        gradient_penalty=mean[1],
        conditional_loss=mean[4],
        generator_gradient_norm=mean[5],
        discriminator_gradient_norm=mean[2],
    )
