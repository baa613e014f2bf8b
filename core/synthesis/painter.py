"""Drawing encoded rows from a generator in evaluation mode, and decoding them: everything random comes from a seed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import torch

from core.errors import InvalidConfig
from core.records import Knobs
from core.synthesis.checkpoint import Model
from core.synthesis.encode import Encoded
from core.synthesis.folded import Folded
from core.synthesis.inner import reshaped
from core.synthesis.offsets import prior_of

BLOCK_ROWS = 8_192
"""Rows drawn together. Each block has random numbers of its own, made from seed, stream and block, so that row i of a
seed is the same however many rows are asked for and however they are grouped into files."""
LAW = 2
"""Counts up when a seed gives other rows than before, so that an interrupted sample does not go on with others."""


class Painter:
    """Draws rows of a model, with or without a conditional vector for each of them.

    Parameters
    ----------
    model : Model
    device : torch.device
    seed : int
    knobs : Knobs
        `weights` is for whoever loads the model; the others act here.

    Notes
    -----
    One level or mode of a span is drawn from softmax(logits / temperature) by inverting its distribution function: one
    uniform number per span. Adding Gumbel noise and taking the maximum, as in training, is the same law at one number
    and two logarithms per slot.
    """

    def __init__(self, model: Model, device: torch.device, seed: int, knobs: Knobs | None = None) -> None:
        if seed < 0:
            raise InvalidConfig(f"The seed is {seed}, but must be at least 0.", field="seed")
        self.model, self.device, self.seed = model, device, seed
        self.knobs = knobs or Knobs()
        self.network = Folded(model.generator.to(device), model.offsets)
        self.layout = model.encoder.layout
        self.groups = self.layout.groups()
        self.axes = model.inner.axes(self.layout)
        chances, own = prior_of(
            model.conditions, model.offsets, model.target, model.config.target_first, log=self.knobs.prior == "log"
        )
        # rows of the last layer's table: a condition's own, or behind all of them the one with its offsets
        plain = np.arange(len(model.conditions))
        self.steered_rows, self.prior_rows = (
            np.where(places < 0, plain, len(plain) + places)
            for places in (model.offsets.places(len(plain)), own)
        )  # fmt: skip
        self.edges = np.append(np.cumsum(chances)[:-1], 2.0) if len(chances) else chances

    def rng(self, stream: int, block: int) -> np.random.Generator:
        """The random numbers of one block of one stream: 0 for unconditioned rows, then one for each condition."""
        return np.random.default_rng([self.seed, stream, block])

    def prior_ids(self, n_rows: int, rng: np.random.Generator) -> np.ndarray | None:
        """Conditions for rows that nothing is asked of; None for a table without levels."""
        if not len(self.edges):
            return None
        return np.searchsorted(self.edges, rng.random(n_rows), side="right")

    @torch.inference_mode()
    def encoded(
        self, n_rows: int, ids: np.ndarray | None, rng: np.random.Generator, steered: np.ndarray | None = None
    ) -> Encoded:
        """Encoded rows under the conditions `ids` (n_rows,), or without any.

        Parameters
        ----------
        steered : bool array of shape (n_rows,), optional
            Rows whose condition is asked for, and not merely drawn by its frequency: they get its offsets. Others get
            them where the condition is a level of the target.
        """
        random = torch.Generator().manual_seed(int(rng.integers(2**62)))
        noise = self._noise(n_rows, random).to(self.device)
        uniform = torch.rand(len(self.layout.spans), n_rows, generator=random).to(self.device)
        last = None
        if ids is not None:
            last = self.prior_rows[ids]
            if steered is not None:
                last = np.where(steered, self.steered_rows[ids], last)
        logits = self.network.logits(noise, self._on_device(ids), self._on_device(last))
        # slots first in memory: each column is decoded along a whole row of it
        scalars = torch.tanh(logits[: self.layout.n_scalars]).cpu().numpy().T
        encoded = Encoded(scalars=scalars, slots=self._chosen(logits, uniform).cpu().numpy().T)
        reshaped(encoded.scalars, encoded.slots, self.axes)
        return encoded

    def _on_device(self, numbers: np.ndarray | None) -> torch.Tensor | None:
        if numbers is None:
            return None
        return torch.from_numpy(np.ascontiguousarray(numbers, dtype=np.int64)).to(self.device)

    def _chosen(self, logits: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
        """One slot for each span, (n_spans, n), from logits (width, n), which are written over."""
        found, at = torch.empty(uniform.shape, dtype=torch.int32, device=logits.device), 0
        for start, n, width in self.groups:
            view = logits[start : start + n * width].view(n, width, logits.shape[1])
            if self.knobs.temperature != 1.0:
                view.div_(self.knobs.temperature)
            heights = accumulate_(torch.softmax(view, dim=1))
            below = uniform[at : at + n] * heights[:, -1]
            # logits are done with: their memory takes the ones and zeros of the comparison
            passed = torch.le(heights, below.unsqueeze(1), out=view).sum(dim=1).clamp_max_(width - 1)
            first = torch.arange(start, start + n * width, width, device=logits.device)
            found[at : at + n] = passed.to(torch.int32) + first.unsqueeze(1)
            at += n
        return found

    def _noise(self, n_rows: int, random: torch.Generator) -> torch.Tensor:
        size, limit = self.model.config.noise_size, self.knobs.noise_limit
        if limit is None:
            return torch.randn(n_rows, size, generator=random)
        # the inverse distribution function of the normal, on the uniform numbers between its values at both limits
        uniform = torch.rand(n_rows, size, generator=random).mul_(2).sub_(1)
        return torch.erfinv(uniform * math.erf(limit / math.sqrt(2))).mul_(math.sqrt(2)).clamp_(-limit, limit)

    def decoded(self, encoded: Encoded, rng: np.random.Generator) -> pd.DataFrame:
        """Encoded rows as a work frame of the modelled columns."""
        return self.model.encoder.decode(encoded, rng)


def accumulate_(heights: torch.Tensor) -> torch.Tensor:
    """Running sums along the second of three dimensions, written over the values.

    On a processor one addition of whole rows for each place: many times as fast as a sum along strides.
    """
    if heights.device.type != "cpu":
        return heights.cumsum_(dim=1)
    for at in range(1, heights.shape[1]):
        heights[:, at].add_(heights[:, at - 1])
    return heights


def chosen_rows(encoded: Encoded, rows: np.ndarray) -> Encoded:
    """Some rows of an encoded table, by position or mask."""
    return Encoded(scalars=encoded.scalars[rows], slots=encoded.slots[rows])
