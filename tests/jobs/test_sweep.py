"""Sweeps: what is asked for next, what came of it, and nothing lost by a kill."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.jobs.ids import new_id
from core.jobs.kinds import sweep as kind
from core.jobs.launch import start_job, wait
from core.jobs.protocol import JobState, JobView
from core.jobs.tapes import point_record
from core.jobs.trials import COMPLETE, FAILED, OUTSIDE, RUNNING, Search, Trial, best_of, outcome, trials_of
from core.records import MetricResult, Status
from core.tables import write_parquet
from core.tape import Rule, TapePoint
from tests.jobs.making import SCHEMA, small_table, train_config
from tests.jobs.test_tape import tape_config

SPACE = {"pac": {"values": [1, 2]}, "dropout": {"values": [0.0, 0.5]}}
RANGE = {"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True, "whole": False}}


def done(number: int, params: dict, value: float, state: str = COMPLETE) -> Trial:
    return Trial(number=number, params=params, state=state, value=value, epoch=1, seconds=1.0)


def judged(epoch: int, kept: float, auc: float) -> TapePoint:
    results = (
        MetricResult(metric="utility_kept", value=kept, low=kept - 0.01, high=kept + 0.01),
        MetricResult(metric="membership_auc", value=auc, low=auc - 0.01, high=auc + 0.01),
    )
    return TapePoint(run_id="run-0123456789abcdef", epoch=epoch, results=results)


def test_a_grid_tries_every_combination_once() -> None:
    search = Search(space=SPACE, sampler="grid", seed=0, higher=True)
    assert search.n_combinations == 4
    tried: list[Trial] = []
    for number in range(4):
        tried.append(done(number, search.ask(tried), 0.5))
    assert len({(one.params["pac"], one.params["dropout"]) for one in tried}) == 4


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_search_that_was_cut_off_asks_for_what_it_would_have_asked(sampler: str) -> None:
    space = RANGE | {"discriminator_layers": {"values": [[8, 8], [16, 16]]}}
    one = Search(space=space, sampler=sampler, seed=3, higher=True)
    tried: list[Trial] = []
    for number in range(7):
        params = one.ask(tried)
        again = Search(space=space, sampler=sampler, seed=3, higher=True).ask(tried)
        assert again == params
        assert 1e-4 <= params["learning_rate"] <= 1e-2
        assert params["discriminator_layers"] in ([8, 8], [16, 16])
        tried.append(done(number, params, -abs(params["learning_rate"] - 1e-3)))
    assert len({trial.params["learning_rate"] for trial in tried}) == 7


def test_the_best_epoch_of_a_trial_keeps_the_cap_and_outside_it_there_is_none() -> None:
    rules = (Rule(metric="membership_auc", at_most=True, limit=0.6),)
    points = [judged(1, 0.5, 0.5), judged(2, 0.8, 0.55), judged(4, 0.9, 0.7)]
    trial = Trial(number=0, params={})
    found = outcome(trial, points, "utility_kept", rules, 6)
    assert (found.state, found.epoch, found.value) == (COMPLETE, 2, 0.8)
    assert outcome(trial, points, "utility_kept", (), 6).epoch == 4
    assert outcome(trial, points[2:], "utility_kept", rules, 6).state == OUTSIDE
    assert outcome(trial, [], "utility_kept", rules, 6).state == FAILED
    trials = [done(0, {}, 0.4), done(1, {}, 0.7), done(2, {}, 0.9, OUTSIDE)]
    assert best_of(trials, "utility_kept").number == 1
    assert best_of(trials, "detection_auc").number == 0


def sweep_config(**changes: object) -> dict:
    return {
        "space": {"pac": {"values": [1, 7]}, "row_share": {"values": [0.5]}}, "sampler": "grid", "seed": 0,
        "n_trials": 9, "budget_minutes": 30, "objective": "utility_kept", "rules": [],
        "train": train_config(epochs=2) | {"checkpoint_epochs": [2]},
        "tape": tape_config("", epochs=[2], anchors=False, n_candidates=1),
    } | changes  # fmt: skip


def test_trials_are_noted_before_they_start_and_a_resumed_sweep_repeats_none(session, by_hand, monkeypatch) -> None:
    started: list[Trial] = []

    def ended(context, terms, trial: Trial) -> None:
        """Stands in for the queue: the run and the tape of a trial, over and judged."""
        started.append(trial)
        for job_id, name in ((trial.run_id, "train"), (trial.tape_id, "tape")):
            folder = context.session / "jobs" / job_id
            if not folder.exists():
                start_job(context.session, name, {"run_id": trial.run_id}, job_id=job_id)
            (folder / "status.json").write_text('{"state": "done"}')
        point = point_record(judged(2, 0.5 + 0.1 * trial.params["pac"], 0.5))
        kind.JobContext(context.session / "jobs" / trial.tape_id).keep_records([point])

    monkeypatch.setattr(kind, "_start_jobs", ended)
    sweep_id = start_job(session, "sweep", sweep_config())
    assert by_hand(sweep_id) == 0
    view = JobView(session / "jobs" / sweep_id)
    found = trials_of(view)
    assert [(one.params["pac"], one.state, one.epoch) for one in found] == [(1, COMPLETE, 2), (7, COMPLETE, 2)]
    assert found[1].value == pytest.approx(1.2)

    # killed while the second trial was running: its run is gone on with, the first is not tried again
    records = [one for one in view.records() if one["value"]["number"] == 0]
    running = dataclasses.replace(found[1], state=RUNNING, value=None, epoch=None)
    kind.JobContext(view.folder).keep_records([*records, {"type": "trial", "value": running.to_json()}])
    started.clear()
    (view.folder / "status.json").write_text('{"state": "crashed"}')
    assert by_hand(sweep_id) == 0
    assert [one.run_id for one in started] == [found[1].run_id]
    assert [one.state for one in trials_of(view)] == [COMPLETE, COMPLETE]


def test_a_spent_budget_starts_nothing_more(session, by_hand, monkeypatch) -> None:
    monkeypatch.setattr(kind, "_finish", lambda context, terms, trial, left, n: context.record(
        {"type": "trial", "value": dataclasses.replace(trial, state=FAILED, seconds=100.0).to_json()}
    ))  # fmt: skip
    sweep_id = start_job(session, "sweep", sweep_config(budget_minutes=1))
    assert by_hand(sweep_id) == 0
    assert len(trials_of(JobView(session / "jobs" / sweep_id))) == 1


def test_settings_that_contradict_each_other_fail_their_trial_alone(session, by_hand) -> None:
    space = {"batch_size": {"values": [20]}, "pac": {"values": [3]}}
    sweep_id = start_job(session, "sweep", sweep_config(space=space))
    assert by_hand(sweep_id) == 0
    trial = trials_of(JobView(session / "jobs" / sweep_id))[0]
    assert trial.state == FAILED
    assert "not a multiple" in trial.why


def test_a_share_of_the_rows_is_the_same_for_every_trial(session, by_hand) -> None:
    sweep_id = start_job(session, "sweep", sweep_config())
    context = kind.JobContext(session / "jobs" / sweep_id)
    path = kind._part_of_rows(context, "tables/train.parquet", 0.25)
    first = pq.read_table(session / path)
    assert first.num_rows == 75
    assert kind._part_of_rows(context, "tables/train.parquet", 0.25) == path
    other = pq.read_table(session / kind._part_of_rows(context, "tables/train.parquet", 0.5))
    assert set(zip(*first.to_pydict().values(), strict=True)) <= set(zip(*other.to_pydict().values(), strict=True))


def test_a_trial_that_was_cut_off_by_stopping_the_sweep_goes_on_with_it(session, by_hand) -> None:
    config = sweep_config()
    context = kind.JobContext(session / "jobs" / start_job(session, "sweep", config))
    terms = kind.Terms(
        search=Search(space=config["space"], sampler="grid", seed=0, higher=True), objective="utility_kept", rules=(),
        n_trials=2, budget_seconds=60.0, n_checkpoints=1, train=config["train"], tape=config["tape"],
    )  # fmt: skip
    trial = Trial(number=0, params={"pac": 1, "row_share": 0.5}, run_id=new_id("run"), tape_id=new_id("tape"))
    kind._start_jobs(context, terms, trial)
    run = JobView(session / "jobs" / trial.run_id)
    assert run.config["row_share"] == 0.5
    for cut, state in ((False, JobState.STOPPED), (True, JobState.WAITING)):
        (run.folder / "status.json").write_text('{"state": "stopped"}')
        kind._start_jobs(context, terms, dataclasses.replace(trial, is_interrupted=cut))
        assert run.state is state


def test_time_in_the_queue_is_not_taken_from_the_budget(monkeypatch) -> None:
    now = iter((0.0, 100.0, 130.0, 131.0))
    monkeypatch.setattr(kind.time, "monotonic", lambda: next(now))
    clock = kind._Clock()
    clock.tick(works=False)
    clock.tick(works=True)
    assert clock.seconds == 30.0


def test_a_trial_without_the_objective_says_why(session) -> None:
    lacking = MetricResult(
        metric="utility_kept", value=None, status=Status.NOT_MEASURED, explanation="No target column was named."
    )
    point = TapePoint(run_id="run-0123456789abcdef", epoch=1, results=(lacking,))
    found = outcome(Trial(number=0, params={}), [point], "utility_kept", (), 2)
    assert (found.state, found.why) == (FAILED, "No target column was named.")


@pytest.mark.slow
def test_a_sweep_runs_through_the_queue(session: Path) -> None:
    write_parquet(small_table(120, seed=1), SCHEMA, session / "tables" / "selection.parquet")
    write_parquet(small_table(120, seed=2), SCHEMA, session / "tables" / "fresh.parquet")
    sweep_id = start_job(session, "sweep", sweep_config())
    assert wait(session / "jobs" / sweep_id, timeout=600) is JobState.DONE
    trials = trials_of(JobView(session / "jobs" / sweep_id))
    assert len(trials) == 2
    for trial in trials:
        assert trial.state in (COMPLETE, FAILED)
        assert JobView(session / "jobs" / trial.run_id).state is JobState.DONE
