"""Every cheap form equals the textbook one, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.synthesis import train
from core.synthesis.conditional import ConditionSampler, row_chances
from core.synthesis.networks import Discriminator, Generator, activate, activation_gradient, gumbel_noise, initialise
from core.synthesis.pairs import MEMORY, pair_match
from core.synthesis.products import add_product_, plus_product, product
from core.synthesis.setup import encode_rows
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


def _leaves(network):
    """Parameters that automatic differentiation can follow."""
    return [weight.requires_grad_() for weight in network.parameters()]


def _same(ours, plain, **tolerance):
    for one, other in zip(ours, plain, strict=True):
        other = torch.zeros_like(one) if other is None else other
        torch.testing.assert_close(one, other, **(tolerance or {"rtol": 1e-7, "atol": 1e-10}))


def _masks(dropout, packs, random):
    if not dropout:
        return None
    return tuple((torch.rand(packs, n, generator=random, dtype=torch.float64) < 0.5) * 2.0 for n in (12, 10))


@pytest.mark.parametrize("layers", [(12, 10), (9,), (8, 7, 6)])
def test_generator_and_its_written_gradient_equal_dense_residual_layers(training, random, layers):
    network = Generator(8, len(training.conditions), training.encoder.layout.width, layers).double()
    initialise(network, random)
    weights = _leaves(network)
    noise = torch.randn(40, 8, dtype=torch.float64, generator=random)
    ids = _ids(training, 40, random)
    dense = textbook.generator_forward(network, noise, textbook.one_hot_conditions(ids, len(training.conditions)))
    pull = torch.randn(dense.shape, dtype=torch.float64, generator=random)
    plain = torch.autograd.grad((dense * pull).sum(), weights)
    with torch.no_grad():
        fast, tape = network.forward_training(noise, ids)
        ours = network.gradients(tape, pull)
    torch.testing.assert_close(fast, dense, **CLOSE)
    _same(ours, plain)


def test_evaluation_mode_equals_training_mode_when_the_statistics_are_the_batch_s_own(training, random):
    network = _generator(training, random)
    noise = torch.randn(40, 8, dtype=torch.float64, generator=random)
    ids = _ids(training, 40, random)
    with torch.no_grad():
        fast, _ = network.forward_training(noise, ids, keep_statistics=True)
        torch.testing.assert_close(network(noise, ids), fast, **CLOSE)


def test_segment_softmax_and_its_written_gradient_equal_span_by_span_softmax(training, random):
    layout = training.encoder.layout
    logits = torch.randn(30, layout.width, dtype=torch.float64, generator=random).requires_grad_()
    noise = gumbel_noise((30, layout.width), logits, random)
    plain = textbook.gumbel_softmax_rows(logits, noise, layout, 0.2)
    pull = torch.randn(plain.shape, dtype=torch.float64, generator=random)
    (expected,) = torch.autograd.grad((plain * pull).sum(), logits)
    with torch.no_grad():
        fast = activate(logits, noise.T, layout.n_scalars, layout.groups(), 0.2)
        ours = activation_gradient(pull, fast, layout.n_scalars, layout.groups(), 0.2)
    torch.testing.assert_close(fast.T, plain.detach(), **CLOSE)
    torch.testing.assert_close(ours.T, expected, **CLOSE)


@pytest.mark.parametrize("dropout", [False, True])
def test_critic_with_gathered_conditions_equals_dense_critic(training, random, dropout):
    critic = _critic(training, random)
    rows = torch.randn(40, training.encoder.layout.width, dtype=torch.float64, generator=random)
    ids, masks = _ids(training, 40, random), _masks(dropout, 8, random)
    fast = critic.score(critic.first_layer(rows) + critic.condition_part(ids), masks)
    dense = textbook.critic_forward(critic, rows, textbook.one_hot_conditions(ids, len(training.conditions)), masks)
    torch.testing.assert_close(fast, dense, **CLOSE)


@pytest.mark.parametrize("dropout", [False, True])
def test_written_critic_gradients_equal_two_backwards_and_a_double_backward(training, random, dropout):
    """Loss and closed-form penalty in one go, against the textbook with the generator attached to the critic's loss."""
    critic, maker, layout = _critic(training, random), _generator(training, random), training.encoder.layout
    ids = _ids(training, 40, random)
    conditions = textbook.one_hot_conditions(ids, len(training.conditions))
    noise = torch.randn(40, 8, dtype=torch.float64, generator=random)
    gumbel = gumbel_noise((40, layout.width), noise, random)
    share = torch.rand(8, 1, dtype=torch.float64, generator=random)
    real = torch.randn(40, layout.width, dtype=torch.float64, generator=random)
    masks, masks_between = _masks(dropout, 16, random), _masks(dropout, 8, random)
    weights = _leaves(critic)

    attached = textbook.gumbel_softmax_rows(textbook.generator_forward(maker, noise, conditions), gumbel, layout, 0.2)
    of_drawn, of_real = (
        textbook.critic_forward(critic, rows, conditions, masks and tuple(mask[8 * at : 8 * at + 8] for mask in masks))
        for at, rows in enumerate((attached, real))
    )
    loss = of_drawn.mean() - of_real.mean()
    penalty = 10 * textbook.gradient_penalty(critic, real, attached, conditions, share, masks_between)
    plain_loss = torch.autograd.grad(loss, weights, allow_unused=True, retain_graph=True)
    plain_penalty = torch.autograd.grad(penalty, weights, allow_unused=True)
    plain = [sum(part for part in parts if part is not None) for parts in zip(plain_loss, plain_penalty, strict=True)]

    with torch.no_grad():
        logits, _ = maker.forward_training(noise, ids)
        drawn = activate(logits, gumbel.T, layout.n_scalars, layout.groups(), 0.2)
        rows = torch.cat([drawn.T, real])
        before = critic.first_layer(rows).view(2, 8, -1) + critic.condition_part(ids)
        signs = torch.tensor([1 / 8] * 8 + [-1 / 8] * 8, dtype=torch.float64)
        scores, ours = critic.gradients_of_scores(rows, ids, before.view(16, -1), masks, signs)
        # the textbook's share is that of the real rows
        between = torch.lerp(*before.unbind(), share)
        ours_penalty = critic.add_penalty(between, masks_between, 10.0, ours)
    torch.testing.assert_close(scores @ signs, loss.detach(), **CLOSE)
    torch.testing.assert_close(ours_penalty, penalty.detach(), **CLOSE)
    _same(ours, plain)


@pytest.mark.parametrize("dropout", [False, True])
def test_the_critic_s_slope_by_its_rows_equals_automatic_differentiation(training, random, dropout):
    critic = _critic(training, random)
    rows = torch.randn(40, training.encoder.layout.width, dtype=torch.float64, generator=random).requires_grad_()
    ids, masks = _ids(training, 40, random), _masks(dropout, 8, random)
    conditions = textbook.one_hot_conditions(ids, len(training.conditions))
    (plain,) = torch.autograd.grad(textbook.critic_forward(critic, rows, conditions, masks).sum(), rows)
    with torch.no_grad():
        _, ours = critic.slope_by_rows(critic.first_layer(rows) + critic.condition_part(ids), masks)
    torch.testing.assert_close(ours.view_as(plain), plain, **CLOSE)


def test_conditional_loss_and_its_written_gradient_equal_cross_entropy_of_the_asked_column(training, random):
    logits = torch.randn(20, training.encoder.layout.width, dtype=torch.float64, generator=random).requires_grad_()
    ids = _ids(training, 20, random)
    plain = textbook.conditional_loss(logits, ids, training.conditions.spans)
    (expected,) = torch.autograd.grad(plain, logits)
    ours = torch.zeros_like(logits)
    with torch.no_grad():
        fast = train.conditional_loss(logits, ids, training.condition_sampler, 3.0, ours)
    torch.testing.assert_close(fast, plain.detach(), **CLOSE)
    torch.testing.assert_close(ours, 3 * expected, **CLOSE)


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


def test_pair_matching_s_written_gradient_equals_that_of_the_products_it_compares(training, random):
    layout = training.encoder.layout
    encoded = encode_rows(training.encoder, mixed_table()[0], small_config())
    chances = training.conditions.chances(log=True)
    each = row_chances(encoded, layout, training.conditions, chances)
    match = pair_match(encoded, layout, each, 3.0, torch.device("cpu"))
    match.wanted, match.seen, match.mask, match.scale = (
        one.double() for one in (match.wanted, match.seen, match.mask, match.scale)
    )
    match.seen += torch.randn(match.seen.shape, dtype=torch.float64, generator=random)
    match.seen = (match.seen + match.seen.T) / 2
    before = match.seen.clone()
    rows = torch.randn(30, layout.width, dtype=torch.float64, generator=random).requires_grad_()
    scaled = torch.cat([rows * match.scale, torch.ones(30, 1, dtype=torch.float64)], dim=1)
    products = scaled.T @ scaled / 30
    n_columns = len(layout.spans) + layout.n_scalars
    # d/dS of weight / (2 columns) sum mask (S - W)^2 is weight / columns mask (S - W), taken where S was until now;
    # the products of rows hold every row twice, hence the half
    pull = (3.0 / n_columns * match.mask * (before - match.wanted)).detach()
    (plain,) = torch.autograd.grad((pull * products).sum() / 2, rows)
    with torch.no_grad():
        ours = match.gradient(rows)
    torch.testing.assert_close(ours, plain, **CLOSE)
    torch.testing.assert_close(match.seen, before.lerp(products.detach(), 1 - MEMORY), **CLOSE)


def test_the_products_to_be_matched_are_those_of_rows_as_training_draws_them(training, random):
    layout = training.encoder.layout
    encoded = encode_rows(training.encoder, mixed_table()[0], small_config())
    each = row_chances(encoded, layout, training.conditions, training.conditions.chances(log=True))
    assert each.sum() == pytest.approx(1.0)
    match = pair_match(encoded, layout, each, 1.0, torch.device("cpu"))
    drawn = training.row_sampler.draw(_ids(training, 60_000, random), 60_000, random)
    rows = torch.zeros(60_000, layout.width).scatter_(1, training.slots[drawn].long(), 1.0)
    rows[:, : layout.n_scalars] = training.scalars[drawn]
    scaled = torch.cat([rows * match.scale, torch.ones(60_000, 1)], dim=1)
    off = (scaled.T @ scaled / 60_000 - match.wanted).abs()
    # a scaled product is at most 1 / SMALLEST_SHARE = 500, of a share below 1; its standard error stays below .1
    assert off.mean() < 0.01
    assert off.max() < 0.5


@pytest.mark.parametrize("rarity", [0.0, 0.7])
def test_weights_of_rare_levels_scale_the_conditional_loss_and_its_gradient(training, random, rarity):
    chances = training.conditions.chances(log=True)
    sampler = ConditionSampler(training.conditions, chances, torch.device("cpu"), rarity=rarity)
    weights = torch.ones(len(chances), dtype=torch.float64)
    if rarity:
        sampler.weights = sampler.weights.double()
        weights = sampler.weights
        assert float((torch.from_numpy(chances) * weights).sum()) == pytest.approx(1.0)
        first = training.conditions.spans[0].width
        order = np.argsort(training.conditions.counts[:first])
        assert weights[:first][order].diff().max() <= 0
    logits = torch.randn(20, training.encoder.layout.width, dtype=torch.float64, generator=random).requires_grad_()
    ids = _ids(training, 20, random)
    plain = sum(
        weights[number] * textbook.conditional_loss(logits[at : at + 1], ids[at : at + 1], training.conditions.spans)
        for at, number in enumerate(ids.tolist())
    )
    (expected,) = torch.autograd.grad(plain / 20, logits)
    ours = torch.zeros_like(logits)
    with torch.no_grad():
        fast = train.conditional_loss(logits, ids, sampler, 3.0, ours)
    torch.testing.assert_close(fast, plain.detach() / 20, **CLOSE)
    torch.testing.assert_close(ours, 3 * expected, **CLOSE)


def test_products_of_rounded_factors_stay_near_those_of_full_ones(random):
    a, b, c = (torch.randn(size, generator=random) for size in ((40, 64), (64, 30), (40, 30)))
    plain = a.double() @ b.double()
    assert torch.equal(product(a, b), a @ b)
    # bfloat16 has 8 significant bits: a relative error of 2^-9 per factor, in random directions over 64 terms
    assert (product(a, b, True) - plain).abs().max() < 8 * 64**0.5 * 2**-8
    assert (plus_product(c, a, b, True) - (c + plain)).abs().max() < 8 * 64**0.5 * 2**-8
    assert add_product_(c, a, b, True).data_ptr() == c.data_ptr()
