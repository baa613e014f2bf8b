"""Jobs behind the privacy page: canaries, rows held back, attackers who hold the model or train their own."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.constraints import Constraint, ConstraintKind
from core.errors import InvalidConfig
from core.jobs.canaries import canaries_of, planted
from core.jobs.launch import start_job
from core.jobs.protocol import JobState, JobView
from core.jobs.quarantine import left_of
from core.records import Condition, ConditionOutcome, SampleRequest, Scope
from core.tables import read_frame, write_parquet
from tests.jobs.making import SCHEMA, small_table, train_config

CANARIES = {"n": 40, "copies": 5, "seed": 3}


@pytest.fixture
def do(session, by_hand):
    """A function that does a job in this process and gives its view."""

    def done(kind: str, config: dict, *, job_id: str | None = None, code: int = 0) -> JobView:
        view = JobView(session / "jobs" / start_job(session, kind, config, job_id=job_id))
        assert by_hand(view.id) == code, view.status
        return view

    return done


def evaluate_config(**more: object) -> dict:
    return {
        "sample_id": None, "train": "tables/train.parquet", "control": ["tables/control.parquet"],
        "synthetic": "tables/synthetic.parquet", "n_unconditioned": 250, "schema": SCHEMA.to_json(), "target": None,
        "group": None, "conditions": [], "parts": ["privacy"], "plan": "quick", "seed": 0,
    } | more  # fmt: skip


def store(session, name: str, frame: pd.DataFrame) -> None:
    write_parquet(frame, SCHEMA, session / "tables" / f"{name}.parquet")


def results(view: JobView) -> list[dict]:
    return json.loads((view.folder / "report.json").read_text("utf-8"))["results"]


def test_a_run_with_canaries_learns_from_them_and_leaves_the_stored_rows_alone(session, do) -> None:
    before = (session / "tables" / "train.parquet").read_bytes()
    run = do("train", train_config(epochs=4) | {"canaries": CANARIES})
    assert run.state is JobState.DONE
    assert (session / "tables" / "train.parquet").read_bytes() == before
    train = read_frame(session / "tables" / "train.parquet", SCHEMA)
    grown = planted({"canaries": CANARIES}, train, SCHEMA)
    meta = json.loads((run.latest_checkpoint / "meta.json").read_text("utf-8"))
    assert meta["n_rows"] == len(grown) > len(train)

    look = do("evaluate", {
        "sample_id": None, "canaries_of": run.id, "train": "tables/train.parquet", "schema": SCHEMA.to_json(),
        "parts": ["privacy"], "plan": "full", "seed": 0,
    })  # fmt: skip
    found = results(look)
    assert {(one["metric"], tuple(one["subject"])) for one in found} == {
        (metric, (epoch,))
        for metric in ("canary_exposure", "canary_auc", "canary_epsilon")
        for epoch in ("epoch 2", "epoch 4")
    }
    assert all("2 checkpoints" in one["interval"] for one in found)
    # nothing that was drawn stays
    assert not list(look.folder.glob("*.parquet"))


def test_following_a_run_without_canaries_is_one_sentence(do) -> None:
    run = do("train", train_config(epochs=2))
    config = {
        "sample_id": None, "canaries_of": run.id, "train": "tables/train.parquet", "schema": SCHEMA.to_json(),
        "parts": ["privacy"], "plan": "full", "seed": 0,
    }  # fmt: skip
    view = do("evaluate", config, code=1)
    assert "without canaries" in view.status.error


def test_as_many_canaries_as_asked_for_keep_the_constraints_or_they_are_refused() -> None:
    train = small_table()
    rule = Constraint(kind=ConstraintKind.COMBINATIONS, columns=("town", "rich"))
    kept = canaries_of({"canaries": CANARIES, "constraints": [rule.to_json()]}, train, SCHEMA)
    assert len(kept.rows) == len(kept.planted) == CANARIES["n"]
    assert 0 < kept.planted.sum() < CANARIES["n"]
    again = canaries_of({"canaries": CANARIES, "constraints": [rule.to_json()]}, train, SCHEMA)
    assert again.rows.equals(kept.rows)
    known = set(zip(train["town"], train["rich"], strict=True))
    assert set(zip(kept.rows["town"], kept.rows["rich"], strict=True)) <= known
    few = Constraint(kind=ConstraintKind.INEQUALITY, columns=("pay", "age"))  # pay is far above age
    with pytest.raises(InvalidConfig, match="keep the constraints"):
        canaries_of({"canaries": CANARIES, "constraints": [few.to_json()]}, train, SCHEMA)


def test_the_critic_and_shadow_models_are_judged_where_they_are_asked_for(session, do) -> None:
    store(session, "control", small_table(200, seed=1))
    run = do("train", train_config(epochs=4))
    sample = do("sample", {
        "output": "tables/synthetic.parquet", "run_id": run.id, "dataset_id": "dataset-0000000000000000", "epoch": 4,
        "checkpoint": f"jobs/{run.id}/checkpoint-000004", "schema": SCHEMA.to_json(),
        "request": SampleRequest(n_rows=250).to_json(), "device": "cpu",
    })  # fmt: skip
    assert sample.state is JobState.DONE
    shadows = {"n": 2, "config": train_config(epochs=2)["config"]}
    judged = do("evaluate", evaluate_config(critic=f"jobs/{run.id}/checkpoint-000004", shadows=shadows))
    by_attack = {one["subject"][0]: one for one in results(judged) if one["scope"] == Scope.MODEL}
    assert {"critic, white box", "shadow models", "distance"} <= set(by_attack)
    assert by_attack["shadow models"]["counts"]["shadow models"] == 2
    # a checkpoint that was given up for space, and too few control rows for shadows, leave the rest as it is
    gone = do("evaluate", evaluate_config(critic=f"jobs/{run.id}/checkpoint-000003", control=[], shadows=shadows))
    assert not {"critic, white box", "shadow models"} & {
        one["subject"][0] for one in results(gone) if one["scope"] == Scope.MODEL
    }


def test_the_low_tail_lies_beside_the_report_and_not_in_it(session, do) -> None:
    train = small_table(seed=0)
    store(session, "control", small_table(200, seed=1))
    synthetic = small_table(250, seed=2)
    for name in synthetic:
        synthetic[name] = synthetic[name].astype(object)
        synthetic.loc[7, name] = train[name].astype(object)[3]
    store(session, "synthetic", synthetic.astype({"age": float, "pay": float, "town": "category", "rich": "category"}))
    view = do("evaluate", evaluate_config())
    tail = json.loads((view.folder / "forensics.json").read_text("utf-8"))
    assert (tail["near_copies"][0]["synthetic"], tail["near_copies"][0]["train"]) == (7, 3)
    assert "second_distance" not in (view.folder / "report.json").read_text("utf-8")
    without = do("evaluate", evaluate_config(parts=["fidelity"]))
    assert not (without.folder / "forensics.json").exists()


def test_rows_held_back_of_conditions_grow_their_shortfall() -> None:
    outcomes = [
        ConditionOutcome(
            condition=Condition(column="town", level=level, n_rows=3), n_obtained=n, n_drawn=9, n_matched_natively=1
        )
        for level, n in (("Ulm", 3), ("Graz", 2))
    ]
    left = left_of(outcomes, np.array([True, False, True, False, True]))
    assert [one.n_obtained for one in left] == [2, 1]
    assert [one.shortfall for one in left] == [1, 2]


def test_a_threshold_that_holds_every_row_back_is_one_sentence(session, do) -> None:
    store(session, "parent", small_table(seed=0))  # copies of the train rows
    config = {
        "output": "tables/left.parquet", "parent": "tables/parent.parquet", "parent_id": "sample-0000000000000000",
        "train": "tables/train.parquet", "schema": SCHEMA.to_json(), "request": SampleRequest(n_rows=300).to_json(),
        "quarantine": {"ratio": 0.0, "distance": 1.0},
    }  # fmt: skip
    view = do("sample", config, code=1)
    assert "No row would be left" in view.status.error
    assert not (session / "tables" / "left.parquet").exists()
