import numpy as np
import pytest

from core.figures.training import conditional_figure, loss_curve, loss_figure, smoothed, thinned
from core.limits import CURVE_POINTS
from tests.figures.examples import record


def test_epoch_means_are_weighted_by_steps():
    # 10 steps at 1.0, then 30 steps at 3.0: (10 * 1 + 30 * 3) / 40 = 2.5
    curve = loss_curve([record(1, 10, generator=1.0, done=False), record(1, 40, generator=3.0)], "generator")
    assert curve.epoch.tolist() == [1.0]
    assert curve.mean.tolist() == [2.5]
    # between the stretches: (10 * 1.5^2 + 30 * .5^2) / 40 = .75
    assert curve.spread[0] == pytest.approx(np.sqrt(0.75))


def test_the_band_contains_the_spread_within_a_stretch():
    assert loss_curve([record(1, 10, spread=0.5)], "generator").spread[0] == pytest.approx(0.5)


def test_smoothing_by_one_epoch_changes_nothing_and_constants_stay():
    values = np.array([1.0, 5.0, 2.0])
    assert smoothed(values, 1) is values
    assert np.allclose(smoothed(np.full(10, 3.0), 5), 3.0)


def test_smoothing_begins_without_bias():
    # span 3 keeps half: first value itself, then (2 * 1/2 * 1/2 + 4 * 1/2) / (3/4) = 10/3
    assert smoothed(np.array([2.0, 4.0]), 3) == pytest.approx([2.0, 10 / 3])


def test_a_long_run_has_at_most_the_allowed_points_and_keeps_its_peak():
    records = [record(epoch, epoch, generator=100.0 if epoch == 4321 else 0.0) for epoch in range(1, 10_001)]
    drawn = thinned(loss_curve(records, "generator"))
    assert len(drawn.epoch) <= CURVE_POINTS
    assert drawn.mean.max() == 100.0
    assert (np.diff(drawn.epoch) > 0).all()
    for trace in loss_figure(records).data:
        assert len(trace.x) <= 2 * CURVE_POINTS  # a band goes there and back


def test_both_losses_are_told_apart_by_dash_as_well():
    figure = loss_figure([record(1, 10), record(2, 20)])
    lines = [trace for trace in figure.data if trace.name]
    assert [trace.line.dash for trace in lines] == ["solid", "dash"]


def test_bands_have_no_dots():
    bands = [trace for trace in loss_figure([record(1, 10, spread=0.5), record(2, 20, spread=0.5)]).data if trace.fill]
    assert [trace.mode for trace in bands] == ["lines", "lines"]


def test_no_record_and_one_record_are_drawn():
    assert len(loss_figure([]).data) == 2
    assert loss_figure([record(1, 1)]).data[0].mode == "lines+markers"
    assert conditional_figure([record(1, 1)]).layout.yaxis.rangemode == "tozero"
