"""How long a run will take, from a few steps of it that leave it as it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from core.synthesis.checkpoint import restore_state, state_of
from core.synthesis.setup import Training
from core.synthesis.train import one_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Time of a run, foreseen.

    Parameters
    ----------
    seconds_per_epoch, seconds : float
        Of one epoch, and of all epochs still to come.
    n_steps : int
        Steps that were timed.
    """

    seconds_per_epoch: float
    seconds: float
    n_steps: int


def forecast(training: Training, n_steps: int = 50, *, clock: Callable[[], float] = time.perf_counter) -> Forecast:
    """Time `n_steps` steps and put the run back to where it was, random state included.

    Parameters
    ----------
    training : Training
    n_steps : int
        At least 2; the first of them warms up and is not counted.
    """
    state, step = state_of(training), training.step
    one_step(training, 0)
    begun = clock()
    for _ in range(n_steps - 1):
        one_step(training, 0)
    if training.device.type == "cuda":
        torch.cuda.synchronize(training.device)
    per_step = (clock() - begun) / (n_steps - 1)
    restore_state(training, state)
    training.step = step
    per_epoch = per_step * training.steps_per_epoch
    left = max(0, training.config.epochs - training.step / training.steps_per_epoch)
    return Forecast(seconds_per_epoch=per_epoch, seconds=per_epoch * left, n_steps=n_steps)
