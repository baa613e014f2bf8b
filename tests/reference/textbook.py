"""Plain textbook forms of what core/synthesis computes in cheaper exact ones. Slow and obvious on purpose."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from core.synthesis.networks import LEAK, SMALLEST_VARIANCE, Discriminator, Generator


def one_hot_conditions(ids: Tensor, n_conditions: int) -> Tensor:
    """The conditional vector itself, of shape (n, n_conditions)."""
    return F.one_hot(ids, n_conditions).to(torch.float64)


def generator_forward(generator: Generator, noise: Tensor, conditions: Tensor) -> Tensor:
    """Residual layers over the growing concatenation of hidden values, noise and conditional vector, one by one."""
    outs = generator.outs
    starts = [sum(outs[:at]) for at in range(len(outs))]
    earlier = iter(generator.weights)
    seen: list[Tensor] = []
    for at, out in enumerate(outs):
        columns = slice(starts[at], starts[at] + out)
        weight = torch.cat(
            [
                *[next(earlier) for _ in range(at)],
                generator.noise_weight[:, columns],
                generator.condition_weight[:, columns],
            ]
        )
        before = torch.cat([*seen, noise, conditions], dim=1) @ weight
        if at == len(generator.layers):
            return before + generator.bias
        mean, variance = before.mean(0), before.var(0, correction=0)
        normal = (before - mean) / torch.sqrt(variance + SMALLEST_VARIANCE)
        seen.append(torch.relu(normal * generator.norm_weights[at] + generator.norm_biases[at]))
    raise AssertionError


def gumbel_softmax_rows(logits: Tensor, noise: Tensor, layout, temperature: float) -> Tensor:
    """Span by span: tanh, or the softmax of noisy logits."""
    parts = [torch.tanh(logits[:, : layout.n_scalars])]
    for span in layout.spans:
        columns = slice(span.start, span.start + span.width)
        parts.append(torch.softmax((logits[:, columns] + noise[:, columns]) / temperature, dim=1))
    return torch.cat(parts, dim=1)


def critic_forward(critic: Discriminator, rows: Tensor, conditions: Tensor, masks=None) -> Tensor:
    """Score of every pack from the dense concatenation of its rows and conditional vectors."""
    packs, pac = len(rows) // critic.pac, critic.pac
    weight = torch.cat([critic.row_weight, critic.condition_weight.T], dim=1)
    dense = torch.cat([rows.reshape(packs, -1), conditions.reshape(packs, -1)], dim=1)
    assert weight.shape[1] == pac * (rows.shape[1] + conditions.shape[1])
    hidden = F.leaky_relu(dense @ weight.T + critic.bias_1, LEAK)
    hidden = hidden if masks is None else hidden * masks[0]
    hidden = F.leaky_relu(hidden @ critic.weight_2.T + critic.bias_2, LEAK)
    hidden = hidden if masks is None else hidden * masks[1]
    return hidden @ critic.weight_3


def gradient_penalty(
    critic: Discriminator, real: Tensor, drawn: Tensor, conditions: Tensor, share: Tensor, masks=None
) -> Tensor:
    """WGAN-GP by double backward: interpolate rows, differentiate the score, penalise the norm's distance from one."""
    alpha = share.repeat_interleave(critic.pac, dim=0)
    between = (alpha * real + (1 - alpha) * drawn).detach().requires_grad_()
    score = critic_forward(critic, between, conditions, masks)
    (gradient,) = torch.autograd.grad(score.sum(), between, create_graph=True)
    norm = gradient.reshape(len(score), -1).norm(dim=1)
    return (norm - 1).square().mean()


def conditional_loss(logits: Tensor, ids: Tensor, spans) -> Tensor:
    """Cross-entropy of the asked column of every row, row by row."""
    total = logits.new_zeros(())
    for row, number in enumerate(ids.tolist()):
        for span in spans:
            if number < span.width:
                columns = slice(span.start, span.start + span.width)
                total = total + F.cross_entropy(logits[row : row + 1, columns], torch.tensor([number]))
                break
            number -= span.width
    return total / len(ids)
