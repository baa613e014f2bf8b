"""Reading, profiling, drawing and judging as jobs: what they write, and that they can be started over."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.dataset import SplitSpec
from core.jobs.ids import new_id
from core.jobs.launch import resume_job, start_job
from core.jobs.protocol import JobState, JobView, write_control
from core.jobs.reports import report_of
from core.records import SampleRequest
from core.schema import Schema
from core.store.serial import dataset_hash, file_hash
from core.tables import read_frame
from tests.jobs.making import SCHEMA, small_table, train_config


@pytest.fixture
def do(session, by_hand):
    """A function that does a job in this process and gives its view."""

    def done(kind: str, config: dict, *, job_id: str | None = None, code: int = 0) -> JobView:
        view = JobView(session / "jobs" / start_job(session, kind, config, job_id=job_id))
        assert by_hand(view.id) == code, view.status
        return view

    return done


def read_json(view: JobView, name: str) -> dict:
    return json.loads((view.folder / name).read_text("utf-8"))


def profile_config(dataset_id: str, **split: object) -> dict:
    spec = {"key": "0" * 32, "control_share": 0.25, "group": None, "stratify": "town", "thresholds": {}} | split
    return {
        "dataset_id": dataset_id, "table": "tables/train.parquet", "schema": SCHEMA.to_json(), "target": "town",
        "split": spec, "name": "people",
    }  # fmt: skip


def test_a_file_is_read_into_a_table_with_all_that_the_page_shows(do, tmp_path: Path) -> None:
    small_table(250).to_csv(tmp_path / "people.csv", index=False)
    view = do("read", {"source": str(tmp_path / "people.csv"), "name": "people", "options": {}})
    schema = Schema.from_json(read_json(view, "schema.json"))
    assert schema.names == ("age", "pay", "town", "rich")
    assert read_json(view, "diagnosis.json")["n_rows"] == 250
    assert read_json(view, "summary.json")
    assert pq.read_metadata(view.folder / "preview.parquet").num_rows == 100
    assert len(read_frame(view.folder / "table.parquet", schema)) == 250


def test_the_demo_table_takes_the_way_of_every_table(do) -> None:
    view = do("read", {"demo": {"n_rows": 60, "seed": 1}, "name": "demo"})
    assert read_json(view, "diagnosis.json")["n_rows"] == 60
    assert "is_fraud" in Schema.from_json(read_json(view, "schema.json"))
    assert not (view.folder / "demo.csv").exists()


def test_a_file_that_is_not_there_is_a_sentence(do) -> None:
    view = do("read", {"source": "uploads/none.csv", "name": "none", "options": {}}, code=1)
    assert view.status.error == "The file to read, uploads/none.csv, cannot be found."


def test_a_file_without_rows_is_a_sentence(do, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    view = do("read", {"source": str(tmp_path / "empty.csv"), "name": "empty", "options": {}}, code=1)
    assert view.status.error
    assert view.status.error_id == ""


def test_a_dataset_is_divided_once_and_every_row_is_on_one_side(do, session) -> None:
    dataset_id = new_id("dataset")
    view = do("profile", profile_config(dataset_id), job_id=dataset_id)
    found = read_json(view, "dataset.json")
    names = ("", "-train", "-control-selection", "-control-report")
    whole, train, *control = (read_frame(session / "tables" / f"{dataset_id}{name}.parquet", SCHEMA) for name in names)
    assert (found["n_rows"], found["n_train"]) == (len(whole), len(train)) == (300, 225)
    assert found["n_control"] == sum(map(len, control)) == 75
    assert all(len(half) > 0 for half in control)
    together = pd.concat([train, *control]).astype(str).sort_values(list(SCHEMA.names)).reset_index(drop=True)
    assert together.equals(whole.astype(str).sort_values(list(SCHEMA.names)).reset_index(drop=True))
    assert sum(count for _, count in found["levels"]["town"]) == 225
    assert set(found["levels"]) == {"town", "rich"}
    assert read_json(view, "summary.json")


def test_the_digests_of_a_dataset_are_those_that_the_store_computes(do, session) -> None:
    dataset_id = new_id("dataset")
    found = read_json(do("profile", profile_config(dataset_id), job_id=dataset_id), "dataset.json")
    assert {file_hash(session / name) for name in found["files"]} == set(found["files"].values())
    assert len(found["files"]) == 4
    split = SplitSpec.from_json(found["split"])
    assert dataset_hash(SCHEMA, split, "town", found["files"]) == found["content_hash"]
    again = new_id("dataset")
    assert (
        read_json(do("profile", profile_config(again), job_id=again), "dataset.json")["content_hash"]
        == found["content_hash"]
    )


def test_without_control_rows_the_halves_are_there_and_empty(do, session) -> None:
    dataset_id = new_id("dataset")
    view = do("profile", profile_config(dataset_id, control_share=0), job_id=dataset_id)
    assert read_json(view, "dataset.json")["n_control"] == 0
    for half in ("selection", "report"):
        path = session / "tables" / f"{dataset_id}-control-{half}.parquet"
        assert len(read_frame(path, SCHEMA)) == 0
        assert pq.read_schema(path).names == list(SCHEMA.names)


def test_work_that_was_stopped_starts_over_when_resumed(do, by_hand, session) -> None:
    dataset_id = new_id("dataset")
    start_job(session, "profile", profile_config(dataset_id), job_id=dataset_id)
    view = JobView(session / "jobs" / dataset_id)
    write_control(view.folder, "stop")
    assert by_hand(view.id) == 0
    assert view.state is JobState.STOPPED
    resume_job(view.folder)
    assert by_hand(view.id) == 0
    assert view.state is JobState.DONE
    assert read_json(view, "dataset.json")["n_rows"] == 300


@pytest.fixture
def drawn(do, session):
    """A sample of 120 rows and 10 conditioned ones, of a run of two epochs."""
    run = do("train", train_config(epochs=2))
    sample_id = new_id("sample")
    request = {"n_rows": 120, "seed": 3, "conditions": [{"column": "town", "level": "Graz", "n_rows": 10}]}
    config = {
        "run_id": run.id, "checkpoint": f"jobs/{run.id}/checkpoint-000002", "schema": SCHEMA.to_json(),
        "request": request, "device": "cpu", "threads": 1, "output": f"tables/{sample_id}.parquet",
    }  # fmt: skip
    return do("sample", config, job_id=sample_id)


def test_a_sample_has_the_rows_asked_for_unconditioned_ones_first(drawn, session, do) -> None:
    found = read_json(drawn, "outcomes.json")
    frame = read_frame(session / drawn.config["output"], SCHEMA)
    assert len(frame) == found["n_rows"] == 130
    assert found["n_unconditioned"] == 120
    assert (frame["town"].iloc[120:] == "Graz").all()
    assert found["outcomes"][0]["n_obtained"] == 10
    assert found["content_hash"] == file_hash(session / drawn.config["output"])
    assert SampleRequest.from_json(drawn.config["request"]).n_rows == 120
    sample_id = new_id("sample")
    whole_run = {"checkpoint": drawn.config["checkpoint"].rpartition("/")[0], "output": f"tables/{sample_id}.parquet"}
    again = do("sample", drawn.config | whole_run, job_id=sample_id)
    assert read_json(again, "outcomes.json")["content_hash"] == found["content_hash"]


def test_an_impossible_condition_is_a_sentence_and_leaves_no_table(drawn, do, session) -> None:
    sample_id = new_id("sample")
    request = {"n_rows": 1, "seed": 0, "conditions": [{"column": "town", "level": "Oz", "n_rows": 1}]}
    config = drawn.config | {"request": request, "output": f"tables/{sample_id}.parquet"}
    view = do("sample", config, job_id=sample_id, code=1)
    assert "'Oz'" in view.status.error
    assert view.status.error_id == ""
    assert not list((session / "tables").glob(f"*{sample_id}*"))


def evaluate_config(drawn: JobView, **changes: object) -> dict:
    return {
        "train": "tables/train.parquet", "control": [], "synthetic": drawn.config["output"], "n_unconditioned": 120,
        "schema": SCHEMA.to_json(), "target": None, "parts": ["fidelity"], "plan": "quick", "seed": 0, "threads": 1,
    } | changes  # fmt: skip


def test_a_judged_sample_has_a_report_that_grew_record_by_record(drawn, do) -> None:
    view = do("evaluate", evaluate_config(drawn))
    report = report_of(view)
    assert report.find("column_shapes").n_rows == 120
    assert len(report.columns) == 4
    assert report.settings["n_synthetic"] == 120
    assert report.settings["n_conditioned"] == 10
    assert {"python", "torch", "numpy"} <= set(report.versions)
    n_items = len(report.results) + len(report.columns) + len(report.correlations) + len(report.curves)
    assert len(view.records()) == n_items
    (view.folder / "report.json").unlink()
    assert report_of(view).results == report.results


def test_a_judge_without_rows_or_with_a_wrong_target_says_what_is_missing(drawn, do) -> None:
    view = do("evaluate", evaluate_config(drawn, n_unconditioned=0, plan="quick"))
    assert report_of(view).find("column_shapes").value is None
    assert report_of(view).find("column_shapes").explanation
    view = do("evaluate", evaluate_config(drawn, target="none"), code=1)
    assert view.status.field == "target"
    view = do("evaluate", evaluate_config(drawn, parts=["beauty"]), code=1)
    assert "incomplete or damaged" in view.status.error


def test_tables_of_other_columns_are_refused_by_name(drawn, do, session) -> None:
    pd.DataFrame({"age": [1.0]}).to_parquet(session / "tables" / "other.parquet")
    view = do("evaluate", evaluate_config(drawn, synthetic="tables/other.parquet"), code=1)
    assert view.status.error == "The synthetic rows lack columns of the table: pay, town, rich."


def sample_config(drawn: JobView, request: dict, **changes: object) -> tuple[dict, str]:
    sample_id = new_id("sample")
    config = drawn.config | {"request": request, "output": f"tables/{sample_id}.parquet"} | changes
    return config, sample_id


def test_a_paused_sample_goes_on_behind_its_row_groups_with_the_very_rows(drawn, do, by_hand, session, monkeypatch):
    from core.jobs.kinds import sample as kind

    monkeypatch.setattr(kind, "ROW_GROUP_ROWS", 8_192)
    request = {"n_rows": 30_000, "seed": 5, "conditions": [{"column": "town", "level": "Graz", "n_rows": 50}]}
    config, sample_id = sample_config(drawn, request)
    whole = do("sample", config, job_id=sample_id)
    assert pq.read_metadata(session / config["output"]).num_row_groups > 2
    config, sample_id = sample_config(drawn, request)
    start_job(session, "sample", config, job_id=sample_id)
    view = JobView(session / "jobs" / sample_id)
    add = kind.Parts.add

    def add_and_pause(self, frame, more):
        add(self, frame, more)
        write_control(view.folder, "pause")

    monkeypatch.setattr(kind.Parts, "add", add_and_pause)
    assert by_hand(sample_id) == 0
    assert view.state is JobState.PAUSED
    assert not (session / config["output"]).exists()
    assert list((view.folder / "parts").glob("*.parquet"))
    monkeypatch.setattr(kind.Parts, "add", add)
    resume_job(view.folder)
    assert by_hand(sample_id) == 0
    assert read_frame(session / config["output"], SCHEMA).equals(read_frame(session / whole.config["output"], SCHEMA))
    assert read_json(view, "outcomes.json")["outcomes"] == read_json(whole, "outcomes.json")["outcomes"]
    assert not (view.folder / "parts").exists()


def test_a_stopped_sample_leaves_no_half_file(drawn, by_hand, session, monkeypatch):
    from core.jobs.kinds import sample as kind

    monkeypatch.setattr(kind, "ROW_GROUP_ROWS", 8_192)
    config, sample_id = sample_config(drawn, {"n_rows": 40_000, "seed": 5, "conditions": []})
    start_job(session, "sample", config, job_id=sample_id)
    view = JobView(session / "jobs" / sample_id)
    add = kind.Parts.add

    def add_and_stop(self, frame, more):
        add(self, frame, more)
        write_control(view.folder, "stop")

    monkeypatch.setattr(kind.Parts, "add", add_and_stop)
    assert by_hand(sample_id) == 0
    assert view.state is JobState.STOPPED
    assert not list((session / "tables").glob(f"*{sample_id}*"))
    assert not (view.folder / "parts").exists()


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(drawn, do, session, monkeypatch):
    from core.jobs.kinds import sample as kind

    monkeypatch.setattr(kind, "ROW_GROUP_ROWS", 8_192)
    written = []
    add = kind.Parts.add

    def add_until_full(self, frame, more):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(1)
        add(self, frame, more)

    monkeypatch.setattr(kind.Parts, "add", add_until_full)
    config, sample_id = sample_config(drawn, {"n_rows": 40_000, "seed": 5, "conditions": []})
    view = do("sample", config, job_id=sample_id, code=1)
    assert view.status.error == "The disk is full."
    assert not list((session / "tables").glob(f"*{sample_id}*"))
    assert not (view.folder / "parts").exists()


def test_no_rows_and_only_given_rows_are_tables_too(drawn, do, session):
    config, sample_id = sample_config(drawn, {"n_rows": 0, "seed": 5, "conditions": []})
    do("sample", config, job_id=sample_id)
    assert len(read_frame(session / config["output"], SCHEMA)) == 0
    pd.DataFrame({"town": ["Graz", "Bern", None], "age": [33, None, 40]}).to_parquet(
        session / "tables" / "given.parquet"
    )
    request = {"n_rows": 0, "seed": 5, "conditions": [], "given": "tables/given.parquet"}
    config, sample_id = sample_config(drawn, request)
    view = do("sample", config, job_id=sample_id)
    frame = read_frame(session / config["output"], SCHEMA)
    assert frame["town"].astype(str).tolist()[:2] == ["Graz", "Bern"]
    assert frame["age"].tolist()[0::2] == [33, 40]
    assert read_json(view, "outcomes.json")["n_completed"] == 3


def test_copies_of_train_rows_are_counted_and_drawn_again(drawn, do, session):
    config, sample_id = sample_config(
        drawn, {"n_rows": 500, "seed": 5, "conditions": [], "novelty": {"redraw_copies": True, "near": 0.05}},
        train="tables/train.parquet",
    )  # fmt: skip
    view = do("sample", config, job_id=sample_id)
    found = read_json(view, "outcomes.json")["kinds"]
    assert found["copies"] == 0
    assert 0 <= found["near_copies"] <= 1
    assert found["n_rows"] == 500


def test_a_trial_tells_what_a_request_will_take(drawn, do):
    request = {"n_rows": 10, "seed": 5, "conditions": [{"column": "town", "level": "Graz", "n_rows": 50}],
               "knobs": {"temperature": 0.5}}  # fmt: skip
    config, sample_id = sample_config(drawn, request, trial="key", train="tables/train.parquet")
    found = read_json(do("sample", config, job_id=sample_id), "trial.json")
    assert found["conditions"][0]["label"] == "town = Graz"
    assert 0 <= found["conditions"][0]["met"] <= found["conditions"][0]["drawn"]
    assert found["rows_per_second"] > 0
    assert set(found) == {"conditions", "asked", "default", "rows_per_second"}


def test_a_lift_study_draws_learns_and_says_what_follows(drawn, do, session):
    from core.lift import LiftReport
    from core.tables import write_parquet

    write_parquet(small_table(400, seed=9), SCHEMA, session / "tables" / "control.parquet")
    config = {
        name: drawn.config[name] for name in ("run_id", "checkpoint", "schema", "device", "threads")
    } | {
        "study": "lift", "sample_id": None, "parts": [], "train": "tables/train.parquet", "target": "town",
        "control": ["tables/control.parquet"], "group": None, "seed": 0,
        "plan": {"level": "Graz", "ratios": [0.3], "seeds": [0, 1], "learners": ["logistic regression"]},
    }  # fmt: skip
    report = LiftReport.from_json(read_json(do("evaluate", config), "lift.json"))
    assert (report.target, report.level) == ("town", "Graz")
    assert len(report.sentences) == 1
    assert {one.metric for one in report.privacy} >= {"rare_dcr", "rare_nndr"}
    view = do("evaluate", config | {"control": []}, code=1)
    assert view.status.error == "There are no control rows to test on."
