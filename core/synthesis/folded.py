"""A generator folded for drawing: what never changes between rows is worked into the weights once.

Source: Xu, Skoularidou, Cuesta-Infante and Veeramachaneni 2019, arXiv:1907.00503, section 4.4, in evaluation mode. The
function is that of `core.synthesis.networks.Generator.forward`, with these exact changes of form:

* batch normalisation with fixed statistics is a scale and a shift of each unit. The scale goes into the weights that
  lead to the unit, the shift into the table of conditions;
* rows with offsets of their own (`core.synthesis.offsets`) have a row of their own in the last layer's table;
* all hidden layers and the noise lie side by side in one buffer, so the last layer is one product;
* that product is made the other way round, slots first: (width, rows). Rows of memory are then as long as there are
  rows, whatever the number of slots is. Products whose rows of memory are no multiple of 64 bytes take up to twice as
  long, and drawing levels runs along whole rows of memory.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.synthesis.networks import SMALLEST_VARIANCE, Generator
from core.synthesis.offsets import Offsets

CHUNK_ROWS = 1_024
"""Rows that go through the layers together: few enough for the caches of a processor."""


class Folded:
    """Logits of a generator in evaluation mode, slots first.

    Parameters
    ----------
    generator : Generator
        Read once: later changes of its weights are not seen.
    offsets : Offsets
        Their n shifts make the n rows of the last layer's table that follow those of the conditions.
    """

    @torch.no_grad()
    def __init__(self, generator: Generator, offsets: Offsets) -> None:
        self.layers, self.n_hidden = generator.layers, sum(generator.layers)
        scale, shift = _fixed_normalisation(generator)
        noise, conditions = generator.noise_weight, generator.condition_weight
        self.noise_weight = noise[:, : self.n_hidden] * scale  # (noise, hidden)
        self.hidden_table = conditions[:, : self.n_hidden] * scale + shift  # (conditions, hidden)
        self.hidden_bias = shift
        # from all earlier layers together, the first layer from none: (earlier, out)
        *between, last = _side_by_side(generator)
        self.between = [weight * one for weight, one in zip(between, scale.split(self.layers), strict=True)]
        self.last = torch.cat([last, noise[:, self.n_hidden :]]).T.contiguous()  # (width, hidden + noise)
        table = conditions[:, self.n_hidden :] + generator.bias
        shifted = table[torch.from_numpy(offsets.ids).to(table.device)] + offsets.shifts.to(table.device)
        self.last_table = torch.cat([table, shifted])  # (conditions and offsets, width)
        self.bias = generator.bias.unsqueeze(1).clone()  # (width, 1)

    def logits(self, noise: Tensor, ids: Tensor | None, last: Tensor | None = None) -> Tensor:
        """Logits of rows, slots first: (width, n).

        Parameters
        ----------
        noise : (n, noise_size)
        ids : (n,) conditions, or None for a table without levels
        last : (n,) rows of the last layer's table; those of the conditions by default
        """
        last = ids if last is None else last
        logits = noise.new_empty(len(self.bias), len(noise) + 16)[:, : len(noise)]
        for start in range(0, len(noise), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            self._write(logits[:, part], noise[part], *(None if one is None else one[part] for one in (ids, last)))
        return logits

    def _write(self, logits: Tensor, noise: Tensor, ids: Tensor | None, last: Tensor | None) -> None:
        inputs = noise.new_empty(len(noise), self.n_hidden + noise.shape[1])
        hidden = inputs[:, : self.n_hidden]
        inputs[:, self.n_hidden :] = noise
        if ids is None:
            hidden.copy_(self.hidden_bias)
        else:
            torch.index_select(self.hidden_table, 0, ids, out=hidden)
        hidden.addmm_(noise, self.noise_weight)
        start = 0
        for width, weight in zip(self.layers, self.between, strict=True):
            units = hidden[:, start : start + width]
            if start:
                units.addmm_(hidden[:, :start], weight)
            units.clamp_min_(0)
            start += width
        if last is None:
            torch.addmm(self.bias, self.last, inputs.T, out=logits)
        else:
            torch.mm(self.last, inputs.T, out=logits)
            logits.add_(self.last_table.index_select(0, last).T)


def _fixed_normalisation(generator: Generator) -> tuple[Tensor, Tensor]:
    """Batch normalisation of all hidden units as scale and shift, both (hidden,)."""
    n_layers = len(generator.layers)
    means, variances = (
        torch.cat([getattr(generator, f"{name}_{at}") for at in range(n_layers)]) for name in ("mean", "variance")
    )
    scale = torch.cat(list(generator.norm_weights)) * torch.rsqrt(variances + SMALLEST_VARIANCE)
    return scale, torch.cat(list(generator.norm_biases)) - means * scale


def _side_by_side(generator: Generator) -> list[Tensor]:
    """For every layer, the last one included, its weights from all earlier layers: (earlier, out)."""
    weights, found = iter(generator.weights), []
    for at, out in enumerate(generator.outs):
        own = [next(weights) for _ in range(at)]
        found.append(torch.cat(own) if own else generator.bias.new_empty(0, out))
    return found
