"""A generator folded for drawing is the same function."""

import numpy as np
import pytest
import torch

from core.synthesis.folded import Folded
from core.synthesis.networks import Generator, initialise
from core.synthesis.offsets import Offsets
from core.synthesis.painter import accumulate_


def some_generator(*, layers: tuple[int, ...], n_conditions: int = 7, width: int = 11) -> Generator:
    random = torch.Generator().manual_seed(3)
    generator = Generator(5, n_conditions, width, layers)
    initialise(generator, random)
    with torch.no_grad():
        for at in range(len(layers)):
            generator.norm_weights[at].copy_(torch.randn(layers[at], generator=random))
            generator.norm_biases[at].copy_(torch.randn(layers[at], generator=random))
            getattr(generator, f"mean_{at}").copy_(torch.randn(layers[at], generator=random))
            getattr(generator, f"variance_{at}").copy_(torch.rand(layers[at], generator=random) + 0.01)
    return generator.requires_grad_(False)


def no_offsets(width: int) -> Offsets:
    return Offsets(ids=np.zeros(0, np.int64), shifts=torch.zeros(0, width), rows=np.zeros((0, 0), np.int64))


@pytest.mark.parametrize("layers", [(8,), (8, 6), (4, 9, 3)])
@pytest.mark.parametrize("asked", [True, False])
def test_a_folded_generator_gives_the_logits_of_the_generator(layers: tuple[int, ...], asked: bool) -> None:
    generator = some_generator(layers=layers)
    noise = torch.randn(40, 5, generator=torch.Generator().manual_seed(1))
    ids = torch.arange(40) % 7 if asked else None
    folded = Folded(generator, no_offsets(11))
    torch.testing.assert_close(folded.logits(noise, ids), generator(noise, ids).T, rtol=1e-4, atol=1e-4)


def test_rows_with_offsets_follow_those_of_the_conditions() -> None:
    generator, noise, shifts = some_generator(layers=(8, 6)), torch.randn(3, 5), torch.randn(2, 11)
    offsets = Offsets(ids=np.array([4, 1]), shifts=shifts, rows=np.zeros((2, 0), np.int64))
    ids = torch.tensor([4, 4, 1])
    drawn = Folded(generator, offsets).logits(noise, ids, torch.tensor([4, 7, 8]))
    expected = generator(noise, ids) + torch.stack([torch.zeros(11), shifts[0], shifts[1]])
    torch.testing.assert_close(drawn, expected.T, rtol=1e-4, atol=1e-4)


def test_a_table_without_levels_has_no_table_of_conditions() -> None:
    generator = some_generator(layers=(8, 6), n_conditions=0)
    noise = torch.randn(3, 5)
    folded = Folded(generator, no_offsets(11))
    torch.testing.assert_close(folded.logits(noise, None), generator(noise, None).T, rtol=1e-4, atol=1e-4)


def test_running_sums_are_those_of_numpy() -> None:
    heights = torch.rand(3, 6, 5)
    expected = np.cumsum(heights.numpy(), axis=1)
    torch.testing.assert_close(accumulate_(heights.clone()), torch.from_numpy(expected))
