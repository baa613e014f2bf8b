"""The tape: checkpoints judged once each, rules that decide, and nothing lost by a kill."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from core.errors import InvalidConfig
from core.evaluation.metric import Tables
from core.jobs.canaries import canaries_of
from core.jobs.context import JobContext
from core.jobs.ids import new_id
from core.jobs.kinds import tape as kind
from core.jobs.launch import start_job
from core.jobs.probing import Bench, critic_gap, some_rows
from core.jobs.protocol import METRICS, JobState, JobView, write_control
from core.jobs.queue import lane
from core.jobs.tapes import decisions_of, point_record, points_of, report_of_epoch, standing
from core.records import MetricResult, Rollback
from core.tables import read_frame, write_parquet
from core.tape import CONTROL, COPY, Rule, TapePoint
from tests.jobs.making import SCHEMA, small_table, train_config

CANARIES = {"n": 40, "copies": 5, "seed": 3}


@pytest.fixture
def trained(session: Path, by_hand) -> str:
    write_parquet(small_table(120, seed=1), SCHEMA, session / "tables" / "selection.parquet")
    write_parquet(small_table(120, seed=2), SCHEMA, session / "tables" / "fresh.parquet")
    config = train_config(epochs=5) | {"checkpoint_epochs": [1]}
    run_id = start_job(session, "train", config)
    assert by_hand(run_id) == 0
    return run_id


def tape_config(run_id: str, **changes: object) -> dict:
    return {
        "run_id": run_id, "train": "tables/train.parquet", "control": "tables/selection.parquet",
        "fresh": "tables/fresh.parquet", "schema": SCHEMA.to_json(), "target": "rich", "group": None,
        "epochs": [1, 4], "plan": "quick", "probe_rows": 150, "probe_seed": 1, "seed": 1, "rules": [],
        "stops": False, "plateau": {}, "n_candidates": 2, "anchors": True, "device": "cpu", "threads": 1,
    } | changes  # fmt: skip


def test_chosen_epochs_are_kept_judged_once_and_survive_a_kill(session, by_hand, trained) -> None:
    assert JobView(session / "jobs" / trained).checkpoints == [1, 2, 4, 5]
    rules = [{"metric": "dcr_share", "at_most": True, "limit": 0.9}]
    tape_id = start_job(session, "tape", tape_config(trained, rules=rules))
    assert by_hand(tape_id) == 0
    view = JobView(session / "jobs" / tape_id)
    assert view.state is JobState.DONE
    points = points_of(view)
    assert [(one.epoch, one.anchor) for one in points] == [(1, ""), (4, ""), (0, COPY), (0, CONTROL)]
    for name in ("column_shapes", "pair_trends", "detection_auc", "tstr_auc", "dcr_share", "nndr_p05_train"):
        assert all(one.find(name) is not None for one in points), name
    for name in ("membership_auc", "singling_out_univariate"):
        assert points[0].find(name) is not None or points[0].reason(name)
    assert points[2].find("exact_copies").value == 1
    assert points[3].find("exact_copies").value == 0
    assert points[0].step < points[1].step
    decision = decisions_of(view)[-1]
    assert decision.epoch == 4
    assert decision.n_candidates == 2
    report = report_of_epoch(view.folder, points[1].epoch)
    assert len(report.columns) == 4
    assert report.find("column_shapes") == points[1].find("column_shapes")

    # cut off within the line of the second point: what follows is judged again, to the same numbers
    lines = (view.folder / METRICS).read_bytes().splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if json.loads(line)["value"].get("epoch") == 4)
    (view.folder / METRICS).write_bytes(b"".join(lines[:at]) + lines[at][:50])
    status = json.loads((view.folder / "status.json").read_text())
    (view.folder / "status.json").write_text(json.dumps(status | {"state": "running"}))
    assert by_hand(tape_id) == 0
    again = points_of(view)
    assert again[0] == points[0]
    assert [untimed(one) for one in again] == [untimed(one) for one in points]


def test_canaries_are_followed_along_the_tape(session, by_hand) -> None:
    write_parquet(small_table(120, seed=1), SCHEMA, session / "tables" / "selection.parquet")
    run_id = start_job(session, "train", train_config(epochs=4) | {"canaries": CANARIES, "checkpoint_epochs": [1]})
    assert by_hand(run_id) == 0
    tape_id = start_job(session, "tape", tape_config(run_id, fresh=None))
    assert by_hand(tape_id) == 0
    points = {one.anchor or one.epoch: one for one in points_of(JobView(session / "jobs" / tape_id))}
    for epoch in (1, 4):
        found = points[epoch].find("canary_exposure")
        assert found.low < found.value < found.high
        assert found.explanation.startswith("At this checkpoint, planted canaries rank")
    # the anchors are rows of another origin: nothing was planted there that could be found
    assert points[COPY].find("canary_exposure") is None


def test_exposure_is_the_largest_where_canaries_are_copied_and_chance_where_they_are_not(session) -> None:
    train = read_frame(session / "tables" / "train.parquet", SCHEMA)
    canaries = canaries_of({"canaries": CANARIES}, train, SCHEMA)
    bench = Bench(
        tables=Tables(schema=SCHEMA, train=train, synthetic=train.iloc[:0]), fresh=None, run_id="run", seed=0,
        n_rows=100, device="cpu", versions={}, canaries=canaries,
    )  # fmt: skip

    def exposure(drawn):
        return next(one for one in bench._exposure(drawn) if one.metric == "canary_exposure")

    leaked = exposure(pd.concat([train, canaries.rows[canaries.planted]], ignore_index=True))
    clean = exposure(small_table(400, seed=7))
    # one candidate that was not planted has the same cells as a planted one, so the best rank is the second
    assert leaked.value == pytest.approx(leaked.anchors["largest"] - 1, abs=0.05)
    assert leaked.low > leaked.anchors["fresh rows"]
    assert clean.low < clean.anchors["fresh rows"] < clean.high


def untimed(point: TapePoint) -> TapePoint:
    results = tuple(dataclasses.replace(one, seconds=0) for one in point.results)
    return dataclasses.replace(point, seconds=0, results=results)


def test_without_control_rows_quality_is_judged_and_the_rest_says_why(session, by_hand, trained) -> None:
    config = tape_config(trained, control=None, fresh=None, epochs=[4])
    tape_id = start_job(session, "tape", config)
    assert by_hand(tape_id) == 0
    points = points_of(JobView(session / "jobs" / tape_id))
    assert [one.anchor for one in points] == ["", COPY]
    assert points[0].find("column_shapes") is not None
    assert points[0].find("membership_auc") is None
    assert "control rows" in points[0].reason("membership_auc")


def test_a_damaged_checkpoint_is_passed_over_and_a_paused_run_pauses_its_tape(session, by_hand, trained) -> None:
    run = session / "jobs" / trained
    (run / "checkpoint-000001" / "model.safetensors").write_bytes(b"nothing")
    status = json.loads((run / "status.json").read_text())
    (run / "status.json").write_text(json.dumps(status | {"state": "paused"}))
    tape_id = start_job(session, "tape", tape_config(trained, anchors=False))
    assert by_hand(tape_id) == 0
    view = JobView(session / "jobs" / tape_id)
    assert view.state is JobState.PAUSED
    assert [one.epoch for one in points_of(view)] == [4]


def test_damaged_settings_are_one_sentence(session, by_hand) -> None:
    tape_id = start_job(session, "tape", tape_config(new_id("run"), epochs=["first"]))
    assert by_hand(tape_id) == 1
    assert "incomplete or damaged" in JobView(session / "jobs" / tape_id).status.error


def judged(epoch: int, low: float, value: float, high: float) -> TapePoint:
    result = MetricResult(metric="membership_auc", value=value, low=low, high=high)
    return TapePoint(run_id="run-0123456789abcdef", epoch=epoch, results=(result,))


@pytest.fixture
def waiting(session: Path, by_hand) -> tuple[JobContext, kind.Terms]:
    """A tape whose run waits for its turn, and so can be asked to stop."""
    run_id = start_job(session, "train", train_config())
    tape_id = start_job(session, "tape", tape_config(run_id))
    terms = kind.Terms(
        run=session / "jobs" / run_id,
        epochs=None,
        rules=(Rule(metric="membership_auc", at_most=True, limit=0.6),),
        n_candidates=3,
        stops=True,
        plateau={},
    )
    return JobContext(session / "jobs" / tape_id), terms


def test_a_rule_broken_for_certain_stops_the_training_and_the_reason_is_traced(waiting) -> None:
    context, terms = waiting
    fine, unsure, over = judged(1, 0.48, 0.5, 0.52), judged(2, 0.55, 0.62, 0.69), judged(3, 0.68, 0.7, 0.72)
    kind._decide(context, terms, [fine])
    kind._decide(context, terms, [fine, unsure])
    run = JobView(terms.run)
    assert run.control == "run"
    kind._decide(context, terms, [fine, unsure, over])
    assert run.control == "stop"
    found = decisions_of(JobView(context.folder))
    assert [one.why for one in found] == ["", "", "cap"]
    assert (found[-1].epoch, found[-1].stopped_at) == (1, 3)
    assert "at epoch 3 the whole interval of membership_auc broke the rule membership_auc <= 0.6" in found[-1].sentence
    check = found[-1].checks[-1]
    assert (check.epoch, check.outcome, check.value) == (3, "outside", 0.7)


def test_a_rule_that_only_notes_stops_nothing_and_a_plateau_does(waiting) -> None:
    context, terms = waiting
    over = judged(3, 0.68, 0.7, 0.72)
    kind._decide(context, dataclasses.replace(terms, stops=False), [over])
    assert JobView(terms.run).control == "run"
    flat = [
        TapePoint(
            run_id="run-0123456789abcdef", epoch=at, step=1000 * at,
            results=(MetricResult(metric="pair_trends", value=0.9),),
        )
        for at in (1, 2, 3)
    ]  # fmt: skip
    plateau = {"metric": "pair_trends", "patience": 2, "gain": 0.01}
    kind._decide(context, dataclasses.replace(terms, rules=(), plateau=plateau), flat)
    assert JobView(terms.run).control == "stop"
    assert decisions_of(JobView(context.folder))[-1].why == "plateau"


def set_state(folder: Path, state: str) -> None:
    status = json.loads((folder / "status.json").read_text())
    (folder / "status.json").write_text(json.dumps(status | {"state": state}))


def test_a_training_is_stopped_once_and_whoever_resumes_it_overrules(waiting) -> None:
    context, terms = waiting
    points = [judged(1, 0.48, 0.5, 0.52), judged(2, 0.68, 0.7, 0.72)]
    kind._decide(context, terms, points)
    set_state(terms.run, "stopped")
    points.append(judged(3, 0.7, 0.72, 0.74))  # it had waited while the training was being stopped
    kind._decide(context, terms, points)
    assert [one.why for one in decisions_of(JobView(context.folder))] == ["cap", "cap"]
    set_state(terms.run, "waiting")
    write_control(terms.run, "run")
    points.append(judged(4, 0.8, 0.82, 0.84))
    kind._decide(context, terms, points)
    assert JobView(terms.run).control == "run"
    assert decisions_of(JobView(context.folder))[-1].why == ""


def test_a_training_that_was_over_is_not_called_stopped(waiting) -> None:
    context, terms = waiting
    set_state(terms.run, "done")
    kind._decide(context, terms, [judged(3, 0.68, 0.7, 0.72)])
    found = decisions_of(JobView(context.folder))[-1]
    assert (found.why, found.stopped_at) == ("", None)
    assert found.sentence.startswith("Training was over before a rule could stop it: at epoch 3")


def test_a_later_tape_decides_by_the_points_of_the_earlier_one_too(session, waiting) -> None:
    context, terms = waiting
    earlier = JobContext(session / "jobs" / start_job(session, "tape", tape_config(terms.run.name)))
    earlier.record(point_record(judged(1, 0.48, 0.5, 0.52)))
    kind._decide(context, dataclasses.replace(terms, earlier=(earlier.folder,)), [judged(9, 0.55, 0.58, 0.61)])
    assert decisions_of(JobView(context.folder))[-1].epoch == 1


def test_a_run_that_goes_back_keeps_no_checkpoint_beyond_the_cap(session, by_hand, trained) -> None:
    run = session / "jobs" / trained
    tape_id = start_job(session, "tape", tape_config(trained, rolls_back=True))
    context = JobContext(session / "jobs" / tape_id)
    rules = (Rule(metric="membership_auc", at_most=True, limit=0.6),)
    terms = kind.Terms(run=run, epochs=None, rules=rules, n_candidates=2, stops=True, rolls_back=True, plateau={})
    set_state(run, "waiting")
    kind._decide(context, terms, [judged(2, 0.48, 0.5, 0.52), judged(4, 0.68, 0.7, 0.72)])
    found = decisions_of(JobView(context.folder))[-1]
    assert found.rolled_back_to == 2
    assert "went back to epoch 2" in found.sentence
    kind._roll_back(context, terms)
    assert JobView(run).checkpoints == [1, 2]
    (run / "checkpoint-000002").rename(run / "checkpoint-000003")  # made by a training that was resumed
    kind._roll_back(context, terms)
    assert JobView(run).checkpoints == [1, 3]


def test_one_checkpoint_by_a_larger_plan_does_not_wait_for_the_end_of_the_training(session, by_hand, trained) -> None:
    set_state(session / "jobs" / trained, "waiting")
    tape_id = start_job(session, "tape", tape_config(trained, epochs=[4], anchors=False))
    assert by_hand(tape_id) == 0
    assert JobView(session / "jobs" / tape_id).state is JobState.DONE


def test_a_checkpoint_made_again_after_a_rollback_is_judged_again(session, by_hand, trained) -> None:
    run = session / "jobs" / trained
    set_state(run, "paused")
    config = tape_config(trained, anchors=False, epochs=[1, 4, 9])
    tape_id = start_job(session, "tape", config)
    assert by_hand(tape_id) == 0
    view = JobView(session / "jobs" / tape_id)
    assert [one.epoch for one in points_of(view)] == [1, 4]
    rollback = Rollback(epoch=5, step=50, to_epoch=2, to_step=20, learning_rate=1e-4, reason="", words="", abandoned=())
    (run / "rollbacks.json").write_text(json.dumps({"pending": False, "rollbacks": [rollback.to_json()]}))
    assert [one.epoch for one in standing(points_of(view), run)] == [1]
    set_state(view.folder, "crashed")
    assert by_hand(tape_id) == 0
    assert [(one.epoch, one.n_rollbacks) for one in standing(points_of(view), run)] == [(1, 0), (4, 1)]


def test_the_critic_gap_is_what_training_noted_last_before_the_checkpoint() -> None:
    def line(step: int, gap: float) -> dict:
        probe = {"train_score": gap, "control_score": 0.0, "score_gap_error": 0.1, "n_scored": 50}
        return {"step": step, "probe": probe}

    records = [line(10, 0.5), {"step": 15}, line(20, 0.7), line(30, 0.9)]
    found = critic_gap(records, 25)[0]
    assert found.value == pytest.approx(0.7)
    assert found.high == pytest.approx(0.7 + 0.196, abs=1e-3)
    assert critic_gap([{"step": 1}], 5) == []
    assert critic_gap(records, 5) == []


def test_anchor_rows_are_never_repeated() -> None:
    import numpy as np

    table = small_table(30)
    assert len(some_rows(table, 100, np.random.default_rng(0))) == 30
    assert len(some_rows(table, 10, np.random.default_rng(0))) == 10


def test_tapes_queue_beside_everything_else() -> None:
    assert lane({"kind": "tape"}) == "tape"
    assert lane({"kind": "tape", "plan": "full"}) == "judge"
    with pytest.raises(InvalidConfig):
        start_job(Path("nowhere"), "reel", {})
