"""The queue of trainings: its order, moving up, cancelling; and records as values, made once."""

from __future__ import annotations

import dataclasses

import pytest

import core.jobs.launch
from core.errors import UserError
from core.jobs.launch import reorder_jobs, start_job
from core.jobs.protocol import JobState, JobView, read_status, write_status
from core.synthesis.config import TrainingConfig
from core.workbench import queueing, sessions, training
from tests.jobs.making import make_session, train_config


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setattr(core.jobs.launch, "spawn_queue", lambda folder: None)
    with sessions.create_session(tmp_path) as one:
        make_session(one.folder)
        yield one


def started(session, **settings) -> str:
    return start_job(session.folder, "train", train_config(**settings))


def test_trainings_queue_by_device_in_the_order_in_which_they_came(session):
    first, other, second = started(session), started(session, device="cuda"), started(session, epochs=9)
    start_job(session.folder, "evaluate", {})
    found = queueing.training_queue(session)
    assert [(one.id, one.lane, one.place) for one in found] == [
        (first, "cpu", 0), (second, "cpu", 1), (other, "cuda", 0),
    ]  # fmt: skip
    assert found[1].epochs == 9
    assert found[1].state is JobState.WAITING


def test_a_waiting_training_can_be_moved_up_and_the_first_cannot(session):
    first, second, third = (started(session) for _ in range(3))
    queueing.move_up(session, third)
    assert [one.id for one in queueing.training_queue(session)] == [first, third, second]
    queueing.move_up(session, third)
    assert [one.id for one in queueing.training_queue(session)] == [third, first, second]
    with pytest.raises(UserError, match="next one"):
        queueing.move_up(session, third)
    with pytest.raises(UserError, match="does not wait"):
        queueing.move_up(session, "run-0123456789abcdef")


def test_jobs_put_into_the_queue_at_one_moment_can_be_told_apart_afterwards(session):
    ids = [started(session) for _ in range(3)]
    folders = [session.folder / "jobs" / one for one in ids]
    for folder in folders:
        write_status(folder, dataclasses.replace(read_status(folder), queued_at=5.0))
    reorder_jobs(session.folder, ids[::-1])
    moments = [read_status(folder).queued_at for folder in folders]
    assert moments[2] < moments[1] < moments[0]


def test_a_training_that_has_begun_meanwhile_keeps_its_status(session):
    first, second = started(session), started(session)
    folder = session.folder / "jobs" / first
    write_status(folder, dataclasses.replace(read_status(folder), state=JobState.DONE))
    reorder_jobs(session.folder, [second, first])
    assert read_status(folder).state is JobState.DONE


def test_records_become_values_once_and_a_replaced_file_is_read_anew(session):
    view = JobView(session.folder / "jobs" / started(session))
    line = (
        '{"epoch":%d,"step":%d,"epoch_done":true,"seconds":1,"rows_per_second":1,"generator_loss":0,'
        '"generator_loss_std":0,"discriminator_loss":0,"discriminator_loss_std":0,"gradient_penalty":0,'
        '"conditional_loss":0,"generator_gradient_norm":0,"discriminator_gradient_norm":0}\n'
    )
    metrics = view.folder / "metrics.jsonl"
    metrics.write_text("".join(line % (at, at) for at in (1, 2)))
    first = training.run(session, view.id).records
    with metrics.open("a") as file:
        file.write(line % (3, 3))
    second = training.run(session, view.id).records
    assert [one.epoch for one in second] == [1, 2, 3]
    assert second[0] is first[0]
    aside = metrics.with_name("aside")
    aside.write_text("".join(line % (at, 7) for at in (1, 2)))
    aside.replace(metrics)
    assert [one.step for one in training.run(session, view.id).records] == [7, 7]


def test_settings_that_differ_are_listed_as_they_are_written():
    first, second = TrainingConfig(), TrainingConfig(pac=5, learning_rate=1e-3, generator_layers=(64, 32))
    rows = {label: (own, other) for label, own, other in training.differing(first, second)}
    assert rows["Pack size (pac)"] == ("1", "5")
    assert rows["Generator layers"] == ("256, 256", "64, 32")
    assert len(rows) == 3
