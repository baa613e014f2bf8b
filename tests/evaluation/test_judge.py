import dataclasses
import logging

import pytest

from core.errors import NotApplicable
from core.evaluation import judge as judging
from core.evaluation.judge import judge
from core.evaluation.metric import Part, Plan
from core.evaluation.registry import METRICS, load_metrics
from core.records import MetricResult, Status
from tests.evaluation.made import MIXED, people, result, tables_of


class Fixed:
    names = ("first", "second")
    part = Part.FIDELITY
    plan = Plan.STANDARD

    def __init__(self, error=None):
        self.error = error

    def measure(self, tables):
        yield MetricResult(metric="first", value=1.0)
        if self.error is not None:
            raise self.error
        yield MetricResult(metric="second", value=2.0)


@pytest.fixture
def tables():
    return tables_of(MIXED, people(10, 0), people(10, 1))


def judged(monkeypatch, tables, *metrics, **more):
    monkeypatch.setattr(judging, "load_metrics", lambda parts: metrics)
    return list(judge(tables, {Part.FIDELITY}, **more))


def test_a_metric_that_does_not_apply_leaves_its_reason_and_the_others_go_on(monkeypatch, tables):
    items = judged(monkeypatch, tables, Fixed(NotApplicable("No pairs.")), Fixed())
    assert [(one.metric, one.status) for one in items] == [
        ("first", Status.MEASURED),
        ("second", Status.NOT_MEASURED),
        ("first", Status.MEASURED),
        ("second", Status.MEASURED),
    ]
    assert items[1].explanation == "No pairs."


def test_an_unexpected_error_is_logged_under_the_id_that_the_report_shows(monkeypatch, tables, caplog):
    with caplog.at_level(logging.ERROR):
        items = judged(monkeypatch, tables, Fixed(ZeroDivisionError("secret value")))
    assert items[1].status is Status.NOT_MEASURED
    error_id = items[1].explanation.split("error ")[1].split(")")[0]
    assert error_id in caplog.text
    assert "secret value" not in items[1].explanation


def test_metrics_beyond_the_plan_say_which_plan_has_them(monkeypatch, tables):
    items = judged(monkeypatch, dataclasses.replace(tables, plan=Plan.QUICK), Fixed())
    assert [one.status for one in items] == [Status.NOT_MEASURED] * 2
    assert "the standard plan measures it" in items[0].explanation


def test_progress_runs_from_nothing_to_all_and_results_carry_their_seconds(monkeypatch, tables):
    seen = []
    ticks = iter(range(100))
    items = judged(
        monkeypatch,
        tables,
        Fixed(),
        Fixed(),
        progress=lambda share, message: seen.append((share, message)),
        clock=lambda: next(ticks),
    )
    assert [share for share, _ in seen] == [0.0, 0.5, 1.0]
    assert [one.seconds for one in items] == [1.0] * 4


def test_every_registered_metric_declares_its_names_part_and_plan():
    names = [name for metric in METRICS for name in metric.names]
    assert len(names) == len(set(names))
    assert {"column_shapes", "pair_trends", "correlation_difference", "tstr_auc", "trtr_auc"} <= set(names)
    for part in Part:
        assert all(metric.part is part for metric in load_metrics({part}))


def test_the_same_seed_gives_the_same_numbers():
    first, second = (
        [
            dataclasses.replace(one, seconds=0) if isinstance(one, MetricResult) else one
            for one in judge(
                tables_of(
                    MIXED, people(200, 0), people(200, 1), people(100, 2), target="buys", plan=Plan.QUICK, seed=5
                ),
                {Part.FIDELITY, Part.UTILITY},
            )
        ]
        for _ in range(2)
    )
    assert first == second
    assert result(first, "tstr_auc").value is not None


def test_evaluations_that_share_work_on_the_real_rows_find_the_same_numbers():
    def judged_as(seed, shared):
        tables = tables_of(
            MIXED, people(200, 0), people(200, seed), people(100, 2), target="buys", plan=Plan.QUICK, seed=5
        )
        tables = dataclasses.replace(tables, shared=shared)
        items = judge(tables, {Part.FIDELITY, Part.UTILITY})
        return [dataclasses.replace(one, seconds=0) for one in items if isinstance(one, MetricResult)]

    shared = {}
    judged_as(1, shared)
    assert {"trtr of buys", "detection of control"} <= set(shared)
    assert judged_as(3, shared) == judged_as(3, {})
