"""Generator and discriminator of CTGAN, written in the exact cheap forms.

Source: Xu, Skoularidou, Cuesta-Infante and Veeramachaneni 2019, Modeling Tabular Data using Conditional GAN,
arXiv:1907.00503, section 4.4. Every form here equals the textbook one (`tests/reference/`):

* one-hot conditions multiply a matrix by gathering its rows;
* all layers of the generator see noise and condition (residual concatenation), so one product serves all of them;
* the gradient of the critic, which is piecewise linear, is a product of matrices: no double backward;
* the first layer of an interpolate is the interpolate of the first layers.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.2
MOMENTUM = 0.1


class SegmentSoftmax(torch.autograd.Function):
    """Softmax of (logits + noise) / temperature over every span; tanh over the normalised values in front."""

    @staticmethod
    def forward(ctx, logits: Tensor, noise: Tensor, n_scalars: int, groups, temperature: float) -> Tensor:  # type: ignore[override]
        out = torch.add(logits, noise).mul_(1.0 / temperature)
        if n_scalars:
            out[:, :n_scalars] = torch.tanh(logits[:, :n_scalars])
        for start, n, width in groups:
            view = out[:, start : start + n * width].view(-1, n, width)
            view.copy_(torch.softmax(view, dim=-1))
        ctx.save_for_backward(out)
        ctx.n_scalars, ctx.groups, ctx.temperature = n_scalars, groups, temperature
        return out

    @staticmethod
    def backward(ctx, grad: Tensor):  # type: ignore[override]
        (out,) = ctx.saved_tensors
        result = torch.mul(grad, out)
        if ctx.n_scalars:
            value = out[:, : ctx.n_scalars]
            result[:, : ctx.n_scalars] = grad[:, : ctx.n_scalars] * (1 - value * value)
        for start, n, width in ctx.groups:
            columns = slice(start, start + n * width)
            view = result[:, columns].view(-1, n, width)
            view.addcmul_(out[:, columns].view(-1, n, width), view.sum(dim=-1, keepdim=True), value=-1)
            view.mul_(1.0 / ctx.temperature)
        return result, None, None, None, None


def gumbel_noise(shape: tuple[int, int], like: Tensor, generator: torch.Generator | None) -> Tensor:
    """Standard Gumbel noise from uniform draws held away from 0; three times as fast as exponential draws."""
    uniform = torch.rand(shape, dtype=like.dtype, device=like.device, generator=generator)
    return uniform.clamp_min_(1e-9).log_().neg_().log_().neg_()


class Generator(nn.Module):
    """Noise and condition to the logits of an encoded row.

    Parameters
    ----------
    noise_size, n_conditions, width : int
        Sizes of noise, conditional vector and encoded row.
    layers : tuple of int
        Widths of the hidden layers, each a full residual layer: x becomes (ReLU(BN(FC(x))), x).
    """

    def __init__(self, noise_size: int, n_conditions: int, width: int, layers: tuple[int, ...]) -> None:
        super().__init__()
        outs = (*layers, width)
        self.layers, self.outs = layers, outs
        seen = [noise_size + n_conditions + sum(layers[:at]) for at in range(len(outs))]
        bound = [1 / math.sqrt(one) for one in seen]
        # (noise, out_1 + ... + out_L + width): every layer's weights for the noise, side by side
        self.noise_weight = nn.Parameter(
            torch.cat([_uniform(noise_size, out, b) for out, b in zip(outs, bound, strict=True)], 1)
        )
        self.condition_weight = nn.Parameter(
            torch.cat([_uniform(n_conditions, out, b) for out, b in zip(outs, bound, strict=True)], 1)
        )
        # [layer][earlier layer]: (out_earlier, out)
        self.weights = nn.ParameterList(
            _uniform(layers[earlier], out, bound[at]) for at, out in enumerate(outs) for earlier in range(at)
        )
        self.bias = nn.Parameter(_uniform(1, width, bound[-1])[0])
        self.norm_weights = nn.ParameterList(torch.ones(out) for out in layers)
        self.norm_biases = nn.ParameterList(torch.zeros(out) for out in layers)
        for at, out in enumerate(layers):
            self.register_buffer(f"mean_{at}", torch.zeros(out))
            self.register_buffer(f"variance_{at}", torch.ones(out))

    def forward(self, noise: Tensor, ids: Tensor | None, *, batch_statistics: bool, momentum: float = 0.0) -> Tensor:
        """Logits of shape (n, width) from noise (n, noise_size) and condition ids (n,) or None.

        Hidden layers need no bias: batch normalisation takes it out again.
        """
        if ids is None:
            inputs = noise @ self.noise_weight
        else:
            inputs = torch.addmm(F.embedding(ids, self.condition_weight), noise, self.noise_weight)
        inputs = inputs.split(self.outs, dim=1)
        hidden: list[Tensor] = []
        weights = iter(self.weights)
        for at, value in enumerate(inputs):
            for earlier in hidden:
                value = torch.addmm(value, earlier, next(weights))
            if at == len(self.layers):
                return value + self.bias
            mean, variance = getattr(self, f"mean_{at}"), getattr(self, f"variance_{at}")
            value = F.batch_norm(
                value,
                None if batch_statistics and not momentum else mean,
                None if batch_statistics and not momentum else variance,
                self.norm_weights[at],
                self.norm_biases[at],
                training=batch_statistics,
                momentum=momentum,
            )
            hidden.append(torch.relu(value))
        raise AssertionError("the last layer returns")


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
        self.pac, self.n_conditions = pac, n_conditions
        seen = pac * (width + n_conditions)
        self.row_weight = nn.Parameter(_uniform(first, pac * width, 1 / math.sqrt(seen)))
        self.condition_weight = nn.Parameter(_uniform(pac * n_conditions, first, 1 / math.sqrt(seen)))
        self.bias_1 = nn.Parameter(_uniform(1, first, 1 / math.sqrt(seen))[0])
        self.weight_2 = nn.Parameter(_uniform(second, first, 1 / math.sqrt(first)))
        self.bias_2 = nn.Parameter(_uniform(1, second, 1 / math.sqrt(first))[0])
        self.weight_3 = nn.Parameter(_uniform(1, second, 1 / math.sqrt(second))[0])
        self.bias_3 = nn.Parameter(_uniform(1, 1, 1 / math.sqrt(second))[0])
        self.register_buffer("slot_offsets", torch.arange(pac) * n_conditions)

    def condition_part(self, ids: Tensor | None) -> Tensor:
        """What the conditions of a pack add to the first layer: (packs, first), or the bias alone."""
        if ids is None:
            return self.bias_1
        places = ids.view(-1, self.pac) + self.slot_offsets
        return F.embedding_bag(places, self.condition_weight, mode="sum") + self.bias_1

    def first_layer(self, rows: Tensor) -> Tensor:
        """First layer before its activation and without the condition: (packs, first) from rows (n, width)."""
        return rows.reshape(-1, self.row_weight.shape[1]) @ self.row_weight.T

    def score(self, before_1: Tensor, masks: tuple[Tensor, Tensor] | None) -> Tensor:
        """Scores (packs,) from the first layer before its activation."""
        hidden = _activated(before_1, masks and masks[0])
        hidden = _activated(torch.addmm(self.bias_2, hidden, self.weight_2.T), masks and masks[1])
        return hidden @ self.weight_3 + self.bias_3

    def input_gradient(self, before_1: Tensor, masks: tuple[Tensor, Tensor] | None) -> Tensor:
        """Gradient of the score by the rows of its pack: (packs, pac * width), differentiable by the weights.

        The critic is piecewise linear: with s the slopes of its units at this point (0 for silenced ones) the gradient
        is ((w3 * s2) W2 * s1) W1, and the slopes are constants almost everywhere.
        """
        with torch.no_grad():
            slope_1 = _slope(before_1, masks and masks[0])
            before_2 = torch.addmm(self.bias_2, slope_1 * before_1, self.weight_2.T)
            slope_2 = _slope(before_2, masks and masks[1])
        return ((self.weight_3 * slope_2) @ self.weight_2 * slope_1) @ self.row_weight


def _activated(before: Tensor, mask: Tensor | None) -> Tensor:
    after = F.leaky_relu(before, LEAK)
    return after if mask is None else after * mask


def _slope(before: Tensor, mask: Tensor | None) -> Tensor:
    slope = torch.full_like(before, LEAK).masked_fill_(before > 0, 1.0)
    return slope if mask is None else slope * mask


def _uniform(rows: int, columns: int, bound: float) -> Tensor:
    """Weights of a linear layer, drawn later by `initialise`; the bound travels as the value."""
    return torch.full((rows, columns), bound)


def initialise(network: nn.Module, generator: torch.Generator | None) -> None:
    """Draw every weight uniformly between minus and plus 1 / sqrt(inputs), as linear layers are begun."""
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "norm" not in name and weight.numel():
                weight.mul_(
                    torch.rand(weight.shape, generator=generator, device=weight.device, dtype=weight.dtype) * 2 - 1
                )
