"""Shapes inside modes: numbers get the train rows' distribution, ranks stay, nothing is one row's value."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp, spearmanr

from core.export.model import INNER, scan_model, write_model
from core.requests import SampleRequest
from core.synthesis.checkpoint import load_model, model_of, save_checkpoint
from core.synthesis.conditional import Conditions
from core.synthesis.encode import Layout, Span
from core.synthesis.inner import MOST_PARTS, STEEPEST, InnerShapes, knots_of, reshaped, with_ends
from core.synthesis.offsets import FEWEST_CELL, MOST_TARGET_LEVELS, prior_of, target_ids
from core.synthesis.painter import Painter
from core.synthesis.sample import draw_sample
from core.synthesis.train import prepare, train
from core.synthesis.weights import load_weights
from tests.synthesis.tables import mixed_table, small_config

LAYOUT = Layout(scalars=("x",), spans=(Span(column="x", start=1, width=3, is_levels=False),))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    frame, schema = mixed_table(3_000)
    training = prepare(frame, schema, small_config(target_first=0.5), target="kind")
    list(train(training, until_epoch=3))
    folder = tmp_path_factory.mktemp("inner") / "checkpoint-3"
    save_checkpoint(training, folder)
    return frame, schema, training, folder


def _moved(values, slots, shapes):
    scalars = np.array(values, dtype=np.float32).reshape(-1, 1)
    reshaped(scalars, np.asarray(slots).reshape(-1, 1), shapes.axes(LAYOUT))
    return scalars[:, 0]


def test_a_drawn_distribution_becomes_the_wanted_one_and_keeps_its_order():
    rng = np.random.default_rng(1)
    drawn, wanted = np.tanh(rng.normal(0.5, 1.0, 20_000)), rng.beta(2, 5, 20_000) - 0.5
    x, y, n_rows = knots_of(drawn, wanted)
    assert (len(x), n_rows) == (MOST_PARTS, 20_000 // MOST_PARTS)
    shapes = InnerShapes(modes=((0, 2, len(x), n_rows),), drawn=x, wanted=y)
    fresh = np.tanh(rng.normal(0.5, 1.0, 20_000)).astype(np.float32)
    moved = _moved(fresh, np.full(len(fresh), 2), shapes)
    assert ks_2samp(fresh, wanted).statistic > 0.3
    assert ks_2samp(moved, wanted).statistic < 0.02
    assert np.all(np.diff(moved[np.argsort(fresh)]) >= 0)
    # modes without a function, and slots that are no mode, stay
    assert _moved(fresh, np.full(len(fresh), 1), shapes) == pytest.approx(fresh, abs=1e-6)
    assert _moved(fresh, np.full(len(fresh), 3), shapes) == pytest.approx(fresh, abs=1e-6)


def test_no_knot_stands_on_fewer_rows_than_the_smallest_cell():
    rng = np.random.default_rng(2)
    for n in (0, 5, FEWEST_CELL, 2 * FEWEST_CELL - 1):
        assert not len(knots_of(rng.random(500), rng.random(n))[0])
    for n in (2 * FEWEST_CELL, 99, 1_000):
        x, _, n_rows = knots_of(rng.random(500), rng.random(n))
        assert n_rows >= FEWEST_CELL
        assert len(x) <= n // FEWEST_CELL


def test_values_that_are_drawn_alike_go_to_one_place():
    drawn = np.concatenate([np.full(100, 1.0), np.linspace(-1, 0, 100)])
    x, y, _ = knots_of(drawn, np.linspace(-1, 1, 200))
    assert np.all(np.diff(x) > 0)
    assert x[-1] == 1
    assert y[-1] == pytest.approx(0.5, abs=0.01)


def test_outer_values_are_not_stretched_to_the_end_of_the_range():
    x, y = with_ends(np.array([0.0, 0.01]), np.array([0.0, 0.5]))
    assert y[0] == pytest.approx(-1.0)
    assert x.tolist() == [-1.0, 0.0, 0.01, 1.0]
    x, y = with_ends(np.array([0.9, 0.95]), np.array([0.0, 0.5]))
    assert y[-1] == pytest.approx(0.5 + 0.05 * STEEPEST)
    assert with_ends(np.array([-1.0, 1.0]), np.array([-0.2, 0.2]))[0].tolist() == [-1.0, 1.0]


def test_drawn_numbers_come_closer_and_relations_stay(trained):
    frame, schema, _, folder = trained
    model = load_model(folder)
    plain = dataclasses.replace(model, inner=InnerShapes.none())
    request = SampleRequest(n_rows=8_000, seed=5)
    after, before = (draw_sample(one, request, schema).frame for one in (model, plain))
    distance = {
        name: [ks_2samp(one[name].dropna(), frame[name].dropna()).statistic for one in (after, before)]
        for name in ("amount", "visits")
    }
    for name, (new, old) in distance.items():
        assert new < 0.035, (name, new, old)
        assert new < old
    assert after["kind"].equals(before["kind"])
    both = after["amount"].notna()
    assert spearmanr(after["visits"], before["visits"]).statistic > 0.9
    assert both.equals(before["amount"].notna())


def test_a_saved_model_has_them_raw_weights_and_shares_as_learned_have_none(trained):
    _, _, training, folder = trained
    inner = load_model(folder).inner
    again = model_of(training).inner
    assert inner.modes == again.modes
    assert np.array_equal(inner.drawn, again.drawn)
    assert np.array_equal(inner.wanted, again.wanted)
    assert min(one[3] for one in inner.modes) >= FEWEST_CELL
    assert max(one[2] for one in inner.modes) <= MOST_PARTS
    assert not len(load_weights(folder, "raw").inner)
    as_learned = dataclasses.replace(training, config=dataclasses.replace(training.config, shares="as learned"))
    assert not len(model_of(as_learned).inner)


def test_the_scan_lists_them_and_scrubbing_takes_those_of_few_rows_out(trained, tmp_path):
    frame, schema, _, folder = trained
    inner = load_model(folder).inner
    limit = sorted(one[3] for one in inner.modes)[len(inner) // 2] + 1
    scan = scan_model(folder, frame, schema, min_support=limit)
    listed = [one for one in scan.taken if one.what == INNER]
    assert len(listed) == len(inner)
    assert any(one.flagged for one in listed)
    write_model(tmp_path / "model", folder, scan, schema, scrub=True, about={})
    left = load_model(tmp_path / "model").inner
    assert left.modes == tuple(one for one in inner.modes if one[3] >= limit)
    assert len(left.drawn) == sum(one[2] for one in left.modes)
    everything = scan_model(folder, frame, schema, min_support=10_000)
    write_model(tmp_path / "bare", folder, everything, schema, scrub=True, about={})
    assert not len(load_model(tmp_path / "bare").inner)


def test_rows_begin_with_the_target_as_often_as_asked_and_get_its_offsets(trained):
    _, _, training, folder = trained
    model = load_model(folder)
    own = target_ids(model.conditions, "kind")
    chances, places = prior_of(model.conditions, model.offsets, "kind", 0.5)
    assert chances[own].sum() == pytest.approx(0.5 + 0.5 / len(model.conditions.spans))
    assert chances[own] / chances[own].sum() == pytest.approx(model.conditions.counts[own] / training.n_rows)
    assert set(np.flatnonzero(places >= 0)) <= set(own)
    assert model.offsets.ids[: (places >= 0).sum()].tolist() == sorted(
        own[places[own] >= 0], key=lambda at: -model.conditions.counts[at]
    )
    # without a target, offsets or the setting all columns are alike
    for offsets, target, share in (
        (model.offsets, None, 0.5),
        (model.offsets, "amount", 0.5),
        (type(model.offsets).none(model.encoder.layout), "kind", 0.5),
        (model.offsets, "kind", 0.0),
    ):
        chances, places = prior_of(model.conditions, offsets, target, share)
        assert chances == pytest.approx(model.conditions.chances(log=False))
        assert (places < 0).all()


def test_rows_that_begin_with_the_target_have_the_shares_of_its_levels(trained):
    frame, _, _, folder = trained
    model = load_model(folder)
    painter = Painter(model, torch.device("cpu"), seed=3)
    red = int(target_ids(model.conditions, "kind")[0])
    rng = np.random.default_rng(0)
    drawn = painter.encoded(8_192, np.full(8_192, red), rng)
    frames = painter.decoded(drawn, rng)
    level = model.encoder.by_column["kind"].labels[0]
    real = frame[frame["kind"] == level]
    for name in ("flag", "grade"):
        gap = frames[name].value_counts(normalize=True) - real[name].value_counts(normalize=True)
        assert gap.abs().max() < 0.03, name


def test_a_model_of_an_earlier_version_does_not_begin_with_the_target(trained, tmp_path):
    import json

    from core.dataset import content_id

    _, _, _, folder = trained
    old = tmp_path / "old"
    old.mkdir()
    (old / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    meta = json.loads((folder / "meta.json").read_text())
    del meta["content"]
    del meta["config"]["target_first"]
    meta["version"] = 2
    (old / "meta.json").write_text(json.dumps(meta | {"content": content_id(meta)}))
    assert load_model(old).config.target_first == 0


def test_a_target_of_many_levels_counts_as_any_other_column():
    for width, n in ((MOST_TARGET_LEVELS, MOST_TARGET_LEVELS), (MOST_TARGET_LEVELS + 1, 0)):
        span = Span(column="city", start=0, width=width, is_levels=True)
        conditions = Conditions(spans=(span,), counts=np.full(width, 200))
        assert len(target_ids(conditions, "city")) == n
