"""Generator and discriminator of CTGAN with their gradients, written in the exact cheap forms.

Source: Xu, Skoularidou, Cuesta-Infante and Veeramachaneni 2019, Modeling Tabular Data using Conditional GAN,
arXiv:1907.00503, section 4.4. Every form here equals the textbook one under automatic differentiation
(`tests/reference/`):

* one-hot conditions multiply a matrix by gathering its rows;
* all layers of the generator see noise and condition (residual concatenation), so one product serves all of them;
* the critic is piecewise linear, so its slope by its rows is a product of matrices: no double backward, and the
  generator's gradient is that same slope;
* the first layer of an interpolate is the interpolate of the first layers.

Gradients are written out because nothing else makes a step this short: no graph, no second pass over layer 1, and the
whole step runs on a device that is not there (fake tensors), where automatic differentiation cannot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.synthesis.products import add_product_, plus_product, product

LEAK = 0.2
SMALLEST_VARIANCE = 1e-5

Groups = list[tuple[int, int, int]]
Masks = tuple[Tensor, Tensor] | None


@dataclass(slots=True)
class Tape:
    """What one forward pass of the generator leaves for its gradient."""

    noise: Tensor
    ids: Tensor | None
    normal: list[Tensor]
    spread: list[Tensor]
    hidden: list[Tensor]


class Generator(nn.Module):
    """Noise and condition to the logits of an encoded row.

    Hidden layers have no bias: batch normalisation would take it out again.

    Parameters
    ----------
    noise_size, n_conditions, width : int
        Sizes of noise, conditional vector and encoded row.
    layers : tuple of int
        Widths of the hidden layers, each a full residual layer: x becomes (ReLU(BN(FC(x))), x).
    """

    def __init__(self, noise_size: int, n_conditions: int, width: int, layers: tuple[int, ...]) -> None:
        super().__init__()
        self.layers, self.outs, self.fast = layers, (*layers, width), False
        bounds = [1 / math.sqrt(noise_size + n_conditions + sum(layers[:at])) for at in range(len(self.outs))]
        sides = list(zip(self.outs, bounds, strict=True))
        # every layer's weights for noise and condition, side by side: (noise, out_1 + ... + out_L + width)
        self.noise_weight = nn.Parameter(torch.cat([torch.full((noise_size, out), b) for out, b in sides], 1))
        self.condition_weight = nn.Parameter(torch.cat([torch.full((n_conditions, out), b) for out, b in sides], 1))
        # layer by layer, for every earlier layer: (out_earlier, out)
        self.weights = nn.ParameterList(
            torch.full((layers[earlier], out), bound) for at, (out, bound) in enumerate(sides) for earlier in range(at)
        )
        self.bias = nn.Parameter(torch.full((width,), bounds[-1]))
        self.norm_weights = nn.ParameterList(torch.ones(out) for out in layers)
        self.norm_biases = nn.ParameterList(torch.zeros(out) for out in layers)
        for at, out in enumerate(layers):
            self.register_buffer(f"mean_{at}", torch.zeros(out))
            self.register_buffer(f"variance_{at}", torch.ones(out))

    def forward(self, noise: Tensor, ids: Tensor | None) -> Tensor:
        """Logits (n, width) in evaluation mode, from noise (n, noise_size) and condition ids (n,) or None."""
        hidden: list[Tensor] = []
        weights = iter(self.weights)
        for at, value in enumerate(self._inputs(noise, ids)):
            for earlier in hidden:
                value = plus_product(value, earlier, next(weights), self.fast)
            if at == len(self.layers):
                return value + self.bias
            mean, variance = getattr(self, f"mean_{at}"), getattr(self, f"variance_{at}")
            normal = (value - mean) * torch.rsqrt(variance + SMALLEST_VARIANCE)
            hidden.append(torch.addcmul(self.norm_biases[at], normal, self.norm_weights[at]).relu_())
        raise AssertionError("the last layer returns")

    def forward_training(
        self, noise: Tensor, ids: Tensor | None, *, keep_statistics: bool = False
    ) -> tuple[Tensor, Tape]:
        """Logits under the batch's own statistics, and the tape; `keep_statistics` stores them for evaluation mode."""
        tape = Tape(noise=noise, ids=ids, normal=[], spread=[], hidden=[])
        weights = iter(self.weights)
        for at, value in enumerate(self._inputs(noise, ids)):
            for earlier in tape.hidden:
                value = plus_product(value, earlier, next(weights), self.fast)
            if at == len(self.layers):
                return value + self.bias, tape
            mean = value.mean(dim=0)
            normal = value - mean
            variance = normal.square().mean(dim=0)
            if keep_statistics:
                getattr(self, f"mean_{at}").copy_(mean)
                getattr(self, f"variance_{at}").copy_(variance)
            spread = variance.add_(SMALLEST_VARIANCE).rsqrt_()
            tape.normal.append(normal.mul_(spread))
            tape.spread.append(spread)
            tape.hidden.append(torch.addcmul(self.norm_biases[at], normal, self.norm_weights[at]).relu_())
        raise AssertionError("the last layer returns")

    def gradients(self, tape: Tape, by_logits: Tensor) -> list[Tensor]:
        """Gradients of a loss by all parameters, in their order, from its gradient (n, width) by the logits."""
        n, n_layers = len(by_logits), len(self.layers)
        by_values: list[Tensor] = [by_logits] * (n_layers + 1)
        by_hidden: list[Tensor | None] = [None] * n_layers
        by_weights: list[Tensor] = [by_logits] * len(self.weights)
        by_scale: list[Tensor] = [by_logits] * n_layers
        by_shift: list[Tensor] = [by_logits] * n_layers
        at_weight = len(self.weights)
        for at in range(n_layers, -1, -1):
            if at < n_layers:
                active = torch.ops.aten.threshold_backward(by_hidden[at], tape.hidden[at], 0)
                by_shift[at] = active.sum(dim=0)
                by_scale[at] = (active * tape.normal[at]).sum(dim=0)
                by_values[at] = (
                    active.sub_(by_shift[at] / n)
                    .addcmul_(tape.normal[at], by_scale[at], value=-1 / n)
                    .mul_(self.norm_weights[at] * tape.spread[at])
                )
            at_weight -= at
            for earlier in range(at):
                weight = self.weights[at_weight + earlier]
                by_weights[at_weight + earlier] = product(tape.hidden[earlier].T, by_values[at], self.fast)
                known = by_hidden[earlier]
                by_hidden[earlier] = (
                    product(by_values[at], weight.T, self.fast)
                    if known is None
                    else add_product_(known, by_values[at], weight.T, self.fast)
                )
        by_inputs = torch.cat(by_values, dim=1)
        by_conditions = torch.zeros_like(self.condition_weight)
        if tape.ids is not None:
            by_conditions.index_add_(0, tape.ids, by_inputs)
        by_noise = product(tape.noise.T, by_inputs, self.fast)
        return [by_noise, by_conditions, by_logits.sum(dim=0), *by_weights, *by_scale, *by_shift]

    def _inputs(self, noise: Tensor, ids: Tensor | None) -> tuple[Tensor, ...]:
        """What noise and condition give to every layer: tensors (n, out)."""
        if ids is None:
            return product(noise, self.noise_weight, self.fast).split(self.outs, dim=1)
        asked = self.condition_weight.index_select(0, ids)
        return add_product_(asked, noise, self.noise_weight, self.fast).split(self.outs, dim=1)


class Discriminator(nn.Module):
    """Critic of packs of rows.

    Parameters
    ----------
    width, n_conditions, pac : int
    layers : tuple of two int
    """

    def __init__(self, width: int, n_conditions: int, pac: int, layers: tuple[int, ...]) -> None:
        super().__init__()
        first, second = layers
        self.pac, self.width, self.fast = pac, width, False
        seen = 1 / math.sqrt(pac * (width + n_conditions))
        self.row_weight = nn.Parameter(torch.full((first, pac * width), seen))
        self.condition_weight = nn.Parameter(torch.full((pac * n_conditions, first), seen))
        self.bias_1 = nn.Parameter(torch.full((first,), seen))
        self.weight_2 = nn.Parameter(torch.full((second, first), 1 / math.sqrt(first)))
        self.bias_2 = nn.Parameter(torch.full((second,), 1 / math.sqrt(first)))
        self.weight_3 = nn.Parameter(torch.full((second,), 1 / math.sqrt(second)))
        self.register_buffer("offsets", torch.arange(pac) * n_conditions)

    def places(self, ids: Tensor) -> Tensor:
        """Rows of `condition_weight` that the conditions of every pack gather: (packs, pac)."""
        return ids.view(-1, self.pac) + self.offsets

    def condition_part(self, ids: Tensor | None) -> Tensor:
        """What the conditions of a pack add to the first layer, bias included: (packs, first), or the bias alone."""
        if ids is None:
            return self.bias_1
        return F.embedding(self.places(ids), self.condition_weight).sum(dim=1).add_(self.bias_1)

    def first_layer(self, rows: Tensor) -> Tensor:
        """First layer before its activation and without the condition: (packs, first) from rows (n, width)."""
        return product(rows.view(-1, self.row_weight.shape[1]), self.row_weight.T, self.fast)

    def score(self, before_1: Tensor, masks: Masks = None) -> Tensor:
        """Scores (packs,) from the first layer before its activation.

        There is no last bias: it would cancel between drawn and real packs, and leave the generator's gradient alone.
        """
        hidden_1 = hidden(before_1, masks and masks[0])
        before_2 = plus_product(self.bias_2, hidden_1, self.weight_2.T, self.fast)
        return hidden(before_2, masks and masks[1]) @ self.weight_3

    def slope_by_rows(self, before_1: Tensor, masks: Masks = None) -> tuple[Tensor, Tensor]:
        """Scores (packs,), and the gradient of each by the rows of its pack: (packs, pac * width).

        With s the slopes of the units at this point (0 for silenced ones) the gradient is ((w3 * s2) W2 * s1) W1.
        """
        hidden_1 = hidden(before_1, masks and masks[0])
        before_2 = plus_product(self.bias_2, hidden_1, self.weight_2.T, self.fast)
        scores = hidden(before_2, masks and masks[1]) @ self.weight_3
        above_2 = before(self.weight_3.expand_as(before_2), before_2, masks and masks[1])
        above_1 = before(product(above_2, self.weight_2, self.fast), before_1, masks and masks[0])
        return scores, product(above_1, self.row_weight, self.fast)

    def gradients_of_scores(
        self, rows: Tensor, ids: Tensor | None, before_1: Tensor, masks: Masks, by_scores: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Scores of packs, and gradients by all parameters, in their order, of their sum weighted with `by_scores`.

        Parameters
        ----------
        rows : (packs * pac, width)
        ids : (k,) condition ids of the first k / pac packs, and again of the following ones, or None
        before_1 : (packs, first)
        by_scores : (packs,)
        """
        hidden_1 = hidden(before_1, masks and masks[0])
        before_2 = plus_product(self.bias_2, hidden_1, self.weight_2.T, self.fast)
        hidden_2 = hidden(before_2, masks and masks[1])
        by_before_2 = before(torch.outer(by_scores, self.weight_3), before_2, masks and masks[1])
        by_before_1 = before(product(by_before_2, self.weight_2, self.fast), before_1, masks and masks[0])
        by_conditions = torch.zeros_like(self.condition_weight)
        if ids is not None:
            packs = self.places(ids)
            together = by_before_1.view(-1, len(packs), by_before_1.shape[1]).sum(dim=0)
            by_conditions.index_add_(0, packs.T.reshape(-1), together.repeat(self.pac, 1))
        gradients = [
            product(by_before_1.T, rows.view(len(before_1), -1), self.fast),
            by_conditions,
            by_before_1.sum(dim=0),
            product(by_before_2.T, hidden_1, self.fast),
            by_before_2.sum(dim=0),
            by_scores @ hidden_2,
        ]
        return hidden_2 @ self.weight_3, gradients

    def add_penalty(self, between: Tensor, masks: Masks, weight: float, gradients: list[Tensor]) -> Tensor:
        """The gradient penalty weight * mean (slope's norm - 1)^2; its gradients are added to `gradients`.

        Parameters
        ----------
        between : (packs, first)
            First layer of the interpolates before its activation; no gradient flows through it, since it moves slopes
            only by jumps.
        """
        hidden_1 = hidden(between, masks and masks[0])
        before_2 = plus_product(self.bias_2, hidden_1, self.weight_2.T, self.fast)
        above_2 = before(self.weight_3.expand_as(before_2), before_2, masks and masks[1])       # (p, second)
        above_1 = before(product(above_2, self.weight_2, self.fast), between, masks and masks[0])   # (p, first)
        slope = product(above_1, self.row_weight, self.fast)                                    # (p, pac * width)
        norm = slope.norm(dim=1, keepdim=True)                                                  # (p, 1)
        pull = (norm - 1) / norm.clamp_min(1e-12) * (2 * weight / len(between))
        by_slope = slope.mul_(pull)
        by_above_1 = before(product(by_slope, self.row_weight.T, self.fast), between, masks and masks[0])
        by_above_2 = before(product(by_above_1, self.weight_2.T, self.fast), before_2, masks and masks[1])
        add_product_(gradients[0], above_1.T, by_slope, self.fast)
        add_product_(gradients[3], above_2.T, by_above_1, self.fast)
        gradients[5].add_(by_above_2.sum(dim=0))
        return (norm - 1).square().mean() * weight


def hidden(before_activation: Tensor, mask: Tensor | None) -> Tensor:
    """Leaky rectified units, some of them silenced."""
    value = F.leaky_relu(before_activation, LEAK)
    return value if mask is None else value.mul_(mask)


def before(by_hidden: Tensor, before_activation: Tensor, mask: Tensor | None) -> Tensor:
    """Gradient before the activation from the gradient after it; also any product with the units' slopes."""
    silenced = by_hidden if mask is None else by_hidden * mask
    return torch.ops.aten.leaky_relu_backward(silenced, before_activation, LEAK, False)


def activate(logits: Tensor, noise: Tensor, n_scalars: int, groups: Groups, temperature: float) -> Tensor:
    """Encoded rows, slots first: tanh of the normalised values, softmax of (logits + noise) / temperature in spans.

    Spans of equal width lie side by side, so each group is one softmax on a view. With the slots first, a softmax runs
    along whole rows of memory, four times as fast as along a handful of neighbours.

    Parameters
    ----------
    logits : (n, width)
    noise : (width, n)

    Returns
    -------
    Tensor (width, n)
    """
    noisy = torch.add(noise, logits.T).mul_(1.0 / temperature)
    out = torch.empty_like(noisy)
    if n_scalars:
        torch.tanh(logits.narrow(1, 0, n_scalars).T, out=out.narrow(0, 0, n_scalars))
    for start, n, width in groups:
        view, drawn = (one.narrow(0, start, n * width).view(n, width, -1) for one in (noisy, out))
        torch.softmax(view, dim=1, out=drawn)
    return out


def hardened(rows: Tensor, n_scalars: int, groups: Groups) -> Tensor:
    """Rows (width, n) with every span's largest place as 1 and the others as 0: the rows that drawing would give."""
    out = rows.clone()
    for start, n, width in groups:
        view, hard = (one.narrow(0, start, n * width).view(n, width, -1) for one in (rows, out))
        torch.ge(view, view.amax(dim=1, keepdim=True), out=hard)
    return out


def activation_gradient(by_rows: Tensor, rows: Tensor, n_scalars: int, groups: Groups, temperature: float) -> Tensor:
    """Gradient (width, n) by the logits from that (n, width) by the rows that `activate` made."""
    by_rows = by_rows.T
    result = torch.mul(rows, by_rows)
    if n_scalars:
        value = rows.narrow(0, 0, n_scalars)
        torch.mul(by_rows.narrow(0, 0, n_scalars), 1 - value * value, out=result.narrow(0, 0, n_scalars))
    for start, n, width in groups:
        view, drawn = (one.narrow(0, start, n * width).view(n, width, -1) for one in (result, rows))
        view.addcmul_(drawn, view.sum(dim=1, keepdim=True), value=-1).mul_(1.0 / temperature)
    return result


def gumbel_noise(shape: tuple[int, int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard Gumbel noise from uniform draws held away from 0; three times as fast as exponential draws."""
    uniform = torch.rand(shape, dtype=like.dtype, device=like.device, generator=generator)
    return uniform.clamp_min_(1e-9).log_().neg_().log_().neg_()


def initialise(network: nn.Module, generator: torch.Generator | None) -> None:
    """Draw every weight uniformly between minus and plus 1 / sqrt(inputs); that bound is what it holds before."""
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "norm" not in name and weight.numel():
                weight.mul_(torch.rand(weight.shape, generator=generator, device=weight.device).mul_(2).sub_(1))
