"""Epochs that are judged, settings side by side, spaces of sweeps: what needs no job."""

from __future__ import annotations

import dataclasses
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import InvalidConfig
from core.evaluation.pareto import pareto_front
from core.evaluation.repetition import bands, differences
from core.records import MetricResult
from core.synthesis.config import TrainingConfig
from core.tape import Series, TapePoint
from core.workbench import frontier_view as view_of
from core.workbench.sweeping import parse_space
from core.workbench.tape_settings import TapeSettings, chosen_epochs


@pytest.mark.parametrize("spacing", ["log", "even"])
@pytest.mark.parametrize(("n_epochs", "n"), [(1, 5), (3, 5), (10, 10), (150, 12), (20_000, 8), (100_000, 60), (7, 1)])
def test_epochs_rise_end_at_the_last_and_are_as_many_as_asked(n_epochs, n, spacing) -> None:
    found = chosen_epochs(n_epochs, n, spacing)
    assert len(found) == min(n, n_epochs)
    assert list(found) == sorted(set(found))
    assert found[0] >= 1
    assert found[-1] == n_epochs


@pytest.mark.parametrize(
    "wrong",
    [{"n_checkpoints": 0}, {"n_checkpoints": 61}, {"spacing": "odd"}, {"plateau": "dcr_share"}, {"patience": 0}],
)
def test_settings_outside_their_range_are_refused_by_name(wrong) -> None:
    with pytest.raises(InvalidConfig) as caught:
        TapeSettings(**wrong)
    assert caught.value.field


def test_the_front_is_what_a_search_of_all_pairs_finds() -> None:
    generator = np.random.default_rng(0)
    for higher in ((True, False), (False, True), (True, True)):
        points = [tuple(pair) for pair in generator.integers(0, 6, (40, 2)).tolist()]
        sign = [1 if one else -1 for one in higher]

        def beats(a, b, sign=sign):
            better = [s * (x - y) for s, x, y in zip(sign, a, b, strict=True)]
            return min(better) >= 0 and max(better) > 0

        slow = [not any(beats(other, one) for other in points) for one in points]
        assert pareto_front(points, higher=higher) == slow
    assert pareto_front([], higher=(True, True)) == []


def point(run_id: str, epoch: int, value: float, metric: str = "utility_kept", half: float = 0.1) -> TapePoint:
    result = MetricResult(metric=metric, value=value, low=value - half, high=value + half)
    seed = zlib.crc32(run_id.encode())
    return TapePoint(run_id=run_id, seed=seed, epoch=epoch, step=10 * epoch, results=(result,))


def test_the_band_over_seeds_is_students_interval_of_their_mean() -> None:
    # three seeds: mean 2, standard deviation 1, t(.975, 2) = 4.3027: half 4.3027 / sqrt(3) = 2.4842
    found = bands([point("a", 1, 1), point("b", 1, 2), point("c", 1, 3), point("a", 2, 5)], "utility_kept")
    assert (found[0].value, found[0].n_seeds) == (2, 3)
    assert found[0].high == pytest.approx(2 + 2.4842, abs=1e-3)
    assert (found[1].low, found[1].high, found[1].n_seeds) == (4.9, 5.1, 1)
    assert found[1].step == 20


def test_only_differences_beyond_the_noise_of_seeds_are_called_so() -> None:
    def series(label: str, values: list[float]) -> Series:
        return Series(label=label, points=tuple(point(f"{label}{at}", 1, v) for at, v in enumerate(values)))

    low, high = series("low", [0.50, 0.51, 0.49, 0.50]), series("high", [0.60, 0.61, 0.59, 0.60])
    noisy, alone = series("noisy", [0.3, 0.8, 0.5, 0.6]), series("alone", [0.9])
    found = {(one.first, one.second): one for one in differences([low, high, noisy, alone], "utility_kept")}
    assert found["low", "high"].exceeds_noise
    assert found["low", "high"].value == pytest.approx(-0.1)
    assert not found["low", "noisy"].exceeds_noise
    assert found["low", "alone"].low is None
    assert not found["low", "alone"].exceeds_noise


def test_a_seed_trained_twice_counts_once_and_settings_are_compared_at_an_epoch_that_both_have() -> None:
    first = [dataclasses.replace(point(f"run {at}", 4, 0.9), seed=0) for at in (1, 2)]
    second = [dataclasses.replace(point(f"other {at}", 4, 0.8), seed=0) for at in (1, 2)]
    again = [Series(label=name, points=tuple(ones)) for name, ones in (("a", first), ("b", second))]
    assert not differences(again, "utility_kept")[0].exceeds_noise
    assert differences(again, "utility_kept")[0].n_first == 1
    assert bands(first, "utility_kept")[0].n_seeds == 1

    stopped = Series(label="stopped", points=(point("a", 1, 0.50), point("b", 1, 0.52), point("a", 4, 0.9)))
    whole = Series(label="whole", points=tuple(point(run, at, 0.51 + 0.1 * at) for run in "cd" for at in (1, 4)))
    found = differences([stopped, whole], "utility_kept")[0]
    assert (found.epoch, found.n_first, found.n_second) == (1, 2, 2)
    assert found.value == pytest.approx(0.51 - 0.61)


def test_seeds_that_all_give_one_number_say_nothing_about_noise() -> None:
    none = Series(label="none", points=(point("a", 1, 0.0), point("b", 1, 0.0)))
    some = Series(label="some", points=(point("c", 1, 0.001), point("d", 1, 0.001)))
    found = differences([none, some], "utility_kept")[0]
    assert (found.low, found.high) == (None, None)
    assert bands(none.points, "utility_kept")[0].high == pytest.approx(0.1)


def test_equal_settings_hardly_ever_differ_beyond_noise() -> None:
    generator = np.random.default_rng(3)
    wrong = 0
    for _ in range(200):
        groups = [
            Series(
                label=str(name),
                points=tuple(point(f"{name}{at}", 1, v) for at, v in enumerate(generator.normal(0.8, 0.02, 4))),
            )
            for name in range(3)
        ]
        wrong += any(one.exceeds_noise for one in differences(groups, "utility_kept"))
    assert wrong <= 200 * 0.08


def tape_of(config: TrainingConfig, run_id: str, share: float = 1.0):
    return SimpleNamespace(
        run=SimpleNamespace(config=config, id=run_id, row_share=share),
        points=[point(run_id, 1, 0.5)],
        anchors={},
        n_planned=1,
    )


def test_runs_that_differ_in_the_seed_are_one_setting_and_others_are_named_by_what_differs() -> None:
    base = TrainingConfig(pac=1)
    other = dataclasses.replace(base, pac=10, seed=4, epochs=7)
    views = [tape_of(base, "a"), tape_of(dataclasses.replace(base, seed=1), "b"), tape_of(other, "c")]
    found = view_of.series_of(views)
    assert [one.label for one in found] == ["pack size (pac) 1", "pack size (pac) 10"]
    assert found[0].runs == ("a", "b")
    assert [one.label for one in view_of.series_of(views[:2])] == ["Checkpoints"]
    parts = view_of.series_of([tape_of(base, "a"), tape_of(base, "d", share=0.25)])
    assert [one.label for one in parts] == ["share of train rows 1", "share of train rows 0.25"]
    assert view_of.labels_of(views) == {"a": "pack size (pac) 1", "b": "pack size (pac) 1", "c": "pack size (pac) 10"}
    assert view_of.labels_of(views[:2]) == {"a": "", "b": ""}


def test_a_space_is_read_as_an_analyst_writes_it() -> None:
    base = TrainingConfig()
    space = parse_space(
        ["pac = 1, 7, 7", "", "discriminator_layers = 128,128; 256,256", "row_share = 0.25, 1", "dropout=0,.5"], base
    )
    assert space == {
        "pac": {"values": [1, 7]},
        "discriminator_layers": {"values": [[128, 128], [256, 256]]},
        "row_share": {"values": [0.25, 1.0]},
        "dropout": {"values": [0.0, 0.5]},
    }
    found = parse_space(["learning_rate = 1e-4 .. 1e-3 log", "discriminator_steps = 1 .. 4"], base, sampler="random")
    assert found["learning_rate"] == {"low": 1e-4, "high": 1e-3, "log": True, "whole": False}
    assert found["discriminator_steps"] == {"low": 1, "high": 4, "log": False, "whole": True}


@pytest.mark.parametrize(
    ("line", "sampler", "said"),
    [
        ("pac", "grid", "names no values"),
        ("wealth = 1", "grid", "names no setting"),
        ("epochs = 1, 2", "grid", "names no setting"),
        ("pac = 0", "grid", "must lie between"),
        ("pac = many", "grid", "must be a whole number"),
        ("dropout = 0 .. 1", "grid", "a grid cannot try"),
        ("frequency = log .. true", "random", "is no number"),
        ("dropout = .5 .. .1", "random", "must rise"),
        ("dropout = .1 ..", "random", "cannot be read"),
        ("learning_rate = 0.001 .. 5", "random", "must lie between"),
        ("row_share = 2", "grid", "must lie above 0"),
    ],
)
def test_what_is_wrong_with_a_space_is_one_sentence(line, sampler, said) -> None:
    with pytest.raises(InvalidConfig, match=said) as caught:
        parse_space([line], TrainingConfig(), sampler=sampler)
    assert caught.value.field == "space"


def test_an_empty_space_and_a_setting_named_twice_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="at least one setting"):
        parse_space(["", " "], TrainingConfig())
    with pytest.raises(InvalidConfig, match="named twice"):
        parse_space(["pac = 1", "pac = 2"], TrainingConfig())
