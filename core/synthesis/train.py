"""Training: an iterator that reads like Algorithm 1 of the CTGAN paper, with everything of a step on the device.

Nothing returns to the host between two records: losses gather in a tensor, brought back by one transfer per record.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import TrainingDiverged
from core.records import EpochRecord
from core.synthesis.conditional import ConditionSampler
from core.synthesis.networks import Masks, Tape, activate, activation_gradient, gumbel_noise, hardened
from core.synthesis.setup import STEPS_PER_RECORD, Training, prepare

__all__ = ["Training", "one_step", "prepare", "train"]

STEADY_STEPS = 2_000
"""Steps at the full rate before a falling one begins to fall."""
SMALLEST_RATE = 0.02
"""Share of the learning rate that a fall to the end leaves, also for epochs beyond the end."""


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
    torch.set_num_threads(training.threads)
    per_epoch = training.steps_per_epoch
    while training.step < until_epoch * per_epoch:
        within = training.step % per_epoch
        n_steps = min(STEPS_PER_RECORD - within % STEPS_PER_RECORD, per_epoch - within)
        begun = clock()
        with arithmetic(training.config.precision):
            for at in range(n_steps):
                one_step(training, at)
        yield _record(training, n_steps, clock, begun)


@contextlib.contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """Numbers too small to matter are flushed to 0, and products are rounded as `precision` says, while it lasts."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if precision == "fast" else "highest")
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_float32_matmul_precision(before)


@torch.no_grad()
def one_step(training: Training, at: int) -> None:
    """Critic steps, then one generator step; what they measured goes to row `at` of the log."""
    rate = learning_rate_at(training)
    for group in (*training.generator_adam.param_groups, *training.discriminator_adam.param_groups):
        group["lr"] = rate
    for _ in range(training.config.discriminator_steps):
        judged = critic_step(training)
    torch.cat([judged, generator_step(training)], out=training.log.select(0, at))
    training.step += 1
    # running average of the weights; corrected for its start at zero when it is read
    decay = training.config.averaging
    torch._foreach_lerp_(training.averaged, list(training.generator.parameters()), 1 - decay)


def learning_rate_at(training: Training) -> float:
    """The learning rate of the next step: rises while warming up, then follows the schedule."""
    config, step = training.config, training.step
    rate = config.learning_rate * min(1.0, (step + 1) / max(1, config.warm_up_steps))
    if config.schedule == "falling":
        return rate * min(1.0, math.sqrt(STEADY_STEPS / (step + 1)))
    if config.schedule == "to the end":
        share = step / (config.epochs * training.steps_per_epoch)
        return rate * max(SMALLEST_RATE, min(1.0, 2 * (1 - share)))
    return rate


def critic_step(training: Training) -> Tensor:
    """One step of the critic; returns its loss, its penalty and its gradient norm.

    b rows, p = b / pac packs, w slots of a row, h units of the critic's first layer
    """
    config, critic = training.config, training.discriminator
    p = training.batch_size // config.pac
    ids = _conditions(training)                                                 # (b,)
    logits, _ = _logits(training, ids)                                          # (b, w), no graph behind it
    rows = torch.cat([_activated(training, logits).T, real_rows(training, ids)])    # (2b, w): drawn, real

    asked = critic.condition_part(ids)                                          # (p, h)
    before = critic.first_layer(rows).view(2, p, -1).add_(asked)                # (2, p, h)
    share = torch.rand(p, 1, generator=training.random, device=training.device)     # (p, 1): one for a whole pack
    between = torch.lerp(*before.unbind(), share)                               # (p, h): layer 1 is linear

    signs = training.signs                                                      # (2p,): 1 / p drawn, -1 / p real
    scores, gradients = critic.gradients_of_scores(rows, ids, before.view(2 * p, -1), _dropout(training, 2 * p), signs)
    penalty = critic.add_penalty(between, _dropout(training, p), config.penalty_weight, gradients)
    norm = _apply(training.discriminator_adam, list(critic.parameters()), gradients)
    return torch.stack([scores @ signs, penalty, norm])


def generator_step(training: Training) -> Tensor:
    """One step of the generator; returns its loss, its conditional loss and its gradient norm."""
    config, critic, layout = training.config, training.discriminator, training.encoder.layout
    b, p = training.batch_size, training.batch_size // config.pac
    ids = _conditions(training)                                                 # (b,)
    logits, tape = _logits(training, ids)                                       # (b, w)
    drawn = _activated(training, logits)                                        # (w, b)
    rows = torch.cat([drawn.T])                                                 # (b, w)

    before = critic.first_layer(rows) + critic.condition_part(ids)              # (p, h)
    scores, slope = critic.slope_by_rows(before, _dropout(training, p))         # (p,), (p, pac * w)
    score, by_drawn = scores.mean(), slope.mul_(-1 / p).view(b, -1)             # by_drawn of minus the mean score
    if training.pairs is not None:
        by_drawn += training.pairs.gradient(hardened(drawn, layout.n_scalars, training.groups).T, fast=critic.fast)
    by_logits = activation_gradient(by_drawn, drawn, layout.n_scalars, training.groups, config.temperature).T   # (b, w)
    asked = conditional_loss(logits, ids, training.condition_sampler, config.conditional_weight, by_logits)

    gradients = training.generator.gradients(tape, by_logits)
    norm = _apply(training.generator_adam, list(training.generator.parameters()), gradients)
    return torch.stack([config.conditional_weight * asked - score, asked, norm])


def conditional_loss(
    logits: Tensor, ids: Tensor | None, sampler: ConditionSampler, weight: float, gradient: Tensor
) -> Tensor:
    """Mean cross-entropy, in nats, between the level asked for and the logits of its column alone.

    Its gradient by the logits, times `weight`, is added to `gradient`.
    """
    if ids is None:
        return logits.new_zeros(())
    places = torch.arange(sampler.widest, device=logits.device)                 # (l,)
    outside = places >= sampler.widths.index_select(0, ids).unsqueeze(1)        # (b, l)
    column = (sampler.starts.index_select(0, ids).unsqueeze(1) + places).clamp_max_(logits.shape[1] - 1)
    wanted = sampler.slots.index_select(0, ids).unsqueeze(1)                    # (b, 1)
    chances = torch.log_softmax(logits.gather(1, column).masked_fill_(outside, -math.inf), dim=1)   # (b, l)
    loss = -chances.gather(1, wanted - column.narrow(1, 0, 1))                  # (b, 1)
    share = torch.full_like(loss, weight / len(ids))                            # (b, 1)
    if sampler.weights is not None:
        each = sampler.weights.index_select(0, ids).unsqueeze(1)                # (b, 1)
        loss, share = loss * each, share.mul_(each)
    gradient.scatter_add_(1, column, chances.exp_().mul_(share))
    gradient.scatter_add_(1, wanted, -share)
    return loss.mean()


def real_rows(training: Training, ids: Tensor | None) -> Tensor:
    """Real rows that meet the conditions, one-hot made on the device: (b, w)."""
    index = training.row_sampler.draw(ids, training.batch_size, training.random)
    scalars = training.scalars.index_select(0, index)
    rows = F.pad(scalars, (0, training.encoder.layout.width - scalars.shape[1]))
    return rows.scatter_(1, training.slots.index_select(0, index).long(), 1.0)


def _conditions(training: Training) -> Tensor | None:
    sampler = training.condition_sampler
    return sampler.draw(training.batch_size, training.random) if sampler.n else None


def _logits(training: Training, ids: Tensor | None) -> tuple[Tensor, Tape]:
    size = (training.batch_size, training.config.noise_size)
    noise = torch.randn(size, generator=training.random, device=training.device)
    return training.generator.forward_training(noise, ids)


def _activated(training: Training, logits: Tensor) -> Tensor:
    noise = gumbel_noise(tuple(logits.T.shape), logits, training.random)        # (w, b)
    return activate(logits, noise, len(training.encoder.layout.scalars), training.groups, training.config.temperature)


def _dropout(training: Training, n: int) -> Masks:
    """Masks of both hidden layers of the critic: 0, or 1 / keep."""
    keep = 1 - training.config.dropout
    if keep == 1:
        return None
    widths = training.config.discriminator_layers
    uniform = torch.rand(n, sum(widths), generator=training.random, device=training.device)
    first, second = uniform.lt(keep).to(uniform.dtype).mul_(1 / keep).split(widths, dim=1)
    return first, second


def _apply(adam: torch.optim.Adam, weights: list[Tensor], gradients: list[Tensor]) -> Tensor:
    """Let Adam take the step; returns the norm of all gradients together."""
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    adam.step()
    return torch.stack(torch._foreach_norm(gradients)).norm()


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
        gradient_penalty_std=std[1],
        conditional_loss_std=std[4],
        generator_gradient_norm_std=std[5],
        discriminator_gradient_norm_std=std[2],
        learning_rate=training.config.learning_rate,
    )
