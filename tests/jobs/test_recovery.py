"""Going back when training goes wrong: what is kept, what is written down, and that no kill changes the result."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import core.jobs.kinds.train as kind
from core.errors import TrainingDiverged
from core.jobs.launch import resume_job, start_job
from core.jobs.protocol import JobState, JobView, write_control
from core.jobs.recovery import MOST_ROLLBACKS, ROLLBACKS, keep_rollbacks, note_rollback, rate_at, read_rollbacks
from core.records import EpochRecord, Rollback
from core.synthesis.checkpoint import load_model
from core.synthesis.symptoms import Finding, Gravity
from tests.jobs.making import measured, train_config, weights

RATE = 5e-4


def started(session, **settings) -> JobView:
    return JobView(session / "jobs" / start_job(session, "train", train_config(**settings)))


def diverge(monkeypatch, epoch: int, *, below: float = RATE) -> None:
    """Let training diverge in an epoch for as long as the learning rate is at least `below`."""
    real = kind.train

    def train(training, **more):
        for record in real(training, **more):
            if record.epoch == epoch and training.config.learning_rate >= below:
                raise TrainingDiverged(f"It diverged in epoch {epoch}.", "Lower the rate.", epoch=epoch)
            yield record

    monkeypatch.setattr(kind, "train", train)


def test_a_diverged_run_goes_back_and_on_with_half_the_rate(session, by_hand, monkeypatch) -> None:
    diverge(monkeypatch, 5)
    view = started(session, epochs=8)
    assert by_hand(view.id) == 0
    assert view.state is JobState.DONE
    (found,) = read_rollbacks(view.folder)
    assert (found.epoch, found.to_epoch, found.learning_rate, found.reason) == (5, 4, RATE / 2, "diverged")
    records = [EpochRecord.from_json(one) for one in view.records()]
    assert [one.epoch for one in records] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [one.learning_rate for one in records] == [RATE] * 4 + [RATE / 2] * 4
    assert load_model(view.latest_checkpoint).config.learning_rate == RATE / 2


def test_paused_after_going_back_and_resumed_equals_never_paused(session, by_hand, monkeypatch) -> None:
    diverge(monkeypatch, 5)
    whole = started(session, epochs=8)
    assert by_hand(whole.id) == 0
    view = started(session, epochs=8)
    record, seen = kind.JobContext.record, []

    def recorded(self, value) -> None:
        record(self, value)
        seen.append(value["epoch"])
        if seen.count(5) == 1 and value["epoch"] == 5:  # before any checkpoint with half the rate
            write_control(view.folder, "pause")

    with monkeypatch.context() as patch:
        patch.setattr(kind.JobContext, "record", recorded)
        assert by_hand(view.id) == 0
    assert view.state is JobState.PAUSED
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert measured(view) == measured(whole)
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)
    assert read_rollbacks(view.folder) == read_rollbacks(whole.folder)


def test_a_kill_right_after_the_note_was_written_changes_nothing(session, by_hand, monkeypatch) -> None:
    diverge(monkeypatch, 5)
    whole = started(session, epochs=8)
    assert by_hand(whole.id) == 0
    view = started(session, epochs=8)

    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.jobs.recovery.drop_abandoned", killed)
        assert by_hand(view.id) == 1
    assert read_rollbacks(view.folder)
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert measured(view) == measured(whole)
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)
    assert view.checkpoints == whole.checkpoints


def test_a_run_that_diverges_before_its_first_checkpoint_starts_over(session, by_hand, monkeypatch) -> None:
    diverge(monkeypatch, 1)
    view = started(session, epochs=3)
    assert by_hand(view.id) == 0
    assert [(one.to_epoch, one.learning_rate) for one in read_rollbacks(view.folder)] == [(0, RATE / 2)]
    assert [one["learning_rate"] for one in view.records()] == [RATE / 2] * 3


def test_a_run_that_keeps_diverging_fails_and_says_how_often_it_was_tried(session, by_hand, monkeypatch) -> None:
    diverge(monkeypatch, 3, below=0)
    view = started(session, epochs=4)
    assert by_hand(view.id) == 1
    assert view.status.error.startswith("It diverged in epoch 3. Going back 5 times")
    assert len(read_rollbacks(view.folder)) == MOST_ROLLBACKS
    assert view.status.details["diverged_epoch"] == 3
    assert view.checkpoints == [2]


def test_with_recovery_off_a_diverged_run_fails_as_it_is(session, by_hand, monkeypatch) -> None:
    diverge(monkeypatch, 3)
    view = started(session, epochs=4, recovery="off")
    assert by_hand(view.id) == 1
    assert view.status.error == "It diverged in epoch 3."
    assert read_rollbacks(view.folder) == []


def collapse(monkeypatch, epoch: int) -> list[bool]:
    """Let the rule of collapse fire once at an epoch's end; gives what it was asked for."""
    asked = []

    def trouble(records, *, collapse):
        asked.append(collapse)
        if collapse and records[-1].epoch == epoch and records[-1].learning_rate == RATE:
            return Finding(
                rule="mode collapse", gravity=Gravity.BAD, words="Gone.", because="", advice="", since=epoch - 3
            )
        return None

    monkeypatch.setattr(kind, "trouble", trouble)
    return asked


def test_a_collapse_goes_back_to_before_it_began_and_drops_later_checkpoints(session, by_hand, monkeypatch) -> None:
    collapse(monkeypatch, 8)
    view = started(session, epochs=10, recovery="divergence or collapse")
    assert by_hand(view.id) == 0
    (found,) = read_rollbacks(view.folder)
    assert (found.epoch, found.to_epoch, found.reason) == (8, 4, "mode collapse")
    assert [one[0] for one in found.abandoned] == [5, 6, 7, 8]
    assert view.checkpoints == [2, 4, 6, 8, 10]
    assert load_model(view.folder / "checkpoint-000006").config.learning_rate == RATE / 2


def test_a_collapse_is_not_looked_for_unless_it_was_asked_for(session, by_hand, monkeypatch) -> None:
    asked = collapse(monkeypatch, 3)
    view = started(session, epochs=4)
    assert by_hand(view.id) == 0
    assert asked == [False] * 4
    assert not (view.folder / ROLLBACKS).exists()


def rollback(to_step: int) -> Rollback:
    return Rollback(
        epoch=9, step=90, to_epoch=to_step // 10, to_step=to_step, learning_rate=0.1, reason="diverged", words="x"
    )


def test_the_rate_counts_the_rollbacks_behind_a_checkpoint_alone(tmp_path) -> None:
    past = [rollback(20), rollback(40)]
    assert [rate_at(1.0, past, step) for step in (10, 20, 30, 40, 50)] == [1.0, 0.5, 0.5, 0.25, 0.25]
    (tmp_path / ROLLBACKS).write_bytes(b"damaged")
    assert read_rollbacks(tmp_path) == []
    for one in past:
        note_rollback(
            tmp_path, [], epoch=9, to_epoch=one.to_epoch, to_step=one.to_step, learning_rate=1, reason="x", words="y"
        )
    assert keep_rollbacks(tmp_path, 30) == read_rollbacks(tmp_path)
    assert [one.to_step for one in read_rollbacks(tmp_path)] == [20]
    assert Rollback.from_json(rollback(20).to_json()) == rollback(20)


def test_what_was_abandoned_is_kept_in_at_most_200_points(tmp_path, session, by_hand) -> None:
    view = started(session, epochs=1)
    assert by_hand(view.id) == 0
    (one,) = (EpochRecord.from_json(line) for line in view.records())
    many = [dataclasses.replace(one, epoch=at, step=at) for at in range(1, 1_001)]
    note_rollback(tmp_path, many, epoch=1_000, to_epoch=0, to_step=0, learning_rate=1.0, reason="diverged", words="x")
    assert len(read_rollbacks(tmp_path)[0].abandoned) <= 200


@pytest.mark.parametrize(("spacing", "kept"), [("log", [1, 2, 3, 4, 6, 8, 12]), ("even", [5, 10, 12])])
def test_checkpoints_are_spaced_as_asked(session, by_hand, spacing, kept) -> None:
    view = started(session, epochs=12, checkpoint_every=5, checkpoint_spacing=spacing)
    assert by_hand(view.id) == 0
    assert view.checkpoints == kept


def test_between_checkpoints_of_a_log_spacing_the_latest_place_is_kept(session, by_hand, monkeypatch) -> None:
    whole = started(session, epochs=12, checkpoint_every=5, checkpoint_spacing="log")
    assert by_hand(whole.id) == 0
    view = started(session, epochs=12, checkpoint_every=5, checkpoint_spacing="log")
    record = kind.JobContext.record

    def recorded(self, value) -> None:
        record(self, value)
        if value["epoch"] == 11:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind.JobContext, "record", recorded)
        assert by_hand(view.id) == 1
    assert view.latest_checkpoint.name.startswith("partial-000010-")
    assert view.checkpoints == [1, 2, 3, 4, 6, 8]
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert measured(view) == measured(whole)
    assert weights(view.latest_checkpoint) == weights(whole.latest_checkpoint)


def test_probes_are_recorded_and_memory_is_told(session, by_hand) -> None:
    view = started(session, epochs=3)
    assert by_hand(view.id) == 0
    probed = [EpochRecord.from_json(one).probe for one in view.records()]
    assert probed[0] is not None
    assert len(probed[0].shapes) == 4
    assert view.status.details["memory_bytes"] > 10_000_000
