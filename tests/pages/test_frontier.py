"""The frontier page: empty, with a tape, its cap, its slider, and what it starts."""

from __future__ import annotations

import dataclasses
import json
import re

import pyarrow.parquet as pq
import pytest

from core.errors import InvalidConfig
from core.jobs import launch
from core.synthesis.config import TrainingConfig
from core.workbench import frontier, promoting, sessions, sweeping
from tests.pages.conftest import LATEX, Worked, charts, done, open_page, said


@pytest.fixture(scope="module")
def taped(worked: Worked) -> Worked:
    settings = frontier.TapeSettings(n_checkpoints=2, rules=("membership_auc <= 0.9",), probe_rows=200)
    rules = frontier.parsed_rules(settings.rules)
    tape_id = frontier.start_tape(worked.session, worked.run, settings, epochs=(1, 2), rules=rules)
    done(worked.session, tape_id)
    return worked


def ids(worked: Worked) -> dict[str, str]:
    return {"session": worked.session.id, "dataset": worked.dataset, "run": worked.run}


def test_without_a_dataset_it_says_what_to_do_first(home) -> None:
    with sessions.create_session(home) as empty:
        assert "No dataset yet" in said(open_page("frontier", session=empty.id))


def test_a_tape_shows_its_curve_every_metric_and_the_charts_of_the_chosen_epoch(taped) -> None:
    app = open_page("frontier", **ids(taped))
    assert not app.error, [one.value for one in app.error]
    assert "of 2 checkpoints judged" in said(app)
    assert charts(app, "frontier") == ["frontier"]
    assert len(charts(app, "over-")) >= 6
    assert len(charts(app, "column-")) >= 4
    assert "Epoch 2" in said(app)
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", said(app))
    for harm in ("<script", LATEX, ":smile:", "<b>"):
        assert harm not in re.sub(r"\\.", "", outside_code), harm

    app.select_slider[0].set_value(1).run()
    assert not app.exception
    assert "Epoch 1" in said(app)
    for name in ("Pairs", "Distances", "Attacks", "All numbers"):
        next(one for one in app.segmented_control if one.label == "Charts").set_value(name).run()
        assert not app.exception, [one.value for one in app.exception]
        assert not app.error, [one.value for one in app.error]


def test_a_cap_says_the_last_epoch_inside_and_a_wrong_rule_says_why(taped) -> None:
    app = open_page("frontier", **ids(taped))
    box = next(one for one in app.text_input if one.label == "Risk cap")
    assert box.value == "membership_auc <= 0.9"
    box.set_value("dcr_share <= 99 %; exact_copies <= 100 %").run()
    assert any("Epoch 2 is the last" in one.value for one in app.success)
    next(one for one in app.text_input if one.label == "Risk cap").set_value("wealth <= 3").run()
    assert any("names no metric" in one.value for one in app.error)
    assert charts(app, "frontier") == ["frontier"]


def test_the_form_starts_a_run_with_a_tape_or_says_what_is_wrong(taped, monkeypatch) -> None:
    app = open_page("frontier", **ids(taped))
    next(one for one in app.button if one.label == "Start another").click().run()
    next(one for one in app.text_area if one.label == "Risk cap").set_value("membership_auc <= much")
    next(one for one in app.button if one.label == "Train and judge").click().run()
    assert any("is not a number" in one.value for one in app.error)
    assert len(frontier.frontier_runs(taped.session, taped.dataset)) == 1


def test_a_sweep_page_without_sweeps_has_the_form_and_refuses_a_bad_space(taped) -> None:
    app = open_page("frontier", **ids(taped))
    view = next(one for one in app.segmented_control if one.label == "View")
    view.set_value("Sweeps").run()
    next(one for one in app.text_area if one.label == "Settings to vary").set_value("pac = zero\nwealth = 1")
    next(one for one in app.button if one.label == "Start the sweep").click().run()
    assert any("zero" in one.value and "names no setting" in one.value for one in app.error)
    assert sweeping.sweeps(taped.session, taped.dataset) == []


def test_a_sweep_that_nothing_could_win_is_refused_before_it_begins(taped, monkeypatch) -> None:
    real = sweeping.dataset(taped.session, taped.dataset)
    base = TrainingConfig(epochs=2)
    for lacking, said_so in (({"target": None}, "has none"), ({"n_control": 0}, "control rows")):
        monkeypatch.setattr(sweeping, "dataset", lambda *_, lacking=lacking: dataclasses.replace(real, **lacking))
        with pytest.raises(InvalidConfig, match=said_so):
            sweeping.start_sweep(taped.session, taped.dataset, base, sweeping.SweepSettings(space=["pac = 1, 2"]))
    assert sweeping.sweeps(taped.session, taped.dataset) == []


def test_a_run_on_a_part_of_the_rows_is_judged_against_that_part(taped, monkeypatch) -> None:
    monkeypatch.setattr(launch, "spawn_queue", lambda session: None)
    monkeypatch.setattr(launch, "ensure_runner", lambda session: False)
    folder, jobs = taped.session.folder, taped.session.folder / "jobs"
    part = pq.read_table(folder / f"tables/{taped.dataset}-train.parquet").slice(0, 40)
    pq.write_table(part, folder / "tables" / "part.parquet")
    run = launch.JobView(jobs / taped.run)
    whole = (run.folder / "config.json").read_text()
    (run.folder / "config.json").write_text(json.dumps(run.config | {"train": "tables/part.parquet"}))
    try:
        made = promoting.promote(taped.session, taped.run, 2)
        tape_id = frontier.judge_thoroughly(taped.session, taped.run, 2)
    finally:
        (run.folder / "config.json").write_text(whole)
    configs = [launch.JobView(jobs / one).config for one in (made.sample_id, made.evaluation_id, tape_id)]
    assert {one["train"] for one in configs} == {"tables/part.parquet"}
    assert configs[0]["request"]["n_rows"] == 40
    for job_id in (made.sample_id, made.evaluation_id, tape_id):
        launch.write_control(jobs / job_id, "stop")


def test_a_promoted_checkpoint_is_judged_by_the_report_half_alone(taped, monkeypatch) -> None:
    monkeypatch.setattr(launch, "spawn_queue", lambda session: None)
    monkeypatch.setattr(launch, "ensure_runner", lambda session: False)
    decision = frontier.tape(taped.session, taped.run).decision
    made = promoting.promote(taped.session, taped.run, 2, n_rows=50, decision=decision)
    jobs = taped.session.folder / "jobs"
    config = launch.JobView(jobs / made.evaluation_id).config
    assert config["control"] == [f"tables/{taped.dataset}-control-report.parquet"]
    assert config["after"] == [made.sample_id]
    drawn = launch.JobView(jobs / made.sample_id).config
    assert drawn["promoted"]["epoch"] == 2
    assert drawn["request"]["seed"] >= 1_000
    by_rules = decision.epoch == 2
    assert drawn["promoted"]["chosen by"] == ("rules" if by_rules else "eye")
    found = promoting.promotions(taped.session, taped.run)
    assert made.evaluation_id in {one.evaluation_id for one in found}
    assert any(entry.action == "promote checkpoint" for entry in taped.session.store.list_audit())
    assert [point.epoch for point in taped.session.store.list_points(taped.run) if not point.anchor] == [1, 2]
    for job_id in (made.sample_id, made.evaluation_id):
        launch.write_control(jobs / job_id, "stop")
