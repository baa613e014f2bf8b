"""Balancing a trained generator: shares of levels and modes are put right by its last bias alone.

A critic leaves each column's shares a few percent off, and everything that is counted afterwards inherits that. Adding
log(wanted share / drawn share) to the bias of a slot, a few times over, makes the drawn shares right: it is iterative
proportional fitting (Deming and Stephan 1940) on the logits, which moves the shares of a column and leaves the odds
ratios between its levels, given noise and condition, as they were learned.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.synthesis.conditional import Conditions
from core.synthesis.networks import Generator, Groups

ROUNDS = 8
LARGEST_SHIFT = 3.0
"""Most that a bias may move in all, in nats: a level that was lost cannot be forced on rows of other kinds."""
LARGEST_SPEED = 3.0
"""Most by which a round's shift is lengthened."""


@torch.no_grad()
def balance(
    generator: Generator,
    conditions: Conditions,
    frequencies: np.ndarray,
    n_scalars: int,
    groups: Groups,
    *,
    n_rows: int,
    seed: int,
) -> None:
    """Shift the last bias so that drawn shares under true frequencies are those of the train rows.

    Parameters
    ----------
    generator : Generator
        With batch normalisation measured for evaluation mode; its bias is changed in place.
    frequencies : array of shape (width,)
        Share of the train rows in each slot; those of normalised values are not used.
    n_scalars, groups
        Of the layout.
    n_rows : int
        Rows to measure on.
    """
    random = torch.Generator().manual_seed(seed)
    noise = torch.randn(n_rows, generator.noise_weight.shape[0], generator=random)
    ids = None
    if len(conditions):
        chances = torch.from_numpy(conditions.chances(log=False))
        ids = torch.multinomial(chances, n_rows, replacement=True, generator=random)
    logits = generator(noise, ids).T.contiguous()  # (w, n)
    wanted = torch.from_numpy(frequencies).to(logits.dtype)  # (w,)
    shift = torch.zeros_like(wanted)
    smallest = 1 / n_rows
    for _ in range(ROUNDS):
        drawn, spread = _shares(logits + shift.unsqueeze(1), groups)
        # log-odds of a mean share move by less than the shift where single rows are already sure of their level
        speed = ((drawn - drawn.square()) / spread.clamp_min(smallest**2)).clamp(1.0, LARGEST_SPEED)
        shift += torch.log((wanted + smallest) / (drawn + smallest)) * speed
        shift.clamp_(-LARGEST_SHIFT, LARGEST_SHIFT)
    shift[:n_scalars] = 0
    generator.bias += shift


def _shares(logits: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:
    """Mean softmax p of every slot of its span, and mean p (1 - p), both (w,), from logits (w, n)."""
    shares, spread = torch.zeros(len(logits)), torch.zeros(len(logits))
    for start, n, width in groups:
        chances = torch.softmax(logits.narrow(0, start, n * width).view(n, width, -1), dim=1)
        mean = chances.mean(dim=-1).view(-1)
        shares[start : start + n * width] = mean
        spread[start : start + n * width] = mean - chances.square_().mean(dim=-1).view(-1)
    return shares, spread
