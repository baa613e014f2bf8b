"""Streams: the same rows for any number of threads and after any interruption, ends when told to, knobs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from core.errors import InvalidConfig
from core.records import Condition, Knobs, SampleRequest, TargetMix
from core.schema import Treatment
from core.synthesis.painter import BLOCK_ROWS
from core.synthesis.permutation import permuted
from core.synthesis.sample import draw_sample
from core.synthesis.stream import Stream
from core.tables import joined

REQUEST = SampleRequest(
    n_rows=2 * BLOCK_ROWS + 5,
    seed=3,
    conditions=(Condition.parse("kind=blue & flag=True:9000"), Condition.parse("kind=green:30")),
)


@pytest.fixture
def learned(learned):
    """Without the column of made-up e-mails, which takes longer than all the others."""
    frame, schema, model = learned
    return frame, schema.replacing(dataclasses.replace(schema["mail"], treatment=Treatment.LEAVE_OUT)), model


def stream(learned, request=REQUEST, **more):
    _, schema, model = learned
    return Stream(model, request, schema, **more)


def rows(one: Stream, skip: int = 0) -> pd.DataFrame:
    return joined([block.frame for block in one.frames(skip=skip)])


def test_the_rows_do_not_depend_on_the_number_of_threads(learned):
    pd.testing.assert_frame_equal(rows(stream(learned, threads=1)), rows(stream(learned, threads=3)))
    assert torch.get_num_threads() >= 1


def test_an_interrupted_stream_goes_on_with_the_very_rows(learned):
    whole = stream(learned)
    everything = rows(whole)
    for cut in (1, 4):
        first = stream(learned)
        frames = []
        for block in first.frames():
            frames.append(block.frame)
            if block.n_done == cut:
                state = first.state()
                break
        second = stream(learned)
        second.restore(state)
        frames.append(rows(second, skip=cut))
        pd.testing.assert_frame_equal(joined(frames), everything)
        assert second.outcomes == whole.outcomes


def test_a_pulse_that_raises_ends_the_work_at_once(learned):
    class Enough(Exception):
        pass

    seen = []

    def pulse():
        seen.append(1)
        if len(seen) > 2:
            raise Enough

    with pytest.raises(Enough):
        rows(stream(learned, pulse=pulse))
    before = torch.get_num_threads()
    assert before >= 1


def test_identifiers_are_distinct_across_blocks_and_conditions(learned):
    frame = rows(stream(learned))
    assert len(frame) == 2 * BLOCK_ROWS + 5 + 9_030
    assert frame["id"].nunique() == len(frame)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1_000, 4_097, 2**40])
def test_a_permutation_sends_different_numbers_to_different_places(size):
    numbers = np.arange(min(size, 5_000))
    sent = permuted(numbers, size, "key")
    assert len(np.unique(sent)) == len(numbers)
    assert sent.min() >= 0
    assert sent.max() < size
    if size == 1_000:
        assert not np.array_equal(sent, numbers)
        assert abs(np.corrcoef(numbers, sent)[0, 1]) < 0.15
        assert not np.array_equal(sent, permuted(numbers, size, "other"))


def test_a_low_temperature_makes_common_levels_commoner_and_a_high_one_evens_them_out(learned):
    def spread(temperature: float) -> float:
        request = SampleRequest(n_rows=BLOCK_ROWS, seed=1, knobs=Knobs(temperature=temperature))
        shares = draw_sample(learned[2], request, learned[1]).frame["grade"].value_counts(normalize=True)
        return float(-(shares * np.log(shares.clip(1e-12))).sum())

    cold, normal, hot = spread(0.2), spread(1.0), spread(5.0)
    assert cold < normal < hot


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_slots_have_the_chances_that_the_generators_own_forward_pass_gives_them(learned, temperature):
    """Drawn shares against the mean of softmax(logits / temperature), both over many rows of one condition."""
    painter = stream(learned, SampleRequest(n_rows=1, knobs=Knobs(temperature=temperature))).painter
    model, layout, n = learned[2], painter.layout, 8 * BLOCK_ROWS
    ids, painter.axes = np.zeros(n, dtype=np.int64), []
    assert painter.prior_rows[0] == 0  # a condition without offsets
    drawn = painter.encoded(n, ids, np.random.default_rng(1))
    noise = torch.randn(n, model.config.noise_size, generator=torch.Generator().manual_seed(9))
    logits = model.generator(noise, torch.from_numpy(ids))
    for at, span in enumerate(layout.spans):
        part = slice(span.start, span.start + span.width)
        chances = torch.softmax(logits[:, part] / temperature, dim=1).mean(dim=0).numpy()
        shares = np.bincount(drawn.slots[:, at] - span.start, minlength=span.width) / n
        # five standard errors of a difference of two shares over n rows each, at most
        np.testing.assert_array_less(np.abs(shares - chances), 5 * np.sqrt(2 * chances * (1 - chances) / n) + 1e-4)
    scalars = torch.tanh(logits[:, : layout.n_scalars])
    errors = scalars.std(dim=0) * np.sqrt(2 / n)
    assert (np.abs(drawn.scalars.mean(axis=0) - scalars.mean(dim=0).numpy()) < 5 * errors.numpy() + 1e-6).all()


def test_noise_stays_within_its_limit(learned):
    one = stream(learned, SampleRequest(n_rows=1, knobs=Knobs(noise_limit=0.5)))
    noise = one.painter._noise(4_000, torch.Generator().manual_seed(0))
    assert noise.abs().max() <= 0.5
    # uniform between the limits of a narrow normal: its standard deviation is nearly 0.5 / sqrt(3)
    assert 0.27 < noise.std() < 0.30
    assert len(rows(one)) == 1


def test_the_log_prior_draws_rare_levels_more_often(learned):
    def share(prior: str) -> float:
        request = SampleRequest(n_rows=2 * BLOCK_ROWS, seed=1, knobs=Knobs(prior=prior))
        return float((draw_sample(learned[2], request, learned[1]).frame["kind"] == "blue").mean())

    assert share("log") > 1.5 * share("true")


@pytest.mark.parametrize(
    "knobs", [{"temperature": 0}, {"temperature": 9}, {"noise_limit": 0}, {"weights": "old"}, {"prior": "own"}]
)
def test_knobs_outside_their_range_are_refused(knobs):
    with pytest.raises(InvalidConfig):
        Knobs(**knobs)


def test_refused_rows_are_drawn_again_within_the_budget(learned):
    request = SampleRequest(n_rows=500, seed=1, conditions=(Condition.parse("kind=red:40"),))
    refuse = lambda frame: frame["visits"].to_numpy() % 2 == 0  # noqa: E731
    _, schema, model = learned
    frame = draw_sample(model, request, schema, accept=refuse).frame
    assert len(frame) == 540
    assert (frame["visits"] % 2 == 0).all()
    none = draw_sample(
        model, SampleRequest(n_rows=10, draws_per_row=1), schema, accept=lambda one: np.zeros(len(one), bool)
    )
    assert len(none.frame) == 0


def test_requests_survive_json_and_old_ones_are_read():
    mix = TargetMix.parse("a*b=x*y:0.2,x*z:0.8")
    request = SampleRequest(
        n_rows=5, seed=2, mix=mix, given="tables/given-1.parquet", knobs=Knobs(temperature=0.5, noise_limit=2.0),
        conditions=(Condition.parse("a=b & c=1..2:3"),), draws_per_row=7,
    )  # fmt: skip
    assert SampleRequest.from_json(request.to_json()) == request
    old = {"n_rows": 1, "seed": 0, "conditions": [{"column": "a", "level": "b", "n_rows": 3}]}
    read = SampleRequest.from_json(old)
    assert read.conditions == (Condition(column="a", level="b", n_rows=3),)
    assert read.to_json() == old


@pytest.mark.parametrize("text", ["a", "a=x", "a=x:y", "=x:1", "a=x:-1", "a*a=x*x:1", "a*b=x:1", "a=x:0"])
def test_malformed_mixes_are_refused(text):
    with pytest.raises(InvalidConfig):
        TargetMix.parse(text)


def test_a_level_with_an_ampersand_is_one_level():
    assert Condition.parse("shop=Marks & Spencer:3").level == "Marks & Spencer"
    assert Condition.parse("a=b=c:3").level == "b=c"
