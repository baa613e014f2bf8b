"""Every cheap form equals the textbook one, in float64."""

from __future__ import annotations

import pytest
import torch

from core.synthesis import networks, train
from core.synthesis.conditional import ConditionSampler
from core.synthesis.networks import Discriminator, Generator, SegmentSoftmax, gumbel_noise, initialise
from tests.reference import textbook
from tests.synthesis.tables import mixed_table, small_config

CLOSE = {"rtol": 1e-9, "atol": 1e-11}


@pytest.fixture(scope="module")
def training():
    frame, schema = mixed_table()
    return train.prepare(frame, schema, small_config())


@pytest.fixture
def random():
    return torch.Generator().manual_seed(3)


def _generator(training, random):
    layout = training.encoder.layout
    network = Generator(8, len(training.conditions), layout.width, (12, 10)).double()
    initialise(network, random)
    return network


def _critic(training, random, pac=5):
    network = Discriminator(training.encoder.layout.width, len(training.conditions), pac, (12, 10)).double()
    initialise(network, random)
    return network


def _ids(training, n, random):
    return training.condition_sampler.draw(n, random)


def test_generator_with_gathered_conditions_equals_dense_residual_layers(training, random):
    network = _generator(training, random)
    noise = torch.randn(40, 8, dtype=torch.float64, generator=random)
    ids = _ids(training, 40, random)
    dense = textbook.generator_forward(network, noise, textbook.one_hot_conditions(ids, len(training.conditions)))
    fast = network(noise, ids, batch_statistics=True)
    torch.testing.assert_close(fast, dense, **CLOSE)
    weights = list(network.parameters())
    for one, other in zip(
        torch.autograd.grad(fast.square().sum(), weights),
        torch.autograd.grad(dense.square().sum(), weights),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-9)


def test_segment_softmax_and_its_own_backward_equal_span_by_span_softmax(training, random):
    layout = training.encoder.layout
    logits = torch.randn(30, layout.width, dtype=torch.float64, generator=random).requires_grad_()
    noise = gumbel_noise((30, layout.width), logits, random)
    fast = SegmentSoftmax.apply(logits, noise, layout.n_scalars, layout.groups(), 0.2)
    plain = textbook.gumbel_softmax_rows(logits, noise, layout, 0.2)
    torch.testing.assert_close(fast, plain, **CLOSE)
    weight = torch.randn(fast.shape, dtype=torch.float64, generator=random)
    (one,) = torch.autograd.grad((fast * weight).sum(), logits)
    (other,) = torch.autograd.grad((plain * weight).sum(), logits)
    torch.testing.assert_close(one, other, **CLOSE)


def test_critic_with_gathered_conditions_equals_dense_critic(training, random):
    critic = _critic(training, random)
    rows = torch.randn(40, training.encoder.layout.width, dtype=torch.float64, generator=random)
    ids = _ids(training, 40, random)
    masks = tuple((torch.rand(8, n, generator=random, dtype=torch.float64) < 0.5) * 2.0 for n in (12, 10))
    fast = critic.score(critic.first_layer(rows) + critic.condition_part(ids), masks)
    dense = textbook.critic_forward(critic, rows, textbook.one_hot_conditions(ids, len(training.conditions)), masks)
    torch.testing.assert_close(fast, dense, **CLOSE)


@pytest.mark.parametrize("dropout", [False, True])
def test_closed_form_penalty_equals_double_backward(training, random, dropout):
    critic = _critic(training, random)
    width = training.encoder.layout.width
    real, drawn = (torch.randn(40, width, dtype=torch.float64, generator=random) for _ in range(2))
    ids = _ids(training, 40, random)
    share = torch.rand(8, 1, dtype=torch.float64, generator=random)
    masks = tuple((torch.rand(8, n, generator=random, dtype=torch.float64) < 0.5) * 2.0 for n in (12, 10))
    masks = masks if dropout else None
    asked = critic.condition_part(ids).detach()
    between = torch.lerp(critic.first_layer(drawn).detach() + asked, critic.first_layer(real).detach() + asked, share)
    fast = (critic.input_gradient(between, masks).norm(dim=1) - 1).square().mean()
    conditions = textbook.one_hot_conditions(ids, len(training.conditions))
    plain = textbook.gradient_penalty(critic, real, drawn, conditions, share, masks)
    torch.testing.assert_close(fast, plain, **CLOSE)
    weights = [critic.row_weight, critic.weight_2, critic.weight_3]
    for one, other in zip(torch.autograd.grad(fast, weights), torch.autograd.grad(plain, weights), strict=True):
        torch.testing.assert_close(one, other, **CLOSE)


def test_one_backward_of_the_critic_equals_two_with_the_generator_attached(training, random):
    """Loss and penalty in one backward on detached rows give the gradients of two backwards through the generator."""
    critic, maker = _critic(training, random), _generator(training, random)
    layout = training.encoder.layout
    ids = _ids(training, 40, random)
    conditions = textbook.one_hot_conditions(ids, len(training.conditions))
    noise = torch.randn(40, 8, dtype=torch.float64, generator=random)
    gumbel = gumbel_noise((40, layout.width), noise, random)
    share = torch.rand(8, 1, dtype=torch.float64, generator=random)
    real = torch.randn(40, layout.width, dtype=torch.float64, generator=random)
    weights = list(critic.parameters())

    attached = textbook.gumbel_softmax_rows(textbook.generator_forward(maker, noise, conditions), gumbel, layout, 0.2)
    plain_loss = (
        textbook.critic_forward(critic, attached, conditions).mean()
        - textbook.critic_forward(critic, real, conditions).mean()
    )
    plain_penalty = 10 * textbook.gradient_penalty(critic, real, attached, conditions, share)
    plain = [
        a + (0 if b is None else b)
        for a, b in zip(
            torch.autograd.grad(plain_loss, weights, retain_graph=True),
            torch.autograd.grad(plain_penalty, weights, allow_unused=True),
            strict=True,
        )
    ]

    with torch.no_grad():
        drawn = SegmentSoftmax.apply(
            maker(noise, ids, batch_statistics=True), gumbel, layout.n_scalars, layout.groups(), 0.2
        )
    before = critic.first_layer(torch.cat([drawn, real])).view(2, 8, -1) + critic.condition_part(ids)
    scores = critic.score(before.view(16, -1), None)
    between = torch.lerp(before[0].detach(), before[1].detach(), share)
    penalty = 10 * (critic.input_gradient(between, None).norm(dim=1) - 1).square().mean()
    fast = torch.autograd.grad(scores[:8].mean() - scores[8:].mean() + penalty, weights, allow_unused=True)
    for one, other in zip(fast, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-10)


def test_conditional_loss_equals_cross_entropy_of_the_asked_column(training, random):
    logits = torch.randn(20, training.encoder.layout.width, dtype=torch.float64, generator=random).requires_grad_()
    ids = _ids(training, 20, random)
    fast = train.conditional_loss(logits, ids, training.condition_sampler)
    plain = textbook.conditional_loss(logits, ids, training.conditions.spans)
    torch.testing.assert_close(fast, plain, **CLOSE)
    torch.testing.assert_close(*(torch.autograd.grad(loss, logits)[0] for loss in (fast, plain)), **CLOSE)


def test_layout_is_contiguous_and_its_groups_cover_every_span_once(training):
    layout = training.encoder.layout
    covered = [(start + at * width, width) for start, n, width in layout.groups() for at in range(n)]
    assert covered == [(span.start, span.width) for span in layout.spans]
    assert covered[0][0] == layout.n_scalars
    assert sum(width for _, width in covered) + layout.n_scalars == layout.width


def test_drawn_conditions_have_the_wanted_frequencies(training, random):
    chances = training.conditions.chances(log=True)
    sampler = ConditionSampler(training.conditions, chances, torch.device("cpu"))
    seen = torch.bincount(sampler.draw(200_000, random), minlength=len(chances)) / 200_000
    # standard error of a share is at most sqrt(.25 / 200,000) = .0011
    assert (seen - torch.from_numpy(chances)).abs().max() < 0.005


def test_drawn_rows_meet_their_conditions_and_are_uniform_among_them(training, random):
    ids = _ids(training, 2_000, random)
    rows = training.row_sampler.draw(ids, 2_000, random)
    slots = training.slots[rows].long()
    assert bool((slots == training.condition_sampler.slots[ids].unsqueeze(1)).any(dim=1).all())
    one = int(ids[0])
    drawn = training.row_sampler.draw(torch.full((50_000,), one), 50_000, random)
    counts = torch.bincount(drawn, minlength=training.n_rows)
    members = counts[counts > 0]
    assert len(members) == int(training.conditions.counts[one])
    expected = 50_000 / len(members)
    # a Poisson count stays within six standard deviations of its mean
    assert (members - expected).abs().max() < 6 * expected**0.5


def test_critic_scores_have_a_gradient_of_the_slope_that_the_closed_form_gives(training, random):
    critic = _critic(training, random)
    rows = torch.randn(10, training.encoder.layout.width, dtype=torch.float64, generator=random).requires_grad_()
    ids = _ids(training, 10, random)
    before = critic.first_layer(rows) + critic.condition_part(ids)
    (plain,) = torch.autograd.grad(critic.score(before, None).sum(), rows)
    closed = critic.input_gradient(before.detach(), None).view_as(plain)
    torch.testing.assert_close(closed, plain, **CLOSE)
    assert networks.LEAK == 0.2
